"""A consortium as somebody may see it: members, shares, the agreement's text and versions, who is covered, what is lacking.

Presents, decides nothing.
"""

from collections.abc import Iterator

from consortium import agreement
from consortium.events import SignatureReport
from consortium.state import Document, Member, Standing
from eventstore.refusal import Refusal
from paperwork import pdf_signature
from programmes.call import Call
from workflow.application import Application
from workflow.dossier_parts import ConsortiumView, DocumentView, GapView, MemberView, SignatureView, VersionView
from workflow.parties import agreement_coverage, agreement_digest, parties_of


def of_the_consortium(application: Application, call: Call, personal: bool, pending: bool) -> ConsortiumView:
    """*pending*: with those who were asked and did not join; only the units of the application see who that is."""
    consortium, parties = application.consortium, parties_of(application)
    digest, cover = agreement_digest(application), agreement_coverage(application)
    counting = agreement.counting(consortium, digest)
    accepted = call.programme_of(application.direction).agreement_signing
    shown = consortium.members if pending else consortium.accepted
    lacking = [*agreement.gaps(consortium, parties, own_funds=False), *agreement.not_covered(consortium, parties)]
    return ConsortiumView(
        exists=consortium.exists,
        units=application.units,
        names=dict(parties.names),
        limit=call.units.max,
        members=tuple(_member(member, personal) for member in shown),
        name=consortium.name,
        ratios={column: dict(by_unit) for column, by_unit in consortium.ratios.items()},
        tasks=dict(consortium.tasks),
        clauses=dict(consortium.clauses),
        extra=consortium.extra,
        copies=consortium.copies,
        digest=digest,
        versions=tuple(
            VersionView(
                version=one.version,
                digest=one.digest,
                units=one.units,
                current=one is agreement.current(consortium, digest),
                effective_from=one.effective_from,
            )
            for one in consortium.issues
        ),
        documents=tuple(_document(one, one in counting, personal) for one in consortium.documents),
        covered=dict(cover.documents),
        gaps=tuple(map(_gap, lacking)) if consortium.accepted else (),
        findings=tuple(map(_gap, findings(application))) if pending else (),
        signing=tuple(kind for kind in accepted if kind != "pades" or pdf_signature.installed()),
    )


def consortium_lacks(application: Application) -> dict[str, bool]:
    """Which part of a consortium is not ready to be sealed: members, shares, text, signing."""
    consortium, parties = application.consortium, parties_of(application)
    found = {gap.code for gap in agreement.gaps(consortium, parties, own_funds=False)}
    return {
        "members": bool(consortium.pending),
        "shares": "RATIO_SUM" in found,
        "text": not found.isdisjoint({"REQUIRED", "TASK_MISSING"}),
        "signing": bool(agreement.not_covered(consortium, parties)),
    }


def findings(application: Application) -> Iterator[Refusal]:
    """What should be looked at and stops nobody: members from elsewhere, too few copies (R-216)."""
    consortium = application.consortium
    live = (Standing.ACCEPTED, Standing.INVITED)
    outside = [one.unit_name for one in consortium.members if not one.in_province and one.standing in live]
    if outside:
        yield Refusal.of("MEMBER_OUTSIDE_PROVINCE", units=outside)
    if consortium.accepted and consortium.copies:
        yield from agreement.too_few_copies(consortium, parties_of(application))
    yield from _about_signatures(application)


def _about_signatures(application: Application) -> Iterator[Refusal]:
    """Of today's text: certificates that nobody here knows, and files with fewer signatures than hands are claimed."""
    for one in application.consortium.documents:
        if not one.signatures or one.digest != agreement_digest(application):
            continue
        if any(found.certificate == "unknown" for found in one.signatures):
            yield Refusal.of("SIGNATURE_CERTIFICATE_UNKNOWN", source=agreement.SOURCE, document=one.id)
        if len(one.signatures) < len(one.signatories):
            told = {"measure": len(one.signatures), "limit": len(one.signatories)}
            yield Refusal.of("FEWER_SIGNATURES", source=agreement.SOURCE, document=one.id, **told)


def _member(member: Member, personal: bool) -> MemberView:
    return MemberView(
        invitation=member.invitation,
        unit=member.unit,
        unit_name=member.unit_name,
        kind=member.kind,
        in_province=member.in_province,
        standing=member.standing.value,
        expires_at=member.expires_at,
        contact=member.contact.value if personal else None,
        address=member.address.value if personal else None,
    )


def _document(one: Document, counts: bool, personal: bool) -> DocumentView:
    return DocumentView(
        document=one.id,
        digest=one.digest,
        counts=counts,
        confirmation=one.is_confirmation,
        units=tuple(hand.unit for hand in one.signatories),
        scan_sha256=one.scan_sha256,
        paper_code=one.paper_code,
        signatures=tuple(_signature(each, personal) for each in one.signatures),
    )


def _signature(found: SignatureReport, personal: bool) -> SignatureView:
    return SignatureView(
        signer=found.signer.value if personal else None,
        integrity=found.integrity,
        certificate=found.certificate,
        said_at=found.said_at,
        timestamped_at=found.timestamped_at,
        covers_whole=found.covers_whole,
    )


def _gap(refusal: Refusal) -> GapView:
    return GapView(code=refusal.code, params=dict(refusal.params))
