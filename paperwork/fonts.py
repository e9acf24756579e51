"""The two fonts every paper is set in, pinned by digest: other files would make other bytes and, worse, other characters.

Noto Serif SC stands for 宋体, Noto Sans SC for 黑体 and for all that is bold. System fonts are never used.
"""

import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path
from struct import iter_unpack, unpack_from

from paperwork.components import NotInstalled

_PACKAGE = "pylopdf_fonts_zh_cn"


@dataclass(frozen=True, slots=True)
class Font:
    family: str
    file: str
    sha256: str


SONG = Font(
    "Noto Serif SC", "NotoSerifSC-Regular.otf", "e8f396decc1f0963a016a989c3d8852e863d1350996f573860a80767c83a1cd3"
)
HEI = Font("Noto Sans SC", "NotoSansSC-Regular.otf", "faa6c9df652116dde789d351359f3d7e5d2285a2b2a1f04a2d7244df706d5ea9")
FONTS = (SONG, HEI)


def folder() -> Path:
    """Where the fonts lie. Raises NotInstalled where they do not."""
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise NotInstalled("PDF")
    return Path(found.origin).parent


def changed() -> list[str]:
    """The font files that are not the pinned ones; for the doctor, as it reads 20 MB."""
    return [font.file for font in FONTS if _digest(folder() / font.file) != font.sha256]


def has(character: str) -> bool:
    """Whether a font has a glyph for *character*. Private characters have none: what they mean is agreed nowhere."""
    point = ord(character)
    return unicodedata.category(character) not in {"Co", "Cs", "Cn"} and any(
        _among(point, *_ranges(font.file)) for font in FONTS
    )


def _digest(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _among(point: int, firsts: "array[int]", lasts: "array[int]") -> bool:
    place = bisect_right(firsts, point) - 1
    return place >= 0 and point <= lasts[place]


@cache
def _ranges(file: str) -> "tuple[array[int], array[int]]":
    """First and last code point of every range of the font's full Unicode map (OpenType `cmap`, format 12)."""
    data = (folder() / file).read_bytes()
    table = next(offset for tag, offset in _tables(data) if tag == b"cmap")
    for platform, encoding, offset in iter_unpack(
        ">HHI", data[table + 4 : table + 4 + 8 * unpack_from(">H", data, table + 2)[0]]
    ):
        if (platform, encoding) == (3, 10):
            start = table + offset
            count = unpack_from(">I", data, start + 12)[0]
            groups = list(iter_unpack(">III", data[start + 16 : start + 16 + 12 * count]))
            return array("I", (first for first, _, _ in groups)), array("I", (last for _, last, _ in groups))
    raise ValueError(f"{file} has no full Unicode map")


def _tables(data: bytes) -> Iterator[tuple[bytes, int]]:
    count = unpack_from(">H", data, 4)[0]
    for tag, _, offset, _ in iter_unpack(">4sIII", data[12 : 12 + 16 * count]):
        yield tag, offset
