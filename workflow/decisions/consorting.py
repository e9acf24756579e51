"""What lead, members and the clock do about a consortium: ask, answer, agree, sign.

Pure: a link's secret is a fact.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from consortium import agreement, membership
from consortium import events as e
from consortium.membership import digest_of
from consortium.ratios import Column, read_percent
from consortium.state import Consortium
from consortium.state import evolve as evolve_consortium
from eventstore.event import Personal
from paperwork.pdf_signature import PdfSignature
from programmes.calendar import beijing_date, end_of
from programmes.identifiers import credit_code, email
from workflow import commands as c
from workflow.application import Application, evolve
from workflow.events import ApplicationEvent
from workflow.facts import Facts
from workflow.guards import closing_of
from workflow.lifecycle import enter
from workflow.parties import agreement_digest, document_of, parties_of, voided_by
from workflow.printing.sheets import sheet_of

INVITATION_LASTS = timedelta(days=14)


def invite(application: Application, command: c.Invite, facts: Facts) -> Sequence[ApplicationEvent]:
    """Of the link's secret the log keeps a hash; the value lies apart, for the letter alone."""
    enter(command.trigger, application, command, facts)
    unit = credit_code(command.unit)
    place = facts.unit.county if facts.unit else unit[2:8]
    return [
        e.MemberInvited(
            invitation=facts.link_id,
            unit=unit,
            unit_name=facts.unit.name if facts.unit else command.unit_name.strip()[:200],
            contact=Personal(command.contact.strip()[:100]),
            address=Personal(email(command.address)),
            secret_digest=digest_of(facts.secret),
            expires_at=_open_until(application, facts),
            kind=facts.unit.kind.value if facts.unit else command.kind.strip()[:60],
            in_province=place.startswith(facts.call.province),
            secret=Personal(facts.secret, subject=subject_of(facts.link_id)),
            replaces=command.replaces,
        )
    ]


def subject_of(link: str) -> str:
    """Whose key seals a link's secret: the link's own, so that the secret alone can be erased."""
    return f"link-{link}"


def _open_until(application: Application, facts: Facts) -> datetime:
    """Two weeks, and not beyond the instant at which the application itself lapses."""
    lasts = end_of(beijing_date(facts.now + INVITATION_LASTS))
    closing = closing_of(application, facts)
    return min(lasts, closing) if closing else lasts


def uninvite(application: Application, command: c.Uninvite, facts: Facts) -> Sequence[ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    return [e.InvitationWithdrawn(invitation=command.invitation)]


def expire(application: Application, command: c.ExpireInvitation, facts: Facts) -> Sequence[ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    return [e.InvitationExpired(invitation=command.invitation)]


def answer(application: Application, command: c.AnswerInvitation, facts: Facts) -> Sequence[ApplicationEvent]:
    """Joining is the authorisation of clause 1: the lead signs and acts for the consortium (R-206)."""
    enter(command.trigger, application, command, facts)
    by = Personal(command.by.strip()[:100])
    if not command.accept:
        reason = command.reason.strip()[:1000]
        return [e.InvitationDeclined(invitation=command.invitation, by=by, reason=reason)]
    joined = _joining(application.consortium, command.invitation, by)
    return [replace(joined, voids=voided_by(application, joined))]


def _joining(consortium: Consortium, invitation: str, by: Personal) -> e.InvitationAccepted | e.MemberReplaced:
    """Beside the others; or in the place of the one that it was asked for, if that is still in."""
    member = consortium.invitation(invitation)
    if member is not None and membership.succeeds(consortium, member):
        return e.MemberReplaced(unit=member.replaces, invitation=invitation, by=by)
    return e.InvitationAccepted(invitation=invitation, by=by)


def remove_member(application: Application, command: c.RemoveMember, facts: Facts) -> Sequence[ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    gone = e.MemberRemoved(unit=command.unit, reason=command.reason.strip())
    return [replace(gone, voids=voided_by(application, gone))]


def leave(application: Application, command: c.Leave, facts: Facts) -> Sequence[ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    gone = e.MemberLeft(unit=command.unit, reason=command.reason.strip())
    return [replace(gone, voids=voided_by(application, gone))]


def set_ratios(application: Application, command: c.SetRatios, facts: Facts) -> Sequence[ApplicationEvent]:
    """What was typed in per cent is kept in basis points; nothing is recorded when nothing changed."""
    enter(command.trigger, application, command, facts)
    columns = {
        name: {unit: _basis_points(typed.get(unit, "0"), Column(name)) for unit in application.units}
        for name, typed in command.columns.items()
    }
    held = application.consortium.ratios
    changed = {name: ratios for name, ratios in columns.items() if dict(held.get(name, {})) != ratios}
    if not changed:
        return []
    written = e.RatiosSet(columns=changed)
    return [replace(written, voids=voided_by(application, written))]


def _basis_points(typed: str, column: Column) -> int:
    read = read_percent(typed, column, 0)
    assert isinstance(read, int), "the guard ratios_are_whole has asked"
    return read


def set_terms(application: Application, command: c.SetTerms, facts: Facts) -> Sequence[ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    written = e.TermsSet(
        name=None if command.name is None else command.name.strip(),
        tasks=command.tasks,
        clauses=command.clauses,
        extra=command.extra,
        copies=command.copies,
    )
    if evolve_consortium(application.consortium, written) == application.consortium:
        return []
    return [replace(written, voids=voided_by(application, written))]


def issue(application: Application, command: c.IssueAgreement, facts: Facts) -> Sequence[ApplicationEvent]:
    """The same text is fixed once; a text that comes back is a new version, because its signatures were void."""
    enter(command.trigger, application, command, facts)
    digest = agreement_digest(application)
    if agreement.current(application.consortium, digest) is not None:
        return []
    version = len(application.consortium.issues) + 1
    return [e.AgreementIssued(version=version, digest=digest, units=application.units)]


def sign(application: Application, command: c.SignAgreement, facts: Facts) -> Sequence[ApplicationEvent]:
    """The document that covers the last member makes the agreement effective (协议第7条)."""
    enter(command.trigger, application, command, facts)
    name = f"document-{sum(not one.is_confirmation for one in application.consortium.documents) + 1}"
    sheet = sheet_of(application, facts.call, command)
    document = document_of(sheet.command, name)
    signed = e.AgreementSigned(
        document=name,
        digest=document.digest,
        signatories=document.signatories,
        scan_sha256=command.scan_sha256,
        recorded_by=facts.actor.id,
        paper_code=sheet.command.paper_code,
        signatures=tuple(map(_report, facts.signatures)),
    )
    return [signed, *_in_force_after(application, signed)]


def _report(found: PdfSignature) -> e.SignatureReport:
    return e.SignatureReport(
        signer=Personal(found.signer),
        integrity=found.integrity.value,
        certificate=found.certificate.value,
        said_at=found.said_at,
        timestamped_at=found.timestamped_at,
        covers_whole=found.covers_whole,
    )


def _in_force_after(application: Application, event: ApplicationEvent) -> Sequence[ApplicationEvent]:
    """AgreementEffective where *event* covers whoever was missing."""
    after = evolve(application, event)
    consortium, digest = after.consortium, agreement_digest(after)
    fixed = agreement.current(consortium, digest)
    if fixed is None or fixed.effective_from is not None:
        return []
    if not agreement.coverage(consortium, parties_of(after), digest).complete:
        return []
    day = agreement.effective_from(consortium, digest)
    return [e.AgreementEffective(version=fixed.version, digest=digest, effective_from=day)]


def ask_confirmation(application: Application, command: c.AskConfirmation, facts: Facts) -> Sequence[ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    return [
        e.ConfirmationAsked(
            confirmation=facts.link_id,
            unit=command.unit,
            digest=agreement_digest(application),
            signer=Personal(command.signer.strip()[:100]),
            address=Personal(email(command.address)),
            secret_digest=digest_of(facts.secret),
            expires_at=_open_until(application, facts),
            secret=Personal(facts.secret, subject=subject_of(facts.link_id)),
        )
    ]


def confirm(application: Application, command: c.ConfirmAgreement, facts: Facts) -> Sequence[ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    asked = application.consortium.confirmation(command.confirmation)
    assert asked is not None, "the guard confirmation_counts has asked"
    confirmed = e.AgreementConfirmed(
        unit=asked.unit,
        digest=asked.digest,
        signer=Personal(asked.signer.value or ""),
        confirmed_on=beijing_date(facts.now),
        confirmation=asked.confirmation,
    )
    return [confirmed, *_in_force_after(application, confirmed)]


def closed_links(events: Sequence[ApplicationEvent]) -> Sequence[str]:
    """The links that *events* used up or closed: their secrets are needed no more."""
    closed: list[str] = []
    for event in events:
        match event:
            case (
                e.InvitationAccepted(invitation=link)
                | e.MemberReplaced(invitation=link)
                | e.InvitationDeclined(invitation=link)
                | e.InvitationExpired(invitation=link)
                | e.InvitationWithdrawn(invitation=link)
                | e.AgreementConfirmed(confirmation=link)
            ) if link:
                closed.append(link)
            case _:
                pass
    return closed


DECISIONS: dict[type[c.Command], Callable[..., Sequence[ApplicationEvent]]] = {
    c.Invite: invite,
    c.Uninvite: uninvite,
    c.AnswerInvitation: answer,
    c.ExpireInvitation: expire,
    c.RemoveMember: remove_member,
    c.Leave: leave,
    c.SetRatios: set_ratios,
    c.SetTerms: set_terms,
    c.IssueAgreement: issue,
    c.SignAgreement: sign,
    c.AskConfirmation: ask_confirmation,
    c.ConfirmAgreement: confirm,
}
