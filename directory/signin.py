"""Signing in without a password: a one-time link by mail, then a session on the server.

Secrets are 256 random bits of which the database keeps the SHA-256. To look at a link never uses it up (mail scanners
look); only `use` does, once. Rights are read anew with every request, so what is taken back is gone at once.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, delete, extract, func, insert, null, select, update

from directory import schema
from directory.actor import Actor
from directory.policy import STEP_UP_MINUTES
from directory.projection import comparable
from directory.records import Badge, Directory, actor_of, badge_columns, badge_of, live, with_offices
from directory.schema import sessions, signin_links, waiting
from eventstore.clock import DatabaseClock
from eventstore.event import instant_of, microseconds
from eventstore.refusal import Refusal, Refused

LINK_LASTS = timedelta(minutes=30)
LINKS_AT_ONCE, LINKS_WITHIN = 5, timedelta(minutes=15)
IDLE, IDLE_OF_STAFF, LONGEST = timedelta(hours=2), timedelta(minutes=30), timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
WAITS_FOR = timedelta(minutes=10)
FRESH_FOR = timedelta(minutes=STEP_UP_MINUTES)
"""How long a second factor that was shown is good for a legal or money act (design A9; ASVS 5.0, 7.5.3)."""
_SECRET, _HANDLE, _AGENT = 32, 8, 200

Random = Callable[[int], bytes]


class Standing(StrEnum):
    """How a link stands, for the page that asks before it signs in."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as it goes into the letter. `secret` is nowhere else."""

    person: str
    secret: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as its owner sees it. `handle` names it and opens nothing; `method` is what it was opened with: link,
    password, passkey or outside; `proved_at` when a second factor was shown last, None where the person has none."""

    handle: str
    person: str
    agent: str
    opened_at: datetime
    seen_at: datetime
    method: str = "link"
    proved_at: datetime | None = None

    def stale_proof(self, now: datetime) -> bool:
        """Whether the person has a second factor and showed it too long ago for a legal or money act."""
        return self.proved_at is not None and now - self.proved_at > FRESH_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Signed in by half: the first factor was right, the second is still to come. Opens nothing."""

    person: str
    agent: str
    method: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a request comes from, and when. `stale`: `touch` the session, it was last noted a while ago."""

    actor: Actor
    badge: Badge
    session: Session
    at: datetime
    stale: bool


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def ask(db: Connection, email: str, now: datetime, random: Random = secrets.token_bytes) -> Link | None:
    """A link for whoever has this address; None when nobody has, with the same rows written and the same limits.

    The asker is told the same either way. Raises SIGNIN_LIMIT when the address was asked for too often.
    """
    address = digest(comparable(email.strip()) or "")
    made_at = signin_links.c.made_at > microseconds(now - LINKS_WITHIN)
    recent = select(func.count()).select_from(signin_links).where(signin_links.c.address == address, made_at)
    if db.execute(recent).scalar_one() >= LINKS_AT_ONCE:
        minutes = LINKS_WITHIN // timedelta(minutes=1)
        raise Refused(Refusal.of("SIGNIN_LIMIT", limit=LINKS_AT_ONCE, minutes=minutes))
    person = Directory(db).person_by_email(email)
    link = _link(db, person.id if person else None, address, now, LINK_LASTS, random)
    return link if person else None


def issue(
    db: Connection, person: str, now: datetime, lasts: timedelta = LINK_LASTS, random: Random = secrets.token_bytes
) -> Link:
    """A link for a person, without having been asked: for an invitation, or the demonstration's front page."""
    return _link(db, person, digest(f"person:{person}"), now, lasts, random)


def _link(db: Connection, person: str | None, address: bytes, now: datetime, lasts: timedelta, random: Random) -> Link:
    secret = random(_SECRET).hex()
    row = {"secret": digest(secret), "address": address, "person": person}
    times = {"made_at": microseconds(now), "expires_at": microseconds(now + lasts)}
    db.execute(insert(signin_links).values(row | times))
    return Link(person=person or "", secret=secret, expires_at=now + lasts)


def look(db: Connection, secret: str, now: datetime) -> Standing:
    """How the link stands. Changes nothing."""
    query = select(signin_links.c.used_at, signin_links.c.expires_at, signin_links.c.person)
    row = db.execute(query.where(signin_links.c.secret == digest(secret))).one_or_none()
    if row is None or row[2] is None:
        return Standing.UNKNOWN
    used_at, expires_at, _ = row
    if used_at is not None:
        return Standing.USED
    return Standing.OPEN if expires_at > microseconds(now) else Standing.EXPIRED


def use(db: Connection, secret: str, now: datetime) -> str:
    """Use the link up; answers the person. Of many at once one succeeds. Raises SIGNIN_LINK with how it stands."""
    links = signin_links.c
    at = microseconds(now)
    claim = update(signin_links).values(used_at=at).returning(links.person)
    claim = claim.where(links.secret == digest(secret), links.used_at.is_(None), links.expires_at > at)
    person = db.execute(claim.where(links.person.is_not(None))).scalar_one_or_none()
    if person is None:
        raise Refused(Refusal.of("SIGNIN_LINK", standing=look(db, secret, now).value))
    return str(person)


def open_session(
    db: Connection,
    person: str,
    now: datetime,
    agent: str = "",
    former: str = "",
    random: Random = secrets.token_bytes,
    *,
    method: str = "link",
    proved: bool = False,
) -> str:
    """A new session; answers its secret, for the cookie. *former*: the secret the browser came with, which ends.
    *proved*: a second factor was shown just now."""
    if former:
        close(db, former)
    secret, at = random(_SECRET).hex(), microseconds(now)
    row = {"secret": digest(secret), "handle": random(_HANDLE).hex(), "person": person, "agent": agent[:_AGENT]}
    times = {"opened_at": at, "seen_at": at, "proved_at": at if proved else None}
    db.execute(insert(sessions).values(row | times | {"method": method}))
    return secret


def wait(
    db: Connection,
    person: str,
    now: datetime,
    agent: str = "",
    former: str = "",
    random: Random = secrets.token_bytes,
    *,
    method: str = "link",
) -> str:
    """Remember that the first factor was right; answers the secret for the cookie. It opens nothing but the second step."""
    if former:
        close(db, former)
    secret = random(_SECRET).hex()
    row = {"secret": digest(secret), "person": person, "agent": agent[:_AGENT], "method": method}
    db.execute(insert(waiting).values(row | {"opened_at": microseconds(now)}))
    return secret


def waiting_for(db: Connection, secret: str, now: datetime) -> Waiting | None:
    """Who waits for the second step with this secret; None after ten minutes. Changes nothing."""
    since = waiting.c.opened_at > microseconds(now - WAITS_FOR)
    query = select(waiting.c.person, waiting.c.agent, waiting.c.method).where(waiting.c.secret == digest(secret), since)
    row = db.execute(query).one_or_none()
    return None if row is None else Waiting(person=row[0], agent=row[1], method=row[2])


def renew(db: Connection, secret: str, random: Random = secrets.token_bytes) -> str | None:
    """A new secret for the same session, for the cookie; None when it is no session any more."""
    fresh = random(_SECRET).hex()
    moved = update(sessions).where(sessions.c.secret == digest(secret)).values(secret=digest(fresh))
    return fresh if db.execute(moved).rowcount == 1 else None


def prove(db: Connection, handle: str, now: datetime) -> None:
    """Note that a second factor was shown in this session."""
    db.execute(update(sessions).where(sessions.c.handle == handle).values(proved_at=microseconds(now)))


def unprove(db: Connection, person: str) -> None:
    """The person has no second factor any more: there is nothing to be shown again."""
    db.execute(update(sessions).where(sessions.c.person == person).values(proved_at=None))


def signed_in(db: Connection, secret: str, now: datetime | None = None) -> SignedIn | None:
    """Who this session is, with the roles of this moment; None when it ended, was revoked, or never was.

    One statement, which tells the database's own time too unless *now* is given.
    """
    people, grants = live(schema.people), live(schema.grants)
    joined = with_offices(sessions.join(people, people.c.id == sessions.c.person))
    query = select(*_COLUMNS, people.c.id, people.c.name, grants.c.role, grants.c.scope, *badge_columns(), _time(db))
    query = query.select_from(joined).where(sessions.c.secret == digest(secret), people.c.erased.is_(False))
    rows: list[tuple[Any, ...]] = [tuple(row) for row in db.execute(query.order_by(grants.c.role, grants.c.scope))]
    actor, badge = actor_of(row[7:11] for row in rows), badge_of(row[11:16] for row in rows)
    if actor is None or badge is None:
        return None
    session, told = _session(*rows[0][:7]), rows[0][16]
    now = now or (DatabaseClock().now(db) if told is None else instant_of(told))
    idle = IDLE_OF_STAFF if actor.staff else IDLE
    if now - session.seen_at >= idle or now - session.opened_at >= LONGEST:
        return None
    return SignedIn(actor, badge, session, now, now - session.seen_at >= SEEN_EVERY)


def _time(db: Connection) -> ColumnElement[Any]:
    """The database's clock as a column, in microseconds; null on SQLite, whose clock costs no statement."""
    if db.dialect.name == "postgresql":
        return cast(extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
    return null()


def touch(db: Connection, handle: str, now: datetime) -> None:
    """Note that the session was used; needed only when `signed_in` says it is stale."""
    at = microseconds(now)
    db.execute(update(sessions).where(sessions.c.handle == handle, sessions.c.seen_at < at).values(seen_at=at))


def sessions_of(db: Connection, person: str) -> list[Session]:
    """The person's sessions, newest first."""
    query = select(*_COLUMNS).where(sessions.c.person == person).order_by(sessions.c.opened_at.desc())
    return [_session(*row) for row in db.execute(query)]


def close(db: Connection, secret: str) -> str:
    """Sign out; whose session it was, "" for nobody's."""
    ended: list[str] = []
    for table in (sessions, waiting):
        ended += db.execute(delete(table).where(table.c.secret == digest(secret)).returning(table.c.person)).scalars()
    return next(iter(ended), "")


def revoke(db: Connection, person: str, handle: str) -> bool:
    """End one session of the person; False when there is none of that handle."""
    theirs = (sessions.c.person == person, sessions.c.handle == handle)
    return db.execute(delete(sessions).where(*theirs)).rowcount == 1


def revoke_all(db: Connection, person: str) -> int:
    """End every session and every open link of the person; answers how many sessions."""
    db.execute(delete(signin_links).where(signin_links.c.person == person))
    return revoke_others(db, person)


def revoke_others(db: Connection, person: str, but: str = "") -> int:
    """End every session of the person except the one with this handle, and every sign-in that waits for its second step;
    answers how many sessions."""
    db.execute(delete(waiting).where(waiting.c.person == person))
    return db.execute(delete(sessions).where(sessions.c.person == person, sessions.c.handle != but)).rowcount


def sweep(db: Connection, now: datetime) -> int:
    """Clear away links and sessions that can never open anything again; answers how many."""
    old_links = signin_links.c.expires_at < microseconds(now - LINKS_WITHIN)
    old_sessions = sessions.c.opened_at <= microseconds(now - LONGEST)
    old_waits = waiting.c.opened_at <= microseconds(now - WAITS_FOR)
    old = ((signin_links, old_links), (sessions, old_sessions), (waiting, old_waits))
    return sum(db.execute(delete(table).where(where)).rowcount for table, where in old)


_COLUMNS = (
    sessions.c.handle,
    sessions.c.person,
    sessions.c.agent,
    sessions.c.opened_at,
    sessions.c.seen_at,
    sessions.c.method,
    sessions.c.proved_at,
)


def _session(
    handle: str, person: str, agent: str, opened_at: int, seen_at: int, method: str, proved_at: int | None
) -> Session:
    return Session(
        handle=handle,
        person=person,
        agent=agent,
        opened_at=instant_of(opened_at),
        seen_at=instant_of(seen_at),
        method=method,
        proved_at=None if proved_at is None else instant_of(proved_at),
    )
