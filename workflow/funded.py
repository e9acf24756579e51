"""How the money of an application adds up: the award, what was paid, handed on, sent back and recovered. Never refuses."""

from dataclasses import replace
from typing import assert_never

from workflow import events as e
from workflow.money_events import MoneyEvent
from workflow.state import Application, Booking, Part, Tranche

PAYMENT, REPAYMENT = "payment", "repayment"

FundingEvent = (
    e.AwardSigned
    | e.Awarded
    | e.AwardWaived
    | e.AwardCancelled
    | e.TrancheInstructed
    | e.TranchePaid
    | e.SelfEvaluationFiled
    | e.Closed
    | e.RecoveryDemanded
    | e.RepaymentRecorded
)


def funded(application: Application, event: FundingEvent) -> Application:
    match event:
        case e.AwardSigned(signer=signer, document_number=number):
            signers = (*application.award_signers, signer)
            return replace(application, award_signers=signers, document_number=number)
        case e.Awarded(entered=stage, amount_fen=amount, document_number=number, signers=signers):
            return replace(application, stage=stage, awarded_fen=amount, document_number=number, award_signers=signers)
        case e.TrancheInstructed(entered=stage, tranche=number, amount_fen=amount, shares=shares):
            tranche = Tranche(number=number, amount_fen=amount, shares=shares)
            plan = application.plan[1:]  # planned tranches are instructed in their order
            return replace(application, stage=stage, tranches=(*application.tranches, tranche), plan=plan)
        case e.TranchePaid(entered=stage, tranche=number, bank_reference=reference, paid_on=paid_on):
            paid = _with(application, number, bank_reference=reference, paid_on=paid_on)
            booked = {**application.bookings, reference: Booking(kind=PAYMENT, tranche=number, on=paid_on)}
            return replace(paid, stage=stage, bookings=booked)
        case e.SelfEvaluationFiled():
            return replace(application, self_evaluated=True)
        case e.AwardWaived(entered=stage) | e.AwardCancelled(entered=stage) | e.Closed(entered=stage):
            return replace(application, stage=stage)
        case e.RecoveryDemanded() | e.RepaymentRecorded():
            return _recovered(application, event)
        case _:
            assert_never(event)


def _recovered(application: Application, event: e.RecoveryDemanded | e.RepaymentRecorded) -> Application:
    match event:
        case e.RecoveryDemanded():
            return replace(
                application,
                stage=event.entered,
                recovery_signed=None,
                recovery_before=event.before,
                recovery_due_fen=event.amount_fen,
                recovery_shares=event.shares,
                recovered_by={},
                recovered_now_fen=0,
                false_lines=tuple(dict.fromkeys((*application.false_lines, *event.false_lines))),
            )
        case e.RepaymentRecorded(entered=stage, amount_fen=amount, bank_reference=reference, received_on=on):
            payer = event.unit or application.lead_unit
            by = application.recovered_by
            return replace(
                application,
                stage=stage,
                recovered_by={**by, payer: by.get(payer, 0) + amount},
                recovered_now_fen=application.recovered_now_fen + amount,
                repaid_fen=application.repaid_fen + amount,
                bookings={**application.bookings, reference: Booking(kind=REPAYMENT, tranche=0, on=on)},
            )
        case _:
            assert_never(event)


def moved(application: Application, event: MoneyEvent) -> Application:
    match event:
        case e.TranchesPlanned(parts=plan):
            return replace(application, plan=plan)
        case e.HandedOn(tranche=number, parts=parts):
            new = {part.unit: Part(amount_fen=part.amount_fen, bank_reference=part.bank_reference) for part in parts}
            tranche = application.tranche(number)
            handed = _with(application, number, handed={**(tranche.handed if tranche else {}), **new})
            return replace(handed, money_scans=(*application.money_scans, event.scan_sha256))
        case e.HandOnConfirmed(tranche=number, unit=unit):
            return _answered(application, number, unit, "confirmed", "")
        case e.HandOnDisputed(tranche=number, unit=unit, reason=reason):
            return _answered(application, number, unit, "disputed", reason)
        case e.TrancheReturned(entered=stage, tranche=number, bank_reference=reference):
            bounced = application.tranche(number)
            returned = (*(bounced.returned if bounced else ()), reference)
            due = _with(application, number, bank_reference="", paid_on=None, returned=returned)
            return replace(due, stage=stage)
        case e.AccountChangeFiled():
            scans = (*application.money_scans, event.letter_scan)
            return replace(application, account_change=event, money_scans=scans)
        case e.AccountVerified():
            change = application.account_change
            return replace(application, account=change.account if change else None, account_change=None)
        case e.AccountChangeRejected():
            return replace(application, account_change=None)
        case e.RecoverySigned():
            return replace(application, recovery_signed=event)
        case e.CorrectionFiled():
            return replace(application, correction=event)
        case e.CorrectionRejected():
            return replace(application, correction=None)
        case e.BookingCorrected():
            return _corrected(application, event)
        case _:
            assert_never(event)


def _corrected(application: Application, event: e.BookingCorrected) -> Application:
    """The booking under the reference and the day it should have had; a tranche that stands on it tells the same."""
    reference, was = event.new_reference or event.bank_reference, application.bookings.get(event.bank_reference)
    others = {known: one for known, one in application.bookings.items() if known != event.bank_reference}
    day = event.on or (was.on if was else None)
    bookings = {**others, reference: Booking(kind=event.kind, tranche=event.tranche, on=day)}
    after = replace(application, correction=None, bookings=bookings)
    tranche = application.tranche(event.tranche)
    if tranche is None or tranche.bank_reference != event.bank_reference:
        return after
    return _with(after, event.tranche, bank_reference=reference, paid_on=day)


def _with(application: Application, number: int, **changed: object) -> Application:
    """The application with one tranche changed."""
    tranches = tuple(
        replace(tranche, **changed) if tranche.number == number else tranche  # type: ignore[arg-type]
        for tranche in application.tranches
    )
    return replace(application, tranches=tranches)


def _answered(application: Application, number: int, unit: str, answer: str, reason: str) -> Application:
    tranche = application.tranche(number)
    part = tranche.handed.get(unit) if tranche else None
    if tranche is None or part is None:
        return application
    return _with(application, number, handed={**tranche.handed, unit: replace(part, answer=answer, reason=reason)})
