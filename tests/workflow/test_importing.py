"""Figures from a workbook are saved in one step: all sections or none, as if each had been saved by hand (T02)."""

from typing import Any

from programmes.calendar import end_of
from tests.scenario import EDITOR, ID, OPENED, SEALED, Given, at
from workflow import commands as c
from workflow import events as e
from workflow.stages import Stage

WHEN = "2025-11-06 09:00"


def importing(**sections: dict[str, Any]) -> c.ImportFigures:
    return c.ImportFigures(application_id=ID, sections=sections)


def test_every_section_of_a_workbook_is_saved_in_one_step() -> None:
    wish = importing(model={"params_yi": "72"}, business={"staff": {"2023": "168", "2024": "203"}})
    Given(OPENED).when(wish, EDITOR, WHEN).then(
        e.SectionSaved(section="model", section_version=1, answers={"params_yi": "72"}),
        e.SectionSaved(section="business", section_version=1, answers={"staff": {"2023": 168, "2024": 203}}),
    )


def test_a_section_that_says_what_stands_already_is_left_alone() -> None:
    stands = e.SectionSaved(section="model", section_version=1, answers={"params_yi": "72"})
    Given(OPENED, stands).when(importing(model={"params_yi": "72.00"}), EDITOR, WHEN).then()


def test_a_fault_in_one_section_keeps_every_section_as_it_was() -> None:
    wish = importing(model={"params_yi": "72"}, business={"staff": {"2023": "many"}})
    Given(OPENED).when(wish, EDITOR, WHEN).then_refused("BAD_FORMAT")


def test_what_a_return_did_not_unlock_cannot_be_imported() -> None:
    returned = e.ReturnedForCorrection(
        entered=Stage.RETURNED,
        returned_from=Stage.UNIT_SEALED,
        body="430104",
        items=(e.ReturnItem(kind="field", id="params_yi", reason="核对"),),
        deadline=end_of(at(WHEN).date()),
    )
    given = Given(OPENED, SEALED, returned)
    given.when(importing(model={"model_name": "另一个名字"}), EDITOR, WHEN).then_refused("ITEM_LOCKED")
    given.when(importing(model={"params_yi": "80"}), EDITOR, WHEN).then(
        e.SectionSaved(section="model", section_version=1, answers={"params_yi": "80"})
    )
