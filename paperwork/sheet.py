"""Excel sheets whose cells can never become formulas, and 附件5 项目推荐汇总表 in its official layout.

Reading is in `book`; its names stand here too.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Protocol

from paperwork.book import Book, BookRefused, Fault, marked_copy, open_book, read_rows
from paperwork.cells import fit_columns, put_text, width_of
from paperwork.components import require
from paperwork.document import Document, Line, Lines, Part, Table
from paperwork.packing import repacked

__all__ = [
    "OFFICIAL_COLUMNS",
    "XLSX",
    "Book",
    "BookRefused",
    "Fault",
    "LaidSheet",
    "ListSheet",
    "SummarySheet",
    "marked_copy",
    "open_book",
    "read_rows",
    "summary_document",
    "write_sheets",
    "write_summary",
]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFFICIAL_COLUMNS = (
    "序号",
    "企业名称",
    "项目名称",
    "所属行业",
    "所在市州",
    "所在县市区",
    "联系人及电话",
    "申报方向",
    "子方向",
)
_WIDTHS = (6, 28, 32, 14, 13, 14, 20, 16, 16)
_SEAL, _CONTACT = "推荐单位（盖章）：", "联系人及电话："
_HEAD_ROW = 4
_LINE = 15  # points
_CM = 1 / 2.54


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarySheet:
    """What a bureau recommends. *annex* stands above the heading; *dated* (YYYY-MM-DD) is the only time in the bytes."""

    heading: str
    bureau: str
    contact: str
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...] = OFFICIAL_COLUMNS
    annex: str = "附件5"
    number: str = ""
    dated: str = ""


class LaidSheet(Protocol):
    """A sheet to be filled in: its rows, and which of them (from 0) are heads."""

    @property
    def name(self) -> str: ...
    @property
    def rows(self) -> Sequence[Sequence[str]]: ...
    @property
    def heads(self) -> Collection[int]: ...


@dataclass(frozen=True, slots=True)
class ListSheet:
    """A list under one head."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    heads: frozenset[int] = frozenset({0})


def write_summary(sheet: SummarySheet) -> bytes:
    """A4 across, fitted to the width, head repeated on every page. Raises NotInstalled without openpyxl."""
    require("Excel", "openpyxl")
    from openpyxl import Workbook

    book = Workbook()
    page: Any = book.active
    page.title = "项目推荐汇总表"
    _top(page, sheet)
    _table(page, sheet)
    _print_setup(page)
    book.properties.creator = "Vermilion"
    book.properties.title = sheet.heading
    return _saved(book, sheet.dated)


def write_sheets(sheets: Sequence[LaidSheet], dated: str = "") -> bytes:
    """Plain sheets of text: heads in 黑体, everything else as it is."""
    require("Excel", "openpyxl")
    from openpyxl import Workbook
    from openpyxl.styles import PatternFill

    book = Workbook()
    book.remove(book.worksheets[0])
    tinted = PatternFill("solid", fgColor="F2F2F2")
    for laid in sheets:
        page: Any = book.create_sheet(_sheet_name(laid.name, len(book.worksheets)))
        for place, row in enumerate(laid.rows):
            for column, value in enumerate(row, 1):
                cell = put_text(page.cell(place + 1, column), value)
                cell.font = _font("黑体" if place in laid.heads else "宋体", 11)
                if place in laid.heads:
                    cell.fill = tinted
        fit_columns(page, laid.rows)
    book.properties.creator = "Vermilion"
    return _saved(book, dated)


def summary_document(sheet: SummarySheet, *, version: int = 0, code: str = "", link: str = "") -> Document:
    """The same list as a paper to be drawn as PDF."""
    above = Lines(lines=(Line(label=_SEAL[:-1], value=sheet.bureau), Line(label=_CONTACT[:-1], value=sheet.contact)))
    widths = _WIDTHS if len(sheet.columns) == len(_WIDTHS) else ()
    table = Table(columns=sheet.columns, rows=sheet.rows, widths=widths)
    return Document(
        kind="recommendation_list",
        title=(sheet.heading,),
        parts=(Part(heading="", blocks=(above, table)),),
        number=sheet.number,
        version=version,
        code=code,
        link=link,
        dated=sheet.dated,
        landscape=True,
    )


def _top(page: Any, sheet: SummarySheet) -> None:
    """Rows 1 to 3 have heights of their own: otherwise the heading runs into the line below."""
    from openpyxl.styles import Alignment

    last = len(sheet.columns)
    middle = (last + 1) // 2
    for row, first, end, text, font, across in (
        (1, 1, last, sheet.annex, _font("黑体", 16), "left"),
        (2, 1, last, sheet.heading, _font("方正小标宋简体", 22), "center"),
        (3, 1, middle, _SEAL + sheet.bureau, _font("仿宋_GB2312", 12), "left"),
        (3, middle + 1, last, _CONTACT + sheet.contact, _font("仿宋_GB2312", 12), "left"),
    ):
        cell = put_text(page.cell(row, first), text)
        cell.font = font
        cell.alignment = Alignment(horizontal=across, vertical="center", wrap_text=True)
        if end > first:
            page.merge_cells(start_row=row, start_column=first, end_row=row, end_column=end)
    for row, height in ((1, 24), (2, 40), (3, 28), (_HEAD_ROW, 30)):
        page.row_dimensions[row].height = height


def _table(page: Any, sheet: SummarySheet) -> None:
    from openpyxl.styles import Alignment, Border, Side

    side = Side(style="thin")
    border = Border(left=side, right=side, top=side, bottom=side)
    middle = Alignment(horizontal="center", vertical="center", wrap_text=True)
    left = Alignment(horizontal="left", vertical="center", wrap_text=True)
    for place, row in enumerate((sheet.columns, *sheet.rows)):
        font = _font("仿宋_GB2312", 11) if place else _font("黑体", 11)
        for column, value in enumerate(row, 1):
            cell = put_text(page.cell(_HEAD_ROW + place, column), value)
            cell.font, cell.border = font, border
            cell.alignment = left if place and column in (2, 3) else middle
        if place:
            page.row_dimensions[_HEAD_ROW + place].height = _LINE * _lines(row) + 8
    for place, width in enumerate(_WIDTHS[: len(sheet.columns)]):
        page.column_dimensions["ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place]].width = width


def _print_setup(page: Any) -> None:
    page.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"
    page.freeze_panes = f"A{_HEAD_ROW + 1}"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = page.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_options.horizontalCentered = True
    page.oddFooter.center.text = "第 &P 页，共 &N 页"
    for edge, centimetres in (("left", 1.5), ("right", 1.5), ("top", 2.0), ("bottom", 1.8)):
        setattr(page.page_margins, edge, centimetres * _CM)


def _lines(row: Sequence[str]) -> int:
    """How many lines the fullest cell takes: no program fits a row's height to a text before it is opened."""
    return max(-(-width_of(text) // (width - 1)) for text, width in zip(row, _WIDTHS, strict=False)) or 1


def _font(name: str, size: int) -> Any:
    from openpyxl.styles import Font

    return Font(name=name, size=size)


def _sheet_name(name: str, number: int) -> str:
    """Excel takes 31 characters and none of these marks."""
    return re.sub(r"[\[\]:*?/\\'\x00-\x1f]", "", name)[:31] or f"Sheet{number + 1}"


def _saved(book: Any, dated: str) -> bytes:
    written = BytesIO()
    book.save(written)
    return repacked(written.getvalue(), dated)
