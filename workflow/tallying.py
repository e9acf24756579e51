"""What an event adds to the figures of its call: where applications stand, how they moved, how long they lay, what was paid.

Pure. A figure is a key and whole numbers that are added up; its application is counted from its first seal on, because a
draft lies in nobody's sight but its unit's. Sums of time are seconds, sums of money fen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import msgspec

from eventstore.event import instant_of
from programmes.calendar import beijing_date
from programmes.call import Call
from workflow import events as e
from workflow.events import ApplicationEvent
from workflow.funded import PAYMENT, REPAYMENT
from workflow.schema import NEVER
from workflow.stages import Stage
from workflow.standing import Row, Standing, advance

FUNNEL = (
    Stage.UNIT_SEALED,
    Stage.COUNTY_RECOMMENDED,
    Stage.CITY_RECOMMENDED,
    Stage.FORMAL_REVIEW,
    Stage.EXPERT_REVIEW,
    Stage.PROPOSED,
    Stage.PUBLIC_NOTICE,
    Stage.AWARDED,
    Stage.DISBURSED,
    Stage.CLOSED,
)
"""Whoever reaches one of these has passed those before it, or had no need of them: a route may lack a step."""

UNIT = "unit"
"""The office of whichever unit holds an application: so many units would make as many figures."""

PLANNED, INSTRUCTED, RETURNED, CONFIRMED = "planned", "instructed", "returned", "confirmed"
SECOND = 1_000_000
_WAITING = frozenset({Stage.PUBLIC_NOTICE, Stage.OBJECTION_HOLD})
"""Where the due instant is the end of a term that has to be waited for: nobody is late who leaves after it."""


class What(StrEnum):
    """The kinds of figures, and what *one* and *other* of their keys say."""

    NOW = "now"  # stage
    REACHED = "reached"  # stage of the funnel
    FLOW = "flow"  # from stage, to stage
    STAY = "stay"  # stage, office; ended: how many, how long, within the deadline or after it
    RUNNING = "running"  # stage, office; not ended: how many, and the sum of their beginnings
    CAUSE = "cause"  # "kind/id" of what was listed, the stage it was returned from
    AWARD = "award"
    MONEY = "money"  # kind of movement, month


class Area(NamedTuple):
    """Whose sight an application lies in: its county, and bureaus that only its route names."""

    county: str = ""
    zone: str = ""
    second_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What is added to one figure; negative where it is taken back."""

    area: Area
    what: What
    one: str = ""
    other: str = ""
    times: int = 0
    amount: int = 0
    in_time: int = 0
    late: int = 0


class Booked(msgspec.Struct, frozen=True):
    kind: str
    month: str
    fen: int


class Tallied(msgspec.Struct):
    """One application as far as its next event's figures need it. Instants are microseconds."""

    call: str = ""
    programme: str = ""
    direction: str = ""
    definition: str = ""
    lead_unit: str = ""
    region: str = ""
    area: Area = Area()
    stage: str = ""
    holder: str = ""
    due_at: int = NEVER
    since: int = 0
    furthest: int = -1
    awarded_fen: int = 0
    plan: list[tuple[str, int]] = []
    booked: dict[str, Booked] = {}
    standing: Standing = msgspec.field(default_factory=Standing)

    @property
    def in_sight(self) -> bool:
        return bool(self.area.county)

    @property
    def office(self) -> str:
        return UNIT if self.holder == self.lead_unit else self.holder


class _Before(NamedTuple):
    area: Area
    stage: str
    office: str
    due_at: int
    since: int


def counted(state: Tallied, event: ApplicationEvent, at: int, call: Call) -> list[Count]:
    """Bring *state* to what it is after *event*, recorded at *at*; answers what that adds to the figures."""
    before = _Before(state.area, state.stage, state.office, state.due_at, state.since)
    _follow(state, event, at, call)
    moved = (state.stage, state.office) != (before.stage, before.office)
    if moved:
        state.since = at
    if not state.in_sight:
        return []
    if not moved and before.area == state.area:
        return [*_listed(state, event), *_paid(state, event, at)]
    return [*_left(state, before, at), *_entered(state), *_listed(state, event), *_paid(state, event, at)]


def _follow(state: Tallied, event: ApplicationEvent, at: int, call: Call) -> None:
    """As the worklist has it: the same rules say who holds an application and until when."""
    row = Row("", call=state.call, programme=state.programme, direction=state.direction, definition=state.definition,
              lead_unit=state.lead_unit, region=state.region, stage=state.stage, holder=state.holder, due_at=state.due_at,
              county=state.area.county, zone=state.area.zone, second_zone=state.area.second_zone)  # fmt: skip
    advance(row, state.standing, event, at, call)
    for name in ("call", "programme", "direction", "definition", "lead_unit", "region", "stage", "holder", "due_at"):
        setattr(state, name, getattr(row, name))
    state.area = Area(row.county, row.zone, row.second_zone)


def _left(state: Tallied, before: _Before, at: int) -> Iterator[Count]:
    """The stay that ended. The days of a draft come to light with its seal."""
    was, area = before.stage, before.area
    if area.county:
        yield Count(area=area, what=What.NOW, one=was, times=-1)
        yield Count(
            area=area, what=What.RUNNING, one=was, other=before.office, times=-1, amount=-(before.since // SECOND)
        )
    if (was, before.office) == (state.stage, state.office):
        return
    area = area if area.county else state.area
    running = before.due_at != NEVER and was not in _WAITING
    yield Count(
        area=area,
        what=What.STAY,
        one=was,
        other=before.office,
        times=1,
        amount=at // SECOND - before.since // SECOND,
        in_time=int(running and at <= before.due_at),
        late=int(running and at > before.due_at),
    )
    if was != state.stage:
        yield Count(area=area, what=What.FLOW, one=was, other=state.stage, times=1)


def _entered(state: Tallied) -> Iterator[Count]:
    area, stage = state.area, Stage(state.stage)
    yield Count(area=area, what=What.NOW, one=stage, times=1)
    yield Count(area=area, what=What.RUNNING, one=stage, other=state.office, times=1, amount=state.since // SECOND)
    place = FUNNEL.index(stage) if stage in FUNNEL else -1
    for passed in FUNNEL[state.furthest + 1 : place + 1]:
        yield Count(area=area, what=What.REACHED, one=passed, times=1)
    state.furthest = max(state.furthest, place)


def _listed(state: Tallied, event: ApplicationEvent) -> Iterator[Count]:
    match event:
        case e.ReturnedForCorrection(items=items, returned_from=stage):
            for kind, thing in dict.fromkeys((item.kind, item.id) for item in items):
                yield Count(area=state.area, what=What.CAUSE, one=f"{kind}/{thing}", other=stage, times=1)
        case e.Awarded(amount_fen=fen):
            state.awarded_fen = fen
            yield Count(area=state.area, what=What.AWARD, times=1, amount=fen)
        case e.AwardWaived() | e.AwardCancelled() if state.awarded_fen:
            yield Count(area=state.area, what=What.AWARD, times=-1, amount=-state.awarded_fen)
            state.awarded_fen = 0
            yield from _replanned(state, [])
        case _:
            return


def _paid(state: Tallied, event: ApplicationEvent, at: int) -> Iterator[Count]:
    """Each movement in the month of its day; what is only recorded, in the Beijing month it was recorded in."""
    recorded = _month(beijing_date(instant_of(at)))
    match event:
        case e.TranchesPlanned(parts=parts):
            yield from _replanned(state, [(_month(part.due_on), part.amount_fen) for part in parts])
        case e.TrancheInstructed(amount_fen=fen):
            state.plan = state.plan[1:]  # it was planned, and stays so in the figures
            yield _money(state, INSTRUCTED, recorded, fen)
        case e.TranchePaid(amount_fen=fen, paid_on=day, bank_reference=reference):
            yield _booked(state, reference, Booked(PAYMENT, _month(day), fen))
        case e.RepaymentRecorded(amount_fen=fen, received_on=day, bank_reference=reference):
            yield _booked(state, reference, Booked(REPAYMENT, _month(day) if day else recorded, fen))
        case e.TrancheReturned(amount_fen=fen, returned_on=day):
            yield _money(state, RETURNED, _month(day), fen)
        case e.HandOnConfirmed(amount_fen=fen):
            yield _money(state, CONFIRMED, recorded, fen)
        case e.BookingCorrected():
            yield from _corrected(state, event)
        case _:
            return


def _month(day: object) -> str:
    return str(day)[:7]


def _money(state: Tallied, kind: str, month: str, fen: int, times: int = 1) -> Count:
    return Count(area=state.area, what=What.MONEY, one=kind, other=month, times=times, amount=fen)


def _replanned(state: Tallied, plan: list[tuple[str, int]]) -> Iterator[Count]:
    """What was planned and not instructed yet gives way to the new plan."""
    for month, fen in state.plan:
        yield _money(state, PLANNED, month, -fen, -1)
    for month, fen in plan:
        yield _money(state, PLANNED, month, fen)
    state.plan = plan


def _booked(state: Tallied, reference: str, booked: Booked) -> Count:
    state.booked = {**state.booked, reference: booked}
    return _money(state, booked.kind, booked.month, booked.fen)


def _corrected(state: Tallied, event: e.BookingCorrected) -> Iterator[Count]:
    """A booking that had the wrong day moves to its month; under its new reference a later correction finds it."""
    was = state.booked.get(event.bank_reference)
    if was is None:
        return
    now = Booked(was.kind, _month(event.on) if event.on else was.month, was.fen)
    others = {known: one for known, one in state.booked.items() if known != event.bank_reference}
    state.booked = {**others, event.new_reference or event.bank_reference: now}
    if now.month != was.month:
        yield _money(state, was.kind, was.month, -was.fen, -1)
        yield _money(state, now.kind, now.month, now.fen)
