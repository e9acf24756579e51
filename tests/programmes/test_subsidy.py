"""The subsidy of the benchmark programme: scenario 5.C to the fen, and the laws that hold for any lines and payments."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from programmes.costs import Costs, lines_of
from programmes.money import Money, portion
from programmes.subsidy import cut, granted, reckon
from programmes.vocabulary import JSON
from tests.programmes.benchmark import AUDITED, COST_LINES, LINES, PAYMENTS, answers, costs, line, paid, the_guide

FEN = 100
SUPPORTED = {
    "C1-1": 1_500_000_000,
    "C1-2": 200_000_000,
    "C1-3a": 150_000_000,
    "C1-3b": 0,
    "C1-4": 30_000_000,
    "C1-5": 300_000_000,
    "C2-1": 220_000_000,
    "C3-1": 94_339_623,
    "C3-2": 32_362_459,
}


@pytest.mark.rule("R-261", "R-279", "R-284", "R-264", "R-266", "R-269")
def test_the_lines_of_scenario_c_come_out_to_the_fen() -> None:
    """「不超过支持范围投入费用（不含税）30%的比例予以支持」「以有资质的会计师事务所提供的项目开支专项审计报告为准」"""
    found = reckon(costs(), answers(), AUDITED)
    assert {one.number: one.supported for one in found.lines} == SUPPORTED
    assert {one.number: one.eligible for one in found.lines} == AUDITED
    assert (found.claimed.base.yuan(), found.supported.yuan()) == ("27,767,020.82", "25,267,020.82")
    assert found.audited == Money(2_506_702_082)
    assert found.eligible.base.yuan() == "25,067,020.82"
    assert found.eligible.amount.yuan() == "7,520,106.24"
    assert found.eligible.amount.capitals() == "柒佰伍拾贰万零壹佰零陆元贰角肆分"
    assert not found.eligible.capped


@pytest.mark.rule("R-261", "R-263", "R-279")
def test_the_claimed_sum_is_cut_to_the_cap() -> None:
    """「最高800万元」"""
    found = reckon(costs(), answers())
    assert found.audited is None
    assert found.claimed.by_rate.yuan() == "8,330,106.24"
    assert found.claimed.amount.yuan() == "8,000,000.00"
    assert found.claimed.capped
    assert found.eligible.amount.yuan() == "7,580,106.24"  # 25,267,020.82, what the papers bear before the audit
    exact = granted(costs(), Money(2_666_666_667))
    assert (exact.by_rate.yuan(), exact.amount.yuan(), exact.capped) == ("8,000,000.00", "8,000,000.00", False)


@pytest.mark.rule("R-284")
def test_a_line_found_false_later_lowers_the_sum_by_what_must_be_repaid() -> None:
    found = reckon(costs(), answers(), AUDITED)
    again = reckon(costs(), answers(), AUDITED, {"C1-3a"})
    assert [step.code for step in again.lines[2].steps(costs())][-2:] == ["AUDITED", "FOUND_FALSE"]
    assert (again.eligible.base.yuan(), again.eligible.amount.yuan()) == ("23,567,020.82", "7,070,106.24")
    assert Money(found.eligible.amount.fen - again.eligible.amount.fen).yuan() == "450,000.00"


@pytest.mark.rule("R-284", "R-287")
def test_the_audit_can_only_lower_a_line_and_a_line_it_does_not_name_is_worth_nothing() -> None:
    """「以……专项审计报告为准」「不得虚报产品价格」"""
    raised = reckon(costs(), answers(), {**AUDITED, "C1-1": 9_999_999_999})
    assert raised.eligible.base.yuan() == "25,067,020.82"
    without = {number: fen for number, fen in AUDITED.items() if number != "C1-1"}
    assert reckon(costs(), answers(), without).eligible.base.yuan() == "10,067,020.82"


@pytest.mark.rule("R-262", "R-279")
def test_below_the_floor_nothing_is_awarded_unless_the_province_waives_it_and_nobody_is_topped_up() -> None:
    """「单个项目奖补资金原则上不少于300万元」"""
    assert "单个项目奖补资金原则上不少于300万元、最高800万元" in the_guide()
    on_it, below = granted(costs(), Money(1_000_000_000)), granted(costs(), Money(999_999_999))
    assert (on_it.amount.yuan(), on_it.below_floor) == ("3,000,000.00", False)
    assert (below.amount.yuan(), below.below_floor) == ("2,999,999.99", True)
    assert below.payable(costs()) == Money(0)
    assert below.payable(costs(), waived=True).yuan() == "2,999,999.99"
    hard = costs().model_copy(update={"floor_policy": "hard"})
    assert granted(hard, Money(999_999_999)).payable(hard, waived=True) == Money(0)
    open_ = costs().model_copy(update={"floor_policy": "none"})
    assert granted(open_, Money(999_999_999)).payable(open_).yuan() == "2,999,999.99"


def test_an_award_unit_is_rounded_down_too() -> None:
    in_hundreds = costs().model_copy(update={"award_unit": Money(100 * FEN)})
    assert granted(in_hundreds, Money(2_506_702_082)).amount.yuan() == "7,520,100.00"
    in_wan = costs().model_copy(update={"award_unit": Money.read("1 万元")})
    assert granted(in_wan, Money(2_506_702_082)).amount.yuan() == "7,520,000.00"


@pytest.mark.rule("R-249")
@pytest.mark.parametrize(
    ("invoice_on", "paid_on", "eligible"),
    [
        ("2022-07-01", "2022-07-01", 30_000_000),
        ("2022-06-30", "2022-07-01", 0),
        ("2022-07-01", "2022-06-30", 0),
        ("2025-07-31", "2025-07-31", 30_000_000),
        ("2025-07-31", "2025-08-01", 0),
        ("2025-08-01", "2025-07-31", 0),
    ],
)
def test_both_days_of_the_window_count(invoice_on: str, paid_on: str, eligible: int) -> None:
    """「佐证材料时间均须在2025年7月31日前」, the 31st included (A-06)."""
    row = line("C1-4", "compliance", "318,000.00", "6", "300,000.00", invoice_on)
    found = reckon(costs(), answers(cost_lines=[row], payments=[paid("C1-4", "318,000.00", paid_on)]))
    assert found.eligible.base.fen == eligible


def test_an_invoice_paid_in_part_counts_by_that_part_or_not_at_all() -> None:
    row = line("C1-5", "outsourcing", "4,240,000.00", "6", "4,000,000.00", "2025-07-10")
    half = answers(cost_lines=[row], payments=[paid("C1-5", "3,180,000.00", "2025-07-15"), PAYMENTS[-1]])
    assert reckon(costs(), half).supported.yuan() == "3,000,000.00"
    strict = costs().model_copy(update={"partial_payment": "exclude"})
    assert reckon(strict, half).supported == Money(0)
    too_much = answers(cost_lines=[row], payments=[paid("C1-5", "9,999,999.00", "2025-07-15")])
    assert reckon(costs(), too_much).supported.yuan() == "4,000,000.00"


@pytest.mark.rule("R-267", "R-281")
def test_own_labour_never_counts_even_where_nobody_refused_it() -> None:
    """「申报单位人员的适配工时，不计入项目适配工作服务费」"""
    row = line("C2-2", "own_labour", "636,000.00", "6", "600,000.00", "2025-02-20")
    found = reckon(costs(), answers(cost_lines=[row], payments=[paid("C2-2", "636,000.00", "2025-02-21")]))
    assert (found.claimed.base.fen, found.eligible.base.fen) == (60_000_000, 0)


def test_every_figure_says_how_it_came_about() -> None:
    found = reckon(costs(), answers(), AUDITED)
    said = {one.number: [step.words.zh for step in one.steps(costs())] for one in found.lines}
    assert said["C1-5"] == [
        "第 C1-5 项申报不含税金额 4,000,000.00 元",
        "窗口内支付 3,180,000.00 元 ÷ 价税合计 4,240,000.00 元 × 不含税 4,000,000.00 元 = 3,000,000.00 元（舍去分以下）",
        "审计报告确认 3,000,000.00 元",
        "取其中最小的，计 3,000,000.00 元",
    ]
    assert said["C1-3b"][1] == "发票日期（2025-08-05）不在 2022-07-01 至 2025-07-31 之内，计 0 元"
    assert [step.code for step in found.claimed.steps] == ["SUM", "RATE", "CAP"]
    assert "30% = 8,330,106.24" in found.claimed.steps[1].words.en
    low = granted(costs(), Money(1))
    assert low.steps[-1].code == "FLOOR_WAIVABLE"
    assert "不补足" in low.steps[-1].words.zh


def test_awards_beyond_the_budget_are_cut_alike_or_refused() -> None:
    """A-40: pro rata, each rounded down; the floor was asked of the uncut amounts."""
    uncut = [replace(granted(costs(), Money(1)), amount=Money(fen)) for fen in (300, 200, 501)]

    def borne(budget: int, terms: Costs) -> list[int]:
        return [cut(terms, grant, Money(1001), Money(budget)).amount.fen for grant in uncut]

    assert borne(1001, costs()) == [300, 200, 501]
    assert borne(1000, costs()) == [299, 199, 500]
    assert borne(1000, costs().model_copy(update={"over_budget": "refuse"})) == [300, 200, 501], "refused by a guard"


def test_a_draft_with_half_filled_rows_is_reckoned_as_far_as_it_goes() -> None:
    empty: dict[str, JSON] = {}
    assert reckon(costs(), empty).eligible.amount == Money(0)
    rows: dict[str, JSON] = {"cost_lines": [{"number": "C1"}, {"ex_tax": 500}], "payments": [{"line": "C1"}, {}]}
    found = reckon(costs(), rows)
    assert [one.number for one in found.lines] == ["C1", "2"]
    assert (found.claimed.base.fen, found.eligible.base.fen) == (500, 0)


_DAYS = st.sampled_from(["2022-06-30", "2022-07-01", "2024-02-29", "2025-07-31", "2025-08-01"])
_FEN = st.integers(min_value=0, max_value=5_000_000_000)


@st.composite
def _books(draw: st.DrawFn) -> dict[str, JSON]:
    """Lines and payments as a careless clerk might leave them."""
    kinds = st.sampled_from(["hardware", "datasets", "own_labour"])
    names = draw(st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=6))
    lines: list[JSON] = []
    for name in names:
        ex_tax = draw(_FEN)
        row: dict[str, JSON] = {"number": name, "kind": draw(kinds), "ex_tax": ex_tax, "invoice_on": draw(_DAYS)}
        lines.append({**row, "gross": ex_tax + draw(st.integers(min_value=0, max_value=10**9))})
    payments: list[JSON] = [
        {"line": draw(st.sampled_from(["a", "b", "c", "e"])), "paid_on": draw(_DAYS), "amount": draw(_FEN)}
        for _ in range(draw(st.integers(min_value=0, max_value=6)))
    ]
    return {"cost_lines": lines, "payments": payments}


_AUDITS = st.none() | st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), _FEN)


@settings(max_examples=150, deadline=None)
@given(books=_books(), audited=_AUDITS)
def test_nothing_is_ever_above_the_rate_the_cap_or_what_was_claimed(books: Any, audited: Any) -> None:
    terms, found = costs(), reckon(costs(), books, audited)
    assert terms.cap is not None
    for one in found.lines:
        assert 0 <= one.eligible <= min(one.claimed, one.supported)
    assert found.eligible.base.fen == sum(one.eligible for one in found.lines)
    assert found.claimed.base.fen == sum(one.claimed for one in found.lines)
    assert found.eligible.amount.fen * 10_000 <= found.eligible.base.fen * terms.rate_bp
    assert found.eligible.amount <= min(terms.cap, found.claimed.amount)
    assert found.eligible.by_rate == portion(found.eligible.base, terms.rate_bp)


@settings(max_examples=150, deadline=None)
@given(books=_books(), audited=st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), _FEN), more=_FEN)
def test_more_paid_or_more_confirmed_never_lowers_it(books: Any, audited: Any, more: int) -> None:
    terms = costs()
    before = reckon(terms, books, audited).eligible
    raised = {number: fen + more for number, fen in audited.items()}
    assert reckon(terms, books, raised).eligible.amount >= before.amount
    extra = {**books, "payments": [*books["payments"], {"line": "a", "paid_on": "2024-01-01", "amount": more}]}
    assert reckon(terms, extra, audited).eligible.amount >= before.amount


@given(base=_FEN, other=_FEN)
def test_a_larger_base_never_gives_less(base: int, other: int) -> None:
    low, high = sorted((base, other))
    assert granted(costs(), Money(low)).amount <= granted(costs(), Money(high)).amount


def _many(terms: Costs, rows: int) -> dict[str, JSON]:
    kept = answers()
    lines, payments = kept[terms.lines], kept[terms.payments]
    assert isinstance(lines, list)
    assert isinstance(payments, list)
    first, second = lines[0], payments[0]
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    return {
        terms.lines: [{**first, "number": f"L{number}"} for number in range(rows)],
        terms.payments: [{**second, "line": f"L{number}"} for number in range(rows)],
    }


def test_five_thousand_lines_are_reckoned_alike() -> None:
    """How fast is measured in `bench`."""
    terms = costs()
    found = reckon(terms, _many(terms, 5000))
    assert len(found.lines) == 5000
    assert found.eligible.amount == terms.cap


def test_the_table_of_the_scenario_is_whole() -> None:
    kept = list(lines_of(costs(), answers()))
    assert [one.number for one in kept] == [row[0] for row in LINES]
    assert sum(one.gross or 0 for one in kept) == 3_061_333_333
    assert len(COST_LINES) == 9
