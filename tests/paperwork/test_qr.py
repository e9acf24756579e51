"""The QR code says what it should: its matrix is segno's own, and the picture is the matrix."""

import re

import segno

from paperwork import qr
from tests.paperwork.specimen import LINK


def test_the_matrix_is_a_code_of_level_m_that_says_the_link() -> None:
    code = segno.make_qr(LINK, error="m", boost_error=False)
    assert code.error == "M"
    assert qr.matrix(LINK) == tuple(tuple(bool(module) for module in row) for row in code.matrix)


def test_the_picture_is_the_matrix_with_four_modules_of_white_around() -> None:
    rows = qr.matrix(LINK)
    drawn = {(int(y), int(x)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", qr.svg(LINK))}
    dark = {(y + 4, x + 4) for y, row in enumerate(rows) for x, module in enumerate(row) if module}
    assert drawn == dark
    assert f'viewBox="0 0 {len(rows) + 8} {len(rows) + 8}"' in qr.svg(LINK)


def test_what_is_in_the_link_never_gets_into_the_picture() -> None:
    assert "<script>" not in qr.svg('https://x/"><script>')
