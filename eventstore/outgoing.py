"""Whether anything may leave this house: after a restore nothing does, until somebody has looked and said so.

A restored database does not know what was sent after the backup. One row says since when everything is held, up to which event
there was anything then, and whether it was released. It knows no letter and no parcel: whoever sends asks in the transaction
in which it claims.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.event import instant_of, microseconds
from eventstore.schema import events, outgoing

RESTORED = "restored"
"""Why things are held, and why what may have left before is kept back: a backup does not know what left after it was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Nothing leaves since *since*. Events up to *position* were there then: what came of them may have left before."""

    since: datetime
    position: int
    because: str
    by: str


def held(db: Connection) -> Hold | None:
    """None when things may leave."""
    c = outgoing.c
    query = select(c.since, c.position, c.because, c.held_by).where(c.id == 1, c.released_at.is_(None))
    row = db.execute(query).first()
    if row is None:
        return None
    since, position, because, by = row
    return Hold(since=instant_of(since), position=position, because=because, by=by)


def hold(db: Connection, now: datetime, because: str, by: str, outside: int = 0) -> Hold:
    """Let nothing leave from now on; a hold that stands stays as it is.

    *outside*: what a head that showed it was needed is known by; it is remembered until another shows it, whoever held first. A
    hold that came with the backup gives way to this one: what happened after it may have left as well.
    """
    answered = {"outside": outside} if outside else {}
    standing = held(db)
    if standing is not None and not answered:
        return standing
    made = Hold(since=now, position=db.scalar(select(func.max(events.c.position))) or 0, because=because, by=by)
    row = {"since": microseconds(now), "position": made.position, "because": because, "held_by": by}
    row |= {"released_at": None, "released_by": "", **answered}
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    db.execute(insert(outgoing).values(id=1, **row).on_conflict_do_update(index_elements=["id"], set_=row))
    return made


def shown_by(db: Connection, outside: int) -> bool:
    """Whether a head known by that, longer than the log or not ours, has been answered by a hold before, released or not."""
    return db.scalar(select(outgoing.c.outside).where(outgoing.c.id == 1)) == outside


def release(db: Connection, now: datetime, by: str) -> Hold | None:
    """Let things leave again; answers what stood until now."""
    standing = held(db)
    freed = {"released_at": microseconds(now), "released_by": by}
    db.execute(update(outgoing).where(outgoing.c.id == 1, outgoing.c.released_at.is_(None)).values(freed))
    return standing
