"""What differs between two texts, as a person reads it: kept, taken out, put in.

Pure. Sentences are compared first, then the words of rewritten ones; a Chinese character is a word. The shortest script is
sought (E. Myers, An O(ND) Difference Algorithm, 1986), and where it would be long the passage is shown as replaced, so that
no text costs more than a moment.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

_SENTENCE = re.compile(r"[^。！？；\n]*[。！？；\n]?")
_WORD = re.compile(r"[A-Za-z0-9_.,%+-]+|\s+|.", re.DOTALL)
_MOST_EDITS = 400
_TOO_SHORT_TO_KEEP = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """*how*: "same", "gone" or "new"."""

    how: str
    text: str


def compare(before: str, after: str) -> list[Piece]:
    """*before* turned into *after*: all pieces but the new ones make *before*, all but the gone ones make *after*."""
    found: list[Piece] = []
    for gone, new in _runs(_SENTENCE.findall(before), _SENTENCE.findall(after)):
        found += [Piece("same", gone)] if gone == new else _closely(gone, new)
    return _joined(found)


def _closely(before: str, after: str) -> Iterator[Piece]:
    """Word by word. A single character that happens to be in both is no reason to cut a new phrase in two."""
    runs = list(_runs(_WORD.findall(before), _WORD.findall(after)))
    for place, (gone, new) in enumerate(runs):
        inside = 0 < place < len(runs) - 1
        if gone == new and not (inside and len(gone) <= _TOO_SHORT_TO_KEEP):
            yield Piece("same", gone)
        else:
            yield from (Piece("gone", gone), Piece("new", new))


def _runs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pairs of what stood and what stands, in order: alike where nothing changed."""
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    yield "".join(before[:start]), "".join(before[:start])
    gone, put = "", ""
    for kept in _kept(old, new):
        if kept.how == "same":
            yield gone, put
            yield kept.text, kept.text
            gone, put = "", ""
        else:
            gone, put = gone + kept.text * (kept.how == "gone"), put + kept.text * (kept.how == "new")
    yield gone, put
    tail = "".join(before[len(before) - end :])
    yield tail, tail


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _kept(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
    """The shortest script from *old* to *new*, neighbours joined; both whole where it would be longer than is worth reading."""
    trace = _trace(old, new) if old and new else None
    if trace is None:
        return _joined([Piece("gone", "".join(old)), Piece("new", "".join(new))])
    steps: list[Piece] = []
    x, y = len(old), len(new)
    for edits in range(len(trace) - 1, 0, -1):
        reached, diagonal = trace[edits - 1], x - y
        down = diagonal == -edits or (diagonal != edits and reached[diagonal - 1] < reached[diagonal + 1])
        came = reached[diagonal + 1] if down else reached[diagonal - 1]
        back = came - (diagonal + 1 if down else diagonal - 1)
        while x > came + (not down) and y > back + down:
            x, y = x - 1, y - 1
            steps.append(Piece("same", old[x]))
        steps.append(Piece("new", new[back]) if down else Piece("gone", old[came]))
        x, y = came, back
    steps += [Piece("same", each) for each in reversed(old[:x])]
    return _joined(steps[::-1])


def _trace(old: Sequence[str], new: Sequence[str]) -> list[dict[int, int]] | None:
    """How far every diagonal was reached after 0, 1, 2… edits, up to the end; None beyond the most edits."""
    reached, trace = {1: 0}, list[dict[int, int]]()
    for edits in range(min(len(old) + len(new), _MOST_EDITS) + 1):
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and reached[diagonal - 1] < reached[diagonal + 1])
            x = reached[diagonal + 1] if down else reached[diagonal - 1] + 1
            while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
                x += 1
            reached[diagonal] = x
            if x >= len(old) and x - diagonal >= len(new):
                return [*trace, dict(reached)]
        trace.append(dict(reached))
    return None


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one kind as one, empty ones left out; between two kept passages what went stands before what came."""
    found: list[Piece] = []
    gone, new = "", ""
    for piece in (*pieces, Piece("same", "")):
        if piece.how != "same":
            gone, new = gone + piece.text * (piece.how == "gone"), new + piece.text * (piece.how == "new")
        elif piece.text:
            found += _changed(gone, new)
            gone, new = "", ""
            found = [*found[:-1], Piece("same", found[-1].text + piece.text)] if _is_same(found) else [*found, piece]
    return [*found, *_changed(gone, new)]


def _changed(gone: str, new: str) -> list[Piece]:
    return [piece for piece in (Piece("gone", gone), Piece("new", new)) if piece.text]


def _is_same(found: Sequence[Piece]) -> bool:
    return bool(found) and found[-1].how == "same"
