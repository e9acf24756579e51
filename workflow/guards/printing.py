"""When a paper may be made, and whether a sealed scan is of the paper that the text makes now."""

from collections.abc import Sequence

from eventstore.refusal import Refusal
from paperwork.check_code import read_code
from workflow.application import Application
from workflow.commands import AttachFile, Command, IssuePaper, RecordCommitment
from workflow.facts import Facts
from workflow.printing.issuing import COMMITMENT, issue_of, kinds_of, printed_as, stale_scans


def paper_is_made_here(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    kinds = kinds_of(facts.call.programme_of(application.direction))
    match command:
        case IssuePaper(kind=kind) if kind not in kinds:
            return Refusal.of("PAPER_UNKNOWN", kind=kind, allowed=list(kinds))
        case _:
            return None


def scan_is_of_this_text(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A scan of our own paper comes with the code that stands on it: 「扫描件对应 v6，当前是 v7」."""
    match command:
        case AttachFile(slot=slot, paper_code=code):
            slots = facts.call.programme_of(application.direction).slots
            kind = next((each.prints for each in slots if each.id == slot), None)
            return _judged(application, facts, kind, code, slot) if kind else None
        case RecordCommitment(paper_code=code) if code:
            return _judged(application, facts, COMMITMENT, code, "commitment")
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
