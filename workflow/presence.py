"""Who is writing in which draft just now. A moment, not a fact: never an event, never in a history, gone by itself.

One row a person and draft. Who may be told of it is asked by the pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Connection, MetaData, Table, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.event import microseconds
from workflow.schema import BIG, CODE

GONE_AFTER = timedelta(seconds=90)

presence = Table(
    "presence",
    MetaData(),
    Column("application", CODE, primary_key=True),
    Column("person", CODE, primary_key=True),
    Column("section", CODE, nullable=False),
    Column("seen_at", BIG, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody in a draft; *section* is the one they have open."""

    person: str
    section: str


def seen(db: Connection, application: str, person: str, section: str, now: datetime) -> None:
    """*person* has *section* open at *now*. Whoever has gone is forgotten on the way."""
    old, late = _bounds(now)
    db.execute(delete(presence).where(or_(presence.c.seen_at <= old, presence.c.seen_at >= late)))
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    row = {"application": application, "person": person, "section": section, "seen_at": microseconds(now)}
    db.execute(
        insert(presence)
        .values(row)
        .on_conflict_do_update(
            index_elements=["application", "person"], set_={"section": section, "seen_at": row["seen_at"]}
        )
    )


def others(db: Connection, application: str, person: str, now: datetime) -> Sequence[Present]:
    """Who else is there, by id, in the order they came last."""
    old, late = _bounds(now)
    there = (presence.c.application == application) & (presence.c.person != person)
    fresh = (presence.c.seen_at > old) & (presence.c.seen_at < late)
    query = select(presence.c.person, presence.c.section).where(there, fresh).order_by(presence.c.seen_at.desc())
    return [Present(who, section) for who, section in db.execute(query)]


def _bounds(now: datetime) -> tuple[int, int]:
    """A clock that was set back must not keep anybody there for hours."""
    return microseconds(now - GONE_AFTER), microseconds(now + GONE_AFTER)
