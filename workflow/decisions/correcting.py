"""The record of a booking is put right by two persons, beside what was written and never in its place (T39).

Pure.
"""

from collections.abc import Callable, Sequence

from programmes.calendar import beijing_date
from workflow import commands as c
from workflow import events as e
from workflow.application import Application
from workflow.facts import Facts
from workflow.lifecycle import enter


def correct(application: Application, command: c.Correct, facts: Facts) -> Sequence[e.ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    return [
        e.CorrectionFiled(
            bank_reference=command.bank_reference.strip(),
            on=command.on,
            new_reference=command.new_reference.strip(),
            reason=command.reason.strip(),
            filed_by=facts.actor.id,
        )
    ]


def confirm_correction(
    application: Application, command: c.ConfirmCorrection, facts: Facts
) -> Sequence[e.ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    filed = application.correction
    assert filed is not None, "a guard has asked for it"
    if not command.accepted:
        reason = command.reason.strip()
        return [e.CorrectionRejected(bank_reference=filed.bank_reference, rejected_by=facts.actor.id, reason=reason)]
    booking = application.bookings[filed.bank_reference]
    return [
        e.BookingCorrected(
            bank_reference=filed.bank_reference,
            kind=booking.kind,
            tranche=booking.tranche,
            on=filed.on,
            new_reference=filed.new_reference,
            effective_on=filed.on or booking.on or beijing_date(facts.now),
            reason=filed.reason,
            filed_by=filed.filed_by,
            confirmed_by=facts.actor.id,
        )
    ]


DECISIONS: dict[type[c.Command], Callable[..., Sequence[e.ApplicationEvent]]] = {
    c.Correct: correct,
    c.ConfirmCorrection: confirm_correction,
}
