"""What stands about a consortium: plain values that its events added up to, and what can be read off them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar, assert_never

from consortium import events as e
from eventstore.event import Personal


class Standing(StrEnum):
    INVITED = "invited"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    UNINVITED = "uninvited"
    REMOVED = "removed"
    LEFT = "left"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An invitation and what became of it. A unit that is asked again has a second one."""

    invitation: str
    unit: str
    unit_name: str
    contact: Personal
    address: Personal
    secret_digest: str
    expires_at: datetime
    kind: str
    in_province: bool
    replaces: str = ""
    standing: Standing = Standing.INVITED


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A signed document that came back; without a scan it is one unit's confirmation on its own page. *version*: the one that
    was fixed under its hash when it was recorded."""

    id: str
    digest: str
    signatories: tuple[e.Signatory, ...]
    version: int = 0
    scan_sha256: str = ""
    paper_code: str = ""
    signatures: tuple[e.SignatureReport, ...] = ()

    @property
    def is_confirmation(self) -> bool:
        return not self.scan_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A version of the agreement under its hash. *effective_from* once every member was covered; *void* once the text was
    changed after somebody had signed it, and for good: the same words again are another version (A-16)."""

    version: int
    digest: str
    units: tuple[str, ...]
    effective_from: date | None = None
    void: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A legal representative who was asked to confirm the text of *digest* on a page of their own."""

    confirmation: str
    unit: str
    digest: str
    signer: Personal
    address: Personal
    secret_digest: str
    expires_at: datetime
    used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consortium:
    """Everything that stands; the lead unit is the application's and no member of the list."""

    members: tuple[Member, ...] = ()
    name: str = ""
    ratios: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])
    tasks: Mapping[str, str] = field(default_factory=dict[str, str])
    clauses: Mapping[str, str] = field(default_factory=dict[str, str])
    extra: tuple[str, ...] = ()
    copies: int = 0
    issues: tuple[Issue, ...] = ()
    documents: tuple[Document, ...] = ()
    asked: tuple[Asked, ...] = ()

    @property
    def accepted(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.standing is Standing.ACCEPTED)

    @property
    def pending(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.standing is Standing.INVITED)

    @property
    def exists(self) -> bool:
        """Whether this is a joint application: somebody joined, or is still asked."""
        return bool(self.accepted or self.pending)

    @property
    def issue(self) -> Issue | None:
        """The newest version that was fixed for signing."""
        return self.issues[-1] if self.issues else None

    def units(self, lead: str) -> tuple[str, ...]:
        """The active units in the order of the tables: the lead, then the members as they were invited."""
        return (lead, *(member.unit for member in self.accepted))

    def confirmation(self, confirmation: str) -> Asked | None:
        return next((one for one in self.asked if one.confirmation == confirmation), None)

    def invitation(self, invitation: str) -> Member | None:
        return next((member for member in self.members if member.invitation == invitation), None)

    def heir(self, unit: str) -> Member | None:
        """Whoever is asked to take the place of *unit* and has not answered."""
        return next((member for member in self.pending if member.replaces == unit), None)

    def member(self, unit: str) -> Member | None:
        """The unit's live membership: joined, or asked and not answered yet."""
        live = (Standing.ACCEPTED, Standing.INVITED)
        return next((member for member in self.members if member.unit == unit and member.standing in live), None)


ALONE = Consortium()


def evolve(consortium: Consortium, event: e.ConsortiumEvent) -> Consortium:
    changed = _changed(consortium, event)
    voided = getattr(event, "voids", 0)
    if not voided:
        return changed
    issues = tuple(replace(issue, void=True) if issue.version == voided else issue for issue in changed.issues)
    return replace(changed, issues=issues)


def _changed(consortium: Consortium, event: e.ConsortiumEvent) -> Consortium:
    match event:
        case e.MemberInvited():
            return replace(consortium, members=(*consortium.members, _asked(event)))
        case e.InvitationAccepted(invitation=invitation):
            return _stands(consortium, invitation, Standing.ACCEPTED)
        case e.InvitationDeclined(invitation=invitation):
            return _stands(consortium, invitation, Standing.DECLINED)
        case e.InvitationExpired(invitation=invitation):
            return _stands(consortium, invitation, Standing.EXPIRED)
        case e.InvitationWithdrawn(invitation=invitation):
            return _stands(consortium, invitation, Standing.UNINVITED)
        case e.MemberLeft(unit=unit):
            return _gone(consortium, unit, Standing.LEFT)
        case e.MemberRemoved(unit=unit):
            return _gone(consortium, unit, Standing.REMOVED)
        case e.MemberReplaced(unit=unit, invitation=invitation):
            return _replaced(consortium, unit, invitation)
        case e.RatiosSet(columns=columns):
            return replace(consortium, ratios={**consortium.ratios, **columns})
        case e.TermsSet():
            return _with_terms(consortium, event)
        case e.AgreementIssued(version=version, digest=digest, units=units):
            return replace(consortium, issues=(*consortium.issues, Issue(version=version, digest=digest, units=units)))
        case e.AgreementSigned():
            return replace(consortium, documents=(*consortium.documents, _recorded(consortium, _signed(event))))
        case e.ConfirmationAsked():
            return replace(consortium, asked=(*consortium.asked, _to_confirm(event)))
        case e.AgreementConfirmed(confirmation=used):
            asked = tuple(replace(one, used=True) if one.confirmation == used else one for one in consortium.asked)
            confirmed = _recorded(consortium, _confirmation(event))
            return replace(consortium, documents=(*consortium.documents, confirmed), asked=asked)
        case e.AgreementEffective(version=version, effective_from=day):
            issues = tuple(replace(i, effective_from=day) if i.version == version else i for i in consortium.issues)
            return replace(consortium, issues=issues)
        case _:
            assert_never(event)


def _asked(event: e.MemberInvited) -> Member:
    return Member(
        invitation=event.invitation,
        unit=event.unit,
        unit_name=event.unit_name,
        contact=event.contact,
        address=event.address,
        secret_digest=event.secret_digest,
        expires_at=event.expires_at,
        kind=event.kind,
        in_province=event.in_province,
        replaces=event.replaces,
    )


def _to_confirm(event: e.ConfirmationAsked) -> Asked:
    return Asked(
        confirmation=event.confirmation,
        unit=event.unit,
        digest=event.digest,
        signer=event.signer,
        address=event.address,
        secret_digest=event.secret_digest,
        expires_at=event.expires_at,
    )


def _recorded(consortium: Consortium, document: Document) -> Document:
    """With the newest version of its text: signatures under an older one do not come back with the words."""
    versions = [issue.version for issue in consortium.issues if issue.digest == document.digest]
    return replace(document, version=max(versions, default=0))


def _signed(event: e.AgreementSigned) -> Document:
    return Document(
        id=event.document,
        digest=event.digest,
        signatories=event.signatories,
        scan_sha256=event.scan_sha256,
        paper_code=event.paper_code,
        signatures=event.signatures,
    )


def _confirmation(event: e.AgreementConfirmed) -> Document:
    hand = e.Signatory(
        unit=event.unit,
        signer=event.signer,
        signer_kind="legal_representative",
        signed_on=event.confirmed_on,
        sealed=True,
    )
    return Document(id=f"confirmation-{event.unit}", digest=event.digest, signatories=(hand,))


def _stands(consortium: Consortium, invitation: str, standing: Standing) -> Consortium:
    members = tuple(
        replace(one, standing=standing) if one.invitation == invitation else one for one in consortium.members
    )
    return replace(consortium, members=members)


def _gone(consortium: Consortium, unit: str, standing: Standing) -> Consortium:
    """A unit that is out takes its ratios and its task with it; what is left no longer adds up, and is seen not to."""
    member = consortium.member(unit)
    left = _stands(consortium, member.invitation, standing) if member else consortium
    ratios = {column: {one: r for one, r in by_unit.items() if one != unit} for column, by_unit in left.ratios.items()}
    return replace(left, ratios=ratios, tasks={one: task for one, task in left.tasks.items() if one != unit})


def _replaced(consortium: Consortium, unit: str, invitation: str) -> Consortium:
    """The newcomer stands where the other stood in the tables, with its shares and its task."""
    old, new = consortium.member(unit), consortium.invitation(invitation)
    if old is None or new is None:
        return _stands(consortium, invitation, Standing.ACCEPTED)
    places = {old.invitation: replace(new, standing=Standing.ACCEPTED), new.invitation: None}
    members = [places.get(one.invitation, one) for one in consortium.members]
    return replace(
        consortium,
        members=(*(one for one in members if one), replace(old, standing=Standing.REPLACED)),
        ratios={column: _renamed(by_unit, unit, new.unit) for column, by_unit in consortium.ratios.items()},
        tasks=_renamed(consortium.tasks, unit, new.unit),
    )


_Value = TypeVar("_Value")


def _renamed(by_unit: Mapping[str, _Value], old: str, new: str) -> Mapping[str, _Value]:
    return {new if unit == old else unit: value for unit, value in by_unit.items()}


def _with_terms(consortium: Consortium, event: e.TermsSet) -> Consortium:
    return replace(
        consortium,
        name=consortium.name if event.name is None else event.name,
        tasks=consortium.tasks if event.tasks is None else {**consortium.tasks, **event.tasks},
        clauses=consortium.clauses if event.clauses is None else {**consortium.clauses, **event.clauses},
        extra=consortium.extra if event.extra is None else event.extra,
        copies=consortium.copies if event.copies is None else event.copies,
    )
