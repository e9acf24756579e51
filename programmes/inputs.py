"""The names of a form's inputs, and what was typed put together again from them: for pages that work without JavaScript.

`revenue.2024` is a year, `honours.0.name` a cell, `modalities` each ticked box, `modalities.other` the blank beside one.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from programmes.fields import Field, FieldType, Section
from programmes.shapes import is_list, is_mapping

_Input: TypeAlias = tuple[tuple[str, ...], str]
_Within: TypeAlias = dict[tuple[str, ...], str]


def input_name(field: Field, *parts: str | int) -> str:
    """The name of a field's input: with a column, an option's blank, or a row and its column."""
    return ".".join((field.id, *map(str, parts)))


def gather(section: Section, typed: Iterable[tuple[str, str]]) -> dict[str, object]:
    """What a browser sent for *section*, as `parse_section` reads it. Names that belong to no field, or to a computed one,
    are left out, so that a form's own inputs (its token, its button) may travel along. A field without any input is not
    touched; one whose boxes are all empty must send its name once, empty, to be taken out."""
    sent: dict[str, list[_Input]] = {}
    for name, value in typed:
        field_id, *parts = name.split(".")
        field = section.field(field_id)
        if field is not None and field.computed is None:
            sent.setdefault(field_id, []).append((tuple(parts), value))
    return {field.id: _together(field, sent[field.id]) for field in section.fields if field.id in sent}


def scatter(field: Field, typed: object) -> Iterator[tuple[str, str]]:
    """The inputs that `gather` made *typed* of: names and texts, to send the very same once more."""
    if is_list(typed):
        for number, each in enumerate(typed):
            if is_mapping(each):
                yield from ((input_name(field, number, str(column)), str(value)) for column, value in each.items())
            else:
                yield field.id, str(each)
    elif is_mapping(typed) and field.type is FieldType.MULTI:
        ticked, beside = typed.get("chosen"), typed.get("other")
        yield from ((field.id, str(option)) for option in (ticked if is_list(ticked) and ticked else [""]))
        yield from (
            ((input_name(field, str(name)), str(value)) for name, value in beside.items()) if is_mapping(beside) else ()
        )
    elif is_mapping(typed):
        yield from ((input_name(field, str(column)), str(value)) for column, value in typed.items())
    else:
        yield field.id, "" if typed is None else str(typed)


def _together(field: Field, inputs: list[_Input]) -> object:
    alone = [value for parts, value in inputs if not parts]
    within = {parts: value for parts, value in inputs if parts}
    if field.type is FieldType.MULTI:
        return {"chosen": [value for value in alone if value], "other": _by_name(within)}
    if field.type is FieldType.TABLE and all(len(parts) == 2 and parts[0].isdecimal() for parts in within):
        return _rows(within)
    if within:
        return _by_name(within)
    return alone[0] if len(alone) == 1 else alone  # two under one name stay two: reading will say there is only one


def _by_name(within: _Within) -> dict[str, str]:
    return {".".join(parts): value for parts, value in within.items()}


def _rows(within: _Within) -> list[dict[str, str]]:
    """Rows in the order of their numbers, without the ones left empty."""
    rows: dict[str, dict[str, str]] = {}
    for (number, column), value in within.items():
        rows.setdefault(number, {})[column] = value
    ordered = [rows[number] for number in sorted(rows, key=lambda number: (len(number), number))]
    return [row for row in ordered if any(value.strip() for value in row.values())]
