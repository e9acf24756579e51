"""The whole log read again: a projection made anew, and the memory that it and verifying take.

The log is one real application of 42 events copied; five of them hold sealed personal values, as they really do. The floor
of a rebuild selects and decodes every payload and does nothing with it; the floor of verifying (`verifying`) selects every
event, hashes the same fields and compares.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from sqlalchemy import Engine, make_url

from bench import book, places
from bench.figures import Figure, absent, at_least, at_most, per_second
from bench.house import CATALOGUE, CODEC, PERSONAL, dispatcher_of
from bench.progress import Progress
from bench.rounds import Side, interleaved, timed
from bench.scale import Scale
from eventstore.chain import DOMAIN
from eventstore.facts import reading
from eventstore.projection import at_revision
from eventstore.rebuild import rebuild
from eventstore.verify import verify
from workflow.projections import Applications

_PAGE = 4096
_FLAT = 1.25
_HASHED = (
    "SELECT position, prev_hash, stream, version, {event_id}, type, schema_version, payload, metadata, actor,"
    " {correlation_id}, coalesce({causation_id}, ''), recorded_at, hash FROM events WHERE position > {mark}"
    f" ORDER BY position LIMIT {_PAGE}"
)
_DECODED = f"SELECT position, stream, version, type, payload, recorded_at FROM events WHERE position > {{mark}} ORDER BY position LIMIT {_PAGE}"
Ask = Callable[[str, int], Sequence[tuple[Any, ...]]]


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    template = book.played()
    with places.folder() as place:
        path = place / "log.db"
        with places.opened(f"sqlite:///{path}") as engine:
            book.write(engine, template, scale.events, progress.step("replay, writing the log"))
            yield from _figures("SQLite", engine, path, scale, scale.events, progress)
        yield from _memory(path, progress.step("replay, memory"))
    with places.postgres() as url:
        if url is None:
            yield absent("PostgreSQL rebuild and verify", "no server answers")
            return
        with places.opened(url) as engine:
            book.write(engine, template, scale.events_postgres, progress.step("replay, writing the log"))
            yield from _figures("PostgreSQL", engine, None, scale, scale.events_postgres, progress)


def _figures(
    name: str, engine: Engine, path: Path | None, scale: Scale, events: int, progress: Progress
) -> Iterator[Figure]:
    dispatcher_of(engine)
    sides: dict[str, Side] = {"ours": _rebuilding(engine), "floor": floor_of(engine, path, _decoding)}
    found = interleaved(scale.passes, sides, progress.step(f"replay, {name}, rebuild of the worklist"))
    yield at_least(
        f"{name}, rebuild of the worklist, {events:,} events",
        per_second(events / found.of("ours")),
        f"select + decode {per_second(events / found.of('floor'))}",
        found.ratio("floor", "ours"),
        0.35,
    )


def _rebuilding(engine: Engine) -> Side:
    """A new revision beside the live one, set live at the end."""
    dispatcher, revisions = dispatcher_of(engine), count(2)

    def side(_round: int) -> float:
        anew = at_revision(Applications(CATALOGUE), next(revisions))
        seconds = timed(lambda: rebuild(dispatcher.store, reading(CODEC, PERSONAL), anew))
        with dispatcher.store.begin() as db:
            db.exec_driver_sql(f"DELETE FROM projections WHERE name = 'applications' AND revision = {anew.revision}")
            anew.drop(db)
        return seconds

    return side


def verifying(engine: Engine, processes: int = 1) -> Side:
    def side(_round: int) -> float:
        def check() -> None:
            assert verify(engine, processes=processes).ok

        return timed(check)

    return side


def floor_of(engine: Engine, path: Path | None, work: Callable[[Ask, str], None]) -> Side:
    """The bare driver, a page at a time."""

    def side(_round: int) -> float:
        if path is not None:
            lite = sqlite3.connect(path)
            seconds = timed(lambda: work(lambda sql, after: lite.execute(sql, (after,)).fetchall(), "?"))
            lite.close()
            return seconds
        url = make_url(engine.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url) as db:
            return timed(lambda: work(lambda sql, after: db.execute(sql, (after,)).fetchall(), "%s"))

    return side


def _pages(ask: Ask, sql: str) -> Iterator[Sequence[tuple[Any, ...]]]:
    after = 0
    while rows := ask(sql, after):
        yield rows
        after = rows[-1][0]


def _decoding(ask: Ask, mark: str) -> None:
    decode = msgspec.json.Decoder().decode
    for rows in _pages(ask, _DECODED.format(mark=mark)):
        for row in rows:
            decode(row[4])


def hashing(ask: Ask, mark: str) -> None:
    ids = {name: f"{name}::text" if mark == "%s" else name for name in ("event_id", "correlation_id", "causation_id")}
    for rows in _pages(ask, _HASHED.format(mark=mark, **ids)):
        for _, prev, *fields, digest in rows:
            parts = [DOMAIN, prev]
            for field in fields:
                written = field.encode() if isinstance(field, str) else b"%d" % field
                parts += (len(written).to_bytes(8, "big"), written)
            if sha256(b"".join(parts)).digest() != digest:
                raise AssertionError("edited")


def _memory(path: Path, progress: Progress) -> Iterator[Figure]:
    """A process of its own replays the log; flat is: no more at the end than after the first tenth, but for a quarter."""
    for what in ("rebuild", "verify"):
        progress(0, 1)
        asked = [sys.executable, "-m", "bench.memory", what, str(path)]
        early, most = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
        yield at_most(
            f"memory while the log is replayed ({what})",
            f"at most {int(most) / 1024:.0f} MB",
            f"after a tenth {int(early) / 1024:.0f} MB",
            int(most) / int(early),
            _FLAT,
        )
