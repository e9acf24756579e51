"""An application's history as somebody may read it: every event in order, what it said, whose it was, and its hash.

Nothing is left out of the order but for an expert of a blind review; what an actor may not know is left out of the entry.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from eventstore.event import Fact, Personal
from workflow import events as e
from workflow.discretion import actor_for, is_own
from workflow.dossier import View

_OF_EXPERTS = (e.PanelDrawn, e.ExpertDeclared, e.Scored)
_OBJECTOR = frozenset({"objector", "contact"})
_OF_THE_UNIT = frozenset({"copied_from", "not_copied"})
"""Which other application a draft began with: its unit's own affair, and an auditor's."""
_OF_THE_MINUTES = frozenset({"base_fen", "of_total_fen", "floor_waiver"})
"""Of a proposal: what the auditor left of the costs, the sum of all proposals, and why the floor was waived. The reckoning tells
each its own, once it may be known (explaining)."""
_OF_THE_HOUSE = frozenset({"reason", "filed_by", "confirmed_by"})
"""Of a correction: why the house had it wrong, and who said so."""
_OF_LINKS = frozenset({"secret", "secret_digest"})
Names = Callable[[set[str]], Mapping[str, str]]


class Entry(BaseModel):
    """One event. *actor* is a display name; "" where it is not for this reader. *summary*: the event's own plain values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    position: int
    version: int
    type: str
    at: datetime
    actor: str
    entered: str | None
    summary: dict[str, Any]
    algorithm: str
    hash: str


def timeline(facts: Sequence[Fact], view: View, names: Names) -> list[Entry]:
    """Every event of *facts*, for an expert of a blind review every own one; *names* answers display names of the actors that
    are shown."""
    facts = [fact for fact in facts if not view.blind or is_own(fact.recorded, view)]
    known = names({actor_for(fact.recorded, view) for fact in facts} - {""})
    return [_entry(fact, view, known) for fact in facts]


def _entry(fact: Fact, view: View, names: Mapping[str, str]) -> Entry:
    recorded, actor = fact.recorded, actor_for(fact.recorded, view)
    entered = getattr(fact.event, "entered", None)
    return Entry(
        position=recorded.position,
        version=recorded.version,
        type=recorded.type,
        at=recorded.instant,
        actor=names.get(actor, actor),
        entered=None if entered is None else str(entered),
        summary=_summary(fact, view),
        algorithm=recorded.algorithm,
        hash=recorded.hash.hex(),
    )


def _summary(fact: Fact, view: View) -> dict[str, Any]:
    event = fact.event
    if isinstance(event, _OF_EXPERTS) and not view.panel and not is_own(fact.recorded, view):
        return {"drawn": len(event.drawn)} if isinstance(event, e.PanelDrawn) else {}
    if isinstance(event, e.ReviewClosed) and not view.panel:
        return {"result": event.result, "method": event.method}
    if isinstance(event, e.SectionSaved):
        return {"section": event.section, "section_version": event.section_version, "fields": sorted(event.answers)}
    if isinstance(event, e.FileAttached | e.FileRemoved) and not view.working:
        return {"slot": event.slot}  # files are read as they were sealed; what is being prepared has no name yet
    if isinstance(event, e.CorrectionFiled | e.CorrectionRejected) and not view.panel:
        return {}  # the applicant learns what was corrected, not who thought what on the way there
    if isinstance(event, e.AuditEntered | e.AuditChecked) and not view.panel:
        return {}  # what an auditor confirmed is told with the decision
    left_out = {"entered"}
    if isinstance(event, e.Proposed) and not view.panel:
        left_out |= _OF_THE_MINUTES
    if isinstance(event, e.BookingCorrected) and not view.panel:
        left_out |= _OF_THE_HOUSE
    if isinstance(event, e.Opened) and not (view.working or view.auditing):
        left_out |= _OF_THE_UNIT
    values = {field.name: getattr(event, field.name) for field in fields(event) if field.name not in left_out}  # type: ignore[arg-type]
    objecting = isinstance(event, e.ObjectionReceived)
    shown = {name: value for name, value in values.items() if not _is_hidden(name, value, view, objecting)}
    return {name: _plain(value, view.personal or isinstance(value, Personal)) for name, value in shown.items()}


def _is_hidden(name: str, value: object, view: View, objecting: bool) -> bool:
    """The secret of a one-time link is nobody's to read, not even by its hash; who objected is asked for by itself."""
    if name in _OF_LINKS:
        return True
    return isinstance(value, Personal) and not (view.personal and not (objecting and name in _OBJECTOR))


def _plain(value: Any, personal: bool) -> Any:
    """*value* as an answer holds it; without *personal* what is told of a person inside it stays empty."""
    match value:
        case Personal(value=said):
            return (said or "") if personal else ""
        case datetime() | date():
            return value.isoformat()
        case str() | bool() | int() | None:
            return value
        case Mapping():
            return {str(key): _plain(each, personal) for key, each in cast("Mapping[object, object]", value).items()}
        case tuple() | list():
            return [_plain(each, personal) for each in cast("Sequence[object]", value)]
        case _:
            return {field.name: _plain(getattr(value, field.name), personal) for field in fields(value)}
