"""The rows of parcels: planned once per event and endpoint, claimed under a lease, settled by whoever holds the lease.

The rows are the truth about what is due; wake-ups only hurry them. Every function works in the transaction it is handed. A
lease that ran out is simply due again: the receiver knows a parcel that comes twice by its `webhook-id`.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.expression import ColumnElement

from eventstore.event import microseconds
from eventstore.outgoing import RESTORED
from eventstore.refusal import Busy
from webhooks.schema import parcel_attempts, parcels

LEASE = timedelta(seconds=60)
SAID_KEPT = 2048
LOOKED_AT = 8
"""How many due rows are looked at for each that is wanted, so that one endpoint's pile hides no other's."""


class Outcome(StrEnum):
    """How an attempt ended. *untouched* was not tried, *suppressed* is kept back and can be replayed."""

    SENT = "sent"
    LATER = "later"
    DEAD = "dead"
    SUPPRESSED = "suppressed"
    UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A parcel due. With a *reason* it is recorded and kept back."""

    id: str
    endpoint: str
    event_id: str
    position: int
    type: str
    application: str
    call: str
    programme: str
    payload: str
    trace: str
    due_at: datetime
    created_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A parcel leased to us until its lease runs out."""

    id: str
    token: str
    endpoint: str
    type: str
    application: str
    call: str
    programme: str
    payload: str
    trace: str
    position: int
    attempts: int
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one attempt; *wait* before there is another. *asked*, *answered*: heads, with secrets masked."""

    outcome: Outcome
    code: int | None = None
    said: str = ""
    reason: str = ""
    wait: timedelta = timedelta()
    asked: str = ""
    answered: str = ""
    took_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """What a claim minds: endpoints that rest, those whose applications go in order, and how many at once to each.

    *probing*: one at a time asks whether it is well again. *together*: robots, whose parcels go *at_most* in one message, and
    one message at a time.
    """

    resting: Collection[str] = ()
    ordered: Collection[str] = ()
    probing: Collection[str] = ()
    together: Collection[str] = ()
    at_once: int = 4
    at_most: int = 20

    def room(self, endpoint: str) -> int:
        if endpoint in self.together:
            return self.at_most
        return 1 if endpoint in self.probing else self.at_once

    def is_full(self, endpoint: str, leased: int) -> bool:
        return leased > 0 if endpoint in self.together else leased >= self.room(endpoint)


def id_of(event_id: str, endpoint: str) -> str:
    """The `webhook-id`: the same for the same event and endpoint, for ever, even when the row is long gone."""
    return "msg_" + hashlib.sha256(f"{event_id} {endpoint}".encode()).hexdigest()[:32]


def plan(db: Connection, due: Sequence[Planned]) -> None:
    """Write the parcels that are not there yet."""
    if not due:
        return
    dialect = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    unless_there = dialect(parcels).on_conflict_do_nothing(index_elements=["id"])
    db.execute(unless_there, [_row(one) for one in due])


def _row(one: Planned) -> dict[str, Any]:
    return {
        "id": one.id,
        "endpoint": one.endpoint,
        "event_id": one.event_id,
        "position": one.position,
        "type": one.type,
        "application": one.application,
        "call": one.call,
        "programme": one.programme,
        "payload": one.payload,
        "trace": one.trace,
        "state": "suppressed" if one.reason else "planned",
        "reason": one.reason,
        "due_at": microseconds(one.due_at),
        "created_at": microseconds(one.created_at),
    }


_CLAIMED = (
    parcels.c.id,
    parcels.c.endpoint,
    parcels.c.type,
    parcels.c.application,
    parcels.c.call,
    parcels.c.programme,
    parcels.c.payload,
    parcels.c.trace,
    parcels.c.position,
    parcels.c.attempts,
    parcels.c.tries,
)


def claim(db: Connection, now: datetime, limit: int, lanes: Lanes) -> list[Claimed]:
    """Lease up to *limit* parcels that are due, no more than *at_once* of one endpoint. Commit before any network is touched."""
    leased = in_flight(db)
    full = [endpoint for endpoint, count in leased.items() if lanes.is_full(endpoint, count)]
    due = (
        select(parcels.c.id, parcels.c.endpoint)
        .where(parcels.c.state == "planned", parcels.c.due_at <= microseconds(now))
        .where(parcels.c.endpoint.not_in([*lanes.resting, *full]), *_in_order(lanes.ordered))
        .order_by(parcels.c.due_at, parcels.c.id)
        .limit(limit * LOOKED_AT)
        .with_for_update(skip_locked=True)  # SQLite leaves this out; there the transaction is the lock
    )
    chosen: list[str] = []
    for id_, endpoint in db.execute(due):
        if len(chosen) < limit and leased[endpoint] < lanes.room(endpoint):
            leased[endpoint] += 1
            chosen.append(id_)
    if not chosen:
        return []
    token = uuid4().hex
    lease = {"state": "leased", "lease_token": token, "lease_until": microseconds(now + LEASE)}
    taken = update(parcels).where(parcels.c.id.in_(chosen)).values(lease).returning(*_CLAIMED)
    found = [_claimed(row, token) for row in db.execute(taken).mappings()]
    return sorted(found, key=lambda one: (one.position, one.id))


def in_flight(db: Connection) -> "Counter[str]":
    """How many of each endpoint are leased at the moment, by whatever process."""
    query = select(parcels.c.endpoint, func.count()).where(parcels.c.state == "leased").group_by(parcels.c.endpoint)
    found: Counter[str] = Counter()
    for endpoint, count in db.execute(query):
        found[endpoint] = count
    return found


def _in_order(ordered: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """Of an ordered endpoint only the earliest of each application; what is dead or kept back holds up nobody."""
    if not ordered:
        return ()
    earlier = parcels.alias("earlier")
    waits = exists().where(
        earlier.c.endpoint == parcels.c.endpoint,
        earlier.c.application == parcels.c.application,
        earlier.c.position < parcels.c.position,
        earlier.c.state.in_(("planned", "leased")),
    )
    return (or_(parcels.c.endpoint.not_in(ordered), ~waits),)


def _claimed(row: Mapping[Any, Any], token: str) -> Claimed:
    return Claimed(**{column.name: row[column] for column in _CLAIMED}, token=token)


def settle(db: Connection, ended: Sequence[tuple[Claimed, Verdict]], now: datetime) -> list[Claimed]:
    """Write what became of the attempts and give the leases back; answers those that were still ours to write."""
    changed: list[dict[str, Any]] = []
    noted: list[dict[str, Any]] = []
    held = _still_held(db, [parcel for parcel, _ in ended])
    for parcel, verdict in ended:
        if held.get(parcel.id) != parcel.token:
            continue
        after = {"last_code": verdict.code, **_after(parcel, verdict, now)}
        changed.append({"at_id": parcel.id, **{f"to_{name}": value for name, value in after.items()}})
        if verdict.outcome not in (Outcome.UNTOUCHED, Outcome.SUPPRESSED) or verdict.asked:
            noted.append(_attempt(parcel, verdict, now))
    if changed:
        values: dict[str, Any] = {name[3:]: bindparam(name) for name in changed[0] if name.startswith("to_")}
        values |= {"lease_token": None, "lease_until": None}
        db.execute(update(parcels).where(parcels.c.id == bindparam("at_id")).values(values), changed)
    if noted:
        db.execute(insert(parcel_attempts), noted)
    return [parcel for parcel, _ in ended if held.get(parcel.id) == parcel.token]


def _still_held(db: Connection, ours: Sequence[Claimed]) -> dict[str, str]:
    ids = sorted(parcel.id for parcel in ours)
    query = select(parcels.c.id, parcels.c.lease_token).where(parcels.c.id.in_(ids), parcels.c.state == "leased")
    return {id_: token or "" for id_, token in db.execute(query.order_by(parcels.c.id).with_for_update())}


def _after(parcel: Claimed, verdict: Verdict, now: datetime) -> dict[str, Any]:
    tried = verdict.outcome not in (Outcome.UNTOUCHED, Outcome.SUPPRESSED)
    again = verdict.outcome in (Outcome.LATER, Outcome.UNTOUCHED)
    return {
        "state": "planned" if again else verdict.outcome.value,
        "reason": verdict.reason,
        "due_at": microseconds(now + verdict.wait),
        "attempts": parcel.attempts + tried,
        "tries": parcel.tries + tried,
        "finished_at": None if again else microseconds(now),
        "last_error": "" if verdict.outcome is Outcome.SENT else verdict.said[:SAID_KEPT],
    }


def _attempt(parcel: Claimed, verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "parcel": parcel.id,
        "n": parcel.attempts + 1,
        "ended_at": microseconds(now),
        "took_ms": verdict.took_ms,
        "outcome": verdict.outcome.value,
        "code": verdict.code,
        "asked": verdict.asked[:SAID_KEPT],
        "answered": verdict.answered[:SAID_KEPT],
        "said": verdict.said[:SAID_KEPT],
    }


def of_before(position: int) -> tuple[ColumnElement[bool], ...]:
    """Parcels of events up to *position* that have not left, or not so that anybody knew."""
    return parcels.c.state.in_(("planned", "leased")), parcels.c.position <= position


def withhold(db: Connection, position: int, now: datetime) -> int:
    """Keep back what `of_before` finds; it can be replayed. Answers how many. Raises Busy while some of it is leaving."""
    mine = of_before(position)
    leaving = select(parcels.c.id).where(*mine, parcels.c.state == "leased", parcels.c.lease_until >= microseconds(now))
    if db.execute(leaving.limit(1)).first():
        raise Busy("a parcel of before is leaving", retry_after_s=LEASE.seconds)
    kept = {"state": "suppressed", "reason": RESTORED, "lease_token": None, "lease_until": None}
    return db.execute(update(parcels).where(*mine).values(kept)).rowcount


def recover(db: Connection, now: datetime) -> int:
    """Whatever was leased to a process that went away is due again; answers how many."""
    lost = and_(parcels.c.state == "leased", parcels.c.lease_until < microseconds(now))
    again = {"state": "planned", "lease_token": None, "lease_until": None}
    return db.execute(update(parcels).where(lost).values(again)).rowcount


def forget(db: Connection, now: datetime, attempts_after: timedelta, parcels_after: timedelta) -> int:
    """Clear away old attempts and what arrived long ago; answers how many rows. The dead stay until they are replayed."""
    old = delete(parcel_attempts).where(parcel_attempts.c.ended_at < microseconds(now - attempts_after))
    count = db.execute(old).rowcount
    done = and_(parcels.c.state.in_(("sent", "suppressed")), parcels.c.due_at < microseconds(now - parcels_after))
    gone = select(parcels.c.id).where(done)
    db.execute(delete(parcel_attempts).where(parcel_attempts.c.parcel.in_(gone)))
    return count + db.execute(delete(parcels).where(done)).rowcount
