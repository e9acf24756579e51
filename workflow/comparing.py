"""What differs between two texts, character by character, as a person reads it: kept, taken out, put in.

Pure. A Chinese character is compared alone and a run of other letters whole. Passages too long to compare closely are shown
as one replacement, so that no text costs more than a glance.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

_SENTENCE = re.compile(r"[^。！？；\n]*[。！？；\n]?")
_WORD = re.compile(r"[A-Za-z0-9_.,%+-]+|\s+|.", re.DOTALL)
_CLOSELY = 1_500_000  # comparisons: about a tenth of a second


@dataclass(frozen=True, slots=True)
class Piece:
    """*how*: "same", "gone" or "new"."""

    how: str
    text: str


def compare(before: str, after: str) -> list[Piece]:
    """*before* turned into *after*: all pieces but the new ones make *before*, all but the gone ones make *after*."""
    same_start = _alike(before, after)
    rest, other = before[same_start:], after[same_start:]
    same_end = _alike(rest[::-1], other[::-1])
    middle = _middle(rest[: len(rest) - same_end], other[: len(other) - same_end])
    return _joined([Piece("same", before[:same_start]), *middle, Piece("same", rest[len(rest) - same_end :])])


def _alike(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _middle(before: str, after: str) -> Iterator[Piece]:
    """Sentence by sentence, and where a sentence was rewritten word by word."""
    for gone, new in _runs(_SENTENCE.findall(before), _SENTENCE.findall(after)):
        if gone == new:
            yield Piece("same", gone)
        else:
            yield from _closely(gone, new)


def _closely(before: str, after: str) -> Iterator[Piece]:
    for gone, new in _runs(_WORD.findall(before), _WORD.findall(after)):
        if gone == new:
            yield Piece("same", gone)
            continue
        yield Piece("gone", gone)
        yield Piece("new", new)


def _runs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of what stood and what stands, alike where nothing changed."""
    if len(before) * len(after) > _CLOSELY:
        yield "".join(before), "".join(after)
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _, start, end, first, last in matcher.get_opcodes():
        yield "".join(before[start:end]), "".join(after[first:last])


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one kind as one, empty ones left out."""
    found: list[Piece] = []
    for piece in pieces:
        if not piece.text:
            continue
        if found and found[-1].how == piece.how:
            found[-1] = Piece(piece.how, found[-1].text + piece.text)
        else:
            found.append(piece)
    return found
