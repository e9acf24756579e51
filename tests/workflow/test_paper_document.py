"""The form of every direction on paper: official headings and labels in their order, whatever was filled in.

The outlines lie beside as text; VERMILION_WRITE_GOLDEN=1 writes them anew.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from paperwork.document import Boxes, Document, Enclosures, Heading, Lines, Pairs, Signatures, Table, Text
from programmes import form
from programmes.catalogue import Catalogue
from tests.filled import FILES, answers_by_section
from tests.scenario import OPENED, UNIT_CODE, Given, call_of_2025
from workflow import events as e
from workflow.answers import paper_digest
from workflow.application import Application, evolve
from workflow.printing.document import Bearing, document_of, file_name
from workflow.printing.issuing import issue_of, kinds_of
from workflow.state import FORM

HERE = Path(__file__).parent / "papers"
BEARING = Bearing(code="K7QX-2M4D-9STB-0F3A", version=3, link="https://vermilion.test/v/K", dated=date(2025, 11, 20))
DIRECTIONS = [
    (call.id, direction.id) for call in Catalogue.packaged().calls() for p in call.programmes for direction in p.directions
]  # fmt: skip


def outline(document: Document) -> Iterator[str]:
    """What stands on the paper, line by line: headings, labels, boxes and heads of tables, without the answers."""
    yield " / ".join(document.title)
    yield from (f"封面 {line.label}" for line in document.cover)
    for part in document.parts:
        yield f"{'#' * part.level} {part.heading}"
        for block in part.blocks:
            match block:
                case Heading(text=text):
                    yield f"— {text}"
                case Text(heading=heading):
                    yield f"  文 {heading}"
                case Pairs(rows=rows):
                    yield from (f"  格 {line.label}" for row in rows for line in row)
                case Boxes(label=label, options=options):
                    yield f"  选 {label}：{'、'.join(box.text for box in options)}"
                case Table(heading=heading, columns=columns):
                    yield f"  表 {heading}：{'、'.join(columns)}"
                case Lines(lines=lines) | Signatures(lines=lines):
                    yield from (f"  签 {line.label}" for line in lines)
                case Enclosures(enclosures=enclosures, note=note):
                    yield from (f"  附 {one.label}" for one in enclosures)
                    yield f"  注 {note}"
                case _:
                    pass


def empty(call_id: str, direction: str) -> Application:
    call = Catalogue.packaged().get(call_id)
    programme = call.programme_of(direction)
    opened = replace(OPENED, call=call_id, direction=direction, programme=programme.id, definition_digest=call.digest)
    return Given(opened).application


def filled() -> Application:
    call, application = call_of_2025(), Given(OPENED).application
    for section, typed in answers_by_section(code=UNIT_CODE, county="430104").items():
        answers, faults = form.parse_section(
            call.programme("L").section(section), typed, call, direction=application.direction
        )
        assert not faults
        application = evolve(application, e.SectionSaved(section=section, section_version=1, answers=answers))
    for number, file in enumerate(FILES):
        attached = e.FileAttached(
            slot=file.slot,
            file_id=str(number),
            name=file.name,
            size=file.size,
            sha256=file.sha256,
            media_type=file.media_type,
            label=file.label,
            pages=3,
            check_code=file.check_code,
        )
        application = evolve(application, attached)
    return application


@pytest.mark.rule("R-067", "R-072", "R-080", "R-097", "R-133", "R-143")
@pytest.mark.parametrize(("call_id", "direction"), DIRECTIONS)
def test_the_form_on_paper_is_the_official_one(call_id: str, direction: str) -> None:
    """「一、真实性承诺；二、申报信息表；三、相关附件（请列明具体目录及页码）」"""
    call = Catalogue.packaged().get(call_id)
    said = "\n".join(outline(document_of(empty(call_id, direction), call, FORM, BEARING))) + "\n"
    kept = HERE / f"{call_id}-{direction}.txt"
    if os.environ.get("VERMILION_WRITE_GOLDEN") == "1":
        kept.write_text(said, "utf-8")
    assert said == kept.read_text("utf-8")


@pytest.mark.parametrize(("call_id", "direction"), DIRECTIONS)
def test_every_kind_of_paper_is_made_of_an_empty_application(call_id: str, direction: str) -> None:
    application, call = empty(call_id, direction), Catalogue.packaged().get(call_id)
    for kind in kinds_of(call.programme_of(direction)):
        document = document_of(application, call, kind, BEARING)
        assert (document.code, document.version, document.kind) == (BEARING.code, 3, kind)
        assert all(document.title)


def test_every_answer_and_every_file_stands_on_the_paper() -> None:
    said = repr(document_of(filled(), call_of_2025(), FORM, BEARING))
    for words in ("12345.678901", "沈岳", "13800138000", "长沙市岳麓区", "L-5.pdf", "2025年11月20日"):
        assert words in said, words


@pytest.mark.rule("R-133", "R-135", "R-143")
def test_the_list_of_attachments_names_each_file_with_its_pages() -> None:
    """「注：证明材料请列明清单，以附件形式附后」"""
    document = document_of(filled(), call_of_2025(), "attachment_list", BEARING)
    (block,) = document.parts[0].blocks
    assert isinstance(block, Enclosures)
    assert [(one.name, one.pages) for one in block.enclosures if one.name][:2] == [("L-1.pdf", 3), ("L-32023.pdf", 3)]


def test_the_digest_follows_the_text_and_not_the_signatures() -> None:
    application, call = filled(), call_of_2025()
    before = paper_digest(application)
    committed = e.CommitmentRecorded(
        unit=UNIT_CODE,
        text_version="1",
        text_digest="cd" * 32,
        signer=e.Personal("沈岳"),
        signer_kind="legal_representative",
        signed_on=date(2025, 11, 12),
        scan_sha256="ef" * 32,
    )
    assert paper_digest(evolve(application, committed)) == before
    issue = issue_of(application, call, FORM)
    scan = e.FileAttached(
        slot="L-scan",
        file_id="s",
        name="s.pdf",
        size=1,
        sha256="00",
        media_type="application/pdf",
        paper_code=issue.code,
    )
    assert paper_digest(evolve(application, scan)) == before
    changed = e.SectionSaved(section="unit", section_version=2, answers={"bank": "别的银行"})
    assert paper_digest(evolve(application, changed)) != before
    removed = e.FileRemoved(slot="L-1", file_id="0")
    assert paper_digest(evolve(application, removed)) != before


def test_a_file_is_named_as_people_file_it() -> None:
    assert file_name(FORM, "HN-AI-2025-0001", 3, "pdf") == "申报书-HN-AI-2025-0001-v3.pdf"
