"""What became of parcels: an endpoint's, newest first, one with every attempt, and how many are in which state. Reads only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, literal_column, select, tuple_

from eventstore.event import instant_of
from webhooks.records import live
from webhooks.schema import parcel_attempts, parcels

PAGE = 50
_PLANNED, _DEAD = (parcels.c.state == literal_column(f"'{state}'") for state in ("planned", "dead"))
"""Written out, not bound: only so does SQLite find the index that holds these parcels alone."""
STATES = ("planned", "leased", "sent", "dead", "suppressed")
_CURSOR = re.compile(r"([0-9]{1,18})\.(msg_[0-9a-f]{32})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A parcel as people see it. *payload* is the very text that is signed and sent."""

    id: str
    endpoint: str
    event_id: str
    position: int
    type: str
    application: str
    payload: str
    state: str
    reason: str
    due_at: datetime
    attempts: int
    replays: int
    created_at: datetime
    finished_at: datetime | None
    last_code: int | None
    last_error: str

    @property
    def cursor(self) -> str:
        """Where a page that ends here goes on."""
        return f"{self.position}.{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One try to deliver it, with both heads and the beginning of what was said."""

    n: int
    ended_at: datetime
    took_ms: int
    outcome: str
    code: int | None
    asked: str
    answered: str
    said: str


_SHOWN = tuple(parcels.c[name] for name in Shown.__dataclass_fields__)
_TRIED = tuple(parcel_attempts.c[name] for name in Tried.__dataclass_fields__)


def of_endpoint(db: Connection, endpoint: str, state: str = "", after: str = "", limit: int = PAGE) -> list[Shown]:
    """Newest first; *after* is the cursor of the last one seen."""
    query = select(*_SHOWN).where(parcels.c.endpoint == endpoint)
    if state:
        query = query.where(parcels.c.state == state)
    cursor = _CURSOR.fullmatch(after)
    if cursor:
        query = query.where(tuple_(parcels.c.position, parcels.c.id) < (int(cursor[1]), cursor[2]))
    query = query.order_by(parcels.c.position.desc(), parcels.c.id.desc()).limit(limit)
    return [_shown(row) for row in db.execute(query).mappings()]


def one(db: Connection, endpoint: str, parcel: str) -> Shown | None:
    query = select(*_SHOWN).where(parcels.c.endpoint == endpoint, parcels.c.id == parcel)
    row = db.execute(query).mappings().first()
    return None if row is None else _shown(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caused:
    """A parcel that one event caused: to which endpoint, on whose behalf, and what became of it. *kind*: webhook, wecom, …"""

    id: str
    endpoint: str
    name: str
    owner: str
    kind: str
    state: str
    reason: str


def caused_by(db: Connection, position: int) -> list[Caused]:
    """The parcels of the event at *position*, by endpoint; each is told because its owner may see what the event is about."""
    ends = live()
    columns = (
        parcels.c.id,
        parcels.c.endpoint,
        ends.c.name,
        ends.c.owner,
        ends.c.kind,
        parcels.c.state,
        parcels.c.reason,
    )
    mine = (parcels.c.endpoint == ends.c.id, parcels.c.position == position)
    found = db.execute(select(*columns).where(*mine).order_by(ends.c.name, parcels.c.id))
    return [Caused(**row) for row in found.mappings()]


def attempts(db: Connection, parcel: str) -> list[Tried]:
    """Every try that is still kept, oldest first."""
    query = select(*_TRIED).where(parcel_attempts.c.parcel == parcel).order_by(parcel_attempts.c.n)
    return [_tried(row) for row in db.execute(query).mappings()]


def last_code(db: Connection, endpoint: str) -> int | None:
    """What *endpoint* answered to the newest try, 0 where nobody answered; None where no try is kept."""
    of_it = parcel_attempts.join(parcels, parcels.c.id == parcel_attempts.c.parcel)
    query = select(parcel_attempts.c.code).select_from(of_it).where(parcels.c.endpoint == endpoint)
    row = db.execute(query.order_by(parcel_attempts.c.ended_at.desc()).limit(1)).first()
    return None if row is None else row[0] or 0


def counts(db: Connection, endpoint: str = "") -> dict[str, int]:
    """How many parcels are in each state; what an operator looks at first."""
    query = select(parcels.c.state, func.count()).group_by(parcels.c.state).order_by(parcels.c.state)
    if endpoint:
        query = query.where(parcels.c.endpoint == endpoint)
    return {str(state): int(count) for state, count in db.execute(query)}


def given_up(db: Connection) -> dict[str, int]:
    """Endpoint to how many parcels of it are dead."""
    query = select(parcels.c.endpoint, func.count()).where(_DEAD).group_by(parcels.c.endpoint)
    return {str(endpoint): int(count) for endpoint, count in db.execute(query)}


def queued(db: Connection) -> dict[str, int]:
    """Endpoint to how many parcels of it wait."""
    query = select(parcels.c.endpoint, func.count()).where(_PLANNED).group_by(parcels.c.endpoint)
    return {str(endpoint): int(count) for endpoint, count in db.execute(query)}


def oldest_due(db: Connection) -> datetime | None:
    """Since when the parcel waits that is due for the longest; None when nothing waits."""
    at = db.execute(select(func.min(parcels.c.due_at)).where(_PLANNED)).scalar()
    return None if at is None else instant_of(at)


def waiting(db: Connection) -> tuple[int, datetime | None]:
    """How many parcels are planned, and `oldest_due`; from the index that holds them alone."""
    due = parcels.c.due_at
    many, oldest = db.execute(select(func.count(due), func.min(due)).where(_PLANNED)).one()
    return many, None if oldest is None else instant_of(oldest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Parcels given up alike: *reason* the house's own word, *code* what the endpoint answered, 0 where it did not."""

    reason: str
    code: int
    parcels: int


def causes(db: Connection) -> list[Cause]:
    """Why parcels were given up, the most frequent cause first."""
    c, count = parcels.c, func.count()
    query = select(c.reason, c.last_code, count).where(_DEAD).group_by(c.reason, c.last_code)
    found = db.execute(query.order_by(count.desc(), c.reason, c.last_code))
    return [Cause(reason=reason, code=int(code or 0), parcels=int(many)) for reason, code, many in found]


def _tried(row: Mapping[Any, Any]) -> Tried:
    values: dict[str, Any] = {name: row[name] for name in Tried.__dataclass_fields__}
    values["ended_at"] = instant_of(values["ended_at"])
    return Tried(**values)


def _shown(row: Mapping[Any, Any]) -> Shown:
    values: dict[str, Any] = {name: row[name] for name in Shown.__dataclass_fields__}
    for name in ("due_at", "created_at", "finished_at"):
        values[name] = None if values[name] is None else instant_of(values[name])
    return Shown(**values)
