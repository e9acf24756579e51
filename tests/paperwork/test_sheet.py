"""附件5 项目推荐汇总表 in its official layout, and cells that can never become formulas."""

from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paperwork.packing import writable
from paperwork.pdf import render
from paperwork.sheet import OFFICIAL_COLUMNS, SummarySheet, open_book, summary_document, write_sheets, write_summary
from programmes.workbook import Laid
from tests.paperwork.reading import Read

EVIL = (
    '=HYPERLINK("http://evil","x")',
    "+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1",
    "\n=1",
    " =1",
    "＝１",
    "＋1",
    "－1",
    "＠x",
    "=cmd|'/c calc'!A1",
    "43001234567890123456",
    "0012",
    "1E5",
    "2025-01-01",
    "TRUE",
    "#REF!",
    "'x",
)
ROW = (
    "1",
    "长沙禤氏科技有限公司",
    "大模型",
    "软件业",
    "长沙市",
    "岳麓区",
    "龑 13800138000",
    "人工智能大模型",
    "垂直领域",
)


def _summary(*rows: tuple[str, ...]) -> SummarySheet:
    return SummarySheet(
        heading="项目推荐汇总表", bureau="岳麓区工信局", contact="李某 0731-8", rows=rows, dated="2025-11-22"
    )


@pytest.mark.parametrize("typed", EVIL)
def test_a_cell_that_looks_like_a_formula_is_text_when_it_is_read_again(typed: str) -> None:
    data = write_summary(_summary(("1", typed)))
    cell = openpyxl.load_workbook(BytesIO(data)).active["B5"]  # type: ignore[index, union-attr]
    assert cell.data_type == "s"
    assert cell.value == typed.replace("\r", "\n")
    assert b"<f>" not in ZipFile(BytesIO(data)).read("xl/worksheets/sheet1.xml")
    assert bool(cell.quotePrefix) == (typed.lstrip(" \t\r\n")[0] in "=+-@＝＋－＠" or typed[0] in "\t\r\n")


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=20))
def test_no_text_at_all_becomes_anything_but_text(typed: str) -> None:
    cell = openpyxl.load_workbook(BytesIO(write_sheets((Laid("甲", ((typed,),), frozenset()),)))).worksheets[0]["A1"]
    assert (cell.value or "") == writable(typed)
    assert cell.value is None or cell.data_type == "s"


def test_the_nine_columns_stand_in_their_official_order_and_are_printed_as_asked() -> None:
    """附件5: 序号 企业名称 项目名称 所属行业 所在市州 所在县市区 联系人及电话 申报方向 子方向."""
    page = openpyxl.load_workbook(BytesIO(write_summary(_summary(ROW)))).worksheets[0]
    assert (
        " ".join(OFFICIAL_COLUMNS) == "序号 企业名称 项目名称 所属行业 所在市州 所在县市区 联系人及电话 申报方向 子方向"
    )
    assert [cell.value for cell in page[4]] == list(OFFICIAL_COLUMNS)
    assert [cell.value for cell in page[5]] == list(ROW)
    assert page["A1"].value == "附件5"
    assert page["A2"].value == "项目推荐汇总表"
    assert (page["A2"].font.name, page["A2"].font.size) == ("方正小标宋简体", 22)
    assert page["A3"].value == "推荐单位（盖章）：岳麓区工信局"
    assert page["F3"].value == "联系人及电话：李某 0731-8"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) == (1, 0)
    assert page.sheet_properties.pageSetUpPr is not None
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.print_title_rows == "$4:$4"
    assert page["A5"].border.left.style == "thin"
    assert page["C5"].alignment.wrap_text


def test_the_same_list_is_the_same_bytes() -> None:
    assert write_summary(_summary(ROW)) == write_summary(_summary(ROW))
    assert b"2025-11-22T00:00:00Z" in ZipFile(BytesIO(write_summary(_summary(ROW)))).read("docProps/core.xml")


def test_the_list_is_a_pdf_across_too() -> None:
    drawn = render(
        summary_document(_summary(*(ROW,) * 30), version=2, code="K7QX-2M4D-9STB-0F3A", link="https://x/v/K")
    )
    read = Read(drawn)
    assert drawn.pages > 1
    assert all("序号企业名称项目名称所属行业所在市州" in page for page in read.packed)
    assert "推荐单位（盖章）：岳麓区工信局联系人及电话：李某" in read.packed[0]
    box = read.reader.pages[0].mediabox
    assert box.width > box.height


def test_a_form_to_be_filled_in_is_read_again() -> None:
    rows = (("（一）单位基本信息",), ("单位名称", "=1"), ("账号", "0012345678901234567890"))
    book = open_book(
        BytesIO(write_sheets((Laid("申报数据", rows, frozenset({0})), Laid("a/b[c]" * 9, (), frozenset()))))
    )
    assert [tuple(cell.value for cell in row) for row in book.sheets[0].rows] == list(rows)
    assert book.sheets[0].name == "申报数据"
