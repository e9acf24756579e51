"""What can have happened to a consortium. Its events lie in the application's stream, so that one version guards them all.

Published facts: add a field with a default, never change one. Ratios are basis points; instants are aware, dates Beijing's.
*voids* is the version of the agreement whose signatures an event makes void, 0 where there are none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from eventstore.codec import named
from eventstore.event import Event, Personal


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberInvited(Event):
    """The lead asked a unit to join. Of the secret in the link only the SHA-256 stays: *secret* lies apart until the letter
    took it along, and is erased with the answer. *replaces*: the member whose place it would take."""

    invitation: str
    unit: str
    unit_name: str
    contact: Personal
    address: Personal
    secret_digest: str
    expires_at: datetime
    kind: str = ""
    in_province: bool = True
    secret: Personal | None = None
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAccepted(Event):
    """The unit joined: it authorises the lead to sign and act for the consortium (协议第1条)."""

    invitation: str
    by: Personal
    voids: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationDeclined(Event):
    invitation: str
    by: Personal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationExpired(Event):
    """Nobody answered in time; the clock ended it."""

    invitation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationWithdrawn(Event):
    """The lead took the invitation back before it was answered."""

    invitation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft(Event):
    unit: str
    reason: str
    voids: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRemoved(Event):
    unit: str
    reason: str
    voids: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReplaced(Event):
    """The invited unit joined in the place of the member *unit*, which is out: shares and task pass over (协议第1条 as of joining)."""

    unit: str
    invitation: str
    by: Personal
    voids: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RatiosSet(Event):
    """The columns that were written, whole: basis points by unit."""

    columns: Mapping[str, Mapping[str, int]]
    voids: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsSet(Event):
    """What the agreement says beside its tables; only what changed. *tasks* are by unit."""

    name: str | None = None
    tasks: Mapping[str, str] | None = None
    clauses: Mapping[str, str] | None = None
    extra: tuple[str, ...] | None = None
    copies: int | None = None
    voids: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementIssued(Event):
    """The text was fixed for signing under its hash."""

    version: int
    digest: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """授权委托书 of a delegate: who authorised whom, for which project, from when to when."""

    principal: Personal
    agent: Personal
    project: str
    valid_from: date
    valid_to: date
    scan_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """One unit's hand on a document: who signed, as what, on which day, and whether its seal is there."""

    unit: str
    signer: Personal
    signer_kind: str
    signed_on: date
    sealed: bool
    authorisation: Authorisation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """What was found of an electronic signature in the file when it was recorded. *signer* is the subject of the certificate;
    *integrity* and *certificate* in the words of `paperwork.pdf_signature`."""

    signer: Personal
    integrity: str
    certificate: str
    said_at: datetime | None = None
    timestamped_at: datetime | None = None
    covers_whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSigned(Event):
    """A signed and sealed document of the text of *digest* came back: joint, or the lead with one member. *paper_code* is the code
    on its pages, where it was printed here; *signatures* are those that the file itself bears."""

    document: str
    digest: str
    signatories: tuple[Signatory, ...]
    scan_sha256: str
    recorded_by: str = ""
    paper_code: str = ""
    signatures: tuple[SignatureReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationAsked(Event):
    """A unit's legal representative was sent a one-time page that shows the text of *digest*; its secret is kept like an
    invitation's."""

    confirmation: str
    unit: str
    digest: str
    signer: Personal
    address: Personal
    secret_digest: str
    expires_at: datetime
    secret: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementConfirmed(Event):
    """A unit's legal representative confirmed the text of *digest* on a one-time page."""

    unit: str
    digest: str
    signer: Personal
    confirmed_on: date
    confirmation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementEffective(Event):
    """Every member is covered: the agreement of *digest* is in force from *effective_from* (协议第7条)."""

    version: int
    digest: str
    effective_from: date


ConsortiumEvent = (
    MemberInvited
    | InvitationAccepted
    | InvitationDeclined
    | InvitationExpired
    | InvitationWithdrawn
    | MemberLeft
    | MemberRemoved
    | MemberReplaced
    | RatiosSet
    | TermsSet
    | AgreementIssued
    | AgreementSigned
    | ConfirmationAsked
    | AgreementConfirmed
    | AgreementEffective
)

TYPES = named("consortium", ConsortiumEvent.__args__)
