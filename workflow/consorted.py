"""A consortium as somebody may see it: members, shares, the agreement's text and versions, who is covered, what is lacking.

Presents, decides nothing.
"""

from collections.abc import Iterator

from consortium import agreement
from consortium.state import Document, Member, Standing
from eventstore.refusal import Refusal
from programmes.call import Call
from workflow.application import Application
from workflow.dossier_parts import ConsortiumView, DocumentView, GapView, MemberView, VersionView
from workflow.parties import agreement_coverage, agreement_digest, parties_of


def of_the_consortium(application: Application, call: Call, personal: bool, pending: bool) -> ConsortiumView:
    """*pending*: with those who were asked and did not join; only the units of the application see who that is."""
    consortium, parties = application.consortium, parties_of(application)
    digest, cover = agreement_digest(application), agreement_coverage(application)
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
                current=one is consortium.issue and one.digest == digest,
                effective_from=one.effective_from,
            )
            for one in consortium.issues
        ),
        documents=tuple(_document(one, digest) for one in consortium.documents),
        covered=dict(cover.documents),
        gaps=tuple(map(_gap, lacking)) if consortium.accepted else (),
        findings=tuple(map(_gap, findings(application))) if pending else (),
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


def _document(one: Document, digest: str) -> DocumentView:
    return DocumentView(
        document=one.id,
        digest=one.digest,
        counts=one.digest == digest,
        confirmation=one.is_confirmation,
        units=tuple(hand.unit for hand in one.signatories),
        scan_sha256=one.scan_sha256,
        paper_code=one.paper_code,
    )


def _gap(refusal: Refusal) -> GapView:
    return GapView(code=refusal.code, params=dict(refusal.params))
