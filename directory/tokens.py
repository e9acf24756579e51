"""Bearer tokens for the API: `vm_…`, bound to a person, with that person's roles of the moment and no more than its scopes.

The secret is shown once, when the token is issued; the database keeps its SHA-256.
"""

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from directory import schema, scopes
from directory.actor import Actor
from directory.policy import POLICY
from directory.records import actor_of, live
from directory.schema import tokens
from directory.scopes import SCOPES, Scope, scopes_of
from directory.signin import digest
from eventstore.event import instant_of, microseconds
from eventstore.refusal import Fault, Malformed, Refusal, Refused

PREFIX = "vm_"
LONGEST, USUAL, AT_ONCE = timedelta(days=365), timedelta(days=90), 20
"""How long a token lasts at most, how long unless somebody says so, and how many good ones a person has at a time."""
USED_EVERY = timedelta(minutes=1)
LABEL = 100
_SECRET, _HANDLE = 32, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as its owner sees it. `handle` names it and opens nothing; `used_at` is true to the minute."""

    handle: str
    person: str
    label: str
    scopes: frozenset[Scope]
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    used_at: datetime | None = None

    def good(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token a request came with. `stale`: `touch` the token, its use was last noted a while ago."""

    actor: Actor
    handle: str
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A token somebody wants: what it is for, what it may do, for how many days."""

    label: str
    scopes: frozenset[Scope]
    days: int = USUAL.days


def wished(label: str, wanted: Collection[str], days: int) -> Wish:
    """The wish as it was typed. Raises Malformed with every fault."""
    label, faults = label.strip(), list[Fault]()
    if not label:
        faults.append(Fault("label", "REQUIRED", {"field": "label"}))
    if len(label) > LABEL:
        faults.append(Fault("label", "FIELD_TOO_LONG", {"field": "label", "measure": len(label), "limit": LABEL}))
    known = {scope.value for scope in Scope}
    if not wanted:
        faults.append(Fault("scopes", "REQUIRED", {"field": "scopes"}))
    elif not known.issuperset(wanted):
        faults.append(Fault("scopes", "BAD_FORMAT", {"field": "scopes", "allowed": tuple(Scope)}))
    if days < 1:
        faults.append(Fault("days", "BELOW_MIN", {"field": "days", "measure": days, "limit": 1}))
    if days > LONGEST.days:
        faults.append(Fault("days", "ABOVE_MAX", {"field": "days", "measure": days, "limit": LONGEST.days}))
    if faults:
        raise Malformed(faults)
    return Wish(label=label, scopes=frozenset(Scope(one) for one in wanted), days=days)


def offered(actor: Actor) -> tuple[Scope, ...]:
    """The scopes that open something to *actor* which no other scope opens."""
    return tuple(
        scope
        for scope, actions in SCOPES.items()
        if any(scopes_of(one) == (scope,) and not actor.roles.isdisjoint(POLICY[one]) for one in actions)
    )


def the_scopes_are_theirs(actor: Actor, wish: Wish) -> Refusal | None:
    """SCOPE_NOT_THEIRS where a scope would open nothing to this person."""
    surplus = wish.scopes.difference(offered(actor))
    return Refusal.of("SCOPE_NOT_THEIRS", scopes=tuple(sorted(surplus))) if surplus else None


def there_is_room(db: Connection, person: str, now: datetime) -> Refusal | None:
    """TOKEN_LIMIT where the person has as many good tokens as anybody may have."""
    good = (tokens.c.person == person, tokens.c.revoked_at.is_(None), _lasts(now))
    held = db.execute(select(func.count()).select_from(tokens).where(*good)).scalar_one()
    return Refusal.of("TOKEN_LIMIT", limit=AT_ONCE) if held >= AT_ONCE else None


def issue(
    db: Connection,
    person: str,
    label: str,
    now: datetime,
    expires_at: datetime | None = None,
    random: Callable[[int], bytes] = secrets.token_bytes,
    may: Collection[Scope] = scopes.EVERY,
) -> tuple[str, Token]:
    """A new token: the secret to hand over, and what the list will show. Lasts ninety days unless *expires_at* says."""
    secret = PREFIX + random(_SECRET).hex()
    token = Token(
        handle=random(_HANDLE).hex(),
        person=person,
        label=label[:LABEL],
        scopes=frozenset(may),
        issued_at=now,
        expires_at=expires_at or now + USUAL,
    )
    db.execute(
        insert(tokens).values(
            secret=digest(secret),
            handle=token.handle,
            person=person,
            label=token.label,
            scopes=scopes.written(token.scopes),
            issued_at=microseconds(now),
            expires_at=microseconds(token.expires_at or now + USUAL),
        )
    )
    return secret, token


def bearer(db: Connection, secret: str, now: datetime) -> Bearer | None:
    """Whose token this is, with the roles of this moment; None when it is revoked, expired, or none of ours."""
    if not secret.startswith(PREFIX):
        return None
    people, grants = live(schema.people), live(schema.grants)
    joined = tokens.join(people, people.c.id == tokens.c.person).outerjoin(grants, grants.c.person == people.c.id)
    columns = (people.c.id, people.c.name, grants.c.role, grants.c.scope)
    query = (
        select(*columns, tokens.c.handle, tokens.c.scopes, tokens.c.used_at)
        .select_from(joined)
        .where(
            tokens.c.secret == digest(secret),
            tokens.c.revoked_at.is_(None),
            _lasts(now),
            people.c.erased.is_(False),
        )
    )
    rows = [tuple(row) for row in db.execute(query.order_by(grants.c.role, grants.c.scope))]
    actor = actor_of(row[:4] for row in rows)
    if actor is None:
        return None
    handle, through, used_at = rows[0][4:]
    stale = used_at is None or now - instant_of(used_at) >= USED_EVERY
    return Bearer(replace(actor, through=scopes.read(through)), handle, stale)


def touch(db: Connection, handle: str, now: datetime) -> None:
    """Note that the token was used; needed only when `bearer` says it is stale."""
    db.execute(update(tokens).where(tokens.c.handle == handle).values(used_at=microseconds(now)))


def tokens_of(db: Connection, person: str) -> list[Token]:
    """The person's tokens, newest first, revoked ones included."""
    columns = (tokens.c.handle, tokens.c.person, tokens.c.label, tokens.c.scopes)
    times = (tokens.c.issued_at, tokens.c.expires_at, tokens.c.revoked_at, tokens.c.used_at)
    query = select(*columns, *times).where(tokens.c.person == person)
    return [_token(*row) for row in db.execute(query.order_by(tokens.c.issued_at.desc(), tokens.c.handle))]


def revoke(db: Connection, person: str, handle: str, now: datetime) -> bool:
    """Revoke one token of the person; False when there is none of that handle still good."""
    theirs = (tokens.c.person == person, tokens.c.handle == handle, tokens.c.revoked_at.is_(None))
    return db.execute(update(tokens).where(*theirs).values(revoked_at=microseconds(now))).rowcount == 1


def revoke_all(db: Connection, person: str, now: datetime) -> int:
    """Revoke every token of the person; answers how many."""
    theirs = (tokens.c.person == person, tokens.c.revoked_at.is_(None))
    return db.execute(update(tokens).where(*theirs).values(revoked_at=microseconds(now))).rowcount


def checked(actor: Actor, wish: Wish, db: Connection, now: datetime) -> None:
    """Raises Refused with every reason why *actor* gets no such token."""
    refusals = [one for one in (the_scopes_are_theirs(actor, wish), there_is_room(db, actor.id, now)) if one]
    if refusals:
        raise Refused(refusals)


def _lasts(now: datetime) -> ColumnElement[bool]:
    return or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > microseconds(now))


def _token(
    handle: str,
    person: str,
    label: str,
    through: str,
    issued_at: int,
    expires_at: int | None,
    revoked_at: int | None,
    used_at: int | None,
) -> Token:
    return Token(
        handle=handle,
        person=person,
        label=label,
        scopes=scopes.read(through),
        issued_at=instant_of(issued_at),
        expires_at=_instant(expires_at),
        revoked_at=_instant(revoked_at),
        used_at=_instant(used_at),
    )


def _instant(at: int | None) -> datetime | None:
    return instant_of(at) if at is not None else None
