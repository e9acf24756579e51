"""The lead hands the members' shares of a tranche on, each member says whether they came, and not a fen is lost (T33)."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consortium import events as k
from directory.actor import Role
from eventstore.refusal import Refusal
from tests.consortium import tale
from tests.scenario import (
    ADMIN,
    AWARDED,
    EDITOR,
    FINANCE,
    ID,
    INSTRUCTED,
    ON_NOTICE,
    OPENED,
    PAID,
    PROVINCE_CLERK,
    SCAN,
    UNIT_CODE,
    Given,
    person,
)
from workflow import commands as c
from workflow import events as e
from workflow.shares import shares_of
from workflow.stages import Stage

AFTER = "2026-02-02 10:00"
M1, M2 = tale.M1, tale.M2
RATIOS = {UNIT_CODE: 3_334, M1: 3_333, M2: 3_333}
JOINED = (tale.invited(M1), tale.accepted(M1), tale.invited(M2), tale.accepted(M2))
AGREED = k.RatiosSet(columns={"grant": RATIOS, "contribution": {UNIT_CODE: 10_000}})
TOGETHER = (OPENED, *JOINED, AGREED, *(event for event in ON_NOTICE if event is not OPENED), AWARDED)
SHARES = {UNIT_CODE: 33_340_000, M1: 33_330_000, M2: 33_330_000}
SHARED = replace(INSTRUCTED, shares=SHARES)
PAID_OUT = (*TOGETHER, SHARED, replace(PAID, shares=SHARES))
FIRST, SECOND = person("m1-admin", (Role.UNIT_ADMIN, M1)), person("m2-admin", (Role.UNIT_ADMIN, M2))
PARTS = (
    e.HandOnPart(unit=M1, amount_fen=33_330_000, bank_reference="Z-1"),
    e.HandOnPart(unit=M2, amount_fen=33_330_000, bank_reference="Z-2"),
)
HAND_ON = c.HandOn(application_id=ID, tranche=1, parts=PARTS, scan_sha256=SCAN)
HANDED = e.HandedOn(tranche=1, parts=PARTS, scan_sha256=SCAN)
RECEIVED = c.ConfirmHandOn(application_id=ID, tranche=1, received=True)
NOT_RECEIVED = c.ConfirmHandOn(application_id=ID, tranche=1, received=False, reason="未到账")
DISPUTED = e.HandOnDisputed(tranche=1, unit=M1, amount_fen=33_330_000, reason="未到账")


def confirmed(unit: str) -> e.HandOnConfirmed:
    return e.HandOnConfirmed(tranche=1, unit=unit, amount_fen=33_330_000)


@pytest.mark.rule("R-212")
def test_a_tranche_is_divided_by_the_grant_column_of_the_sealed_agreement() -> None:
    """000:L609 资金下拨给联合体牵头人，由牵头人按比例分配给各成员方; largest remainder in fen, the lead first."""
    instruct = c.InstructTranche(application_id=ID, amount_fen=100)
    (event,) = Given(*TOGETHER).when(instruct, FINANCE, AFTER).then_entered(Stage.DISBURSING)
    assert isinstance(event, e.TrancheInstructed)
    assert event.shares == {UNIT_CODE: 34, M1: 33, M2: 33}
    later = k.RatiosSet(columns={"grant": {UNIT_CODE: 10_000, M1: 0, M2: 0}})
    assert shares_of(Given(*TOGETHER, later).application, 100) == event.shares
    assert shares_of(Given(*ON_NOTICE, AWARDED).application, 100) == {}


def test_without_a_grant_column_the_contributions_divide_and_without_either_nothing_is_guessed() -> None:
    def sealed_with(*agreed: k.ConsortiumEvent) -> Given:
        return Given(OPENED, *JOINED, *agreed, *(event for event in ON_NOTICE if event is not OPENED))

    contributed = k.RatiosSet(columns={"contribution": {UNIT_CODE: 5_000, M1: 2_500, M2: 2_500}})
    assert shares_of(sealed_with(contributed).application, 101) == {UNIT_CODE: 51, M1: 25, M2: 25}
    assert shares_of(sealed_with().application, 101) == {}


def test_the_lead_hands_on_exactly_the_split() -> None:
    Given(*PAID_OUT).when(HAND_ON, ADMIN, AFTER).then(HANDED)
    Given(*PAID_OUT).when(HAND_ON, EDITOR, AFTER).then_refused("ROLE_FORBIDDEN")
    Given(*PAID_OUT).when(HAND_ON, FIRST, AFTER).then_refused("ROLE_FORBIDDEN")
    Given(*TOGETHER, SHARED).when(HAND_ON, ADMIN, AFTER).then_refused_among("NO_HANDON_DUE")
    Given(*PAID_OUT).when(replace(HAND_ON, scan_sha256=""), ADMIN, AFTER).then_refused("REQUIRED")


def test_every_unit_that_gets_another_sum_is_named_with_what_was_expected() -> None:
    """5-scenarios HANDON_MISMATCH."""
    wrong = (replace(PARTS[0], amount_fen=33_330_001), e.HandOnPart(unit="X", amount_fen=5, bank_reference="Z-3"))
    refused = Given(*PAID_OUT).when(replace(HAND_ON, parts=wrong), ADMIN, AFTER)
    told = [_figures(refusal) for refusal in refused.then_refused(*["HANDON_MISMATCH"] * 3)]
    assert told == [
        (tale.NAMES[M1], 33_330_001, 33_330_000),
        (tale.NAMES[M2], 0, 33_330_000),
        ("X", 5, 0),
    ]


def _figures(refusal: Refusal) -> tuple[object, ...]:
    return refusal.params["unit"], refusal.params["measure"], refusal.params["limit"]


def test_each_part_has_a_bank_reference_of_its_own() -> None:
    twice = (PARTS[0], replace(PARTS[1], bank_reference="Z-1"))
    Given(*PAID_OUT).when(replace(HAND_ON, parts=twice), ADMIN, AFTER).then_refused("DUPLICATE_BANK_REF")
    Given(*PAID_OUT).when(HAND_ON, ADMIN, AFTER, booked=frozenset({"Z-2"})).then_refused("DUPLICATE_BANK_REF")


def test_a_member_confirms_for_itself_and_for_nobody_else() -> None:
    handed = Given(*PAID_OUT, HANDED)
    handed.when(RECEIVED, FIRST, AFTER).then(confirmed(M1))
    handed.when(replace(RECEIVED, unit=M2), FIRST, AFTER).then_refused("ROLE_FORBIDDEN")
    handed.when(RECEIVED, ADMIN, AFTER).then_refused("ROLE_FORBIDDEN")
    Given(*PAID_OUT).when(RECEIVED, FIRST, AFTER).then_refused("NO_RECEIPT_DUE")
    Given(*handed.events, confirmed(M1)).when(RECEIVED, FIRST, AFTER).then_refused("NO_RECEIPT_DUE")


def test_a_dispute_says_why_and_is_settled_by_a_confirmation_or_by_handing_on_anew() -> None:
    handed = Given(*PAID_OUT, HANDED)
    handed.when(replace(NOT_RECEIVED, reason=" "), FIRST, AFTER).then_refused("REASON_REQUIRED")
    handed.when(NOT_RECEIVED, FIRST, AFTER).then(DISPUTED)
    disputed = Given(*handed.events, DISPUTED)
    disputed.when(RECEIVED, FIRST, AFTER).then(confirmed(M1))
    disputed.when(HAND_ON, ADMIN, AFTER).then_refused("HANDON_MISMATCH")
    anew = (replace(PARTS[0], bank_reference="Z-9"),)
    disputed.when(replace(HAND_ON, parts=anew), ADMIN, AFTER).then(replace(HANDED, parts=anew))
    Given(*handed.events).when(replace(HAND_ON, parts=anew), ADMIN, AFTER).then_refused_among("NO_HANDON_DUE")


def test_nothing_is_closed_before_every_member_confirmed() -> None:
    """T34: hand-on confirmed."""
    filed = e.SelfEvaluationFiled(summary="完成", goals_met=True)
    close = c.Close(application_id=ID, result="合格")
    (refusal,) = (
        Given(*PAID_OUT, HANDED, filed, confirmed(M1)).when(close, PROVINCE_CLERK, AFTER).then_refused("HANDON_OPEN")
    )
    assert refusal.params["units"] == [tale.NAMES[M2]]
    Given(*PAID_OUT, HANDED, filed, confirmed(M1), confirmed(M2)).when(close, PROVINCE_CLERK, AFTER).then_entered(
        Stage.CLOSED
    )


def test_nobody_who_applies_alone_is_offered_it_and_a_member_only_its_own_half() -> None:
    assert "hand_on" not in Given(*ON_NOTICE, AWARDED, INSTRUCTED, PAID).offers(ADMIN, AFTER)
    assert Given(*PAID_OUT).offers(ADMIN, AFTER)["hand_on"].open
    assert "confirm_hand_on" not in Given(*PAID_OUT, HANDED).offers(ADMIN, AFTER)
    offered = Given(*PAID_OUT, HANDED).offers(FIRST, AFTER)
    assert offered["confirm_hand_on"].open
    assert "hand_on" not in offered


def test_what_was_handed_on_does_not_come_back_from_the_bank() -> None:
    back = c.ReturnPayment(application_id=ID, tranche=1, reason="户名不符")
    Given(*PAID_OUT, HANDED).when(back, FINANCE, AFTER).then_refused("HANDED_ON_ALREADY")


@pytest.mark.rule("R-207")
def test_a_demand_is_divided_alike_and_any_unit_may_pay_it() -> None:
    """R-207 对外承担连带责任: the parts tell who owes what among themselves; the State takes the whole from anybody."""
    signed = e.RecoverySigned(signer="lead", amount_fen=10_001, reason="虚报")
    paid = Given(*PAID_OUT, signed)
    (event,) = paid.when(c.DemandRecovery(application_id=ID), FINANCE, AFTER).then_entered(Stage.RECOVERING)
    assert isinstance(event, e.RecoveryDemanded)
    assert event.shares == {UNIT_CODE: 3_335, M1: 3_333, M2: 3_333}
    repay = c.RecordRepayment(application_id=ID, amount_fen=5_000, bank_reference="R1", unit=M1)
    owing = Given(*paid.events, event)
    first = owing.when(repay, FINANCE, AFTER).then_entered(Stage.RECOVERING)
    stands = Given(*owing.events, *first).application
    assert (stands.recovered_by, stands.repaid_fen) == ({M1: 5_000}, 5_000)
    owing.when(replace(repay, unit="91430104MAXTE5T99X"), FINANCE, AFTER).then_refused("MEMBER_UNKNOWN")
    rest = replace(repay, amount_fen=5_001, bank_reference="R2", unit="")
    Given(*owing.events, *first).when(rest, FINANCE, AFTER).then_entered(Stage.DISBURSED)


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.integers(0, 10_000), min_size=2, max_size=2),
    amounts=st.lists(st.integers(1, 60_000_000), min_size=1, max_size=5),
    moves=st.lists(
        st.sampled_from(["pay", "return", "hand_on", "confirm", "dispute", "recover", "repay"]), max_size=25
    ),
)
def test_whatever_is_done_in_whatever_order_the_parts_add_up_and_no_more_leaves_than_was_awarded(
    parts: list[int], amounts: list[int], moves: list[str]
) -> None:
    first = min(parts[0], 10_000)
    second = min(parts[1], 10_000 - first)
    ratios = {UNIT_CODE: 10_000 - first - second, M1: first, M2: second}
    happened: tuple[e.ApplicationEvent, ...] = (
        *(event if event is not AGREED else k.RatiosSet(columns={"grant": ratios}) for event in TOGETHER),
    )
    wishes = [("instruct", fen) for fen in amounts] + [(move, 0) for move in moves]
    for number, (move, fen) in enumerate(wishes):
        happened = (*happened, *_tried(Given(*happened), move, fen, f"B{number}"))
        stands = Given(*happened).application
        assert 0 <= stands.repaid_fen <= stands.paid_fen <= stands.instructed_fen <= stands.awarded_fen
        for tranche in stands.tranches:
            assert sum(tranche.shares.values()) == tranche.amount_fen
            assert sum(part.amount_fen for part in tranche.handed.values()) <= tranche.amount_fen
            assert all(part.amount_fen == tranche.shares[unit] for unit, part in tranche.handed.items())
        assert sum(stands.recovery_shares.values()) == stands.recovery_due_fen
        assert stands.recovered_now_fen == sum(stands.recovered_by.values()) <= stands.recovery_due_fen


def _tried(stands: Given, move: str, fen: int, reference: str) -> tuple[e.ApplicationEvent, ...]:
    """What comes of the wish; nothing where it is refused."""
    tranches = stands.application.tranches
    parts = tuple(
        e.HandOnPart(unit=unit, amount_fen=tranches[0].shares[unit], bank_reference=f"{reference}-{unit}")
        for unit in (M1, M2)
        if tranches and tranches[0].shares[unit]
    )
    paid = stands.application.net_paid_fen
    owed = stands.application.recovery_due_fen - stands.application.recovered_now_fen
    command, by = {
        "instruct": (c.InstructTranche(application_id=ID, amount_fen=fen), FINANCE),
        "pay": (c.ConfirmPaid(application_id=ID, bank_reference=reference), FINANCE),
        "return": (c.ReturnPayment(application_id=ID, tranche=1, reason="退票"), FINANCE),
        "hand_on": (replace(HAND_ON, parts=parts), ADMIN),
        "confirm": (RECEIVED, FIRST),
        "dispute": (NOT_RECEIVED, SECOND),
        "recover": (c.DemandRecovery(application_id=ID, amount_fen=max(1, paid // 2), reason="虚报"), LEAD),
        "repay": (c.RecordRepayment(application_id=ID, amount_fen=max(1, (owed + 1) // 2), bank_reference=reference), FINANCE),
    }[move]  # fmt: skip
    outcome = stands.when(command, by, AFTER).outcome
    if isinstance(outcome, Exception):
        return ()
    if move == "recover" and isinstance(outcome[0], e.RecoverySigned):
        again = Given(*stands.events, *outcome).when(c.DemandRecovery(application_id=ID), FINANCE, AFTER).outcome
        return (*outcome, *(() if isinstance(again, Exception) else again))
    return tuple(outcome)


LEAD = person("the-lead", (Role.PROVINCE_LEAD, "43"))
