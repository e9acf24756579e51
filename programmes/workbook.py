"""A form's answers found in a workbook by the form's own labels: 总资产（万元） with its years beside it, a table under its head.

Pure, and the other way too: `lay_out` is a workbook to be filled in. Whoever reads a file hands in its cells; a question that
is not there is not touched, an empty cell takes nothing out. Each refusal comes with the place of the cell it is about, so
that a copy of the file can be marked.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from eventstore.refusal import Refusal
from programmes.call import Call
from programmes.fields import NO, YES, Field, FieldType, Section
from programmes.form import parse_section, present
from programmes.shapes import is_list, is_mapping
from programmes.vocabulary import JSON, Answers

Value: TypeAlias = "str | int | Decimal | date | bool | None"
"""What a cell holds. A number that a spreadsheet keeps as a float comes as the decimal it shows."""

_AS_TEXT = frozenset({FieldType.ACCOUNT, FieldType.CREDIT_CODE})
_SPACES = re.compile(r"[\s:：*＊]+")
_TICK = re.compile(r"(.+?)(?:[（(](.*)[)）])?")
_APART = re.compile(r"[、，,;；\n]+")
_CONTRADICTIONS = 20
_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")


class Cell(NamedTuple):
    """*percent*: the cell shows its number as a percentage, so that 0.5 reads 50 %."""

    value: Value = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    rows: Sequence[Sequence[Cell]]


class Spot(NamedTuple):
    """A place in the workbook; all three count from 0."""

    sheet: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A refusal and the cell it is about."""

    spot: Spot
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Taken:
    """What can be saved, by section and field as it would be typed; what cannot, with its cell; how many questions were found."""

    sections: Mapping[str, Mapping[str, object]]
    marks: tuple[Mark, ...]
    found: int


_Where: TypeAlias = tuple[str, int, str]
"""Of a value: the field, its row in a table (from 1; 0 outside one), its column ("" where it has none)."""


@dataclass(slots=True)
class _Gathered:
    """What lies in the workbook, not yet read: typed values by field, and where each stood."""

    typed: dict[str, object] = field(default_factory=dict[str, object])
    spots: dict[_Where, Spot] = field(default_factory=dict[_Where, Spot])
    marks: list[Mark] = field(default_factory=list[Mark])


def take(
    sheets: Sequence[Sheet],
    call: Call,
    direction: str,
    held: Answers,
    cross_checks: Callable[[Answers], Sequence[Refusal]],
    today: date | None = None,
) -> Taken:
    """Everything in *sheets* that the form of *direction* asks and reading accepts, beside the answers *held* already.

    A faulty cell loses its own value or row only; what contradicts another answer is left out and marked too.
    """
    sections = call.programme_of(direction).sections(direction)
    gathered = _Reader(call, direction, sections).read(sheets)
    sound, marks = dict[str, dict[str, object]](), list(gathered.marks)
    merged: dict[str, JSON] = dict(held)
    for section in sections:
        typed = {one.id: gathered.typed[one.id] for one in section.asked(direction) if one.id in gathered.typed}
        kept, answers, refused = _without_faults(section, typed, call, direction, today)
        marks += (_marked(refusal, gathered.spots) for refusal in refused)
        if kept:
            sound[section.id] = kept
            merged |= answers
    for refusal in _contradictions(sound, merged, held, cross_checks):
        marks.append(_marked(refusal, gathered.spots))
    marks.sort(key=lambda mark: mark.spot)
    return Taken({name: kept for name, kept in sound.items() if kept}, tuple(marks), len(gathered.typed))


def _without_faults(
    section: Section, typed: dict[str, object], call: Call, direction: str, today: date | None
) -> tuple[dict[str, object], dict[str, JSON], list[Refusal]]:
    """*typed* without the fields, columns and rows that reading refuses; what is left, read; and the refusals."""
    answers, refusals = parse_section(section, typed, call, direction=direction, today=today)
    if not refusals:
        return typed, answers, []
    faulty: dict[str, list[Refusal]] = defaultdict(list)
    for refusal in refusals:
        faulty[str(refusal.params.get("field", ""))].append(refusal)
    left = {name: _left(value, faulty[name]) if name in faulty else value for name, value in typed.items()}
    kept = {name: value for name, value in left.items() if value}
    answers, again = parse_section(section, kept, call, direction=direction, today=today)
    return {name: value for name, value in kept.items() if name in answers}, answers, [*refusals, *again]


def _left(value: object, refusals: Iterable[Refusal]) -> object:
    """A typed value without what was refused of it: rows of a table, columns of a question; nothing where it is one value."""
    rows = {refusal.params.get("row") for refusal in refusals}
    columns = {refusal.params.get("column") for refusal in refusals}
    if is_list(value) and None not in rows:
        return [row for number, row in enumerate(value, 1) if number not in rows]
    if is_mapping(value) and None not in columns and None in rows:
        return {name: cell for name, cell in value.items() if name not in columns}
    return None


def _contradictions(
    sound: dict[str, dict[str, object]],
    merged: dict[str, JSON],
    held: Answers,
    cross_checks: Callable[[Answers], Sequence[Refusal]],
) -> Iterator[Refusal]:
    """What the new answers contradict, until they contradict nothing; each question named is left as it was."""
    for _ in range(_CONTRADICTIONS):
        refusals = [one for one in cross_checks(merged) if any(_named(one) in kept for kept in sound.values())]
        if not refusals:
            return
        yield from refusals
        for name in {_named(refusal) for refusal in refusals}:
            merged[name] = held.get(name)
            for kept in sound.values():
                kept.pop(name, None)


def _named(refusal: Refusal) -> str:
    return str(refusal.params.get("field", ""))


def _marked(refusal: Refusal, spots: Mapping[_Where, Spot]) -> Mark:
    row, column = refusal.params.get("row", 0), refusal.params.get("column", "")
    where = (_named(refusal), row if isinstance(row, int) else 0, str(column))
    first = next((spot for (name, _, _), spot in spots.items() if name == where[0]), Spot(0, 0, 0))
    in_row = next((spot for (name, line, _), spot in spots.items() if (name, line) == where[:2]), first)
    return Mark(spots.get(where, in_row), refusal)


class _Reader:
    """Goes through the sheets from top to bottom, with the heads it has met above."""

    def __init__(self, call: Call, direction: str, sections: Sequence[Section]) -> None:
        self.call = call
        self.by_label: dict[str, list[Field]] = defaultdict(list)
        self.tables: list[tuple[Field, dict[str, str]]] = []
        self.column_labels: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        for section in sections:
            for asked in section.asked(direction):
                if asked.computed is None:
                    self._know(asked, section)

    def _know(self, asked: Field, section: Section) -> None:
        if asked.type is FieldType.TABLE:
            heads = {label: column.id for column in asked.columns for label in _keys(column)}
            self.tables.append((asked, heads))
            return
        for label in _keys(asked):
            self.by_label[label].append(asked)
        self.groups[asked.id] = key((asked.group or section.heading).zh)
        for column in self.call.columns(asked):
            self.column_labels |= {key(column.label.zh): column.id, key(column.id): column.id}

    def read(self, sheets: Sequence[Sheet]) -> _Gathered:
        gathered = _Gathered()
        for number, sheet in enumerate(sheets):
            self._sheet(number, sheet, gathered)
        return gathered

    def _sheet(self, number: int, sheet: Sheet, gathered: _Gathered) -> None:
        heads, above, skip = dict[str, int](), list[str](), 0
        for line, row in enumerate(sheet.rows):
            if line < skip:
                continue
            keys = [key(cell.value) if isinstance(cell.value, str | int) else "" for cell in row]
            table = self._table_head(keys)
            if table is not None:
                skip = self._table(number, line, sheet.rows, *table, gathered)
                continue
            columns = {self.column_labels[one]: place for place, one in enumerate(keys) if one in self.column_labels}
            if columns and not any(one in self.by_label for one in keys):
                heads = columns
                continue
            above = [one for one in keys if one] + above[:40]
            for place, one in enumerate(keys):
                if one in self.by_label:
                    self._labelled(number, line, place, row, self._meant(one, above, gathered), heads, gathered)

    def _meant(self, label: str, above: Sequence[str], gathered: _Gathered) -> Field | None:
        """Which of several questions of the same label: the one whose group stands nearest before it, else the first not met."""
        asked = self.by_label[label]
        if len(asked) == 1:
            return asked[0]
        near = next((one for text in above for one in asked if self.groups[one.id] == text), None)
        return near or next((one for one in asked if one.id not in gathered.typed), None)

    def _labelled(
        self,
        number: int,
        line: int,
        place: int,
        row: Sequence[Cell],
        asked: Field | None,
        heads: Mapping[str, int],
        gathered: _Gathered,
    ) -> None:
        if asked is None or asked.id in gathered.typed:
            return
        columns = [column.id for column in self.call.columns(asked)]
        if not columns:
            beside = next((at for at in range(place + 1, len(row)) if _filled(row[at])), None)
            if beside is not None and key(row[beside].value) not in self.by_label:
                typed = self._typed(asked, row[beside], Spot(number, line, beside), (asked.id, 0, ""), gathered)
                if typed is not None:
                    gathered.typed[asked.id] = typed
            return
        cells = {column: heads[column] for column in columns if heads.get(column, len(row)) < len(row)}
        values = {
            column: typed
            for column, at in cells.items()
            if _filled(row[at])
            and (typed := self._typed(asked, row[at], Spot(number, line, at), (asked.id, 0, column), gathered))
        }
        if values:
            gathered.typed[asked.id] = values

    def _table_head(self, keys: Sequence[str]) -> tuple[Field, dict[str, int]] | None:
        """The table whose head this row is: most of its columns, two at least where it has two."""
        best: tuple[Field, dict[str, int]] | None = None
        for asked, labels in self.tables:
            places = {labels[one]: place for place, one in enumerate(keys) if one in labels}
            wanted = sum(column.required for column in asked.columns) or len(asked.columns)
            enough = len(places) >= max(min(2, len(asked.columns)), (wanted + 1) // 2)
            if enough and (best is None or len(places) > len(best[1])):
                best = (asked, places)
        return best

    def _table(
        self,
        number: int,
        line: int,
        rows: Sequence[Sequence[Cell]],
        asked: Field,
        places: Mapping[str, int],
        gathered: _Gathered,
    ) -> int:
        """The rows under a head, until an empty one. Answers the first line that is no longer the table's."""
        columns = {column.id: column for column in asked.columns}
        typed: list[object] = []
        for below in range(line + 1, len(rows)):
            cells = {name: rows[below][at] for name, at in places.items() if at < len(rows[below])}
            if not any(map(_filled, cells.values())):
                break
            kept: dict[str, object] = {}
            for name, cell in cells.items():
                if _filled(cell):
                    where = (asked.id, len(typed) + 1, name)
                    value = self._typed(columns[name], cell, Spot(number, below, places[name]), where, gathered)
                    kept |= {} if value is None else {name: value}
            typed.append(kept)
        if typed and asked.id not in gathered.typed:
            gathered.typed[asked.id] = typed
        return line + 1 + len(typed)

    def _typed(self, asked: Field, cell: Cell, spot: Spot, where: _Where, gathered: _Gathered) -> object:
        """The cell as a person would have typed it. A number where digits matter is refused: leading zeros may be lost."""
        gathered.spots[where] = spot
        if asked.type in _AS_TEXT and not isinstance(cell.value, str):
            name, row, column = where
            place: dict[str, str | int] = {"field": name} | ({"row": row} if row else {})
            place |= {"column": column} if column else {}
            fault = Refusal.of("BAD_FORMAT", source=asked.source, expected="text_cell", **place)
            gathered.marks.append(Mark(spot, fault))
            return None
        text = _text(cell)
        return _ticks(asked, text) if asked.type is FieldType.MULTI else text


def key(value: Value) -> str:
    """A label as it is compared: without spaces, colons and stars, full width as half width."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", str(value))) if value not in (None, "") else ""


def _keys(asked: Field) -> Iterator[str]:
    """How a question may be labelled: verbatim, and without the unit in brackets behind it."""
    label, unit = key(asked.label.zh), f"({key(asked.unit)})"
    yield label
    if asked.unit and label.endswith(unit):
        yield label.removesuffix(unit)


def _filled(cell: Cell) -> bool:
    return cell.value is not None and (not isinstance(cell.value, str) or bool(cell.value.strip()))


def _text(cell: Cell) -> str:
    match cell.value:
        case bool(value):
            return (YES if value else NO).zh
        case Decimal() | int() as number:
            shown = Decimal(number)
            return f"{shown.scaleb(2).normalize() if cell.percent else shown:f}"
        case datetime() as moment:
            return moment.date().isoformat()
        case date() as day:
            return day.isoformat()
        case value:
            return value or ""


def _ticks(asked: Field, text: str) -> object:
    """`API接口、其他（小程序）` as ticked options and the text beside one."""
    chosen, other = list[str](), dict[str, str]()
    for part in filter(None, map(str.strip, _APART.split(text))):
        found = _TICK.fullmatch(part)
        option = asked.option(part) or (asked.option(found[1].strip()) if found else None)
        chosen.append(option.id if option else part)
        if option and found and found[2] and asked.option(part) is None:
            other[option.id] = found[2].strip()
    return {"chosen": chosen, "other": other}


def laid_out(rows: Iterable[Iterable[Value]], name: str = "") -> Sheet:
    """A sheet of bare values, for tests and for what was made here."""
    return Sheet(name, [[Cell(value) for value in row] for row in rows])


@dataclass(frozen=True, slots=True)
class Laid:
    """A sheet to be written: its rows as text, and which of them are heads."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    heads: frozenset[int]


def lay_out(call: Call, direction: str, answers: Answers) -> tuple[Laid, ...]:
    """A workbook that `take` reads: one sheet of questions in the official order with what stands, one for each table.

    Long texts are left to the page.
    """
    rows, heads, tables = list[tuple[str, ...]](), set[int](), list[Laid]()
    for section in call.programme_of(direction).sections(direction):
        heads.add(len(rows))
        rows.append((section.heading.zh,))
        columns: tuple[str, ...] = ()
        for asked in section.asked(direction):
            if asked.type is FieldType.TABLE:
                tables.append(_laid_table(asked, answers.get(asked.id)))
            elif asked.type is not FieldType.LONGTEXT and asked.computed is None:
                here = tuple(column.label.zh for column in call.columns(asked))
                if here and here != columns:
                    heads.add(len(rows))
                    rows.append(("", "", *here))
                columns = here
                group = asked.group.zh if asked.group else ""
                rows.append((group, asked.label.zh, *_laid_values(asked, call, answers.get(asked.id))))
    return (Laid("申报数据", tuple(rows), frozenset(heads)), *tables)


def _laid_values(asked: Field, call: Call, answer: JSON) -> tuple[str, ...]:
    columns = call.columns(asked)
    if not columns:
        return (present(asked, answer),)
    values = answer if isinstance(answer, dict) else {}
    return tuple(present(asked, values.get(column.id)) for column in columns)


def _laid_table(asked: Field, answer: JSON) -> Laid:
    held = answer if isinstance(answer, list) else []
    rows = [tuple(present(c, row.get(c.id) if isinstance(row, dict) else None) for c in asked.columns) for row in held]
    head = tuple(column.label.zh for column in asked.columns)
    return Laid(_SHEET_NAME.sub(" ", asked.label.zh)[:31], (head, *rows), frozenset({0}))
