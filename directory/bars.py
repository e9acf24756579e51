"""A unit kept from applying: what the newest decision says, and what may be decided on it.

Pure. Whether the unit applies for anything meanwhile is the rule `not_barred` of a programme.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from directory.events import UnitBarred, UnitEvent, UnitRegistered, UnitUnbarred
from directory.unit import Bar
from eventstore.dispatch import Fold
from eventstore.refusal import Refusal, Refused

LONGEST_YEARS = 3
"""No decision bars for longer."""
SOURCE = "财政违法行为处罚处分条例"
_LONGEST_TEXT = {"reason": 1000, "decision_number": 60}


@dataclass(frozen=True, slots=True)
class UnitState:
    """What a unit's events add up to: the newest registration, and the bar that stands."""

    registered: UnitRegistered | None = None
    bar: UnitBarred | None = None


def evolve(unit: UnitState, event: UnitEvent) -> UnitState:
    match event:
        case UnitRegistered():
            return UnitState(event, unit.bar)
        case UnitBarred():
            return UnitState(unit.registered, event)
        case UnitUnbarred():
            return UnitState(unit.registered, None)


UNIT: Fold[UnitState] = Fold(UnitState(), evolve)


def bar(unit: UnitState, code: str, wanted: Bar) -> Sequence[UnitBarred]:
    """Bar the unit, or bar it anew: the newest decision holds. The same once more is nothing to do."""
    refusals = [*_known(unit, code), *_said(reason=wanted.reason, decision_number=wanted.decision_number)]
    if wanted.until < wanted.starts:
        refusals.append(_limit("BELOW_MIN", "until", wanted.until, wanted.starts))
    if wanted.until >= (last := _years_after(wanted.starts, LONGEST_YEARS)):
        refusals.append(_limit("ABOVE_MAX", "until", wanted.until, last))
    if refusals:
        raise Refused(refusals)
    barred = UnitBarred(
        code=code,
        reason=wanted.reason.strip(),
        decision_number=wanted.decision_number.strip(),
        starts=wanted.starts,
        until=wanted.until,
    )
    return [] if unit.bar == barred else [barred]


def unbar(unit: UnitState, code: str, reason: str, decision_number: str) -> Sequence[UnitUnbarred]:
    """Lift the bar that stands; where none does there is nothing to do."""
    refusals = [*_known(unit, code), *_said(reason=reason, decision_number=decision_number)]
    if refusals:
        raise Refused(refusals)
    if unit.bar is None:
        return []
    return [UnitUnbarred(code=code, reason=reason.strip(), decision_number=decision_number.strip())]


def _known(unit: UnitState, code: str) -> list[Refusal]:
    return [] if unit.registered is not None else [Refusal.of("UNIT_UNKNOWN", unit=code)]


def _said(**texts: str) -> list[Refusal]:
    found = [Refusal.of("REQUIRED", field=name) for name, text in texts.items() if not text.strip()]
    for name, text in texts.items():
        if len(text.strip()) > _LONGEST_TEXT[name]:
            found.append(Refusal.of("FIELD_TOO_LONG", field=name, measure=len(text.strip()), limit=_LONGEST_TEXT[name]))
    return found


def _limit(code: str, field: str, measure: date, limit: date) -> Refusal:
    return Refusal.of(code, source=SOURCE, field=field, measure=measure.isoformat(), limit=limit.isoformat())


def _years_after(day: date, years: int) -> date:
    """The same day *years* later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
