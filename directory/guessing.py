"""How often somebody may try: counted in the database, so that no restart forgets and no second server counts apart.

A try is counted before it is judged, and one that succeeds is taken back: of many at once none slips through. Where the
database is away nobody gets in. Closed doors open by themselves; whoever keeps knocking closes them for longer, at most
for an hour and twenty minutes, and no stranger closes a door for good: the link by mail has a door of its own.
Doors stand one behind the other, the knocker's own first: one address that is turned away closes nothing to the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from directory.schema import tries
from eventstore.event import instant_of, microseconds
from eventstore.refusal import Refusal, Refused

_MINUTES_5, _HOUR, _DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
_MOST_DOUBLINGS = 4
_SAME_NETWORK = 64


class TooManyTries(Refused):
    """The door is closed for a while. `retry_after_s` says for how many seconds."""

    def __init__(self, wait: timedelta) -> None:
        self.retry_after_s = max(1, -int(-wait.total_seconds() // 1))
        super().__init__(Refusal.of("TOO_MANY_TRIES", seconds=self.retry_after_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """*most* tries *within* so long. *grows*: each time it is passed the door stays closed twice as long as before.
    *forgets*: whoever is let in leaves no failure of before behind; at other doors only the good try is taken back."""

    door: str
    most: int
    within: timedelta
    grows: bool = False
    forgets: bool = False


PASSWORD_ACCOUNT = Limit(door="password.account", most=10, within=_MINUTES_5, grows=True, forgets=True)
PASSWORD_ADDRESS = Limit(door="password.address", most=10, within=_MINUTES_5, grows=True)
PASSWORD_ALL = Limit(door="password.all", most=1000, within=_MINUTES_5)
SECOND = (
    Limit(door="second.minutes", most=5, within=_MINUTES_5, grows=True, forgets=True),
    Limit(door="second.hour", most=20, within=_HOUR),
    Limit(door="second.day", most=50, within=_DAY),
)
LINK_ADDRESS = Limit(door="link.address", most=10, within=_MINUTES_5)
LINK_USE_ADDRESS = Limit(door="link.use", most=30, within=_MINUTES_5)
PASSKEY_ADDRESS = Limit(door="passkey.address", most=30, within=_MINUTES_5)
LINK_ALL = Limit(door="link.all", most=1000, within=_MINUTES_5)
"""The figures of PyPI (warehouse, config.py): ten in five minutes for an account and for an address, a thousand for all;
second factors five in five minutes, twenty an hour, fifty a day."""
LONGEST = _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a door remembers of one key: tries since the window began, how often it was closed, and until when it is."""

    tried: int
    since: datetime
    closings: int = 0
    until: datetime | None = None


Knock = tuple[Limit, bytes]


def after(tally: Tally | None, limit: Limit, now: datetime) -> tuple[Tally, timedelta | None]:
    """The tally after one more try, and how long to wait where it was one too many. Pure.

    Who knocks at a closed door changes nothing: it opens when it was going to.
    """
    if tally is None:
        return Tally(tried=1, since=now), None
    if tally.until is not None and now < tally.until:
        return tally, tally.until - now
    if now - tally.since >= limit.within:
        calm = now - (tally.until or tally.since) >= _DAY
        return Tally(tried=1, since=now, closings=0 if calm else tally.closings), None
    if tally.tried < limit.most:
        return replace(tally, tried=tally.tried + 1), None
    wait = (
        limit.within * 2 ** min(tally.closings, _MOST_DOUBLINGS) if limit.grows else limit.within - (now - tally.since)
    )
    closed = Tally(tried=tally.tried, since=now - limit.within, closings=tally.closings + limit.grows, until=now + wait)
    return closed, wait


def knock(db: Connection, knocks: Sequence[Knock], now: datetime) -> timedelta | None:
    """Count a try at each of *knocks* in turn; how long to wait at the first door that is closed, None where none is.

    Doors behind a closed one never hear of the try. Commit before the try is judged.
    """
    waits = (_counted(db, limit, key, now) for limit, key in knocks)
    return next((wait for wait in waits if wait is not None), None)


def forgive(db: Connection, knocks: Sequence[Knock]) -> None:
    """The try was a good one: it counts for nothing, and where the door forgets neither does any before it."""
    for limit, key in knocks:
        mine = (tries.c.door == limit.door, tries.c.key == key)
        if limit.forgets:
            db.execute(delete(tries).where(*mine))
        else:
            db.execute(update(tries).where(*mine, tries.c.tried > 0).values(tried=tries.c.tried - 1))


def sweep(db: Connection, now: datetime) -> int:
    """Clear away what no limit asks about any more; answers how many."""
    old = tries.c.since < microseconds(now - 2 * LONGEST)
    return db.execute(delete(tries).where(old)).rowcount


def key_of(text: str) -> bytes:
    """A key that says nothing of what it is made of."""
    return sha256(text.encode("utf-8", "replace")).digest()


def key_of_address(address: str) -> bytes:
    """Of an IPv6 address its network counts: whoever has one has 2^64 of them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return key_of(f"address:{address}")
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return key_of(f"address:{parsed.ipv4_mapped}")
        return key_of(f"address:{int(parsed) >> _SAME_NETWORK:x}")
    return key_of(f"address:{parsed}")


ALL = key_of("all")


def _counted(db: Connection, limit: Limit, key: bytes, now: datetime) -> timedelta | None:
    """Locks the row of *key*: whoever tries at the same time waits for its turn."""
    c = tries.c
    empty = {"door": limit.door, "key": key, "tried": 0, "since": microseconds(now), "closings": 0, "until": None}
    made = postgresql.insert(tries) if db.dialect.name == "postgresql" else sqlite.insert(tries)
    db.execute(made.values(empty).on_conflict_do_nothing())
    mine = (c.door == limit.door, c.key == key)
    query = select(c.tried, c.since, c.closings, c.until).where(*mine).with_for_update()
    tried, since, closings, until = db.execute(query).one()
    found = Tally(
        tried=tried, since=instant_of(since), closings=closings, until=None if until is None else instant_of(until)
    )
    kept, wait = after(found if tried or closings else None, limit, now)
    values = {"tried": kept.tried, "since": microseconds(kept.since), "closings": kept.closings}
    values |= {"until": None if kept.until is None else microseconds(kept.until)}  # type: ignore[dict-item]
    if kept != found:
        db.execute(update(tries).where(*mine).values(**values))
    return wait
