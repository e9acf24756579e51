"""The folder of papers that were made: each under its own digest, swept when nobody wants it, made again when somebody does."""

import hashlib
import os
import re
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import uuid4

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Shelf:
    """Papers by digest. What lies here can always be made again; nothing else knows of the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> str:
        """Keep *data*, whole or not at all; answers its digest."""
        digest = hashlib.sha256(data).hexdigest()
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        arriving = self._folder / f"{uuid4().hex}.part"
        try:
            with os.fdopen(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            arriving.rename(self._path(digest))
        finally:
            arriving.unlink(missing_ok=True)
        return digest

    def open(self, digest: str) -> IO[bytes] | None:
        """The bytes, compared with their digest; None where they are gone or others, which are then thrown away."""
        path = self._path(digest)
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            return None
        if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
            stream.close()
            path.unlink(missing_ok=True)
            return None
        stream.seek(0)
        os.utime(path)  # the sweep spares what is read
        return stream

    def forget(self, digest: str) -> None:
        """Take one away; it can be made again."""
        self._path(digest).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        """Take away what nobody has read since *before*, and what was never finished; answers how many."""
        unread = [path for path in self._folder.glob("*") if path.stat().st_mtime < before.timestamp()]
        for path in unread:
            path.unlink(missing_ok=True)
        return len(unread)

    def _path(self, digest: str) -> Path:
        return self._folder / (digest if _DIGEST.fullmatch(digest) else "0" * 64)
