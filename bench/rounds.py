"""Sides measured in turn, A B B A, so that whatever else the machine does meets both; medians of rounds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from bench.progress import Progress

Side = Callable[[int], float]
"""Does its share of round *n* and answers the seconds it took; what it prepares is not counted."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds by side, one a round."""

    seconds: Mapping[str, Sequence[float]]

    def of(self, side: str) -> float:
        return median(self.seconds[side])

    def ratio(self, one: str, other: str) -> float:
        """How many times longer *one* took than *other*: the median of the rounds' own ratios."""
        return median(a / b for a, b in zip(self.seconds[one], self.seconds[other], strict=True))


def interleaved(rounds: int, sides: Mapping[str, Side], progress: Progress) -> Timed:
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        order = list(sides) if number % 2 == 0 else list(sides)[::-1]
        for done, name in enumerate(order):
            progress(number * len(sides) + done, rounds * len(sides))
            seconds[name].append(sides[name](number))
    progress(rounds * len(sides), rounds * len(sides))
    return Timed(seconds)


def timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def repeated(times: int, work: Callable[[], object], clock: Callable[[], float] = perf_counter) -> Side:
    """*work* over and over; answers the seconds of one."""

    def side(_round: int) -> float:
        start = clock()
        for _ in range(times):
            work()
        return (clock() - start) / times

    return side
