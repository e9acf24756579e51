"""From what was typed into a step's form to its command. Malformed with every field that cannot be read."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from eventstore.refusal import Fault, Malformed
from programmes.calendar import BEIJING, end_of
from programmes.call import Call
from workflow import commands as c
from workflow.application import Application
from workflow.events import HandOnPart, PlannedTranche, ReturnItem
from workflow.pages.steps import Input, Step

Posted = Mapping[str, Sequence[str]]
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,16})(?:\.(\d{1,2}))?")


def read(step: Step, application: Application, call: Call, posted: Posted, scan: str = "") -> c.Command:
    """The command that was typed. Malformed with every field that cannot be read; *scan* is the digest of an upload."""
    values: dict[str, Any] = {"application_id": UUID(application.id)}
    faults: list[Fault] = []
    for asked in step.inputs:
        try:
            values[asked.name] = (
                scan if asked.kind == "file" else _READERS.get(asked.kind, _said)(asked, posted, application, call)
            )
        except _Unreadable as wrong:
            faults.append(_fault(wrong, asked))
        except _SeveralUnreadable as several:
            faults += [_fault(wrong, asked) for wrong in several.wrong]
    if faults:
        raise Malformed(faults)
    return step.command(**values)


class _Unreadable(Exception):
    def __init__(self, code: str, field: str = "", **params: str) -> None:
        self.code, self.field, self.params = code, field, params
        super().__init__(code)


class _SeveralUnreadable(Exception):
    def __init__(self, wrong: Sequence[_Unreadable]) -> None:
        self.wrong = wrong
        super().__init__(*wrong)


def _fault(wrong: _Unreadable, asked: Input) -> Fault:
    field = wrong.field or asked.name
    return Fault(field, wrong.code, {"field": field, **wrong.params})


def _first(posted: Posted, name: str) -> str:
    return next(iter(posted.get(name, ())), "").strip()


def _said(asked: Input, posted: Posted, application: Application, call: Call) -> str:
    return _first(posted, asked.name)


def _whole(asked: Input, posted: Posted, application: Application, call: Call) -> int | None:
    text = _first(posted, asked.name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _Unreadable("BAD_FORMAT", expected="1, 2, 3 …")
    return int(text)


def _money(asked: Input, posted: Posted, application: Application, call: Call) -> int:
    """Yuan as typed, in whole fen; finer than a fen is no amount."""
    text = _first(posted, asked.name)
    if not text and not asked.required:
        return 0
    return _fen(text, asked.name)


def _fen(text: str, name: str) -> int:
    found = _AMOUNT.fullmatch(text.removesuffix("元").strip())
    if found is None:
        raise _Unreadable("REQUIRED" if not text else "BAD_FORMAT", field=name, expected="1,000,000.00")
    return int(found[1].replace(",", "")) * 100 + int((found[2] or "").ljust(2, "0"))


def _tranche(asked: Input, posted: Posted, application: Application, call: Call) -> int:
    """Its number; the earliest that the step can be about where none is named."""
    return _whole(asked, posted, application, call) or 0


def _plan(asked: Input, posted: Posted, application: Application, call: Call) -> tuple[PlannedTranche, ...]:
    """A line each: the sum in yuan, a space, the day."""
    found: list[PlannedTranche] = []
    for line in _lines(asked, posted, application, call):
        amount, _, day = line.strip().partition(" ")
        try:
            found.append(PlannedTranche(amount_fen=_fen(amount, asked.name), due_on=date.fromisoformat(day.strip())))
        except ValueError:
            raise _Unreadable("BAD_FORMAT", expected="400000.00 2026-01-20") from None
    if not found:
        raise _Unreadable("REQUIRED")
    return tuple(found)


def _parts(asked: Input, posted: Posted, application: Application, call: Call) -> tuple[HandOnPart, ...]:
    """`part.<unit>.amount_fen` and `part.<unit>.bank_reference` for each member; a row left empty is no part."""
    found: list[HandOnPart] = []
    for unit in application.units:
        name = f"part.{unit}.amount_fen"
        amount, reference = _first(posted, name), _first(posted, f"part.{unit}.bank_reference")
        if amount or reference:
            found.append(HandOnPart(unit=unit, amount_fen=_fen(amount, name), bank_reference=reference))
    return tuple(found)


def _audit(asked: Input, posted: Posted, application: Application, call: Call) -> dict[str, int]:
    """A line each, as a spreadsheet's two columns are pasted: the number of the cost line, a space or tab, the sum in yuan."""
    found: dict[str, int] = {}
    for line in _lines(asked, posted, application, call):
        parts = line.strip().removesuffix("元").rsplit(maxsplit=1)
        if len(parts) != 2 or parts[0] in found or _AMOUNT.fullmatch(parts[1]) is None:
            raise _Unreadable("AUDIT_LINE_FORMAT", line=line.strip()[:60])
        found[parts[0]] = _fen(parts[1], asked.name)
    if not found:
        raise _Unreadable("REQUIRED")
    return found


def _day(asked: Input, posted: Posted, application: Application, call: Call) -> date | None:
    text = _first(posted, asked.name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Unreadable("BAD_FORMAT", expected="2026-01-31") from None


def _instant(asked: Input, posted: Posted, application: Application, call: Call) -> datetime:
    """A Beijing instant; a day alone lasts until its end."""
    text = _first(posted, asked.name)
    try:
        return (
            end_of(date.fromisoformat(text))
            if len(text) == 10
            else datetime.fromisoformat(text).replace(tzinfo=BEIJING)
        )
    except ValueError:
        raise _Unreadable("BAD_FORMAT", expected="2026-01-31T17:00") from None


def _tick(asked: Input, posted: Posted, application: Application, call: Call) -> bool:
    return bool(_first(posted, asked.name))


def _choice(asked: Input, posted: Posted, application: Application, call: Call) -> str | bool:
    text = _first(posted, asked.name)
    if text not in asked.options:
        raise _Unreadable("REQUIRED")
    return {"true": True, "false": False}.get(text, text)


def _lines(asked: Input, posted: Posted, application: Application, call: Call) -> tuple[str, ...]:
    return tuple(line.strip() for line in _first(posted, asked.name).split("\n") if line.strip())


def _objection(asked: Input, posted: Posted, application: Application, call: Call) -> int:
    return _whole(asked, posted, application, call) or 0


def _checklist(asked: Input, posted: Posted, application: Application, call: Call) -> tuple[str, ...]:
    return tuple(posted.get(asked.name, ()))


def _items(asked: Input, posted: Posted, application: Application, call: Call) -> tuple[ReturnItem, ...]:
    """`item` ticks `field:params_yi` or `attachment:L-4`; `reason.<item>` says why, `material.<item>` asks anew."""
    found: list[ReturnItem] = []
    for ticked in posted.get("item", ()):
        kind, _, item = ticked.partition(":")
        reason, material = _first(posted, f"reason.{ticked}"), bool(_first(posted, f"material.{ticked}"))
        found.append(ReturnItem(kind=kind, id=item, reason=reason, material=material))
    return tuple(found)


def _marks(asked: Input, posted: Posted, application: Application, call: Call) -> dict[str, int]:
    """Points with up to two decimals, by criterion, in hundredths."""
    marks: dict[str, int] = {}
    wrong: list[_Unreadable] = []
    for criterion in call.direction(application.direction).rubric:
        text = _first(posted, f"mark.{criterion.id}")
        points = mark_of(text)
        if points is None:
            code = "REQUIRED" if not text else "BAD_FORMAT"
            wrong.append(_Unreadable(code, field=f"mark.{criterion.id}", expected="28.5"))
        else:
            marks[criterion.id] = points
    if wrong:
        raise _SeveralUnreadable(wrong)
    return marks


def mark_of(text: str) -> int | None:
    """28.5 as 2850 hundredths; None where it is no mark."""
    try:
        points = Decimal(text) * 100
    except InvalidOperation:
        return None
    if not points.is_finite() or points != points.to_integral_value() or abs(points) > 10**6:
        return None
    return int(points)


_READERS: Mapping[str, Callable[[Input, Posted, Application, Call], Any]] = {
    "whole": _whole,
    "money": _money,
    "day": _day,
    "instant": _instant,
    "tick": _tick,
    "choice": _choice,
    "lines": _lines,
    "objection": _objection,
    "tranche": _tranche,
    "parts": _parts,
    "plan": _plan,
    "audit": _audit,
    "checklist": _checklist,
    "items": _items,
    "marks": _marks,
}
