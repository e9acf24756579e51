"""The QR code on every page: a matrix drawn as one path, so that it stays sharp at any size."""

from paperwork.components import require

QUIET = 4  # modules of white around, ISO/IEC 18004 §6.3.8


def matrix(content: str) -> tuple[tuple[bool, ...], ...]:
    """The dark modules of the code that says *content*, row by row, without the quiet zone. Level M: 15 % may be lost."""
    require("PDF", "segno")
    import segno

    code = segno.make_qr(content, error="m", boost_error=False)
    return tuple(tuple(bool(module) for module in row) for row in code.matrix)


def svg(content: str) -> str:
    """The code as an SVG picture, quiet zone included."""
    rows = matrix(content)
    side = len(rows) + 2 * QUIET
    path = "".join(
        f"M{column + QUIET} {line + QUIET}h1v1h-1z"
        for line, row in enumerate(rows)
        for column, dark in enumerate(row)
        if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" width="{side}" height="{side}">'
        f'<path d="{path}" shape-rendering="crispEdges"/></svg>'
    )
