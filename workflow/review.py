"""How experts' marks make one result.

Pure. Marks are hundredths of a point.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from programmes.call import Call, Criterion, Review
from workflow.application import Application
from workflow.events import Scored


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
    unit: int = 10 ** (2 - decimals)
    return (2 * sum(marks) + len(marks) * unit) // (2 * len(marks) * unit) * unit


def spread_of(totals: Sequence[int]) -> int:
    """Hundredths between the highest and the lowest."""
    return max(totals) - min(totals) if totals else 0


def diverges(spread: int, rule: Review) -> bool:
    """Whether the experts are so far apart that the panel's leader has to say why."""
    return rule.divergence is not None and spread >= rule.divergence * 100


def points(hundredths: int) -> str:
    """2850 as 28.50."""
    sign, (whole, rest) = "-" * (hundredths < 0), divmod(abs(hundredths), 100)
    return f"{sign}{whole}.{rest:02d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What one expert gave: hundredths by criterion. *dropped*: the trimmed mean leaves it out."""

    expert: str
    marks: Mapping[str, int]
    total: int
    comment: str
    dropped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MarksTable:
    """评分汇总表: every expert's marks and opinion, criterion by criterion, and what became of them.

    *means*: of each criterion over all experts, in hundredths, half up. *result* is None while the review is open.
    """

    lines: tuple[Sheet, ...]
    means: Mapping[str, int]
    spread: int
    divergent: bool
    result: int | None
    method: str
    leader: str
    divergence_reason: str
    opinion: str


def marks_table(application: Application, call: Call) -> MarksTable:
    """The sheets of the panel as they stand, in the order in which it was drawn."""
    review, closed = application.review, application.review.closed
    sheets = [review.sheets[expert] for expert in review.panel if expert in review.sheets]
    lines = with_dropped([_sheet(sheet) for sheet in sheets], closed.dropped if closed else ())
    spread = spread_of([line.total for line in lines])
    rubric = call.direction(application.direction).rubric
    return MarksTable(
        lines=lines,
        means={name: half_up(mean) for name, mean in means_of(lines, rubric).items()} if lines else {},
        spread=spread,
        divergent=diverges(spread, call.review),
        result=review.result,
        method=closed.method if closed else "",
        leader=closed.leader if closed else "",
        divergence_reason=closed.divergence_reason if closed else "",
        opinion=closed.opinion if closed else "",
    )


def _sheet(event: Scored) -> Sheet:
    return Sheet(expert=event.expert, marks=event.marks, total=event.total, comment=event.comment)


def with_dropped(sheets: Sequence[Sheet], dropped: Sequence[int]) -> tuple[Sheet, ...]:
    """The sheets in their order, each with whether it is left out. *dropped*: the totals that the closing of the review names,
    as many low as high. Of equal totals the id decides, which is the same wherever and in whatever order sheets are read."""
    trimmed = len(dropped) // 2
    ranked = [sheet.expert for sheet in sorted(sheets, key=lambda sheet: (sheet.total, sheet.expert))]
    out = {*ranked[:trimmed], *ranked[len(ranked) - trimmed :]}
    return tuple(replace(sheet, dropped=sheet.expert in out) for sheet in sheets)


def means_of(sheets: Sequence[Sheet], rubric: Sequence[Criterion]) -> dict[str, Fraction]:
    """By criterion the mean over the whole panel, exact, in hundredths."""
    return {
        one.id: Fraction(sum(sheet.marks.get(one.id, 0) for sheet in sheets), max(len(sheets), 1)) for one in rubric
    }


def half_up(hundredths: Fraction) -> int:
    return int((hundredths * 2 + 1) // 2)
