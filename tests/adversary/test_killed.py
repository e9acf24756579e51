"""kill -9 in the middle of a stream of commands, five rounds: what was acknowledged is there, and nothing is half done."""

import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from eventstore.verify import verify
from tests.adversary.serving import Post, Server, World, ask, doubled, peopled, serving
from tests.databases import postgres_database, sqlite_url
from tests.faults.instances import free_port

ROUNDS, ROUNDS_AGAIN = 5, 3
HANDS, LINES = 3, 4


@pytest.fixture
def post() -> Generator[Post]:
    made = Post(port=free_port())
    made.open()
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def lived_in(request: pytest.FixtureRequest, tmp_path: Path, post: Post) -> Generator[World]:
    if request.param == "sqlite":
        with peopled(sqlite_url(tmp_path), tmp_path, post.port, mail_connections=LINES) as found:
            yield found
    else:
        with postgres_database() as url, peopled(url, tmp_path, post.port, mail_connections=LINES) as found:
            yield found


@dataclass
class Stream:
    """Commands one after another, each with its key; what was acknowledged, and what is open because nobody answered."""

    world: World
    sealed: list[UUID]
    said: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    unanswered: list[tuple[str, str, str, Any, str]] = field(default_factory=list[tuple[str, str, str, Any, str]])
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, server: Server, hand: str) -> None:
        for number in range(10_000):
            if self.stop.is_set() or not self.take(server, self.next(f"{hand}-{number}", number)):
                return

    def next(self, key: str, number: int) -> tuple[str, str, str, Any, str]:
        """Every third command takes back a seal, which has letters; the others open, or write."""
        if number % 3 == 0 and self.sealed:
            return "admin", "POST", f"/applications/{self.sealed.pop()}/recall", {}, key
        if number % 3 == 1:
            opening = {"call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16B"}
            return "editor", "POST", "/applications", opening, key
        draft = next(
            (answer["id"] for answer in reversed(list(self.said.values())) if answer["stage"] == "draft"), None
        )
        if draft is None:
            return self.next(key, 1)
        return (
            "editor",
            "PUT",
            f"/applications/{draft}/sections/model",
            {"answers": {"params_yi": str(8 + number)}},
            key,
        )

    def take(self, server: Server, wish: tuple[str, str, str, Any, str]) -> bool:
        who, method, path, body, key = wish
        answer = ask(server.port, self.world.tokens[who], method, path, body, key)
        if answer is None or answer[0] == 503:
            self.unanswered.append(wish)
            return answer is not None
        assert answer[0] in (200, 201), answer
        self.said[key] = answer[1]
        return True


def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(lived_in: World, post: Post) -> None:
    world, random = lived_in, Random(7)
    stream = Stream(world, [world.sealed(number) for number in range(1, 61)])
    acknowledged: dict[str, dict[str, Any]] = {}
    for turn in range(ROUNDS if world.house.engine.dialect.name == "sqlite" else ROUNDS_AGAIN):
        with serving(world.settings) as server:
            stream.stop.clear()
            again, stream.unanswered = stream.unanswered, []
            for wish in again:  # what nobody answered is asked again with its key: done once, now or then
                assert stream.take(server, wish)
            hands = [threading.Thread(target=stream.run, args=(server, f"{turn}-{n}")) for n in range(HANDS)]
            for hand in hands:
                hand.start()
            time.sleep(random.uniform(0.2, 0.6))
            server.kill()
            stream.stop.set()
            for hand in hands:
                hand.join()
        assert len(stream.said) > len(acknowledged), "the round did something"
        acknowledged = dict(stream.said)
        for key, answer in acknowledged.items():
            recorded = world.house.store.read_stream(f"application-{answer['id']}")
            assert len(recorded) >= answer["version"], key
            mine = [event for event in recorded if f'"command":"{key}"' in str(event.metadata).replace(" ", "")]
            assert [event.type for event in mine] == answer["events"], key
        assert verify(world.house.engine).ok
    with serving(world.settings) as server:
        for wish in stream.unanswered:
            assert stream.take(server, wish)
    world.sound()
    letters_are_those_due(world, post)


def letters_are_those_due(world: World, post: Post) -> None:
    """For each event the same people as for any other of its kind, each once; everything leaves."""
    world.settle_the_post()
    planned: dict[str, list[str]] = {}
    for letter in world.letters():
        planned.setdefault(letter["event_id"], []).append(letter["recipient"])
    for recipients in planned.values():
        assert len(recipients) == len(set(recipients))
    due: dict[str, set[frozenset[str]]] = {}
    position = 0
    while page := world.house.store.read_all(position):
        for event in page:
            position = event.position
            if event.type.startswith("application."):
                due.setdefault(event.type, set()).add(frozenset(planned.pop(str(event.event_id), ())))
    assert not planned, "letters about what never happened"
    assert {kind: people for kind, people in due.items() if len(people) > 1} == {}, "the same for each of a kind"
    assert due["application.recalled"] != {frozenset()}
    states = {letter["state"] for letter in world.letters()}
    assert states <= {"sent", "unknown"}, states
    sent = {letter["message_id"] for letter in world.letters() if letter["state"] == "sent"}
    assert sent <= set(post.got)
    assert set(post.got) <= {letter["message_id"] for letter in world.letters()}
    assert doubled(post) <= LINES * ROUNDS, "only what was on the line when it was cut may come twice"
