"""The world outside while things break: a mail server that hangs up wherever it likes, and machines that take parcels, drip, or never answer.

Both remember every byte they took, so that what was lost and what came twice can be told.
"""

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from random import Random

STAGES = ("connect", "ehlo", "mail", "rcpt", "data", "body", "dot")
"""Where a line can be cut: before the answer to each step, in the middle of the letter, and when it was taken and not said so."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One letter that the mail server took; *cut*: it never said so."""

    message_id: str
    digest: str
    cut: bool


@dataclass
class MailServer:
    """*cuts*: how likely it hangs up at each step. *watch* hears of every step, before it is answered."""

    random: Random
    cuts: float = 0.0
    taken: list[Taken] = field(default_factory=list[Taken])
    cut_at: Counter[str] = field(default_factory=Counter[str])
    connections: int = 0
    watch: Callable[[str], None] = lambda _stage: None

    def cut(self, stage: str) -> bool:
        self.watch(stage)
        hangs_up = self.random.random() < self.cuts
        self.cut_at[stage] += hangs_up
        return hangs_up

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            await self._talk(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut("connect"):
            return
        writer.write(b"220 outside\r\n")
        while line := await reader.readline():
            verb = line[:4].strip().decode("ascii", "replace").lower()
            if verb in STAGES and self.cut(verb):
                return
            if verb == "data":
                writer.write(b"354 go on\r\n")
                if not await self._letter(reader):
                    return
            writer.write(
                {"ehlo": b"250-outside\r\n250 PIPELINING\r\n", "quit": b"221 bye\r\n"}.get(verb, b"250 ok\r\n")
            )
            if verb == "quit":
                return

    async def _letter(self, reader: asyncio.StreamReader) -> bool:
        first = await reader.readline()
        if self.cut("body"):
            return False
        body = first + await reader.readuntil(b"\r\n.\r\n")
        message_id = BytesHeaderParser().parsebytes(body)["message-id"] or ""
        cut = self.cut("dot")
        self.taken.append(Taken(message_id, hashlib.sha256(body).hexdigest(), cut))
        return not cut

    @contextmanager
    def running(self) -> Generator[int]:
        with listening(self.talk) as port:
            yield port


@contextmanager
def listening(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]) -> Generator[int]:
    """An asyncio server in a thread of its own."""
    ready, port, ends = threading.Event(), [0], list[Callable[[], object]]()

    async def serve() -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=1 << 20)  # type: ignore[arg-type]
        port[0] = int(server.sockets[0].getsockname()[1])
        ends.append(lambda: loop.call_soon_threadsafe(end.set))
        ready.set()
        await end.wait()
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield port[0]
    finally:
        ends[0]()
        thread.join(10)


@dataclass
class Machine:
    """Takes parcels at /hook; at /drip it answers a byte at a time and is never done; at /dead it says nothing at all."""

    random: Random
    cuts: float = 0.0
    taken: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    watch: Callable[[str], None] = lambda _stage: None

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            while await self._one(reader, writer):
                pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.watch("asked")
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])
        }
        if self.random.random() < self.cuts:
            return False
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        path = head.split(" ", 2)[1]
        if path == "/dead":
            await asyncio.sleep(3600)
        if path == "/drip":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.2)
        self.taken.append((fields.get("webhook-id", ""), hashlib.sha256(body).hexdigest()))
        self.watch("taken")
        if self.random.random() < self.cuts:
            return False
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        return True

    @contextmanager
    def running(self) -> Generator[int]:
        with listening(self.talk) as port:
            yield port
