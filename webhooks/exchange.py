"""HTTP/1.1 on one connection: a request out, one answer in, and again while both sides keep it. llhttp (httptools) reads the answer.

Knows bytes and bounds, no address and no retry. A body stays as packed as it came; of a long one the beginning is kept and the
connection ended; whatever is no plain answer ends it too.
"""

import asyncio
from dataclasses import dataclass, field
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

READ_AT_MOST = 16 * 1024
HEAD_AT_MOST = 16 * 1024
CAME_AT_MOST = 4 * READ_AT_MOST
"""Head, chunks' own lines and body together: an answer that needs more to say less than we keep says nothing."""


class Broken(Exception):
    """No whole answer. *begun*: some of it had come, so that the other side did hear us."""

    def __init__(self, said: str, *, begun: bool) -> None:
        self.begun = begun
        super().__init__(said)


@dataclass(slots=True)
class Answer:
    """What came: status, reason, headers in their order, and the beginning of the body."""

    code: int = 0
    reason: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    body: bytes = b""


class Exchange(asyncio.Protocol):
    """One connection. Ask one thing at a time; *rests_since* is the loop's time of its last answer."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._begin()
        self.rests_since = 0.0

    def _begin(self) -> None:
        self._parser = HttpResponseParser(self)
        self._answer, self._kept = Answer(), bytearray()
        self._came, self._head, self._headed, self._whole = 0, 0, False, False

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        """Send *request*. The future ends with the answer, or with Broken."""
        self._begin()
        waiting = self._waiting = self._loop.create_future()
        if self._transport is None or self._transport.is_closing():
            self._fail("closed")
        else:
            self._transport.write(request)
        return waiting

    def close(self) -> None:
        """Hang up at once; nothing is waited for."""
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._waiting is None or self._waiting.done():
            self.close()  # nothing was asked: whoever talks out of turn is not listened to
            return
        self._came += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            self._fail(type(error).__name__)
            return
        if self._whole:
            return
        if len(self._kept) >= READ_AT_MOST:
            self._done(keep=False)
        elif self._came > (CAME_AT_MOST if self._headed else HEAD_AT_MOST):
            self._fail("too long")

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            if exc is None and self._headed and not self._is_measured():
                self._done(keep=False)  # it ends where the connection ends (RFC 9112 §6.3)
            else:
                self._fail(type(exc).__name__ if exc else "ended")

    # What the parser calls.

    def on_status(self, status: bytes) -> None:
        self._answer.reason += status

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers.append((name, value))
        self._head += len(name) + len(value)
        if self._head > HEAD_AT_MOST:
            raise ValueError("a long head")

    def on_headers_complete(self) -> None:
        self._answer.code = self._parser.get_status_code()
        self._headed = True

    def on_body(self, body: bytes) -> None:
        self._kept += body

    def on_message_complete(self) -> None:
        if self._whole:
            self.close()  # a second answer to one question
        elif 100 <= self._answer.code < 200:
            self._answer, self._headed = Answer(), False  # for now; the answer follows
        else:
            self._done(keep=self._parser.should_keep_alive())

    def _is_measured(self) -> bool:
        """Whether the answer said how long it is."""
        return any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self._answer.headers)

    def _done(self, *, keep: bool) -> None:
        self._whole = True
        self._answer.body = bytes(self._kept[:READ_AT_MOST])
        self.rests_since = self._loop.time()
        if not keep:
            self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(self._answer)

    def _fail(self, said: str) -> None:
        self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(Broken(said, begun=self._came > 0))
