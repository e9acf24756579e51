"""Cells of text: whatever was typed stays text, in Excel and in a table exported from it."""

from collections.abc import Sequence
from typing import Any

from paperwork.packing import writable

_STARTS_FORMULA = tuple("=+-@\t\r\n＝＋－＠﹢﹣﹦﹫")
"""A first character that makes a formula of a cell, now or when the sheet is saved as CSV and opened again (OWASP)."""
MOST = 32_767  # characters a cell may hold
_SHOWN = 255  # longer texts of the format "text" are shown as ##### by older Excel


def put_text(cell: Any, text: str) -> Any:
    """*text* into *cell* as text (`t="s"`), quoted as Excel does with an apostrophe where it could be read as a formula."""
    value = writable(text)[:MOST]
    cell.value = value or None
    if value:
        cell.data_type = "s"
        if len(value) <= _SHOWN:
            cell.number_format = "@"
        if may_be_formula(text):
            cell.quotePrefix = True
    return cell


def may_be_formula(text: str) -> bool:
    """Whether some spreadsheet takes *text* for a formula, blanks before it or not."""
    return text.startswith(_STARTS_FORMULA) or text.lstrip(" \u3000").startswith(_STARTS_FORMULA)


def fit_columns(page: Any, rows: Sequence[Sequence[str]]) -> None:
    """Wide enough for the longest line of each column, up to 48."""
    from openpyxl.utils import get_column_letter

    for column in range(max((len(row) for row in rows), default=0)):
        longest = max(width_of(row[column]) for row in rows if column < len(row))
        page.column_dimensions[get_column_letter(column + 1)].width = min(max(longest + 2, 8), 48)


def width_of(text: str) -> int:
    """Of its longest line, in Latin letters; a Chinese one is two."""
    return max((sum(2 if ord(letter) > 0x2E7F else 1 for letter in line) for line in text.split("\n")), default=0)
