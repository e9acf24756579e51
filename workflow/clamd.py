"""A conversation with clamd: bytes in, a verdict out (INSTREAM). Bounded in size and time; whatever is odd is no verdict."""

import re
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

_CHUNK = 64 * 1024
_ANSWER = 4096
_FOUND = re.compile(r"stream: (.{1,400}) FOUND")
CONNECT_S = 5.0
SILENCE_S = 30.0
WHOLE_S = 180.0


class ScannerAway(Exception):
    """No verdict: the scanner is not there, hung up, or took too long."""


class NotTaken(ScannerAway):
    """No verdict: the scanner is there and would not take these bytes, or could not read them."""


@dataclass(frozen=True, slots=True)
class Clamd:
    """Where clamd listens: `unix:/path` or `host:port`."""

    place: str

    def scan(self, stream: IO[bytes]) -> str | None:
        """The name of what was found in *stream*, None when nothing was. ScannerAway or NotTaken when there is no verdict."""
        answer = self._asked(b"zINSTREAM\0", stream)
        found = _FOUND.fullmatch(answer)
        if found:
            return found[1]
        if answer != "stream: OK":
            raise NotTaken(answer or "hung up without an answer")
        return None

    def version(self) -> str:
        """The engine with its signatures, in its own words. ScannerAway when it does not answer."""
        answer = self._asked(b"zVERSION\0")
        if not answer.startswith("ClamAV"):
            raise ScannerAway(answer or "hung up without an answer")
        return answer

    def _asked(self, command: bytes, stream: IO[bytes] | None = None) -> str:
        until = time.monotonic() + WHOLE_S
        try:
            with self._line() as line:
                line.sendall(command)
                if stream is not None:
                    _pour(line, stream, until)
                return _answer(line, until)
        except OSError as error:
            raise ScannerAway(f"{type(error).__name__}: {error}") from error

    @contextmanager
    def _line(self) -> Generator[socket.socket]:
        if self.place.startswith("unix:"):
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(CONNECT_S)
            try:
                line.connect(self.place.removeprefix("unix:"))
            except OSError:
                line.close()
                raise
        else:
            host, _, port = self.place.rpartition(":")
            line = socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_S)
        with line:
            line.settimeout(SILENCE_S)
            yield line


def _pour(line: socket.socket, stream: IO[bytes], until: float) -> None:
    """All of *stream* in chunks with their length before them, and an empty one. Who hangs up meanwhile has answered."""
    try:
        while chunk := stream.read(_CHUNK):
            _be_in_time(until)
            line.sendall(len(chunk).to_bytes(4, "big") + chunk)
        line.sendall(b"\0\0\0\0")
    except (BrokenPipeError, ConnectionResetError):
        return


def _answer(line: socket.socket, until: float) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < _ANSWER:
        _be_in_time(until)
        piece = line.recv(_ANSWER - len(answer))
        if not piece:
            raise ScannerAway("hung up in the middle")
        answer += piece
    return answer.split(b"\0")[0].decode("utf-8", "replace").strip()


def _be_in_time(until: float) -> None:
    if time.monotonic() > until:
        raise ScannerAway(f"took longer than {WHOLE_S:.0f} s")
