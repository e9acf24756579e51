"""Given what has happened, when somebody asks, then this happens or every reason why not.

Decisions are tested here without a database: events in, a command, events out, compared by equality.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache, reduce
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from directory.actor import CLOCK, PUBLIC, Actor, Grant, Role
from directory.unit import Unit, UnitCode, UnitKind
from eventstore.event import Personal
from eventstore.refusal import Refusal, Refused
from programmes.call import Call
from programmes.catalogue import Catalogue
from workflow import commands as c
from workflow import events as e
from workflow.application import EMPTY, Application, evolve
from workflow.decisions import decide
from workflow.events import ApplicationEvent
from workflow.facts import Expert, Facts, Latest
from workflow.lifecycle import Action, actions
from workflow.stages import Stage

BEIJING = ZoneInfo("Asia/Shanghai")
ID = UUID("01890000-0000-7000-8000-000000000001")
UNIT_CODE = "91430104MAXTE5T16B"
SCAN = "sha256:" + "5c" * 32


def at(text: str) -> datetime:
    """An instant as Beijing writes it: "2025-11-03 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING).astimezone(UTC)


@cache
def call_of_2025() -> Call:
    return Catalogue.packaged().get("hn-2025")


UNIT = Unit(
    code=UnitCode(UNIT_CODE),
    name="湖南岳麓智模科技有限公司",
    kind=UnitKind.ENTERPRISE,
    registered_on=date(2021, 6, 18),
    county="430104",
)


def person(name: str, *grants: tuple[Role, str]) -> Actor:
    return Actor(f"person:{name}", name, tuple(Grant(role, scope) for role, scope in grants))


EDITOR = person("editor", (Role.UNIT_EDITOR, UNIT_CODE))
ADMIN = person("admin", (Role.UNIT_ADMIN, UNIT_CODE))
YUELU_HEAD = person("yuelu-head", (Role.BUREAU_HEAD, "430104"))
YUELU_CLERK = person("yuelu-clerk", (Role.BUREAU_CLERK, "430104"))
YUHUA_HEAD = person("yuhua-head", (Role.BUREAU_HEAD, "430111"))
CHANGSHA_HEAD = person("changsha-head", (Role.BUREAU_HEAD, "430100"))
PROVINCE_CLERK = person("province-clerk", (Role.PROVINCE_CLERK, "43"))
PROVINCE_LEAD = person("province-lead", (Role.PROVINCE_LEAD, "43"))
FINANCE = person("finance", (Role.PROVINCE_FINANCE, "43"))
BOTH = person("both", (Role.PROVINCE_LEAD, "43"), (Role.PROVINCE_FINANCE, "43"))
JUDGE = person("judge", (Role.DISCIPLINE_HEAD, "43"))
EXPERTS = tuple(person(f"expert-{n}", (Role.EXPERT, "43")) for n in range(1, 10))
EVERYBODY = (
    EDITOR,
    ADMIN,
    YUELU_HEAD,
    YUELU_CLERK,
    YUHUA_HEAD,
    CHANGSHA_HEAD,
    PROVINCE_CLERK,
    PROVINCE_LEAD,
    FINANCE,
    JUDGE,
    EXPERTS[0],
    CLOCK,
    PUBLIC,
)

POOL = tuple(Expert(id=expert.id) for expert in EXPERTS)


def facts(actor: Actor, when: str, **known: Any) -> Facts:
    defaults: dict[str, Any] = {
        "unit": UNIT,
        "next_number": "HN-AI-2025-0001",
        "expert_pool": POOL,
        "seed": "00" * 16,
        "latest": Latest(event="application.something", actor="somebody", at=at(when)),
    }
    return Facts(now=at(when), actor=actor, call=call_of_2025(), **{**defaults, **known})


class Then:
    """What came of it."""

    def __init__(self, outcome: Sequence[ApplicationEvent] | Refused, application: Application) -> None:
        self.outcome, self.application = outcome, application

    def then(self, *events: ApplicationEvent) -> None:
        assert not isinstance(self.outcome, Refused), self.codes
        assert tuple(self.outcome) == events

    def then_entered(self, stage: Stage) -> Sequence[ApplicationEvent]:
        assert not isinstance(self.outcome, Refused), self.codes
        assert reduce(evolve, self.outcome, self.application).stage is stage
        return self.outcome

    def then_refused(self, *codes: str) -> tuple[Refusal, ...]:
        assert isinstance(self.outcome, Refused), f"happened: {self.outcome}"
        assert sorted(self.codes) == sorted(codes)
        return self.outcome.refusals

    def then_refused_among(self, *codes: str) -> tuple[Refusal, ...]:
        assert isinstance(self.outcome, Refused), f"happened: {self.outcome}"
        assert set(codes) <= set(self.codes), self.codes
        return self.outcome.refusals

    @property
    def codes(self) -> list[str]:
        return [refusal.code for refusal in self.outcome.refusals] if isinstance(self.outcome, Refused) else []


class Given:
    """An application to which this has happened."""

    def __init__(self, *events: ApplicationEvent) -> None:
        self.events = events
        self.application: Application = reduce(evolve, events, EMPTY)

    def when(self, command: c.Command, by: Actor, on: str = "2025-12-01 10:00", **known: Any) -> Then:
        try:
            return Then(decide(self.application, command, facts(by, on, **known)), self.application)
        except Refused as refused:
            return Then(refused, self.application)

    def offers(self, to: Actor, on: str = "2025-12-01 10:00", **known: Any) -> dict[str, Action]:
        return {action.trigger: action for action in actions(self.application, facts(to, on, **known))}


OPENED = e.Opened(
    entered=Stage.DRAFT,
    application_id=str(ID),
    number="HN-AI-2025-0001",
    call="hn-2025",
    programme="L",
    direction="L-V",
    definition_digest="",
    lead_unit=UNIT_CODE,
    unit_name=UNIT.name,
    region="430104",
    opened_by=EDITOR.id,
)
ROUTE = (
    e.RouteStep(body="430104", level="county"),
    e.RouteStep(body="430100", level="city"),
    e.RouteStep(body="43", level="province"),
)
DIGEST = "sha256:" + "a1" * 32
SEALED = e.UnitSealed(
    entered=Stage.UNIT_SEALED, seal_version=1, content_digest=DIGEST, route=ROUTE, route_rule="district"
)
HANDLER = Personal("王经办")
COUNTY = e.Recommended(
    entered=Stage.COUNTY_RECOMMENDED,
    body="430104",
    level="county",
    handler=HANDLER,
    opinion="",
    letter_number="岳工信函〔2025〕11号",
    letter_scan=SCAN,
    content_digest=DIGEST,
)
CITY = replace(COUNTY, entered=Stage.CITY_RECOMMENDED, body="430100", level="city", rank=2, slot=1)
RECEIVED = e.Received(entered=Stage.FORMAL_REVIEW, receipt_number="HN-AI-2025-0001-R1")
FORM_PASSED = e.FormPassed(entered=Stage.EXPERT_REVIEW, checklist=("form",))
PANEL = tuple(expert.id for expert in EXPERTS[:5])
DRAWN = e.PanelDrawn(seed="00", pool=PANEL, drawn=PANEL)
CLEARED = tuple(e.ExpertDeclared(expert=expert, conflict=False) for expert in PANEL)
MARKS = (8600, 9100, 7850, 8800, 8300)
SCORED = tuple(
    e.Scored(expert=expert, marks={}, total=total, comment="") for expert, total in zip(PANEL, MARKS, strict=True)
)
REVIEWED = e.ReviewClosed(
    entered=Stage.EXPERT_REVIEW,
    totals=dict(zip(PANEL, MARKS, strict=True)),
    dropped=(7850, 9100),
    result=8567,
    method="trimmed_mean",
    spread=1250,
)
PROPOSED = e.Proposed(
    entered=Stage.PROPOSED, amount_fen=100_000_000, minutes_number="会纪〔2025〕9号", proposer=PROVINCE_LEAD.id
)
NOTICED = e.NoticePublished(
    entered=Stage.PUBLIC_NOTICE,
    opens=date(2025, 12, 30),
    closes=date(2026, 1, 6),
    until=datetime(2026, 1, 6, 23, 59, 59, 999999, tzinfo=BEIJING),
)
LEAD_SIGNED = e.AwardSigned(signer=PROVINCE_LEAD.id, document_number="湘工信〔2026〕1号")
AWARDED = e.Awarded(
    entered=Stage.AWARDED,
    amount_fen=100_000_000,
    amount_words="壹佰万元整",
    document_number="湘工信〔2026〕1号",
    signers=(PROVINCE_LEAD.id, FINANCE.id),
)
ACCOUNT = e.SectionSaved(section="unit", section_version=1, answers={"account": Personal("0430123456789012")})
INSTRUCTED = e.TrancheInstructed(
    entered=Stage.DISBURSING,
    tranche=1,
    amount_fen=100_000_000,
    payee=UNIT_CODE,
    account=Personal("0430123456789012"),
)
PAID = e.TranchePaid(
    entered=Stage.DISBURSED,
    tranche=1,
    amount_fen=100_000_000,
    bank_reference="20260122-001",
    paid_on=date(2026, 1, 22),
)
UNDER_REVIEW = (OPENED, ACCOUNT, SEALED, COUNTY, CITY, RECEIVED, FORM_PASSED)
REVIEW_DONE = (*UNDER_REVIEW, DRAWN, *CLEARED, *SCORED, REVIEWED)
ON_NOTICE = (*REVIEW_DONE, PROPOSED, NOTICED)
