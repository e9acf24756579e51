"""A file goes where the definition has a place for it: its kind, its size, its label, one to a place; and where it goes it is listed."""

from dataclasses import replace
from typing import Any

import pytest

from programmes.documents import Slot
from programmes.vocabulary import Words
from tests.filled import attach, filled
from tests.scenario import EDITOR
from workflow.enclosures import enclosures
from workflow.guards.attaching import file_fits_its_slot
from workflow.stages import Stage
from workflow.state import Attachment

DAY = "2025-11-12 10:00"


@pytest.mark.rule("R-135", "R-136")
def test_one_report_a_year_and_no_other_year() -> None:
    """「近两年财务审计报告」「近两年缴税证明材料」: 2023 and 2024, one each."""
    draft = filled(files=(attach("L-3", "2023"),))
    draft.when(attach("L-3", "2024", sha256="01" * 32), EDITOR, DAY).then_entered(Stage.DRAFT)
    draft.when(attach("L-3", "2023", sha256="01" * 32), EDITOR, DAY).then_refused("SLOT_FULL")
    for label in ("2022", "", "2023,2024"):
        draft.when(attach("L-3", label, sha256="01" * 32), EDITOR, DAY).then_refused("LABEL_UNKNOWN")


def test_a_slot_of_one_takes_one_and_a_slot_of_several_many() -> None:
    draft = filled(files=(attach("L-7"), attach("L-8")))
    draft.when(attach("L-7", sha256="01" * 32), EDITOR, DAY).then_refused("SLOT_FULL")
    draft.when(attach("L-8", sha256="01" * 32), EDITOR, DAY).then_entered(Stage.DRAFT)
    draft.when(attach("L-7", "2024", sha256="01" * 32), EDITOR, DAY).then_refused("LABEL_UNKNOWN")


def test_a_new_file_takes_the_place_of_the_old_one() -> None:
    old, new = attach("L-7"), attach("L-7", sha256="01" * 32, replaces=attach("L-7"))
    outcome = filled(files=(old,)).when(new, EDITOR, DAY)
    assert [type(event).__name__ for event in outcome.outcome] == ["FileRemoved", "FileAttached"]  # type: ignore[union-attr]
    filled(files=()).when(new, EDITOR, DAY).then_refused("NOTHING_TO_REPLACE")
    elsewhere = attach("L-8", sha256="01" * 32, replaces=old)
    filled(files=(old,)).when(elsewhere, EDITOR, DAY).then_refused("NOTHING_TO_REPLACE")


def test_a_kind_the_slot_does_not_take_is_refused_in_the_decision_too() -> None:
    program = replace(attach("L-8"), name="a.exe")
    filled(files=()).when(program, EDITOR, DAY).then_refused("FILE_TYPE")


@pytest.mark.parametrize(("size", "codes"), [(2 * 1024 * 1024, []), (2 * 1024 * 1024 + 1, ["FILE_TOO_LARGE"])])
def test_a_slot_says_itself_what_it_takes(size: int, codes: list[str]) -> None:
    slot = Slot(id="s", label=Words(zh="凭证", en="Voucher"), accepts=(".pdf",), max_mb=2)
    facts: Any = type("Known", (), {})()
    facts.call = type("Call", (), {"report_years": (2023, 2024)})()
    facts.call.programme_of = lambda direction: type("Programme", (), {"slots": (slot,)})()
    draft = filled(files=()).application
    command = replace(attach("s"), size=size)
    assert [refusal.code for refusal in file_fits_its_slot(draft, command, facts)] == codes
    picture = replace(command, name="a.png", size=1)
    assert [refusal.code for refusal in file_fits_its_slot(draft, picture, facts)] == ["FILE_TYPE"]


def held(name: str, pages: int | None, label: str = "") -> Attachment:
    return Attachment(
        slot="", file_id=name, name=name, size=1, sha256=name, media_type="", label=label, pages=pages, check_code=""
    )


@pytest.mark.rule("R-143")
def test_attachments_are_listed_in_the_official_order_with_their_pages() -> None:
    """「证明材料请列明清单，以附件形式附后」: by year and name, as the printed form has them, whichever came first."""
    words = Words(zh="附件", en="Attachment")
    first = Slot(id="1", label=words, per_year=True)
    second = Slot(id="2", label=words, several=True)
    scan = Slot(id="0", label=words, prints="application_form")
    files = {
        "2": (held("g", 3), held("e", 1), held("f", None)),
        "1": (held("b", 5, "2024"), held("a", 2, "2023")),
        "0": (held("scan", 40),),
    }
    listed = enclosures((scan, first, second), files, (2023, 2024), after=20)
    assert [(one.name, one.first, one.last) for one in listed] == [
        ("a", 21, 22),
        ("b", 23, 27),
        ("e", 28, 28),
        ("f", 29, None),
        ("g", None, None),
    ]
