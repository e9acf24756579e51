"""The same paper as .docx, to be edited: official east-Asian fonts by name, headings as styles, no macros, no check code.

Only the PDF is sealed, so only the PDF bears the code. The same paper makes the same bytes.
"""

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import Any, NamedTuple, assert_never

from paperwork.components import require
from paperwork.document import (
    Block,
    Boxes,
    Document,
    Enclosures,
    Figure,
    Heading,
    Line,
    Lines,
    Pairs,
    Part,
    Parties,
    Party,
    Signatures,
    Table,
    Text,
)
from paperwork.laying import SHORT, framed_parts, lines_of, statements_of
from paperwork.packing import repacked, writable
from paperwork.pictures import drawable

FANGSONG, HEITI, TITLE, LATIN = "仿宋_GB2312", "黑体", "方正小标宋简体", "Times New Roman"
_SYMBOLS = "Segoe UI Symbol"
_GRID = 24
_SPANS = ((5, 19), (5, 6, 6, 7), (5, 4, 3, 4, 3, 5))
_ROW_CM = 0.8
_PORTRAIT, _LANDSCAPE = (21.0, 29.7), (29.7, 21.0)
_HIGHEST = 11
_MARGINS = {"left_margin": 2.6, "right_margin": 2.4, "top_margin": 2.4, "bottom_margin": 2.4}


class _Cell(NamedTuple):
    """A cell over *span* of the row's columns. *merge*: "restart" begins a tall cell, "continue" goes on in it."""

    lines: Sequence[str]
    span: int = 1
    label: bool = False
    align: str = "left"
    indent: bool = False
    merge: str = ""
    boxes: tuple[tuple[bool, str], ...] = ()


def render(document: Document) -> bytes:
    """Draws *document*. Raises NotInstalled without python-docx."""
    require("Word", "docx")
    return repacked(_Writing(document).written(), document.dated)


class _Writing:
    """One paper on its way to Word. Everything of the library is imported here."""

    def __init__(self, document: Document) -> None:
        import docx
        from docx.oxml import OxmlElement  # pyright: ignore[reportUnknownVariableType]
        from docx.oxml.ns import qn

        self._document = document
        self._word: Any = docx.Document()
        self._element: Callable[[str], Any] = OxmlElement
        self._qn = qn
        width, _ = _LANDSCAPE if document.landscape else _PORTRAIT
        self._width = width - _MARGINS["left_margin"] - _MARGINS["right_margin"]

    def written(self) -> bytes:
        self._set_up()
        self._title()
        if self._document.contents_heading:
            self._contents()
        framed = framed_parts(self._document)
        for number, part in enumerate(self._document.parts):
            self._part(part, number, framed=framed[number])
        self._foot()
        out = BytesIO()
        self._word.save(out)
        return out.getvalue()

    # The page, the styles and the properties

    def _set_up(self) -> None:
        from docx.enum.section import WD_ORIENT
        from docx.shared import Cm, Pt

        section = self._word.sections[0]
        if self._document.landscape:
            section.orientation = WD_ORIENT.LANDSCAPE
        width, height = _LANDSCAPE if self._document.landscape else _PORTRAIT
        section.page_width, section.page_height = Cm(width), Cm(height)
        for edge, centimetres in _MARGINS.items():
            setattr(section, edge, Cm(centimetres))
        for name, font, size in (("Normal", FANGSONG, 12), ("Heading 1", HEITI, 16), ("Heading 2", HEITI, 14)):
            self._style(name, font, size)
        for name, before, after in (("Normal", 0, 0), ("Heading 1", 12, 12), ("Heading 2", 10, 6)):
            shape = self._word.styles[name].paragraph_format
            shape.line_spacing = 1.25
            shape.space_before, shape.space_after = Pt(before), Pt(after)
        properties = self._word.core_properties
        properties.author, properties.last_modified_by, properties.comments = "Vermilion", "", ""
        properties.title = writable(" ".join((*self._document.title, self._document.number))).strip()[:255]
        properties.subject = writable(self._document.subject)[:255]
        properties.language = "zh-CN" if self._document.language == "zh" else "en"

    def _style(self, name: str, font: str, size: int) -> None:
        from docx.shared import Pt, RGBColor

        style = self._word.styles[name]
        style.font.size, style.font.bold, style.font.italic = Pt(size), False, False
        style.font.color.rgb = RGBColor(0, 0, 0)
        self._set_font(style.element.get_or_add_rPr(), font)

    def _set_font(self, properties: Any, font: str, latin: str = LATIN) -> None:
        """All four, without a theme: Word takes Chinese from `eastAsia` and nothing else."""
        fonts = properties.get_or_add_rFonts()
        for name in list(fonts.attrib):
            if name.endswith("Theme"):
                del fonts.attrib[name]
        for kind, value in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", font)):
            fonts.set(self._qn(f"w:{kind}"), value)

    # Texts

    def _paragraph(self, text: str, *, style: str = "Normal", align: str = "left", indent: bool = False) -> Any:
        return self._fill(self._word.add_paragraph(style=style), text, align=align, indent=indent)

    def _fill(
        self, paragraph: Any, text: str, *, font: str = "", size: float = 0, align: str = "left", indent: bool = False
    ) -> Any:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        alignments = {"center": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT}
        if align in alignments:
            paragraph.alignment = alignments[align]
        if indent:
            self._indent(paragraph, size or 12)
        if text:
            run = paragraph.add_run(writable(text))
            if font:
                self._set_font(run._r.get_or_add_rPr(), font)
            if size:
                run.font.size = Pt(size)
        return paragraph

    def _indent(self, paragraph: Any, size: float) -> None:
        """Two characters, said in characters so that it follows the size, and in points for whoever does not know that."""
        from docx.shared import Pt

        paragraph.paragraph_format.first_line_indent = Pt(2 * size)
        paragraph._p.pPr.ind.set(self._qn("w:firstLineChars"), "200")

    def _boxes_in(self, paragraph: Any, boxes: Iterable[tuple[bool, str]]) -> None:
        """An empty and a ticked box are drawn by the one font that Windows and WPS have both in."""
        for place, (ticked, text) in enumerate(boxes):
            run = paragraph.add_run(("    " if place else "") + ("☑" if ticked else "☐"))
            self._set_font(run._r.get_or_add_rPr(), _SYMBOLS, _SYMBOLS)
            paragraph.add_run("\u00a0" + writable(text))

    def _title(self) -> None:
        from docx.shared import Pt

        cover = bool(self._document.cover)
        for place, line in enumerate(self._document.title):
            last = place == len(self._document.title) - 1
            size = (42 if last and place else 26) if cover else 22
            paragraph = self._fill(self._word.add_paragraph(), line, font=TITLE, size=size, align="center")
            paragraph.paragraph_format.space_before = Pt((110 if place == 0 else 40) if cover else 0)
            paragraph.paragraph_format.space_after = Pt(0 if cover else 18)
        for place, row in enumerate(self._document.cover):
            paragraph = self._fill(self._word.add_paragraph(), f"{row.label}：", size=16)
            paragraph.paragraph_format.left_indent = Pt(60)
            paragraph.paragraph_format.space_before = Pt(150 if place == 0 else 14)
            run = paragraph.add_run(writable(row.value) or " " * 30)
            run.font.size, run.font.underline = Pt(16), True

    def _contents(self) -> None:
        """A field that Word fills; what stands until then has no page numbers, for Word alone knows its pages."""
        heading = self._fill(
            self._word.add_paragraph(), self._document.contents_heading, font=HEITI, size=18, align="center"
        )
        heading.paragraph_format.page_break_before = True
        parts = [part for part in self._document.parts if part.heading]
        paragraphs = [self._paragraph("　" * 2 * (part.level - 1) + part.heading) for part in parts] or [
            self._paragraph("")
        ]
        first, last = paragraphs[0], paragraphs[-1]
        marks = [
            self._field_mark("begin", dirty=True),
            self._instruction(' TOC \\o "1-2" \\h \\u '),
            self._field_mark("separate"),
        ]
        for mark in reversed(marks):
            first._p.insert(1 if first._p.pPr is not None else 0, mark)
        last._p.append(self._field_mark("end"))
        if self._document.contents_note:
            self._fill(self._word.add_paragraph(), self._document.contents_note, size=10.5)

    def _field_mark(self, kind: str, *, dirty: bool = False) -> Any:
        run, mark = self._element("w:r"), self._element("w:fldChar")
        mark.set(self._qn("w:fldCharType"), kind)
        if dirty:
            mark.set(self._qn("w:dirty"), "true")
        run.append(mark)
        return run

    def _instruction(self, text: str) -> Any:
        run, instruction = self._element("w:r"), self._element("w:instrText")
        instruction.set(self._qn("xml:space"), "preserve")
        instruction.text = text
        run.append(instruction)
        return run

    def _foot(self) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        chinese = self._document.language == "zh"
        paragraph = self._word.sections[0].footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        said = [self._document.number] if self._document.number else []
        said += ["可编辑稿，盖章请用 PDF" if chinese else "to be edited; seal the PDF"]
        self._fill(paragraph, " · ".join(said) + ("　第 " if chinese else "  Page "), size=9)
        self._number(paragraph, "PAGE")
        self._fill(paragraph, " 页 / 共 " if chinese else " of ", size=9)
        self._number(paragraph, "NUMPAGES")
        if chinese:
            self._fill(paragraph, " 页", size=9)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def _number(self, paragraph: Any, field: str) -> None:
        paragraph._p.append(self._field_mark("begin"))
        paragraph._p.append(self._instruction(f" {field} "))
        paragraph._p.append(self._field_mark("separate"))
        self._fill(paragraph, "1", size=9)
        paragraph._p.append(self._field_mark("end"))

    # Parts and blocks

    def _part(self, part: Part, number: int, *, framed: bool) -> None:
        first_on_its_page = part.level == 1 and (
            number > 0 or bool(self._document.cover or self._document.contents_heading)
        )
        if part.heading:
            heading = self._paragraph(
                part.heading,
                style=f"Heading {min(part.level, 2)}",
                align="center" if part.level == 1 or framed else "left",
            )
            heading.paragraph_format.page_break_before = first_on_its_page
        rows: list[tuple[tuple[_Cell, ...], bool, bool]] = []
        statements = statements_of(part)
        for block in part.blocks:
            if framed:
                rows += _rows_of(block, statement=block in statements)
                if isinstance(block, Figure):
                    self._grid(rows)
                    rows = []
                    self._figure(block)
            else:
                self._loose(block)
        self._grid(rows)

    def _loose(self, block: Block) -> None:
        match block:
            case Heading():
                self._fill(self._word.add_paragraph(), block.text, font=HEITI, size=14)
            case Text() if block.small:
                for line in (block.heading, *lines_of(block.text)):
                    if line:
                        self._fill(self._word.add_paragraph(), line.strip(" \t\u3000"), size=10.5)
            case Text():
                if block.heading:
                    self._fill(self._word.add_paragraph(), block.heading, font=HEITI)
                for line in lines_of(block.text):
                    self._paragraph(line.strip(" \t\u3000"), indent=True)
            case Pairs() | Boxes() | Table() | Parties():
                self._grid(_rows_of(block))
            case Figure():
                self._figure(block)
            case Lines():
                self._paragraph("　　".join(f"{line.label}：{line.value}" for line in block.lines))
            case Signatures():
                self._signatures(block)
            case Enclosures():
                self._grid(_rows_of(block))
                self._paragraph(block.note)
            case _:
                assert_never(block)

    def _signatures(self, block: Signatures) -> None:
        """A seal is four centimetres wide, and stands over the name and the date."""
        from docx.shared import Cm, Pt

        for place, line in enumerate(block.lines):
            paragraph = self._paragraph(f"{line.label}：{line.value}" if line.label else line.value)
            paragraph.paragraph_format.left_indent = Cm(self._width * 0.38)
            paragraph.paragraph_format.space_before = Pt(48 if place == 0 else 30)
            paragraph.paragraph_format.keep_with_next = place < len(block.lines) - 1

    def _figure(self, block: Figure) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        paragraph = self._word.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if not self._drawn(paragraph, block):
            said = "图片无法打印" if self._document.language == "zh" else "This picture cannot be printed"
            self._fill(
                paragraph, f"［{said}：{block.name}］" if block.name else f"［{said}］", size=10.5, align="center"
            )
        if block.caption:
            self._fill(self._word.add_paragraph(), block.caption, size=10.5, align="center")

    def _drawn(self, paragraph: Any, block: Figure) -> bool:
        """The picture in its line, as large as it says and not larger than its room; False where it cannot be drawn."""
        from docx.shared import Cm

        if not drawable(block.data, block.media_type):
            return False
        try:
            picture = paragraph.add_run().add_picture(BytesIO(block.data))
            scale = min(1, Cm(self._width - 0.4) / picture.width, Cm(_HIGHEST) / picture.height)
            picture.width, picture.height = int(picture.width * scale), int(picture.height * scale)
        except Exception:  # the library raises what the bytes lead it to, and no picture may cost the paper
            return False
        return True

    # Tables: rows of cells over a grid, written as XML because the library takes seconds for a long form

    def _grid(self, rows: Sequence[tuple[tuple[_Cell, ...], bool, bool]]) -> None:
        if not rows:
            return
        table = self._word.add_table(rows=0, cols=0, style="Table Grid")
        table.autofit = False
        self._inset(table)
        twips = int(self._width / 2.54 * 1440) // _GRID
        for _ in range(_GRID):
            column = self._element("w:gridCol")
            column.set(self._qn("w:w"), str(twips))
            table._tbl.tblGrid.append(column)
        for cells, head, whole in rows:
            table._tbl.append(self._row(cells, twips, head=head, whole=whole))
        self._word.add_paragraph().paragraph_format.line_spacing = 0.5

    def _inset(self, table: Any) -> None:
        margins = self._element("w:tblCellMar")
        for edge, twips in (("top", "60"), ("left", "85"), ("bottom", "60"), ("right", "85")):
            margin = self._element(f"w:{edge}")
            margin.set(self._qn("w:w"), twips)
            margin.set(self._qn("w:type"), "dxa")
            margins.append(margin)
        look = table._tbl.tblPr.find(self._qn("w:tblLook"))
        table._tbl.tblPr.insert(
            list(table._tbl.tblPr).index(look) if look is not None else len(table._tbl.tblPr), margins
        )

    def _row(self, cells: Sequence[_Cell], twips: int, *, head: bool, whole: bool) -> Any:
        row, properties = self._element("w:tr"), self._element("w:trPr")
        if whole:
            properties.append(self._element("w:cantSplit"))
        height = self._element("w:trHeight")
        height.set(self._qn("w:val"), str(int(_ROW_CM / 2.54 * 1440)))
        height.set(self._qn("w:hRule"), "atLeast")
        properties.append(height)
        if head:
            properties.append(self._element("w:tblHeader"))
        row.append(properties)
        for cell in cells:
            row.append(self._cell(cell, twips))
        return row

    def _cell(self, cell: _Cell, twips: int) -> Any:
        from docx.table import _Cell as Within  # pyright: ignore[reportPrivateUsage]

        element, properties = self._element("w:tc"), self._element("w:tcPr")
        for name, value in (
            ("w:tcW", str(twips * cell.span)),
            ("w:gridSpan", str(cell.span)),
            ("w:vMerge", cell.merge),
            ("w:shd", "F6F6F6" if cell.label else ""),
            ("w:vAlign", "center" if not cell.indent else "top"),
        ):
            if value:
                self._property(properties, name, value)
        element.append(properties)
        element.append(self._element("w:p"))
        within: Any = Within(element, self._word)
        for place, line in enumerate(cell.lines or ("",)):
            paragraph = within.paragraphs[0] if place == 0 else within.add_paragraph()
            self._fill(
                paragraph, line, font=HEITI if cell.label else "", size=10.5, align=cell.align, indent=cell.indent
            )
        if cell.boxes:
            self._boxes_in(within.paragraphs[0], cell.boxes)
        return element

    def _property(self, properties: Any, name: str, value: str) -> None:
        one = self._element(name)
        if name == "w:shd":
            one.set(self._qn("w:val"), "clear")
            one.set(self._qn("w:fill"), value)
        elif name == "w:tcW":
            one.set(self._qn("w:w"), value)
            one.set(self._qn("w:type"), "dxa")
        else:
            one.set(self._qn("w:val"), value)
        properties.append(one)


_Row = tuple[tuple[_Cell, ...], bool, bool]
"""Cells; whether the row is a head and repeated; whether it stays on one page."""


def _rows_of(block: Block, *, statement: bool = False) -> list[_Row]:
    match block:
        case Heading():
            return [((_Cell([block.text], _GRID, label=True, align="center"),), False, True)]
        case Text() if block.heading:
            return [((_label(block.heading), _Cell(_paragraphs(block.text), 19, indent=True)), False, False)]
        case Text():
            return [((_Cell(_paragraphs(block.text), _GRID, indent=True),), False, False)]
        case Pairs():
            return [(_pair_cells(row), False, True) for row in block.rows]
        case Boxes():
            boxes = tuple(
                (box.ticked, f"{box.text}：{box.beside}" if box.beside else box.text) for box in block.options
            )
            wide = 18 if statement else 5
            return [((_label(block.label, wide), _Cell([""], _GRID - wide, boxes=boxes)), False, True)]
        case Table():
            return _table_rows(block)
        case Parties():
            return _party_rows(block)
        case Enclosures():
            return _enclosure_rows(block)
        case Figure() | Lines() | Signatures():
            return []
        case _:
            assert_never(block)


def _label(text: str, span: int = 5, merge: str = "") -> _Cell:
    return _Cell(text.split("\n"), span, label=True, align="center", merge=merge)


def _pair_cells(row: Sequence[Line]) -> tuple[_Cell, ...]:
    spans = _SPANS[len(row) - 1]
    cells: list[_Cell] = []
    for place, line in enumerate(row):
        cells += (_label(line.label, spans[2 * place]), _Cell(line.value.split("\n"), spans[2 * place + 1]))
    return tuple(cells)


def _table_rows(table: Table) -> list[_Row]:
    beside = table.beside and bool(table.heading)
    spans = _spans(table.widths or (1,) * len(table.columns), 19 if beside else _GRID)
    before: list[tuple[_Cell, ...]] = [()] * (len(table.rows) + 1)
    rows: list[_Row] = []
    if beside:
        before = [(_label(table.heading, merge="restart"),), *[(_label("", merge="continue"),)] * len(table.rows)]
    elif table.heading:
        rows.append(((_Cell([table.heading], _GRID, label=True, align="center"),), not beside, True))
    head = tuple(_label(column, span) for column, span in zip(table.columns, spans, strict=True))
    rows.append(((*before[0], *head), not beside, True))
    for number, row in enumerate(table.rows, 1):
        cells = tuple(
            _Cell(value.split("\n"), span, align="right" if column in table.numeric else "left")
            for column, (value, span) in enumerate(zip(row, spans, strict=True))
        )
        rows.append(((*before[number], *cells), False, all(len(value) <= SHORT for value in row)))
    return rows


def _enclosure_rows(block: Enclosures) -> list[_Row]:
    head = tuple(_label(text, span) for text, span in (("序号", 2), ("附件", 13), ("文件", 7), ("页数", 2)))
    rows: list[_Row] = [(head, True, True)]
    for number, enclosure in enumerate(block.enclosures, 1):
        pages = "" if enclosure.pages is None else str(enclosure.pages)
        cells = (
            _Cell([enclosure.number or str(number)], 2, align="center"),
            _Cell([enclosure.label], 13),
            _Cell([enclosure.name], 7),
            _Cell([pages], 2, align="center"),
        )
        rows.append((cells, False, True))
    return rows


def _party_rows(block: Parties) -> list[_Row]:
    """Two places abreast; an empty one stands beside the last of an odd number."""
    cells = [_Cell(_place_of(party), _GRID // 2) for party in block.parties]
    cells += [_Cell([""], _GRID // 2)] * (len(cells) % 2)
    return [((cells[number], cells[number + 1]), False, True) for number in range(0, len(cells), 2)]


def _place_of(party: Party) -> tuple[str, ...]:
    hand = f"{party.signer}：{'_' * 12}{party.by_hand}"
    return (f"{party.name.label}：{party.name.value}{party.seal}", "", "", hand, "", party.dated)


def _spans(widths: Sequence[int], whole: int) -> list[int]:
    """*widths* in columns of the grid: each at least one, together the *whole*."""
    total = sum(widths)
    spans = [max(1, width * whole // total) for width in widths]
    for place in sorted(range(len(spans)), key=lambda place: widths[place], reverse=True) * whole:
        if sum(spans) == whole:
            break
        if sum(spans) < whole:
            spans[place] += 1
        elif spans[place] > 1:
            spans[place] -= 1
    return spans


def _paragraphs(text: str) -> list[str]:
    return [line.strip(" \t\u3000") for line in lines_of(text)] or [""]
