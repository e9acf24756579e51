"""A joint application for tests of its papers: a lead and members that agreed, told by events."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from consortium import events as k
from consortium.ratios import equal
from tests.consortium.tale import LEGAL, M1, M2, M3, accepted, invited
from tests.scenario import ID, OPENED, SCAN, UNIT_CODE, call_of_2025
from workflow import commands as c
from workflow import events as e
from workflow.application import EMPTY, Application, evolve
from workflow.events import ApplicationEvent
from workflow.parties import agreement_digest
from workflow.printing.document import Bearing, document_of
from workflow.printing.issuing import issue_of

LEAD = UNIT_CODE
MEMBERS = (M1, M2, M3, "91430104MAXTE5T51A", "91430104MAXTE5T52B", "91430104MAXTE5T53C")
TASK = "建设数据采集与标识解析节点"
PROJECT = "工程机械运维大模型研发与应用"
NAMED = e.SectionSaved(section="cover", section_version=1, answers={"project_name": PROJECT})


def folded(*events: ApplicationEvent, start: Application = EMPTY) -> Application:
    for event in events:
        start = evolve(start, event)
    return start


def agreeing(members: int, *, workload: bool = False, **terms: Any) -> tuple[ApplicationEvent, ...]:
    """Everything an agreement of a lead and so many *members* needs, said."""
    joined = MEMBERS[:members]
    units = (LEAD, *joined)
    shares = dict(zip(units, equal(len(units)), strict=True))
    columns = dict.fromkeys(("contribution", "grant", "own_funds", *(("workload",) if workload else ())), shares)
    said = {"name": "湘东联合体", "tasks": dict.fromkeys(units, TASK), "copies": len(units) + 1, **terms}
    invitations = [event for unit in joined for event in (invited(unit), accepted(unit))]
    return (OPENED, NAMED, *invitations, k.RatiosSet(columns=columns), k.TermsSet(**said))


def fixed(application: Application) -> k.AgreementIssued:
    version = len(application.consortium.issues) + 1
    return k.AgreementIssued(version=version, digest=agreement_digest(application), units=application.units)


def agreed(members: int, **terms: Any) -> tuple[ApplicationEvent, ...]:
    """The same, and fixed for signing."""
    events = agreeing(members, **terms)
    return (*events, fixed(folded(*events)))


def printed(application: Application, kind: str) -> e.PaperIssued:
    made = issue_of(application, call_of_2025(), kind)
    stage = application.stage
    assert stage is not None
    return e.PaperIssued(stage=stage, kind=kind, digest=made.digest, code=made.code, version=made.version)


def drawn(application: Application, kind: str) -> Any:
    """The paper of *kind* before it is drawn."""
    made = issue_of(application, call_of_2025(), kind)
    bearing = Bearing(
        code=made.code, version=made.version, link=f"https://x.test/v/{made.code}", dated=date(2025, 11, 12)
    )
    return document_of(application, call_of_2025(), kind, bearing)


def hands(units: Sequence[str]) -> tuple[c.Hand, ...]:
    names = {LEAD: "沈岳", **LEGAL}
    return tuple(
        c.Hand(
            unit=unit,
            signer=names.get(unit, "某人"),
            signer_kind="legal_representative",
            signed_on=date(2025, 11, 12),
            sealed=True,
        )
        for unit in units
    )


def signing(*units: str, **more: Any) -> c.SignAgreement:
    return c.SignAgreement(application_id=ID, hands=hands(units), scan_sha256=SCAN, **more)


__all__ = ["agreed", "agreeing", "drawn", "fixed", "folded", "hands", "printed", "signing"]
