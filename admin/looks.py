"""Who saw what is protected of one application: each read, lifted mask and export, by whom, when, what and why. Newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from admin.desk import Desk, provinces_of
from admin.history import Told
from admin.notes import Exported, ProtectedRead, Unmasked
from admin.search import Question, page
from directory.actor import Actor
from eventstore.event import Event
from workflow import events as e

READS = "reads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look. *what*: file, scan, paper, objector, unmasked, evidence, or the format of an export; *item* says which of
    them, *called* how it is called, and *reason* is what was given for a lifted mask."""

    position: int
    at: datetime
    actor: str
    name: str
    what: str
    item: str = ""
    called: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """*older*: where the next ones begin, None after the last."""

    items: tuple[Look, ...]
    older: int | None


def looks(desk: Desk, told: Told, actor: Actor, before: int | None = None, limit: int = 50) -> Looks:
    """Of the application that *told* is about, which *actor* may read the history of."""
    question = Question(kind=READS, application=told.application.id, before=before, limit=limit)
    with desk.store.reading() as db:
        found = page(db, question, provinces_of(actor))
        facts = desk.read(db, desk.store.at_in(db, [one.position for one in found.items]), revealed=False)
    names = desk.workflow.handling.names({one.actor for one in found.items})
    files = _files(told)
    items = tuple(
        Look(
            position=recorded.position,
            at=recorded.instant,
            actor=recorded.actor,
            name=names.get(recorded.actor, recorded.actor),
            **_told(event, files),
        )
        for recorded, event in reversed(facts)
    )
    return Looks(items=items, older=found.older)


def _told(event: Event, files: Mapping[str, str]) -> dict[str, str]:
    match event:
        case ProtectedRead(what=what, item=item):
            return {"what": what, "item": item, "called": files.get(item, "")}
        case Unmasked(reason=reason):
            return {"what": "unmasked", "reason": reason}
        case Exported(what=what):
            return {"what": what}
        case _:
            return {"what": ""}


def _files(told: Told) -> dict[str, str]:
    """How files are called, but for those whose very name may be personal to this reader."""
    slots = told.call.programme_of(told.application.direction).slots
    hidden = {slot.id for slot in slots if slot.personal and not told.view.personal}
    attached: Sequence[e.FileAttached] = [fact.event for fact in told.facts if isinstance(fact.event, e.FileAttached)]
    return {one.file_id: one.name for one in attached if one.slot not in hidden}
