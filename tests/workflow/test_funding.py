"""Proposal, public notice, objection, award by two persons, payment, recovery (T23–T37)."""

from dataclasses import replace
from datetime import date

import pytest

from directory.actor import Actor
from eventstore.event import Personal
from eventstore.refusal import Refused
from programmes.calendar import end_of
from tests.scenario import (
    ACCOUNT,
    ADMIN,
    AWARDED,
    BOTH,
    FINANCE,
    ID,
    INSTRUCTED,
    JUDGE,
    LEAD_SIGNED,
    NOTICED,
    ON_NOTICE,
    PAID,
    PROPOSED,
    PROVINCE_CLERK,
    PROVINCE_LEAD,
    REVIEW_DONE,
    SCAN,
    UNDER_REVIEW,
    UNIT_CODE,
    Given,
    call_of_2025,
    facts,
)
from tests.scenario import PUBLIC as ANYBODY
from workflow import commands as c
from workflow import events as e
from workflow.decisions import decide
from workflow.facts import Facts
from workflow.stages import Stage

AFTER = "2026-01-12 10:00"
PROPOSE = c.Propose(application_id=ID, amount_fen=100_000_000, minutes_number="会纪〔2025〕9号")
OBJECT = c.Object(
    application_id=ID, kind="unit", objector="某公司", contact="0731-88955549", sealed=True, grounds="参数不实"
)
OBJECTED = e.ObjectionReceived(
    entered=Stage.OBJECTION_HOLD,
    objection=1,
    kind="unit",
    objector=Personal("某公司"),
    contact=Personal("0731-88955549"),
    grounds="参数不实",
)


def test_the_provinces_lead_proposes_under_minutes() -> None:
    Given(*REVIEW_DONE).when(PROPOSE, PROVINCE_LEAD).then(PROPOSED)
    Given(*REVIEW_DONE).when(replace(PROPOSE, minutes_number=""), PROVINCE_LEAD).then_refused("MINUTES_MISSING")
    Given(*REVIEW_DONE).when(replace(PROPOSE, amount_fen=0), PROVINCE_LEAD).then_refused("BELOW_MIN")
    Given(*UNDER_REVIEW).when(PROPOSE, PROVINCE_LEAD).then_refused("SCORES_OPEN")


def test_another_sum_is_proposed_only_after_an_objection_was_upheld_for_that() -> None:
    """T27: 「金额或成员变化的，重新公示」."""
    upheld = e.ObjectionUpheld(entered=Stage.PROPOSED, objection=1, finding="应予核减")
    less = replace(PROPOSE, amount_fen=90_000_000, minutes_number="会纪〔2026〕1号")
    Given(*REVIEW_DONE, PROPOSED).when(less, PROVINCE_LEAD).then_refused("NO_SUCH_STEP")
    (again,) = Given(*ON_NOTICE, OBJECTED, upheld).when(less, PROVINCE_LEAD).then_entered(Stage.PROPOSED)
    assert isinstance(again, e.Proposed)
    assert again.amount_fen == 90_000_000
    after = Given(*ON_NOTICE, OBJECTED, upheld, again).application
    assert (after.notice, after.award_signers) == (None, ())


def test_whoever_objects_in_the_window_is_heard_while_another_objection_is_looked_into() -> None:
    """T25: the notice goes on when the last one is settled."""
    objected = c.Object(
        application_id=ID, kind="person", objector="严秉公", contact="13800138000", grounds="另有重复支持"
    )
    (second,) = (
        Given(*ON_NOTICE, OBJECTED).when(objected, ANYBODY, "2026-01-06 23:59").then_entered(Stage.OBJECTION_HOLD)
    )
    assert isinstance(second, e.ObjectionReceived)
    assert second.objection == 2
    Given(*ON_NOTICE, OBJECTED).when(objected, ANYBODY, "2026-01-07 00:00").then_refused("OBJECTION_LATE")
    first = c.DismissObjection(application_id=ID, objection=1, finding="不属实")
    (dismissed,) = Given(*ON_NOTICE, OBJECTED, second).when(first, JUDGE).then_entered(Stage.OBJECTION_HOLD)
    Given(*ON_NOTICE, OBJECTED, second, dismissed).when(replace(first, objection=2), JUDGE).then_entered(
        Stage.PUBLIC_NOTICE
    )


def test_nothing_is_awarded_while_an_objection_is_open_and_what_an_upheld_one_left_open_can_be_settled() -> None:
    second = replace(OBJECTED, objection=2, grounds="另有重复支持")
    upheld = e.ObjectionUpheld(entered=Stage.PROPOSED, objection=1, finding="应予核减")
    anew = (*ON_NOTICE, OBJECTED, second, upheld, PROPOSED, NOTICED)
    award = c.Award(application_id=ID, document_number="1")
    (refusal,) = Given(*anew).when(award, PROVINCE_LEAD, "2026-01-12 10:00").then_refused("OBJECTION_OPEN")
    assert refusal.params["count"] == 1
    settle = c.DismissObjection(application_id=ID, objection=2, finding="不属实")
    (settled,) = Given(*anew).when(settle, JUDGE, "2026-01-12 10:00").then_entered(Stage.PUBLIC_NOTICE)
    Given(*anew, settled).when(award, PROVINCE_LEAD, "2026-01-12 11:00").then_entered(Stage.PUBLIC_NOTICE)
    Given(*ON_NOTICE).when(settle, JUDGE).then_refused("NO_SUCH_STEP")


@pytest.mark.parametrize("since", [(), (PROPOSED,), (PROPOSED, NOTICED)])
def test_an_objection_that_an_upheld_one_left_open_can_be_upheld_too(since: tuple[e.ApplicationEvent, ...]) -> None:
    """It may end the matter, or ask for yet another sum, wherever the proposal stands by then."""
    second = replace(OBJECTED, objection=2, grounds="另有重复支持")
    left = (*ON_NOTICE, OBJECTED, second, e.ObjectionUpheld(entered=Stage.PROPOSED, objection=1, finding="应予核减"))
    uphold = c.UpholdObjection(application_id=ID, objection=2, finding="属实")
    Given(*left, *since).when(uphold, JUDGE, AFTER).then_entered(Stage.NOTICE_REJECTED)
    anew = replace(uphold, propose_anew=True)
    (upheld,) = Given(*left, *since).when(anew, JUDGE, AFTER).then_entered(Stage.PROPOSED)
    Given(*left, *since, upheld).when(PROPOSE, PROVINCE_LEAD, AFTER).then_entered(Stage.PROPOSED)
    Given(*left, *since, upheld, PROPOSED).when(PROPOSE, PROVINCE_LEAD, AFTER).then_refused("NO_SUCH_STEP")
    Given(*ON_NOTICE).when(anew, JUDGE).then_refused("NO_SUCH_STEP")


def test_money_goes_to_an_account_of_the_lead_and_to_no_other() -> None:
    """协议第3条: no account in the form and none verified since, and nothing is instructed."""
    without = [event for event in (*ON_NOTICE, AWARDED) if event is not ACCOUNT]
    wish = c.InstructTranche(application_id=ID, amount_fen=1)
    (refusal,) = Given(*without).when(wish, FINANCE, "2026-01-20 10:00").then_refused("PAYEE_NOT_LEAD")
    assert refusal.params["unit"] == UNIT_CODE


def test_what_is_promised_stays_within_the_budget() -> None:
    from tests.scenario import call_of_2025

    rest = call_of_2025().budget_fen - 100_000_000
    Given(*REVIEW_DONE).when(PROPOSE, PROVINCE_LEAD, committed_fen=rest).then(PROPOSED)
    Given(*REVIEW_DONE).when(PROPOSE, PROVINCE_LEAD, committed_fen=rest + 1).then_refused("OVER_BUDGET")


@pytest.mark.parametrize(
    ("start", "closes"),
    [("2025-12-30 09:00", date(2026, 1, 6)), ("2025-09-26 09:00", date(2025, 10, 9))],
)
def test_a_notice_runs_five_working_days_the_first_day_counted(start: str, closes: date) -> None:
    """A26: over 元旦, with a working Sunday."""
    (event,) = (
        Given(*REVIEW_DONE, PROPOSED)
        .when(c.PublishNotice(application_id=ID), PROVINCE_CLERK, start)
        .then_entered(Stage.PUBLIC_NOTICE)
    )
    assert isinstance(event, e.NoticePublished)
    assert (event.closes, event.until) == (closes, end_of(closes))


def test_a_year_without_calendar_is_never_guessed() -> None:
    Given(*REVIEW_DONE, PROPOSED).when(
        c.PublishNotice(application_id=ID), PROVINCE_CLERK, "2027-01-04 09:00"
    ).then_refused("CALENDAR_UNKNOWN")


def test_a_notice_is_not_shorter_than_the_definition_says() -> None:
    short = c.PublishNotice(application_id=ID, working_days=4)
    Given(*REVIEW_DONE, PROPOSED).when(short, PROVINCE_CLERK, "2025-12-30 09:00").then_refused("BELOW_MIN")


def test_an_objection_is_signed_and_in_time() -> None:
    """A28."""
    Given(*ON_NOTICE).when(OBJECT, ANYBODY, "2026-01-05 10:00").then(OBJECTED)
    anonymous = replace(OBJECT, objector="", contact="", sealed=False)
    Given(*ON_NOTICE).when(anonymous, ANYBODY, "2026-01-05 10:00").then_refused("OBJECTION_ANONYMOUS")
    Given(*ON_NOTICE).when(replace(OBJECT, sealed=False), ANYBODY, "2026-01-05 10:00").then_refused(
        "OBJECTION_ANONYMOUS"
    )
    Given(*ON_NOTICE).when(OBJECT, ANYBODY, "2026-01-07 00:00").then_refused("OBJECTION_LATE")


@pytest.mark.parametrize(
    ("on", "late"), [("2026-01-06 23:59", False), ("2026-01-07 00:00", True), ("2026-01-07 00:01", True)]
)
def test_one_minute_late_is_late(on: str, late: bool) -> None:
    """The window ends with its last day, 2026-01-06 24:00."""
    outcome = Given(*ON_NOTICE).when(OBJECT, ANYBODY, on)
    if late:
        outcome.then_refused("OBJECTION_LATE")
    else:
        outcome.then(OBJECTED)


def with_reserve(actor: Actor, **changed: object) -> Facts:
    """The call whose programme keeps a reserve, at a moment after the notice."""
    known = facts(actor, AFTER, **changed)
    programmes = [one.model_copy(update={"reserve": True}) for one in known.call.programmes]
    return replace(known, call=known.call.model_copy(update={"programmes": tuple(programmes)}))


def test_only_a_programme_with_a_reserve_has_one() -> None:
    wish = c.Reserve(application_id=ID, reason="本年度资金已用完")
    Given(*ON_NOTICE).when(wish, PROVINCE_LEAD, AFTER).then_refused("NO_SUCH_STEP")
    (reserved,) = decide(Given(*ON_NOTICE).application, wish, with_reserve(PROVINCE_LEAD))
    assert reserved == e.Reserved(entered=Stage.RESERVED, reason="本年度资金已用完")


def test_who_waits_in_the_reserve_is_taken_up_when_money_frees_and_not_before() -> None:
    """T29 from the reserve: Σ awarded stays within the budget, whatever was proposed."""
    waiting = Given(*ON_NOTICE, e.Reserved(entered=Stage.RESERVED, reason="资金已用完"), LEAD_SIGNED)
    award, budget = c.Award(application_id=ID), call_of_2025().budget_fen
    with pytest.raises(Refused, match="OVER_BUDGET"):
        decide(waiting.application, award, with_reserve(FINANCE, committed_fen=budget))
    freed = with_reserve(FINANCE, committed_fen=budget - 100_000_000)
    assert isinstance(decide(waiting.application, award, freed)[-1], e.Awarded)


def test_with_a_reserve_more_may_be_proposed_than_there_is_money() -> None:
    over = {"committed_fen": call_of_2025().budget_fen}
    Given(*REVIEW_DONE).when(PROPOSE, PROVINCE_LEAD, **over).then_refused("OVER_BUDGET")
    assert decide(Given(*REVIEW_DONE).application, PROPOSE, with_reserve(PROVINCE_LEAD, **over))


def test_an_objection_is_answered_before_anything_is_awarded() -> None:
    objected = Given(*ON_NOTICE, OBJECTED)
    objected.when(c.Award(application_id=ID, document_number="1"), PROVINCE_LEAD, AFTER).then_refused("WRONG_STAGE")
    dismiss = c.DismissObjection(application_id=ID, objection=1, finding="经核查不属实")
    dismissed = objected.when(dismiss, JUDGE, AFTER).then_entered(Stage.PUBLIC_NOTICE)
    assert Given(*ON_NOTICE, OBJECTED, *dismissed).application.open_objections == ()
    uphold = c.UpholdObjection(application_id=ID, objection=1, finding="属实")
    objected.when(uphold, JUDGE, AFTER).then_entered(Stage.NOTICE_REJECTED)
    anew = objected.when(replace(uphold, propose_anew=True), JUDGE, AFTER).then_entered(Stage.PROPOSED)
    assert len(anew) == 1
    objected.when(replace(dismiss, objection=2), JUDGE, AFTER).then_refused("OBJECTION_UNKNOWN")


def test_nothing_is_awarded_while_the_notice_runs() -> None:
    """A27."""
    award = c.Award(application_id=ID, document_number="湘工信〔2026〕1号")
    Given(*ON_NOTICE).when(award, PROVINCE_LEAD, "2026-01-06 15:00").then_refused("NOTICE_RUNNING")


def test_two_persons_award() -> None:
    """A29: the lead signs, finance signs, and the proposer is not both."""
    award = c.Award(application_id=ID, document_number="湘工信〔2026〕1号")
    Given(*ON_NOTICE).when(award, PROVINCE_LEAD, AFTER).then(LEAD_SIGNED)
    signed = Given(*ON_NOTICE, LEAD_SIGNED)
    signed.when(award, PROVINCE_LEAD, AFTER).then_refused("SAME_PERSON")
    signed.when(award, FINANCE, AFTER).then(AWARDED)
    Given(*ON_NOTICE).when(award, FINANCE, AFTER).then_refused("ROLE_FORBIDDEN")
    by_both = Given(*REVIEW_DONE, replace(PROPOSED, proposer=BOTH.id), NOTICED, replace(LEAD_SIGNED, signer=BOTH.id))
    by_both.when(award, BOTH, AFTER).then_refused("SAME_PERSON")


def test_an_award_may_be_waived_before_anything_is_paid() -> None:
    waive = c.WaiveAward(application_id=ID, reason="项目调整")
    Given(*ON_NOTICE, AWARDED).when(waive, ADMIN, AFTER).then_entered(Stage.AWARD_CANCELLED)


def test_no_more_is_instructed_than_was_awarded() -> None:
    """A30."""
    awarded = Given(*ON_NOTICE, AWARDED)
    over = c.InstructTranche(application_id=ID, amount_fen=100_000_001)
    (refusal,) = awarded.when(over, FINANCE, AFTER).then_refused("OVER_AWARD")
    assert refusal.params["left_fen"] == 100_000_000
    awarded.when(replace(over, amount_fen=100_000_000), FINANCE, AFTER).then(INSTRUCTED)
    own = Given(*REVIEW_DONE, replace(PROPOSED, proposer=FINANCE.id), NOTICED, AWARDED)
    own.when(replace(over, amount_fen=1), FINANCE, AFTER).then_refused("SAME_PERSON")


def test_money_goes_to_the_leads_account_with_its_leading_zero() -> None:
    (event,) = (
        Given(*ON_NOTICE, AWARDED)
        .when(c.InstructTranche(application_id=ID, amount_fen=5), FINANCE, AFTER)
        .then_entered(Stage.DISBURSING)
    )
    assert isinstance(event, e.TrancheInstructed)
    assert event.account.value == "0430123456789012"


def test_the_last_fen_disburses_and_a_bank_reference_counts_once() -> None:
    paid = c.ConfirmPaid(application_id=ID, bank_reference="20260122-001", paid_on=date(2026, 1, 22))
    Given(*ON_NOTICE, AWARDED, INSTRUCTED).when(paid, FINANCE, AFTER).then(PAID)
    part = replace(INSTRUCTED, amount_fen=40_000_000)
    Given(*ON_NOTICE, AWARDED, part).when(paid, FINANCE, AFTER).then_entered(Stage.DISBURSING)
    done = Given(*ON_NOTICE, AWARDED, INSTRUCTED, PAID)
    done.when(paid, FINANCE, AFTER, bank_reference_used=True).then_refused("DUPLICATE_BANK_REF")
    done.when(replace(paid, bank_reference="2"), FINANCE, AFTER).then_refused("WRONG_STAGE")


def test_a_file_is_closed_after_the_units_own_evaluation() -> None:
    done = Given(*ON_NOTICE, AWARDED, INSTRUCTED, PAID)
    done.when(c.Close(application_id=ID, result="合格"), PROVINCE_CLERK, AFTER).then_refused("EVALUATION_MISSING")
    filed = e.SelfEvaluationFiled(summary="目标完成", goals_met=True)
    done.when(c.FileSelfEvaluation(application_id=ID, summary="目标完成", goals_met=True), ADMIN, AFTER).then(filed)
    evaluated = Given(*done.events, filed)
    evaluated.when(c.Close(application_id=ID, result="合格"), PROVINCE_CLERK, AFTER).then(
        e.Closed(entered=Stage.CLOSED, result="合格")
    )
    evaluated.when(c.Close(application_id=ID, result="不合格"), PROVINCE_CLERK, AFTER).then_refused("RESULT_NOT_SOUND")


def test_two_persons_demand_money_back() -> None:
    """T36: the province's lead signs sum and reason, finance signs second and changes neither."""
    done = (*ON_NOTICE, AWARDED, INSTRUCTED, PAID)
    demand = c.DemandRecovery(application_id=ID, amount_fen=45_000_000, reason="虚报")
    signed = e.RecoverySigned(signer=PROVINCE_LEAD.id, amount_fen=45_000_000, reason="虚报")
    Given(*done).when(demand, FINANCE, AFTER).then_refused("ROLE_FORBIDDEN")
    Given(*done).when(replace(demand, reason=" "), PROVINCE_LEAD, AFTER).then_refused("REASON_REQUIRED")
    Given(*done).when(demand, PROVINCE_LEAD, AFTER).then(signed)
    begun = Given(*done, signed)
    begun.when(replace(demand, amount_fen=45_000_001), FINANCE, AFTER).then_refused("DEMAND_DIFFERS")
    begun.when(c.DemandRecovery(application_id=ID), FINANCE, AFTER).then(demanded(45_000_000))
    again = replace(signed, amount_fen=40_000_000)
    begun.when(replace(demand, amount_fen=40_000_000), PROVINCE_LEAD, AFTER).then(again)
    by_both = Given(*done, replace(signed, signer=BOTH.id))
    by_both.when(demand, BOTH, AFTER).then_refused("SAME_PERSON")


def demanded(fen: int) -> e.RecoveryDemanded:
    return e.RecoveryDemanded(
        entered=Stage.RECOVERING,
        before=Stage.DISBURSED,
        amount_fen=fen,
        reason="虚报",
        signers=(PROVINCE_LEAD.id, FINANCE.id),
    )


def test_money_comes_back_in_part_or_whole() -> None:
    """T36, T37."""
    done = (*ON_NOTICE, AWARDED, INSTRUCTED, PAID)
    demand = c.DemandRecovery(application_id=ID, amount_fen=100_000_000, reason="虚报")
    Given(*done).when(replace(demand, amount_fen=100_000_001), PROVINCE_LEAD, AFTER).then_refused("OVER_PAID")
    asked = demanded(100_000_000)
    repay = c.RecordRepayment(application_id=ID, amount_fen=40_000_000, bank_reference="R1")
    first = Given(*done, asked).when(repay, FINANCE, AFTER).then_entered(Stage.RECOVERING)
    rest = replace(repay, amount_fen=60_000_000, bank_reference="R2")
    Given(*done, asked, *first).when(rest, FINANCE, AFTER).then_entered(Stage.RECOVERED)
    Given(*done, asked, *first).when(replace(rest, amount_fen=60_000_001), FINANCE, AFTER).then_refused("OVER_PAID")
    part = demanded(40_000_000)
    back = Given(*done, part).when(repay, FINANCE, AFTER).then_entered(Stage.DISBURSED)
    stands = Given(*done, part, *back).application
    assert (stands.net_paid_fen, stands.net_award_fen) == (60_000_000, 60_000_000)


def test_a_payment_that_a_bank_sends_back_is_due_again() -> None:
    """paid → returned: the event undoes nothing that was written, the sums are right, the reference stays used."""
    paid = Given(*ON_NOTICE, AWARDED, INSTRUCTED, PAID)
    back = c.ReturnPayment(application_id=ID, tranche=1, reason="户名不符", returned_on=date(2026, 1, 23))
    returned = e.TrancheReturned(
        entered=Stage.DISBURSING,
        tranche=1,
        amount_fen=100_000_000,
        bank_reference="20260122-001",
        returned_on=date(2026, 1, 23),
        reason="户名不符",
    )
    paid.when(back, FINANCE, AFTER).then(returned)
    paid.when(replace(back, reason=""), FINANCE, AFTER).then_refused("REASON_REQUIRED")
    paid.when(back, PROVINCE_LEAD, AFTER).then_refused("ROLE_FORBIDDEN")
    due = Given(*paid.events, returned)
    assert (due.application.paid_fen, due.application.instructed_fen) == (0, 100_000_000)
    due.when(back, FINANCE, AFTER).then_refused("NOTHING_PAID")
    again = c.ConfirmPaid(application_id=ID, bank_reference="20260122-001", paid_on=date(2026, 1, 26))
    due.when(again, FINANCE, AFTER, bank_reference_used=True).then_refused("DUPLICATE_BANK_REF")
    due.when(replace(again, bank_reference="20260126-002"), FINANCE, AFTER).then_entered(Stage.DISBURSED)


def test_what_was_recovered_does_not_bounce() -> None:
    part = demanded(40_000_000)
    repaid = e.RepaymentRecorded(entered=Stage.DISBURSED, amount_fen=40_000_000, bank_reference="R1")
    back = c.ReturnPayment(application_id=ID, tranche=1, reason="户名不符")
    done = Given(*ON_NOTICE, AWARDED, INSTRUCTED, PAID, part, repaid)
    (refusal,) = done.when(back, FINANCE, AFTER).then_refused("OVER_PAID")
    assert (refusal.params["measure"], refusal.params["limit"]) == (100_000_000, 60_000_000)


CHANGE = c.ChangeAccount(
    application_id=ID, account="6222 0000 1111 2222", holder="湖南岳麓智模科技有限公司", letter_scan=SCAN
)
FILED = e.AccountChangeFiled(
    account=Personal("6222000011112222"),
    holder="湖南岳麓智模科技有限公司",
    bank="",
    letter_scan=SCAN,
    filed_by=PROVINCE_CLERK.id,
)


def test_another_account_needs_a_sealed_letter_in_the_units_own_name() -> None:
    awarded = Given(*ON_NOTICE, AWARDED)
    awarded.when(CHANGE, PROVINCE_CLERK, AFTER).then(FILED)
    awarded.when(replace(CHANGE, letter_scan=""), PROVINCE_CLERK, AFTER).then_refused("LETTER_MISSING")
    awarded.when(replace(CHANGE, holder="某贸易有限公司"), PROVINCE_CLERK, AFTER).then_refused("HOLDER_MISMATCH")
    awarded.when(replace(CHANGE, account="一二三"), PROVINCE_CLERK, AFTER).then_refused("BAD_FORMAT")
    awarded.when(CHANGE, ADMIN, AFTER).then_refused("ROLE_FORBIDDEN")


def test_a_second_person_verifies_it_and_nothing_is_instructed_before() -> None:
    instruct = c.InstructTranche(application_id=ID, amount_fen=5)
    verify = c.VerifyAccount(application_id=ID, accepted=True)
    filed = Given(*ON_NOTICE, AWARDED, FILED)
    filed.when(instruct, FINANCE, AFTER).then_refused("ACCOUNT_UNVERIFIED")
    filed.when(verify, PROVINCE_CLERK, AFTER).then_refused("SAME_PERSON")
    verified = e.AccountVerified(filed_by=PROVINCE_CLERK.id, verified_by=FINANCE.id)
    filed.when(verify, FINANCE, AFTER).then(verified)
    (event,) = Given(*filed.events, verified).when(instruct, FINANCE, AFTER).then_entered(Stage.DISBURSING)
    assert isinstance(event, e.TrancheInstructed)
    assert event.account.value == "6222000011112222"


def test_an_account_that_is_not_verified_changes_nothing() -> None:
    filed = Given(*ON_NOTICE, AWARDED, FILED)
    reject = c.VerifyAccount(application_id=ID, accepted=False, reason="无公章")
    filed.when(replace(reject, reason=""), FINANCE, AFTER).then_refused("REASON_REQUIRED")
    rejected = e.AccountChangeRejected(rejected_by=FINANCE.id, reason="无公章")
    filed.when(reject, FINANCE, AFTER).then(rejected)
    after = Given(*filed.events, rejected)
    after.when(reject, FINANCE, AFTER).then_refused("NO_ACCOUNT_CHANGE")
    instruct = c.InstructTranche(application_id=ID, amount_fen=5)
    (event,) = after.when(instruct, FINANCE, AFTER).then_entered(Stage.DISBURSING)
    assert isinstance(event, e.TrancheInstructed)
    assert event.account.value == "0430123456789012"
    assert "verify_account" not in Given(*ON_NOTICE, AWARDED).offers(FINANCE, AFTER)


def test_an_award_is_planned_whole_and_instructed_as_planned() -> None:
    """The tranche's own machine: planned → instructed."""
    parts = tuple(
        e.PlannedTranche(amount_fen=fen, due_on=day)
        for fen, day in ((40_000_000, date(2026, 1, 20)), (60_000_000, date(2026, 6, 20)))
    )
    plan, awarded = c.PlanTranches(application_id=ID, parts=parts), Given(*ON_NOTICE, AWARDED)
    awarded.when(plan, FINANCE, AFTER).then(e.TranchesPlanned(parts=parts))
    (refusal,) = awarded.when(replace(plan, parts=parts[:1]), FINANCE, AFTER).then_refused("PLAN_SUM")
    assert (refusal.params["measure"], refusal.params["limit"]) == (40_000_000, 100_000_000)
    awarded.when(replace(plan, parts=parts[::-1]), FINANCE, AFTER).then_refused("PLAN_ORDER")
    awarded.when(replace(plan, parts=()), FINANCE, AFTER).then_refused("PLAN_SUM")
    planned = Given(*awarded.events, e.TranchesPlanned(parts=parts))
    instruct = c.InstructTranche(application_id=ID, amount_fen=60_000_000)
    planned.when(instruct, FINANCE, AFTER).then_refused("NOT_AS_PLANNED")
    first = planned.when(replace(instruct, amount_fen=40_000_000), FINANCE, AFTER).then_entered(Stage.DISBURSING)
    assert Given(*planned.events, *first).application.plan == parts[1:]
    Given(*planned.events, *first).when(instruct, FINANCE, AFTER).then_entered(Stage.DISBURSING)
    Given(*ON_NOTICE, AWARDED, INSTRUCTED).when(plan, FINANCE, AFTER).then_refused("OVER_AWARD", "PLAN_SUM")
