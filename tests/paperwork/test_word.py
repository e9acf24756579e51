"""The same paper as .docx: east-Asian fonts by name, an outline, no macros, and the same bytes each time."""

import re
from io import BytesIO
from zipfile import ZipFile

import docx

from paperwork.document import Document, Line, Pairs, Part, Text
from paperwork.word import render
from tests.paperwork.specimen import NUMBER, RARE, form, paper


def _xml(data: bytes, part: str = "word/document.xml") -> str:
    return ZipFile(BytesIO(data)).read(part).decode()


def test_the_same_paper_is_the_same_bytes() -> None:
    assert render(form()) == render(form())


def test_headings_are_styles_so_that_the_reader_shows_an_outline() -> None:
    word = docx.Document(BytesIO(render(form())))
    shown = [
        (paragraph.style.name, paragraph.text)
        for paragraph in word.paragraphs
        if paragraph.style is not None and str(paragraph.style.name).startswith("Heading")
    ]
    assert shown == [(f"Heading {part.level}", part.heading) for part in form().parts]


def test_every_font_is_named_for_chinese_and_none_comes_from_a_theme() -> None:
    data = render(form())
    styles = _xml(data, "word/styles.xml")
    for style, font in (("Normal", "仿宋_GB2312"), ("Heading1", "黑体"), ("Heading2", "黑体")):
        found = re.search(rf'<w:style [^>]*w:styleId="{style}".*?<w:rFonts ([^>]*)/>', styles, re.DOTALL)
        assert found is not None
        assert f'w:eastAsia="{font}"' in found[1]
        assert "Theme" not in found[1]


def test_rows_have_a_height_and_long_tables_repeat_their_head() -> None:
    document = _xml(render(form()))
    assert document.count("<w:tr>") == document.count('w:hRule="atLeast"')
    assert "<w:tblHeader/>" in document
    assert '<w:vMerge w:val="restart"/>' in document


def test_everything_of_the_paper_is_in_the_file() -> None:
    document = _xml(render(form()))
    for said in (
        RARE,
        "43001234567890123456789",
        "垂直领域大模型：工程机械",
        "图1 总体架构",
        "近两年财务审计报告",
        "☑",
        "☐",
    ):
        assert said in document
    footer = _xml(render(form()), "word/footer1.xml")
    assert NUMBER in footer
    assert "NUMPAGES" in footer


def test_nothing_in_it_runs_or_leads_outside() -> None:
    container = ZipFile(BytesIO(render(form())))
    assert [name for name in container.namelist() if "vba" in name.lower() or "embeddings" in name] == []
    assert all(b'TargetMode="External"' not in container.read(name) for name in container.namelist())


def test_the_file_says_no_name_and_no_hour() -> None:
    core = _xml(render(form()), "docProps/core.xml")
    assert "<dc:creator>Vermilion</dc:creator>" in core
    assert core.count("2025-11-22T00:00:00Z") == 2
    assert RARE not in core


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    data = render(paper(Text(text="甲\x00\x0b\x1f\ud800\uffff乙<w:p/>&amp;\r\n丙")))
    text = "\n".join(paragraph.text for paragraph in docx.Document(BytesIO(data)).paragraphs)
    assert "甲乙<w:p/>&amp;" in text


def test_an_empty_paper_is_written_all_the_same() -> None:
    assert render(Document(kind="x", title=(), parts=()))
    blank = Pairs(rows=((Line(label="甲"), Line(label="乙"), Line(label="丙")),))
    assert render(Document(kind="x", title=("",), parts=(Part(heading="", blocks=(blank,)),), contents_heading="目录"))
