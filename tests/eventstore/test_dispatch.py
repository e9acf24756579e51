"""A command becomes facts in one transaction, once, decided on what is so at that moment."""

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import IntegrityError

from eventstore.dispatch import Dispatcher, Loaded, Outcome
from eventstore.event import Event
from eventstore.refusal import ConcurrencyConflict, KeyReused, PreconditionFailed, Refused
from tests.eventstore.jars import (
    FOLD,
    Jar,
    PebbleDropped,
    asked,
    dropping,
    house,
    noting,
    opening,
    pebble,
    pouring,
    rows,
)


@pytest.fixture
def jars(engine: Engine) -> Dispatcher:
    made = house(engine)
    made.dispatch("jar-1", FOLD, opening("blue"), asked())
    return made


def test_facts_and_projection_are_written_together(jars: Dispatcher) -> None:
    outcome = jars.dispatch("jar-1", FOLD, dropping(7), asked())
    assert outcome == Outcome("jar-1", 2, (2,), False)
    assert jars.load("jar-1", FOLD).state == Jar("blue", 7, 1)
    with jars.store.reading() as db:
        assert rows(db) == [("jar-1", "blue", 7, 1)]


def test_a_refusal_writes_nothing(jars: Dispatcher) -> None:
    with pytest.raises(Refused) as refused:
        jars.dispatch("jar-1", FOLD, opening("red"), asked("k"))
    assert [refusal.code for refusal in refused.value.refusals] == ["JAR_STANDS"]
    assert jars.store.head_position() == 1
    assert not jars.dispatch("jar-1", FOLD, dropping(1), asked("k")).replayed  # the key is still free


def test_nothing_to_do_is_no_event(jars: Dispatcher) -> None:
    def nothing(_db: Connection, _loaded: Loaded[Jar], _now: datetime) -> Sequence[Event]:
        return []

    assert jars.dispatch("jar-1", FOLD, nothing, asked()) == Outcome("jar-1", 1, (), False)


def test_the_same_key_answers_what_was_answered(jars: Dispatcher) -> None:
    first = jars.dispatch("jar-1", FOLD, dropping(7), asked("key", body=b"7"), result={"jar": "jar-1"})
    again = jars.dispatch("jar-1", FOLD, dropping(7), asked("key", body=b"7"))
    assert (again.replayed, again.positions, again.version) == (True, first.positions, first.version)
    assert again.result == {"jar": "jar-1"}
    assert jars.store.head_position() == 2


def test_the_same_key_with_another_body_is_refused(jars: Dispatcher) -> None:
    jars.dispatch("jar-1", FOLD, dropping(7), asked("key", body=b"7"))
    with pytest.raises(KeyReused):
        jars.dispatch("jar-1", FOLD, dropping(8), asked("key", body=b"8"))


def test_twenty_double_clicks_are_one_deed(jars: Dispatcher) -> None:
    outcomes: list[Outcome] = []
    gate = threading.Barrier(10)

    def click(number: int) -> None:
        gate.wait()
        outcomes.append(jars.dispatch(f"jar-{10 + number}", FOLD, opening(f"l{number}"), asked("one", body=b"x")))

    threads = [threading.Thread(target=click, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not outcome.replayed for outcome in outcomes) == 1
    assert {outcome.positions for outcome in outcomes} == {(2,)}


def test_a_stale_if_match_is_told_which_event_won(jars: Dispatcher) -> None:
    jars.dispatch("jar-1", FOLD, dropping(1), asked(if_match=1))
    with pytest.raises(PreconditionFailed) as failed:
        jars.dispatch("jar-1", FOLD, dropping(1), asked(if_match=1))
    assert failed.value.version == 2
    assert failed.value.latest is not None
    assert failed.value.latest.type == "jar.pebble_dropped"
    assert failed.value.latest.actor == "ann"


def test_a_command_overtaken_decides_again_on_what_is_so(jars: Dispatcher) -> None:
    seen: list[int] = []

    def slow(_db: Connection, loaded: Loaded[Jar], _now: datetime) -> Sequence[Event]:
        seen.append(loaded.version)
        if len(seen) == 1:
            raise ConcurrencyConflict("jar-1", 1, 2)
        return [PebbleDropped(grams=1)]

    jars.dispatch("jar-1", FOLD, slow, asked())
    assert seen == [1, 1]


def test_deciding_again_ends(jars: Dispatcher) -> None:
    tries: list[int] = []

    def never(_db: Connection, _loaded: Loaded[Jar], _now: datetime) -> Sequence[Event]:
        tries.append(1)
        raise ConcurrencyConflict("jar-1", 1, 2)

    with pytest.raises(ConcurrencyConflict):
        jars.dispatch("jar-1", FOLD, never, asked())
    assert len(tries) == 4


def test_a_set_rule_no_stream_sees_is_held_by_the_projection(jars: Dispatcher) -> None:
    with pytest.raises(IntegrityError):
        jars.dispatch("jar-2", FOLD, opening("blue"), asked())
    assert jars.store.head_position() == 1


def test_a_key_taken_behind_our_back_undoes_everything(jars: Dispatcher) -> None:
    """Key, append and COMMIT go on one way on PostgreSQL: what fails on it lets nothing behind it happen."""

    def taking(db: Connection, _loaded: Loaded[Jar], _now: datetime) -> Sequence[Event]:
        marks = "%s, %s" if db.dialect.name == "postgresql" else "?, ?"
        columns = "caller, key, fingerprint, stream, version, event_ids, result, created_at"
        sql = f"INSERT INTO command_keys ({columns}) SELECT {marks}, hash, stream, 1, '[]', '{{}}', 0 FROM events"
        db.exec_driver_sql(sql, ("ann", "key"))
        return [PebbleDropped(grams=1)]

    with pytest.raises(IntegrityError):
        jars.dispatch("jar-1", FOLD, taking, asked("key"))
    assert jars.store.head_position() == 1
    assert not jars.dispatch("jar-1", FOLD, dropping(1), asked("key")).replayed


def test_pebbles_into_two_jars_fall_together_or_not_at_all(jars: Dispatcher) -> None:
    jars.dispatch("jar-2", FOLD, opening("red"), asked())
    outcome = jars.dispatch("jar-2", FOLD, pouring(5, "jar-1", 1), asked())
    assert (outcome.version, outcome.positions) == (2, (3, 4))
    with pytest.raises(ConcurrencyConflict):
        jars.dispatch("jar-2", FOLD, pouring(5, "jar-1", 1), asked())
    assert jars.store.head_position() == 4
    assert jars.load("jar-1", FOLD).state.grams == 5


def test_opposite_pourings_never_lock_each_other_out(jars: Dispatcher) -> None:
    jars.dispatch("jar-2", FOLD, opening("red"), asked())
    failures: list[BaseException] = []
    poured: list[Outcome] = []

    def pour(own: str, other: str) -> None:
        for _ in range(20):
            try:
                poured.append(jars.dispatch(own, FOLD, pouring(1, other, jars.load(other, FOLD).version), asked()))
            except ConcurrencyConflict:
                pass
            except BaseException as error:
                failures.append(error)

    threads = [threading.Thread(target=pour, args=pair) for pair in (("jar-1", "jar-2"), ("jar-2", "jar-1"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert jars.load("jar-1", FOLD).state.grams == jars.load("jar-2", FOLD).state.grams == len(poured)


def test_two_who_act_at_the_same_moment_never_both_succeed(jars: Dispatcher) -> None:
    """The jar holds one pebble; fifty times two people drop one at once."""
    won: list[int] = []
    lost: list[int] = []

    def drop(number: int, gate: threading.Barrier) -> None:
        gate.wait()
        try:
            jars.dispatch(f"jar-p{number}", FOLD, dropping(1, at_most=1), asked())
            won.append(number)
        except Refused:
            lost.append(number)

    for number in range(50):
        gate = threading.Barrier(2)
        pair = [threading.Thread(target=drop, args=(number, gate)) for _ in range(2)]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join()
    assert sorted(won) == sorted(lost) == list(range(50))


def test_a_history_can_be_seen_as_it_stood(jars: Dispatcher) -> None:
    jars.dispatch("jar-1", FOLD, dropping(1), asked())
    between = jars.history("jar-1")[-1].recorded.instant
    jars.store.append("jar-1", 2, [pebble(4)])
    assert jars.load("jar-1", FOLD, until=between).state.grams == 1
    assert jars.load("jar-1", FOLD, until=1).state.grams == 0
    assert jars.load("jar-1", FOLD).state.grams == 5


def test_hooks_run_after_the_commit_and_not_for_repetitions(jars: Dispatcher) -> None:
    told: list[int] = []
    jars.on_commit.append(lambda outcome: told.append(jars.store.head_position() - outcome.positions[-1]))
    jars.dispatch("jar-1", FOLD, dropping(1), asked("k"))
    jars.dispatch("jar-1", FOLD, dropping(1), asked("k"))
    assert told == [0]


@contextmanager
def counting(engine: Engine) -> Generator[list[str]]:
    statements: list[str] = []

    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_a_transition_takes_few_statements(jars: Dispatcher) -> None:
    """The house allows twelve; the log leaves the rooms above at least five, personal values included."""
    with counting(jars.store.engine) as plain:
        jars.dispatch("jar-1", FOLD, dropping(1), asked("a", if_match=1))
    with counting(jars.store.engine) as personal:
        jars.dispatch("jar-1", FOLD, noting("王小明"), asked("b"))
    assert len(plain) <= 7, plain
    assert len(personal) <= 9, personal
