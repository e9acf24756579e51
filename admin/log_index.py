"""The log as it is searched: one row an event, with what its application is about. Follows the log with a cursor of its own.

No personal value is looked at. Whose act an event was is left out where the history leaves it out, so that no filter
is a way around it. What a draft was before its first seal is shown to nobody but its unit, and so not found here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import Connection, insert, select, update

from admin.schema import log_days, log_index, log_streams
from directory.events import BureauRegistered, UnitRegistered
from eventstore.event import Event, Fact, Personal, RecordedEvent
from eventstore.facts import Reading
from eventstore.store import EventStore
from eventstore.subscription import Standing, Subscription
from workflow import events as e
from workflow.discretion import actor_for
from workflow.dossier import View

NAME = "log_index"
AUDITOR = View(panel=True, auditing=True)
"""What an auditor sees of an application: the panel, and neither what is personal nor who objected."""
DAY_US = 86_400_000_000
BEIJING_US = 8 * 3600 * 1_000_000
_LONGEST = 300
_BATCH = 500
_UNSAID = frozenset({"answers", "document", "grounds", "secret_digest", "pool", "totals", "marks"})
"""Long or delicate: a draft's text, a definition, what an objector wrote, who could have been drawn."""


def day_of(recorded_at: int) -> int:
    """The Beijing day of an instant, counted from 1970."""
    return (recorded_at + BEIJING_US) // DAY_US


def kind_of(stream: str) -> str:
    """The kind of thing a stream is of: application, person, unit, bureau, calls, exceptions, attempts, refused, reads, erasing."""
    return stream.partition("-")[0]


class LogIndex:
    """Keeps the tables in step; `follow` after a commit and on the tick."""

    def __init__(self, store: EventStore, read: Reading) -> None:
        concealed = cast("Reading", partial(read, revealed=False))
        self.subscription = Subscription(store, concealed, NAME, index, batch=_BATCH)

    def follow(self) -> int:
        return self.subscription.run()

    def standing(self) -> Standing:
        return self.subscription.standing()


def index(db: Connection, facts: Sequence[Fact]) -> None:
    """The rows of *facts*, in order; what an application is about comes from its first event."""
    about = _about(db, facts)
    rows: list[dict[str, Any]] = []
    for recorded, event in facts:
        application = _application_of(recorded, event)
        if isinstance(event, e.Opened):
            about[application] = _opened(db, event)
        rows.append(_row(recorded, event, application, about.get(application)))
        if isinstance(event, e.UnitSealed | e.Resubmitted) and not about[application]["sealed"]:
            about[application]["sealed"] = 1
            _show(db, application, rows)
    db.execute(insert(log_index), rows)
    _days(db, facts)


def _about(db: Connection, facts: Sequence[Fact]) -> dict[str, dict[str, Any]]:
    wanted = {_application_of(*fact) for fact in facts} - {""}
    found = db.execute(select(log_streams).where(log_streams.c.application.in_(sorted(wanted)))).mappings()
    return {row["application"]: dict(row) for row in found}


def _application_of(recorded: RecordedEvent, event: Event) -> str:
    """The application an event is about: its own stream's, or the one that a note names."""
    if recorded.stream.startswith(e.STREAM):
        return recorded.stream.removeprefix(e.STREAM)
    return str(getattr(event, "application", ""))


def _opened(db: Connection, event: e.Opened) -> dict[str, Any]:
    row: dict[str, Any] = {
        "application": event.application_id,
        "number": event.number,
        "unit": event.lead_unit,
        "unit_name": event.unit_name,
        "call": event.call,
        "definition": event.definition_digest,
        "direction": event.direction,
        "region": event.region,
        "sealed": 0,
    }
    db.execute(insert(log_streams), row)
    return row


def _row(recorded: RecordedEvent, event: Event, application: str, about: Mapping[str, Any] | None) -> dict[str, Any]:
    unit, call, region = _place(recorded, event) if about is None else (about["unit"], about["call"], about["region"])
    return {
        "position": recorded.position,
        "stream": recorded.stream,
        "version": recorded.version,
        "kind": kind_of(recorded.stream),
        "type": recorded.type,
        "actor": actor_for(recorded, AUDITOR),
        "at": recorded.recorded_at,
        "application": application,
        "unit": unit,
        "call": call,
        "region": region,
        "city": region[:4],
        "words": " ".join(_said(event))[:_LONGEST].lower(),
        "shown": 1 if about is None else about["sealed"],
    }


def _place(recorded: RecordedEvent, event: Event) -> tuple[str, str, str]:
    """Unit, call and region of what is no application's."""
    match event:
        case UnitRegistered(code=code, county=county):
            return code, "", county
        case BureauRegistered(region=region):
            return "", "", region
        case _:
            kind, _, name = recorded.stream.partition("-")
            return name if kind == "unit" else "", str(getattr(event, "call", "")), ""


def _said(event: Event) -> Iterator[str]:
    """The plain words of an event: names, numbers, reasons, opinions; digests and what is personal left out."""
    for field in fields(cast("Any", event)):
        if field.name not in _UNSAID:
            yield from _words(getattr(event, field.name))


def _words(value: object) -> Iterator[str]:
    match value:
        case str():
            if value and not value.startswith("sha256:") and len(value) != len(_DIGEST):
                yield value
        case Personal() | datetime() | None | bool():
            return
        case int():
            yield str(value)
        case tuple() | list():
            for each in cast("Sequence[object]", value):
                yield from _words(each)
        case _:
            return


_DIGEST = "0" * 64


def _show(db: Connection, application: str, waiting: Sequence[dict[str, Any]]) -> None:
    """It was sealed for the first time: from here on its whole history is there to be read."""
    db.execute(update(log_streams).where(log_streams.c.application == application).values(sealed=1))
    mine = (log_index.c.application == application, log_index.c.shown == 0)
    db.execute(update(log_index).where(*mine).values(shown=1))
    for row in waiting:
        if row["application"] == application:
            row["shown"] = 1


def _days(db: Connection, facts: Sequence[Fact]) -> None:
    """First and last position of each day: what an instant means as a position, whatever order the clocks were in."""
    found: dict[int, tuple[int, int]] = {}
    for recorded, _ in facts:
        day, at = day_of(recorded.recorded_at), recorded.position
        first, last = found.get(day, (at, at))
        found[day] = (min(first, at), max(last, at))
    known = {
        day: (first, last) for day, first, last in db.execute(select(log_days).where(log_days.c.day.in_(list(found))))
    }
    for day, (first, last) in found.items():
        if day in known:
            db.execute(update(log_days).where(log_days.c.day == day).values(last=max(last, known[day][1])))
        else:
            db.execute(insert(log_days).values(day=day, first=first, last=last))
