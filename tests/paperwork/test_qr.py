"""The QR code says what it should: its matrix is segno's own, and the picture is the matrix."""

import struct
import zlib

import segno

from paperwork import qr
from paperwork.pdf import render
from tests.paperwork.reading import Read
from tests.paperwork.specimen import LINK, form


def test_the_matrix_is_a_code_of_level_m_that_says_the_link() -> None:
    code = segno.make_qr(LINK, error="m", boost_error=False)
    assert code.error == "M"
    assert qr.matrix(LINK) == tuple(tuple(bool(module) for module in row) for row in code.matrix)


def test_the_picture_is_the_matrix_with_four_modules_of_white_around() -> None:
    rows = qr.matrix(LINK)
    side = len(rows) + 8
    picture = qr.png(LINK)
    assert struct.unpack(">IIBB", picture[16:26]) == (side * 8, side * 8, 1, 0)
    start = picture.index(b"IDAT")
    pixels = zlib.decompress(picture[start + 4 : start + 4 + struct.unpack(">I", picture[start - 4 : start])[0]])
    lines = [pixels[place + 1 : place + 1 + side] for place in range(0, len(pixels), side + 1)]
    white = (False,) * 4
    expected = [(False,) * side] * 4 + [(*white, *row, *white) for row in rows] + [(False,) * side] * 4
    assert [tuple(byte == 0 for byte in line) for line in lines[::8]] == expected
    assert all(lines[place] == lines[place - place % 8] for place in range(len(lines)))


def test_a_paper_of_many_pages_holds_the_picture_once() -> None:
    pages = Read(render(form())).reader.pages
    held = [
        str(page["/Resources"]["/XObject"].raw_get(name)) for page in pages for name in page["/Resources"]["/XObject"]
    ]  # type: ignore[index]
    assert len(held) > len(pages) > 3
    assert len(set(held)) == 2  # the code, and the form's own figure
