"""How experts are drawn and how their marks make one result.

Pure. The draw is repeatable: the same seed and the same pool give the same experts, so that anybody can draw again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from workflow.application import Application
from workflow.facts import Expert


def eligible(pool: Sequence[Expert], application: Application) -> tuple[Expert, ...]:
    """Who may be drawn: never again who was drawn or stepped aside, and nobody the applicant employs."""
    gone = {*application.review.drawn_ever, *application.review.conflicts}
    return tuple(expert for expert in pool if expert.id not in gone and expert.employer != application.lead_unit)


def draw(pool: Sequence[Expert], seed: str, places: int) -> tuple[str, ...]:
    """*places* experts of the pool, the lowest by SHA-256 of seed and id; fewer when the pool is smaller."""
    ranked = sorted(expert.id for expert in pool)
    ranked.sort(key=lambda expert: hashlib.sha256(f"{seed}:{expert}".encode()).digest())
    return tuple(ranked[:places])


@dataclass(frozen=True, slots=True)
class Result:
    """Hundredths of a point. *dropped*: the lowest and the highest, when the mean is trimmed."""

    value: int
    dropped: tuple[int, ...]
    method: str


def result_of(totals: Sequence[int], trim: int = 1, trim_from: int = 5) -> Result:
    """The mean in hundredths, half up, without the *trim* lowest and highest where *trim_from* marks or more are there."""
    marks = sorted(totals)
    if trim and len(marks) >= max(trim_from, 2 * trim + 1):
        return Result(_mean(marks[trim:-trim]), (*marks[:trim], *marks[-trim:]), "trimmed_mean")
    return Result(_mean(marks), (), "mean")


def _mean(marks: Sequence[int]) -> int:
    """Half up on integers: (2·Σ + n) // 2n."""
    return (2 * sum(marks) + len(marks)) // (2 * len(marks))
