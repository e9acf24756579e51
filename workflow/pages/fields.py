"""How a section of the form is shown: one control a question, a table where questions have columns or rows.

Shows the canonical answer as a person would type it, or, after a refusal, exactly what was typed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from directory.division import Division, divisions
from eventstore.refusal import Refusal
from programmes import form
from programmes.call import Call
from programmes.fields import Field, FieldType, Section
from programmes.shapes import is_list, is_mapping
from programmes.vocabulary import Condition
from programmes.words import count_zi
from web.texts import Reason, explain

BY_HAND = 200
"""Rows that one table may have to be written on a page; a longer one is kept by Excel and read there, so many at a time:"""
AT_A_TIME = 100
_LONG_LIST = 5
_KINDS: Mapping[FieldType, str] = {
    FieldType.LONGTEXT: "area",
    FieldType.BOOLEAN: "choice",
    FieldType.MULTI: "boxes",
    FieldType.DIVISION: "select",
    FieldType.EMAIL: "email",
    FieldType.PHONE: "tel",
    FieldType.TABLE: "table",
}
_DECIMAL = frozenset({FieldType.MONEY, FieldType.PERCENT, FieldType.DECIMAL})
_CODES = frozenset({FieldType.CREDIT_CODE, FieldType.ACCOUNT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control, ready for the template. *value* is text; *chosen* the ticked options; *when* what it depends on."""

    name: str
    field: Field
    kind: str
    value: str = ""
    chosen: tuple[str, ...] = ()
    options: tuple[tuple[str, object], ...] = ()
    beside: tuple["Control", ...] = ()
    error: Reason | None = None
    locked: bool = False
    inputmode: str = ""
    mono: bool = False
    limit: int = 0
    count: int | None = None
    when: str = ""
    answer: Any = None

    @property
    def unit(self) -> str:
        return "%" if self.field.type is FieldType.PERCENT and not self.field.unit else self.field.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Questions that are asked once a column: 2023, 2024. Each line is a question and its cells."""

    columns: tuple[object, ...]
    lines: tuple[tuple[Field, tuple[Control, ...]], ...]
    kind: str = "grid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A question answered by any number of rows; the last row is empty, to be written into. *blank* is the row that a script
    adds, with # in the place of its number."""

    field: Field
    rows: tuple[tuple[int, tuple[Control, ...]], ...]
    blank: tuple[Control, ...] = ()
    error: Reason | None = None
    locked: bool = False
    full: bool = False
    kind: str = "rows"

    @property
    def most(self) -> int:
        return min(self.field.max_items, BY_HAND)


@dataclass(frozen=True, slots=True, kw_only=True)
class LongTable:
    """A table of more rows than a page can hold as inputs: one leaf of it, to be read. A form that shows it sends nothing
    for it, so that saving the rest leaves it alone."""

    field: Field
    rows: tuple[tuple[int, tuple[Control, ...]], ...]
    total: int
    leaf: int
    kind: str = "long"

    @property
    def leaves(self) -> int:
        return -(-self.total // AT_A_TIME)

    @property
    def first(self) -> int:
        return self.rows[0][0] + 1

    @property
    def last(self) -> int:
        return self.rows[-1][0] + 1


@dataclass(frozen=True, slots=True)
class Showing:
    """What is being shown: the answers kept, what was typed over them, what was wrong with it, and what may be written."""

    call: Call
    answers: Mapping[str, Any]
    typed: Mapping[str, Any] | None = None
    wrong: Sequence[Refusal] = ()
    open: frozenset[str] | None = None  # field ids that may be written; None: all
    extra_row: str = ""
    turned_to: str = ""
    """The leaf of a long table that is wanted: `cost_lines.3`."""

    def leaf_of(self, table: str, leaves: int) -> int:
        name, _, leaf = self.turned_to.rpartition(".")
        wanted = int(leaf) if name == table and leaf.isascii() and leaf.isdecimal() and len(leaf) < 6 else 1
        return min(max(wanted, 1), leaves)

    def is_locked(self, field_id: str) -> bool:
        return self.open is not None and field_id not in self.open

    def error(self, **where: str | int) -> Reason | None:
        for refusal in self.wrong:
            if all(refusal.params.get(name) == value for name, value in where.items()):
                return explain(refusal)
        return None


Block = Control | Grid | Rows | LongTable


@dataclass(frozen=True, slots=True)
class Group:
    """Questions under one small heading of the paper form."""

    heading: object = None
    blocks: list[Block] = field(default_factory=list[Block])


def groups(section: Section, direction: str, showing: Showing) -> list[Group]:
    """The section's questions for this direction, in the official order; neighbours with the same columns share a table."""
    found: list[Group] = []
    for asked in section.asked(direction):
        if not found or found[-1].heading != asked.group:
            found.append(Group(asked.group))
        blocks, block = found[-1].blocks, block_of(asked, showing)
        last = blocks[-1] if blocks else None
        if isinstance(block, Grid) and isinstance(last, Grid) and last.columns == block.columns:
            blocks[-1] = replace(last, lines=(*last.lines, *block.lines))
        else:
            blocks.append(block)
    return found


def block_of(asked: Field, showing: Showing) -> Block:
    """One question: a control, a line of cells, rows, or a leaf of a long table."""
    columns = showing.call.columns(asked)
    if asked.type is FieldType.TABLE:
        return _rows(asked, showing)
    if columns:
        cells = tuple(_cells(asked, [column.id for column in columns], showing))
        return Grid(columns=tuple(column.label for column in columns), lines=((asked, cells),))
    return _single(asked, showing)


def _single(asked: Field, showing: Showing) -> Control:
    if asked.computed is not None:
        return _worked_out(asked, showing)
    value = _standing(asked, showing)
    made = control(asked, asked.id, value, showing.error(field=asked.id), showing.is_locked(asked.id))
    return replace(made, when=_condition(asked.required_when))


def _worked_out(asked: Field, showing: Showing) -> Control:
    """What follows from two other answers: shown, never typed. Its one option names the two, for the script that keeps it current."""
    share = asked.computed
    assert share is not None, "asked by the caller"
    answer = form.answer_of(asked, showing.answers)
    value = form.present(asked, answer)
    return Control(
        name=asked.id, field=asked, kind="output", value=value, answer=answer, options=((share.part, share.whole),)
    )


def _standing(asked: Field, showing: Showing) -> Any:
    """What was typed, if it was just typed; else the answer that is kept."""
    if showing.typed is not None and asked.id in showing.typed:
        return _Typed(showing.typed[asked.id])
    return showing.answers.get(asked.id)


@dataclass(frozen=True, slots=True)
class _Typed:
    raw: Any


def _cells(asked: Field, columns: Sequence[str], showing: Showing) -> Iterator[Control]:
    standing = _standing(asked, showing)
    raw = standing.raw if isinstance(standing, _Typed) else standing
    values: Mapping[Any, Any] = raw if is_mapping(raw) else {}
    for column in columns:
        value = values.get(column)
        shown = _Typed(value) if isinstance(standing, _Typed) else value
        error = showing.error(field=asked.id, column=column)
        yield control(asked, f"{asked.id}.{column}", shown, error, showing.is_locked(asked.id))


def _long(asked: Field, held: Sequence[Any], showing: Showing) -> LongTable:
    leaf = showing.leaf_of(asked.id, -(-len(held) // AT_A_TIME))
    begin = (leaf - 1) * AT_A_TIME
    shown = enumerate(held[begin : begin + AT_A_TIME], begin)
    rows = tuple((number, tuple(_row(asked, number, row, False, showing, True))) for number, row in shown)
    return LongTable(field=asked, rows=rows, total=len(held), leaf=leaf)


def _rows(asked: Field, showing: Showing) -> Rows | LongTable:
    standing = _standing(asked, showing)
    raw = standing.raw if isinstance(standing, _Typed) else standing
    held: list[Any] = [*raw] if is_list(raw) else []
    if len(held) > BY_HAND and not isinstance(standing, _Typed):
        return _long(asked, held, showing)
    locked = showing.is_locked(asked.id)
    room = len(held) < min(asked.max_items, BY_HAND) and not locked
    if room:
        held += [{}] * ((not held) + (showing.extra_row == asked.id))
    rows: list[tuple[int, tuple[Control, ...]]] = []
    for number, row in enumerate(held):
        rows.append((number, tuple(_row(asked, number, row, isinstance(standing, _Typed), showing, locked))))
    own = next((r for r in showing.wrong if r.params.get("field") == asked.id and "row" not in r.params), None)
    error = explain(own) if own else None
    blank = tuple(control(column, f"{asked.id}.#.{column.id}", None) for column in asked.columns)
    return Rows(field=asked, rows=tuple(rows), blank=blank, error=error, locked=locked, full=not room)


def _row(asked: Field, number: int, row: Any, typed: bool, showing: Showing, locked: bool) -> Iterator[Control]:
    cells: Mapping[Any, Any] = row if is_mapping(row) else {}
    for column in asked.columns:
        value = cells.get(column.id)
        error = showing.error(field=asked.id, row=number + 1, column=column.id)
        yield control(column, f"{asked.id}.{number}.{column.id}", _Typed(value) if typed else value, error, locked)


def control(asked: Field, name: str, standing: Any, error: Reason | None = None, locked: bool = False) -> Control:
    """The control of one question that has one answer."""
    value, chosen, texts = _written(asked, standing)
    kind = _kind(asked, value)
    beside = tuple(
        Control(
            name=f"{name}.{option.id}",
            field=asked,
            kind="beside",
            value=texts.get(option.id, ""),
            options=((option.id, option.text),),
            locked=locked,
        )
        for option in asked.options
        if option.text is not None and asked.type is FieldType.MULTI
    )
    return Control(
        name=name,
        field=asked,
        kind=kind,
        value=value,
        chosen=chosen,
        options=_options(asked),
        beside=beside,
        error=error,
        locked=locked,
        inputmode="decimal" if asked.type in _DECIMAL else "numeric" if asked.type is FieldType.INTEGER else "",
        mono=asked.type in _CODES,
        limit=asked.max_zi or 0,
        count=count_zi(value) if asked.max_zi else None,
        answer=None if isinstance(standing, _Typed) else standing,
    )


def _written(asked: Field, standing: Any) -> tuple[str, tuple[str, ...], Mapping[str, str]]:
    """As text, as ticked options, and the texts beside them."""
    raw = standing.raw if isinstance(standing, _Typed) else standing
    if is_mapping(raw):
        boxes: Mapping[Any, Any] = raw
        return "", tuple(str(each) for each in boxes.get("chosen", ())), dict(boxes.get("other") or {})
    if isinstance(standing, _Typed):
        text = "" if raw is None else str(raw)
        return text, (text,), {}
    if isinstance(raw, bool):
        return ("true" if raw else "false"), ("true" if raw else "false",), {}
    if asked.type is FieldType.SINGLE:
        return str(raw or ""), (str(raw or ""),), {}
    return form.present(asked, raw), (), {}


def _kind(asked: Field, value: str) -> str:
    match asked.type:
        case FieldType.SINGLE:
            return "select" if len(asked.options) > _LONG_LIST else "choice"
        case FieldType.DATE | FieldType.MONTH:
            return "text" if value and not _machine_reads(asked.type, value) else asked.type.value
        case _:
            return _KINDS.get(asked.type, "text")


def _machine_reads(kind: FieldType, value: str) -> bool:
    try:
        date.fromisoformat(value if kind is FieldType.DATE else f"{value}-01")
    except ValueError:
        return False
    return True


def _options(asked: Field) -> tuple[tuple[str, object], ...]:
    match asked.type:
        case FieldType.BOOLEAN:
            return (("true", {"zh": "是", "en": "Yes"}), ("false", {"zh": "否", "en": "No"}))
        case FieldType.DIVISION:
            return _counties()
        case _:
            return tuple((option.id, option.label) for option in asked.options)


def _counties() -> tuple[tuple[str, object], ...]:
    """Every county of the provinces that hold calls here, with its city; of a city without counties the city and its towns."""
    table = divisions()
    return tuple(
        (county.code, _within(city, county))
        for province in table.provinces()
        for city in table.cities_of(province.code)
        for county in (table.counties_of(city.code) or (city, *table.towns_of(city.code)))
    )


def _within(city: Division, place: Division) -> dict[str, str]:
    if place is city:
        return {"zh": city.name, "en": city.name_en}
    return {"zh": f"{city.name} {place.name}", "en": f"{place.name_en}, {city.name_en}"}


def _condition(condition: Condition | None) -> str:
    """What a small script reads: `field=value`, `field:option`, `field` (given). "" where there is none it can judge."""
    if condition is None or condition.field is None:
        return ""
    if condition.has is not None:
        return f"{condition.field}:{condition.has}"
    if condition.is_ is not None:
        is_ = condition.is_
        return f"{condition.field}={str(is_).lower() if isinstance(is_, bool) else is_}"
    return condition.field if condition.given else ""
