"""An invitation to work here: who is asked, for which role, until when, and whether the link still opens. Pure.

The link is one person's: 256 bits by mail to one address, for one role, once, for seven days (design A7). Whoever accepts shows that
the address is theirs; a role that takes two hands is then proposed by whoever invited, and another confirms it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import assert_never

from directory.actor import Actor, Grant, Role
from directory.events import (
    InvitationEvent,
    PersonInvitationAccepted,
    PersonInvitationResent,
    PersonInvitationWithdrawn,
    PersonInvited,
)
from directory.offices import (
    the_giver_may,
    the_role_is_for_persons,
    the_scope_is_known,
)
from eventstore.dispatch import Fold
from eventstore.refusal import Refusal, Refused

LASTS, KEPT = timedelta(days=7), timedelta(days=30)
"""How long a link opens, and how long after that name and address are kept, so that it can be sent anew."""
RESENT_AT_MOST, OPEN_AT_MOST = 5, 50
"""How often one link is sent anew; how many invitations of one person wait at a time."""


NEVER = datetime.min.replace(tzinfo=UTC)
NOTHING = Grant(Role.PUBLIC, "")


class Standing(StrEnum):
    OPEN = "open"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What an invitation's events add up to. *name* and *email* are None once it has ended."""

    known: bool = False
    name: str | None = None
    email: str | None = None
    language: str = "zh"
    grant: Grant = NOTHING
    by: str = ""
    digest: str = ""
    expires_at: datetime = NEVER
    ended: Standing | None = None
    resent: int = 0

    def standing(self, now: datetime) -> Standing:
        return self.ended or (Standing.OPEN if now < self.expires_at else Standing.EXPIRED)


def evolve(one: Invitation, event: InvitationEvent) -> Invitation:
    match event:
        case PersonInvited(name=name, email=email, role=role, scope=scope, by=by, language=language):
            told = replace(one, known=True, name=name.value, email=email.value, by=by, language=language)
            return replace(
                told, grant=Grant(Role(role), scope), digest=event.secret_digest, expires_at=event.expires_at
            )
        case PersonInvitationResent(secret_digest=digest, expires_at=expires_at):
            return replace(one, digest=digest, expires_at=expires_at, resent=one.resent + 1)
        case PersonInvitationWithdrawn():
            return replace(one, ended=Standing.WITHDRAWN, name=None, email=None)
        case PersonInvitationAccepted():
            return replace(one, ended=Standing.ACCEPTED, name=None, email=None)
        case _:
            assert_never(event)


INVITATION = Fold(Invitation(), evolve)


def digest_of(key: str) -> str:
    return sha256(key.encode("utf-8", "replace")).hexdigest()


def may_invite(by: Actor, grant: Grant, open_already: int, *, scope_known: bool) -> None:
    """Raises GRANT_FORBIDDEN, ROLE_NOT_FOR_PERSONS, SCOPE_UNKNOWN, INVITATION_LIMIT, all that apply."""
    full = Refusal.of("INVITATION_LIMIT", limit=OPEN_AT_MOST) if open_already >= OPEN_AT_MOST else None
    answers = (
        the_giver_may(by, grant),
        the_role_is_for_persons(grant),
        the_scope_is_known(grant, known=scope_known),
        full,
    )
    _refuse(answers)


def may_resend(one: Invitation, by: Actor) -> None:
    """An expired one too: the new link has seven days of its own, and the old one opens nothing."""
    ended = _ended(one)
    full = Refusal.of("RESEND_LIMIT", limit=RESENT_AT_MOST) if one.resent >= RESENT_AT_MOST else None
    _refuse((ended, the_giver_may(by, one.grant), None if ended else full))


def may_withdraw(one: Invitation, by: Actor) -> None:
    _refuse((_ended(one), the_giver_may(by, one.grant)))


def is_forgotten(one: Invitation, now: datetime) -> bool:
    """Whether it ran out so long ago that nobody is going to send it anew."""
    return one.standing(now) is Standing.EXPIRED and now >= one.expires_at + KEPT


def opens(one: Invitation, key: str, now: datetime) -> None:
    """Whoever has not the key learns nothing: JOINING_UNKNOWN. Whoever has it, how it ended: JOINING_CLOSED."""
    if not one.known or not compare_digest(one.digest, digest_of(key)):
        raise Refused(Refusal.of("JOINING_UNKNOWN"))
    standing = one.standing(now)
    if standing is not Standing.OPEN:
        raise Refused(Refusal.of("JOINING_CLOSED", standing=standing.value))


def the_inviter_still_may(one: Invitation, inviter: Actor | None) -> Refusal | None:
    """B8: what was offered by somebody who no longer could is offered no more."""
    return Refusal.of("INVITER_GONE") if inviter is None or the_giver_may(inviter, one.grant) else None


def _ended(one: Invitation) -> Refusal | None:
    return Refusal.of("JOINING_CLOSED", standing=one.ended.value) if one.ended else None


def _refuse(answers: Sequence[Refusal | None]) -> None:
    refusals = [answer for answer in answers if answer]
    if refusals:
        raise Refused(refusals)
