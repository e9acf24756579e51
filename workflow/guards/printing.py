"""When a paper may be made, and whether a sealed scan is of the paper that the text makes now."""

from collections.abc import Iterator, Sequence

from consortium import agreement
from directory.actor import UNIT_ROLES
from eventstore.refusal import Refusal
from paperwork.check_code import read_code
from workflow.application import Application
from workflow.commands import AttachFile, Command, Delegation, IssuePaper, RecordCommitment
from workflow.facts import Facts
from workflow.printing import kinds
from workflow.printing.issuing import issue_of, kinds_for, not_fixed, printed_as, stale_scans

LONGEST_NAME = 100


def paper_is_made_here(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """What is another unit's own is no paper of the one who asks, and is told like one that nobody knows."""
    if not isinstance(command, IssuePaper):
        return None
    offered = kinds_for(facts.actor.scopes(*UNIT_ROLES), application, facts.call)
    if command.kind not in offered:
        return Refusal.of("PAPER_UNKNOWN", kind=command.kind[:60], allowed=list(offered))
    return not_fixed(application, command.kind)


def delegation_is_readable(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """A letter names its agent, and days of which the last is not before the first (R-219)."""
    match command:
        case IssuePaper(kind=kind, delegation=Delegation() as wanted):
            return list(_judged_delegation(kind, wanted))
        case _:
            return ()


def _judged_delegation(kind: str, wanted: Delegation) -> Iterator[Refusal]:
    source = f"{agreement.SOURCE} 注1"
    agent = wanted.agent.strip()
    if kinds.base_of(kind) != kinds.AUTHORISATION:
        yield Refusal.of("PAPER_HAS_NO_AGENT", source=source, kind=kind[:60])
    if not agent:
        yield Refusal.of("REQUIRED", source=source, field="agent")
    if len(agent) > LONGEST_NAME:
        yield Refusal.of("FIELD_TOO_LONG", source=source, field="agent", measure=len(agent), limit=LONGEST_NAME)
    if wanted.valid_to < wanted.valid_from:
        days = {"valid_from": wanted.valid_from.isoformat(), "valid_until": wanted.valid_to.isoformat()}
        yield Refusal.of("AUTH_LETTER_DAYS", source=source, **days)


def scan_is_of_this_text(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A scan of our own paper comes with the code that stands on it: 「扫描件对应 v6，当前是 v7」."""
    match command:
        case AttachFile(slot=slot, paper_code=code):
            slots = facts.call.programme_of(application.direction).slots
            kind = next((each.prints for each in slots if each.id == slot), None)
            return _judged(application, facts, kind, code, slot) if kind else None
        case RecordCommitment(unit=unit, paper_code=code) if code:
            return _judged(application, facts, kinds.commitment_of(unit, application), code, "commitment")
        case _:
            return None


def _judged(application: Application, facts: Facts, kind: str, typed: str, slot: str) -> Refusal | None:
    if not typed.strip():
        return Refusal.of("SCAN_CODE_MISSING", slot=slot)
    code, current = read_code(typed), issue_of(application, facts.call, kind)
    printed = printed_as(application, code) if code else None
    if printed is None or printed[0] != kind:
        return Refusal.of("SCAN_UNKNOWN", slot=slot, typed=typed.strip()[:60])
    if code == current.code:
        return None
    return Refusal.of("STALE_SCAN", slot=slot, printed=printed[1], current=current.version)


def scans_are_of_this_text(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """What is sealed is what was signed: an older scan is taken out or replaced, even where none must be there."""
    return [
        Refusal.of("STALE_SCAN", source=slot.source, slot=slot.id, printed=printed, current=current)
        for slot in facts.call.programme_of(application.direction).slots
        for printed, current in stale_scans(application, facts.call, slot)
    ]
