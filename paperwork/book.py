"""A workbook somebody sent, read safely: nothing is computed, nothing is fetched, and what could do harm is refused.

Rows come as values only. Weighed first by the directory of its container, so that a small file cannot become a large one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import IO, Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from paperwork.cells import fit_columns, put_text
from paperwork.components import require
from paperwork.packing import repacked
from programmes.workbook import Cell, Sheet, Spot, Value

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 5_000  # and a head
MOST_EMPTY = 20_000  # in a row: a cell in the last of a million costs as much to reach as if all were filled
MOST_COLUMNS = 256
MOST_SHEETS = 30
RATIO = 100
UNPACKED = 64 * 1024 * 1024
SHARED = 24 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_MACROS = re.compile(r"vbaproject|macrosheets|dialogsheets|activex|/ctrlprops/|customui|embeddings", re.IGNORECASE)
_LINKED = re.compile(r"externallinks|/connections\.xml|querytables|/webextensions|/model/", re.IGNORECASE)
_OUTWARD = re.compile(rb"<[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>", re.IGNORECASE)
_HYPERLINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']", re.IGNORECASE)
_RELATIONS = 1024 * 1024
_PIECE = 64 * 1024
_DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)|<\0!\0(?:D\0O\0C\0T|E\0N\0T)|\0<\0!\0(?:D\0O\0C|E\0N\0T)", re.IGNORECASE)
_WORKBOOK = b"spreadsheetml.sheet.main+xml"
_ERROR = "错误"


class BookRefused(Exception):
    """The file is not read. *code* is the refusal's, *most* the limit it is above, where it is one."""

    def __init__(self, code: str, most: int = 0) -> None:
        super().__init__(f"{code} {most}" if most else code)
        self.code = code
        self.most = most


@dataclass(frozen=True, slots=True)
class Book:
    """*sheets*: those with cells, in order; rows end at their last filled one."""

    sheets: tuple[Sheet, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell, in words for its author."""

    spot: Spot
    said: str


def open_book(stream: IO[bytes]) -> Book:
    """Reads *stream*. Raises BookRefused, and NotInstalled without openpyxl.

    FILE_TOO_LARGE, FILE_ENCRYPTED, FILE_MISMATCH (no .xlsx), FILE_UNSAFE (unpacks to too much, or declares entities),
    FILE_MACRO, FILE_LINKED, TOO_MANY_ROWS (5,000 and a head over all sheets), TOO_MANY_COLUMNS (256).
    """
    require("Excel", "openpyxl")
    from openpyxl import load_workbook

    data = _weighed(stream)
    try:
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
    except Exception:  # whatever openpyxl stumbles over is a file it cannot read
        raise BookRefused("FILE_MISMATCH") from None
    try:
        return Book(tuple(_sheets(book)))
    except BookRefused:
        raise
    except Exception:
        raise BookRefused("FILE_MISMATCH") from None
    finally:
        book.close()


def read_rows(stream: IO[bytes]) -> tuple[tuple[Value, ...], ...]:
    """The values of the first sheet that holds any."""
    sheets = open_book(stream).sheets
    return tuple(tuple(cell.value for cell in row) for row in sheets[0].rows) if sheets else ()


def marked_copy(book: Book, faults: Sequence[Fault], dated: str = "") -> bytes:
    """The same sheets with faulty cells coloured, and what is wrong with a row said behind it in a column of its own."""
    require("Excel", "openpyxl")
    from openpyxl import Workbook

    copy = Workbook()
    copy.remove(copy.worksheets[0])
    for number, sheet in enumerate(book.sheets):
        page = copy.create_sheet(sheet.name)
        _copy_rows(page, sheet)
        _mark(page, sheet, [fault for fault in faults if fault.spot.sheet == number])
    if not book.sheets:
        copy.create_sheet()
    copy.properties.creator = "Vermilion"
    written = BytesIO()
    copy.save(written)
    return repacked(written.getvalue(), dated)


def _weighed(stream: IO[bytes]) -> bytes:
    """The bytes, once everything that can be known without unpacking at large is known to be harmless."""
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BookRefused("FILE_TOO_LARGE", MOST_BYTES)
    if data.startswith(_OLE):
        raise BookRefused("FILE_ENCRYPTED" if _LOCKED in data else "FILE_MISMATCH")
    try:
        with ZipFile(BytesIO(data)) as container:
            _weigh(container.infolist(), len(data))
            _look_into(container)
    except (BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise BookRefused("FILE_MISMATCH") from None
    except Exception as broken:  # zlib.error and its like are not exported by zipfile
        if isinstance(broken, BookRefused):
            raise
        raise BookRefused("FILE_MISMATCH") from None
    return data


def _weigh(members: Sequence[ZipInfo], size: int) -> None:
    """By the directory alone. zipfile never reads more of a member than it declares there."""
    if any(member.flag_bits & 0x1 for member in members):
        raise BookRefused("FILE_ENCRYPTED")
    unpacked = sum(member.file_size for member in members)
    heavy = any(member.file_size > SHARED for member in members if "sharedstrings" in member.filename.lower())
    if unpacked > min(UNPACKED, RATIO * size) or heavy or len(members) > 2_000:
        raise BookRefused("FILE_UNSAFE")


def _look_into(container: ZipFile) -> None:
    names = container.namelist()
    if "[Content_Types].xml" not in names:
        raise BookRefused("FILE_MISMATCH")
    types = container.read("[Content_Types].xml")
    if any(_MACROS.search(name) for name in names) or b"macroenabled" in types.lower():
        raise BookRefused("FILE_MACRO")
    if _WORKBOOK not in types:
        raise BookRefused("FILE_MISMATCH")
    if any(_LINKED.search(name) for name in names):
        raise BookRefused("FILE_LINKED")
    for member in container.infolist():
        _look_at(container, member)


def _look_at(container: ZipFile, member: ZipInfo) -> None:
    """No part declares entities, and no relation but a hyperlink leads out of the file."""
    name = member.filename.lower()
    if not name.endswith((".xml", ".rels", ".vml")):
        return
    before = b""
    with container.open(member) as part:
        while piece := part.read(_PIECE):
            if _DTD.search(before + piece):
                raise BookRefused("FILE_UNSAFE")
            before = piece[-32:]
    if name.endswith(".rels"):
        if member.file_size > _RELATIONS:
            raise BookRefused("FILE_UNSAFE")
        if any(not _HYPERLINK.search(relation) for relation in _OUTWARD.findall(container.read(member))):
            raise BookRefused("FILE_LINKED")


def _sheets(book: Any) -> Iterator[Sheet]:
    if len(book.worksheets) > MOST_SHEETS:
        raise BookRefused("TOO_MANY_ROWS", MOST_ROWS)
    room = MOST_ROWS + 1
    for page in book.worksheets:
        page.reset_dimensions()  # what a sheet says of its own size may be a lie, and would be padded to
        rows = _rows(page, room)
        room -= len(rows)
        if rows:
            yield Sheet(str(page.title), rows)


def _rows(page: Any, room: int) -> tuple[tuple[Cell, ...], ...]:
    """Empty rows between others count, as they have to be kept; those behind the last do not."""
    rows: list[tuple[Cell, ...]] = []
    waiting = 0
    for row in page.iter_rows():
        cells = _cells(row)
        if len(cells) > MOST_COLUMNS:
            raise BookRefused("TOO_MANY_COLUMNS", MOST_COLUMNS)
        if not cells:
            waiting += 1
            if waiting > MOST_EMPTY:
                raise BookRefused("TOO_MANY_ROWS", MOST_ROWS)
            continue
        if len(rows) + waiting + 1 > room:
            raise BookRefused("TOO_MANY_ROWS", MOST_ROWS)
        rows += [()] * waiting
        rows.append(cells)
        waiting = 0
    return tuple(rows)


def _cells(row: Sequence[Any]) -> tuple[Cell, ...]:
    values = [_value(cell.value) for cell in row]
    while values and values[-1] is None:
        values.pop()
    return tuple(Cell(value, _is_percent(cell)) for value, cell in zip(values, row, strict=False))


def _is_percent(cell: Any) -> bool:
    return "%" in str(getattr(cell, "number_format", "") or "")


def _value(value: object) -> Value:
    """As the cell shows it: fifteen digits at most, which is what a spreadsheet keeps; blank text is nothing."""
    if value is None or isinstance(value, bool | int | datetime | date):
        return value
    if isinstance(value, float):
        shown = Decimal(format(value, ".15g"))
        return int(shown) if shown == shown.to_integral_value() else shown
    if isinstance(value, time):
        return value.isoformat()
    return str(value) if str(value).strip() else None


def _copy_rows(page: Any, sheet: Sheet) -> None:
    for row, cells in enumerate(sheet.rows, 1):
        for column, cell in enumerate(cells, 1):
            if isinstance(cell.value, str):
                put_text(page.cell(row, column), cell.value)
            elif cell.value is not None:
                copied = page.cell(row, column, cell.value)
                if cell.percent:
                    copied.number_format = "0.00%"
    fit_columns(page, [[str(cell.value or "") for cell in cells] for cells in sheet.rows])


def _mark(page: Any, sheet: Sheet, faults: Sequence[Fault]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    if not faults:
        return
    behind = max(len(row) for row in sheet.rows) + 1
    faulty, red = PatternFill("solid", fgColor="FFC7CE"), Font(color="9C0006", bold=True)
    by_row: dict[int, list[str]] = {}
    for fault in faults:
        cell = page.cell(fault.spot.row + 1, fault.spot.column + 1)
        cell.fill = faulty
        cell.comment = Comment(fault.said[:2000], "Vermilion")
        by_row.setdefault(fault.spot.row, []).append(fault.said)
    for row, said in by_row.items():
        put_text(page.cell(row + 1, behind), "\n".join(dict.fromkeys(said))).font = red
    if 0 not in by_row:
        put_text(page.cell(1, behind), _ERROR).font = red
    page.column_dimensions[get_column_letter(behind)].width = 48
