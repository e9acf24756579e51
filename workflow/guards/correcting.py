"""When the record of a payment or repayment may be corrected: two persons, and nothing is ever taken out (T39)."""

from eventstore.refusal import Refusal
from programmes.calendar import beijing_date
from workflow.application import Application
from workflow.commands import Command, ConfirmCorrection, Correct
from workflow.facts import Facts

SOURCE = "更正规则"


def the_booking_is_known(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case Correct(bank_reference=reference) if reference.strip() not in application.bookings:
            return Refusal.of("BOOKING_UNKNOWN", source=SOURCE, reference=reference.strip()[:200])
        case None if not application.bookings:
            return Refusal.of("BOOKING_UNKNOWN", source=SOURCE)
        case _:
            return None


def something_differs(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if not isinstance(command, Correct):
        return None
    was = application.bookings.get(command.bank_reference.strip())
    another_day = command.on is not None and (was is None or command.on != was.on)
    if another_day or command.new_reference.strip() not in ("", command.bank_reference.strip()):
        return None
    return Refusal.of("NOTHING_CORRECTED", source=SOURCE)


def the_day_has_come(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Money that moved did so today at the latest."""
    match command:
        case Correct(on=day) if day is not None and day > (today := beijing_date(facts.now)):
            return Refusal.of(
                "IN_THE_FUTURE", source=SOURCE, field="on", measure=day.isoformat(), limit=today.isoformat()
            )
        case _:
            return None


def the_new_reference_is_new(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if not facts.bank_reference_used:
        return None
    reference = command.new_reference if isinstance(command, Correct) else ""
    filed = application.correction.new_reference if application.correction else ""
    return Refusal.of("DUPLICATE_BANK_REF", reference=reference.strip() or filed)


def no_correction_waits(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if application.correction is None:
        return None
    return Refusal.of("CORRECTION_WAITS", source=SOURCE, reference=application.correction.bank_reference)


def a_correction_waits(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    return None if application.correction else Refusal.of("NO_CORRECTION", source=SOURCE)


def a_correction_was_filed(application: Application, command: Command | None, facts: Facts) -> bool:
    """Nobody is shown the second half before there is a first."""
    return command is not None or application.correction is not None


def two_persons_correct(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    filed = application.correction
    if filed is None or facts.actor.id != filed.filed_by:
        return None
    return Refusal.of("SAME_PERSON", source=SOURCE, trigger="confirm_correction")


def a_rejection_says_why(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case ConfirmCorrection(accepted=False, reason=reason) if not reason.strip():
            return Refusal.of("REASON_REQUIRED", trigger=command.trigger)
        case _:
            return None
