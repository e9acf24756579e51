"""Who is in a consortium, and who is covered by what: the members' list and the signature board, as somebody may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from consortium import agreement
from consortium.events import Signatory
from consortium.ratios import Column, percent
from consortium.state import Asked, Document, Issue, Member, Standing
from directory.actor import UNIT_ROLES
from directory.unit import UnitKind
from programmes.calendar import passed
from programmes.call import Programme
from workflow.application import Application
from workflow.consorted import consortium_lacks
from workflow.dossier import as_seen
from workflow.events import CommitmentRecorded
from workflow.guards.consorting import legal_names
from workflow.listing import rows_to_be
from workflow.pages.desk import Desk
from workflow.pages.frame import Frame
from workflow.parties import agreement_coverage, agreement_digest, parties_of
from workflow.printing.of_the_consortium import printable

_LIVE = (Standing.ACCEPTED, Standing.INVITED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A unit of the list. *heir*: who is asked to take its place; *successor_to*: whose place it was asked to take."""

    member: Member
    heir: str = ""
    successor_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A signed document as the board shows it: of which version, whether it still counts, whose hands are on it."""

    document: Document
    version: int
    counts: bool
    kept: bool
    hands: Sequence[tuple[str, Signatory]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A unit on the board: covered by which documents, confirmed or asked to, its commitment there or not.

    *signed*: its own hand is on a document of the text that stands; *covered*: the lead's is on one with it.
    """

    unit: str
    name: str
    lead: bool
    own: bool
    signed: bool
    covered: bool
    sheets: Sequence[str]
    asked: Asked | None
    commitment: CommitmentRecorded | None
    commitment_open: bool
    scan_kept: bool


def members(frame: Frame) -> dict[str, Any]:
    """The live ones first, in the order of the tables; then what became of the others."""
    consortium = as_seen(frame.application, frame.view).consortium
    shown = consortium.members if frame.view.working else consortium.accepted
    lines = [_line(frame, member) for member in shown]
    return {
        "live": [line for line in lines if line.member.standing in _LIVE],
        "past": [line for line in lines if line.member.standing not in _LIVE],
        "kinds": [kind.value for kind in UnitKind],
        "to_list": frame.mine and frame.writable and rows_to_be(frame.application, _programme(frame)) is not None,
        "own": frame.actor.scopes(*UNIT_ROLES),
    }


def _programme(frame: Frame) -> Programme:
    return frame.call.programme_of(frame.application.direction)


def summary(frame: Frame) -> dict[str, Any] | None:
    """The consortium in short; None where the programme takes none, or there is none to be seen."""
    programme = _programme(frame)
    if programme.consortium == "forbidden" or not (frame.mine or frame.dossier.consortium):
        return None
    application = as_seen(frame.application, frame.view)
    held, issue = application.consortium, agreement.current(application.consortium, agreement_digest(application))
    grant = held.ratios.get(Column.GRANT.value, {})
    names = parties_of(application).names
    return {
        "units": [{"name": names[unit], "grant": percent(grant[unit]) if unit in grant else ""} for unit in names],
        "pending": [one.unit_name for one in held.pending] if frame.view.working else [],
        "standing": standing(application, issue),
        "version": issue.version if issue else 0,
        "effective_from": issue.effective_from if issue else None,
        "required": programme.consortium == "required",
        "urgent": frame.mine and frame.writable and held.exists and any(consortium_lacks(application).values()),
    }


def _line(frame: Frame, member: Member) -> Line:
    consortium = frame.application.consortium
    heir = consortium.heir(member.unit) if member.standing is Standing.ACCEPTED else None
    before = next((one for one in consortium.members if one.unit == member.replaces), None) if member.replaces else None
    return Line(member=member, heir=heir.unit_name if heir else "", successor_to=before.unit_name if before else "")


def signing(desk: Desk, frame: Frame) -> dict[str, Any]:
    application = as_seen(frame.application, frame.view)
    consortium, digest = application.consortium, agreement_digest(application)
    issue = agreement.current(consortium, digest)
    sheets = [_sheet(desk, application, one, digest) for one in consortium.documents]
    seats = [_seat(desk, frame, application, unit, digest) for unit in application.units]
    return {
        "seats": seats,
        "sheets": list(reversed(sheets)),
        "issue": issue,
        "issues": list(reversed(consortium.issues)),
        "standing": standing(application, issue),
        "covered_count": sum(seat.covered for seat in seats if not seat.lead),
        "committed_count": sum(seat.commitment is not None for seat in seats),
        "digest": digest,
        "seen": digest,
        "legal_names": _legal_names(frame, application),
        "printables": printable(frame.actor, application, frame.call) if frame.writable else (),
        "reminds": frame.mine and frame.writable,
    }


def standing(application: Application, issue: Issue | None) -> str:
    """Of the agreement: drafting, issued, partly_signed, effective."""
    if issue is None:
        return "drafting"
    if issue.effective_from is not None:
        return "effective"
    signed = any(one.version == issue.version for one in application.consortium.documents)
    return "partly_signed" if signed else "issued"


def _sheet(desk: Desk, application: Application, one: Document, digest: str) -> Sheet:
    names = {member.unit: member.unit_name for member in application.consortium.members}
    names[application.lead_unit] = application.unit_name
    return Sheet(
        document=one,
        version=one.version,
        counts=one in agreement.counting(application.consortium, digest),
        kept=bool(one.scan_sha256) and desk.files.has_scan(one.scan_sha256),
        hands=[(names.get(hand.unit, hand.unit), hand) for hand in one.signatories],
    )


def _seat(desk: Desk, frame: Frame, application: Application, unit: str, digest: str) -> Seat:
    consortium, lead = application.consortium, unit == application.lead_unit
    cover = agreement_coverage(application)
    current = agreement.counting(consortium, digest)
    signed = [one.id for one in current if any(hand.unit == unit for hand in one.signatories)]
    made = application.commitments.get(unit)
    return Seat(
        unit=unit,
        name=application.unit_name if lead else next(m.unit_name for m in consortium.accepted if m.unit == unit),
        lead=lead,
        own=unit in frame.actor.scopes(*UNIT_ROLES),
        signed=bool(signed),
        covered=cover.complete if lead else unit not in cover.missing,
        sheets=signed,
        asked=_waiting(frame, application, unit, digest),
        commitment=made,
        commitment_open=_may_commit(frame, unit),
        scan_kept=made is not None and frame.view.personal and desk.files.has_scan(made.scan_sha256),
    )


def _waiting(frame: Frame, application: Application, unit: str, digest: str) -> Asked | None:
    """The newest link sent to this unit's legal representative that can still be used."""
    sent = [one for one in application.consortium.asked if one.unit == unit and one.digest == digest and not one.used]
    return next((one for one in reversed(sent) if not passed(frame.now, one.expires_at)), None)


def _may_commit(frame: Frame, unit: str) -> bool:
    """The lead records any unit's, a member its own; after a return only what the notice lists."""
    if not frame.writable or not (frame.mine or unit in frame.actor.scopes(*UNIT_ROLES)):
        return False
    returned = frame.application.returned
    return returned is None or any((one.kind, one.id) == ("commitment", unit) for one in returned.items)


def _legal_names(frame: Frame, application: Application) -> dict[str, str]:
    """Who signs for a unit where that is known, to be filled in beforehand; for its own people and the lead's alone."""
    return dict(legal_names(application)) if frame.ours else {}
