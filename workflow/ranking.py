"""排序: the closed reviews of a direction in order, equal ones on one rank, and where the line runs.

Pure. Who comes first is the result, then what the definition says is compared where results are equal, and nothing else:
never the order of opening, never a name. Where a line would part equal ones it parts nobody; the committee decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import groupby

from programmes.call import Direction, Review
from workflow.judgements import Judgement
from workflow.review import means_of
from workflow.stages import Stage

OUT = frozenset({Stage.WITHDRAWN, Stage.NOT_SELECTED, Stage.NOTICE_REJECTED, Stage.AWARD_CANCELLED, Stage.LAPSED})
"""Stages of what is out: told with its reason, in nobody's way."""


class Line(StrEnum):
    """Where an application stands towards the line. *AT*: equal ones of which not all have a place."""

    ABOVE = "above"
    AT = "at"
    BELOW = "below"
    FAILED = "failed"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An application whose review is closed. *amount_fen* None: no sum is proposed yet."""

    id: str
    number: str
    unit_name: str
    project_name: str
    region: str
    stage: Stage
    amount_fen: int | None
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """*rank* counts from 1, equal ones share it and the next is further on; 0 for what is out. *sum_fen*: what this one and
    all before it are proposed to get together, None from the first on that has no sum. *means*: by criterion, in hundredths."""

    rank: int
    tied: bool
    entry: Entry
    means: Mapping[str, Fraction]
    sum_fen: int | None
    line: Line
    over_budget: bool = False


def ranking(
    entries: Sequence[Entry],
    direction: Direction,
    rule: Review,
    places: int | None = None,
    budget_fen: int | None = None,
) -> tuple[Ranked, ...]:
    """Every entry, in order. *places*: how many have one, where not the definition's number; *budget_fen*: what there is."""
    inside = [entry for entry in entries if entry.stage not in OUT]
    outside = [entry for entry in entries if entry.stage in OUT]
    wanted = places or direction.places
    return (
        *_ranked(inside, direction, rule, wanted, budget_fen),
        *(_out(entry, direction) for entry in _named(outside)),
    )


def _ranked(
    entries: Sequence[Entry], direction: Direction, rule: Review, places: int | None, budget_fen: int | None
) -> Iterator[Ranked]:
    means = {entry.id: means_of(entry.judgement.sheets, direction.rubric) for entry in entries}

    def key(entry: Entry) -> tuple[Fraction | int, ...]:
        return (-entry.judgement.result, *(-means[entry.id][criterion] for criterion in direction.tie_break))

    before, total, known, closed = 0, 0, True, False
    for _, alike in groupby(sorted(_named(entries), key=key), key):
        group = list(alike)
        known = known and all(entry.amount_fen is not None for entry in group)
        total += sum(entry.amount_fen or 0 for entry in group)
        over = known and budget_fen is not None and total > budget_fen
        line = _line(group[0], rule, before, len(group), places)
        if (over or closed) and line is not Line.FAILED:
            line = Line.BELOW
        closed = closed or over
        for entry in group:
            yield Ranked(
                rank=before + 1,
                tied=len(group) > 1,
                entry=entry,
                means=means[entry.id],
                sum_fen=total if known else None,
                line=line,
                over_budget=closed,
            )
        before += len(group)


def _line(first: Entry, rule: Review, before: int, alike: int, places: int | None) -> Line:
    if rule.pass_mark is not None and first.judgement.result < rule.pass_mark * 100:
        return Line.FAILED
    if places is None or before + alike <= places:
        return Line.ABOVE
    return Line.AT if before < places else Line.BELOW


def _named(entries: Sequence[Entry]) -> list[Entry]:
    """Equal ones are listed by number; it gives nobody a better rank."""
    return sorted(entries, key=lambda entry: entry.number)


def _out(entry: Entry, direction: Direction) -> Ranked:
    means = means_of(entry.judgement.sheets, direction.rubric)
    return Ranked(rank=0, tied=False, entry=entry, means=means, sum_fen=None, line=Line.OUT)
