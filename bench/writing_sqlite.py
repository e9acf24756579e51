"""The way into the log on SQLite, beside the standard library's sqlite3 sending the very same statements.

The write part goes from the decision to the commit: canonical bytes, hash, every projection of the house, command key,
append, commit, FULL. The whole dispatch has lock, key look-up, load and fold before that. Their statements are recorded
once, with their parameters, and replayed by the floor on a copy of the same database: the floor encodes nothing, hashes
nothing, decides nothing.
"""

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import event

from bench import places
from bench.figures import Figure, at_least, per_second
from bench.house import SAVED, Watch, command, commands, dispatcher_of, open_one
from bench.progress import Progress
from bench.rounds import Side, Timed, interleaved, timed
from bench.scale import Scale

Statement: TypeAlias = tuple[str, Any]
Script: TypeAlias = list[list[Statement]]
_WARM = 20
_STREAMS = 50
_LOOKS = 1  # statements before the decision: what is live, what the key did before, and the stream


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    with places.folder() as place:
        seed, applications = _seed(place)
        order = list(itertools.islice(itertools.cycle(applications), _WARM + scale.commands))
        script = _recorded(places.copied(seed, place), order)
        watches: list[Watch] = []
        sides = {
            "whole": _ours(seed, order, watches),
            "all": _bare(seed, script),
            "writing": _bare(seed, [some[_LOOKS:] for some in script]),
        }
        seconds = dict(interleaved(scale.rounds, sides, progress).seconds)
    found = Timed(seconds | {"write": [watch.write for watch in watches]})
    rates = {side: per_second(scale.commands / found.of(side)) for side in found.seconds}
    what = "SQLite write path, FULL: event + projections + key, from the decision to the commit"
    yield at_least(
        what, rates["write"], f"sqlite3, the same SQL {rates['writing']}", found.ratio("writing", "write"), 0.5
    )
    what = f"  the whole dispatch, loading and looking up included ({max(map(len, script))} statements)"
    yield at_least(what, rates["whole"], f"sqlite3, the same SQL {rates['all']}", found.ratio("all", "whole"), 0.5)


def _seed(place: Path) -> tuple[Path, Sequence[UUID]]:
    path = place / "seed.db"
    with places.opened(f"sqlite:///{path}") as engine:
        dispatcher = dispatcher_of(engine)
        return path, [open_one(dispatcher, serial) for serial in range(1, _STREAMS + 1)]


def _recorded(path: Path, order: Sequence[UUID]) -> Script:
    script: Script = []
    with places.opened(f"sqlite:///{path}") as engine:
        dispatcher = dispatcher_of(engine)
        event.listen(engine, "before_cursor_execute", lambda *args: script[-1].append((args[2], args[3])))
        for application in order:
            script.append([])
            command(dispatcher, application, SAVED)
    return script


def _ours(seed: Path, order: Sequence[UUID], watches: list[Watch]) -> Side:
    def side(_round: int) -> float:
        path = places.copied(seed, seed.parent)
        with places.opened(f"sqlite:///{path}") as engine:
            dispatcher = dispatcher_of(engine)
            commands(dispatcher, order[:_WARM])
            watches.append(commands(dispatcher, order[_WARM:]))
        path.unlink()
        return watches[-1].whole

    return side


def _bare(seed: Path, script: Script) -> Side:
    def side(_round: int) -> float:
        path = places.copied(seed, seed.parent)
        db = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
            db.execute(f"PRAGMA {pragma}")
        _replay(db, script[:_WARM])
        seconds = timed(lambda: _replay(db, script[_WARM:]))
        db.close()
        path.unlink()
        return seconds

    return side


def _replay(db: sqlite3.Connection, script: Script) -> None:
    for statements in script:
        db.execute("BEGIN IMMEDIATE")
        for sql, parameters in statements:
            if isinstance(parameters, list):
                db.executemany(sql, parameters)
            else:
                db.execute(sql, parameters).fetchall()
        db.execute("COMMIT")
