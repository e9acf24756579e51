"""Two people who act at the same moment on two servers never both succeed.

1,000 pairs of conflicting requests over two server processes, on both databases; the overlap of the two requests is
measured, not assumed. Each pair ends with one winner, a loser who is told which event won, whose and when, and the
winner's letters once. VERMILION_PAIRS asks for another number.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Barrier, local
from typing import Any
from uuid import UUID

import pytest

from eventstore.clock import SettableClock
from eventstore.dispatch import Context
from eventstore.refusal import Busy
from service import wiring, world
from service.running import publish_packaged
from service.settings import for_the_demo
from service.sink import Mailbox, Sink
from service.wiring import House
from tests.databases import postgres_database, sqlite_url
from tests.scenario import DIGEST, OPENED, SEALED, at
from workflow.handling import FOLD

PAIRS = int(os.environ.get("VERMILION_PAIRS", "1000"))
SIDES = 4
"""Pairs that run at the same time, beside the two of each pair."""


@dataclass(frozen=True, slots=True)
class Asked:
    code: int
    body: dict[str, Any]
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Servers:
    house: House
    tokens: dict[str, str]
    ports: tuple[int, int]


@pytest.fixture(params=["sqlite", "postgres"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Servers]:
    if request.param == "sqlite":
        yield from _served(sqlite_url(tmp_path), tmp_path)
    else:
        with postgres_database() as url:
            yield from _served(url, tmp_path)


def _served(database: str, folder: Path) -> Generator[Servers]:
    sink = Sink(Mailbox(folder / "mail"))
    sink.start()
    settings = for_the_demo(
        folder, base_url="http://127.0.0.1:1", smtp_url=sink.url, database_url=database, mode="test"
    )
    house = wiring.build(settings)
    house.prepare()
    publish_packaged(house)
    tokens = world.populate(house)
    assert isinstance(house.clock, SettableClock)
    with house.store.begin() as db:
        house.clock.set(db, at("2025-11-24 10:00"))
    with _server(settings) as one, _server(settings) as other:
        yield Servers(house, tokens, (one, other))
    house.close()
    sink.stop()


@contextmanager
def _server(settings: Any) -> Iterator[int]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VERMILION_")}
    for name, value in settings.model_dump(exclude_none=True).items():
        secret = getattr(value, "get_secret_value", None)
        environment[f"VERMILION_{name.upper()}"] = str(secret() if secret else value)
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "serve", "--bind", "127.0.0.1:0"],
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline().rsplit(":", 1)[1])
    finally:
        process.terminate()
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()


def sealed(house: House, number: int) -> UUID:
    """One sealed application, written as it would have happened."""
    application = house.ids.uuid7()
    opened = replace(
        OPENED,
        application_id=str(application),
        number=f"HN-AI-2025-{number:04}",
        definition_digest=house.calls.get("hn-2025").digest,
        opened_by="editor",
    )
    context = Context(actor="person:editor", correlation_id=application)
    let_in(lambda: house.dispatcher.dispatch(f"application-{application}", FOLD, lambda *_: [opened, SEALED], context))
    return application


def let_in(act: Callable[[], object]) -> None:
    """SQLite has one writer at a time: whoever waited too long is told to come again, and does."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with suppress(Busy):
            act()
            return
    raise AssertionError("the log was held all the time")


_kept = local()


def ask(servers: Servers, side: int, who: str, path: str, body: dict[str, Any]) -> Asked:
    """One request over a kept connection of this thread to the server of its side."""
    connections: dict[int, HTTPConnection] = _kept.__dict__.setdefault(f"of-{id(servers)}", {})
    connection = connections.setdefault(side, HTTPConnection("127.0.0.1", servers.ports[side], timeout=60))
    headers = {
        "Authorization": f"Bearer {servers.tokens[who]}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"{who}-{path}",
    }
    began = time.perf_counter()
    status, content = 503, b""
    while (
        status == 503 and time.perf_counter() - began < 120
    ):  # with Retry-After: the same key makes it the same request
        connection.request("POST", f"/api/v1/applications/{path}", json.dumps(body), headers)
        response = connection.getresponse()
        status, content = response.status, response.read()
    return Asked(status, json.loads(content), began, time.perf_counter())


RECOMMENDATION = {
    "content_digest": DIGEST,
    "letter_number": "岳工信函〔2025〕11号",
    "letter_scan": "sha256:" + "5c" * 32,
    "handler": "刘一鸣",
    "handler_in_establishment": True,
}


def pair(servers: Servers, hands: ThreadPoolExecutor, application: UUID, turn: int) -> tuple[Asked, Asked]:
    """The bureau recommends while the unit takes the seal back; who asks which server changes from pair to pair."""
    barrier = Barrier(2)

    def asking(side: int, who: str, step: str, body: dict[str, Any]) -> Asked:
        barrier.wait()
        return ask(servers, side, who, f"{application}/{step}", body)

    first = hands.submit(asking, turn % 2, "yuelu-head", "recommendation", RECOMMENDATION)
    second = hands.submit(asking, 1 - turn % 2, "admin", "recall", {})
    return first.result(), second.result()


def test_of_two_who_act_at_once_exactly_one_succeeds(servers: Servers) -> None:
    house = servers.house
    applications = [sealed(house, number) for number in range(1, PAIRS + 1)]
    drain(house)
    before = letters_by_event(house)
    with ThreadPoolExecutor(SIDES) as sides, ThreadPoolExecutor(2 * SIDES) as hands:
        running = [sides.submit(pair, servers, hands, one, turn) for turn, one in enumerate(applications)]
        results = [one.result() for one in running]
    overlapping = 0
    for application, (one, other) in zip(applications, results, strict=True):
        winner, loser = (one, other) if one.code == 200 else (other, one)
        assert (winner.code, loser.code) == (200, 409), (one, other)
        (refusal,) = loser.body["refusals"]
        events = house.store.read_stream(f"application-{application}")
        assert len(events) == 3
        assert refusal["code"] == "WRONG_STAGE"
        assert refusal["params"]["event"] == events[-1].type
        assert refusal["params"]["by"]
        assert refusal["params"]["at"]
        overlapping += max(one.began, other.began) < min(one.ended, other.ended)
    assert overlapping >= PAIRS * 0.9, f"only {overlapping} of {PAIRS} pairs overlapped"
    drain(house)
    letters = letters_by_event(house)
    assert all(letters[event] == letters[event, "recipients"] for event in list(letters) if isinstance(event, str))
    assert (
        sum(1 for event in letters if isinstance(event, str))
        - len([event for event in before if isinstance(event, str)])
        == PAIRS
    )


def drain(house: House) -> None:
    """Follow the log to its head; the servers' own listeners do the same, and one lease lets one of them."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        let_in(house.listener.follow)
        if house.listener.subscription.standing().position >= house.store.head_position():
            return
        time.sleep(timedelta(milliseconds=50).total_seconds())
    raise AssertionError("the letters were not planned in time")


def letters_by_event(house: House) -> dict[Any, int]:
    """For each event: how many letters, and how many different recipients; the two are one number when none is doubled."""
    with house.store.reading() as db:
        rows = db.exec_driver_sql(
            "SELECT event_id, count(*), count(DISTINCT recipient) FROM letters GROUP BY event_id"
        ).all()
    found: dict[Any, int] = {}
    for event, count, recipients in rows:
        found[str(event)] = count
        found[str(event), "recipients"] = recipients
    return found
