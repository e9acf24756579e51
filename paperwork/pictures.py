"""Whether a picture can be drawn: its kind and measures by its own first bytes. Pure; what it holds is left to whoever draws it."""

import struct

MOST_PIXELS = 50_000_000
"""A larger picture would take more memory than a paper may have."""
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_NO_FRAME = frozenset({0xC4, 0xC8, 0xCC})


def drawable(data: bytes, media_type: str) -> bool:
    """Whether *data* begins as a picture of *media_type* that is not larger than can be drawn."""
    measured = {"image/png": _png, "image/jpeg": _jpeg}[media_type](data)
    return measured is not None and 0 < measured[0] * measured[1] <= MOST_PIXELS


def _png(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(_PNG) or len(data) < 33 or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """Segment after segment, to the one that says how large the picture is."""
    place = 2 if data.startswith(_JPEG) else len(data)
    while place + 9 <= len(data) and data[place] == 0xFF:
        mark, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if 0xC0 <= mark <= 0xCF and mark not in _NO_FRAME:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return width, height
        place += 1 if mark == 0xFF else 2 + max(2, length)
    return None
