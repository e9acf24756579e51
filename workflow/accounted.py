"""An application's money as somebody may see it: tranches with everybody's share, what was handed on, what is owed back.

Presents, decides nothing. The number of an account is in none of it.
"""

from collections.abc import Iterator, Mapping

from programmes.money import Money
from workflow.application import Application
from workflow.dossier_parts import HandOnView, MoneyView, OwedView, PlannedView, ShareView, TrancheView
from workflow.shares import members_of, name_of
from workflow.state import Tranche


def of_the_money(application: Application) -> MoneyView:
    signed = application.recovery_signed
    return MoneyView(
        amount_fen=application.amount_fen,
        awarded_fen=application.awarded_fen,
        instructed_fen=application.instructed_fen,
        paid_fen=application.paid_fen,
        document_number=application.document_number,
        tranches=tuple(_tranche(application, tranche) for tranche in application.tranches),
        recovery_due_fen=application.recovery_due_fen,
        repaid_fen=application.repaid_fen,
        net_paid_fen=application.net_paid_fen,
        net_award_fen=application.net_award_fen,
        account_changed=application.account is not None,
        account_waits=application.account_change is not None,
        recovery_signed_fen=signed.amount_fen if signed else 0,
        plan=tuple(PlannedView(amount_fen=part.amount_fen, due_on=part.due_on) for part in application.plan),
        owed=tuple(_owed(application)),
    )


def _tranche(application: Application, tranche: Tranche) -> TrancheView:
    return TrancheView(
        tranche=tranche.number,
        amount_fen=tranche.amount_fen,
        amount_words=Money(tranche.amount_fen).capitals(),
        bank_reference=tranche.bank_reference,
        paid_on=tranche.paid_on,
        shares=tuple(_shares(application, tranche.shares)),
        handed_on=tuple(_handed(application, tranche)) if tranche.bank_reference else (),
        returned=tranche.returned,
    )


def _shares(application: Application, shares: Mapping[str, int]) -> Iterator[ShareView]:
    lead = application.lead_unit
    if lead in shares:
        yield ShareView(unit=lead, unit_name=application.unit_name, amount_fen=shares[lead])
    for unit, fen in members_of(application, shares).items():
        yield ShareView(unit=unit, unit_name=name_of(application, unit), amount_fen=fen)


def _handed(application: Application, tranche: Tranche) -> Iterator[HandOnView]:
    for unit, fen in members_of(application, tranche.shares).items():
        part = tranche.handed.get(unit)
        yield HandOnView(
            unit=unit,
            unit_name=name_of(application, unit),
            amount_fen=fen,
            answer=(part.answer or "handed") if part else "due",
            bank_reference=part.bank_reference if part else "",
            reason=part.reason if part else "",
        )


def _owed(application: Application) -> Iterator[OwedView]:
    """Of the demand that stands, or the last one: by unit; a lead alone owes the whole."""
    if not application.recovery_due_fen:
        return
    shares = application.recovery_shares or {application.lead_unit: application.recovery_due_fen}
    order = dict.fromkeys((application.lead_unit, *members_of(application, shares), *application.recovered_by))
    for unit in order:
        yield OwedView(
            unit=unit,
            unit_name=name_of(application, unit),
            amount_fen=shares.get(unit, 0),
            repaid_fen=application.recovered_by.get(unit, 0),
        )
