"""The whole log verified: by one process and by two, beside a bare hashing loop over the same rows.

The log is that of `replaying`. Two processes each begin with nothing loaded, and that is counted.
"""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from bench import book, places
from bench.figures import Figure, absent, at_least, per_second
from bench.progress import Progress
from bench.replaying import floor_of, hashing, verifying
from bench.rounds import Side, interleaved
from bench.scale import Scale

_ONE, _TWO = 0.8, 1.6


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    template = book.played()
    with places.folder() as place:
        path = place / "log.db"
        with places.opened(f"sqlite:///{path}") as engine:
            book.write(engine, template, scale.events, progress.step("verify, SQLite, writing the log"))
            yield from _figures("SQLite", engine, path, scale, scale.events, progress)
    with places.postgres() as url:
        if url is None:
            yield absent("PostgreSQL verify", "no server answers")
            return
        with places.opened(url) as engine:
            book.write(engine, template, scale.events_postgres, progress.step("verify, PostgreSQL, writing the log"))
            yield from _figures("PostgreSQL", engine, None, scale, scale.events_postgres, progress)


def _figures(
    name: str, engine: Engine, path: Path | None, scale: Scale, events: int, progress: Progress
) -> Iterator[Figure]:
    sides: dict[str, Side] = {
        "one": verifying(engine),
        "two": verifying(engine, 2),
        "floor": floor_of(engine, path, hashing),
    }
    found = interleaved(scale.passes, sides, progress.step(f"verify, {name}"))
    said = f"bare hashing loop {per_second(events / found.of('floor'))}"
    for side, what, wanted in (("one", "verify", _ONE), ("two", "verify, two processes", _TWO)):
        ours, ratio = per_second(events / found.of(side)), found.ratio("floor", side)
        yield at_least(f"{name}, {what}, {events:,} events", ours, said, ratio, wanted)
