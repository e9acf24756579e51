"""Answers of an earlier application carried into a form of today: what still means the same is taken, the rest is named.

Pure. An answer is written down as it would be typed and read again under the new definition, so that nothing comes in that
could not have been typed.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date

from programmes import form
from programmes.call import Call
from programmes.eligibility import cross_checks
from programmes.fields import Field, FieldType, Section
from programmes.shapes import is_list, is_mapping
from programmes.vocabulary import JSON, Answers


@dataclass(frozen=True, slots=True)
class Carried:
    """By section what was taken, in the official order; *left* are the fields of the old form that were not."""

    taken: Mapping[str, Mapping[str, JSON]]
    left: tuple[str, ...]


def carry(
    old: Call,
    old_direction: str,
    answers: Answers,
    new: Call,
    direction: str,
    *,
    today: date | None = None,
    divisions: Container[str] | None = None,
) -> Carried:
    """Every answer whose field is asked again under the same id and type, and can be read again there."""
    known, asked = old.programme_of(old_direction), new.programme_of(direction).sections(direction)
    taken: dict[str, dict[str, JSON]] = {}
    for field in known.fields:
        section = _asking(asked, field, direction)
        if section is None or answers.get(field.id) is None:
            continue
        again = {field.id: _fitting(typed_again(field, answers[field.id]), field.id, section, new)}
        read, refused = form.parse_section(section, again, new, direction=direction, today=today, divisions=divisions)
        if not refused and read.get(field.id) is not None:
            taken.setdefault(section.id, {}).update(read)
    _without_contradictions(taken, new, direction)
    kept = {name for some in taken.values() for name in some}
    written = [field for field in known.fields if answers.get(field.id) is not None]
    left = tuple(field.id for field in written if field.id not in kept and not _worked_out(field))
    return Carried({section.id: taken[section.id] for section in asked if taken.get(section.id)}, left)


def typed_again(field: Field, answer: JSON) -> object:
    """A canonical answer as its inputs would give it; what `parse_section` reads back to the same answer."""
    if field.type is FieldType.TABLE:
        rows = answer if is_list(answer) else []
        return [_row(field, row) for row in rows]
    if field.type is FieldType.MULTI or answer is None:
        return answer
    if is_mapping(answer):
        return {str(column): typed_again(field, value) for column, value in answer.items()}  # type: ignore[arg-type]
    return answer if isinstance(answer, bool | str) else form.present(field, answer)


def _row(field: Field, row: object) -> dict[str, object]:
    cells: Mapping[object, object] = row if is_mapping(row) else {}
    return {
        column.id: typed_again(column, cells[column.id])  # type: ignore[arg-type]
        for column in field.columns
        if column.id in cells
    }


def _asking(sections: tuple[Section, ...], field: Field, direction: str) -> Section | None:
    for section in sections:
        asked = section.field(field.id)
        if asked is not None and asked.type is field.type and asked.asked_of(direction) and not _worked_out(asked):
            return section
    return None


def _worked_out(field: Field) -> bool:
    """Whether nobody types it."""
    return getattr(field, "computed", None) is not None


def _fitting(typed: object, field_id: str, section: Section, new: Call) -> object:
    """Without the columns that are not asked any more: last year's form had other report years."""
    field = section.field(field_id)
    assert field is not None, "the section asks it"
    if field.type is FieldType.TABLE and is_list(typed):
        asked = {column.id for column in field.columns}
        return [{name: value for name, value in row.items() if name in asked} for row in typed if is_mapping(row)]
    columns = {column.id for column in new.columns(field)}
    if columns and is_mapping(typed):
        return {name: value for name, value in typed.items() if name in columns}
    return typed


def _without_contradictions(taken: dict[str, dict[str, JSON]], call: Call, direction: str) -> None:
    """Leave out what today's rules would refuse at a save; where a rule names no field, everything it could mean."""
    while True:
        merged = {name: answer for some in taken.values() for name, answer in some.items()}
        crossed = cross_checks(call, direction, merged)
        if not crossed:
            return
        named = {str(refusal.params.get("field", "")) for refusal in crossed} & set(merged)
        for some in taken.values():
            for name in named or set(merged):
                some.pop(name, None)
