"""A step as its instrument tells it, and what an instrument is: its kind, for whom, and how it is laid out. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from paperwork.document import Block, Line, Lines, Pairs, Part, Signatures
from programmes.calendar import BEIJING, beijing_date
from programmes.call import Call, Programme
from programmes.money import Money
from workflow.application import Application
from workflow.dossier import View
from workflow.events import ApplicationEvent, Scored
from workflow.parties import parties_of

GONE = "（已隐去）"
"""Stands where a name stood that was erased."""


class Audience(StrEnum):
    """Who may have an instrument of whom the application is in sight; experts none but their own sheet."""

    PARTIES = "parties"
    AUTHORITIES = "authorities"
    PROVINCE = "province"


def of_audience(audience: Audience, view: View) -> bool:
    match audience:
        case Audience.PARTIES:
            return view.working or view.personal or view.panel
        case Audience.AUTHORITIES:
            return view.panel or (view.personal and not view.working)
        case Audience.PROVINCE:
            return view.panel


@dataclass(frozen=True, slots=True)
class Step:
    """What stood before and after an event."""

    before: Application
    after: Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """*before* and *after* the event; *marks*: the sheets that experts had handed in by then, newest first by expert.

    *people* and *offices* are names by id and by code; who is not among them was erased, or is told by the code.
    """

    event: ApplicationEvent
    at: datetime
    before: Application
    after: Application
    call: Call
    marks: Mapping[str, Scored]
    people: Mapping[str, str]
    offices: Mapping[str, str]

    @property
    def programme(self) -> Programme:
        return self.call.programme_of(self.after.direction)

    @property
    def project(self) -> str:
        sealed = self.after.sealed
        answers = sealed.answers if sealed else self.after.answers
        return str(answers.get("project_name") or "")

    @property
    def province(self) -> str:
        return self.office(self.call.province)

    def office(self, code: str) -> str:
        return self.offices.get(code, code)

    def person(self, id: str) -> str:
        return self.people.get(id, GONE)

    def unit(self, code: str) -> str:
        """A unit of the application by its name."""
        return self.unit_names.get(code, code)

    def by_unit(self, shares: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
        """*shares* under the units' names, the lead first, in the order in which they joined."""
        return tuple((self.unit(unit), shares[unit]) for unit in self.after.units if unit in shares)

    @property
    def unit_names(self) -> Mapping[str, str]:
        return {**parties_of(self.after).names, self.after.lead_unit: self.after.unit_name}


Layout = Callable[[Case], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One sort of 文书. *layout* answers title and parts; *only*: which of its events leave it; *own*: the expert who wrote it may
    have it too."""

    kind: str
    name: str
    audience: Audience
    layout: Layout
    only: Callable[[Step], bool] = lambda _: True
    own: bool = False


# What most of them share


def sheet(
    case: Case,
    title: str,
    *blocks: Block,
    to: str = "",
    number: str = "",
    by: str = "",
    signed: tuple[Line, ...] = (),
) -> dict[str, Any]:
    """Title and one part: its number, whom it addresses, what it is about, *blocks*, and who puts the seal on it."""
    above = (Lines(lines=(Line(label="文号", value=number),)),) if number else ()
    addressed = (Lines(lines=(Line(label=to),)),) if to else ()
    closing = (Line(label="", value=f"{by}（盖章）"),) if by else ()
    dated = (Line(label="", value=day(beijing_date(case.at))),)
    body = (*above, *addressed, *blocks, Signatures(lines=(*signed, *closing, *dated)))
    return {"title": (title,), "parts": (Part(heading="", blocks=body),)}


def about(case: Case, *more: Line) -> Pairs:
    """Which project it is about, as every instrument says it first."""
    direction = case.call.direction(case.after.direction).title.zh
    lines = (
        Line(label="项目名称", value=case.project),
        Line(label="申报单位", value=case.after.unit_name),
        Line(label="申报编号", value=case.after.number),
        Line(label="申报方向", value=direction),
        *more,
    )
    return Pairs(rows=tuple((line,) for line in lines))


def day(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


def moment(at: datetime) -> str:
    """An end of a window as people are told it: a day's last instant is 24:00 of that day."""
    local = at.astimezone(BEIJING)
    if (local.hour, local.minute) == (23, 59):
        return f"{day(local.date())}24时"
    return f"{day(local.date())}{local.hour}时" + (f"{local.minute:02d}分" if local.minute else "")


def yuan(fen: int) -> str:
    """`1,000,000.00 元（大写：壹佰万元整）`."""
    money = Money(fen)
    return f"{money.yuan()} 元（大写：{money.capitals()}）"


def end_of(account: str | None) -> str:
    """Which account it is, without showing it."""
    return f"尾号 {account[-4:]}" if account else GONE
