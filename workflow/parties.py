"""Who the parties of a consortium's agreement are, read off the application, and what of the agreement stands."""

from dataclasses import replace

from consortium import events as e
from consortium.agreement import Coverage, Parties, content_digest, coverage, current
from consortium.events import ConsortiumEvent
from consortium.state import Document, Member, evolve
from eventstore.event import Personal
from workflow import commands as c
from workflow.answers import plain
from workflow.application import Application


def parties_of(application: Application) -> Parties:
    """The lead and the members that joined, in the order of the tables, and the project as the form names it."""
    members = {member.unit: member.unit_name for member in application.consortium.accepted}
    return Parties(
        lead=application.lead_unit,
        names={application.lead_unit: application.unit_name, **members},
        project=str(plain({"name": application.answers.get("project_name", "")})["name"] or ""),
    )


def members_of(parties: Parties) -> tuple[str, ...]:
    """The units beside the lead, in the order of the tables."""
    return tuple(unit for unit in parties.names if unit != parties.lead)


def agreement_digest(application: Application) -> str:
    """The hash of what the parties would put their names to now."""
    return content_digest(application.consortium, parties_of(application))


def agreement_coverage(application: Application) -> Coverage:
    """Which members a document of today's text covers."""
    return coverage(application.consortium, parties_of(application), agreement_digest(application))


def member_of(application: Application, unit: str) -> Member | None:
    """The membership of a unit that joined."""
    return next((member for member in application.consortium.accepted if member.unit == unit), None)


def voided_by(application: Application, event: ConsortiumEvent) -> int:
    """The version whose signatures *event* makes void; 0 where nobody had signed, or the text stays as it is."""
    issue = current(application.consortium, agreement_digest(application))
    if issue is None or all(document.version != issue.version for document in application.consortium.documents):
        return 0
    after = replace(application, consortium=evolve(application.consortium, event))
    return 0 if agreement_digest(after) == issue.digest else issue.version


def document_of(command: c.SignAgreement, name: str) -> Document:
    """The document as the rules see it."""
    hands = tuple(_signatory(hand) for hand in command.hands)
    return Document(id=name, digest=command.digest, signatories=hands, scan_sha256=command.scan_sha256 or "-")


def _signatory(hand: c.Hand) -> e.Signatory:
    return e.Signatory(
        unit=hand.unit,
        signer=Personal(hand.signer.strip()),
        signer_kind=hand.signer_kind,
        signed_on=hand.signed_on,
        sealed=hand.sealed,
        authorisation=_authorisation(hand.letter) if hand.letter else None,
    )


def _authorisation(letter: c.Letter) -> e.Authorisation:
    return e.Authorisation(
        principal=Personal(letter.principal.strip()),
        agent=Personal(letter.agent.strip()),
        project=letter.project.strip(),
        valid_from=letter.valid_from,
        valid_to=letter.valid_to,
        scan_sha256=letter.scan_sha256,
    )
