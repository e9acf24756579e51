"""An answer as people read it in a sentence or a list: labels for options, names for counties, columns by their heading."""

from collections.abc import Mapping
from typing import Any

from programmes import form
from programmes.call import Call
from programmes.fields import Field, FieldType
from programmes.shapes import is_list, is_mapping
from web.saying import speech, t
from workflow.pages.desk import region
from workflow.pages.fields import Control

_ROWS_SAID = 50


def in_words(field: Field, answer: Any, call: Call) -> str:
    """The whole answer as text, "" where there is none; rows one below the other, the first of them where they are very many;
    exact in the field's unit."""
    if answer is None or answer == "":
        return ""
    if field.type is FieldType.TABLE and is_list(answer):
        lines = [f"{number}. {_row(field, row, call)}" for number, row in enumerate(answer[:_ROWS_SAID], 1)]
        return "\n".join([*lines, t("pages.long.rows", n=len(answer))] if len(answer) > _ROWS_SAID else lines)
    if field.type is FieldType.DIVISION:
        return str(region(str(answer))[speech()])
    if is_mapping(answer) and "chosen" not in answer:
        headings = {column.id: column.label for column in call.columns(field)}
        return "\n".join(
            f"{_said(headings.get(str(name), name))}：{_with_unit(field, one)}" for name, one in answer.items()
        )
    return _with_unit(field, answer)


def _row(field: Field, row: Any, call: Call) -> str:
    cells: Mapping[Any, Any] = row if is_mapping(row) else {}
    return "；".join(in_words(column, cells[column.id], call) for column in field.columns if column.id in cells)


def _with_unit(field: Field, answer: Any) -> str:
    text = form.present(field, answer, speech())
    unit = field.unit or ("%" if field.type is FieldType.PERCENT else "")
    return f"{text} {unit}" if unit and text else text


def _said(label: Any) -> str:
    return str(getattr(label, speech(), label))


def present_answer(control: Control) -> str:
    """An answer as it is read: labels for options, a county's name for its code, the unit behind a figure."""
    field = control.field
    if control.answer is None or control.answer == "":
        return ""
    if field.type is FieldType.DIVISION:
        return region(str(control.answer))[speech()]
    text = form.present(field, control.answer, speech())
    return f"{text} {control.unit}" if control.unit and text else text
