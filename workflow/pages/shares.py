"""The shares on their page: four columns in per cent, each with its sum and what is left, and a column filled up on request.

What is typed stays as typed until it is saved; the sums shown are reckoned exactly as the guard will.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from consortium import ratios
from consortium.ratios import WHOLE, Column, percent, read_percent
from eventstore.refusal import Refusal, Refused
from web import forms
from workflow import commands as c
from workflow.application import Application
from workflow.dossier import as_seen
from workflow.pages.frame import Frame
from workflow.parties import agreement_digest

Typed = Mapping[str, Sequence[str]]
COLUMNS = (Column.CONTRIBUTION, Column.WORKLOAD, Column.GRANT, Column.OWN_FUNDS)
OPTIONAL = frozenset({Column.WORKLOAD, Column.OWN_FUNDS})


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnShown:
    """A column as it stands on the page: cells as typed by unit, the sum in per cent, and what is left or too much of it.

    *segments*: where each share begins in the bar and how wide it is, in basis points; *state*: whole short over empty unread.
    """

    name: str
    optional: bool
    cells: Mapping[str, str]
    total: str
    gap: str
    state: str
    segments: Sequence[tuple[int, int]]


def name_of(column: Column | str, unit: str) -> str:
    """What the cell is called in the form."""
    return f"share.{column}.{unit}"


def shown(frame: Frame, typed: Typed) -> dict[str, Any]:
    application = as_seen(frame.application, frame.view)
    return {
        "columns": [_column(application, column, typed) for column in COLUMNS],
        "seen": agreement_digest(application),
        "name_of": name_of,
    }


def _column(application: Application, column: Column, typed: Typed) -> ColumnShown:
    held = application.consortium.ratios.get(column.value, {})
    cells = {unit: _cell(column, unit, held, typed) for unit in application.units}
    read = [read_percent(text, column, row) if text else 0 for row, text in enumerate(cells.values(), 1)]
    points = [one if isinstance(one, int) else 0 for one in read]
    total = sum(points)
    starts = [sum(points[:place]) for place in range(len(points))]
    return ColumnShown(
        name=column.value,
        optional=column in OPTIONAL,
        cells=cells,
        total=percent(total),
        gap=percent(abs(WHOLE - total)),
        state=_state(read, total, any(cells.values())),
        segments=[(min(at, WHOLE), max(0, min(width, WHOLE - at))) for at, width in zip(starts, points, strict=True)],
    )


def _cell(column: Column, unit: str, held: Mapping[str, int], typed: Typed) -> str:
    name = name_of(column, unit)
    if name in typed:
        return next(iter(typed[name]), "").strip()[:20]
    return percent(held[unit]) if unit in held else ""


def _state(read: Sequence[int | Refusal], total: int, given: bool) -> str:
    if any(isinstance(one, Refusal) for one in read):
        return "unread"
    if total == WHOLE:
        return "whole"
    if not total:
        return "short" if given else "empty"
    return "short" if total < WHOLE else "over"


def command(application: Application, path: dict[str, str]) -> c.Command:
    """Every column that something was typed into, and those that held something: emptied, an optional one is nothing at all."""
    posted = forms.fields()
    columns = {column.value: _posted(application, column, posted) for column in COLUMNS}
    held = application.consortium.ratios
    written = {
        name: cells for name, cells in columns.items() if any(cells.values()) or any(held.get(name, {}).values())
    }
    nothing = {name for name, cells in written.items() if name in OPTIONAL and not any(cells.values())}
    return c.SetRatios(
        application_id=UUID(application.id),
        columns={name: dict.fromkeys(cells, "0") if name in nothing else cells for name, cells in written.items()},
        seen=forms.text("seen"),
    )


def _posted(application: Application, column: Column, posted: Typed) -> dict[str, str]:
    return {unit: next(iter(posted.get(name_of(column, unit), ())), "").strip() for unit in application.units}


def filled(frame: Frame, posted: Typed) -> dict[str, list[str]]:
    """What was typed, with the column of `fill` completed: `equal.grant` in equal parts, `rest.grant` the empty cells alone.

    Refused where a cell is no share, or where nothing is left to share out.
    """
    how, _, name = next(iter(posted.get("fill", ())), "").partition(".")
    application, typed = frame.application, {key: list(values) for key, values in posted.items()}
    if name not in list(Column):
        return typed
    column = Column(name)
    parts = ratios.equal(len(application.units)) if how == "equal" else _rest(application, column, posted)
    for unit, part in zip(application.units, parts, strict=True):
        typed[name_of(column, unit)] = [percent(part)]
    return typed


def _rest(application: Application, column: Column, posted: Typed) -> Sequence[int]:
    cells = _posted(application, column, posted)
    read = [read_percent(text, column, row) if text else None for row, text in enumerate(cells.values(), 1)]
    if wrong := [one for one in read if isinstance(one, Refusal)]:
        raise Refused(wrong)
    parts = ratios.completed([one for one in read if not isinstance(one, Refusal)])
    if isinstance(parts, Refusal):
        raise Refused(Refusal.of(parts.code, source=parts.source, **{**parts.params, "column": column.value}))
    return parts


def control(refusal: Refusal, frame: Frame) -> str:
    """The cell that a refusal is about; the first of the column where it is about the sum."""
    column, row = refusal.params.get("column"), refusal.params.get("row", 1)
    if column is None or not isinstance(row, int) or row > len(frame.application.units):
        return ""
    return name_of(str(column), frame.application.units[row - 1])
