"""The list of ASVS requirements says nothing that no test shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from service import asvs

PROJECT = Path(__file__).parents[2]
ROWS = asvs.read(PROJECT / "docs/asvs.csv")
MET = next(row for row in ROWS if row.met == "yes")


def test_every_requirement_that_is_said_to_be_met_is_shown_by_a_test_that_exists() -> None:
    assert list(asvs.faults(ROWS, PROJECT)) == []


def test_every_row_says_why() -> None:
    assert [row.id for row in ROWS if not row.reason] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"tests": ("tests/service/test_asvs.py::test_nobody_ever_wrote",)},
        {"tests": ("tests/nowhere.py::test_x",)},
        {"tests": ("service/asvs.py::read",)},
        {"tests": ()},
        {"met": "mostly"},
        {"met": "no", "reason": ""},
        {"name": ""},
        {"id": "18.1.1"},
    ],
)
def test_a_row_that_promises_more_than_there_is_is_named(changed: dict[str, object]) -> None:
    wrong = replace(MET, **changed)
    assert [said for said in asvs.faults([wrong], PROJECT) if said.startswith(f"{wrong.id}:")]


def test_a_row_that_is_left_out_or_stands_twice_is_noticed() -> None:
    assert list(asvs.faults(ROWS[1:], PROJECT))
    assert list(asvs.faults([*ROWS, ROWS[0]], PROJECT))
