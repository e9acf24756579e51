"""Whoever alters the log, with every right on the database, is found, and the first bad position is named."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import sha256

import pytest
from sqlalchemy import Connection, Engine, update

from eventstore.chain import first_break, hash_of
from eventstore.checkpoint import (
    Checkpoint,
    Checkpointer,
    NotSigned,
    Signer,
    StoredTree,
    open_note,
    prove_consistency,
    prove_inclusion,
)
from eventstore.event import NewEvent, RecordedEvent
from eventstore.merkle import continues, includes, leaf_hash
from eventstore.refusal import HistoryBroken
from eventstore.schema import events as table
from eventstore.store import EventStore
from eventstore.verify import verify
from tests.eventstore.jars import pebble

SIGNER = Signer("jars.example/log", sha256(b"seed").digest())


def fill(store: EventStore, count: int, streams: int = 3) -> None:
    """*count* more events, one after the other over *streams* streams."""
    tips = [len(store.read_stream(f"jar-{number}")) for number in range(streams)]
    with store.begin() as db:
        for number in range(count):
            stream = number % streams
            store.append(f"jar-{stream}", tips[stream], [pebble(number)], conn=db)
            tips[stream] += 1


@contextmanager
def as_administrator(engine: Engine) -> Generator[Connection]:
    """Somebody who may do anything in the database, triggers included."""
    with engine.begin() as db:
        if db.dialect.name == "postgresql":
            db.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER USER")
        else:
            for trigger in ("events_no_update", "events_no_delete", "events_no_replace", "events_in_order"):
                db.exec_driver_sql(f"DROP TRIGGER {trigger}")
        yield db


def renumber(db: Connection, old: int, new: int) -> None:
    db.execute(update(table).where(table.c.position == old).values(position=new))


def swap(db: Connection, one: int, other: int) -> None:
    renumber(db, one, 999_999)
    renumber(db, other, one)
    renumber(db, 999_999, other)


def rechain(db: Connection, engine: Engine, stream: str) -> None:
    """Hash a stream anew, so that its chain holds again."""
    tip = bytes(32)
    for event in EventStore(engine).stream_in(db, stream):
        fresh = event._replace(prev_hash=tip)
        tip = hash_of(fresh)
        db.execute(update(table).where(table.c.position == event.position).values(prev_hash=fresh.prev_hash, hash=tip))


def edit(db: Connection, position: int) -> None:
    db.execute(update(table).where(table.c.position == position).values(payload='{"grams":1000}'))


def edit_and_rechain(db: Connection, engine: Engine) -> None:
    edit(db, 5)
    rechain(db, engine, "jar-1")


def delete_at(position: int) -> str:
    return f"DELETE FROM events WHERE position = {position}"


def delete_and_close_ranks(db: Connection, _: Engine) -> None:
    db.exec_driver_sql(delete_at(7))
    for position in range(8, 21):
        renumber(db, position, position - 1)


def insert_a_copy(db: Connection, _: Engine) -> None:
    for position in range(20, 7, -1):
        renumber(db, position, position + 1)
    db.exec_driver_sql(
        "INSERT INTO events SELECT 8, 'jar-9', 1, '01890000-0000-7000-8000-000000000000', type, schema_version, payload,"
        " metadata, actor, correlation_id, causation_id, recorded_at, algorithm, prev_hash, hash FROM events"
        " WHERE position = 1"
    ) if db.dialect.name == "sqlite" else db.exec_driver_sql(
        "INSERT INTO events SELECT 8, 'jar-9', 1, '01890000-0000-7000-8000-000000000000'::uuid, type, schema_version,"
        " payload, metadata, actor, correlation_id, causation_id, recorded_at, algorithm, prev_hash, hash FROM events"
        " WHERE position = 1"
    )


Attack = Callable[[Connection, Engine], object]
ATTACKS: list[tuple[str, Attack, str, int]] = [
    ("payload edited", lambda db, _: edit(db, 8), "edited", 8),
    ("actor edited", lambda db, _: db.execute(update(table).where(table.c.position == 3).values(actor="bob")), "edited", 3),
    ("time edited", lambda db, _: db.execute(update(table).where(table.c.position == 4).values(recorded_at=1)), "edited", 4),
    ("algorithm renamed", lambda db, _: db.execute(update(table).where(table.c.position == 4).values(algorithm="x")), "algorithm", 4),
    ("moved to another stream", lambda db, _: db.execute(update(table).where(table.c.position == 20).values(stream="jar-8")), "edited", 20),
    ("deleted", lambda db, _: db.exec_driver_sql(delete_at(7)), "deleted", 7),
    ("deleted, ranks closed", delete_and_close_ranks, "deleted", 9),
    ("swapped within a stream", lambda db, _: swap(db, 4, 7), "swapped", 4),
    ("inserted", insert_a_copy, "edited", 8),
]  # fmt: skip
FOUND_BY_CHECKPOINT: list[tuple[str, Attack, str, int]] = [
    ("swapped between streams", lambda db, _: swap(db, 5, 6), "swapped", 5),
    ("edited and chained anew", edit_and_rechain, "rewritten", 1),
    ("tail cut off", lambda db, _: db.exec_driver_sql("DELETE FROM events WHERE position > 15"), "truncated", 16),
    ("emptied", lambda db, _: db.exec_driver_sql("DELETE FROM events"), "truncated", 1),
]


def test_an_honest_log_verifies_with_progress(store: EventStore) -> None:
    fill(store, 600)
    seen: list[tuple[int, int]] = []
    report = verify(store.engine, progress=lambda done, of: seen.append((done, of)))
    assert (report.ok, report.size, report.position) == (True, 600, None)
    assert seen[-1] == (600, 600)
    assert verify(store.engine).root == report.root


def test_an_empty_log_verifies(store: EventStore) -> None:
    assert verify(store.engine).ok


@pytest.mark.parametrize(("name", "attack", "reason", "position"), ATTACKS, ids=[row[0] for row in ATTACKS])
def test_an_attack_is_found_by_the_chain(
    store: EventStore, name: str, attack: Attack, reason: str, position: int
) -> None:
    fill(store, 20)
    with as_administrator(store.engine) as db:
        attack(db, store.engine)
    report = verify(store.engine)
    assert (report.ok, report.reason, report.position) == (False, reason, position), (name, report)


@pytest.mark.parametrize(
    ("name", "attack", "reason", "position"), FOUND_BY_CHECKPOINT, ids=[row[0] for row in FOUND_BY_CHECKPOINT]
)
def test_an_attack_that_leaves_the_chains_whole_is_found_by_a_checkpoint_kept_outside(
    store: EventStore, name: str, attack: Attack, reason: str, position: int
) -> None:
    fill(store, 20)
    outside = open_note(Checkpointer(store, SIGNER).sign(), [SIGNER.verifier])
    with as_administrator(store.engine) as db:
        attack(db, store.engine)
        db.exec_driver_sql("DELETE FROM log_checkpoints")
    assert verify(store.engine).ok  # inside the database nothing is left to tell
    report = verify(store.engine, outside)
    assert (report.ok, report.reason, report.position) == (False, reason, position), (name, report)


def test_earlier_checkpoints_narrow_down_what_was_rewritten(store: EventStore) -> None:
    fill(store, 9)
    Checkpointer(store, SIGNER).sign()
    fill(store, 11)
    outside = open_note(Checkpointer(store, SIGNER).sign(), [SIGNER.verifier])
    with as_administrator(store.engine) as db:
        edit(db, 13)
        rechain(db, store.engine, "jar-0")
        db.exec_driver_sql("DELETE FROM log_checkpoints WHERE tree_size = 20")
    report = verify(store.engine, outside)
    assert (report.reason, report.position, report.until) == ("rewritten", 10, 20)


def test_stored_nodes_name_the_block_that_was_rewritten(store: EventStore) -> None:
    fill(store, 1100)
    Checkpointer(store, SIGNER).sign()
    with as_administrator(store.engine) as db:
        swap(db, 300, 301)
    assert (verify(store.engine).reason, verify(store.engine).position) == ("swapped", 300)


def test_the_signer_refuses_a_fork_and_a_rollback(store: EventStore) -> None:
    fill(store, 20)
    checkpointer = Checkpointer(store, SIGNER)
    outside = open_note(checkpointer.sign(), [SIGNER.verifier])
    with as_administrator(store.engine) as db:
        swap(db, 5, 6)
    with pytest.raises(HistoryBroken, match="not signed"):
        checkpointer.sign()
    with as_administrator_again(store.engine) as db:
        db.exec_driver_sql("DELETE FROM log_checkpoints")
        db.exec_driver_sql("DELETE FROM events WHERE position > 15")
    with pytest.raises(HistoryBroken, match="not signed"):
        checkpointer.sign(last=outside)


@contextmanager
def as_administrator_again(engine: Engine) -> Generator[Connection]:
    with engine.begin() as db:
        yield db


def test_a_checkpoint_is_a_signed_note_others_can_check(store: EventStore) -> None:
    fill(store, 3)
    note = Checkpointer(store, SIGNER).sign()
    checkpoint = open_note(note, [SIGNER.verifier])
    assert checkpoint == Checkpoint("jars.example/log", 3, verify(store.engine).root)
    assert Checkpointer(store, SIGNER).sign() == note  # nothing was added
    with pytest.raises(NotSigned):
        open_note(note.replace("\n3\n", "\n4\n"), [SIGNER.verifier])
    with pytest.raises(NotSigned):
        open_note(note, [Signer("jars.example/log", bytes(32)).verifier])


def test_proofs_of_presence_and_continuation_hold_without_the_log(store: EventStore) -> None:
    fill(store, 300)
    old = open_note(Checkpointer(store, SIGNER).sign(), [SIGNER.verifier])
    fill(store, 900)
    new = open_note(Checkpointer(store, SIGNER).sign(), [SIGNER.verifier])
    event = store.read_all(122, 1)[0]
    with store.reading() as db:
        presence = prove_inclusion(db, event.position, new.size)
        continuation = prove_consistency(db, old.size, new.size)
        assert StoredTree(db).root(new.size) == new.root
    assert includes(leaf_hash(123, hash_of(event)), 122, new.size, presence, new.root)
    assert continues(old.size, new.size, continuation, old.root, new.root)
    assert verify(store.engine, old).ok


def test_any_edited_field_of_a_stream_is_found(store: EventStore) -> None:
    store.append("jar-1", 0, [pebble(number) for number in range(5)])
    whole = store.read_stream("jar-1")
    assert first_break(whole) is None
    other = RecordedEvent._make(whole[3])
    for changed in (
        {"payload": "{}"},
        {"type": "x"},
        {"actor": "x"},
        {"metadata": '{"a":"b"}'},
        {"recorded_at": 1},
        {"schema_version": 2},
        {"event_id": other.event_id},
        {"correlation_id": other.event_id},
        {"causation_id": other.event_id},
        {"stream": "jar-2"},
        {"algorithm": "MD5"},
        {"hash": bytes(32)},
    ):
        edited = [*whole[:2], whole[2]._replace(**changed), *whole[3:]]
        found = first_break(edited)
        assert found is not None
        assert found.position == 3, changed


def test_no_two_envelopes_share_their_bytes(store: EventStore) -> None:
    """Lengths are hashed: what ends one field cannot begin the next."""
    one, other = (
        store.append(stream, 0, [NewEvent(type=type_, payload={}, actor="ann", recorded_at=1)])[0]
        for stream, type_ in (("ab", "c"), ("a", "bc"))
    )
    assert hash_of(one) != hash_of(other._replace(event_id=one.event_id, correlation_id=one.correlation_id))
