"""Which recorded parcels of an endpoint are meant by a replay, how many they are, and how they become due once more."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select, update
from sqlalchemy.sql.expression import ColumnElement

from eventstore.event import microseconds
from webhooks.schema import parcels

REPLAYABLE = ("sent", "dead", "suppressed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which recorded parcels of an endpoint: by position, both included, or those named, or in one state. What is due already is not among them."""

    endpoint: str
    first: int = 0
    last: int = 2**62
    ids: tuple[str, ...] = ()
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> ColumnElement[bool]:
        found = and_(
            parcels.c.endpoint == self.endpoint,
            parcels.c.position.between(self.first, self.last),
            parcels.c.state.in_((self.state,) if self.state in REPLAYABLE else REPLAYABLE),
        )
        if self.ids:
            found = and_(found, parcels.c.id.in_(self.ids))
        if self.since is not None:
            found = and_(found, parcels.c.created_at >= microseconds(self.since))
        return found if self.until is None else and_(found, parcels.c.created_at <= microseconds(self.until))


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many parcels a stretch holds, and between which positions they lie."""

    count: int
    first: int
    last: int


def counted(db: Connection, stretch: Stretch) -> Count:
    at = parcels.c.position
    query = select(func.count(), func.min(at), func.max(at)).where(stretch.where())
    count, first, last = db.execute(query).one()
    return Count(count=count, first=first or 0, last=last or 0)


def replay(db: Connection, stretch: Stretch, now: datetime) -> int:
    """Let the parcels of *stretch* be due once more, with the same ids and bytes; answers how many."""
    again = {"state": "planned", "reason": "", "due_at": microseconds(now), "tries": 0, "finished_at": None}
    return db.execute(
        update(parcels).where(stretch.where()).values(again | {"replays": parcels.c.replays + 1})
    ).rowcount
