"""A filtered view of the log to take away: CSV and JSON Lines row by row, xlsx whose cells are never formulas.

Nothing personal is in it: the columns are those of the list, and whose act an event was stands as an id.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO, StringIO
from typing import Any

from admin.search import Found
from admin.sentences import Said
from paperwork.cells import may_be_formula, put_text
from paperwork.components import require
from paperwork.sheet import XLSX
from web.format import beijing

COLUMNS = (
    ("position", "位置"), ("recorded_at", "时间（北京）"), ("type", "类型"), ("stream", "流"), ("version", "流内序号"),
    ("actor", "行为人"), ("number", "申报编号"), ("unit", "单位代码"), ("unit_name", "单位"), ("call", "征集"),
    ("region", "地区"), ("title", "事项"), ("sentence", "说明"), ("sentence_en", "in English"),
)  # fmt: skip
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "xlsx": XLSX,
}
MOST_ROWS = 100_000
"""Of a workbook; CSV and JSON Lines have no end."""
Row = tuple[Found, Said]


def as_row(found: Found, said: Said) -> dict[str, Any]:
    """One event as an export tells it, whatever the format."""
    title, text = said["title"], said["text"]
    return {
        "position": found.position,
        "recorded_at": beijing(found.at, "zh", "stamp"),
        "type": found.type,
        "stream": found.stream,
        "version": found.version,
        "actor": found.actor,
        "number": found.number,
        "unit": found.unit,
        "unit_name": found.unit_name,
        "call": found.call,
        "region": found.region,
        "title": title["zh"] if isinstance(title, dict) else title,
        "sentence": text["zh"] if text else "",
        "sentence_en": text["en"] if text else "",
    }


def csv_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """With a byte order mark for Excel, CRLF, and an apostrophe before whatever could be read as a formula."""
    yield b"\xef\xbb\xbf" + _line([zh for _, zh in COLUMNS])
    for found, said in rows:
        yield _line([_harmless(str(value)) for value in as_row(found, said).values()])


def json_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    for found, said in rows:
        yield json.dumps(as_row(found, said), ensure_ascii=False).encode() + b"\n"


def workbook(rows: Iterable[Row]) -> bytes:
    """One sheet; every cell is text. Raises NotInstalled without openpyxl."""
    require("Excel", "openpyxl")
    from openpyxl import Workbook

    book = Workbook()
    sheet: Any = book.active
    sheet.title = "事件历史"
    _put(sheet, 1, [zh for _, zh in COLUMNS])
    for number, (found, said) in enumerate(rows, 2):
        _put(sheet, number, [str(value) for value in as_row(found, said).values()])
        if number > MOST_ROWS:
            break
    sheet.freeze_panes = "A2"
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _put(sheet: Any, number: int, values: Sequence[str]) -> None:
    for column, value in enumerate(values, 1):
        put_text(sheet.cell(row=number, column=column), value)


def _harmless(text: str) -> str:
    return f"'{text}" if may_be_formula(text) else text


def _line(values: Sequence[str]) -> bytes:
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(values)
    return written.getvalue().encode()
