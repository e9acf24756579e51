"""The QR code on every page: one small picture, so that a paper of many pages holds it once."""

import struct
import zlib

from paperwork.components import require

QUIET = 4  # modules of white around, ISO/IEC 18004 §6.3.8
SCALE = 8  # pixels a module: at 15 mm above 500 dpi, finer than what prints it


def matrix(content: str) -> tuple[tuple[bool, ...], ...]:
    """The dark modules of the code that says *content*, row by row, without the quiet zone. Level M: 15 % may be lost."""
    require("PDF", "segno")
    import segno

    code = segno.make_qr(content, error="m", boost_error=False)
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)


def png(content: str) -> bytes:
    """The code as a picture of one bit a pixel, quiet zone included."""
    modules = matrix(content)
    side = (len(modules) + 2 * QUIET) * SCALE
    white = _line((), len(modules)) * QUIET
    drawn = white + b"".join(_line(row, len(modules)) for row in modules) + white
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(drawn, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _line(row: tuple[bool, ...], width: int) -> bytes:
    """A row of modules as `SCALE` lines of pixels: eight pixels are a byte, and a module is a whole one."""
    pixels = b"\xff" * QUIET + bytes(0x00 if dark else 0xFF for dark in row or (False,) * width) + b"\xff" * QUIET
    return (b"\0" + pixels) * SCALE


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
