"""What happened to persons, units and bureaus: the facts on the streams person-<id>, unit-<code>, bureau-<code>.

Names, mail addresses and phones of persons are personal: the log keeps a commitment, the value can be erased.
"""

from dataclasses import dataclass
from datetime import date, datetime

from eventstore.codec import named
from eventstore.event import Event, Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRegistered(Event):
    """A person became known to the house, or said their name, address or phone anew."""

    person: str
    name: Personal
    email: Personal
    phone: Personal | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Employment:
    """An employer of before, by credit code or by name, and its years, both in; *since* 0: not known."""

    employer: str
    until: int
    since: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertListed(Event):
    """A person stands in the pool of experts with these fields. The role of expert is given apart.

    *employer*: the present one, by credit code or by name; *former*: those of before, the last one first.
    """

    person: str
    employer: str
    title: str
    fields: tuple[str, ...]
    former: tuple[Employment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertDelisted(Event):
    """The person is drawn no more. Panels they sit on stay as they are."""

    person: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantGiven(Event):
    """The person holds a role in a scope from now on. *by*: who gave it, where the person's own act brought it about, by
    accepting an invitation; else it is whoever acted."""

    person: str
    role: str
    scope: str
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTakenBack(Event):
    """The person holds the role in this scope no longer."""

    person: str
    role: str
    scope: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantProposed(Event):
    """Somebody wants the person to hold a role; another must confirm it before *until*. *by* is the one who proposed."""

    person: str
    role: str
    scope: str
    by: str
    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantProposalClosed(Event):
    """The proposed role is not given: *why* is "withdrawn" by who proposed it, or "refused" by another."""

    person: str
    role: str
    scope: str
    by: str
    why: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageChosen(Event):
    """The person wants pages and letters in this language."""

    person: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRestricted(Event):
    """What is personal about the person is kept and nobody is given it; every role went with it. *by* asked for it."""

    person: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErased(Event):
    """What was personal about the person is gone; every role went with it."""

    person: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssued(Event):
    """The person has an API token that may do what *scopes* say, as far as the person may, until *until*."""

    person: str
    handle: str
    scopes: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(Event):
    """The token of this handle opens nothing any more; who revoked it stands in the envelope."""

    person: str
    handle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInvited(Event):
    """Somebody with this address was asked to work here in a role. Of the link's secret the SHA-256 stays: *secret* lies apart
    until the letter is written and the link used."""

    invitation: str
    name: Personal
    email: Personal
    role: str
    scope: str
    by: str
    expires_at: datetime
    secret_digest: str
    secret: Personal | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInvitationResent(Event):
    """A new link was sent; the former opens nothing any more."""

    invitation: str
    expires_at: datetime
    secret_digest: str
    secret: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInvitationWithdrawn(Event):
    """The invitation ended unanswered, by *by*; by the clock where it had run out a while ago and nobody sent it anew."""

    invitation: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInvitationAccepted(Event):
    """Whoever had the link is *person*."""

    invitation: str
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRegistered(Event):
    """A unit became known, or what is known of it changed; the newest holds."""

    code: str
    name: str
    kind: str
    registered_on: date
    county: str
    name_en: str = ""
    legal_person: bool = True
    tags: tuple[str, ...] = ()
    group_root: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBarred(Event):
    """The unit may not apply from *starts* to the end of *until*; of several decisions the newest holds (T38)."""

    code: str
    reason: str
    decision_number: str
    starts: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitUnbarred(Event):
    """The unit may apply again before its bar has run out."""

    code: str
    reason: str
    decision_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BureauRegistered(Event):
    """A bureau became known, or what is known of it changed; the newest holds.

    *email* is the office's own mailbox, where answers to letters about its files go; "" for none.
    """

    code: str
    name_zh: str
    name_en: str
    level: str
    region: str
    email: str = ""


PERSON_EVENTS = (
    PersonRegistered,
    ExpertListed,
    ExpertDelisted,
    GrantGiven,
    GrantTakenBack,
    GrantProposed,
    GrantProposalClosed,
    LanguageChosen,
    PersonRestricted,
    PersonErased,
    TokenIssued,
    TokenRevoked,
)
PersonEvent = (
    PersonRegistered
    | ExpertListed
    | ExpertDelisted
    | GrantGiven
    | GrantTakenBack
    | GrantProposed
    | GrantProposalClosed
    | LanguageChosen
    | PersonRestricted
    | PersonErased
    | TokenIssued
    | TokenRevoked
)

INVITATION_EVENTS = (PersonInvited, PersonInvitationResent, PersonInvitationWithdrawn, PersonInvitationAccepted)
InvitationEvent = PersonInvited | PersonInvitationResent | PersonInvitationWithdrawn | PersonInvitationAccepted

UNIT_EVENTS = (UnitRegistered, UnitBarred, UnitUnbarred)
UnitEvent = UnitRegistered | UnitBarred | UnitUnbarred

EVENTS = named("directory", (*PERSON_EVENTS, *INVITATION_EVENTS, *UNIT_EVENTS, BureauRegistered))
"""Name in the log to class, for the codec."""


def person_stream(person: str) -> str:
    """The stream of a person; also the subject whose key seals what is personal about them, in any stream."""
    return f"person-{person}"


def invitation_stream(invitation: str) -> str:
    """The stream of an invitation; also the subject of the name and address in it."""
    return f"joining-{invitation}"


def unit_stream(code: str) -> str:
    return f"unit-{code}"


def bureau_stream(code: str) -> str:
    return f"bureau-{code}"
