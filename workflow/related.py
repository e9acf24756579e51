"""What else runs beside an application: of the same unit or group in the same family and year, of the same unit in the call.

For bureaus, the province and auditors. Drafts are nobody's but their unit's: of these only a refused attempt is told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, literal, select, union_all

from eventstore.event import instant_of
from programmes.call import Call
from workflow.application import Application
from workflow.attempts import attempts
from workflow.places import standing_claims
from workflow.schema import CODE
from workflow.stages import Stage
from workflow.worklist import applications

_NOT_LIVE = (Stage.DRAFT.value, Stage.WITHDRAWN.value, Stage.LAPSED.value)
_TIES = ("unit", "group", "call")


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another live application. *why*: unit or group (one project a year), or call (the same unit applies again)."""

    id: str
    number: str
    direction: str
    unit: str
    unit_name: str
    stage: Stage
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody was refused because this application has the place; on how many days, and when last."""

    number: str
    unit: str
    unit_name: str
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    applications: tuple[Related, ...] = ()
    attempts: tuple[Attempt, ...] = ()


def beside(db: Connection, application: Application, call: Call) -> Beside:
    """Everything that runs beside *application*; one statement, and one for attempts where the programme is exclusive."""
    again = _again(application.id, application.call, application.lead_unit)
    if not call.programme_of(application.direction).exclusivity:
        return Beside(applications=tuple(_each_once(db.execute(again).mappings())))
    others = union_all(_standing(application.id), again)
    return Beside(
        applications=tuple(_each_once(db.execute(others).mappings())),
        attempts=tuple(
            Attempt(
                number=row["number"],
                unit=row["lead_unit"],
                unit_name=row["unit_name"],
                times=row["times"],
                last_at=instant_of(row["last_at"]),
            )
            for row in _strongest(db.execute(_attempts(application.id)).mappings())
        ),
    )


_SHOWN = ("id", "number", "direction", "lead_unit", "unit_name", "stage")


def _standing(application: str) -> Select[Any]:
    """Whoever stands on a place of the same key, under an exception or not."""
    apps, mine, theirs = applications(), standing_claims().alias("mine"), standing_claims().alias("theirs")
    shown = (apps.c[name] for name in _SHOWN)
    same = and_(mine.c.scope == theirs.c.scope, mine.c.per == theirs.c.per, mine.c.key == theirs.c.key)
    return (
        select(*shown, theirs.c.per.label("why"))
        .join_from(mine, theirs, same)
        .join(apps, apps.c.id == theirs.c.application)
        .where(mine.c.application == application, theirs.c.application != application)
    )


def _again(application: str, call: str, unit: str) -> Select[Any]:
    """What else the unit has sealed in the call."""
    apps = applications()
    return select(*(apps.c[name] for name in _SHOWN), literal("call", CODE).label("why")).where(
        apps.c.lead_unit == unit, apps.c.call == call, apps.c.id != application, apps.c.stage.not_in(_NOT_LIVE)
    )


def _each_once(rows: Iterable[Any]) -> Iterable[Related]:
    """One entry an application, by its closest tie, in the order of their numbers."""
    found: dict[str, Any] = {}
    for row in rows:
        known = found.get(row["id"])
        if known is None or _tie(row) < _tie(known):
            found[row["id"]] = row
    for row in sorted(found.values(), key=lambda one: str(one["number"])):
        yield Related(
            id=row["id"],
            number=row["number"],
            direction=row["direction"],
            unit=row["lead_unit"],
            unit_name=row["unit_name"],
            stage=Stage(row["stage"]),
            why=row["why"],
        )


def _tie(row: Any) -> int:
    return _TIES.index(row["why"])


def _attempts(application: str) -> Select[*tuple[Any, ...]]:
    apps, mine, tried = applications(), standing_claims(), attempts()
    same = and_(mine.c.scope == tried.c.scope, mine.c.per == tried.c.per, mine.c.key == tried.c.key)
    return (
        select(apps.c.id, apps.c.number, apps.c.lead_unit, apps.c.unit_name, tried.c.times, tried.c.last_at)
        .join_from(mine, tried, same)
        .join(apps, apps.c.id == tried.c.application)
        .where(mine.c.application == application, mine.c.exception == "", tried.c.application != application)
        .order_by(apps.c.number)
    )


def _strongest(rows: Iterable[Any]) -> Iterable[Any]:
    """One entry for whoever was refused, though several places stood against it."""
    found: dict[str, Any] = {}
    for row in rows:
        if row["id"] not in found or row["times"] > found[row["id"]]["times"]:
            found[row["id"]] = row
    return found.values()
