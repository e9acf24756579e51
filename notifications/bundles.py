"""Letters that wait for each other and leave as one: of a batch, an hour, a day, a night. In the transaction handed in.

A part is a letter's row that is not sent by itself; its bundle says when they leave. One that stayed alone leaves as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from eventstore.event import instant_of, microseconds
from notifications.cadence import BATCH_AT_MOST, Place
from notifications.schema import bundles, letters

TOGETHER = "in_digest"
"""Why a part is not sent by itself."""
_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A letter of a bundle: what the digest tells of it."""

    id: str
    event_id: str
    event_position: int
    event_type: str
    application_id: str
    kind: str
    audience: str
    because: str
    asks: str
    deadline: datetime | None
    name: str | None
    address: str | None
    language: str
    params: dict[str, Any]
    created_at: datetime
    trace: str


def bundle(db: Connection, recipient: str, place: Place, now: datetime) -> str:
    """The key of the open bundle a letter of *place* goes into; a batch waits a little longer for each that comes."""
    if place.due is None:
        raise ValueError("a bundle has a time")
    c = bundles.c
    newest = select(c.key, c.state, c.opened_at).where(c.base == place.base).order_by(c.opened_at.desc(), c.key.desc())
    found = db.execute(newest.with_for_update().limit(1)).first()
    if found is not None and found[1] == "open":
        due = min(place.due, instant_of(found[2]) + BATCH_AT_MOST) if place.base.startswith("batch:") else place.due
        db.execute(update(bundles).where(c.key == found[0]).values(due_at=microseconds(due)))
        return str(found[0])
    count = db.scalar(select(func.count()).where(c.base == place.base)) or 0
    key = f"{place.base}#{count + 1}"
    row = {"key": key, "base": place.base, "recipient": recipient}
    times = {"opened_at": microseconds(now), "due_at": microseconds(place.due)}
    db.execute(insert(bundles).values({**row, **times}))
    return key


def is_due(db: Connection, now: datetime) -> bool:
    """Whether any bundle's time has come."""
    c = bundles.c
    return (
        db.execute(select(c.key).where(c.state == "open", c.due_at <= microseconds(now)).limit(1)).first() is not None
    )


def due(db: Connection, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Key and recipient of bundles whose time has come, closed by this very question."""
    c = bundles.c
    query = select(c.key, c.recipient).where(c.state == "open", c.due_at <= microseconds(now)).order_by(c.due_at, c.key)
    found = [(key, recipient) for key, recipient in db.execute(query.limit(limit).with_for_update(skip_locked=True))]
    if found:
        db.execute(update(bundles).where(c.key.in_([key for key, _ in found])).values(state="closed"))
    return found


def parts(db: Connection, key: str) -> list[Part]:
    """The letters of a bundle, oldest first."""
    columns = [letters.c[name] for name in Part.__dataclass_fields__]
    query = select(*columns).where(letters.c.bundle == key, letters.c.reason == TOGETHER)
    rows = db.execute(query.order_by(letters.c.event_position, letters.c.id))
    return [_part(dict(zip(Part.__dataclass_fields__, row, strict=True))) for row in rows]


def _part(values: dict[str, Any]) -> Part:
    deadline: int | None = values["deadline"]
    read: dict[str, Any] = {
        "deadline": None if deadline is None else instant_of(deadline),
        "params": _DECODE(values["params"]),
        "created_at": instant_of(values["created_at"]),
    }
    return Part(**{**values, **read})


def waits() -> ColumnElement[bool]:
    """That a letter is a part of a bundle that has not closed yet."""
    still_open = select(bundles.c.key).where(bundles.c.state == "open")
    return and_(letters.c.reason == TOGETHER, letters.c.bundle.in_(still_open))


def send_alone(db: Connection, letter_id: str, now: datetime) -> None:
    """The one that nobody joined leaves as the letter it is."""
    mine = (letters.c.id == letter_id, letters.c.address.is_not(None))
    db.execute(update(letters).where(*mine).values(state="planned", reason="", bundle="", due_at=microseconds(now)))


def kinds_of(db: Connection, key: str) -> Sequence[str]:
    """The kinds of letter that came together in a bundle."""
    query = select(letters.c.kind).where(letters.c.bundle == key, letters.c.reason == TOGETHER).distinct()
    return list(db.execute(query.order_by(letters.c.kind)).scalars())


def batches_open(db: Connection) -> int:
    """How many batches still wait for more of their kind; an hour or a day is not waited for."""
    query = select(func.count()).where(bundles.c.state == "open", bundles.c.base.like("batch:%"))
    return db.scalar(query) or 0


def forget(db: Connection, recipient: str) -> None:
    """Whoever is erased has no bundle any more."""
    db.execute(delete(bundles).where(bundles.c.recipient == recipient))
