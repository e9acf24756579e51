"""A projection is what the log says: made anew beside the live one, while writing goes on, and nothing is announced."""

import os
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Connection, inspect, text

from eventstore.dispatch import Dispatcher
from eventstore.event import Fact, Unread
from eventstore.facts import Reading, reading
from eventstore.projection import TableProjection, install
from eventstore.rebuild import _Shadow, rebuild
from eventstore.refusal import HistoryBroken, Superseded
from eventstore.store import EventStore
from tests.eventstore.jars import CODEC, FOLD, JarOpened, Shelf, asked, dropping, house, noting, opening, rows


class Shelf2(Shelf):
    """The next release keeps tables of revision 2."""

    revision = 2


@pytest.fixture
def jars(store: EventStore) -> Dispatcher:
    made = house(store.engine)
    for number in range(5):
        made.dispatch(f"jar-{number}", FOLD, opening(f"label {number}"), asked())
        for grams in range(4):
            made.dispatch(f"jar-{number}", FOLD, dropping(grams), asked())
    return made


def read(jars: Dispatcher) -> Reading:
    return reading(CODEC, jars.personal)


def shelf(jars: Dispatcher, revision: int = 1) -> list[tuple[object, ...]]:
    with jars.store.reading() as db:
        return rows(db, revision)


def test_the_projection_kept_is_the_projection_rebuilt(jars: Dispatcher) -> None:
    seen: list[tuple[int, int]] = []
    report = rebuild(jars.store, read(jars), Shelf(), page=7, near=5, progress=lambda done, of: seen.append((done, of)))
    assert (report.equal, report.events, report.differing) == (True, 25, ())
    assert seen[-1] == (25, 25)
    assert [name for name in inspect(jars.store.engine).get_table_names() if name.startswith("shelf")] == ["shelf_r1"]


def test_drift_is_named_and_mended(jars: Dispatcher) -> None:
    right = shelf(jars)
    with jars.store.begin() as db:
        db.execute(text("UPDATE shelf_r1 SET grams = 1000 WHERE stream = 'jar-3'"))
        db.execute(text("DELETE FROM shelf_r1 WHERE stream = 'jar-4'"))
    looked = rebuild(jars.store, read(jars), Shelf(), repair=False)
    assert (looked.equal, looked.differing) == (False, ("shelf_r1",))
    assert shelf(jars) != right
    assert rebuild(jars.store, read(jars), Shelf()).equal is False
    assert shelf(jars) == right
    assert rebuild(jars.store, read(jars), Shelf()).equal is True


def test_a_projection_that_does_not_follow_its_revision_is_not_touched(jars: Dispatcher) -> None:
    class Stubborn(Shelf):
        def table(self, declared: object) -> object:  # type: ignore[override]
            del declared
            return Shelf().table(Shelf.declared[0])

        def drop(self, db: Connection) -> None: ...

    right = shelf(jars)
    with pytest.raises(Exception, match="by revision"):
        rebuild(jars.store, read(jars), Stubborn())
    assert shelf(jars) == right


def writing_meanwhile(jars: Dispatcher, work: Callable[[], object]) -> int:
    """Commands written by two threads while *work* goes on; answers how many."""
    stop, done, failures = threading.Event(), [0, 0], list[BaseException]()

    def write(thread: int) -> None:
        while not stop.is_set():
            try:
                jars.dispatch(f"jar-{done[thread] % 5}", FOLD, dropping(1), asked())
                done[thread] += 1
            except BaseException as error:
                failures.append(error)
                return
            time.sleep(0.001)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        work()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures, failures
    return sum(done)


def test_a_new_revision_is_built_and_goes_live_while_writing_goes_on(jars: Dispatcher) -> None:
    jars.projections = (Shelf(), Shelf2())  # the release in between knows both
    with jars.store.begin() as db:
        assert [kept.revision for kept in install(db, jars.projections)] == [2]

    def work() -> None:
        time.sleep(0.05)
        rebuild(jars.store, read(jars), Shelf2(), page=5, near=3)
        time.sleep(0.1)

    written = writing_meanwhile(jars, work)
    assert written > 5
    grams = sum(event.payload != '{"grams":0}' for event in jars.store.read_all(25, 10**6))
    assert grams == written
    assert sum(int(str(row[3])) for row in shelf(jars, 2)) == 20 + written
    assert rebuild(jars.store, read(jars), Shelf2()).equal is True


def test_the_live_revision_is_compared_while_writing_goes_on(jars: Dispatcher) -> None:
    reports: list[bool | None] = []
    writing_meanwhile(jars, lambda: reports.append(rebuild(jars.store, read(jars), Shelf(), page=5).equal))
    assert reports == [True]


def test_code_of_an_older_revision_stops_writing(jars: Dispatcher) -> None:
    rebuild(jars.store, read(jars), Shelf2())
    with pytest.raises(Superseded):
        jars.dispatch("jar-1", FOLD, dropping(1), asked())
    jars.projections = (Shelf2(),)
    jars.dispatch("jar-1", FOLD, dropping(1), asked())


def test_a_rebuild_looks_only_into_the_facts_that_are_wanted(jars: Dispatcher) -> None:
    handed: list[Fact] = []

    class Labels(Shelf2):
        wanted = frozenset({JarOpened})

        def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
            handed.extend(facts)
            super().apply(db, facts)

    rebuild(jars.store, read(jars), Labels())
    assert [fact.recorded.position for fact in handed] == list(range(1, 26))
    assert {type(fact.event) for fact in handed if fact.recorded.type == "jar.jar_opened"} == {JarOpened}
    assert {type(fact.event) for fact in handed if fact.recorded.type != "jar.jar_opened"} == {Unread}


def test_a_rebuild_that_died_can_begin_again(jars: Dispatcher) -> None:
    class Dying(Shelf2):
        def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
            super().apply(db, facts)
            if facts[0].recorded.position > 10:
                raise MemoryError

    with pytest.raises(MemoryError):
        rebuild(jars.store, read(jars), Dying(), page=5)
    assert rebuild(jars.store, read(jars), Shelf2()).equal is None
    assert shelf(jars, 2) == shelf(jars)


def test_who_was_overtaken_meddles_with_nothing(jars: Dispatcher) -> None:
    """It slept between its last page and the comparison; another began the same revision anew, and has read nothing yet."""
    asked(jars)
    before = shelf(jars)
    assert before
    another = _Shadow(jars.store, read(jars), Shelf(), 4000, 100)._building
    begun: list[int] = []

    def overtaken(_position: int, _head: int) -> None:
        if not begun:
            begun.append(1)
            another.start()

    with pytest.raises(HistoryBroken, match="another process"):
        rebuild(jars.store, read(jars), Shelf(), progress=overtaken)
    assert shelf(jars) == before
    another.catch_up(None)
    another.clear()


def test_replay_asks_neither_clock_nor_chance_nor_the_world(jars: Dispatcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding, folding and projecting use nothing but the events."""
    jars.dispatch("jar-1", FOLD, noting("王"), asked())
    with jars.store.reading() as db:
        recorded = jars.store.all_in(db)
        facts = read(jars)(db, recorded)
    kept = Shelf2()
    with jars.store.begin() as db:
        kept.create(db)
        with monkeypatch.context() as blocked:

            def forbidden(*_: object, **__: object) -> object:
                raise AssertionError("replay asked the world")

            for owner, name in (
                (time, "time"),
                (time, "time_ns"),
                (os, "urandom"),
                (random, "random"),
                (socket, "socket"),
            ):
                blocked.setattr(owner, name, forbidden)
            decoded = [CODEC.decode(event) for event in recorded]
            state = FOLD.initial
            for fact in facts:
                if fact.recorded.stream == "jar-1":
                    state = FOLD.evolve(state, fact.event)
            kept.apply(db, facts)
    assert len(decoded) == 26
    assert state == jars.load("jar-1", FOLD).state
    assert shelf(jars, 2) == shelf(jars)


def test_everything_goes_live_at_once_while_the_log_is_empty(store: EventStore) -> None:
    kept: list[TableProjection] = [Shelf()]
    with store.begin() as db:
        assert install(db, kept) == []
        assert install(db, kept) == []
