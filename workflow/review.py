"""How experts' marks make one result.

Pure. Marks are hundredths of a point.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """Hundredths of a point. *dropped*: the lowest and the highest, when the mean is trimmed."""

    value: int
    dropped: tuple[int, ...]
    method: str


def result_of(totals: Sequence[int], trim: int = 1, trim_from: int = 5, decimals: int = 2) -> Result:
    """The mean, half up to *decimals* places and in hundredths, without the *trim* lowest and highest where *trim_from* marks
    or more are there."""
    marks = sorted(totals)
    if trim and len(marks) >= max(trim_from, 2 * trim + 1):
        return Result(_mean(marks[trim:-trim], decimals), (*marks[:trim], *marks[-trim:]), "trimmed_mean")
    return Result(_mean(marks, decimals), (), "mean")


def _mean(marks: Sequence[int], decimals: int) -> int:
    """Half up on integers, in steps of *unit* hundredths: (2·Σ + n·unit) // (2·n·unit)."""
    unit = 10 ** (2 - decimals)
    return (2 * sum(marks) + len(marks) * unit) // (2 * len(marks) * unit) * unit
