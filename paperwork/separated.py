"""A table of separated values somebody sent (CSV), read safely: as UTF-8 or GB18030, values as text, sizes bounded; and one that we
give away, whose cells are never formulas."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import IO

from paperwork.book import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, BookRefused
from paperwork.cells import may_be_formula

_ENCODINGS = ("utf-8-sig", "gb18030")
_SEPARATORS = ",\t;"
MOST_LETTERS = 2_000


def read_separated(stream: IO[bytes]) -> tuple[tuple[str | None, ...], ...]:
    """Every row, empty ones among them, blank cells as None; the separator is the one that the first filled row has most of.

    BookRefused: FILE_TOO_LARGE, FILE_MISMATCH (no text in either encoding), TOO_MANY_ROWS, TOO_MANY_COLUMNS.
    """
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BookRefused("FILE_TOO_LARGE", MOST_BYTES)
    text = _decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    rows: list[tuple[str | None, ...]] = []
    try:
        for cells in csv.reader(StringIO(text, newline=""), delimiter=max(_SEPARATORS, key=first.count)):
            if len(rows) > MOST_ROWS:
                raise BookRefused("TOO_MANY_ROWS", MOST_ROWS)
            if len(cells) > MOST_COLUMNS:
                raise BookRefused("TOO_MANY_COLUMNS", MOST_COLUMNS)
            rows.append(tuple(cell.strip()[:MOST_LETTERS] or None for cell in cells))
    except csv.Error:
        raise BookRefused("FILE_MISMATCH") from None
    return tuple(rows)


def _decoded(data: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BookRefused("FILE_MISMATCH")


def write_separated(rows: Iterable[Sequence[str]]) -> bytes:
    """As CSV with a byte order mark for Excel, CRLF, and an apostrophe before whatever could be read as a formula."""
    written = StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    for row in rows:
        lines.writerow([f"'{text}" if may_be_formula(text) else text for text in row])
    return b"\xef\xbb\xbf" + written.getvalue().encode()
