"""A projection made anew from the log, beside the live one, while writing goes on.

A new revision is built in tables of its own and set live under the lock, which is held for the last events only. The
same revision is built in a shadow, compared, and, where it differs, put in the live one's place.
"""

# ruff: noqa: S608 -- only constants of this room are put into statements; values are always bound

import gc
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, delete, insert, inspect, select, update

from eventstore.aside import Aside
from eventstore.engine import patiently
from eventstore.facts import Reading
from eventstore.projection import FLIP_LOCK, Projection, at_revision
from eventstore.refusal import HistoryBroken
from eventstore.schema import projections
from eventstore.store import EventStore

APPEND_LOCK = 7453010383018225511
_SHADOW = 1000
_LOOKS = 5
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found. `equal`: the live rows were what the log says (None: a new revision went live)."""

    name: str
    revision: int
    events: int
    equal: bool | None
    differing: tuple[str, ...] = ()


def rebuild(
    store: EventStore,
    read: Reading,
    projection: Projection,
    *,
    repair: bool = True,
    progress: Progress | None = None,
    page: int = 4000,
    near: int = 100,
) -> Rebuilt:
    """Build *projection* anew from the log. *progress* gets (position, head); *repair* False only compares."""
    with store.reading() as db:
        live = db.scalar(
            select(projections.c.revision).where(projections.c.name == projection.name, projections.c.state == "live")
        )
    if live == projection.revision:
        return _Shadow(store, read, projection, page, near).run(repair, progress)
    return _Building(store, read, projection, page, near).go_live(progress)


class _Building:
    """A revision catching up with the log."""

    def __init__(self, store: EventStore, read: Reading, projection: Projection, page: int, near: int) -> None:
        self._store, self._read, self._projection = store, read, projection
        self._page, self._near = page, near
        self._key = (projections.c.name == projection.name) & (projections.c.revision == projection.revision)
        self.position = 0
        self.tables: frozenset[str] = frozenset()

    def go_live(self, progress: Progress | None) -> Rebuilt:
        self.start()
        self.catch_up(progress)
        with self._store.begin() as db:
            self.hold_the_log(db)
            self.apply_rest(db)
            same = projections.c.name == self._projection.name
            db.execute(update(projections).where(same, projections.c.state == "live").values(state="retired"))
            db.execute(update(projections).where(self._key).values(state="live"))
        if progress is not None:
            progress(self.position, self.position)
        return Rebuilt(self._projection.name, self._projection.revision, self.position, None)

    def start(self) -> None:
        with self._store.begin() as db:
            self._projection.drop(db)
            db.execute(delete(projections).where(self._key, projections.c.state != "live"))
            before = set(inspect(db).get_table_names())
            self._projection.create(db)
            self.tables = frozenset(inspect(db).get_table_names()) - before
            row = {"name": self._projection.name, "revision": self._projection.revision, "state": "building"}
            db.execute(insert(projections).values(row))
        suffix = f"_r{self._projection.revision}"
        if any(not name.endswith(suffix) for name in self.tables):
            raise HistoryBroken(f"{self._projection.name} keeps tables that do not end in {suffix}")

    def catch_up(self, progress: Progress | None) -> None:
        """Page by page, until the head is near."""
        while True:
            with _undisturbed(), self._store.begin() as db:
                self._apply(db, self._page)
            head = self._store.head_position()
            if progress is not None:
                progress(self.position, head)
            if head - self.position < self._near:
                return

    def apply_rest(self, db: Connection) -> None:
        while self._apply(db, self._page):
            pass

    def _apply(self, db: Connection, limit: int) -> int:
        recorded = self._store.all_in(db, self.position, limit)
        if not recorded:
            return 0
        kept = self._projection
        kept.apply(db, self._read(db, recorded, kept.personal, kept.wanted))
        reached = recorded[-1].position
        if reached - self.position != len(recorded):
            raise HistoryBroken(f"a position is missing between {self.position} and {reached}")
        self._move(db, reached)
        return len(recorded)

    def hold(self, db: Connection) -> None:
        """What stands under this revision is ours until *db* ends. HistoryBroken where somebody has begun it anew."""
        self._move(db, self.position)

    def _move(self, db: Connection, reached: int) -> None:
        if not self._is_moved(db, reached):
            raise HistoryBroken(f"{self._projection.name} is being built by another process")
        self.position = reached

    def _is_moved(self, db: Connection, reached: int) -> bool:
        ours = (self._key, projections.c.state == "building", projections.c.position == self.position)
        return db.execute(update(projections).where(*ours).values(position=reached)).rowcount == 1

    def hold_the_log(self, db: Connection) -> None:
        """Nothing is decided and nothing appended until *db* commits. SQLite's write transaction is that already."""
        if db.dialect.name == "postgresql":
            db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({FLIP_LOCK})")
            db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({APPEND_LOCK})")

    def clear(self) -> None:
        """Leave nothing behind; what somebody began anew is theirs."""
        with self._store.begin() as db:
            if self._is_moved(db, self.position):
                self._projection.drop(db)
                db.execute(delete(projections).where(self._key))


@contextmanager
def _undisturbed() -> Generator[None]:
    """A page of facts holds no cycles and is gone when it is applied: looking for cycles meanwhile takes a third of it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Shadow:
    """The live revision made a second time, to compare and to mend."""

    def __init__(self, store: EventStore, read: Reading, projection: Projection, page: int, near: int) -> None:
        self._store, self._read, self._projection = store, read, projection
        self._shadow = at_revision(projection, projection.revision + _SHADOW)
        self._building = _Building(store, read, self._shadow, page, near)

    def run(self, repair: bool, progress: Progress | None) -> Rebuilt:
        building = self._building
        building.start()
        if not building.tables:
            raise HistoryBroken(f"{self._projection.name} does not keep its rows by revision")
        try:
            building.catch_up(progress)
            differing = self._differing_at_a_glance()
            if differing is None or (differing and repair):
                differing = self._differing_under_the_lock(repair)
        finally:
            building.clear()
        if progress is not None:
            progress(building.position, building.position)
        name, revision = self._projection.name, self._projection.revision
        return Rebuilt(name, revision, building.position, not differing, tuple(differing))

    def _pairs(self) -> list[tuple[str, str]]:
        """(live table, shadow table)"""
        old, new = f"_r{self._shadow.revision}", f"_r{self._projection.revision}"
        return [(name.removesuffix(old) + new, name) for name in sorted(self._building.tables)]

    def _differing_at_a_glance(self) -> Sequence[str] | None:
        """Compare in a snapshot of one moment, without any lock; None when the log never held still."""
        snapshot = {"isolation_level": "REPEATABLE READ"} if self._store.engine.dialect.name == "postgresql" else {}
        for _ in range(_LOOKS):
            with self._store.begin() as db:
                self._apply_rest(db)
            with patiently(), self._store.engine.connect().execution_options(**snapshot) as db, db.begin():
                if db.dialect.name == "postgresql":
                    db.exec_driver_sql("SET LOCAL statement_timeout = 0")
                if self._store.head_in(db) == self._building.position:
                    return self._differing(db)
        return None

    def _differing_under_the_lock(self, repair: bool) -> Sequence[str]:
        with self._store.begin() as db:
            self._building.hold_the_log(db)
            if db.dialect.name == "postgresql":
                db.exec_driver_sql("SET LOCAL statement_timeout = 0")
            self._apply_rest(db)
            self._building.hold(db)
            differing = self._differing(db)
            for live, shadow in self._pairs():
                if repair and live in differing:
                    db.exec_driver_sql(f'DELETE FROM "{live}"')
                    db.exec_driver_sql(f'INSERT INTO "{live}" SELECT * FROM "{shadow}"')
            return differing

    def _apply_rest(self, db: Connection) -> None:
        """What neither has seen yet; one that is kept aside may be behind its shadow."""
        self._building.apply_rest(db)
        if isinstance(self._projection, Aside):
            while self._projection.follow_in(db, self._store, self._read):
                pass

    def _differing(self, db: Connection) -> list[str]:
        return [live for live, shadow in self._pairs() if _differ(db, live, shadow)]


def _differ(db: Connection, one: str, other: str) -> bool:
    def count(table: str) -> int:
        return int(db.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one())

    def surplus(here: str, there: str) -> bool:
        sql = f'SELECT 1 FROM (SELECT * FROM "{here}" EXCEPT SELECT * FROM "{there}") AS surplus LIMIT 1'
        return db.exec_driver_sql(sql).first() is not None

    return count(one) != count(other) or surplus(one, other) or surplus(other, one)
