"""Several processes read the log side by side and find what one finds: the same root, the same first bad position."""

from collections.abc import Generator

import pytest
from sqlalchemy import Engine

from eventstore import verify as verifying
from eventstore.checkpoint import Checkpointer, open_note
from eventstore.store import EventStore
from eventstore.verify import verify
from tests.eventstore.test_verify import SIGNER, as_administrator, delete_at, edit, fill, rechain, swap


@pytest.fixture
def long(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Generator[EventStore]:
    """A log of several stretches, with heads at sizes that end no block."""
    monkeypatch.setattr(verifying, "_STRETCH", 512)
    store = EventStore(engine)
    for count in (300, 700, 24, 400):
        fill(store, count)
        Checkpointer(store, SIGNER).sign()
    return store


def test_an_honest_log_has_the_root_that_one_process_finds(long: EventStore) -> None:
    seen: list[tuple[int, int]] = []
    report = verify(long.engine, progress=lambda done, of: seen.append((done, of)), processes=2)
    assert report == verify(long.engine)
    assert seen == [(512, 1424), (1024, 1424), (1424, 1424)]


@pytest.mark.parametrize("position", [1, 512, 513, 1424])
def test_an_edit_is_named_wherever_it_is(long: EventStore, position: int) -> None:
    with as_administrator(long.engine) as db:
        edit(db, position)
    report = verify(long.engine, processes=2)
    assert (report.reason, report.position) == ("edited", position)


def test_what_only_the_seam_of_two_stretches_shows_is_found(long: EventStore) -> None:
    """The first event of a stretch no longer holds on to the last one of its stream before it."""
    with as_administrator(long.engine) as db:
        edit(db, 513)
        rechain(db, long.engine, f"jar-{_stream_of(long, 513)}")
        db.exec_driver_sql("DELETE FROM log_checkpoints")
        db.exec_driver_sql("DELETE FROM log_nodes")
        db.exec_driver_sql(delete_at(514))
    assert verify(long.engine, processes=2) == verify(long.engine)
    assert verify(long.engine, processes=2).reason == "deleted"


def _stream_of(store: EventStore, position: int) -> str:
    [event] = store.read_all(position - 1, 1)
    return event.stream.removeprefix("jar-")


def test_a_head_inside_a_block_narrows_down_what_was_rewritten(long: EventStore) -> None:
    with as_administrator(long.engine) as db:
        swap(db, 1010, 1011)
        db.exec_driver_sql("DELETE FROM log_nodes")
    report = verify(long.engine, processes=2)
    assert report == verify(long.engine)
    assert report.reason == "swapped"


def test_a_tail_that_was_cut_off_is_found(long: EventStore) -> None:
    kept = open_note(Checkpointer(long, SIGNER).sign(), [SIGNER.verifier])
    with as_administrator(long.engine) as db:
        db.exec_driver_sql("DELETE FROM events WHERE position > 1400")
        db.exec_driver_sql("DELETE FROM log_checkpoints")
        db.exec_driver_sql("DELETE FROM log_nodes")
    assert verify(long.engine, processes=2).ok
    assert verify(long.engine, kept, processes=2).reason == "truncated"
