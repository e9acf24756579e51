"""Who may be sealed under the benchmark call: each rule passes on its border and refuses one step beyond, in the guide's words."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from eventstore.refusal import Refusal
from programmes.eligibility import completeness, cross_checks, judge, warnings
from programmes.vocabulary import Facts
from tests.programmes.benchmark import (
    ATTACHED,
    COST_LINES,
    FACTS,
    KINDS,
    PAYMENTS,
    RELATED_SLOTS,
    ROOT,
    SUPPLIER,
    TYPED,
    UNIT,
    answers,
    line,
    paid,
    the_call,
    the_guide,
)
from web.texts import explain

MAKER = FACTS.model_copy(update={"unit_tags": frozenset({"manufacturer"})})


def refused(direction: str = "B1", facts: Facts | None = None, **typed: Any) -> Sequence[Refusal]:
    known = facts or (FACTS if direction == "B1" else MAKER)
    technique = {"technologies": ["deep_learning"]} if direction == "B2" else {}
    return judge(the_call(), direction, answers(**{**technique, **typed}), known)


def codes(refusals: Sequence[Refusal]) -> list[str]:
    return [one.code for one in refusals]


def warned(direction: str = "B1", facts: Facts = FACTS, **typed: Any) -> list[str]:
    found = codes(warnings(the_call(), direction, answers(**typed), facts))
    return [code for code in found if code != "EVIDENCE_OUTSIDE_WINDOW"]


def saved(**typed: Any) -> list[str]:
    return codes(cross_checks(the_call(), "B1", answers(**typed)))


def known(**more: Any) -> Facts:
    return FACTS.model_copy(update=more)


def lines(*changed: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of the scenario, some with other cells."""
    by_number = {row["number"]: row for row in changed}
    return [{**row, **by_number.get(row["number"], {})} for row in COST_LINES]


@pytest.mark.rule("R-245", "R-274")
@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2022-06-30", ["START_OUT_OF_WINDOW"]),
        ("2022-07-01", []),
        ("2025-06-30", []),
    ],
)
def test_the_project_began_inside_the_window(day: str, found: list[str]) -> None:
    """「项目应于申报通知发布前三年内启动实施（2022年7月至2025年7月期间）」 (A-32)"""
    assert "（2022年7月至2025年7月期间）" in the_guide()
    assert saved(started_on=day) == found
    assert codes(refused("B2", started_on=day)) == found


@pytest.mark.rule("R-245", "R-246", "R-274")
def test_the_last_day_of_the_window_is_in_and_the_next_is_not() -> None:
    """「已经完工」 (A-32, A-43)"""
    assert saved(started_on="2025-07-31", completed_on="2025-07-31") == []
    assert saved(completed_on="2025-08-01") == ["NOT_COMPLETED_IN_WINDOW"]
    assert saved(started_on="2025-08-01", completed_on="2025-08-02") == [
        "START_OUT_OF_WINDOW",
        "NOT_COMPLETED_IN_WINDOW",
    ]
    (refusal,) = cross_checks(the_call(), "B1", answers(started_on="2022-06-30"))
    told = explain(refusal)
    assert "2022 年 6 月 30 日" in told.zh or "2022年6月30日" in told.zh
    assert "2025" in told.zh


@pytest.mark.rule("R-246", "R-274")
def test_a_project_is_not_finished_before_it_began_and_must_be_finished() -> None:
    """「已经完工并取得显著成效」"""
    assert saved(started_on="2025-06-30", completed_on="2025-06-30") == []
    assert saved(started_on="2025-06-30", completed_on="2025-06-29") == ["COMPLETED_BEFORE_START"]
    assert codes(refused(completed_on=None)) == ["REQUIRED"]


@pytest.mark.rule("R-241")
@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (known(unit_tags=frozenset({"ai_enterprise"})), []),
        (known(unit_tags=frozenset({"research", "city_direct"})), []),
        (known(unit_tags=frozenset({"manufacturer"})), ["UNIT_TAG"]),
        (known(unit_tags=frozenset()), ["UNIT_TAG"]),
        (known(legal_person=False), ["NOT_LEGAL_PERSON"]),
    ],
)
def test_direction_one_is_for_ai_enterprises_and_research(facts: Facts, found: list[str]) -> None:
    """「申报单位为具有独立法人资格的人工智能企业或科研机构」"""
    assert codes(refused(facts=facts)) == found


@pytest.mark.rule("R-272")
def test_direction_two_is_for_manufacturers() -> None:
    """「申报单位为具有独立法人资格的制造业企业」"""
    assert refused("B2") == []
    (refusal,) = refused("B2", FACTS)
    assert (refusal.code, refusal.params["allowed"]) == ("UNIT_TAG", ["manufacturer"])
    assert "制造业企业" in explain(refusal).zh
    branch = MAKER.model_copy(update={"legal_person": False})
    assert codes(refused("B2", branch)) == ["NOT_LEGAL_PERSON"]


DECLARED = {
    "kind_confirmed": ("R-241", "R-272"),
    "no_dispute": ("R-242", "R-273"),
    "no_violation": ("R-243", "R-273"),
    "no_accident": ("R-244", "R-273"),
    "goals_fit_the_funds": ("R-247", "R-275"),
    "no_prior_support": ("R-250", "R-276"),
    "sole_of_the_group": ("R-253", "R-276"),
    "secure_and_lawful": ("R-254", "R-277"),
    "costs_of_this_project": ("R-283",),
    "prices_true": ("R-287",),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.rule(*rules), id=name) for name, rules in DECLARED.items()]
)
@pytest.mark.parametrize("direction", ["B1", "B2"])
def test_each_declaration_must_say_yes(name: str, direction: str) -> None:
    (refusal,) = refused(direction, **{name: False})
    assert (refusal.code, refusal.params["field"]) == ("DECLARATION_REFUSED", name)
    (gap,) = refused(direction, **{name: None})
    assert gap.code == "REQUIRED"


@pytest.mark.rule("R-242", "R-273")
def test_the_last_three_years_end_on_a_day_that_has_come() -> None:
    """「近3年来」: a declaration has its reference date"""
    assert codes(refused(reference_date=None)) == ["REQUIRED"]
    later = FACTS.model_copy(update={"today": date(2025, 9, 19)})
    assert codes(judge(the_call(), "B1", answers(), later)) == ["IN_THE_FUTURE"]


@pytest.mark.rule("R-243", "R-273")
def test_a_barred_unit_cannot_apply_until_the_bar_ends() -> None:
    """「在专项资金管理、专项审计、绩效评价、监督检查等方面未出现严重违法违规情况」"""
    assert codes(refused(facts=known(barred_until=date(2025, 9, 26)))) == ["UNIT_BARRED"]
    assert codes(refused("B2", MAKER.model_copy(update={"barred_until": date(2026, 1, 1)}))) == ["UNIT_BARRED"]
    assert refused(facts=known(barred_until=date(2025, 9, 25))) == []


@pytest.mark.rule("R-250", "R-276")
def test_a_project_that_was_awarded_before_cannot_be_awarded_again() -> None:
    """「项目原则上未获得过省财政资金专项支持」: the same project is refused, another of the unit only warned of (A-25)"""
    same = known(awarded_names=frozenset({"注塑质检智能体 研发与应用"}))
    assert codes(refused(facts=same)) == ["AWARDED_BEFORE"]
    other = known(awarded_names=frozenset({"别的项目"}))
    assert refused(facts=other) == []
    assert warned(facts=other) == ["UNIT_AWARDED_BEFORE"]
    assert warned() == []


@pytest.mark.rule("R-253", "R-276")
def test_the_controller_is_declared_and_compared_with_the_register() -> None:
    """「集团性质企（事）业单位」 (A-24)"""
    assert codes(refused(group_controller=None)) == ["REQUIRED"]
    assert refused(in_group=False, group_controller=None, facts=known(group_root=None)) == []
    assert warned(group_controller="914403001922038216") == ["GROUP_DIFFERS"]
    assert warned(in_group=False, group_controller=None) == ["GROUP_DIFFERS"]


@pytest.mark.rule("R-256")
def test_three_settings_and_no_setting_twice() -> None:
    """「已在不少于3个工业应用场景使用」"""
    scenarios = TYPED["use"]["scenarios"]
    (two,) = refused(scenarios=scenarios[:2])
    assert (two.code, two.params["field"], two.params["measure"], two.params["limit"]) == (
        "MIN_ITEMS",
        "scenarios",
        2,
        3,
    )
    (twice,) = refused(scenarios=[*scenarios[:2], {**scenarios[0], "name": " 缺陷 识别"}])
    assert twice.params["measure"] == 2
    assert codes(refused(scenarios=None)) == ["REQUIRED"]
    assert refused("B2", scenarios=None, contracts=None, property_items=None) == []


@pytest.mark.rule("R-257")
def test_three_contracts_with_numbers_of_their_own() -> None:
    """「已签订合同数不少于3个」: a number that is repeated counts once (scenario C4)"""
    contracts = TYPED["use"]["contracts"]
    (two,) = refused(contracts=contracts[:2])
    assert (two.code, two.params["field"], two.params["measure"], two.params["limit"]) == (
        "MIN_ITEMS",
        "contracts",
        2,
        3,
    )
    repeated = [*contracts[:2], {**contracts[2], "number": " ys-2024-001 "}]
    assert [one.params["measure"] for one in refused(contracts=repeated)] == [2]
    assert refused(contracts=contracts) == []


@pytest.mark.rule("R-248", "R-249", "R-257")
def test_evidence_after_the_cut_off_does_not_count() -> None:
    """「佐证材料时间均须在2025年7月31日前」, that day included (A-06)"""
    contracts = TYPED["use"]["contracts"]
    on_it = [*contracts[:2], {**contracts[2], "signed_on": "2025-07-31"}]
    assert refused(contracts=on_it) == []
    after = [*contracts[:2], {**contracts[2], "signed_on": "2025-08-01"}]
    assert codes(refused(contracts=after)) == ["MIN_ITEMS"]
    paid_late = [{**row, "paid_on": "2025-08-01"} for row in contracts]
    assert codes(refused(contracts=paid_late)) == ["SALES_CHAIN_MISSING"]


@pytest.mark.rule("R-248")
def test_one_sale_is_proved_from_contract_to_payment() -> None:
    """「项目产品须提供产品销售合同、发票和支付凭证等」"""
    contracts = TYPED["use"]["contracts"]
    bare = [{name: row[name] for name in ("number", "customer", "signed_on", "amount")} for row in contracts]
    (refusal,) = refused(contracts=bare)
    assert (refusal.code, refusal.params["measure"], refusal.params["limit"]) == ("SALES_CHAIN_MISSING", 0, 1)
    assert refused(contracts=[contracts[0], *bare[1:]]) == []


@pytest.mark.rule("R-247", "R-275")
@pytest.mark.parametrize("direction", ["B1", "B2"])
def test_goals_are_measured_and_of_both_kinds(direction: str) -> None:
    """「有明确、量化的经济效益、社会效益，绩效目标应可考核、可量化」"""
    economic, social = TYPED["goals"]["goals"]
    assert codes(refused(direction, goals=[economic])) == ["GOAL_MISSING"]
    (refusal,) = refused(direction, goals=[social])
    assert "经济效益" in explain(refusal).zh
    assert codes(refused(direction, goals=[economic, {**social, "actual": None}])) == ["REQUIRED"]
    assert codes(refused(direction, goals=None)) == ["REQUIRED"]


@pytest.mark.rule("R-255")
def test_direction_one_names_its_intellectual_property() -> None:
    """「应具备自主知识产权」"""
    assert codes(refused(property_items=None)) == ["REQUIRED"]
    assert refused("B2", property_items=None) == []


@pytest.mark.rule("R-267", "R-281")
@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"supplier_code": UNIT}, "supplier_code"),
        ({"supplier": "广东粤顺智造科技有限公司"}, "supplier_code"),
        ({"kind": "own_labour"}, "kind"),
    ],
)
def test_the_applicants_own_hours_do_not_count(cells: dict[str, str], column: str) -> None:
    """「申报单位人员的适配工时，不计入项目适配工作服务费」: scenario C5"""
    own = {**line("C2-2", "adaptation", "636,000.00", "6", "600,000.00", "2025-02-20"), **cells}
    (refusal,) = cross_checks(the_call(), "B1", answers(cost_lines=[*COST_LINES, own]))
    assert (refusal.code, refusal.params["line"], refusal.params["row"]) == ("OWN_LABOUR", "C2-2", 10)
    assert refusal.params["column"] == column
    (again,) = cross_checks(the_call(), "B2", answers(cost_lines=[*COST_LINES, own]))
    assert again.code == "OWN_LABOUR"


@pytest.mark.rule("R-265", "R-280")
def test_a_line_of_the_first_category_needs_the_list_of_products() -> None:
    """「（需提供所购产品清单，相关发票、合同、支付凭证、银行对账单）」: scenario C6"""
    named = frozenset((slot, "*") for slot in KINDS[1:])
    listed = frozenset({("evidence_list", "C1-2、C1-3a，C1-3b;C1-4; C1-5")})
    (refusal,) = refused(facts=known(held=named | listed))
    assert (refusal.code, refusal.params["line"], refusal.params["missing"]) == (
        "EVIDENCE_MISSING",
        ["C1-1"],
        ["evidence_list"],
    )
    assert "所购产品清单" in explain(refusal).zh
    assert codes(refused("B2", MAKER.model_copy(update={"held": named | listed}))) == ["EVIDENCE_MISSING"]
    assert refused(facts=known(held=named | listed | {("evidence_list", "C1-1")})) == []


@pytest.mark.rule("R-265", "R-268", "R-270", "R-280", "R-281", "R-282")
@pytest.mark.parametrize("slot", KINDS)
def test_every_line_needs_each_kind_that_its_category_names(slot: str) -> None:
    """「（需提供所购相关发票、合同、支付凭证、银行对账单）」: the second and third need no list"""
    held = frozenset((one, "*") for one in KINDS if one != slot)
    (refusal,) = refused(facts=known(held=held))
    first = ["C1-1", "C1-2", "C1-3a", "C1-3b", "C1-4", "C1-5"]
    wanted = first if slot == "evidence_list" else [*first, "C2-1", "C3-1", "C3-2"]
    assert (refusal.params["line"], refusal.params["missing"]) == (wanted, [slot])
    unlabelled = held | {(slot, "")}
    assert codes(refused(facts=known(held=unlabelled))) == ["EVIDENCE_MISSING"]


def test_a_long_list_of_lines_without_evidence_is_cut_but_counted() -> None:
    rows = [{**COST_LINES[6], "number": f"L{number}"} for number in range(60)]
    many = refused(facts=known(held=frozenset({("audit_report", "")})), cost_lines=rows, payments=None)
    missing = [one for one in many if one.code == "EVIDENCE_MISSING"]
    assert [(len(list(one.params["line"])), one.params["count"]) for one in missing] == [(20, 60)]  # type: ignore[arg-type]


@pytest.mark.rule("R-286")
def test_a_supplier_of_the_group_is_declared() -> None:
    """「申报内容存在关联交易的，申报单位应如实提供相应说明」: scenario C7"""
    hidden = lines({"number": "C1-2", "related_party": False})
    (refusal,) = refused(cost_lines=hidden)
    assert (refusal.code, refusal.params["line"], refusal.params["supplier"]) == (
        "RELATED_PARTY_UNDECLARED",
        "C1-2",
        SUPPLIER,
    )
    stranger = known(group_units=frozenset(), group_root=None)
    assert refused(facts=stranger, cost_lines=hidden) == []
    controller = lines({"number": "C1-2", "related_party": False, "supplier_code": ROOT})
    assert codes(refused(facts=stranger, cost_lines=controller)) == ["RELATED_PARTY_UNDECLARED"]


@pytest.mark.parametrize("slot", sorted(RELATED_SLOTS))
def test_what_a_rule_asks_for_is_missing_part_by_part(slot: str) -> None:
    """Whoever reads how much is done reads of the same gap as whoever reads why it cannot be sealed."""
    facts = known(attached=FACTS.attached - {slot})
    (part,) = (one for one in completeness(the_call(), "B1", answers(), ATTACHED, facts) if not one.done)
    listed = slot in {one.id for one in the_call().programme("B").attachments}
    assert part.id == (slot if listed else "conditions")
    assert [refusal.code for refusal in part.missing] == ["RELATED_PARTY_STATEMENT"]
    barred = known(legal_person=False)
    refusals = judge(the_call(), "B1", answers(), barred)
    told = [one for part in completeness(the_call(), "B1", answers(), ATTACHED, barred) for one in part.missing]
    assert refusals
    assert all(refusal in told for refusal in refusals)


@pytest.mark.rule("R-286", "R-288")
@pytest.mark.parametrize("slot", sorted(RELATED_SLOTS))
def test_related_parties_are_explained_by_four_papers(slot: str) -> None:
    """「包括交易双方（多方）股权结构等关联情况、交易产品价格公允性说明」「签署价格真实性承诺函」"""
    (refusal,) = refused(facts=known(attached=FACTS.attached - {slot}))
    assert (refusal.code, refusal.params["line"], refusal.params["missing"]) == (
        "RELATED_PARTY_STATEMENT",
        ["C1-2"],
        [slot],
    )
    independent = lines({"number": "C1-2", "related_party": False, "supplier_code": "914403001922038216"})
    assert refused(facts=known(attached=FACTS.attached - RELATED_SLOTS), cost_lines=independent) == []


@pytest.mark.rule("R-261", "R-279")
@pytest.mark.parametrize(
    ("gross", "rate", "ex_tax", "found"),
    [
        ("1,000,000.00", "6", "943,396.22", []),
        ("1,000,000.00", "6", "943,396.23", []),
        ("1,000,000.00", "6", "943,396.24", []),
        ("1,000,000.00", "6", "943,396.25", ["TAX_MISMATCH"]),
        ("1,000,000.00", "6", "943,396.21", ["TAX_MISMATCH"]),
        ("333,333.33", "3", "323,624.59", []),
        ("1,000,000.00", "0", "1,000,000.00", []),
        ("1,000,000.00", "13", "1,000,000.00", ["TAX_MISMATCH"]),
    ],
)
def test_gross_rate_and_the_sum_without_tax_fit_to_a_fen(gross: str, rate: str, ex_tax: str, found: list[str]) -> None:
    """「支持范围投入费用（不含税）」"""
    row = line("C3-1", "datasets", gross, rate, ex_tax, "2024-08-15")
    assert codes(refused(cost_lines=[row], payments=[paid("C3-1", "1.00", "2024-08-20")])) == found


@pytest.mark.rule("R-285")
def test_payments_belong_to_lines_and_do_not_exceed_them() -> None:
    """「相关发票、支付凭证和银行对账单的时间要对应」"""
    stray = [*PAYMENTS, paid("C9-9", "1.00", "2024-08-20")]
    (refusal,) = refused(payments=stray)
    assert (refusal.code, refusal.params["column"], refusal.params["line"]) == ("PAYMENT_MISMATCH", "line", "C9-9")
    over = [*PAYMENTS, paid("C1-5", "0.01", "2025-07-20")]
    (refusal,) = refused(payments=over)
    assert (refusal.code, refusal.params["column"], refusal.params["row"]) == ("PAYMENT_MISMATCH", "amount", 11)


@pytest.mark.rule("R-285")
@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({}, []),
        ({"statement_from": "2023-06-03"}, ["OUTSIDE_STATEMENT"]),
        ({"statement_to": "2023-06-01"}, ["OUTSIDE_STATEMENT"]),
        ({"statement_amount": "16,949,999.99"}, ["STATEMENT_DIFFERS"]),
        ({"paid_on": "2023-03-14", "statement_from": "2023-03-01"}, ["PAID_BEFORE_CONTRACT"]),
        ({"paid_on": "2023-03-15", "statement_from": "2023-03-01"}, []),
    ],
)
def test_odd_orders_of_the_evidence_are_pointed_out(cells: dict[str, str], found: list[str]) -> None:
    payments = [{**PAYMENTS[0], **cells}, *PAYMENTS[1:]]
    assert warned(payments=payments) == found
    assert refused(payments=payments) == []


@pytest.mark.rule("R-249", "R-285")
def test_what_lies_outside_the_window_is_pointed_out_and_stops_nobody() -> None:
    """「佐证材料时间均须在2025年7月31日前」; a contract may be older, and is pointed out (A-06)"""
    assert warned(cost_lines=lines({"number": "C1-1", "contract_on": "2022-06-30"})) == ["CONTRACT_BEFORE_WINDOW"]
    assert warned(cost_lines=lines({"number": "C1-1", "contract_on": "2022-07-01"})) == []
    (found,) = [one for one in warnings(the_call(), "B1", answers(), FACTS) if one.code == "EVIDENCE_OUTSIDE_WINDOW"]
    assert found.params["line"] == ["C1-3b", "C1-5"]
    assert found.params["zh"] == "有发票或付款不在支持时间内，相应费用不计：C1-3b、C1-5"
    same = lines({"number": "C1-2", "invoice_number": COST_LINES[0]["invoice_number"]})
    assert warned(cost_lines=same) == ["SAME_INVOICE_TWICE"]


@pytest.mark.rule("R-265")
def test_lines_have_numbers_of_their_own() -> None:
    (refusal,) = cross_checks(the_call(), "B1", answers(cost_lines=[*COST_LINES, {**COST_LINES[0], "number": "c1-1 "}]))
    assert (refusal.code, refusal.params["row"], refusal.params["same_as"]) == ("DUPLICATE_ROW", 10, 1)


@pytest.mark.rule("R-283", "R-261")
def test_every_cell_of_a_cost_line_is_asked_the_purpose_too() -> None:
    """「计入支持范围的费用必须是用于本项目的合理费用」"""
    (refusal,) = refused(cost_lines=lines({"number": "C1-1", "purpose": ""}))
    assert (refusal.code, refusal.params["row"], refusal.params["column"]) == ("REQUIRED", 1, "purpose")
    assert codes(refused(cost_lines=None, payments=None)) == ["REQUIRED", "REQUIRED"]


@pytest.mark.rule("R-237", "R-271")
def test_a_link_and_a_technique_are_chosen() -> None:
    assert codes(refused(support_links=None)) == ["MIN_ITEMS"]
    assert codes(refused("B2", technologies=None)) == ["MIN_ITEMS"]
    assert codes(refused(product_kind=None)) == ["REQUIRED"]


def test_the_unit_is_itself_and_of_the_province() -> None:
    assert codes(refused(credit_code=SUPPLIER)) == ["UNIT_MISMATCH"]
    assert codes(refused(county="430104")) == ["OUTSIDE_PROVINCE"]


def test_what_refuses_has_words_for_everything_it_names() -> None:
    own = line("C2-2", "own_labour", "1.00", "0", "1.00", "2025-02-20")
    broken = [
        *refused(facts=known(attached=frozenset(), held=frozenset({("x", "")}), unit_tags=frozenset())),
        *refused(cost_lines=lines({"number": "C1-2", "related_party": False}), goals=TYPED["goals"]["goals"][:1]),
        *cross_checks(the_call(), "B1", answers(cost_lines=[own], started_on="2025-07-01", completed_on="2025-06-30")),
    ]
    for refusal in broken:
        told = explain(refusal)
        assert "—" not in told.zh, told
        assert "—" not in told.en, told
        assert told.source
