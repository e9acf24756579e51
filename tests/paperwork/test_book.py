"""Workbooks of others are read without harm: what could run, lead outside or burst is refused, with little memory."""

import tracemalloc
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from paperwork.book import MOST_BYTES, BookRefused, Fault, marked_copy, open_book, read_rows
from programmes.workbook import Cell, Spot

DAY = datetime(2025, 1, 2)  # noqa: DTZ001 a cell has no zone
RELATIONS = "xl/worksheets/_rels/sheet1.xml.rels"
OUTWARD = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="https://x" TargetMode="External"/>'
    "</Relationships>"
)


def _book(fill: Callable[[Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book.active)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _rows(count: int, columns: int = 3) -> bytes:
    return _book(lambda page: [page.append([f"第{row}行"] * columns) for row in range(count)])  # type: ignore[func-returns-value]


def _with(data: bytes, **members: bytes) -> bytes:
    """*data* with members added or replaced; their names have `__` for a slash."""
    named = {name.replace("__", "/"): content for name, content in members.items()}
    written = BytesIO()
    with ZipFile(BytesIO(data)) as old, ZipFile(written, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in named:
                new.writestr(name, old.read(name))
        for name, content in named.items():
            new.writestr(name, content)
    return written.getvalue()


def _code(data: bytes) -> str:
    with pytest.raises(BookRefused) as refused:
        open_book(BytesIO(data))
    return refused.value.code


def _types(data: bytes, was: bytes, becomes: bytes) -> bytes:
    types = ZipFile(BytesIO(data)).read("[Content_Types].xml").replace(was, becomes)
    return _with(data, **{"[Content_Types].xml": types})


def test_values_come_as_their_cells_show_them() -> None:
    def fill(page: Any) -> None:
        page.append(["总资产（万元）", 12345.678901, 0.1 + 0.2, 7, 7.0, True, DAY, "  ", None, "=1+1"])
        page["A3"], page["B3"] = "比例", 0.5
        page["B3"].number_format = "0.00%"

    sheet = open_book(BytesIO(_book(fill))).sheets[0]
    assert [cell.value for cell in sheet.rows[0]] == [
        "总资产（万元）",
        Decimal("12345.678901"),
        Decimal("0.3"),
        7,
        7,
        True,
        DAY,
    ]
    assert sheet.rows[1] == ()
    assert sheet.rows[2] == (Cell("比例"), Cell(Decimal("0.5"), percent=True))


def test_read_rows_takes_the_first_sheet_with_anything_in_it() -> None:
    assert read_rows(BytesIO(_rows(2, 1))) == (("第0行",), ("第1行",))
    assert read_rows(BytesIO(_rows(0))) == ()


def test_five_thousand_rows_and_a_head_are_read_and_one_more_is_not() -> None:
    assert len(open_book(BytesIO(_rows(5_001, 1))).sheets[0].rows) == 5_001
    assert _code(_rows(5_002, 1)) == "TOO_MANY_ROWS"


def test_a_lone_cell_at_the_end_of_the_sheet_is_too_many_rows_and_not_much_memory() -> None:
    def fill(page: Any) -> None:
        page["A1"], page["A1048576"] = "甲", "乙"

    assert _refused_in_little(_book(fill)) == "TOO_MANY_ROWS"


def test_a_sheet_that_lies_about_its_size_is_not_padded() -> None:
    data = _rows(2, 1)
    page = ZipFile(BytesIO(data)).read("xl/worksheets/sheet1.xml")
    lying = page.replace(b'<dimension ref="A1:A2"', b'<dimension ref="A1:XFD1048576"')
    assert lying != page
    assert read_rows(BytesIO(_with(data, **{"xl__worksheets__sheet1.xml": lying}))) == (
        ("第0行",),
        ("第1行",),
    )


def test_a_large_file_is_not_even_opened() -> None:
    assert _code(b"PK\x03\x04" + b"\0" * MOST_BYTES) == "FILE_TOO_LARGE"


@pytest.mark.parametrize("name", ["xl__worksheets__sheet1.xml", "xl__sharedStrings.xml", "xl__media__a.bin", "x.xml"])
def test_a_bomb_is_refused_with_little_memory(name: str) -> None:
    bomb = _with(_rows(1), **{name: b"<si/>" * 12_000_000})
    assert len(bomb) < MOST_BYTES
    assert _refused_in_little(bomb) == "FILE_UNSAFE"


def test_entities_are_refused_in_any_encoding() -> None:
    declared = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><sst>&a;</sst>'
    for encoding in ("utf-8", "utf-16", "utf-16-be"):
        assert _code(_with(_rows(1), **{"xl__sharedStrings.xml": declared.encode(encoding)})) == "FILE_UNSAFE"


@pytest.mark.parametrize("name", ["xl__vbaProject.bin", "xl__macrosheets__sheet1.xml", "xl__activeX__a.bin"])
def test_a_workbook_with_macros_is_refused(name: str) -> None:
    assert _code(_with(_rows(1), **{name: b"x"})) == "FILE_MACRO"


def test_a_workbook_that_is_typed_for_macros_is_refused() -> None:
    typed = _types(
        _rows(1), b"openxmlformats-officedocument.spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"
    )
    assert _code(typed) == "FILE_MACRO"


@pytest.mark.parametrize(
    "name", ["xl__externalLinks__externalLink1.xml", "xl__connections.xml", "xl__queryTables__q.xml"]
)
def test_a_workbook_that_draws_on_others_is_refused(name: str) -> None:
    assert _code(_with(_rows(1), **{name: b"<x/>"})) == "FILE_LINKED"


def test_a_relation_leads_outside_only_as_a_hyperlink() -> None:
    """Excel makes a link of every address that is typed."""
    linked = {RELATIONS.replace("/", "__"): OUTWARD.format("hyperlink").encode()}
    assert read_rows(BytesIO(_with(_rows(1, 1), **linked))) == (("第0行",),)
    drawing = {RELATIONS.replace("/", "__"): OUTWARD.format("image").encode()}
    assert _code(_with(_rows(1), **drawing)) == "FILE_LINKED"


def test_a_locked_workbook_and_an_old_one_are_told_apart() -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
    assert _code(old) == "FILE_MISMATCH"
    assert _code(old + "EncryptedPackage".encode("utf-16-le")) == "FILE_ENCRYPTED"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        b"%PDF-1.7",
        _rows(1)[:-30],
        _rows(1)[:400],
        _types(_rows(1), b"spreadsheetml.sheet.main", b"wordprocessingml.document.main"),
        _with(_rows(1), **{"xl__workbook.xml": b"<not closed"}),
        _with(_rows(1), **{"xl__worksheets__sheet1.xml": b"<not closed"}),
        _with(_rows(1), **{"xl__styles.xml": b"\xff\xfe\x00"}),
    ],
    ids=("nothing", "a mark", "a PDF", "its end", "its middle", "a Word file", "its book", "its sheet", "its styles"),
)
def test_what_is_no_workbook_is_refused_as_such(data: bytes) -> None:
    assert _code(data) == "FILE_MISMATCH"


def test_any_byte_may_be_wrong_and_nothing_worse_than_a_refusal_happens() -> None:
    data = bytearray(_rows(3))
    for place in range(0, len(data), 97):
        spoiled = bytes(data[:place]) + bytes([data[place] ^ 0xFF]) + bytes(data[place + 1 :])
        try:
            open_book(BytesIO(spoiled))
        except BookRefused:
            continue


def test_a_marked_copy_says_behind_each_row_what_is_wrong_with_it() -> None:
    book = open_book(
        BytesIO(_book(lambda page: [page.append(row) for row in (["名称", "金额"], ["=1+1", 3.5], ["乙", "x"])]))
    )  # type: ignore[func-returns-value]
    data = marked_copy(
        book, [Fault(Spot(0, 2, 1), "不是数"), Fault(Spot(0, 2, 0), "名称太短"), Fault(Spot(0, 2, 1), "不是数")]
    )
    page = openpyxl.load_workbook(BytesIO(data)).worksheets[0]
    assert [cell.value for cell in page["C"]] == ["错误", None, "不是数\n名称太短"]
    assert page["B3"].fill.fgColor.rgb == "00FFC7CE"
    assert page["B3"].comment is not None
    assert page["B2"].fill.fgColor.rgb == "00000000"
    assert page["B2"].value == 3.5
    assert data == marked_copy(
        book, [Fault(Spot(0, 2, 1), "不是数"), Fault(Spot(0, 2, 0), "名称太短"), Fault(Spot(0, 2, 1), "不是数")]
    )


def _refused_in_little(data: bytes) -> str:
    tracemalloc.start()
    try:
        code = _code(data)
        assert tracemalloc.get_traced_memory()[1] < 12_000_000 + 2 * len(data)
    finally:
        tracemalloc.stop()
    return code
