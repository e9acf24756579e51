"""A log is of SHA-256 or of SM3 from its first event on: each makes the same hashes for ever, and neither takes the other's events."""

import json
import os
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, update

from admin.proof import envelope
from eventstore import suite as suites
from eventstore.chain import first_break, hash_of
from eventstore.checkpoint import Checkpointer, NotSigned, Signer, open_note, prove_consistency, prove_inclusions
from eventstore.event import NewEvent
from eventstore.merkle import Tree, continues, includes, leaf_hash, root_of
from eventstore.refusal import HistoryBroken
from eventstore.schema import events, log_checkpoints, log_nodes
from eventstore.store import EventStore
from eventstore.suite import SHA256, SM3, Suite, of_origin
from eventstore.verify import verify
from tests.eventstore.test_verify import as_administrator, edit, fill, rechain

GOLDEN = Path(__file__).parent / "golden_logs"
BOTH = pytest.mark.parametrize("suite", [SHA256, SM3], ids=lambda suite: suite.name)


def signer(suite: Suite) -> Signer:
    return Signer(suite.origin("jars.example"), sha256(b"seed").digest())


@pytest.fixture
def log(engine: Engine) -> Callable[[Suite], EventStore]:
    return lambda suite: EventStore(engine, suite)


def test_sm3_is_that_of_the_standard_whichever_library_makes_it() -> None:
    """GB/T 32905-2016, examples A.1 and A.2."""
    first, second = b"abc", b"abcd" * 16
    said = (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
    )
    for made in (SM3.new, suites._Sm3):  # pyright: ignore[reportPrivateUsage]
        assert (made(first).digest().hex(), made(second).digest().hex()) == said


def test_a_python_without_sm3_takes_it_from_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: str, *_: object) -> Any:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(suites.hashlib, "new", without)
    assert suites._sm3() is suites._Sm3  # pyright: ignore[reportPrivateUsage]


def test_the_origin_says_which_hash_a_log_is_of() -> None:
    assert (SHA256.origin("hunan"), SM3.origin("hunan")) == ("hunan", "hunan/SM3")
    assert (of_origin("hunan"), of_origin("hunan/SM3")) == (SHA256, SM3)


def _events() -> list[NewEvent]:
    return [
        NewEvent(
            type="jar.pebble_dropped", payload={"grams": number, "kind": "朱砂"}, actor="ann", metadata={"who": "甲"},
            event_id=UUID(int=number + 1), correlation_id=UUID(int=99), recorded_at=1_763_600_000_000_000 + number,
        )
        for number in range(300)
    ]  # fmt: skip


@BOTH
def test_the_hashes_of_a_log_are_those_that_were_released(log: Callable[[Suite], EventStore], suite: Suite) -> None:
    """A golden file of each suite: events, root, signed head. With VERMILION_WRITE_GOLDEN=1 a missing one is written."""
    store = log(suite)
    for start in range(0, 300, 100):
        store.append("jar-1", start, _events()[start : start + 100])
    note = Checkpointer(store, signer(suite)).sign()
    kept = store.read_stream("jar-1")
    with store.reading() as db:
        paths = prove_inclusions(db, [1, 300], 300, suite)
    said = {
        "checkpoint": note,
        "key": signer(suite).verifier,
        "events": [{**envelope(kept[n - 1]), "proof": [node.hex() for node in path]} for n, path in zip((1, 300), paths, strict=True)],
    }  # fmt: skip
    path = GOLDEN / f"{suite.name}.json"
    if not path.exists() and os.environ.get("VERMILION_WRITE_GOLDEN") == "1":
        path.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert json.loads(path.read_text("utf-8")) == said


@BOTH
def test_all_that_is_proved_of_one_suite_is_proved_of_the_other(
    log: Callable[[Suite], EventStore], suite: Suite
) -> None:
    store = log(suite)
    fill(store, 300)
    old = open_note(Checkpointer(store, signer(suite)).sign(), [signer(suite).verifier])
    fill(store, 600)
    new = open_note(Checkpointer(store, signer(suite)).sign(), [signer(suite).verifier])
    with store.reading() as db:
        [path] = prove_inclusions(db, [123], new.size, suite)
        onward = prove_consistency(db, old.size, new.size, suite)
        named = {row.algorithm for table in (log_nodes, log_checkpoints) for row in db.execute(table.select())}
    [event] = store.read_all(122, 1)
    assert event.algorithm == suite.name
    assert named == {suite.name}
    assert includes(leaf_hash(123, event.hash, suite.new), 122, new.size, path, new.root, suite.new)
    assert continues(old.size, new.size, onward, old.root, new.root, suite.new)
    assert first_break(store.read_stream("jar-1")) is None
    report = verify(store.engine, old)
    assert (report.ok, report.root) == (True, new.root)


@BOTH
def test_an_edit_is_found_in_either(log: Callable[[Suite], EventStore], suite: Suite) -> None:
    store = log(suite)
    fill(store, 20)
    outside = open_note(Checkpointer(store, signer(suite)).sign(), [signer(suite).verifier])
    with as_administrator(store.engine) as db:
        edit(db, 5)
    assert (verify(store.engine).reason, verify(store.engine).position) == ("edited", 5)
    with store.begin() as db:
        rechain(db, store.engine, "jar-1")
    assert verify(store.engine, outside).reason == "rewritten"


def test_a_log_is_not_written_in_another_suite(log: Callable[[Suite], EventStore]) -> None:
    fill(log(SHA256), 3)
    head = log(SHA256).head_position()
    with pytest.raises(HistoryBroken, match=r"the log is of SHA-256.*settings say SM3"):
        log(SM3).append("jar-7", 0, [NewEvent(type="x", payload={}, actor="ann")])
    assert log(SM3).head_position() == head
    assert verify(log(SM3).engine).ok  # reading goes by what the log itself is


def test_a_mixed_log_is_found_and_the_first_strange_event_named(log: Callable[[Suite], EventStore]) -> None:
    """Somebody with every right on the database goes on in another suite, chains and all."""
    store = log(SHA256)
    fill(store, 10, streams=1)
    with as_administrator(store.engine) as db:
        tip = store.read_stream("jar-0")[5].hash
        for event in store.stream_in(db, "jar-0", 6):
            fresh = event._replace(algorithm="SM3", prev_hash=tip)
            tip = hash_of(fresh)
            changed = {"algorithm": "SM3", "prev_hash": fresh.prev_hash, "hash": tip}
            db.execute(update(events).where(events.c.position == event.position).values(changed))
    report = verify(store.engine)
    assert (report.reason, report.position) == ("algorithm", 7)
    assert "SHA-256" in report.detail
    assert "SM3" in report.detail
    found = first_break(store.read_stream("jar-0"))
    assert found is not None
    assert found.position == 7


def test_a_switched_log_is_found_by_the_head_that_was_kept(log: Callable[[Suite], EventStore]) -> None:
    """The whole log made anew under another hash: in itself sound, and not what was signed."""
    store = log(SHA256)
    fill(store, 10, streams=1)
    outside = open_note(Checkpointer(store, signer(SHA256)).sign(), [signer(SHA256).verifier])
    with as_administrator(store.engine) as db:
        db.execute(update(events).values(algorithm="SM3"))
        db.exec_driver_sql("DELETE FROM log_checkpoints")
        rechain(db, store.engine, "jar-0")
    assert verify(store.engine).ok
    assert verify(store.engine, outside).reason == "rewritten"
    with pytest.raises(NotSigned):
        open_note(Checkpointer(log(SM3), signer(SM3)).sign(), [signer(SHA256).verifier])


@BOTH
def test_a_tree_grows_by_blocks_as_it_grows_by_leaves(suite: Suite) -> None:
    row = [leaf_hash(number, bytes(32), suite.new) for number in range(1, 1101)]
    one, other = Tree(hashed=suite.new), Tree(hashed=suite.new)
    one.extend(row)
    for start in range(0, 1024, 256):
        other.extend_block(root_of(row[start : start + 256], suite.new))
    assert other.root(root_of(row[1024:], suite.new)) == one.root() == root_of(row, suite.new)
    other.extend(row[1024:])
    assert other.root() == one.root()
    with pytest.raises(ValueError, match="block"):
        other.extend_block(bytes(32))


def test_a_note_of_another_suite_is_no_note_of_this_log() -> None:
    sent = signer(SM3).sign(f"{signer(SM3).name}\n0\n{b64encode(bytes(32)).decode()}\n")
    with pytest.raises(NotSigned):
        open_note(sent, [signer(SHA256).verifier])
