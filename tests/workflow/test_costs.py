"""The subsidy of a benchmark is proposed by the auditor's figures, looked up by a named officer, and not by a fen more (R-284)."""

from dataclasses import replace
from datetime import date

import pytest

from eventstore.event import Personal
from programmes.call import Call
from tests.programmes.benchmark import AUDITED, COST_LINES, PAYMENTS, the_call
from tests.scenario import ID, PROVINCE_CLERK, REVIEW_DONE, Given
from tests.workflow.benchmarked import (
    AUDIT,
    CHECKED,
    CLERK,
    CODE,
    DIGEST,
    ENTERED,
    FINANCE,
    LEAD,
    OPENED,
    PAID_OUT,
    PROPOSED,
    READY,
    REPORT,
    REPORTED,
    REVIEW,
    SEALED,
    Benchmark,
    propose,
    written,
)
from workflow import commands as c
from workflow import events as e
from workflow.stages import Stage

NOBODY = Personal("某公司")
ENTER = c.EnterAudit(application_id=ID, figures=AUDITED)
CHECK = c.CheckAudit(application_id=ID, check_code=CODE, genuine=True)
SMALL = written(cost_lines=COST_LINES[:1], payments=PAYMENTS[:1])
FEW = (OPENED, SMALL, REPORTED, SEALED, *REVIEW)


def few(fen: int) -> Benchmark:
    """One line of 15 million, of which the auditor confirms *fen*."""
    return Benchmark(*FEW, replace(ENTERED, figures={"C1-1": fen}), CHECKED)


def over_budget(call: Call, policy: str) -> Call:
    """*call* as another definition of it would have it: with a small budget, and cutting or refusing."""
    (programme,) = call.programmes
    assert programme.costs is not None
    costs = programme.costs.model_copy(update={"over_budget": policy})
    changed = programme.model_copy(update={"costs": costs})
    return call.model_copy(update={"programmes": (changed,), "budget": type(call.budget)(1_000_000_000)})


@pytest.mark.rule("R-284")
def test_the_figures_are_written_down_for_the_text_and_the_report_they_are_of() -> None:
    Benchmark(*READY).when(ENTER, CLERK).then(
        e.AuditEntered(figures=AUDITED, content_digest=DIGEST, report=REPORT, entered_by=CLERK.id)
    )


@pytest.mark.rule("R-284")
def test_every_line_has_a_figure_none_is_invented_and_none_is_above_the_claim_by_a_fen() -> None:
    figures = {line: fen for line, fen in AUDITED.items() if line != "C3-2"} | {"C9": 1, "C2-1": 220_000_001}
    wrong = replace(ENTER, figures=figures)
    refusals = (
        Benchmark(*READY)
        .when(wrong, CLERK)
        .then_refused("COST_LINE_UNKNOWN", "AUDIT_LINE_MISSING", "AUDIT_BEYOND_CLAIM")
    )
    assert [refusal.params["line"] for refusal in refusals] == [["C9"], ["C3-2"], "C2-1"]
    assert (refusals[2].params["measure"], refusals[2].params["limit"]) == (220_000_001, 220_000_000)
    negative = replace(ENTER, figures={**AUDITED, "C1-1": -1})
    Benchmark(*READY).when(negative, CLERK).then_refused("AUDIT_BEYOND_CLAIM")


@pytest.mark.rule("R-284")
def test_a_named_officer_looks_the_code_up_and_another_reports_code_does_not_count() -> None:
    """A-33: 验证码 and hash of the report are stored with who looked, when, and what was found."""
    Benchmark(*READY).when(CHECK, CLERK).then(replace(CHECKED, checked_by=CLERK.id))
    another = replace(CHECK, check_code="粤25SHZX0007778")
    (refusal,) = Benchmark(*READY).when(another, CLERK).then_refused("AUDIT_CODE_DIFFERS")
    assert (refusal.params["measure"], refusal.params["limit"]) == ("粤25SHZX0007778", CODE)
    tomorrow = replace(CHECK, checked_on=date(2025, 12, 2))
    Benchmark(*READY).when(tomorrow, CLERK).then_refused("IN_THE_FUTURE")
    silent = replace(CHECK, genuine=False)
    Benchmark(*READY).when(silent, CLERK).then_refused("REASON_REQUIRED")


@pytest.mark.rule("R-284")
def test_nothing_is_proposed_before_figures_and_look_up_are_there_and_of_this_text() -> None:
    """「以有资质的会计师事务所提供的项目开支专项审计报告为准」"""
    for happened, lacks in (
        ((), ["the audited figures", "the look-up of its code"]),
        ((ENTERED,), ["the look-up of its code"]),
        ((CHECKED,), ["the audited figures"]),
        ((ENTERED, replace(CHECKED, genuine=False, note="查无此报告")), ["the look-up of its code"]),
        ((ENTERED, replace(CHECKED, report="cd" * 32)), ["the look-up of its code"]),
        ((replace(ENTERED, content_digest="sha256:" + "00" * 32), CHECKED), ["the audited figures"]),
    ):
        (refusal,) = Benchmark(*READY, *happened).when(propose("7,520,106.24"), LEAD).then_refused("AUDIT_NOT_VERIFIED")
        assert refusal.params["missing_en"] == lacks


@pytest.mark.rule("R-261", "R-284")
def test_scenario_c13_is_proposed_to_the_fen_and_a_fen_more_is_refused_with_the_figures() -> None:
    """「不超过支持范围投入费用（不含税）30%」: 25,067,020.82 × 30 % = 7,520,106.246"""
    (refusal,) = Benchmark(*READY, *AUDIT).when(propose("7,520,106.25"), LEAD).then_refused("OVER_RATE")
    assert (refusal.params["measure"], refusal.params["limit"]) == (752_010_625, 752_010_624)
    assert (refusal.params["rate"], refusal.params["base_fen"]) == (3000, 2_506_702_082)
    (proposed,) = Benchmark(*READY, *AUDIT).when(propose("7,520,106.24"), LEAD).then_entered(Stage.PROPOSED)
    assert isinstance(proposed, e.Proposed)
    assert (proposed.amount_fen, proposed.base_fen) == (752_010_624, 2_506_702_082)


@pytest.mark.rule("R-263")
def test_no_more_than_the_cap_is_proposed() -> None:
    """「最高800万元」"""
    rich = [{**one, "gross": "113,000,000.00", "ex_tax": "100,000,000.00"} for one in COST_LINES[:1]]
    paid = [{**one, "amount": "113,000,000.00", "statement_amount": "113,000,000.00"} for one in PAYMENTS[:1]]
    text = (OPENED, written(cost_lines=rich, payments=paid), REPORTED, SEALED, *REVIEW)
    audit = (replace(ENTERED, figures={"C1-1": 10_000_000_000}), CHECKED)
    Benchmark(*text, *audit).when(propose("8,000,000.01"), LEAD).then_refused("OVER_RATE")
    Benchmark(*text, *audit).when(propose("8,000,000.00"), LEAD).then_entered(Stage.PROPOSED)


@pytest.mark.rule("R-262")
def test_below_the_floor_nothing_is_proposed_unless_the_lead_waives_it_and_nobody_is_topped_up() -> None:
    """「单个项目奖补资金原则上不少于300万元」, A-04"""
    (refusal,) = few(999_999_999).when(propose("2,999,999.99"), LEAD).then_refused("BELOW_FLOOR")
    assert (refusal.params["measure"], refusal.params["limit"]) == (299_999_999, 300_000_000)
    few(1_000_000_000).when(propose("3,000,000.00"), LEAD).then_entered(Stage.PROPOSED)
    waived = propose("2,999,999.99", floor_waiver="唯一的海洋装备项目，经厅务会同意")
    (proposed,) = few(999_999_999).when(waived, LEAD).then_entered(Stage.PROPOSED)
    assert isinstance(proposed, e.Proposed)
    assert proposed.floor_waiver == "唯一的海洋装备项目，经厅务会同意"
    topped_up = replace(waived, amount_fen=300_000_000)
    few(999_999_999).when(topped_up, LEAD).then_refused("OVER_RATE")


def test_where_the_budget_is_short_all_are_cut_alike_and_rounded_down_after_the_floor_was_asked() -> None:
    """A-40"""
    call = over_budget(the_call(), "pro_rata")  # 10,000,000.00 in all
    uncut = propose("7,520,106.24", of_total_fen=1_500_000_000)
    (refusal,) = Benchmark(*READY, *AUDIT).when(uncut, LEAD, call=call).then_refused("OVER_RATE")
    assert refusal.params["limit"] == 752_010_624 * 1_000_000_000 // 1_500_000_000 == 501_340_416
    (proposed,) = (
        Benchmark(*READY, *AUDIT)
        .when(replace(uncut, amount_fen=501_340_416), LEAD, call=call)
        .then_entered(Stage.PROPOSED)
    )
    assert isinstance(proposed, e.Proposed)
    assert proposed.of_total_fen == 1_500_000_000
    just_above = few(1_000_000_000).when(propose("2,000,000.00", of_total_fen=1_500_000_000), LEAD, call=call)
    just_above.then_entered(Stage.PROPOSED)  # 3,000,000.00 before the cut, which is what the floor asks


def test_a_definition_that_does_not_cut_refuses_a_cut() -> None:
    cut = propose("5,013,404.16", of_total_fen=1_500_000_000)
    (refusal,) = (
        Benchmark(*READY, *AUDIT).when(cut, LEAD, call=over_budget(the_call(), "refuse")).then_refused("OVER_BUDGET")
    )
    assert (refusal.params["measure"], refusal.params["limit"]) == (1_500_000_000, 1_000_000_000)


def test_figures_of_a_proposal_move_only_after_an_objection_was_upheld() -> None:
    objected = e.ObjectionReceived(
        entered=Stage.OBJECTION_HOLD, objection=1, kind="unit", objector=NOBODY, contact=NOBODY, grounds="价格虚高"
    )
    upheld = e.ObjectionUpheld(entered=Stage.PROPOSED, objection=1, finding="核减")
    stood = (*READY, *AUDIT, PROPOSED)
    Benchmark(*stood).when(ENTER, CLERK).then_refused("NO_SUCH_STEP")
    lower = {**AUDITED, "C1-1": 1_400_000_000}
    again = (*stood, objected, upheld, replace(ENTERED, figures=lower))
    Benchmark(*stood, objected, upheld).when(replace(ENTER, figures=lower), CLERK).then(replace(ENTERED, figures=lower))
    Benchmark(*again).when(propose("7,520,106.24"), LEAD).then_refused("OVER_RATE")
    (less,) = Benchmark(*again).when(propose("7,220,106.24"), LEAD).then_entered(Stage.PROPOSED)
    Benchmark(*again, less).when(replace(ENTER, figures={**lower, "C1-1": 0}), CLERK).then_refused("NO_SUCH_STEP")


def test_no_notice_is_published_of_more_than_the_figures_bear_that_were_lowered_meanwhile() -> None:
    objected = e.ObjectionReceived(
        entered=Stage.OBJECTION_HOLD, objection=1, kind="unit", objector=NOBODY, contact=NOBODY, grounds="价格虚高"
    )
    upheld = e.ObjectionUpheld(entered=Stage.PROPOSED, objection=1, finding="核减")
    stood = (*READY, *AUDIT, PROPOSED, objected, upheld)
    publish = c.PublishNotice(application_id=ID)
    Benchmark(*stood).when(publish, CLERK).then_entered(Stage.PUBLIC_NOTICE)
    lower = replace(ENTERED, figures={**AUDITED, "C1-1": 1_400_000_000})
    (refusal,) = Benchmark(*stood, lower).when(publish, CLERK).then_refused("OVER_RATE")
    assert (refusal.params["measure"], refusal.params["limit"]) == (752_010_624, 722_010_624)
    Benchmark(*stood, replace(CHECKED, genuine=False)).when(publish, CLERK).then_refused("AUDIT_NOT_VERIFIED")


def test_where_nothing_is_paid_by_costs_these_steps_are_not_there() -> None:
    assert not {"enter_audit", "check_audit"} & set(Given(*REVIEW_DONE).offers(PROVINCE_CLERK))
    Given(*REVIEW_DONE).when(ENTER, PROVINCE_CLERK).then_refused("NO_SUCH_STEP")


@pytest.mark.rule("R-284", "R-287")
def test_scenario_c15_what_a_false_line_bore_is_reckoned_anew_and_demanded() -> None:
    """2027: line C1-3a found false; 23,567,020.82 → 7,070,106.24; recover 450,000.00."""
    demand = c.DemandRecovery(application_id=ID, reason="云服务发票系伪造", false_lines=("C1-3a",))
    (signed,) = Benchmark(*PAID_OUT).when(demand, LEAD, "2027-04-01 10:00").then_entered(Stage.DISBURSED)
    assert isinstance(signed, e.RecoverySigned)
    assert (signed.amount_fen, signed.false_lines) == (45_000_000, ("C1-3a",))
    second = c.DemandRecovery(application_id=ID)
    (demanded,) = Benchmark(*PAID_OUT, signed).when(second, FINANCE, "2027-04-02 10:00").then_entered(Stage.RECOVERING)
    assert isinstance(demanded, e.RecoveryDemanded)
    assert (demanded.amount_fen, demanded.false_lines) == (45_000_000, ("C1-3a",))


def test_another_sum_beside_false_lines_and_a_line_that_is_none_are_refused() -> None:
    demand = c.DemandRecovery(application_id=ID, reason="伪造", false_lines=("C1-3a",), amount_fen=45_000_001)
    (refusal,) = Benchmark(*PAID_OUT).when(demand, LEAD, "2027-04-01 10:00").then_refused("NOT_AS_RECKONED")
    assert (refusal.params["measure"], refusal.params["limit"]) == (45_000_001, 45_000_000)
    unknown = replace(demand, false_lines=("C7",), amount_fen=0)
    Benchmark(*PAID_OUT).when(unknown, LEAD, "2027-04-01 10:00").then_refused("COST_LINE_UNKNOWN", "BELOW_MIN")


def test_what_was_demanded_for_one_line_is_not_demanded_again_for_another() -> None:
    first = e.RecoveryDemanded(
        entered=Stage.RECOVERING, before=Stage.DISBURSED, amount_fen=45_000_000, reason="", false_lines=("C1-3a",)
    )
    repaid = e.RepaymentRecorded(entered=Stage.DISBURSED, amount_fen=45_000_000, bank_reference="R1")
    demand = c.DemandRecovery(application_id=ID, reason="伪造", false_lines=("C1-4",))
    (signed,) = Benchmark(*PAID_OUT, first, repaid).when(demand, LEAD, "2027-05-01 10:00").then_entered(Stage.DISBURSED)
    assert isinstance(signed, e.RecoverySigned)
    assert signed.amount_fen == 9_000_000  # 30 % of 300,000.00
