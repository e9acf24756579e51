"""A section of the form, read from what was typed and shown again as it is kept.

Reading never raises: whatever comes, each field becomes a canonical answer or a refusal that names it.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import date

from eventstore.refusal import Param, Refusal
from programmes.call import Call
from programmes.fields import NO, YES, YUAN, Field, FieldType, Section
from programmes.identifiers import NotReadable
from programmes.money import Money
from programmes.reading import Known, is_blank, read
from programmes.shapes import is_list, is_mapping
from programmes.vocabulary import JSON, Answers, Words, chosen


def parse_section(
    section: Section,
    raw: object,
    call: Call,
    *,
    direction: str | None = None,
    today: date | None = None,
    divisions: Container[str] | None = None,
) -> tuple[dict[str, JSON], list[Refusal]]:
    """What was typed into *section*, kept: answers by field id, None where an answer was taken out, and the refusals.

    Only the fields that are in *raw* are read. A field that is refused has no answer. Dates are asked against *today* and
    divisions against *divisions* where these are given.
    """
    if not is_mapping(raw):
        return {}, [Refusal.of("BAD_FORMAT", field=section.id, expected="object")]
    reader, answers = _Reader(call, Known(today, divisions)), dict[str, JSON]()
    for key, typed in raw.items():
        field = section.field(key) if isinstance(key, str) else None
        if field is None or (direction is not None and not field.asked_of(direction)):
            reader.refusals.append(Refusal.of("UNKNOWN_FIELD", field=ascii(key)[:80], section=section.id))
            continue
        refused = len(reader.refusals)
        value = reader.field(field, typed)
        if len(reader.refusals) == refused:
            answers[field.id] = value
    return answers, reader.refusals


class _Reader:
    """Reads fields one after the other and collects what they refuse."""

    def __init__(self, call: Call, known: Known) -> None:
        self.call, self.known, self.refusals = call, known, list[Refusal]()

    def field(self, field: Field, typed: object) -> JSON:
        if field.computed is not None:
            self._refuse(field, "COMPUTED_FIELD")
            return None
        columns = [column.id for column in self.call.columns(field)]
        if field.type is FieldType.TABLE:
            return self._table(field, typed)
        if columns:
            return self._by_column(field, typed, columns)
        return self._value(field, typed, {"field": field.id})

    def _value(self, field: Field, typed: object, where: Mapping[str, Param]) -> JSON:
        if is_blank(typed):
            return None
        try:
            return read(field, typed, self.known)
        except NotReadable as fault:
            params: dict[str, Param] = {**where, **fault.params}
            self.refusals.append(Refusal.of(fault.code, source=field.source, **params))
            return None

    def _by_column(self, field: Field, typed: object, columns: Sequence[str]) -> JSON:
        if is_blank(typed):
            return None
        if not is_mapping(typed) or set(typed) - set(columns):
            self._refuse(field, "BAD_FORMAT", expected="columns", columns=list(columns))
            return None
        values = {
            column: self._value(field, typed[column], {"field": field.id, "column": column})
            for column in columns
            if column in typed
        }
        return {column: value for column, value in values.items() if value is not None} or None

    def _table(self, field: Field, typed: object) -> JSON:
        if is_blank(typed):
            return None
        if not is_list(typed):
            self._refuse(field, "BAD_FORMAT", expected="rows")
            return None
        if len(typed) > field.max_items:
            self._refuse(field, "ABOVE_MAX", measure=len(typed), limit=field.max_items)
            return None
        rows: list[JSON] = []
        for number, row in enumerate(typed, 1):
            kept = self._row(field, row, number)
            if kept:
                rows.append(kept)
        return rows or None

    def _row(self, field: Field, row: object, number: int) -> dict[str, JSON]:
        """One row; a table of one column may be typed as a list of its values."""
        if len(field.columns) == 1 and not is_mapping(row):
            row = {field.columns[0].id: row}
        if not is_mapping(row) or set(row) - {column.id for column in field.columns}:
            self._refuse(field, "BAD_FORMAT", expected="row", row=number)
            return {}
        kept: dict[str, JSON] = {}
        for column in field.columns:
            where: dict[str, Param] = {"field": field.id, "row": number, "column": column.id}
            value = self._value(column, row.get(column.id), where)
            if value is not None:
                kept[column.id] = value
        return kept

    def _refuse(self, field: Field, code: str, **params: Param) -> None:
        self.refusals.append(Refusal.of(code, source=field.source, field=field.id, **params))


def answer_of(field: Field, answers: Answers) -> JSON:
    """What *answers* hold for *field*, or what follows from them where it is computed."""
    if field.computed is None:
        return answers.get(field.id)
    part, whole = answers.get(field.computed.part), answers.get(field.computed.whole)
    if not isinstance(part, int) or not isinstance(whole, int) or whole <= 0:
        return None
    return (2 * 10_000 * part + whole) // (2 * whole)


def present(field: Field, answer: JSON, language: str = "zh") -> str:
    """An answer as a person would type it: exact, in the field's unit. One cell of an answer with columns or rows at a time."""
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return _say(YES if answer else NO, language)
    if isinstance(answer, int):
        return _number(field, answer)
    if isinstance(answer, str):
        option = field.option(answer) if field.type is FieldType.SINGLE else None
        return _say(option.label, language) if option else answer
    if isinstance(answer, dict) and "chosen" in answer:
        return "、".join(_ticked(field, answer, language))
    if isinstance(answer, list):
        return "\n".join(_row_text(field, row, language) for row in answer)
    return "\n".join(f"{column}: {present(field, value, language)}" for column, value in answer.items())


def _ticked(field: Field, answer: Mapping[str, JSON], language: str) -> list[str]:
    other = answer.get("other")
    texts = other if isinstance(other, dict) else {}
    labels = {option.id: _say(option.label, language) for option in field.options}
    return [
        labels.get(option, option) + (f"（{texts[option]}）" if option in texts else "") for option in chosen(answer)
    ]


def _row_text(field: Field, row: JSON, language: str) -> str:
    cells = row if isinstance(row, dict) else {}
    return "；".join(present(column, cells[column.id], language) for column in field.columns if column.id in cells)


def _number(field: Field, answer: int) -> str:
    match field.type:
        case FieldType.MONEY:
            return Money(answer).yuan() if field.unit == YUAN else Money(answer).wan()
        case FieldType.PERCENT:
            return _percent(answer)
        case _:
            return str(answer)


def _percent(basis_points: int) -> str:
    sign, (whole, rest) = "-" * (basis_points < 0), divmod(abs(basis_points), 100)
    return f"{sign}{whole}.{rest:02d}"


def _say(words: Words, language: str) -> str:
    return words.en if language == "en" else words.zh
