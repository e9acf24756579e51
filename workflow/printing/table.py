"""The official information table: each question as the row, the boxes, the grid or the text that it is on paper. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from directory.division import divisions
from paperwork.document import Block, Box, Boxes, Figure, Heading, Line, Pairs, Table, Text
from programmes import form
from programmes.call import Call
from programmes.fields import NUMBERS, Field, FieldType, Section
from programmes.shapes import is_mapping
from programmes.vocabulary import chosen

_SHORT_LABEL, _SHORT_VALUE, _SHORT_HINT = 14, 20, 14
_FEW_ROWS = 6
_NARROWEST, _UNBROKEN, _WIDEST, _MARGIN = 6, 18, 36, 3
_NUMBER_WIDTH, _PAGE = 6, 78
"""Widths in half-width characters: a page of the table holds so many beside the numbers of its rows."""
_RUN = re.compile(r"[!-~]+")
_TICKED = frozenset({FieldType.BOOLEAN, FieldType.SINGLE, FieldType.MULTI})
_LONG = frozenset({FieldType.LONGTEXT, FieldType.TABLE})
Figures = Mapping[str, Sequence[Figure]]


def blocks(
    section: Section, direction: str, call: Call, answers: Mapping[str, Any], figures: Figures
) -> Iterator[Block]:
    """What *section* is on paper, under its own heading where it stands below another."""
    if section.under is not None:
        yield Heading(text=section.heading.zh)
    asked = section.asked(direction)
    alone = len(asked) == 1 and asked[0].type is FieldType.LONGTEXT
    for group, fields in groupby(asked, key=lambda each: each.group.zh if each.group else ""):
        together = list(fields)
        if group and _fits_one_row(together, call, answers):
            yield _row_beside(group, together, answers)
            continue
        yield from _group(section, group, together, call, answers, figures, alone=alone)


def said(field: Field, answers: Mapping[str, Any]) -> str:
    """One answer in words, with its unit where the label does not say it."""
    return _worded(field, form.answer_of(field, answers))


def _worded(field: Field, answer: Any) -> str:
    if field.type is FieldType.DIVISION and answer:
        return _place(str(answer))
    text = form.present(field, answer)
    unit = field.unit if field.unit and field.unit not in field.label.zh else ""
    return f"{text} {unit}".strip() if text else ""


def _place(code: str) -> str:
    table = divisions()
    if code not in table:
        return code
    around = table.parent(code)
    return (table.name(around) if len(around) > 2 else "") + table.name(code)


def _group(
    section: Section,
    group: str,
    fields: Sequence[Field],
    call: Call,
    answers: Mapping[str, Any],
    figures: Figures,
    *,
    alone: bool,
) -> Iterator[Block]:
    kind_of: Callable[[Field], str] = lambda each: _kind(each, call)  # noqa: E731  a key for groupby
    headed = False
    for kind, run in groupby(fields, key=kind_of):
        some = list(run)
        if kind.startswith("grid"):
            yield _grid(section, group, some, call, answers)
            continue
        if group and not headed:
            yield Heading(text=group)
            headed = True
        match kind:
            case "pairs":
                yield Pairs(rows=tuple(_packed(some, answers)))
            case "boxes":
                yield from (_boxes(each, answers) for each in some)
            case "table":
                for each in some:
                    yield from _tables(each, answers)
            case _:
                for each in some:
                    yield Text(text=said(each, answers), heading="" if alone else each.label.zh)
                    yield from figures.get(each.id, ())


def _kind(field: Field, call: Call) -> str:
    """How a question looks; neighbours of one look stand in one block. A grid is named by its columns."""
    columns = call.columns(field)
    if columns:
        return "grid:" + ",".join(column.id for column in columns)
    if field.type is FieldType.TABLE:
        return "pairs" if len(field.columns) == 1 else "table"
    if field.type in _TICKED:
        return "boxes"
    return "text" if field.type is FieldType.LONGTEXT else "pairs"


def _fits_one_row(fields: Sequence[Field], call: Call, answers: Mapping[str, Any]) -> bool:
    """单位联系人: 姓名, 职务职称, 联系电话, 邮箱 stand beside each other."""
    if not 2 <= len(fields) <= 5:
        return False
    return all(_kind(each, call) == "pairs" and len(said(each, answers)) <= 2 * _SHORT_VALUE for each in fields)


def _row_beside(group: str, fields: Sequence[Field], answers: Mapping[str, Any]) -> Table:
    return Table(
        heading=group,
        columns=tuple(each.label.zh for each in fields),
        rows=(tuple(said(each, answers) for each in fields),),
        beside=True,
    )


def _packed(fields: Sequence[Field], answers: Mapping[str, Any]) -> Iterator[tuple[Line, ...]]:
    """Short answers two in a row, long ones alone, in their order."""
    waiting: Line | None = None
    for each in fields:
        line = Line(label=_labelled(each), value=_listed(each, answers))
        short = len(line.label) <= _SHORT_LABEL and len(line.value) <= _SHORT_VALUE and each.type not in _LONG
        if not short:
            if waiting:
                yield (waiting,)
            waiting = None
            yield (line,)
        elif waiting:
            yield (waiting, line)
            waiting = None
        else:
            waiting = line
    if waiting:
        yield (waiting,)


def _listed(field: Field, answers: Mapping[str, Any]) -> str:
    """具体应用场景: `1.…；2.…` where a table has one column."""
    if field.type is not FieldType.TABLE:
        return said(field, answers)
    column = field.columns[0]
    rows = answers.get(field.id) or ()
    return "；".join(f"{number}.{_worded(column, row.get(column.id))}" for number, row in enumerate(rows, 1))


def _labelled(field: Field) -> str:
    """The label with what the form says in brackets below it: 单位所获荣誉（省级及以上）."""
    hint = field.hint.zh if field.hint else ""
    return field.label.zh + (hint if hint.startswith("（") and len(hint) <= _SHORT_HINT else "")


def _boxes(field: Field, answers: Mapping[str, Any]) -> Boxes:
    answer: Any = answers.get(field.id)
    if field.type is FieldType.BOOLEAN:
        options = (Box(text="是", ticked=answer is True), Box(text="否", ticked=answer is False))
        return Boxes(label=_labelled(field), options=options)
    ticked = set(chosen(answer))
    other: Any = answer.get("other") if is_mapping(answer) else None
    beside: Mapping[Any, Any] = other if is_mapping(other) else {}
    return Boxes(
        label=_labelled(field),
        options=tuple(
            Box(
                text=_option(option.label.zh, option.group, option.text.zh if option.text else ""),
                ticked=option.id in ticked,
                beside=str(beside.get(option.id, "")),
            )
            for option in field.options
        ),
    )


def _option(label: str, group: str, blank: str) -> str:
    """开源（模型名称）, 是（国家级）: the group an option belongs to, and what its blank asks."""
    grouped = f"{group}（{label}）" if group else label
    return f"{grouped}（{blank}）" if blank and blank != label else grouped


def _tables(field: Field, answers: Mapping[str, Any]) -> Iterator[Table]:
    """The rows as one table, or as several beside each other's numbers where a page is too narrow for all its columns."""
    rows: Sequence[Mapping[str, Any]] = answers.get(field.id) or ()
    written = [[_worded(column, row.get(column.id)) for column in field.columns] for row in rows]
    columns = [
        _Column(column.label.zh, tuple(row[place] for row in written), column.type in NUMBERS)
        for place, column in enumerate(field.columns)
    ]
    sheets = _fitting(columns)
    for number, sheet in enumerate(sheets, 1):
        part = f"（{number}/{len(sheets)}）" if len(sheets) > 1 else ""
        yield _table(_labelled(field) + part, sheet, len(rows))


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as it is written, and how many half-width characters it needs and would like."""

    label: str
    cells: tuple[str, ...]
    numeric: bool

    @property
    def need(self) -> int:
        """What cannot be broken: a date, a number, the first letters of a long code."""
        runs = (len(run) for text in (self.label, *self.cells) for run in _RUN.findall(text))
        return max(_NARROWEST, min(_UNBROKEN, max(runs, default=0))) + _MARGIN

    @property
    def wish(self) -> int:
        return max(self.need, min(_WIDEST, max(_room(text) for text in (self.label, *self.cells)) + _MARGIN))


def _fitting(columns: Sequence[_Column]) -> list[list[_Column]]:
    """The columns in their order, on as few sheets as a page is wide, each about as full as the others."""
    sheets = list(_filled(columns, _PAGE))
    evenly = sum(column.need for column in columns) // len(sheets)
    tried = (list(_filled(columns, room)) for room in range(evenly, _PAGE))
    return next((found for found in tried if len(found) == len(sheets)), sheets)


def _filled(columns: Sequence[_Column], room: int) -> Iterator[list[_Column]]:
    sheet, left = list[_Column](), room
    for column in columns:
        if sheet and column.need > left:
            yield sheet
            sheet, left = [], room
        sheet.append(column)
        left -= column.need
    yield sheet


def _table(heading: str, sheet: Sequence[_Column], rows: int) -> Table:
    spare = max(0, _PAGE - sum(column.need for column in sheet))
    wishes = sum(column.wish - column.need for column in sheet) or 1
    made = tuple((str(row + 1), *(column.cells[row] for column in sheet)) for row in range(rows))
    return Table(
        heading=heading,
        columns=("序号", *(column.label for column in sheet)),
        rows=made or (("",) * (len(sheet) + 1),),
        widths=(
            _NUMBER_WIDTH,
            *(column.need + min(spare, wishes) * (column.wish - column.need) // wishes for column in sheet),
        ),
        numeric=tuple(place for place, column in enumerate(sheet, 1) if column.numeric),
        beside=rows <= _FEW_ROWS and len(sheet) <= 3,
    )


def _room(text: str) -> int:
    return max((sum(1 if letter.isascii() else 2 for letter in line) for line in text.split("\n")), default=0)


def _grid(section: Section, group: str, fields: Sequence[Field], call: Call, answers: Mapping[str, Any]) -> Table:
    """Questions asked once a year, or once a column: a line each."""
    columns = call.columns(fields[0])
    first = (section.guide.zh if section.guide else "指标") if fields[0].by_year else "分类"
    return Table(
        heading=group,
        columns=(first, *(column.label.zh for column in columns)),
        rows=tuple(
            (each.label.zh, *(_worded(each, _cell(answers, each, column.id)) for column in columns)) for each in fields
        ),
        widths=(3, *(2 for _ in columns)),
        numeric=tuple(range(1, len(columns) + 1)) if all(each.type in NUMBERS for each in fields) else (),
    )


def _cell(answers: Mapping[str, Any], field: Field, column: str) -> Any:
    held = answers.get(field.id)
    return held.get(column) if is_mapping(held) else None
