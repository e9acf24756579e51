"""From the commit to the first byte at the mail server and at a machine: with the wake-up, and with every wake-up lost.

And what all of it costs the append path: the same commands in the same process, with everything that tells beside, and with nothing.
"""

import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

from bench.figures import Figure, at_most, limit
from bench.memory import resident_kb
from bench.progress import Progress
from bench.rounds import timed
from bench.scale import Scale
from eventstore.dispatch import Context
from service import actors as acting
from service.broker import LocalBroker, Workers
from service.wiring import ROOF, House
from tests.adversary.serving import World, peopled
from tests.faults.outside import Machine, MailServer
from tests.scenario import OPENED, SEALED
from webhooks.endpoint import Wanted
from workflow.handling import FOLD

_TIMES, _WITH_MS, _LOST_MS = 60, 100.0, 1200.0
_APPEND, _STOP_S, _GROWS_MB = 1.05, 1.0, 10.0
_FAILING = 10_000
_PATIENCE_S = 20.0
_numbers = itertools.count(1)


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder, _here(Path(folder)) as (world, mail, machine):
        times = min(_TIMES, scale.commands)
        with _at_work(world.house) as (workers, actors):
            for what, seen in (("letter", mail), ("parcel", machine)):
                yield limit(f"commit to first byte of a {what}, p95", _p95(world, seen, times), _WITH_MS, " ms")
            yield limit("an idle process stops", timed(workers.stop), _STOP_S, " s", 2)
        with _relaying(world.house):
            for what, seen in (("letter", mail), ("parcel", machine)):
                lost = _p95(world, seen, min(times, 20))
                yield limit(f"the same with every wake-up lost ({what})", lost, _LOST_MS, " ms")
        yield _append(world, actors, scale, progress)
    yield _memory(scale)


@contextmanager
def _here(folder: Path) -> Generator[tuple[World, "_Seen", "_Seen"]]:
    mail, machine = MailServer(Random(1)), Machine(Random(2))
    seen = _Seen("connect"), _Seen("asked")
    mail.watch, machine.watch = seen[0].watch, seen[1].watch
    with mail.running() as smtp, machine.running() as port:
        more: dict[str, Any] = {"webhook_plain": True, "webhook_networks": "127.0.0.0/8", "tick_s": 3600.0}
        with peopled(f"sqlite:///{folder / 'house.db'}", folder, smtp, **more) as world:
            house, wanted = world.house, Wanted(name="数据平台", types=("application.unit_sealed",))
            url = f"http://127.0.0.1:{port}/hook"
            made = house.hooks.register.create(
                ROOF, house.as_roof(), wanted, kind="standard", owner="province:43", url=url
            )
            house.hooks.register.verified(ROOF, house.as_roof(), made.id, "trusted")
            yield world, *seen


class _Seen:
    """When the first byte came since it was last asked."""

    def __init__(self, stage: str) -> None:
        self._stage, self._at, self._came = stage, 0.0, threading.Event()

    def watch(self, stage: str) -> None:
        if stage == self._stage and not self._came.is_set():
            self._at = time.perf_counter()
            self._came.set()

    def after(self, work: Callable[[], float]) -> float:
        self._came.clear()
        began = work()
        if not self._came.wait(_PATIENCE_S):
            return _PATIENCE_S * 1000
        return (self._at - began) * 1000


@contextmanager
def _at_work(house: House) -> Generator[tuple[Workers, acting.Actors]]:
    """The workers of the local broker, woken by every commit."""
    actors = acting.declare(house)
    workers = Workers(house.broker)
    workers.start()
    try:
        yield workers, actors
    finally:
        house.dispatcher.on_commit.clear()


@contextmanager
def _relaying(house: House) -> Generator[None]:
    """Nobody is woken: the database is looked at each second."""
    stop = threading.Event()
    thread = threading.Thread(target=acting.relay, args=(house, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _p95(world: World, seen: _Seen, times: int) -> float:
    random, found = Random(3), list[float]()
    for _ in range(times):
        found.append(seen.after(lambda: _happen(world)))
        time.sleep(random.uniform(0.3, 0.9))  # at any moment of the second, and not while the last one is still told
    return quantiles(found, n=20)[-1]


def _happen(world: World) -> float:
    """One application sealed; the instant at which its commit returned."""
    house, application = world.house, world.house.ids.uuid7()
    digest = house.calls.get("hn-2025").digest
    given = {"application_id": str(application), "number": f"HN-AI-2025-{next(_numbers):06}", "opened_by": "editor"}
    opened = replace(OPENED, **given, definition_digest=digest)
    context = Context(actor="person:editor", correlation_id=application)
    house.dispatcher.dispatch(f"application-{application}", FOLD, lambda *_: [opened, SEALED], context)
    return time.perf_counter()


def _append(world: World, actors: acting.Actors, scale: Scale, progress: Progress) -> Figure:
    """The same appends with the wake-up after each commit, and without: whoever does the work is another process."""
    house = world.house
    assert isinstance(house.broker, LocalBroker)
    woken = actors.wake
    house.dispatcher.on_commit.clear()
    ratios, rate = list[float](), list[float]()
    for number in range(scale.rounds):
        progress(number, scale.rounds)
        took = dict[bool, float]()
        for telling in (number % 2 == 0, number % 2 == 1):
            house.dispatcher.on_commit[:] = [woken] if telling else []
            took[telling] = timed(lambda: [_happen(world) for _ in range(scale.commands)])
        ratios.append(took[True] / took[False])
        rate.append(scale.commands / took[True])
    progress(scale.rounds, scale.rounds)
    house.dispatcher.on_commit.clear()
    return at_most(
        "appends that wake whoever tells", f"{median(rate):.0f}/s", "that wake nobody", median(ratios), _APPEND
    )


def _memory(scale: Scale) -> Figure:
    """Messages whose actor fails with something heavy in its hands: the broker may keep none of it."""
    import dramatiq
    from dramatiq.middleware import Retries

    broker = LocalBroker(middleware=[Retries(max_retries=0)])

    def fail() -> None:
        heavy = bytes(200_000)
        raise RuntimeError(len(heavy))

    actor = dramatiq.actor(broker=broker, actor_name="fail")(fail)
    workers, many = Workers(broker), _FAILING if scale.rounds > 2 else 500
    workers.start()

    def failing(count: int) -> None:
        for _ in range(count):
            actor.send()
            while broker.queues["default"].qsize() > 100:
                time.sleep(0.001)
        broker.join("default", timeout=120_000, fail_fast=False)

    failing(min(200, many))
    before = resident_kb()
    failing(many)
    grown = max(0.0, (resident_kb() - before) / 1024)
    workers.stop()
    return limit(f"{many:,} failing messages grow memory", grown, _GROWS_MB, " MB", 1)
