"""How experts' marks make one result.

Pure. Marks are hundredths of a point.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from programmes.call import Call, Review
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
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

    lines: tuple[SheetLine, ...]
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
    lines = _with_dropped([_line(sheet) for sheet in sheets], len(closed.dropped) // 2 if closed else 0)
    spread = spread_of([line.total for line in lines])
    rubric = call.direction(application.direction).rubric
    return MarksTable(
        lines=lines,
        means={one.id: _mean([line.marks.get(one.id, 0) for line in lines], 2) for one in rubric if lines},
        spread=spread,
        divergent=diverges(spread, call.review),
        result=review.result,
        method=closed.method if closed else "",
        leader=closed.leader if closed else "",
        divergence_reason=closed.divergence_reason if closed else "",
        opinion=closed.opinion if closed else "",
    )


def _line(sheet: Scored) -> SheetLine:
    return SheetLine(expert=sheet.expert, marks=sheet.marks, total=sheet.total, comment=sheet.comment)


def _with_dropped(lines: Sequence[SheetLine], trimmed: int) -> tuple[SheetLine, ...]:
    """Of equal totals the one that was drawn first is left out; the result is the same whichever it is."""
    if not trimmed:
        return tuple(lines)
    ranked = sorted(range(len(lines)), key=lambda place: (lines[place].total, place))
    out = {*ranked[:trimmed], *ranked[-trimmed:]}
    return tuple(replace(line, dropped=place in out) for place, line in enumerate(lines))
