"""Bodies sent in chunks, for the one-process server: werkzeug's reader trusts a chunk to be as long as it says.

A body that ends early makes that reader tell CPython of more bytes than it wrote, which ends the process. gunicorn has a
reader of its own and never comes here.
"""

import io
from typing import IO, Any, cast

from werkzeug.serving import DechunkedInput, WSGIRequestHandler


class Dechunked(DechunkedInput):
    """The same stream, read chunk by chunk and never past what has come; OSError for a body that ends early."""

    def __init__(self, rfile: IO[bytes]) -> None:
        super().__init__(rfile)
        self._rest = 0

    def readinto(self, buf: Any) -> int:
        if self._done or not len(buf):
            return 0
        if self._rest == 0:
            self._rest = self.read_chunk_len()
        if self._rest == 0:
            self._done = True
            self._end_of_chunk()
            return 0
        data = self._rfile.read(min(len(buf), self._rest))
        if not data:
            raise OSError("the body ended inside a chunk")
        buf[: len(data)] = data
        self._rest -= len(data)
        if self._rest == 0:
            self._end_of_chunk()
        return len(data)

    def _end_of_chunk(self) -> None:
        if self._rfile.readline(2) not in (b"\n", b"\r\n", b"\r"):
            raise OSError("a chunk without its end")


class Enough:
    """What a connection sends, up to a limit and then nothing: werkzeug reads on for gigabytes after a refusal."""

    def __init__(self, rfile: IO[bytes], limit: int) -> None:
        self._rfile, self._left = rfile, limit

    def read(self, size: int = -1) -> bytes:
        return self._counted(self._rfile.read(self._left if size < 0 else min(size, self._left)))

    def readline(self, size: int = -1) -> bytes:
        return self._counted(self._rfile.readline(self._left if size < 0 else min(size, self._left)))

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rfile, name)


class Handler(WSGIRequestHandler):
    """werkzeug's handler with that reader, for bodies of *most* bytes and not much more."""

    most = 80 * 1024 * 1024

    def setup(self) -> None:
        super().setup()
        self.rfile = cast("io.BufferedIOBase", Enough(cast("IO[bytes]", self.rfile), self.most))

    def make_environ(self) -> dict[str, Any]:
        environ = super().make_environ()
        if isinstance(environ["wsgi.input"], DechunkedInput):
            environ["wsgi.input"] = io.BufferedReader(Dechunked(cast("IO[bytes]", self.rfile)))
        return environ
