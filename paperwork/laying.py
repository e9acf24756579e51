"""A paper as the plain data the template draws: texts with their breaks and missing characters marked, pages counted ahead."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias, assert_never

from paperwork import fonts, pictures, qr
from paperwork.document import (
    Block,
    Boxes,
    Document,
    Enclosure,
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

Piece: TypeAlias = str | int | None
"""A stretch of text, or "\\n" alone; the code point of a character no font has; None where a line may break."""
Said: TypeAlias = str | list[Piece]
Plain: TypeAlias = dict[str, Any]

_LONG = re.compile(r"[!-~]{13,}")
_AFTER = re.compile(r"(?<=[@./_\-:?&=,;])")
_WHOLE, _CUT = 16, 4
_ROOM = re.compile(r" {2,}")
QR = "qr.png"
_KINDS = {"image/png": "png", "image/jpeg": "jpg"}


@dataclass(frozen=True, slots=True)
class Laid:
    """*pictures* by their names; one that `paper` names as undrawn leaves a box with the name of its file."""

    paper: Plain
    pictures: dict[str, bytes]
    missing: tuple[str, ...]


@dataclass(slots=True)
class _Laying:
    """What is gathered on the way through a paper."""

    pictures: dict[str, bytes] = field(default_factory=dict[str, bytes])
    missing: set[int] = field(default_factory=set[int])
    enclosed: int | None = 0

    def said(self, text: str) -> Said:
        pieces = list(_pieces(text))
        self.missing.update(piece for piece in pieces if isinstance(piece, int))
        return pieces[0] if len(pieces) == 1 and isinstance(pieces[0], str) else pieces

    def lines(self, text: str) -> list[Said]:
        """A value: spaces that make room (`年    月    日`) keep the width they have in a Word form."""
        return [self.said(_ROOM.sub(_wide, line.rstrip())) for line in lines_of(text)]

    def paragraphs(self, text: str) -> list[Said]:
        """Running text, which is indented by the template and not by its spaces."""
        return [self.said(line.strip(" \t\u3000")) for line in lines_of(text)]


def laid_out(document: Document) -> Laid:
    laying = _Laying()
    if document.link:
        laying.pictures[QR] = qr.png(document.link)
    framed = framed_parts(document)
    paper: Plain = {
        "kind": document.kind,
        "language": document.language,
        "landscape": document.landscape,
        "undrawn": [""],
        "name": printable(" ".join((*document.title, document.number))).strip(),
        "subject": printable(document.subject),
        "title": [laying.said(line) for line in document.title],
        "cover": [_line(laying, line) for line in document.cover],
        "contents": {
            "heading": laying.said(document.contents_heading),
            "note": laying.paragraphs(document.contents_note),
        }
        if document.contents_heading
        else None,
        "number": laying.said(document.number),
        "version": document.version,
        "code": laying.said(document.code),
        "link": printable(document.link),
        "head": laying.said(document.head),
        "qr": QR if document.link else None,
        "parts": [_part(laying, part, framed=frame) for part, frame in zip(document.parts, framed, strict=True)],
    }
    return Laid(paper, laying.pictures, tuple(f"U+{point:04X}" for point in sorted(laying.missing)))


def printable(text: str) -> str:
    """*text* without what no font has; for the properties of a file, where nothing can be drawn."""
    return "".join(piece for piece in _pieces(text) if isinstance(piece, str)).replace("\n", " ")


def framed_parts(document: Document) -> tuple[bool, ...]:
    """Which parts stand in a frame: the official table is one of those with pairs or boxes, and of the second level beside them."""
    official = any(isinstance(block, Pairs) for part in document.parts for block in part.blocks)
    return tuple(_framed(part, official) for part in document.parts)


def _framed(part: Part, official: bool) -> bool:
    if any(isinstance(block, Signatures | Parties | Enclosures | Lines) for block in part.blocks):
        return False
    return any(isinstance(block, Pairs | Boxes) for block in part.blocks) or (official and part.level > 1)


def _part(laying: _Laying, part: Part, *, framed: bool) -> Plain:
    statements = statements_of(part)
    return {
        "heading": laying.said(part.heading),
        "bookmark": printable(part.heading),
        "level": part.level,
        "framed": framed,
        "blocks": [
            _block(laying, block) | ({"statement": True} if block in statements else {}) for block in part.blocks
        ],
    }


def statements_of(part: Part) -> tuple[Boxes, ...]:
    """Yes or no to a sentence: where one is long, all of the part have the wide column for what is said."""
    asked = tuple(block for block in part.blocks if isinstance(block, Boxes) and len(block.options) == 2)
    return asked if any(len(block.label) > STATEMENT for block in asked) else ()


def _block(laying: _Laying, block: Block) -> Plain:
    match block:
        case Heading():
            return {"is": "heading", "text": laying.said(block.text)}
        case Text():
            said = {"heading": laying.said(block.heading), "paragraphs": laying.paragraphs(block.text)}
            return {"is": "text", "small": block.small, **said}
        case Pairs():
            return {"is": "pairs", "rows": [[_line(laying, line) for line in row] for row in block.rows]}
        case Boxes():
            options = [
                {"text": laying.said(box.text), "ticked": box.ticked, "beside": laying.said(box.beside)}
                for box in block.options
            ]
            return {"is": "boxes", "label": laying.said(block.label), "options": options, "statement": False}
        case Table():
            return _table(laying, block)
        case Figure():
            return _figure(laying, block)
        case Lines():
            return {"is": "lines", "lines": [_line(laying, line) for line in block.lines]}
        case Signatures():
            return {"is": "signatures", "lines": [_line(laying, line) for line in block.lines]}
        case Parties():
            return {"is": "parties", "parties": [_party(laying, party) for party in block.parties]}
        case Enclosures():
            return _enclosures(laying, block)
        case _:
            assert_never(block)


def _party(laying: _Laying, party: Party) -> Plain:
    hints = {"seal": party.seal, "signer": party.signer, "hand": party.by_hand}
    return {
        "name": _line(laying, party.name),
        "dated": laying.lines(party.dated),
        **{name: laying.said(text) for name, text in hints.items()},
    }


def _line(laying: _Laying, line: Line) -> Plain:
    return {"label": laying.said(line.label), "value": laying.lines(line.value)}


def _table(laying: _Laying, table: Table) -> Plain:
    return {
        "is": "table",
        "heading": laying.said(table.heading),
        "beside": table.beside,
        "columns": [laying.said(column) for column in table.columns],
        "widths": list(table.widths) or [1] * len(table.columns),
        "numeric": list(table.numeric),
        "rows": [[laying.lines(cell) for cell in row] for row in table.rows],
        "short": [all(len(cell) <= SHORT for cell in row) for row in table.rows],
    }


STATEMENT = 22
"""A label longer than this is a sentence to be confirmed."""
SHORT = 400
"""A row whose cells are no longer than this is never broken over two pages."""


def _figure(laying: _Laying, figure: Figure) -> Plain:
    name = ""
    if pictures.drawable(figure.data, figure.media_type):
        name = f"figure-{len(laying.pictures) + 1}.{_KINDS[figure.media_type]}"
        laying.pictures[name] = figure.data
    return {
        "is": "figure",
        "file": name,
        "caption": laying.said(figure.caption),
        "alt": printable(figure.caption or figure.name) or name,
        "name": laying.said(figure.name),
    }


def _enclosures(laying: _Laying, block: Enclosures) -> Plain:
    """*start* counts from the page after the form's last; None where a file before has pages that cannot be counted."""
    rows: list[Plain] = []
    for number, enclosure in enumerate(block.enclosures, 1):
        start = _start(laying, enclosure)
        rows.append(
            {
                "number": printable(enclosure.number) or str(number),
                "label": laying.said(enclosure.label),
                "name": laying.said(enclosure.name),
                "pages": enclosure.pages,
                "start": start,
                "sha256": enclosure.sha256[:16],
            }
        )
    return {"is": "enclosures", "rows": rows, "note": laying.paragraphs(block.note)}


def _start(laying: _Laying, enclosure: Enclosure) -> int | None:
    if not enclosure.name and enclosure.pages is None:
        return None
    start = laying.enclosed
    if start is not None:
        laying.enclosed = None if enclosure.pages is None else start + enclosure.pages
    return start


def _wide(room: re.Match[str]) -> str:
    return "\u3000" * (len(room[0]) // 2) + " " * (len(room[0]) % 2)


def lines_of(text: str) -> Sequence[str]:
    """As HTML and Word break lines; none where nothing was written."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if text else ()


def _pieces(text: str) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for stretch in _stretches(text):
        if isinstance(stretch, str):
            pieces += _breakable(stretch)
        else:
            pieces.append(stretch)
    return tuple(pieces) or ("",)


def _stretches(text: str) -> Iterator[str | int]:
    start = 0
    for place, character in enumerate(text):
        if " " <= character <= "~":
            continue
        drawn = _drawn(character)
        if drawn == character != "\n":
            continue
        if text[start:place]:
            yield text[start:place]
        start = place + 1
        if drawn is None:
            yield ord(character)
        elif drawn:
            yield drawn
    if text[start:]:
        yield text[start:]


@lru_cache(maxsize=8192)
def _drawn(character: str) -> str | None:
    """How *character* is drawn: as itself, as a space, not at all where it is invisible by nature, or (None) as a box."""
    if character == "\n":
        return "\n"
    category = unicodedata.category(character)
    if category in {"Zl", "Zp", "Zs"} or character in "\t\r\v\f":
        return character if character in " \u3000" else " "
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return ""
    return character if fonts.has(character) else None


def _breakable(text: str) -> Iterator[Piece]:
    """Long addresses and account numbers may break, without a character more than was typed."""
    start = 0
    for run in _LONG.finditer(text):
        if text[start : run.start()]:
            yield text[start : run.start()]
        for place, part in enumerate(_parts(run[0])):
            if place:
                yield None
            yield part
        start = run.end()
    if text[start:]:
        yield text[start:]


def _parts(run: str) -> Iterator[str]:
    """Between marks as `@` and `.`; what is still too long for a cell in fours, as people group an account number."""
    for part in _AFTER.split(run):
        if len(part) <= _WHOLE:
            yield from (part,) if part else ()
        else:
            yield from (part[start : start + _CUT] for start in range(0, len(part), _CUT))
