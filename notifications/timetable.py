"""The rows of reminders: brought in line with what stands, taken when they are due. In the transaction that is handed in.

A reminder that has rung stays, so that nobody is reminded twice of one deadline and a body's files can be counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from eventstore.event import RecordedEvent, instant_of, microseconds
from notifications.reminders import Awaited, Reminder, Rule
from notifications.schema import reminders


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A reminder whose time has come, and the event that planned it."""

    key: str
    application_id: str
    awaited: Awaited
    due: datetime
    event_id: str
    event_type: str


def keep(db: Connection, application_id: str, wanted: Sequence[Reminder], latest: RecordedEvent) -> None:
    """Let *wanted*, and nothing else, stand for this application after its event *latest*.

    What would have been due before that event does not ring: its own letter has just said so.
    """
    query = select(reminders.c.key, reminders.c.deadline, reminders.c.state)
    standing = {
        str(key): (int(deadline), str(state))
        for key, deadline, state in db.execute(query.where(reminders.c.application_id == application_id))
    }
    keys = {one.key(application_id): one for one in wanted}
    gone = [key for key, (_, state) in standing.items() if key not in keys and state != "cancelled"]
    if gone:
        db.execute(update(reminders).where(reminders.c.key.in_(gone)).values(state="cancelled"))
    fresh: list[dict[str, Any]] = []
    for key, one in keys.items():
        deadline = microseconds(one.awaited.deadline)
        before, state = standing.get(key, (None, ""))
        if before == deadline and state != "cancelled":
            continue
        row = _row(key, application_id, one, latest)
        if before is None:
            fresh.append(row)
        else:
            db.execute(update(reminders).where(reminders.c.key == key).values(row))
    if fresh:
        db.execute(insert(reminders), fresh)


def _row(key: str, application_id: str, one: Reminder, latest: RecordedEvent) -> dict[str, Any]:
    return {
        "key": key,
        "application_id": application_id,
        "rule": one.awaited.rule.value,
        "subject": one.awaited.subject,
        "days": one.days,
        "deadline": microseconds(one.awaited.deadline),
        "due_at": microseconds(one.due),
        "state": "waiting" if one.due > latest.instant else "passed",
        "event_id": str(latest.event_id),
        "event_type": latest.type,
    }


def is_due(db: Connection, now: datetime) -> bool:
    """Whether any reminder's time has come."""
    c = reminders.c
    return (
        db.execute(select(c.key).where(c.state == "waiting", c.due_at <= microseconds(now)).limit(1)).first()
        is not None
    )


def due(db: Connection, now: datetime, limit: int) -> list[Due]:
    """Up to *limit* reminders whose time has come, held until the transaction ends; what others hold is skipped."""
    c = reminders.c
    query = (
        select(c.key, c.application_id, c.rule, c.subject, c.deadline, c.due_at, c.event_id, c.event_type)
        .where(c.state == "waiting", c.due_at <= microseconds(now))
        .order_by(c.due_at, c.key)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [
        Due(
            key=key,
            application_id=application,
            awaited=Awaited(rule=Rule(rule), subject=subject, deadline=instant_of(deadline)),
            due=instant_of(due_at),
            event_id=event_id,
            event_type=event_type,
        )
        for key, application, rule, subject, deadline, due_at, event_id, event_type in db.execute(query)
    ]


def mark(db: Connection, keys: Sequence[str], state: str) -> None:
    """Say what became of reminders that were due: rung, passed or cancelled."""
    if keys:
        db.execute(update(reminders).where(reminders.c.key.in_(keys)).values(state=state))


def held_by(db: Connection, body: str, deadline: datetime) -> int:
    """How many files *body* still has in its hands that are due by *deadline*."""
    c = reminders.c
    mine = (
        c.rule == Rule.HOLDING.value,
        c.subject == body,
        c.state != "cancelled",
        c.deadline <= microseconds(deadline),
    )
    return db.scalar(select(func.count(c.application_id.distinct())).where(*mine)) or 0


def waiting(db: Connection, application_id: str) -> list[tuple[str, datetime, datetime]]:
    """Of one application what will still ring: rule, when, and before which deadline."""
    c = reminders.c
    query = select(c.rule, c.due_at, c.deadline).where(c.application_id == application_id, c.state == "waiting")
    return [(rule, instant_of(at), instant_of(until)) for rule, at, until in db.execute(query.order_by(c.due_at))]
