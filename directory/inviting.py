"""People invited to work here: the link's secret lies beside the log until it is used (decision 0012); accepting makes the person
known and gives, or proposes, the role, in one transaction.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, func, select

from directory import invitation as rules
from directory import person as people
from directory import schema
from directory.actor import CLOCK, Actor, Grant, Role
from directory.events import (
    PersonInvitationAccepted,
    PersonInvitationResent,
    PersonInvitationWithdrawn,
    PersonInvited,
    invitation_stream,
    person_stream,
)
from directory.invitation import INVITATION, LASTS, Invitation, Standing, digest_of
from directory.person import PERSON, Identity
from directory.records import Directory, live
from directory.register import checked, ending_sessions, scope_known
from directory.staff import answers_for
from eventstore.dispatch import Context, Dispatcher, ForStream, Loaded
from eventstore.event import Event, Personal, instant_of, microseconds
from eventstore.refusal import Refused

_SECRET, _AT_ONCE = 32, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An invitation as the office that sent it sees it. Name and address are gone once it has ended."""

    id: str
    name: str
    email: str
    grant: Grant
    invited_by: str
    invited_at: datetime
    expires_at: datetime
    standing: Standing
    resent: int


class Inviting:
    """Commands on invitations, and the list. Times are the house's clock's."""

    def __init__(self, dispatcher: Dispatcher, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._dispatcher, self._random = dispatcher, random

    def invite(self, context: Context, by: Actor, identity: Identity, grant: Grant) -> str:
        """The id of the invitation; the letter follows from the event. Raises Malformed, and what `may_invite` raises."""
        sound, id_ = checked(identity), str(self._dispatcher.ids.uuid7())

        def decide(db: Connection, _loaded: Loaded[Invitation], now: datetime) -> Sequence[Event]:
            rules.may_invite(by, grant, _open_of(db, by.id, now), scope_known=scope_known(db, grant))
            key = self._random(_SECRET).hex()
            return [
                PersonInvited(
                    invitation=id_,
                    name=Personal(sound.name),
                    email=Personal(sound.email),
                    language=sound.language,
                    role=grant.role.value,
                    scope=grant.scope,
                    by=by.id,
                    expires_at=now + LASTS,
                    secret_digest=digest_of(key),
                    secret=Personal(key, subject=_link(id_)),
                )
            ]

        outcome = self._dispatcher.dispatch(invitation_stream(id_), INVITATION, decide, context, {"invitation": id_})
        return str(outcome.result["invitation"])

    def resend(self, context: Context, by: Actor, id_: str) -> None:
        """A new link, good for seven days; the former opens nothing. Raises JOINING_CLOSED, RESEND_LIMIT, GRANT_FORBIDDEN."""

        def decide(db: Connection, loaded: Loaded[Invitation], now: datetime) -> Sequence[Event]:
            rules.may_resend(loaded.state, by)
            self._dispatcher.personal.erase(db, _link(id_))
            key = self._random(_SECRET).hex()
            secret = Personal(key, subject=_link(id_))
            told = {"secret_digest": digest_of(key), "expires_at": now + LASTS}
            return [PersonInvitationResent(invitation=id_, secret=secret, **told)]  # type: ignore[arg-type]

        self._dispatcher.dispatch(invitation_stream(id_), INVITATION, decide, context)

    def withdraw(self, context: Context, by: Actor, id_: str) -> None:
        """The link opens nothing any more, and name and address are forgotten. Raises JOINING_CLOSED, GRANT_FORBIDDEN."""

        def decide(db: Connection, loaded: Loaded[Invitation], _now: datetime) -> Sequence[Event]:
            rules.may_withdraw(loaded.state, by)
            self._forget(db, id_)
            return [PersonInvitationWithdrawn(invitation=id_, by=by.id)]

        self._dispatcher.dispatch(invitation_stream(id_), INVITATION, decide, context)

    def sweep(self) -> int:
        """End what ran out thirty days ago: whoever never answered is not to be kept by name and address. Answers how many."""
        t = live(schema.people_invitations)
        with self._dispatcher.store.reading() as db:
            last = microseconds(self._dispatcher.clock.now(db) - rules.KEPT)
            late = list(
                db.execute(select(t.c.id).where(t.c.ended == "", t.c.expires_at <= last).limit(_AT_ONCE)).scalars()
            )
        for id_ in late:
            context = Context(actor=CLOCK.id, correlation_id=self._dispatcher.ids.uuid7())
            self._dispatcher.dispatch(invitation_stream(id_), INVITATION, partial(self._forgotten, id_), context)
        return len(late)

    def _forgotten(self, id_: str, db: Connection, loaded: Loaded[Invitation], now: datetime) -> Sequence[Event]:
        if not rules.is_forgotten(loaded.state, now):  # sent anew or ended meanwhile
            return []
        self._forget(db, id_)
        return [PersonInvitationWithdrawn(invitation=id_, by=CLOCK.id)]

    def look(self, id_: str, key: str) -> Invitation:
        """What the link offers. Changes nothing: mail scanners look. Raises JOINING_UNKNOWN, JOINING_CLOSED."""
        one = self._dispatcher.load(invitation_stream(id_), INVITATION).state
        with self._dispatcher.store.reading() as db:
            rules.opens(one, key, self._dispatcher.clock.now(db))
        return one

    def accept(self, context: Callable[[str], Context], id_: str, key: str) -> str:
        """The person, who is known from here on. *context* is asked with the person's id, who acts. Raises what `look`
        raises, INVITER_GONE, and whatever keeps the person from the role."""
        person = self._person(self.look(id_, key).email or "")

        def decide(db: Connection, loaded: Loaded[Invitation], now: datetime) -> Sequence[Event | ForStream]:
            one = loaded.state
            rules.opens(one, key, now)
            inviter = Directory(db).actor(one.by)
            if gone := rules.the_inviter_still_may(one, inviter):
                raise Refused(gone)
            assert inviter is not None, "somebody who still may is there"
            before = self._dispatcher.load_in(db, person_stream(person), PERSON)
            events = self._joined(db, person, one, inviter, before, now)
            self._forget(db, id_)
            theirs = [ForStream(person_stream(person), before.version, event) for event in events]
            return [PersonInvitationAccepted(invitation=id_, person=person), *theirs]

        self._dispatcher.dispatch(invitation_stream(id_), INVITATION, decide, context(person))
        return person

    def _person(self, email: str) -> str:
        """Whoever has this address, or a new id."""
        with self._dispatcher.store.reading() as db:
            known = Directory(db).person_by_email(email)
        return known.id if known else str(self._dispatcher.ids.uuid7())

    def _joined(
        self,
        db: Connection,
        person: str,
        one: Invitation,
        inviter: Actor,
        before: Loaded[people.PersonState],
        now: datetime,
    ) -> Sequence[Event]:
        """Registered where nobody has the address yet, and the role given, or proposed by who invited."""
        state, events = before.state, list[Event]()
        if not state.known:
            identity = Identity(name=one.name or "", email=one.email or "", language=one.language)
            taken = Directory(db).person_by_email(identity.email) is not None
            registered = people.register(state, person, identity, taken)
            events += registered
            for event in registered:
                state = PERSON.evolve(state, event)
        known = scope_known(db, one.grant)
        events += people.accept(state, person, one.grant, inviter, now, scope_known=known)
        return ending_sessions(db, person, events)

    def visible(self, by: Actor, now: datetime, id_: str = "") -> list[Row]:
        """Invitations for roles that *by* answers for, newest first; one of them where *id_* is given."""
        t = live(schema.people_invitations)
        columns = (t.c.id, t.c.name, t.c.email, t.c.role, t.c.scope, t.c.invited_by, t.c.invited_at, t.c.expires_at)
        query = select(*columns, t.c.ended, t.c.resent).where(answers_for(by, t.c.role, t.c.scope))
        if id_:
            query = query.where(t.c.id == id_)
        with self._dispatcher.store.reading() as db:
            found = db.execute(query.order_by(t.c.invited_at.desc(), t.c.id).limit(500))
            rows: list[tuple[Any, ...]] = [tuple(row) for row in found]
        return [_row(now, *row) for row in rows]

    def now(self) -> datetime:
        with self._dispatcher.store.reading() as db:
            return self._dispatcher.clock.now(db)

    def _forget(self, db: Connection, id_: str) -> None:
        """Of an invitation that ended only that it was there; a person's own values lie under the person."""
        self._dispatcher.personal.erase(db, _link(id_))
        self._dispatcher.personal.erase(db, invitation_stream(id_))


def _link(id_: str) -> str:
    return f"link-{id_}"


def _open_of(db: Connection, by: str, now: datetime) -> int:
    t = live(schema.people_invitations)
    waiting = (t.c.invited_by == by, t.c.ended == "", t.c.expires_at > microseconds(now))
    return db.execute(select(func.count()).select_from(t).where(*waiting)).scalar_one()


def _row(
    now: datetime,
    id_: str,
    name: str | None,
    email: str | None,
    role: str,
    scope: str,
    invited_by: str,
    invited_at: int,
    expires_at: int,
    ended: str,
    resent: int,
) -> Row:
    until = instant_of(expires_at)
    return Row(
        id=id_,
        name=name or "",
        email=email or "",
        grant=Grant(Role(role), scope),
        invited_by=invited_by,
        invited_at=instant_of(invited_at),
        expires_at=until,
        standing=Standing(ended) if ended else (Standing.OPEN if now < until else Standing.EXPIRED),
        resent=resent,
    )
