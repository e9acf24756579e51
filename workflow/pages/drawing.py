"""Pictures of figures as SVG: bars, a funnel, and the flow between stages with what goes back dashed.

Pure. Shapes have classes and no colours of their own; words stand beside every shape, so that nothing is said by colour alone.
A picture is one image with a name; what can be followed are the numbers of the table below it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from paperwork.cells import width_of

WIDTH = 360
"""As wide as a phone shows without shrinking the letters."""
_LINE, _BAR, _GAP = 18, 14, 10
_WORDS = 150  # what the text right of the longest bar may take
_LETTERS = 50  # half as wide as high, that a line takes
_PIECES = re.compile(r"[^\s\u2e80-\uffff]+\s*|[\u2e80-\uffff]|\s")
_BOX, _BOX_HEIGHT, _STEP, _LANE = 150, 30, 54, 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """*kind* is the class of the shape; *said* stands beside it."""

    kind: str
    value: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A level of a funnel: *whole* as wide as it, *part* of it inside."""

    said: str
    whole: int
    part: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """From one box to another, by their places; *back* is drawn dashed, on the other side."""

    source: int
    dest: int
    said: str
    back: bool


def bars(title: str, groups: Sequence[tuple[str, Sequence[Bar]]]) -> Markup:
    """A label, and below it its bars; all to one measure."""
    most = max((bar.value for _, group in groups for bar in group), default=0) or 1
    shapes, top = list[Markup](), 0
    for label, group in groups:
        for line in _wrapped(label):
            top += _LINE
            shapes.append(_text(0, top - 5, line, "label"))
        for bar in group:
            wide = max((WIDTH - _WORDS) * bar.value // most, 1 if bar.value else 0)
            shapes.append(_rectangle(0, top, wide, _BAR, bar.kind))
            shapes.append(_text(wide + 6, top + _BAR - 2, bar.said, "value"))
            top += _BAR + 4
        top += _GAP
    return _svg(title, top, shapes)


def _wrapped(label: str) -> list[str]:
    """Broken where it may be, between words or Chinese characters, into lines that fit the picture."""
    lines = [""]
    for piece in _PIECES.findall(label):
        if width_of(lines[-1] + piece.rstrip()) > _LETTERS:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def funnel(title: str, bands: Sequence[Band]) -> Markup:
    most = max((band.whole for band in bands), default=0) or 1
    shapes, top = list[Markup](), 0
    for band in bands:
        top += _LINE
        shapes.append(_text(WIDTH // 2, top - 5, band.said, "label middle"))
        for value, kind in ((band.whole, "reached"), (band.part, "now")):
            wide = max(WIDTH * value // most, 2 if value else 0)
            shapes.append(_rectangle((WIDTH - wide) // 2, top, wide, _BAR, kind))
        top += _BAR + _GAP
    return _svg(title, top, shapes)


def flow(title: str, boxes: Sequence[str], arrows: Sequence[Arrow]) -> Markup:
    """Boxes from above to below. An arrow to the next one is straight; others bow in lanes, forward on the right, back on the
    left, so that no two that overlap share one."""
    shapes = [_MARKERS]
    left, right = list[list[tuple[int, int]]](), list[list[tuple[int, int]]]()
    for arrow in sorted(arrows, key=lambda one: abs(one.dest - one.source)):
        if arrow.dest == arrow.source + 1:
            shapes += _straight(arrow)
        else:
            backward = arrow.back or arrow.dest < arrow.source
            shapes += _bowed(arrow, _lane(left if backward else right, arrow), -1 if backward else 1)
    for place, name in enumerate(boxes):
        x, y = (WIDTH - _BOX) // 2, place * _STEP
        shapes.append(_rectangle(x, y + 1, _BOX, _BOX_HEIGHT, "box", 15))
        shapes.append(_text(WIDTH // 2, y + 21, name, "label middle"))
    return _svg(title, (len(boxes) - 1) * _STEP + _BOX_HEIGHT + 2, shapes)


_MARKERS = Markup(
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="head-on" d="M0 0 8 4 0 8Z"/></marker><marker id="head-back" viewBox="0 0 8 8" refX="7" refY="4"'
    ' markerWidth="7" markerHeight="7" orient="auto"><path class="head-back" d="M0 0 8 4 0 8Z"/></marker></defs>'
)


def _straight(arrow: Arrow) -> Iterator[Markup]:
    x, y = WIDTH // 2, arrow.source * _STEP + _BOX_HEIGHT + 1
    kind, head = ("back", "head-back") if arrow.back else ("on", "head")
    yield _path(f"M{x} {y}V{(arrow.source + 1) * _STEP}", kind, head)
    yield _text(x + 8, y + 16, arrow.said, "value")


def _lane(lanes: list[list[tuple[int, int]]], arrow: Arrow) -> int:
    """The first lane in which nothing runs beside the arrow yet."""
    low, high = sorted((arrow.source, arrow.dest))
    for number, taken in enumerate(lanes):
        if all(high <= start or end <= low for start, end in taken):
            taken.append((low, high))
            return number
    lanes.append([(low, high)])
    return len(lanes) - 1


def _bowed(arrow: Arrow, lane: int, side: int) -> Iterator[Markup]:
    edge = WIDTH // 2 + side * _BOX // 2
    out = max(4, min(WIDTH - 4, edge + side * (14 + _LANE * lane)))
    start, end = (arrow.source * _STEP + _BOX_HEIGHT // 2 + 5, arrow.dest * _STEP + _BOX_HEIGHT // 2 - 4)
    kind, head = ("back", "head-back") if arrow.back else ("on", "head")
    yield _path(f"M{edge} {start}H{out}V{end}H{edge + side}", kind, head)
    yield _text(out - side * 3, (start + end) // 2 + 4, arrow.said, "value end" if side > 0 else "value")


def _path(line: str, kind: str, head: str) -> Markup:
    return Markup('<path class="way {}" d="{}" marker-end="url(#{})"/>').format(kind, line, head)


def _rectangle(x: int, y: int, wide: int, high: int, kind: str, round_: int = 2) -> Markup:
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="{}"/>').format(
        kind, x, y, wide, high, round_
    )


def _text(x: int, y: int, said: str, kind: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, x, y, said)


def _svg(title: str, height: int, shapes: Sequence[Markup]) -> Markup:
    opened = Markup('<svg class="chart" viewBox="0 -2 {} {}" role="img" aria-label="{}">').format(
        WIDTH, height + 4, title
    )
    return opened + Markup("").join(shapes) + Markup("</svg>")
