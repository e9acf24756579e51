"""A consortium of a lead and members, for tests: what happened to it, told by events."""

from datetime import UTC, date, datetime
from typing import Any

from consortium import events as e
from consortium.agreement import Parties
from consortium.membership import digest_of
from consortium.ratios import Column, equal
from consortium.state import ALONE, Consortium, evolve
from eventstore.event import Personal

LEAD = "91430281MAXTE5T24U"
M1, M2, M3 = "91430104MAXTE5T321", "91430304MAXTE5T406", "12430000MAXTE5T59Y"
PROJECT = "湘东陶瓷行业数字化转型促进中心"
EXPIRES = datetime(2025, 11, 20, 9, tzinfo=UTC)
BEFORE, AFTER = datetime(2025, 11, 10, 9, tzinfo=UTC), datetime(2025, 11, 20, 9, 0, 1, tzinfo=UTC)
TODAY = date(2025, 11, 18)
NAMES = {LEAD: "醴陵领航", M1: "长沙智云", M2: "湘潭数联", M3: "省陶研所"}
LEGAL = {LEAD: "罗领航", M1: "文智云", M2: "彭数联", M3: "贺所长"}
SCAN = "sha256:" + "5c" * 32


def invited(unit: str, invitation: str = "", secret: str = "s3cret") -> e.MemberInvited:
    return e.MemberInvited(
        invitation=invitation or f"i-{unit}",
        unit=unit,
        unit_name=NAMES.get(unit, unit),
        contact=Personal("某人"),
        address=Personal("m@example.cn"),
        secret_digest=digest_of(secret),
        expires_at=EXPIRES,
    )


def accepted(unit: str) -> e.InvitationAccepted:
    return e.InvitationAccepted(invitation=f"i-{unit}", by=Personal("某人"))


def after(*happened: e.ConsortiumEvent, start: Consortium = ALONE) -> Consortium:
    for event in happened:
        start = evolve(start, event)
    return start


def joined(*units: str) -> Consortium:
    return after(*(event for unit in units for event in (invited(unit), accepted(unit))))


def parties(*members: str, project: str = PROJECT) -> Parties:
    return Parties(lead=LEAD, names={unit: NAMES[unit] for unit in (LEAD, *members)}, project=project)


def agreed(*members: str) -> Consortium:
    """Everything the agreement needs, said."""
    units = (LEAD, *members)
    shares = dict(zip(units, equal(len(units)), strict=True))
    columns = {column.value: shares for column in (Column.CONTRIBUTION, Column.GRANT, Column.OWN_FUNDS)}
    terms = e.TermsSet(name="湘东联合体", tasks={unit: f"{NAMES[unit]}的任务" for unit in units}, copies=len(units) + 1)
    return after(terms, e.RatiosSet(columns=columns), start=joined(*members))


def hand(unit: str, **more: Any) -> e.Signatory:
    told: dict[str, Any] = {
        "unit": unit,
        "signer": Personal(LEGAL[unit]),
        "signer_kind": "legal_representative",
        "signed_on": date(2025, 11, 17),
        "sealed": True,
    }
    return e.Signatory(**{**told, **more})


def signed(digest: str, *units: str, document: str = "d1", **more: Any) -> e.AgreementSigned:
    hands = tuple(hand(unit, **more) for unit in units)
    return e.AgreementSigned(document=document, digest=digest, signatories=hands, scan_sha256=SCAN)
