"""Papers as PDF: the same bytes for the same paper, every page with its code, and nothing typed is ever read as markup."""

import re
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256

import pytest

from paperwork.document import (
    Box,
    Boxes,
    Document,
    Enclosure,
    Enclosures,
    Figure,
    Line,
    Pairs,
    Part,
    Signatures,
    Table,
    Text,
)
from paperwork.pdf import Rendered, render
from tests.paperwork.reading import Read
from tests.paperwork.specimen import CODE, NUMBER, RARE, form, paper, png

DRAW = "from paperwork.pdf import render; from tests.paperwork.specimen import form; print(render(form()).sha256)"


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    return render(form())


@pytest.fixture(scope="module")
def read(rendered: Rendered) -> Read:
    return Read(rendered)


def test_the_same_paper_is_the_same_bytes_in_every_process(rendered: Rendered) -> None:
    drawn = [
        subprocess.run(
            [sys.executable, "-c", DRAW], check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert drawn == [rendered.sha256] * 2
    assert rendered.sha256 == sha256(rendered.data).hexdigest()


def test_a_paper_says_that_it_is_pdf_a_and_nothing_personal_about_itself(rendered: Rendered, read: Read) -> None:
    xmp = read.reader.xmp_metadata
    assert xmp is not None
    assert (xmp.pdfaid_part, xmp.pdfaid_conformance) == ("2", "A")
    assert dict(read.reader.metadata or {}).keys() == {"/Title", "/Creator", "/CreationDate", "/ModDate"}
    assert read.reader.metadata is not None
    assert read.reader.metadata.title == f"2025年湖南省人工智能大模型项目 申报书 {NUMBER}"
    assert str(read.reader.metadata["/CreationDate"]).startswith("D:20251122000000")
    assert b"/JavaScript" not in rendered.data
    assert b"/EmbeddedFile" not in rendered.data


def test_every_page_bears_code_number_version_and_its_place(rendered: Rendered, read: Read) -> None:
    assert len(read.pages) == rendered.pages
    for number, text in enumerate(read.packed, 1):
        assert f"校验码{CODE}" in text
        assert f"编号{NUMBER}版本3" in text
        assert f"第{number}页/共{rendered.pages}页" in text


def test_the_contents_tell_the_true_page_of_every_part(rendered: Rendered, read: Read) -> None:
    contents = dict(re.findall(r"^(.*?)[. ]{4,}(\d+)$", read.pages[1], re.MULTILINE))
    begins = dict(read.outline())
    headings = [part.heading for part in form().parts]
    assert list(begins) == headings
    assert {heading: int(contents[heading]) for heading in headings} == begins
    for heading, page in begins.items():
        assert heading in read.packed[page - 1]


def test_attachments_follow_the_forms_last_page(rendered: Rendered, read: Read) -> None:
    """Behind a file whose pages nobody can count no page is claimed; what is not enclosed takes none."""
    contents = dict(re.findall(r"^(\d)\. ?.*?[. ]{4,}(\d+|—)$", read.pages[1], re.MULTILINE))
    last = rendered.pages
    assert contents == {"1": str(last + 1), "2": str(last + 4), "3": "—", "4": str(last + 44), "5": "—"}


@pytest.mark.parametrize(
    "typed",
    [
        '#read("/etc/passwd")',
        "*bold* _thin_ `code` $x^2$",
        "= 标题 @someone <label> // 注 /* 注 */",
        "\\ ~ -- ... \"q\" 'q' #let x = 1",
        "{{ code }} ${x} <script>alert(1)</script> %n",
        '"; panic("x") //',
    ],
)
def test_what_was_typed_is_printed_as_it_was_typed(typed: str) -> None:
    block = Pairs(rows=((Line(label=typed, value=typed),),))
    document = Document(kind="x", title=(typed,), parts=(Part(heading=typed, blocks=(block, Text(text=typed))),))
    text = Read(render(document)).packed[0]
    assert text.count(re.sub(r"\s+", "", typed)) == 5


def test_rare_names_and_the_forms_own_box_have_glyphs() -> None:
    drawn = render(paper(Text(text=f"{RARE}□")))
    assert drawn.missing == ()
    assert f"{RARE}□" in Read(drawn).packed[0]


def test_a_character_no_font_has_is_drawn_as_a_box_and_named() -> None:
    """PDF/A refuses a missing glyph, so a paper that was drawn has none."""
    drawn = render(paper(Text(text="甲\ue000乙\U0001f600丙\ud800丁\x07戊")))
    assert drawn.missing == ("U+0007", "U+D800", "U+E000", "U+1F600")
    assert "甲乙丙丁戊" in Read(drawn).packed[0]
    said = [f"缺字 {point}".encode("utf-16-be").hex().upper() for point in drawn.missing]
    assert sorted(said) == sorted(re.findall(r"/Alt<FEFF([0-9A-F]+)>", _operators(drawn)))
    assert _operators(drawn).count("18.5 1.5 l 18.5 18.5 l") == 4


def test_invisible_characters_turn_nothing_round() -> None:
    drawn = render(paper(Text(text="甲\u202e12\u200b34\ufeff\U000e0101乙")))
    assert drawn.missing == ()
    assert "甲1234乙" in Read(drawn).packed[0]


def test_a_tick_is_drawn_and_never_a_glyph() -> None:
    drawn = render(form())
    text = "".join(Read(drawn).pages)
    assert not set("☑☐✓√") & set(text)
    assert "垂直领域大模型：工程机械" in text.replace(" ", "")
    assert drawn.missing == ()


def test_the_head_of_a_long_table_stands_on_every_page() -> None:
    rows = tuple((str(number), "长沙某某智能科技有限公司", "面向工程机械的研发") for number in range(1, 121))
    pages = Read(render(paper(Table(columns=("序号", "企业名称", "项目名称"), rows=rows, widths=(1, 4, 4))))).packed
    assert len(pages) > 2
    assert all("序号企业名称项目名称" in page for page in pages)


def test_a_short_row_stays_on_one_page() -> None:
    rows = tuple((str(number), "甲\n乙\n丙\n丁") for number in range(40))
    pages = Read(render(paper(Table(columns=("序号", "内容"), rows=rows)))).packed
    assert all(page.count("甲") == page.count("丁") for page in pages)


def test_long_addresses_break_without_a_character_more() -> None:
    address = "a.very.long.name.of.a.person@some-long-company-name.example.com.cn"
    account = "4300123456789012345678901234"
    table = Table(columns=("邮箱", "账号", "其他"), rows=((address, account, "x"),), widths=(1, 1, 4))
    text = Read(render(paper(table))).packed[0]
    assert address in text
    assert account in text


@pytest.mark.parametrize(
    "document",
    [
        Document(kind="x", title=(), parts=()),
        Document(kind="x", title=("",), parts=(Part(heading=""),), contents_heading="目录"),
        paper(Text(text="")),
        paper(Text(text="\n\n\n", heading="\n")),
        paper(Table(columns=("甲",), rows=())),
        paper(Table(columns=("甲", "乙"), rows=(), heading="丙", beside=True)),
        paper(Pairs(rows=())),
        paper(Pairs(rows=((Line(label="甲"), Line(label="乙"), Line(label="丙")),))),
        paper(Boxes(label="", options=())),
        paper(Signatures(lines=())),
        paper(Enclosures(enclosures=())),
        replace(paper(Text(text="True.")), language="en", landscape=True),
    ],
    ids=str,
)
def test_what_is_empty_or_odd_is_drawn_all_the_same(document: Document) -> None:
    assert render(document).pages >= 1


def _torn(picture: bytes) -> bytes:
    return picture[: len(picture) // 2]


_BROKEN = {
    "no picture": (b"\x89PNG\r\n\x1a\nno picture", "image/png"),
    "nothing": (b"", "image/jpeg"),
    "half of one": (_torn(png()), "image/png"),
    "too large": (png()[:16] + (60_000).to_bytes(4, "big") + (60_000).to_bytes(4, "big") + png()[24:], "image/png"),
}


@pytest.mark.parametrize("kind", _BROKEN)
def test_a_broken_picture_leaves_a_box_with_its_name_and_costs_nothing_else(kind: str) -> None:
    data, media_type = _BROKEN[kind]
    sound = Figure(data=png(), media_type="image/png", caption="图1 架构")
    broken = Figure(data=data, media_type=media_type, caption="图2 成效", name="成效对比.png")
    document = paper(Text(text="正文"), sound, broken, Text(text="下文"))
    drawn = render(document)
    text = "".join(Read(drawn).packed)
    assert "图片无法打印：成效对比.png" in text
    assert all(caption in text for caption in ("图1架构", "图2成效", "下文"))
    assert render(document).data == drawn.data, "the same bytes for the same paper"


def test_an_enclosure_of_unknown_length_does_not_hide_where_it_begins_itself() -> None:
    listed = Enclosures(
        enclosures=(Enclosure(label="甲", name="甲.docx"), Enclosure(label="乙", name="乙.pdf", pages=1))
    )
    lines = Read(render(paper(listed))).pages[0].splitlines()
    assert any(re.match(r"1 甲 甲\.docx — 2", line) for line in lines), lines
    assert any(re.match(r"2 乙 乙\.pdf 1 —", line) for line in lines), lines


def _operators(drawn: Rendered) -> str:
    """What is drawn on the first page."""
    contents = Read(drawn).reader.pages[0].get_contents()
    assert contents is not None
    return contents.get_data().decode("latin-1")


def test_a_table_of_very_many_columns_lies_across_a_page_of_its_own_with_its_heading() -> None:
    columns = tuple(f"第{place}列" for place in range(1, 14))
    rows = (tuple("1,234,567.89" for _ in columns),) * 3
    wide = Part(heading="六、投入费用", level=2, blocks=(Table(columns=columns, rows=rows),))
    before = Part(heading="五、基本信息", level=2, blocks=(Pairs(rows=((Line(label="甲", value="乙"),),)),))
    read = Read(render(Document(kind="x", title=("测试",), parts=(before, wide, replace(before, heading="七、其他")))))
    assert [page.mediabox.width > page.mediabox.height for page in read.reader.pages] == [False, True, False]
    assert read.outline() == [("五、基本信息", 1), ("六、投入费用", 2), ("七、其他", 3)]
    assert "六、投入费用第1列" in read.packed[1]
    assert read.packed[1].count("1,234,567.89") == 39


@pytest.mark.parametrize("length", [4, 19, 26, 60])
def test_a_title_of_any_length_is_all_there(length: int) -> None:
    title = "支持推动人工智能赋能新型工业化标杆项目" * 4
    document = replace(form(10), title=(title[:length], "申报书"))
    assert title[:length] in Read(render(document)).packed[0]


def test_sentences_to_be_confirmed_have_the_wide_column() -> None:
    said = ("近3年来无重大商业或法律纠纷", "在专项资金管理、专项审计、绩效评价、监督检查等方面未出现严重违法违规情况")
    boxes = tuple(Boxes(label=each, options=(Box(text="是", ticked=True), Box(text="否"))) for each in said)
    lines = [line.replace(" ", "") for line in Read(render(paper(*boxes))).pages[0].splitlines()]
    assert any(line.startswith(said[0]) for line in lines), lines
    assert any(line.startswith(said[1][:28]) for line in lines), lines
