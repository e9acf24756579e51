"""Figures come in from Excel by the official labels; a faulty cell is marked and costs nothing but itself."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from programmes.catalogue import Catalogue
from programmes.eligibility import cross_checks
from programmes.form import parse_section
from programmes.vocabulary import Answers
from programmes.workbook import Cell, Sheet, Spot, Taken, laid_out, lay_out, take
from tests.filled import answers_by_section

CALL, DIRECTION = Catalogue.packaged().get("hn-2025"), "L-V"
TODAY = date(2025, 11, 6)


def taken(*sheets: Sheet, held: Answers | None = None) -> Taken:
    def checks(answers: Answers) -> Any:
        return cross_checks(CALL, DIRECTION, answers)

    return take(sheets, CALL, DIRECTION, held or {}, checks, TODAY)


def codes(found: Taken) -> list[tuple[Spot, str]]:
    return [(mark.spot, mark.refusal.code) for mark in found.marks]


def test_figures_by_year_are_found_by_label_and_head_wherever_they_stand() -> None:
    sheet = laid_out(
        [
            ["申报单位经营指标", None, None],
            [None, "2023年", "2024年"],
            [None, None, None],
            ["总资产（万元）", Decimal("12345.678901"), "15,002.30"],
            ["其中：AI业务收入 (万元)", 3300, Decimal("5610.2")],
            ["在职人员", 168, 203],
        ]
    )
    found = taken(sheet)
    assert found.marks == ()
    assert found.sections["business"] == {
        "total_assets": {"2023": "12345.678901", "2024": "15,002.30"},
        "ai_revenue": {"2023": "3300", "2024": "5610.2"},
        "staff": {"2023": "168", "2024": "203"},
    }


def test_a_value_stands_beside_its_label_even_behind_merged_cells() -> None:
    found = taken(
        laid_out(
            [["单位名称", None, None, "湖南岳麓智模科技有限公司", None, "注册时间", datetime(2021, 6, 18, tzinfo=UTC)]]
        )
    )
    assert found.sections["unit"] == {"unit_name": "湖南岳麓智模科技有限公司", "registered_on": "2021-06-18"}


def test_the_next_label_is_never_taken_for_a_value() -> None:
    assert taken(laid_out([["单位名称", None, "注册地址", "长沙市岳麓区"]])).sections["unit"] == {
        "address": "长沙市岳麓区"
    }


def test_one_label_for_several_questions_is_told_apart_by_its_group() -> None:
    found = taken(
        laid_out(
            [
                ["单位联系人", "姓名", "林婉清"],
                ["单位联系人", "联系电话", "13800138000"],
                ["单位联系人", "邮箱", "l@example.cn"],
            ]
        )
    )
    typed = found.sections["unit"]
    assert typed["liaison_phone"] == "13800138000"
    assert "legal_representative_phone" not in typed


def test_a_table_is_read_under_its_head_until_an_empty_row() -> None:
    found = taken(
        laid_out(
            [
                ["序号", "荣誉名称", "获得时间"],
                [1, "省级科技进步奖", "2023-05"],
                [2, "专精特新企业", datetime(2024, 3, 1, tzinfo=UTC)],
                [None, None, None],
                ["说明", "以上由企业填写", None],
            ]
        )
    )
    assert found.sections["unit"]["honours"] == [
        {"name": "省级科技进步奖", "obtained": "2023-05"},
        {"name": "专精特新企业", "obtained": "2024-03-01"},
    ]


def test_a_faulty_row_is_marked_and_the_others_are_taken() -> None:
    found = taken(laid_out([["荣誉名称", "获得时间"], ["甲", "2023-05"], ["乙", "去年"], ["丙", "2024-01"]]))
    assert found.sections["unit"]["honours"] == [
        {"name": "甲", "obtained": "2023-05"},
        {"name": "丙", "obtained": "2024-01"},
    ]
    assert codes(found) == [(Spot(0, 2, 1), "BAD_FORMAT")]


def test_a_faulty_year_is_marked_and_the_other_is_taken() -> None:
    found = taken(laid_out([["", "2023年", "2024年"], ["在职人员（人）", "一百", 203]]))
    assert found.sections["business"]["staff"] == {"2024": "203"}
    assert codes(found) == [(Spot(0, 1, 1), "BAD_FORMAT")]


def test_an_account_number_kept_as_a_number_is_refused_because_its_zeros_may_be_lost() -> None:
    found = taken(laid_out([["账号", 430123456789012]]))
    assert found.sections == {}
    (mark,) = found.marks
    assert (mark.spot, mark.refusal.params["expected"]) == (Spot(0, 0, 1), "text_cell")
    assert taken(laid_out([["账号", "0430123456789012"]])).sections["unit"]["account"] == "0430123456789012"


def test_a_cell_shown_as_a_percentage_reads_as_one() -> None:
    shown = Sheet(
        "",
        [
            [Cell(), Cell("2023年"), Cell("2024年")],
            [Cell("资产负债率"), Cell(Decimal("0.482"), True), Cell(Decimal("51.05"))],
        ],
    )
    assert taken(shown).sections["business"]["debt_ratio"] == {"2023": "48.2", "2024": "51.05"}


def test_what_contradicts_another_answer_is_left_out_and_marked() -> None:
    found = taken(
        laid_out(
            [
                ["", "2023年", "2024年"],
                ["营业收入（万元）", "6180.00", "8920.55"],
                ["其中：AI业务收入（万元）", "3300.00", "8920.56"],
            ]
        )
    )
    assert list(found.sections["business"]) == ["revenue"]
    assert codes(found) == [(Spot(0, 2, 2), "AI_GT_REVENUE")]


def test_ticked_options_come_as_their_labels_with_the_text_beside_them() -> None:
    found = taken(laid_out([["服务方式", "API接口、其他（小程序）"]]))
    assert found.sections["model"]["service_modes"] == {"chosen": ["api", "other"], "other": {"other": "小程序"}}


def test_an_empty_cell_takes_nothing_out_and_an_unknown_label_is_passed_over() -> None:
    assert taken(laid_out([["单位名称", None], ["毛利率", "12"]])).sections == {}


def test_a_workbook_laid_out_and_read_again_gives_the_same_answers() -> None:
    held: dict[str, Any] = {}
    typed = answers_by_section()
    programme = CALL.programme_of(DIRECTION)
    for section in programme.sections(DIRECTION):
        answers, refused = parse_section(section, typed.get(section.id, {}), CALL, direction=DIRECTION)
        assert not refused
        held |= answers
    laid = lay_out(CALL, DIRECTION, held)
    found = taken(*(laid_out(sheet.rows, sheet.name) for sheet in laid))
    assert found.marks == ()
    again: dict[str, Any] = {}
    for section in programme.sections(DIRECTION):
        again |= parse_section(section, found.sections.get(section.id, {}), CALL, direction=DIRECTION)[0]
    long = {field.id for field in programme.fields if field.type == "longtext"}
    assert again == {name: answer for name, answer in held.items() if name not in long and answer is not None}


@pytest.mark.parametrize("value", [None, "", "   ", True, 3, Decimal("1E+30"), date(2025, 1, 1), "=1+1", "\x00"])
def test_whatever_stands_in_a_cell_is_answered_by_a_mark_or_an_answer(value: Any) -> None:
    for asked in CALL.programme_of(DIRECTION).fields:
        taken(laid_out([["", "2023年", "2024年", "训练算力"], [asked.label.zh, value, value, value]]))
