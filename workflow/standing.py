"""One row of the worklist as a fold: where an application stands, who acts next, and until when.

Pure, and narrow on purpose: it keeps what a list shows and what the next event needs, so that a rebuild stays fast.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from directory.bureau import prefix_of
from eventstore.event import instant_of, microseconds
from programmes.calendar import CalendarUnknown, add, beijing_date, end_of
from programmes.call import Call
from workflow import events as e
from workflow.application import Application
from workflow.events import ApplicationEvent
from workflow.schema import NEVER
from workflow.shares import unconfirmed
from workflow.stages import ENDS, Stage

FINANCE = "finance"
DISCIPLINE = "discipline"


class Definitions(Protocol):
    """The frozen definitions: nothing but the digest decides what is answered."""

    def get(self, call_id: str, digest: str | None = None) -> Call: ...


class Letter(msgspec.Struct, frozen=True):
    """A recommendation as its list shows it."""

    body: str
    rank: int | None
    number: str
    at: int


class Standing(msgspec.Struct):
    """What the columns do not say: the route, how far it is walked, own deadlines, and small signs."""

    route: list[tuple[str, str]] = []
    letters: list[Letter] = []
    extensions: dict[str, int] = {}
    until: int = NEVER
    refused_by: str = ""
    asked: bool | None = None
    signed: bool = False
    evaluated: bool = False
    unconfirmed: dict[str, list[str]] = {}
    """By tranche the members that have not confirmed what they were to be handed on."""

    @property
    def next_step(self) -> tuple[str, str] | None:
        """The body whose turn it is, and its level."""
        acted = len(self.letters)
        return self.route[acted] if acted < len(self.route) else None


@dataclass(slots=True)
class Row:
    """A row in the making. Instants are microseconds; empty text and NEVER mean there is none."""

    id: str
    call: str = ""
    number: str = ""
    serial: int = 0
    programme: str = ""
    direction: str = ""
    definition: str = ""
    lead_unit: str = ""
    unit_name: str = ""
    project_name: str = ""
    sector: str = ""
    stage: str = ""
    holder: str = ""
    region: str = ""
    county: str = ""
    city: str = ""
    province: str = ""
    zone: str = ""
    second_zone: str = ""
    due_at: int = NEVER
    rank: int | None = None
    amount_fen: int | None = None
    content_digest: str = ""
    county_list: str | None = None
    county_slot: int | None = None
    city_list: str | None = None
    city_slot: int | None = None
    notice_opens: str = ""
    notice_closes: str = ""
    version: int = 0
    opened_at: int = 0
    changed_at: int = 0
    standing: str = "{}"


def serial_of(number: str) -> int:
    """The counting part of an application's number."""
    return int(number.rpartition("-")[2])


def advance(row: Row, standing: Standing, event: ApplicationEvent, at: int, call: Call) -> None:
    """Bring *row* and *standing* to what they are after *event*, which was recorded at *at*."""
    match event:
        case e.SectionSaved(answers=answers):
            _name(row, answers, call)
            return
        case e.FileAttached() | e.FileRemoved() | e.CommitmentRecorded() | e.PaperIssued():
            return
        case e.ExpertDeclared() | e.Scored():
            return
        case e.Opened():
            _open(row, event, at)
        case e.UnitSealed() | e.Resubmitted() | e.Recommended() | e.ReturnedForCorrection() | e.DeadlineExtended():
            _carry(row, standing, event, at)
        case e.NotRecommended(body=body):
            standing.refused_by, standing.until = body, _reconsidered_until(at, call)
        case e.FormFailed():
            standing.refused_by, standing.until = "", _reconsidered_until(at, call)
        case e.Withdrawn() | e.Lapsed():
            _leave_the_lists(row, standing)
        case e.ReconsiderationAsked():
            standing.asked = True
        case e.ReconsiderationDecided():
            standing.asked = False
        case _:
            _fund(row, standing, event)
    entered: Stage | None = getattr(event, "entered", None)
    if entered is not None:
        row.stage = entered.value
    row.holder, row.due_at = holder_of(row, standing, call), due_of(row, standing, call)


def _name(row: Row, answers: Mapping[str, e.Answer], call: Call) -> None:
    """What the lists call it: the project's name, and the industry of the summary table."""
    if "project_name" in answers:
        row.project_name = str(answers["project_name"] or "")
    industry = call.direction(row.direction).industry_from
    if industry is not None and industry in answers:
        row.sector = _industry(answers[industry])


def _industry(answer: e.Answer) -> str:
    match answer:
        case str():
            return answer
        case {"chosen": [*chosen]}:
            return ",".join(str(each) for each in chosen)
        case _:
            return ""


def _open(row: Row, event: e.Opened, at: int) -> None:
    row.call, row.number, row.serial = event.call, event.number, serial_of(event.number)
    row.programme, row.direction, row.definition = event.programme, event.direction, event.definition_digest
    row.lead_unit, row.unit_name, row.region = event.lead_unit, event.unit_name, event.region
    row.opened_at = at


def _carry(
    row: Row,
    standing: Standing,
    event: e.UnitSealed | e.Resubmitted | e.Recommended | e.ReturnedForCorrection | e.DeadlineExtended,
    at: int,
) -> None:
    match event:
        case e.UnitSealed(route=route, content_digest=digest, project_name=name):
            standing.route = [(step.body, step.level) for step in route]
            row.content_digest, row.project_name = digest, name or row.project_name
            _leave_the_lists(row, standing)
            _come_into_sight(row, [step.body for step in route])
        case e.Resubmitted(content_digest=digest, renewed=renewed):
            row.content_digest = digest
            if renewed:
                _leave_the_lists(row, standing)
        case e.Recommended():
            _enter_the_list(row, standing, event, at)
        case e.ReturnedForCorrection(deadline=deadline):
            standing.until = microseconds(deadline)
        case e.DeadlineExtended(deadline="return", until=until):
            standing.until = microseconds(until)
        case e.DeadlineExtended(deadline=name, until=until):
            standing.extensions[name] = microseconds(until)


def list_of(body: str, call: str, programme: str) -> str:
    """The key of a body's recommendation list."""
    return f"{body}/{call}/{programme}"


def _enter_the_list(row: Row, standing: Standing, event: e.Recommended, at: int) -> None:
    standing.letters = [*standing.letters, Letter(event.body, event.rank, event.letter_number, at)]
    row.rank = event.rank if event.rank is not None else row.rank
    listed = list_of(event.body, row.call, row.programme)
    if event.level == "county":
        row.county_list, row.county_slot = listed, event.slot
    else:
        row.city_list, row.city_slot = listed, event.slot


def _leave_the_lists(row: Row, standing: Standing) -> None:
    standing.letters = []
    row.county_list = row.city_list = None
    row.county_slot = row.city_slot = None
    row.rank = None


def _come_into_sight(row: Row, bodies: list[str]) -> None:
    """From the first seal on the region's bureaus see it; a body that the region does not suggest is named apart."""
    row.county, row.city, row.province = row.region, row.region[:4] + "00", row.region[:2]
    odd = [body for body in bodies if not row.region.startswith(prefix_of(body))]
    row.zone, row.second_zone = (*odd, "", "")[:2]


def _fund(row: Row, standing: Standing, event: ApplicationEvent) -> None:
    match event:
        case e.Proposed(amount_fen=amount):
            row.amount_fen, standing.signed = amount, False
        case e.NoticePublished(opens=opens, closes=closes, until=until):
            row.notice_opens, row.notice_closes = opens.isoformat(), closes.isoformat()
            standing.until = microseconds(until)
        case e.AwardSigned():
            standing.signed = True
        case e.Awarded(amount_fen=amount):
            row.amount_fen = amount
        case e.SelfEvaluationFiled():
            standing.evaluated = True
        case e.TranchePaid() | e.TrancheReturned() | e.HandOnConfirmed():
            _hand_on(row, standing, event)
        case _:
            pass


def _hand_on(row: Row, standing: Standing, event: e.TranchePaid | e.TrancheReturned | e.HandOnConfirmed) -> None:
    tranche = str(event.tranche)
    waits = {key: units for key, units in standing.unconfirmed.items() if key != tranche}
    match event:
        case e.TranchePaid(shares=shares):
            units = sorted(unit for unit, fen in shares.items() if unit != row.lead_unit and fen > 0)
        case e.HandOnConfirmed(unit=confirmed):
            units = [unit for unit in standing.unconfirmed.get(tranche, []) if unit != confirmed]
        case e.TrancheReturned():
            units = []
    standing.unconfirmed = {**waits, tranche: units} if units else waits


def _reconsidered_until(at: int, call: Call) -> int:
    try:
        return microseconds(end_of(add(beijing_date(instant_of(at)), call.reconsideration.working_days)))
    except CalendarUnknown:
        return NEVER


def holder_of(row: Row, standing: Standing, call: Call) -> str:
    """Who acts next: a unit's code, a bureau's, the province's, "finance", "discipline", or nobody."""
    match Stage(row.stage):
        case Stage.DRAFT | Stage.RETURNED:
            return row.lead_unit
        case Stage.UNIT_SEALED | Stage.COUNTY_RECOMMENDED | Stage.CITY_RECOMMENDED:
            step = standing.next_step
            return step[0] if step else call.province
        case Stage.NOT_RECOMMENDED | Stage.FORM_FAILED:
            return _reconsidering(row, standing, call)
        case Stage.PUBLIC_NOTICE | Stage.RESERVED if standing.signed:
            return FINANCE
        case Stage.OBJECTION_HOLD:
            return DISCIPLINE
        case Stage.AWARDED | Stage.DISBURSING | Stage.RECOVERING:
            return FINANCE
        case Stage.DISBURSED:
            return call.province if standing.evaluated and not standing.unconfirmed else row.lead_unit
        case stage:
            return "" if stage in ENDS else call.province


def _reconsidering(row: Row, standing: Standing, call: Call) -> str:
    if standing.asked is None:
        return row.lead_unit
    if not standing.asked:
        return ""
    route = [body for body, _ in standing.route]
    above = route.index(standing.refused_by) + 1 if standing.refused_by in route else len(route)
    return route[above] if above < len(route) else call.province


def due_of(row: Row, standing: Standing, call: Call) -> int:
    """When the next step is due, in microseconds; NEVER where no deadline runs."""
    match Stage(row.stage):
        case Stage.DRAFT:
            return _deadline("applicant_close", standing, call)
        case Stage.UNIT_SEALED | Stage.COUNTY_RECOMMENDED | Stage.CITY_RECOMMENDED:
            step = standing.next_step
            return _deadline(f"{step[1]}_close", standing, call) if step else NEVER
        case Stage.RETURNED | Stage.PUBLIC_NOTICE | Stage.OBJECTION_HOLD:
            return standing.until
        case Stage.NOT_RECOMMENDED | Stage.FORM_FAILED:
            return standing.until if standing.asked is None else NEVER
        case _:
            return NEVER


def _deadline(name: str, standing: Standing, call: Call) -> int:
    own = standing.extensions.get(name)
    instant: datetime | None = dict(call.deadlines).get(name)  # asking a model for what it lacks is slow
    return own if own is not None else NEVER if instant is None else microseconds(instant)


def of_application(application: Application, latest: datetime | None, call: Call) -> tuple[Row, Standing]:
    """The same row from the whole fold, as far as `holder_of` and `due_of` ask. *latest*: when its newest event was."""
    row = Row(application.id, stage=application.stage or "", lead_unit=application.lead_unit)
    asked = application.reconsideration
    standing = Standing(
        route=[(step.body, step.level) for step in application.route],
        letters=[Letter(made.body, made.rank, made.letter_number, 0) for made in application.recommendations],
        extensions={name: microseconds(until) for name, until in application.extensions.items()},
        until=_until(application, latest, call),
        refused_by=application.refused_by,
        asked=None if asked is None else asked.granted is None,
        signed=bool(application.award_signers),
        evaluated=application.self_evaluated,
        unconfirmed=_unconfirmed(application),
    )
    return row, standing


def _unconfirmed(application: Application) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for number, unit in unconfirmed(application):
        found.setdefault(str(number), []).append(unit)
    return {tranche: sorted(units) for tranche, units in found.items()}


def _until(application: Application, latest: datetime | None, call: Call) -> int:
    if application.returned is not None:
        return microseconds(application.returned.deadline)
    if application.stage in (Stage.NOT_RECOMMENDED, Stage.FORM_FAILED) and latest is not None:
        return _reconsidered_until(microseconds(latest), call)
    return microseconds(application.notice.until) if application.notice else NEVER
