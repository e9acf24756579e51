"""「可附图」: figures stand under their narrative, on the page and on paper; they are no attachments and hinder nothing."""

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from paperwork.document import Enclosures, Figure, Text
from programmes.catalogue import Catalogue
from programmes.eligibility import completeness
from programmes.vocabulary import Facts
from tests.browser.site import Person, site, sqlite_house
from tests.filled import FILES, attach, filled
from tests.scenario import EDITOR, SEALED, Given, at, call_of_2025
from tests.workflow.house import House
from workflow import commands as c
from workflow import events as e
from workflow.answers import attachments_digest, content_digest, paper_digest
from workflow.printing.document import Bearing, document_of
from workflow.printing.illustrations import figures_of
from workflow.printing.issuing import ATTACHMENTS, issue_of
from workflow.printing.room import Format
from workflow.stages import Stage
from workflow.state import FORM, Application, Attachment

DAY = "2025-11-12 10:00"
SLOT = "figure_model_intro"


def png(width: int = 60, height: int = 40) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x1c\x6b\xa8" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def figure(label: str = "图1 系统架构", sha256: str = "f1" * 32, slot: str = SLOT) -> c.AttachFile:
    return replace(attach(slot, label, sha256=sha256), name=f"{label}.png", media_type="image/png")


def given(*files: c.AttachFile) -> Given:
    return filled(files=(*FILES, *files))


# the slot


@pytest.mark.parametrize(("direction", "fields"), [
    ("L-G", {"model_intro", "model_performance", "construction_report", "benefit_report"}),
    ("P", {"basic_ability", "goals", "build_report", "result_report"}),
    ("B1", {"project_report", "effect_report"}),
])  # fmt: skip
def test_every_question_that_takes_figures_has_a_place_for_them(direction: str, fields: set[str]) -> None:
    """「（不超过1000字，可附图）」"""
    call = next(one for one in Catalogue.packaged().calls() if direction in one.directions)
    programme = call.programme_of(direction)
    found = {slot.illustrates: slot for slot in programme.slots_of(direction) if slot.illustrates}
    assert found.keys() == fields
    for name, slot in found.items():
        assert (slot.id, slot.required, slot.several) == (f"figure_{name}", False, True)
        assert slot.label.zh == f"{programme.field(str(name)).label.zh} 附图"
        assert programme.slot(slot.id) == slot
    assert not any(slot.illustrates for slot in (*programme.attachments, *programme.scans))


def test_figures_are_neither_wanted_nor_counted() -> None:
    held, call = given(figure()).application, call_of_2025()
    parts = completeness(call, held.direction, {}, [], Facts(today=at(DAY).date()))
    assert not [part for part in parts if part.id.startswith("figure_")]


def test_a_handful_of_pictures_and_nothing_else() -> None:
    six = [figure(f"图{number}", f"{number:02}" * 32) for number in range(1, 7)]
    draft = given(*six)
    draft.when(figure("图7", "07" * 32), EDITOR, DAY).then_refused("SLOT_HOLDS")
    draft.when(replace(figure("图7", "07" * 32), replaces=six[0].file_id), EDITOR, DAY).then_entered(Stage.DRAFT)
    given().when(replace(figure(), name="图1.pdf"), EDITOR, DAY).then_refused("FILE_TYPE")
    given().when(replace(figure(), size=5 * 1024 * 1024 + 1), EDITOR, DAY).then_refused("FILE_TOO_LARGE")
    given().when(figure(slot="figure_unit_profile"), EDITOR, DAY).then_refused("SLOT_UNKNOWN")


def returned(*items: tuple[str, str]) -> Given:
    """After a return only what the notice lists may change; figures go with their question."""
    listed = tuple(e.ReturnItem(kind=kind, id=name, reason="请补图") for kind, name in items)
    back = e.ReturnedForCorrection(
        entered=Stage.RETURNED,
        returned_from=Stage.UNIT_SEALED,
        body="430104",
        deadline=at("2025-12-01 23:59"),
        items=listed,
    )
    return Given(*given().events, SEALED, back)


@pytest.mark.parametrize("item", [("section", "narrative"), ("field", "model_intro"), ("attachment", SLOT)])
def test_after_a_return_figures_change_where_their_question_may(item: tuple[str, str]) -> None:
    part = call_of_2025().programme("L").section_of("model_intro").id
    open_ = returned((item[0], part) if item[0] == "section" else item)
    open_.when(figure(), EDITOR, "2025-11-25 10:00").then_entered(Stage.RETURNED)
    returned(("field", "bank")).when(figure(), EDITOR, "2025-11-25 10:00").then_refused("ITEM_LOCKED")


# the digests


def test_a_figure_is_part_of_the_text_and_not_of_the_list_of_attachments() -> None:
    before, after, call = given().application, given(figure()).application, call_of_2025()
    again = given(figure("图2 系统架构")).application
    for digest in (paper_digest, content_digest):
        assert len({digest(before), digest(after), digest(again)}) == 3
    assert attachments_digest(before, [SLOT]) == attachments_digest(after, [SLOT])
    assert issue_of(before, call, ATTACHMENTS).digest == issue_of(after, call, ATTACHMENTS).digest
    assert issue_of(before, call, FORM).digest != issue_of(after, call, FORM).digest


# on paper

BEARING = Bearing(code="K7QX-2M4D-9STB-0F3A", version=1, link="https://vermilion.test/v/K", dated=at(DAY).date())


def printed(application: Application, *, veiled: bool = False) -> list[object]:
    call = call_of_2025()
    figures = figures_of(application, call.programme_of(application.direction), _bytes)
    document = document_of(application, call, FORM, BEARING, veiled=veiled, figures=figures)
    return [block for part in document.parts for block in part.blocks]


def _bytes(held: Attachment) -> bytes:
    return png()


def test_figures_are_printed_behind_their_text_in_the_order_of_their_captions() -> None:
    two, one = figure("图2 训练流程", "f2" * 32), figure("图1 系统架构")
    first, second = (printed(given(*files).application) for files in ((two, one), (one, two)))
    assert first == second, "one text, one paper"
    place = next(number for number, block in enumerate(first) if isinstance(block, Figure))
    text, *figures = first[place - 1 : place + 2]
    assert isinstance(text, Text)
    assert [(shown.caption, shown.name) for shown in figures if isinstance(shown, Figure)] == [
        ("图1 系统架构", "图1 系统架构.png"),
        ("图2 训练流程", "图2 训练流程.png"),
    ]
    (listed,) = (block for block in first if isinstance(block, Enclosures))
    assert not [one.name for one in listed.enclosures if "图" in one.name]


def test_a_veiled_paper_shows_figures_as_it_shows_their_text(monkeypatch: pytest.MonkeyPatch) -> None:
    application = given(figure()).application
    assert any(isinstance(block, Figure) for block in printed(application, veiled=True))
    monkeypatch.setattr("workflow.printing.document.personal_ids", lambda _: frozenset({"model_intro"}))
    assert not any(isinstance(block, Figure) for block in printed(application, veiled=True))
    assert any(isinstance(block, Figure) for block in printed(application))


# in the house


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


def _add(person: Person, draft: UUID, label: str, data: bytes, status: int = 303, name: str = "架构.png") -> str:
    given = {
        "command_id": f"figure-{label}-{len(data)}",
        f"label-{SLOT}": label,
        f"file-{SLOT}": (io.BytesIO(data), name),
    }
    place = f"/applications/{draft}/attachments/{SLOT}"
    return person.send(place, given, status, content_type="multipart/form-data")


def test_figures_are_added_shown_and_removed_beside_their_text(app: Flask, house: House) -> None:
    draft, person = house.filled(), Person(app, "editor")
    section = house.desk.catalogue.get("hn-2025").programme("L").section_of("model_intro").id
    place = f"/applications/{draft}/sections/{section}"
    assert "大模型简介 附图" in person.visit(place)
    assert _add(person, draft, "图1 系统架构", png()) == f"{place}#slot-{SLOT}"
    page = person.visit(place)
    (held,) = house.application(draft).attachments[SLOT]
    picture = f"/applications/{draft}/attachments/{SLOT}/{held.file_id}"
    assert f'src="{picture}?open" alt="图1 系统架构"' in page
    assert person.client.get(f"{picture}?open").data == png()
    assert SLOT not in person.visit(f"/applications/{draft}"), "no attachment"
    person.send(f"{picture}/removal", {"command_id": "gone"})
    assert house.application(draft).attachments[SLOT] == ()


def test_a_refused_figure_is_told_beside_its_question_and_keeps_its_caption(app: Flask, house: House) -> None:
    draft, person = house.filled(), Person(app, "editor")
    person.visit(f"/applications/{draft}")
    page = _add(person, draft, "图1 系统架构", b"%PDF-1.7 no picture", 422)
    assert f'id="f-file-{SLOT}-error"' in page
    assert 'value="图1 系统架构"' in page
    assert SLOT not in house.application(draft).attachments


def test_a_paper_shows_its_figures_and_a_lost_one_by_its_name(app: Flask, house: House) -> None:
    from pypdf import PdfReader

    draft, person = house.filled(), Person(app, "editor")
    person.visit(f"/applications/{draft}")
    for label, data, name in (("图1 系统架构", png(), "架构.png"), ("图2 成效", png(40, 40), "成效.png")):
        _add(person, draft, label, data, name=name)
    lost = next(held for held in house.application(draft).attachments[SLOT] if held.name == "成效.png")
    house.files.forget(lost.file_id)
    house.do("editor", c.IssuePaper(application_id=draft, kind=FORM))
    (paper,) = house.printing.papers(house.application(draft))
    drawn = {}
    for shape in (Format.PDF, Format.DOCX):
        house.printing.ask(paper, shape, "person:editor")
    house.printing.drain()
    for shape in (Format.PDF, Format.DOCX):
        stream = house.printing.open(paper, shape)
        assert stream is not None
        with stream:
            drawn[shape] = stream.read()
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(drawn[Format.PDF])).pages)
    packed = "".join(text.split())
    assert "图1系统架构" in packed
    assert "图片无法打印：成效.png" in packed
    import docx

    document = docx.Document(io.BytesIO(drawn[Format.DOCX]))
    said = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "［图片无法打印：成效.png］" in said
    assert len(document.inline_shapes) >= 1
