"""A serving process of its own, which can be killed, and a mail server that can be away."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import SystemRandom
from typing import Any
from uuid import UUID

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Connection, select, update

from eventstore.dispatch import Context
from eventstore.rebuild import rebuild
from eventstore.schema import checkpoints
from eventstore.verify import verify
from notifications.delivery import Breaker, Delivery
from notifications.schema import letters
from service import wiring, world
from service.running import publish_packaged
from service.settings import Settings, for_the_demo
from service.wiring import House
from tests.scenario import OPENED, SEALED, at
from workflow.handling import FOLD

FREE = "127.0.0.1", 0


@dataclass(kw_only=True)
class Post:
    """A mail server on a port that stays its own, up or away."""

    port: int
    got: list[str] = field(default_factory=list[str])
    _controller: Controller | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.got += [
            line.split(b":", 1)[1].strip().decode()
            for line in content.splitlines()
            if line.lower().startswith(b"message-id:")
        ]
        return "250 OK"

    def open(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None


@dataclass(frozen=True, kw_only=True)
class World:
    """A populated database that a process can serve, and this process's own view of it."""

    settings: Settings
    house: House
    tokens: dict[str, str]

    def sealed(self, number: int) -> UUID:
        """One sealed application, written as it would have happened."""
        house, application = self.house, self.house.ids.uuid7()
        opened = replace(
            OPENED,
            application_id=str(application),
            number=f"HN-AI-2025-{number:04}",
            definition_digest=house.calls.get("hn-2025").digest,
            opened_by="editor",
        )
        context = Context(actor="person:editor", correlation_id=application)
        house.dispatcher.dispatch(f"application-{application}", FOLD, lambda *_: [opened, SEALED], context)
        return application

    def letters(self) -> list[Any]:
        with self.house.store.reading() as db:
            return list(db.execute(select(letters)).mappings())

    def sound(self) -> None:
        """The chain holds, and every projection is what the log says."""
        report = verify(self.house.engine)
        assert report.ok, report
        for projection in self.house.projections:
            rebuilt = rebuild(self.house.store, self.house.read, projection, repair=False)
            assert rebuilt.equal, rebuilt

    def settle_the_post(self) -> None:
        """Follow the log to its head and deliver whatever is due, a day ahead, so that no lease or wait is in the way."""
        with self.house.store.begin() as db:
            db.execute(
                update(checkpoints).values(lease_until=0)
            )  # as if the half minute of a killed listener were over
        while self.house.listener.follow():
            pass
        assert self.house.listener.subscription.standing().position == self.house.store.head_position()
        clock, random = _Ahead(self.house), SystemRandom()
        post = Delivery(self.house.store, clock, self.house.relay, self.house.rendering, random, Breaker(random))
        for _ in range(5):
            post.drain()


@dataclass(frozen=True)
class _Ahead:
    """The wall's clock, some days on."""

    house: House

    def now(self, db: Connection) -> datetime:
        return self.house.wall.now(db) + timedelta(days=1)


def doubled(post: Post) -> int:
    return sum(count - 1 for count in Counter(post.got).values())


@contextmanager
def peopled(database: str, folder: Path, smtp_port: int, **more: Any) -> Iterator[World]:
    """A world at the morning of 24 November; *more* settings go over its own."""
    given = {"base_url": "http://127.0.0.1:1", "database_url": database, "mode": "test", "tick_s": 0.5, **more}
    settings = for_the_demo(folder, smtp_url=f"smtp://127.0.0.1:{smtp_port}", **given)
    house = wiring.build(settings)
    house.prepare()
    publish_packaged(house)
    tokens = world.populate(house)
    with house.store.begin() as db:
        house.clock.set(db, at("2025-11-24 10:00"))  # type: ignore[attr-defined]
    try:
        yield World(settings=settings, house=house, tokens=tokens)
    finally:
        house.close()


@dataclass(frozen=True)
class Server:
    """A process that serves; `kill` is -9."""

    process: "subprocess.Popen[str]"
    port: int

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)


def environment_of(settings: Settings) -> dict[str, str]:
    """What a process has to be started with to have *settings*."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VERMILION_")}
    for name, value in settings.model_dump(exclude_none=True).items():
        secret = getattr(value, "get_secret_value", None)
        environment[f"VERMILION_{name.upper()}"] = str(secret() if secret else value)
    return environment


@contextmanager
def serving(settings: Settings) -> Generator[Server]:
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "serve", "--bind", "127.0.0.1:0"],
        env={**environment_of(settings), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Server(process, int(process.stdout.readline().rsplit(":", 1)[1]))
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            process.wait(20)
        finally:  # one that does not stop must not be left to the tests that follow
            process.kill()
            process.wait()
            process.stdout.close()


def ask(port: int, token: str, method: str, path: str, body: Any, key: str) -> tuple[int, dict[str, Any]] | None:
    """One command; None where no answer came back."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        try:
            connection.request(method, f"/api/v1{path}", json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, HTTPException, ValueError):
            return None
