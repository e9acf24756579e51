"""What fifty rows of a list need to say what can be done with each: `lifecycle.actions`, guards and reasons included.

The rows are one application as it stood after each of its events, so that every stage of its way is among them; the facts
are in memory, as `Handling.actions_of` has them. It is computing alone, so processor time is what counts.
"""

from collections.abc import Iterator
from functools import partial
from itertools import accumulate, cycle, islice
from time import process_time

from bench import book
from bench.figures import Figure, limit
from bench.progress import Progress
from bench.rounds import interleaved, repeated
from bench.scale import Scale
from directory.actor import Actor
from tests.scenario import ADMIN, CHANGSHA_HEAD, PROVINCE_CLERK, YUELU_HEAD, facts
from workflow.application import EMPTY, Application, evolve
from workflow.lifecycle import actions
from workflow.stages import Stage

_ROWS = 50
_WANTED_MS = 1.0
_PAGES: tuple[tuple[str, Actor, frozenset[Stage]], ...] = (
    ("a unit's drafts", ADMIN, frozenset({Stage.DRAFT})),
    ("a county's inbox", YUELU_HEAD, frozenset({Stage.UNIT_SEALED})),
    ("a city's inbox", CHANGSHA_HEAD, frozenset({Stage.COUNTY_RECOMMENDED})),
    ("the province's list", PROVINCE_CLERK, frozenset(Stage) - {Stage.DRAFT}),
)


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    stood = list(accumulate(book.played().events, evolve, initial=EMPTY))  # type: ignore[arg-type]
    sides = {
        name: repeated(max(scale.repeats // 20, 1), partial(_page, _rows(stood, stages), actor), process_time)
        for name, actor, stages in _PAGES
    }
    found = interleaved(scale.rounds, sides, progress)
    for name, _, _ in _PAGES:
        yield limit(f"actions for a page of {_ROWS}: {name}", found.of(name) * 1000, _WANTED_MS, " ms", 2)


def _rows(stood: list[Application], stages: frozenset[Stage]) -> list[Application]:
    return list(islice(cycle(one for one in stood if one.stage in stages), _ROWS))


def _page(rows: list[Application], actor: Actor) -> None:
    known = facts(actor, "2025-11-26 10:00")
    for application in rows:
        actions(application, known)
