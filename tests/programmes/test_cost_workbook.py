"""Cost lines and payments go out to Excel and come back: the nine lines of scenario 5.C exactly, a faulty one marked in its row."""

from datetime import date
from typing import Any

import pytest

from programmes.eligibility import cross_checks
from programmes.form import parse_section
from programmes.subsidy import reckon
from programmes.vocabulary import Answers
from programmes.workbook import Spot, Taken, laid_out, lay_out, take
from tests.programmes.benchmark import AUDITED, answers, costs, programme, the_call

TODAY = date(2025, 9, 26)


def taken(laid: Any) -> Taken:
    def checks(found: Answers) -> Any:
        return cross_checks(the_call(), "B1", found)

    return take([laid_out(rows, name) for name, rows in laid], the_call(), "B1", {}, checks, TODAY)


def sheets() -> list[tuple[str, list[list[Any]]]]:
    return [(sheet.name, [list(row) for row in sheet.rows]) for sheet in lay_out(the_call(), "B1", answers())]


def place(laid: list[tuple[str, list[list[Any]]]], cell: str) -> tuple[int, int, int]:
    return next(
        (sheet, row, column)
        for sheet, (_, rows) in enumerate(laid)
        for row, cells in enumerate(rows)
        for column, said in enumerate(cells)
        if said == cell
    )


@pytest.mark.rule("R-264", "R-284")
def test_what_went_out_comes_back_and_is_reckoned_to_the_same_fen() -> None:
    found = taken(sheets())
    assert found.marks == ()
    again: dict[str, Any] = {}
    for section in ("costs", "payments"):
        read, refused = parse_section(programme().section(section), found.sections[section], the_call(), direction="B1")
        assert refused == []
        again |= read
    assert len(again["cost_lines"]) == 9
    assert reckon(costs(), again, AUDITED).eligible.amount.yuan() == "7,520,106.24"


def test_a_faulty_line_is_marked_in_its_row_and_the_others_are_taken() -> None:
    laid = sheets()
    sheet, row, column = place(laid, "318,000.00")
    laid[sheet][1][row][column] = "三十一万八千"
    found = taken(laid)
    assert [(mark.spot, mark.refusal.code) for mark in found.marks] == [(Spot(sheet, row, column), "BAD_FORMAT")]
    assert [one["number"] for one in found.sections["costs"]["cost_lines"]].count("C1-4") == 0
    assert len(found.sections["costs"]["cost_lines"]) == 8
