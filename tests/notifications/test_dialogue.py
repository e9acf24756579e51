"""Whatever the server does at whatever step of the dialogue: nothing is lost, and a copy only comes after a line cut inside DATA."""

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notifications.lines import Pace
from tests.databases import sqlite_url
from tests.notifications.conftest import opened
from tests.notifications.moments import DRAFT
from tests.notifications.post import PostOffice, Server
from tests.scenario import SEALED

BEFORE_DATA = ("connect", "ehlo", "mail", "rcpt", "data")
INSIDE_DATA = ("body", "dot")


@pytest.fixture
def engine(tmp_path: Path) -> Generator[Engine]:
    yield from opened(sqlite_url(tmp_path))


class Cutting:
    """An SMTP server that hangs up once at *stage*: before it answers connect, ehlo, mail, rcpt or data, after the first
    line of the body, or when it has taken the whole letter and not said so. Then it behaves."""

    def __init__(self, stage: str, times: int = 1) -> None:
        self.stage, self.times = stage, times
        self.kept: list[bytes] = []
        self.talks: set[asyncio.Task[object]] = set()

    @contextmanager
    def running(self) -> Generator[int]:
        ready, port, ends = threading.Event(), [0], list[Callable[[], object]]()

        async def serve() -> None:
            loop, end = asyncio.get_running_loop(), asyncio.Event()
            server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
            port[0] = int(server.sockets[0].getsockname()[1])
            ends.append(lambda: loop.call_soon_threadsafe(end.set))
            ready.set()
            await end.wait()
            server.close()
            await asyncio.gather(*self.talks, return_exceptions=True)

        thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
        thread.start()
        ready.wait(5)
        try:
            yield port[0]
        finally:
            ends[0]()
            thread.join(5)

    def _cuts(self, stage: str) -> bool:
        if stage != self.stage or not self.times:
            return False
        self.times -= 1
        return True

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self.talks.add(talk)
        try:
            if not self._cuts("connect"):
                writer.write(b"220 cutting\r\n")
                while line := await reader.readline():
                    verb = line.split()[0].decode().lower() if line.split() else ""
                    if verb in BEFORE_DATA and self._cuts(verb):
                        break
                    if verb == "data":
                        writer.write(b"354 go on\r\n")
                        body = await self._body(reader)
                        if body is None or self._cuts("dot"):
                            break
                    writer.write(b"221 bye\r\n" if verb == "quit" else b"250 ok\r\n")
        except (ConnectionError, OSError):
            pass  # the other side was quicker
        writer.close()
        with suppress(ConnectionError, OSError):
            await writer.wait_closed()

    async def _body(self, reader: asyncio.StreamReader) -> bytes | None:
        first = await reader.readline()
        if self._cuts("body"):
            return None
        lines = [first]
        while (line := await reader.readline()) not in (b".\r\n", b""):
            lines.append(line)
        body = b"".join(lines)
        self.kept.append(body)
        return body


def sealed(post: PostOffice) -> int:
    post.happen(*DRAFT, SEALED)
    post.listener.follow()
    return post.states()["planned"]


@pytest.mark.parametrize("stage", BEFORE_DATA)
def test_a_line_cut_before_data_costs_no_letter_and_no_copy(post: PostOffice, stage: str) -> None:
    due, server = sealed(post), Cutting(stage)
    with server.running() as port:
        delivery = post.delivery(port)
        delivery.drain()
        post.clock.pass_by(hours=1)
        delivery.drain()
    assert post.states() == {"sent": due}
    assert len(server.kept) == len(set(server.kept)) == due


@pytest.mark.parametrize("stage", INSIDE_DATA)
def test_a_line_cut_inside_data_brings_the_same_bytes_once_more(post: PostOffice, stage: str) -> None:
    due, server = sealed(post), Cutting(stage)
    with server.running() as port:
        delivery = post.delivery(port)
        delivery.drain()
        post.clock.pass_by(minutes=6)
        delivery.drain()
    assert post.states() == {"sent": due}
    assert len(set(server.kept)) == due, "a copy is the same letter to the byte"
    assert len(server.kept) == due + (stage == "dot")


def test_after_a_no_the_same_conversation_carries_the_next(post: PostOffice) -> None:
    server = Server(answers={"editor@people.example": "550 unknown", "admin@people.example": "451 later"})
    sealed(post)
    with server.running() as port:
        post.delivery(port).drain()
    assert len(server.got) == 3
    assert len(server.sessions) <= 4


def test_conversations_are_kept_from_one_batch_to_the_next(post: PostOffice) -> None:
    server = Server()
    sealed(post)
    post.copy(195)
    with server.running() as port:
        assert post.delivery(port).drain().sent == 200
    assert len(server.sessions) == 4


def test_a_domain_gets_no_more_than_its_letters_a_minute(post: PostOffice) -> None:
    """The rest waits by its row, uses up no attempt, and holds up no other domain."""
    now = [0.0]
    server, due = Server(), sealed(post)
    with server.running() as port:
        delivery = post.delivery(port)
        delivery.pace = Pace(2, clock=lambda: now[0])
        delivery.drain()
        assert sorted(server.recipients())[:1] == ["admin@people.example"] or len(server.got) == 3
        assert len(server.got) == 3, "two of people.example, one of unit.test"
        assert set(post.rows("attempts", "state")) == {(1, "sent"), (0, "planned")}
        for _ in range(due):
            now[0] += 60
            post.clock.pass_by(minutes=1)
            delivery.drain()
    assert post.states() == {"sent": due}
