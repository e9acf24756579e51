"""A paper before it is drawn: a title page, parts and their blocks, in reading order. Plain text and no format.

Whoever knows an application makes one; `pdf` and `word` draw the same one.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A label with its value: of the title page, or a cell pair of the official table."""

    label: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading inside a part: 单位基本信息, 牵头单位主要经营状况."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Running text under a small heading; paragraphs are lines. *small*: beside the text itself, as a note is."""

    text: str
    heading: str = ""
    small: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Rows of the official table, each of one to three label-and-value pairs side by side."""

    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An option with its box, which is drawn and never a glyph; *beside* is what was written in the blank."""

    text: str
    ticked: bool = False
    beside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    label: str
    options: tuple[Box, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose head is repeated on every page. *widths* are relative; empty: all alike.

    *beside*: the heading stands as one tall cell left of the rows, as 单位联系人 and 单位所获荣誉 do; for few rows only.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    heading: str = ""
    widths: tuple[int, ...] = ()
    numeric: tuple[int, ...] = ()  # columns set flush right
    beside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture (PNG or JPEG bytes) with its caption. One that cannot be drawn leaves a box with the *name* of its file."""

    data: bytes
    media_type: str
    caption: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Labels and values side by side without a frame: 推荐单位（盖章） and 联系人及电话 above the summary table."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Lines to be signed, sealed and dated by hand, with room for a seal."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One party's place to sign: its name with room for a seal, a hand, and a day. *seal* and *by_hand* say what goes there."""

    name: Line
    seal: str
    signer: str
    by_hand: str
    dated: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """The places of several parties on one sheet, two abreast; none is broken over two pages."""

    parties: tuple[Party, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """An attachment in the list: its pages follow the form's, so that each has a page of the whole dossier.

    *pages* is None where they cannot be counted (Word, Excel); what follows such a file starts on a page not known.
    *number* is the official one (`3-2`: the second file of the third); without it they are counted.
    """

    label: str
    name: str = ""
    pages: int | None = None
    sha256: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosures:
    """The list of attachments with the page each begins on."""

    enclosures: tuple[Enclosure, ...]
    note: str = ""


Block: TypeAlias = Heading | Text | Pairs | Boxes | Table | Figure | Lines | Signatures | Parties | Enclosures


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the paper that the contents name with its page. *level* 1 begins a new page."""

    heading: str
    blocks: tuple[Block, ...] = ()
    level: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A paper. *code* is its check code and *link* what the QR code says; both stand on every page with number and version.
    *head* is the signed head of the log that covers it, in one line.

    *contents_heading* empty: no contents. *dated* is YYYY-MM-DD, the only time that goes into the bytes.
    """

    kind: str
    title: tuple[str, ...]
    parts: tuple[Part, ...]
    cover: tuple[Line, ...] = ()
    contents_heading: str = ""
    contents_note: str = ""
    number: str = ""
    version: int = 0
    code: str = ""
    link: str = ""
    head: str = ""
    dated: str = ""
    landscape: bool = False
    language: str = "zh"
    subject: str = ""  # for the file's own properties; nothing personal
