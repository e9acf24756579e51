"""How long a text is in 字: as Word's 字数, because that is where applicants and clerks look.

Each Chinese character or full-width mark is one; each unbroken run of anything else is one; figures do not count.
`ZI_PATTERN` and `NOT_COUNTED_PATTERN` are written so that a browser's `RegExp(…, "gu")` counts the very same.
"""

import re

_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
_WIDE = (
    r"\xb7\u2014\u201c\u201d\u2026"  # · — “ ” …: full-width marks in a Chinese text
    r"\u1100-\u115f\u2e80-\u2fff\u3001-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7af\uf900-\ufaff"
    r"\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uffee"
)
_WIDE_PLANES = ((0x16FE0, 0x18DFF), (0x1AFF0, 0x1B2FF), (0x20000, 0x3FFFD))

_WIDE_PYTHON = _WIDE + "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in _WIDE_PLANES)
_WIDE_BROWSER = _WIDE + "".join(rf"\u{{{first:x}}}-\u{{{last:x}}}" for first, last in _WIDE_PLANES)

ZI_PATTERN = f"[{_WIDE_BROWSER}]|[^{_SPACE}{_WIDE_BROWSER}]+"
"""One match, one 字; for a browser."""

NOT_COUNTED_PATTERN = r"\[\[图[^\[\]\n]{0,60}\]\]|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]"
"""A figure with its caption, `[[图1 系统架构]]`, and marks that only choose a glyph; for a browser."""

_ZI = re.compile(f"[{_WIDE_PYTHON}]|[^{_SPACE}{_WIDE_PYTHON}]+")
_NOT_COUNTED = re.compile(r"\[\[图[^\[\]\n]{0,60}\]\]|[\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def count_zi(text: str) -> int:
    """The length of *text* in 字 (申报书 「不超过N字」)."""
    return sum(1 for _ in _ZI.finditer(_NOT_COUNTED.sub(_stand_in, text)))


def _stand_in(found: "re.Match[str]") -> str:
    return " " if found[0].startswith("[[") else ""
