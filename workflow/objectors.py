"""异议人身份: who objected, given to whoever must know and says why. Every look is noted before the answer leaves.

Name and contact lie with the personal values, apart from the log; no dossier and no history has them.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from directory.actor import Actor
from eventstore.refusal import Refusal, Refused
from workflow import events as e
from workflow.dossier import view_of
from workflow.handling import Handling, NotFound, Read

LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Objector:
    """*kind*: unit or person. The values are empty once they were erased."""

    objection: int
    kind: str
    name: str
    contact: str
    filed_at: datetime


def identity_of(handling: Handling, application_id: UUID, number: int, actor: Actor, reason: str) -> Objector:
    """Raises NotFound, REASON_REQUIRED, FIELD_TOO_LONG; and whatever keeps the note from being written."""
    application, facts = handling.history(application_id, actor)
    if not view_of(actor, application).objector:
        raise NotFound
    found = next(
        (fact for fact in facts if isinstance(fact.event, e.ObjectionReceived) and fact.event.objection == number), None
    )
    if found is None:
        raise NotFound
    why = reason.strip()
    if not why:
        raise Refused(Refusal.of("REASON_REQUIRED", field="reason"))
    if len(why) > LONGEST:
        raise Refused(Refusal.of("FIELD_TOO_LONG", field="reason", measure=len(why), limit=LONGEST))
    handling.was_read(Read(application=application.id, what="objector", item=str(number), reason=why), actor)
    event = found.event
    assert isinstance(event, e.ObjectionReceived), "looked for one"
    return Objector(
        objection=number,
        kind=event.kind,
        name=event.objector.value or "",
        contact=event.contact.value or "",
        filed_at=found.recorded.instant,
    )
