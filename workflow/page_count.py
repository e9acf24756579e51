"""How many pages a PDF says it has: by its page tree where that can be followed, by its pages in the open where not.

Tolerant and bounded: no file makes this slow, and one that cannot be counted is None, not a guess.
"""

import mmap
import re
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

_MOST = 100_000
_OBJECT = 256 * 1024
_INFLATED = 32 * 1024 * 1024
_STREAMS = 5_000
_SECONDS = 2.0
_ROOT = re.compile(rb"/Root\s+(\d{1,10})\s+(\d{1,5})\s+R")
_PAGES = re.compile(rb"/Pages\s+(\d{1,10})\s+(\d{1,5})\s+R")
_COUNT = re.compile(rb"/Count\s+(\d{1,9})(?!\s+\d+\s+R)")
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_PACKED = re.compile(rb"/Type\s*/ObjStm")
_BEGINS = re.compile(rb"stream\r?\n")
_NUMBERS = re.compile(rb"/(First|N|Length)\s+(\d{1,9})(?!\s+\d+\s+R)")


class _TooLong(Exception):
    """The time for counting is over."""


def pages_of_pdf(path: Path) -> int | None:
    """The number of pages, or None where it cannot be told."""
    until = time.monotonic() + _SECONDS
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        try:
            counted = _by_the_tree(view, until) or _in_the_open(view, until)
        except _TooLong:
            return None
    return counted if counted and counted <= _MOST else None


def _by_the_tree(view: mmap.mmap, until: float) -> int | None:
    root = None
    for root in _ROOT.finditer(view):  # noqa: B007  the last one counts
        _be_quick(until)
    if root is None:
        return None
    packed: dict[int, bytes] | None = None
    found, number, pattern = None, int(root[1]), _PAGES
    for pattern in (_PAGES, _COUNT):
        text = _object(view, number, until)
        if text is None:
            packed = _packed(view, until) if packed is None else packed
            text = packed.get(number)
        found = pattern.search(text) if text else None
        if found is None:
            return None
        number = int(found[1])
    return number


def _object(view: mmap.mmap, number: int, until: float) -> bytes | None:
    """The newest object of that number that lies in the open."""
    last = None
    for match in re.finditer(rb"(?<![0-9])%d\s+\d{1,5}\s+obj\b" % number, view):
        _be_quick(until)
        last = match.end()
    if last is None:
        return None
    end = view.find(b"endobj", last, last + _OBJECT)
    return view[last : end if end >= 0 else last + _OBJECT]


def _packed(view: mmap.mmap, until: float) -> dict[int, bytes]:
    """Every object that lies in an object stream, the newest of each number."""
    found: dict[int, bytes] = {}
    room = _INFLATED
    for place, match in enumerate(_PACKED.finditer(view)):
        _be_quick(until)
        if place >= _STREAMS or room <= 0:
            break
        begins = _BEGINS.search(view, match.start(), match.start() + _OBJECT)
        head = view[max(view.rfind(b"obj", max(0, match.start() - _OBJECT), match.start()), 0) : match.end() + 512]
        if begins is None:
            continue
        said = {name: int(value) for name, value in _NUMBERS.findall(head.split(b"stream")[0])}
        text = _inflated(view, begins.end(), said.get(b"Length", _OBJECT), room)
        room -= len(text)
        found.update(_listed(text, said.get(b"First", 0), said.get(b"N", 0)))
    return found


def _inflated(view: mmap.mmap, at: int, length: int, room: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(view[at : at + length], room)
    except zlib.error:
        return b""


def _listed(text: bytes, first: int, count: int) -> Iterator[tuple[int, bytes]]:
    numbers = [int(each) for each in text[:first].split()[: 2 * count] if each.isdigit() and len(each) <= 10]
    places = sorted(zip(numbers[1::2], numbers[::2], strict=False))
    ends = [start for start, _ in places[1:]] + [len(text)]
    for (start, number), end in zip(places, ends, strict=False):
        yield number, text[first + start : first + end]


def _in_the_open(view: mmap.mmap, until: float) -> int | None:
    count = 0
    for count, _ in enumerate(_PAGE.finditer(view), start=1):  # noqa: B007  counted
        _be_quick(until)
    return count or None


def _be_quick(until: float) -> None:
    if time.monotonic() > until:
        raise _TooLong
