"""Whoever asks while something breaks is told yes, or 503 or 507 and when to come back: never half a step, and well again by itself."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from service.settings import Settings
from tests.adversary.serving import World, environment_of, peopled
from tests.faults import instances
from tests.faults.load import Load


@contextmanager
def served(settings: Settings, port: int = 0, **more: str) -> Generator[tuple["subprocess.Popen[bytes]", int]]:
    """`vermilion serve` as an operator starts it, on *port* or a free one; *more* goes into its environment."""
    port = port or instances.free_port()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "serve", "--bind", f"127.0.0.1:{port}"],
        env={**environment_of(settings), "PATH": path, **more},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        instances.until(lambda: instances.answers(port), "serve does not come up")
        yield process, port
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        process.wait(30)


def test_postgresql_falls_over_and_comes_back(own_postgres: instances.Postgres, inhabited: World) -> None:
    with served(inhabited.settings) as (_, port):
        load = Load(inhabited, port, "restart")
        with load.running():
            load.until_done()
            for away_s in (0.0, 2.0):
                own_postgres.restart(away_s)
                load.until_done()
            well = load.next()
        assert {one.code for one in well} <= {200, 201}, "no connection that died is ever handed out"
        assert 503 in load.codes(), "somebody asked while it was away"
        load.is_fair()
        load.is_whole()


def test_a_stopped_server_finishes_what_it_began_and_stops_at_once(inhabited: World) -> None:
    """Whoever was let in is answered; whoever comes later is let in nowhere; nothing that was begun is half done."""
    with served(inhabited.settings) as (process, port):
        load = Load(inhabited, port, "sigterm")
        with load.running():
            load.next()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        load.is_fair(unanswered=True)
    with served(inhabited.settings, port) as _:
        load.is_whole()


@pytest.mark.parametrize("ahead", ["+60s", "-60s"])
def test_a_clock_that_is_off_by_a_minute_decides_nothing(inhabited: World, ahead: str) -> None:
    """The database's clock dates every event and judges every session; a server whose own is wrong serves as any other."""
    shim = _faketime()
    with served(inhabited.settings, LD_PRELOAD=shim, FAKETIME=ahead, DONT_FAKE_MONOTONIC="1") as (_, port):
        load = Load(inhabited, port, f"clock{ahead}")
        with load.running():
            load.until_done()
            load.next()
        load.is_fair()
        load.is_whole()
    with inhabited.house.store.reading() as db:
        now = inhabited.house.clock.now(db)
        newest = inhabited.house.store.all_in(db, inhabited.house.store.head_in(db) - 1)[0]
    assert abs((now - newest.instant).total_seconds()) < 30


def _faketime() -> str:
    libfaketime = pytest.importorskip("libfaketime")
    found = sorted(Path(libfaketime.__file__).parent.rglob("libfaketime.so.1"))
    if not found or not sys.platform.startswith("linux"):
        pytest.skip("no shim for the clock here")
    return str(found[0])


@pytest.fixture(params=["gone", "hung"])
def redis_trouble(request: pytest.FixtureRequest) -> Generator[tuple[instances.Instance, Callable[[], None]]]:
    try:
        with instances.redis() as server:
            process = server.process
            assert process is not None
            ways: dict[str, Callable[[], None]] = {
                "gone": server.stop,
                "hung": lambda: process.send_signal(signal.SIGSTOP),
            }
            yield server, ways[request.param]
    except instances.NotHere:
        pytest.skip("Redis is not installed")


def test_a_broker_that_is_away_or_hangs_costs_no_command_anything(
    inhabited: World, redis_trouble: tuple[instances.Instance, Callable[[], None]]
) -> None:
    redis, breaks = redis_trouble
    settings = with_redis(inhabited.settings, redis.port)
    with served(settings) as (_, port):
        load = Load(inhabited, port, f"broker-{breaks is redis.stop}-{port}", patience_s=5)
        with load.running():
            load.until_done()
            breaks()
            since = load.next()
        assert {one.code for one in since} <= {200, 201}, "none of them waits for it, or whoever asks would have gone"
        load.is_whole()


def with_redis(settings: Settings, port: int) -> Settings:
    given: dict[str, Any] = settings.model_dump(exclude_none=True)
    return Settings(**{**given, "broker": "redis", "broker_url": f"redis://127.0.0.1:{port}/0"})


@contextmanager
def small_disk(size: str, owner: str = "") -> Generator[Path]:
    """A file system in memory of *size*."""
    with instances.folder() as place:
        if (
            os.geteuid() != 0
            or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(place)], capture_output=True
            ).returncode
        ):
            pytest.skip("nobody may mount a small disk here")
        try:
            if owner:
                shutil.chown(place, owner)
            yield place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def filled(place: Path) -> Generator[None]:
    """Not a byte is left on the disk of *place*."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def on_a_small_disk(kind: str, folder: Path) -> Generator[tuple[World, Path]]:
    """A world whose database lies on a small disk; PostgreSQL's write-ahead log lies elsewhere, as it should."""
    if kind == "sqlite":
        with (
            small_disk("24m") as disk,
            peopled(f"sqlite:///{disk / 'house.db'}", folder, instances.free_port()) as world,
        ):
            yield world, disk
        return
    with (
        small_disk("160m", "postgres") as disk,
        instances.folder("postgres") as log,
        instances.postgres(disk, log=log / "wal") as server,
        peopled(server.url, folder, instances.free_port()) as world,
    ):
        yield world, disk


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_full_disk_is_507_with_a_time_to_come_back_and_reading_goes_on(kind: str, tmp_path: Path) -> None:
    with on_a_small_disk(kind, tmp_path) as (world, disk), served(world.settings) as (_, port):
        load = Load(world, port, f"disk-{kind}")
        with load.running():
            load.until_done()
            with filled(disk):
                instances.until(lambda: 507 in load.codes(), "nobody was told that the disk is full", 60)
                read = Load(world, port, "reads")
                assert read.ask("", ("GET", "/applications", None)).code == 200
            load.until_done()
        load.is_fair()
        load.is_whole()
