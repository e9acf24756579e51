"""One line of the table: what was measured, ours, the floor beside it, and whether the wanted ratio was reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from unicodedata import east_asian_width

HEADINGS = ("what", "ours", "floor or peer", "ratio", "wanted", "reached")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """*reached* None: nothing was wanted, the line is there to be honest about what the one above includes."""

    what: str
    ours: str
    floor: str = "-"
    ratio: str = "-"
    wanted: str = "-"
    reached: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        reached = {None: "-", True: "yes", False: "no"}[self.reached]
        return (self.what, self.ours, self.floor, self.ratio, self.wanted, reached)


def at_least(what: str, ours: str, floor: str, ratio: float, wanted: float | None = None) -> Figure:
    """The more the better: a throughput as a part of the floor's."""
    if wanted is None:
        return Figure(what=what, ours=ours, floor=floor, ratio=f"{ratio:.2f}")
    return Figure(
        what=what, ours=ours, floor=floor, ratio=f"{ratio:.2f}", wanted=f">= {wanted:g}", reached=ratio >= wanted
    )


def at_most(what: str, ours: str, floor: str, ratio: float, wanted: float | None = None) -> Figure:
    """The less the better: a time in multiples of the floor's."""
    if wanted is None:
        return Figure(what=what, ours=ours, floor=floor, ratio=f"{ratio:.2f}")
    return Figure(
        what=what, ours=ours, floor=floor, ratio=f"{ratio:.2f}", wanted=f"<= {wanted:g}", reached=ratio <= wanted
    )


def limit(what: str, ours: float, wanted: float, unit: str = "", digits: int = 0) -> Figure:
    """A plain limit, without a floor."""
    said = f"{ours:.{digits}f}{unit}"
    return Figure(what=what, ours=said, wanted=f"<= {wanted:g}{unit}", reached=ours <= wanted)


def absent(what: str, why: str) -> Figure:
    """What could not be measured here, and why."""
    return Figure(what=what, ours=why)


def table(figures: Iterable[Figure]) -> str:
    """As Markdown, so that it can be kept."""
    rows = [HEADINGS, *(figure.cells for figure in figures)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "| " + " | ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def per_second(rate: float) -> str:
    return f"{rate / 1000:.0f} k/s" if rate >= 10_000 else f"{rate:.0f}/s"


def time_of(seconds: float) -> str:
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    return f"{seconds * 1000:.2f} ms" if seconds < 1 else f"{seconds:.1f} s"
