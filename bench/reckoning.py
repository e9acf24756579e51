"""What a subsidy of five thousand cost lines takes to reckon, audited and explained, beside adding up the same figures.

Computing alone, so processor time is what counts.
"""

from collections.abc import Iterator
from functools import partial
from time import process_time
from typing import Any

from bench.figures import Figure, at_most, limit, time_of
from bench.progress import Progress
from bench.rounds import interleaved, repeated
from bench.scale import Scale
from programmes.costs import Costs, lines_of, payments_of
from programmes.subsidy import reckon
from tests.programmes.benchmark import answers, costs

LINES = 5_000
_WANTED_MS = 50.0


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    terms, book = costs(), _many(LINES)
    audited = {line.number: line.ex_tax or 0 for line in lines_of(terms, book)}
    times = max(scale.repeats // 50, 1)
    sides = {
        "estimate": repeated(times, partial(reckon, terms, book), process_time),
        "audited": repeated(times, partial(reckon, terms, book, audited), process_time),
        "explained": repeated(times, partial(_explained, terms, book, audited), process_time),
        "reading": repeated(times, partial(_added, terms, book), process_time),
    }
    found = interleaved(scale.rounds, sides, progress)
    floor = found.of("reading")
    for name in ("estimate", "audited"):
        yield limit(f"subsidy of {LINES} cost lines, {name}", found.of(name) * 1000, _WANTED_MS, " ms", 1)
    for name in ("audited", "explained"):
        what = f"subsidy of {LINES} lines, {name}, beside reading and adding them"
        yield at_most(what, time_of(found.of(name)), time_of(floor), found.of(name) / floor)


def _many(lines: int) -> dict[str, Any]:
    """The first line and payment of scenario 5.C, over and over under numbers of their own."""
    terms, sample = costs(), answers()
    line, payment = sample[terms.lines], sample[terms.payments]
    assert isinstance(line, list)
    assert isinstance(payment, list)
    first, paid = line[0], payment[0]
    assert isinstance(first, dict)
    assert isinstance(paid, dict)
    return {
        terms.lines: [{**first, "number": f"L{number}"} for number in range(lines)],
        terms.payments: [{**paid, "line": f"L{number}"} for number in range(lines)],
    }


def _explained(terms: Costs, book: dict[str, Any], audited: dict[str, int]) -> int:
    found = reckon(terms, book, audited)
    return sum(len(step.words.zh) for line in found.lines for step in line.steps(terms))


def _added(terms: Costs, book: dict[str, Any]) -> int:
    """The floor: every line and payment read once and added up."""
    return sum(line.ex_tax or 0 for line in lines_of(terms, book)) + sum(
        one.amount or 0 for one in payments_of(terms, book)
    )
