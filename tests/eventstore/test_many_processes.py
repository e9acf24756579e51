"""Many processes write at once, others read along; some are killed. No position is missing, twice, or early."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

import migrations
from eventstore.engine import open_engine
from eventstore.facts import reading
from eventstore.rebuild import rebuild
from eventstore.refusal import Busy, ConcurrencyConflict
from eventstore.store import EventStore
from eventstore.verify import verify
from tests.databases import postgres_database, server_url
from tests.eventstore.jars import CODEC, FOLD, Shelf, asked, dropping, house, pebble

FORK = multiprocessing.get_context("fork")
WRITERS, READERS, EACH = 12, 4, 15


def text_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def write(url: str, number: int, each: int) -> None:
    """Appends to two streams: one that is its own, and one all writers share."""
    store = EventStore(open_engine(url))
    for count in range(each):
        while True:
            try:
                with store.begin() as db:
                    store.append(f"own-{number}", count, [pebble(count)], conn=db)
                    shared = store.tip(db, "shared")[0]
                    store.append("shared", shared, [pebble(number)], conn=db)
                    if count == 3:
                        time.sleep(0.05)  # slow between append and commit: readers wait, none skips
                break
            except (Busy, ConcurrencyConflict):
                continue


def tail(url: str, total: int) -> None:
    """Reads along; dies when a position is missing, twice or early."""
    store = EventStore(open_engine(url))
    position, deadline = 0, time.monotonic() + 40
    while position < total:
        for event in store.read_all(position, 50):
            position += 1
            if event.position != position:
                sys.exit(1)
        if time.monotonic() > deadline:
            sys.exit(2)
        time.sleep(0.005)


def together(tasks: list[tuple[Callable[..., None], tuple[object, ...]]]) -> list[int | None]:
    processes = [FORK.Process(target=task, args=arguments) for task, arguments in tasks]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return [process.exitcode for process in processes]


def test_sixteen_processes_write_and_read_along(engine: Engine) -> None:
    total = WRITERS * EACH * 2
    url = text_of(engine)
    engine.dispose()
    tasks: list[tuple[Callable[..., None], tuple[object, ...]]] = [(tail, (url, total)) for _ in range(READERS)]
    tasks += [(write, (url, number, EACH)) for number in range(WRITERS)]
    assert together(tasks) == [0] * (WRITERS + READERS)
    store = EventStore(engine)
    events = store.read_all(0, total + 1)
    assert [event.position for event in events] == list(range(1, total + 1))
    assert [event.version for event in store.read_stream("shared")] == list(range(1, WRITERS * EACH + 1))
    assert verify(engine).ok


def test_a_long_transaction_in_another_database_delays_nobody() -> None:
    """What waits for the oldest transaction of the whole cluster would stand still here."""
    with postgres_database() as url:
        engine = open_engine(url)
        migrations.upgrade(engine)
        store = EventStore(engine)
        elsewhere = create_engine(server_url(), poolclass=NullPool)
        with elsewhere.connect() as db:
            db.exec_driver_sql("SELECT txid_current()")
            store.append("jar-1", 0, [pebble()])
            assert store.head_position() == 1
        engine.dispose()


WRITER = """
import sys
from tests.eventstore.jars import FOLD, asked, dropping, house
from eventstore.engine import open_engine
jars = house(open_engine(sys.argv[1]))
number = 0
while True:
    number += 1
    key = f"{sys.argv[2]}-{number}"
    print("INTENT", key, flush=True)
    outcome = jars.dispatch(f"jar-{number % 3}", FOLD, dropping(1), asked(key))
    print("ACK", key, outcome.positions[0], flush=True)
"""


def killed_writer(url: str, name: str, after_s: float) -> list[str]:
    """Lines a writer printed before it was killed at a moment of no special choice."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITER, url, name]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(after_s)
    os.kill(process.pid, signal.SIGKILL)
    rest = process.stdout.read()
    process.stdout.close()
    process.wait()
    return (first + rest).splitlines()


def test_nothing_acknowledged_is_lost_when_a_writer_is_killed(engine: Engine) -> None:
    jars = house(engine)
    for number, after_s in enumerate((0.0, 0.031, 0.077, 0.2)):
        lines = [line.split() for line in killed_writer(text_of(engine), f"w{number}", after_s)]
        acknowledged = {words[1]: int(words[2]) for words in lines if len(words) == 3 and words[0] == "ACK"}
        intended = {words[1] for words in lines if words[0] == "INTENT"}
        written = {
            event.notes["command"]: event.position
            for event in jars.store.read_all(0, 10**6)
            if event.notes["command"].startswith(f"w{number}-")
        }
        assert acknowledged.items() <= written.items()
        assert written.keys() <= intended
        assert len(written) - len(acknowledged) <= 1
    last = max(jars.store.read_all(0, 10**6), key=lambda event: event.position)
    assert jars.dispatch(last.stream, FOLD, dropping(1), asked(last.notes["command"])).replayed  # keys and events agree
    assert verify(engine).ok
    assert rebuild(jars.store, reading(CODEC, jars.personal), Shelf()).equal is True
    with jars.store.reading() as db:
        keys = db.exec_driver_sql("SELECT count(*) FROM command_keys").scalar_one()
    assert keys == jars.store.head_position()


def test_a_stopped_process_holding_the_lock_cannot_hold_the_house(engine: Engine) -> None:
    """SQLite says busy while the holder lives; PostgreSQL ends the idle holder by itself after five seconds."""
    url = text_of(engine)
    engine.dispose()
    ready = FORK.Event()

    def hold() -> None:
        store = EventStore(open_engine(url))
        with store.begin() as db:
            store.append("jar-1", 0, [pebble()], conn=db)
            ready.set()
            time.sleep(60)

    holder = FORK.Process(target=hold)
    holder.start()
    assert holder.pid is not None
    assert ready.wait(10)
    os.kill(holder.pid, signal.SIGSTOP)
    store = EventStore(engine)
    try:
        if engine.dialect.name == "sqlite":
            with pytest.raises(Busy):
                store.append("jar-2", 0, [pebble()])
            os.kill(holder.pid, signal.SIGKILL)  # its locks go with it
        deadline = time.monotonic() + 15
        while store.head_position() == 0 and time.monotonic() < deadline:
            try:
                store.append("jar-2", 0, [pebble()])
            except Busy:
                continue
        assert [event.stream for event in store.read_all()] == ["jar-2"]
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.join()
