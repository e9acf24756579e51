"""What happens to money on its way: planned, handed on and confirmed, sent back by a bank, sent to another account.

Pure. Whole fen everywhere.
"""

from collections.abc import Callable, Sequence

from eventstore.event import Personal
from programmes.calendar import beijing_date
from workflow import commands as c
from workflow import events as e
from workflow.application import Application
from workflow.facts import Facts
from workflow.guards.accounts import account_of
from workflow.guards.handing_on import own_member
from workflow.lifecycle import enter


def plan(application: Application, command: c.PlanTranches, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """The whole of what is left, anew: what was instructed is no longer planned."""
    enter(command.trigger, application, command, facts)
    return [e.TranchesPlanned(parts=command.parts)]


def hand_on(application: Application, command: c.HandOn, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T33. Exactly the split, each part under a reference of its own."""
    enter(command.trigger, application, command, facts)
    parts = tuple(
        e.HandOnPart(unit=part.unit, amount_fen=part.amount_fen, bank_reference=part.bank_reference.strip())
        for part in command.parts
    )
    return [e.HandedOn(tranche=command.tranche, parts=parts, scan_sha256=command.scan_sha256.strip())]


def confirm_hand_on(application: Application, command: c.ConfirmHandOn, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T33, the member's half. A dispute may be settled by confirming, or by the lead handing on anew."""
    enter(command.trigger, application, command, facts)
    unit, tranche = own_member(application, command, facts), application.tranche(command.tranche)
    assert tranche is not None, "a guard has asked for it"
    amount = tranche.handed[unit].amount_fen
    if command.received:
        return [e.HandOnConfirmed(tranche=command.tranche, unit=unit, amount_fen=amount)]
    return [e.HandOnDisputed(tranche=command.tranche, unit=unit, amount_fen=amount, reason=command.reason.strip())]


def return_payment(application: Application, command: c.ReturnPayment, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """The payment is not deleted: what undoes it stands beside it, and the tranche is due again."""
    stage = enter(command.trigger, application, command, facts)
    tranche = application.tranche(command.tranche)
    assert tranche is not None, "a guard has asked for it"
    return [
        e.TrancheReturned(
            entered=stage,
            tranche=tranche.number,
            amount_fen=tranche.amount_fen,
            bank_reference=tranche.bank_reference,
            returned_on=command.returned_on or beijing_date(facts.now),
            reason=command.reason.strip(),
        )
    ]


def change_account(application: Application, command: c.ChangeAccount, facts: Facts) -> Sequence[e.ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    return [
        e.AccountChangeFiled(
            account=Personal(account_of(command.account)),
            holder=command.holder.strip(),
            bank=command.bank.strip(),
            letter_scan=command.letter_scan.strip(),
            filed_by=facts.actor.id,
        )
    ]


def verify_account(application: Application, command: c.VerifyAccount, facts: Facts) -> Sequence[e.ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    change = application.account_change
    assert change is not None, "a guard has asked for it"
    if command.accepted:
        return [e.AccountVerified(filed_by=change.filed_by, verified_by=facts.actor.id)]
    return [e.AccountChangeRejected(rejected_by=facts.actor.id, reason=command.reason.strip())]


DECISIONS: dict[type[c.Command], Callable[..., Sequence[e.ApplicationEvent]]] = {
    c.PlanTranches: plan,
    c.HandOn: hand_on,
    c.ConfirmHandOn: confirm_hand_on,
    c.ReturnPayment: return_payment,
    c.ChangeAccount: change_account,
    c.VerifyAccount: verify_account,
}
