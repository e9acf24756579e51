"""When a proposal may go before the public, who may object, and when the notice is over."""

from eventstore.refusal import Refusal
from programmes.calendar import CalendarUnknown, passed
from workflow.application import Application
from workflow.commands import Command, DismissObjection, Object, PublishNotice, UpholdObjection
from workflow.facts import Facts
from workflow.notice import window_of


def notice_is_long_enough(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case PublishNotice(working_days=int(days)) if days < facts.call.notice.working_days:
            limit = facts.call.notice.working_days
            return Refusal.of("BELOW_MIN", field="working_days", measure=days, limit=limit)
        case _:
            return None


def calendar_knows_the_window(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A year without its calendar is refused, never guessed."""
    asked = command.working_days if isinstance(command, PublishNotice) else None
    days = asked or facts.call.notice.working_days
    try:
        window_of(facts.now, facts.call.working_days, days)
    except CalendarUnknown as unknown:
        return Refusal.of("CALENDAR_UNKNOWN", year=unknown.day.year)
    return None


def objector_is_named(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A unit under its seal, a person under a real name with a contact; anonymous ones are refused."""
    match command:
        case Object(kind=kind, objector=name, contact=contact, sealed=sealed):
            if name.strip() and contact.strip() and (sealed or kind == "person"):
                return None
            return Refusal.of("OBJECTION_ANONYMOUS", kind=kind)
        case _:
            return None


def objected_in_the_window(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if application.notice is None or not passed(facts.now, application.notice.until):
        return None
    return Refusal.of("OBJECTION_LATE", until=application.notice.until.isoformat())


def grounds_are_given(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case Object(grounds=grounds) if not grounds.strip():
            return Refusal.of("REASON_REQUIRED", trigger="object")
        case _:
            return None


def objection_is_open(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case DismissObjection(objection=number) | UpholdObjection(objection=number):
            if any(objection.number == number for objection in application.open_objections):
                return None
            return Refusal.of("OBJECTION_UNKNOWN", objection=number)
        case _:
            return None


def finding_is_given(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case DismissObjection(finding=finding) | UpholdObjection(finding=finding) if not finding.strip():
            return Refusal.of("REASON_REQUIRED", trigger=command.trigger)
        case _:
            return None


def it_was_sent_back_to_be_proposed(application: Application, command: Command | None, facts: Facts) -> bool:
    """After an objection was upheld the sum may be another, once; before, and when it was proposed anew, what the minutes say
    stands."""
    return application.sent_back


def it_is_proposed_anew(application: Application, command: Command | None, facts: Facts) -> bool:
    return bool(application.open_objections) and isinstance(command, UpholdObjection) and command.propose_anew


def it_ends_here(application: Application, command: Command | None, facts: Facts) -> bool:
    return bool(application.open_objections) and not it_is_proposed_anew(application, command, facts)


def notice_is_over(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    notice = application.notice
    if notice is not None and passed(facts.now, notice.until):
        return None
    return Refusal.of("NOTICE_RUNNING", until=notice.until.isoformat() if notice else "")


def another_objection_is_open(application: Application, command: Command | None, facts: Facts) -> bool:
    """Beside the one that is being settled; before one is named, whether there are several."""
    settled = getattr(command, "objection", None)
    others = [one for one in application.open_objections if one.number != settled]
    return len(others) > (1 if command is None else 0)


def no_other_objection_is_open(application: Application, command: Command | None, facts: Facts) -> bool:
    return not another_objection_is_open(application, command, facts)


def an_objection_was_left_open(application: Application, command: Command | None, facts: Facts) -> bool:
    """One was upheld for another sum while this one had not been looked into."""
    return bool(application.open_objections)


def no_objection_is_open(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    open_ = application.open_objections
    return Refusal.of("OBJECTION_OPEN", count=len(open_)) if open_ else None


def programme_has_a_reserve(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Guangdong's 入库储备: only where the definition says that projects may wait for money (3-process T28)."""
    if facts.call.programme_of(application.direction).reserve:
        return None
    return Refusal.of("NO_SUCH_STEP", trigger="reserve", stage="public_notice")
