"""Hands that write without a pause while something breaks: what each wish was answered, when, and what has to be asked again."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from eventstore.refusal import Busy
from tests.adversary.serving import World
from tests.faults.instances import until
from tests.scenario import UNIT_CODE

HANDS, SEVERAL = 3, 20
TIMEOUT_S = 20
"""Whoever has no answer by then was left waiting: five seconds for a lock or a connection, twice, and what a busy machine adds."""
LATER = frozenset({503, 507})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """*code* 0: nobody answered."""

    at: float
    code: int
    retry_after: int
    key: str
    body: Any

    @property
    def done(self) -> bool:
        return self.code in (200, 201)


@dataclass
class Load:
    """A wish opens an application or writes into a section of one; every wish has its key."""

    world: World
    port: int
    name: str = "load"
    patience_s: float = TIMEOUT_S
    answers: list[Answered] = field(default_factory=list[Answered])
    wishes: dict[str, tuple[str, str, Any]] = field(default_factory=dict[str, tuple[str, str, Any]])
    stop: threading.Event = field(default_factory=threading.Event)

    def hand(self, number: int) -> None:
        draft = ""
        for turn in range(100_000):
            if self.stop.is_set():
                return
            key = f"{self.name}-{number}-{turn}"
            wish: tuple[str, str, Any] = (
                "POST",
                "/applications",
                {"call": "hn-2025", "direction": "L-V", "unit": UNIT_CODE},
            )
            if draft and turn % 4:
                wish = ("PUT", f"/applications/{draft}/sections/model", {"answers": {"params_yi": str(8 + turn)}})
            answer = self.ask(key, wish)
            if answer.done and wish[0] == "POST":
                draft = answer.body["id"]
            if not answer.done:
                self.stop.wait(0.1)  # sooner than it was told, as impatient people do

    def ask(self, key: str, wish: tuple[str, str, Any]) -> Answered:
        self.wishes[key] = wish
        began = time.monotonic()
        code, wait, body = asked(self.port, self.world.tokens["editor"], key, *wish, self.patience_s)
        found = Answered(at=began, code=code, retry_after=wait, key=key, body=body)
        self.answers.append(found)
        return found

    @contextmanager
    def running(self) -> Generator[None]:
        hands = [threading.Thread(target=self.hand, args=(number,)) for number in range(HANDS)]
        for hand in hands:
            hand.start()
        try:
            yield
        finally:
            self.stop.set()
            for hand in hands:
                hand.join()

    def until_done(self) -> None:
        """Until somebody who asks from now on is told yes."""
        seen = len(self.answers)
        until(lambda: any(one.done for one in self.answers[seen:]), lambda: str(self.answers[-3:]))

    def next(self, many: int = SEVERAL) -> list[Answered]:
        """The next so many answers to wishes that begin from now on."""
        began = time.monotonic()
        until(lambda: len(self.begun(began)) >= many, lambda: str(self.answers[-3:]))
        return self.begun(began)

    def begun(self, at: float) -> list[Answered]:
        """What was answered to those who asked at that time or later."""
        return [one for one in self.answers if one.at >= at]

    def codes(self) -> set[int]:
        return {one.code for one in self.answers}

    def is_fair(self, *, unanswered: bool = False) -> None:
        """Success, or 503 or 507 with when to come back; nothing else."""
        odd = [
            one for one in self.answers if not one.done and one.code not in LATER and not (unanswered and one.code == 0)
        ]
        assert not odd, odd[:3]
        assert all(one.retry_after >= 1 for one in self.answers if one.code in LATER)

    def is_whole(self) -> None:
        """What was promised is in the log as it was promised; what was not is done with its key, once; nothing is half done."""
        for one in self.answers:
            if not one.done:
                again = self.ask(one.key, self.wishes[one.key])
                assert again.done, again
        last = {one.key: one for one in self.answers if one.done}
        events: dict[str, list[str]] = {}
        for one in last.values():
            recorded = self.world.house.store.read_stream(f"application-{one.body['id']}")
            events[one.key] = [
                each.type for each in recorded if f'"command":"{one.key}"' in str(each.metadata).replace(" ", "")
            ]
        assert {key: one.body["events"] for key, one in last.items()} == events
        self.world.sound()


def asked(
    port: int, token: str, key: str, method: str, path: str, body: Any, patience_s: float = TIMEOUT_S
) -> tuple[int, int, Any]:
    """Status, Retry-After in seconds, and the body; 0 where no answer came."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
    with closing(HTTPConnection("127.0.0.1", port, timeout=patience_s)) as connection:
        try:
            connection.request(method, f"/api/v1{path}", json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, int(response.headers.get("Retry-After", 0)), json.loads(response.read())
        except (OSError, HTTPException, ValueError):
            return 0, 0, None


def head_of(world: World) -> int:
    """The newest position, as soon as anybody can be asked."""
    for _ in range(100):
        try:
            return world.house.store.head_position()
        except Busy:
            time.sleep(0.1)
    raise TimeoutError("the database does not come back")
