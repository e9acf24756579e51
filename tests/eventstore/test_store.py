"""The log keeps facts in order, refuses every change, and says how long it will wait."""

import threading
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from eventstore.engine import open_engine
from eventstore.event import NewEvent, microseconds
from eventstore.refusal import Busy, ConcurrencyConflict
from eventstore.store import EventStore
from tests.eventstore.jars import pebble


def test_what_was_written_is_read(store: EventStore) -> None:
    before = microseconds(datetime.now(UTC))
    written = store.append("jar-1", 0, [pebble(1), NewEvent(type="t", payload='{ "b": "王", "a": [1] }', actor="ann")])
    assert store.read_stream("jar-1") == written == store.read_all()
    assert [event.position for event in written] == [1, 2] == [event.version for event in written]
    assert written[1].payload == '{"a":[1],"b":"王"}'
    assert written[0].recorded_at >= before
    assert written[0].instant.tzinfo is not None
    assert (store.head_position(), written[0].algorithm) == (2, "SHA-256")
    assert written[1].prev_hash == written[0].hash


def test_streams_are_read_forwards_backwards_and_in_parts(store: EventStore) -> None:
    store.append("jar-1", 0, [pebble(number) for number in range(5)])
    store.append("jar-2", 0, [NewEvent(type="other", payload={}, actor="ann")])
    versions = [event.version for event in store.read_stream("jar-1", after_version=1, limit=2)]
    assert versions == [2, 3]
    assert [event.version for event in store.read_stream("jar-1", limit=2, backwards=True)] == [5, 4]
    assert [event.position for event in store.read_all(after_position=3, limit=2)] == [4, 5]
    assert [event.position for event in store.read_all(types=["other"])] == [6]
    assert store.read_all(types=[]) == store.read_stream("nobody") == []


@pytest.mark.parametrize("expected", [0, 1, 3, 99])
def test_a_stale_or_future_version_is_refused(store: EventStore, expected: int) -> None:
    store.append("jar-1", 0, [pebble(), pebble()])
    with pytest.raises(ConcurrencyConflict):
        store.append("jar-1", expected, [pebble()])
    with pytest.raises(ConcurrencyConflict), store.begin() as db:
        store.append("jar-1", expected, [pebble()], conn=db)
    assert store.head_position() == 2


def test_a_new_stream_cannot_begin_in_the_middle(store: EventStore) -> None:
    with pytest.raises(ConcurrencyConflict):
        store.append("jar-1", 3, [pebble()])


def test_several_streams_are_written_together_or_not_at_all(store: EventStore) -> None:
    with store.begin() as db:
        store.append("jar-1", 0, [pebble()], conn=db)
        store.append("jar-2", 0, [pebble(), pebble()], conn=db)

    def half_right() -> None:
        with store.begin() as db:
            store.append("jar-1", 1, [pebble()], conn=db)
            store.append("jar-2", 0, [pebble()], conn=db)

    with pytest.raises(ConcurrencyConflict):
        half_right()
    assert [(event.position, event.stream) for event in store.read_all()] == [(1, "jar-1"), (2, "jar-2"), (3, "jar-2")]


@pytest.mark.parametrize("payload", [{"x": 1.5}, {"x": [{"y": float("nan")}]}, '{"x":1.0}', '{"x":1e3}'])
def test_floats_never_enter(store: EventStore, payload: object) -> None:
    with pytest.raises(TypeError):
        store.append("jar-1", 0, [NewEvent(type="t", payload=payload, actor="ann")])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert store.head_position() == 0


@pytest.mark.parametrize("payload", ["[1]", "{", '{"x":NaN}', {"x": "\ud800"}])
def test_what_is_no_json_object_never_enters(store: EventStore, payload: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        store.append("jar-1", 0, [NewEvent(type="t", payload=payload, actor="ann")])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_nul_is_text_in_a_payload_and_nothing_elsewhere(store: EventStore) -> None:
    store.append("jar-1", 0, [NewEvent(type="t", payload={"x": "a\x00b"}, actor="ann")])
    assert store.read_all()[0].payload == '{"x":"a\\u0000b"}'
    with pytest.raises(ValueError, match="NUL"):
        store.append("jar-1", 1, [NewEvent(type="t", payload={}, actor="a\x00b")])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET payload = '{}' WHERE position = 1",
        "UPDATE events SET position = 9 WHERE position = 2",
        "DELETE FROM events WHERE position = 2",
        "DELETE FROM events",
    ],
)
def test_no_statement_changes_the_log(store: EventStore, statement: str) -> None:
    written = store.append("jar-1", 0, [pebble(), pebble()])
    with pytest.raises(DBAPIError, match="append-only"), store.begin() as db:
        db.exec_driver_sql(statement)
    assert store.read_all() == written


def test_truncate_is_refused(store: EventStore) -> None:
    store.append("jar-1", 0, [pebble()])
    if store.engine.dialect.name == "sqlite":
        return
    with pytest.raises(DBAPIError, match="append-only"), store.begin() as db:
        db.exec_driver_sql("TRUNCATE events")


@pytest.mark.parametrize("how", ["REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"])
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_insert_or_replace_finds_no_way_around(store: EventStore, how: str, recursive: str) -> None:
    written = store.append("jar-1", 0, [pebble(), pebble()])
    if store.engine.dialect.name == "postgresql":
        return
    for taken in ("position", "event_id", "version"):
        columns = {"position": "7", "event_id": "'x'", "version": "9"} | {taken: taken}
        sql = (
            f"{how} INTO events SELECT {columns['position']}, stream, {columns['version']}, {columns['event_id']}, type,"
            " schema_version, '{}', metadata, actor, correlation_id, causation_id, recorded_at, algorithm, prev_hash,"
            " hash FROM events WHERE position = 1"
        )
        with store.engine.connect() as db:
            db.exec_driver_sql(f"PRAGMA recursive_triggers = {recursive}")
            with pytest.raises(DBAPIError, match="append-only"):
                db.exec_driver_sql(sql)
    assert store.read_all() == written


@pytest.mark.parametrize(("position", "version"), [(4, 3), (3, 4), (4, 1)])
def test_nothing_is_written_out_of_order(store: EventStore, position: int, version: int) -> None:
    store.append("jar-1", 0, [pebble(), pebble()])
    cast = "::uuid" if store.engine.dialect.name == "postgresql" else ""
    stream = "'jar-2'" if version == 1 else "stream"
    sql = (
        f"INSERT INTO events SELECT {position}, {stream}, {version}, '01890000-0000-7000-8000-000000000000'{cast}, type,"
        " schema_version, payload, metadata, actor, correlation_id, causation_id, recorded_at, algorithm, hash, hash"
        " FROM events WHERE position = 2"
    )
    with pytest.raises(DBAPIError, match="does not follow"), store.begin() as db:
        db.exec_driver_sql(sql)


def test_a_listener_remembers_how_far_it_read(store: EventStore) -> None:
    assert store.load_checkpoint("post") == 0
    store.save_checkpoint("post", 7)
    with store.begin() as db:
        store.save_checkpoint("post", 9, conn=db)
        db.rollback()
    assert store.load_checkpoint("post") == 7


def test_a_held_lock_is_told_as_busy_and_in_time(store: EventStore, engine: Engine) -> None:
    """Somebody stopped in the middle of a write cannot hold the house."""
    other = EventStore(open_engine(engine.url.render_as_string(hide_password=False)))
    held, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with store.begin() as db:
            store.append("jar-1", 0, [pebble()], conn=db)
            held.set()
            while not let_go.wait(0.5):
                db.exec_driver_sql("SELECT 1")  # busy, not dead: nobody ends it

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(5)
    began = time.monotonic()
    with pytest.raises(Busy) as busy:
        other.append("jar-2", 0, [pebble()])
    assert 4 < time.monotonic() - began < 8
    assert busy.value.retry_after_s > 0
    assert other.read_all() == []  # readers never wait
    let_go.set()
    holder.join()
    other.append("jar-2", 0, [pebble()])
    assert other.head_position() == 2
    other.engine.dispose()


class _Model:
    """The log as plain lists."""

    def __init__(self) -> None:
        self.all: list[tuple[str, int]] = []

    def append(self, stream: str, expected: int, count: int) -> bool:
        version = sum(name == stream for name, _ in self.all)
        if version != expected:
            return False
        self.all += [(stream, version + number) for number in range(1, count + 1)]
        return True


_STEP = st.tuples(st.sampled_from("abc"), st.integers(-1, 1), st.integers(1, 3))


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
@given(steps=st.lists(st.lists(_STEP, min_size=1, max_size=3), max_size=12))
def test_the_log_behaves_as_its_model(store: EventStore, steps: list[list[tuple[str, int, int]]]) -> None:
    """Each step is a transaction of one to three appends at the right, a stale or a future version."""
    prefix, base = f"run-{time.monotonic_ns()}-", store.head_position()
    model = _Model()
    for transaction in steps:
        before = list(model.all)
        try:
            with store.begin() as db:
                for stream, off, count in transaction:
                    version = sum(name == stream for name, _ in model.all)
                    expected = max(version + off, 0)
                    accepted = model.append(stream, expected, count)
                    store.append(prefix + stream, expected, [pebble() for _ in range(count)], conn=db)
                    assert accepted
        except ConcurrencyConflict:
            model.all = before
        written = [(event.stream.removeprefix(prefix), event.version) for event in store.read_all(base)]
        assert written == model.all
        assert [event.position for event in store.read_all(base)] == list(range(base + 1, base + 1 + len(written)))
