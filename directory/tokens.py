"""Bearer tokens for the API: `vm_…`, bound to a person, with that person's roles of the moment.

The secret is shown once, when the token is issued; the database keeps its SHA-256.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, or_, select, update

from directory import schema
from directory.actor import Actor
from directory.records import actor_of, live
from directory.schema import tokens
from directory.signin import digest
from eventstore.event import instant_of, microseconds

PREFIX = "vm_"
_SECRET, _HANDLE, _LABEL = 32, 8, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as its owner sees it. `handle` names it and opens nothing."""

    handle: str
    person: str
    label: str
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def issue(
    db: Connection,
    person: str,
    label: str,
    now: datetime,
    expires_at: datetime | None = None,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[str, Token]:
    """A new token: the secret to hand over, and what the list will show."""
    secret = PREFIX + random(_SECRET).hex()
    token = Token(
        handle=random(_HANDLE).hex(),
        person=person,
        label=label[:_LABEL],
        issued_at=now,
        expires_at=expires_at,
        revoked_at=None,
    )
    db.execute(
        insert(tokens).values(
            secret=digest(secret),
            handle=token.handle,
            person=person,
            label=token.label,
            issued_at=microseconds(now),
            expires_at=microseconds(expires_at) if expires_at else None,
        )
    )
    return secret, token


def actor_with(db: Connection, secret: str, now: datetime) -> Actor | None:
    """Whose token this is, with the roles of this moment; None when it is revoked, expired, or none of ours."""
    if not secret.startswith(PREFIX):
        return None
    people, grants = live(schema.people), live(schema.grants)
    joined = tokens.join(people, people.c.id == tokens.c.person).outerjoin(grants, grants.c.person == people.c.id)
    query = (
        select(people.c.id, people.c.name, grants.c.role, grants.c.scope)
        .select_from(joined)
        .where(
            tokens.c.secret == digest(secret),
            tokens.c.revoked_at.is_(None),
            or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > microseconds(now)),
            people.c.erased.is_(False),
        )
    )
    return actor_of(db.execute(query.order_by(grants.c.role, grants.c.scope)))


def tokens_of(db: Connection, person: str) -> list[Token]:
    """The person's tokens, newest first, revoked ones included."""
    columns = (tokens.c.handle, tokens.c.person, tokens.c.label)
    times = (tokens.c.issued_at, tokens.c.expires_at, tokens.c.revoked_at)
    query = select(*columns, *times).where(tokens.c.person == person).order_by(tokens.c.issued_at.desc())
    return [_token(*row) for row in db.execute(query)]


def revoke(db: Connection, person: str, handle: str, now: datetime) -> bool:
    """Revoke one token of the person; False when there is none of that handle still good."""
    theirs = (tokens.c.person == person, tokens.c.handle == handle, tokens.c.revoked_at.is_(None))
    return db.execute(update(tokens).where(*theirs).values(revoked_at=microseconds(now))).rowcount == 1


def revoke_all(db: Connection, person: str, now: datetime) -> int:
    """Revoke every token of the person; answers how many."""
    theirs = (tokens.c.person == person, tokens.c.revoked_at.is_(None))
    return db.execute(update(tokens).where(*theirs).values(revoked_at=microseconds(now))).rowcount


def _token(
    handle: str, person: str, label: str, issued_at: int, expires_at: int | None, revoked_at: int | None
) -> Token:
    return Token(
        handle=handle,
        person=person,
        label=label,
        issued_at=instant_of(issued_at),
        expires_at=instant_of(expires_at) if expires_at is not None else None,
        revoked_at=instant_of(revoked_at) if revoked_at is not None else None,
    )
