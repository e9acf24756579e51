"""Received files: streamed into a folder under random names, hashed on the way, looked at before they are believed.

A file's extension, its first bytes and its structure must tell the same story. Names people gave are data, never paths.
"""

import errno
import hashlib
import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, cast

from eventstore.ids import Ids
from eventstore.refusal import Damaged, Fault, Malformed, NoRoom, Refusal
from programmes.documents import Slot
from workflow.application import Application
from workflow.file_kinds import KINDS, Kind, fault_of, pages_of

_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 256 * 1024
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_NAME_LENGTH = 120
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """In bytes and pieces. A slot's own limit comes on top, from the definition."""

    file_bytes: int = 50 * 1024 * 1024
    application_bytes: int = 500 * 1024 * 1024
    application_files: int = 200
    free_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file that is in the folder and looks like what it says."""

    file_id: str
    name: str
    size: int
    sha256: str
    media_type: str
    pages: int | None


class FileDamaged(Damaged):
    """The bytes in the folder are not the bytes that were received."""


class FolderFull(NoRoom):
    """The disk keeps too little room; nothing was written, and later there may be room again."""


class Files:
    """A folder of received files, outside anything a web server serves.

    Where they stay once they were believed is its own matter: `workflow.bucket` keeps them elsewhere.
    """

    def __init__(self, folder: Path, ids: Ids, limits: Limits | None = None) -> None:
        self._folder = folder
        self._ids = ids
        self.limits = limits or Limits()

    def spool(self) -> IO[bytes]:
        """Where a body lies while it comes in: on the disk of the folder, without a name, so that nothing is left of it."""
        self.need_room()
        arriving = self._folder / "arriving"
        arriving.mkdir(mode=0o750, exist_ok=True)
        return cast("IO[bytes]", TemporaryFile(dir=arriving))

    @property
    def folder(self) -> Path:
        """Outside the web's root; whoever keeps something else there takes a folder of its own in it."""
        return self._folder

    def receive(self, stream: IO[bytes], name: str, slot: Slot | None = None) -> Received:
        """Keep *stream*; Malformed when it is too large, empty, of a kind not taken (by *slot*), or not what its name says."""
        cleaned = clean_name(name)
        kind = KINDS.get(Path(cleaned).suffix.lower())
        if kind is None or (slot is not None and Path(cleaned).suffix.lower() not in slot.accepts):
            raise _malformed("FILE_TYPE", name=cleaned, allowed=sorted(slot.accepts if slot else KINDS))
        self.need_room()
        try:
            return self._received(stream, cleaned, kind, self.most(slot))
        except OSError as error:
            if error.errno in _DISK_FULL:
                raise FolderFull("the disk is full", retry_after_s=600) from error
            raise

    def most(self, slot: Slot | None) -> int:
        """How many bytes a file may have in *slot*."""
        return min(
            self.limits.file_bytes, slot.max_mb * 1024 * 1024 if slot and slot.max_mb else self.limits.file_bytes
        )

    def _received(self, stream: IO[bytes], cleaned: str, kind: Kind, most: int) -> Received:
        file_id = self._ids.uuid7().hex
        path = self._path(file_id)
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        arriving = path.with_suffix(".part")
        try:
            size, digest = self._write(stream, arriving, cleaned, most)
            self._look(arriving, kind, cleaned)
            pages = pages_of(arriving, kind)
            self._keep(arriving, file_id)
        finally:
            arriving.unlink(missing_ok=True)
        return Received(
            file_id=file_id, name=cleaned, size=size, sha256=digest, media_type=kind.media_type, pages=pages
        )

    def keep_scan(self, stream: IO[bytes], name: str) -> str:
        """Keep a sealed scan under its own digest, for ever; answers "sha256:…", which is what an event holds of it."""
        received = self.receive(stream, name)
        self._move_to_scans(received.file_id, received.sha256, Path(received.name).suffix.lower())
        return f"sha256:{received.sha256}"

    def _keep(self, arriving: Path, file_id: str) -> None:
        """Let the bytes in *arriving*, which were believed, last under *file_id*."""
        path = self._path(file_id)
        arriving.rename(path)
        _settle(path.parent)

    def _move_to_scans(self, file_id: str, sha256: str, suffix: str) -> None:
        kept = self._scan(f"sha256:{sha256}").with_suffix(suffix)
        kept.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._path(file_id).replace(kept)
        _settle(kept.parent)

    def open_scan(self, digest: str) -> tuple[IO[bytes], str, str]:
        """The bytes of a kept scan, compared with *digest*, their media type and a file name. FileDamaged otherwise."""
        found = next(self._scan(digest).parent.glob(f"{self._scan(digest).name}.*"), None)
        stream = found.open("rb") if found else None
        if found is None or stream is None:
            raise FileDamaged(f"no scan is kept under {digest}")
        if f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}" != digest:
            stream.close()
            raise FileDamaged(f"the bytes kept under {digest} are others")
        stream.seek(0)
        return stream, KINDS[found.suffix].media_type, found.name

    def scans(self) -> Iterator[str]:
        """The digests of every kept scan."""
        for path in sorted((self._folder / "scans").glob("*")):
            yield f"sha256:{path.stem}"

    def has_scan(self, digest: str) -> bool:
        return any(self._scan(digest).parent.glob(f"{self._scan(digest).name}.*"))

    def _scan(self, digest: str) -> Path:
        """Scans lie apart from received files; the sweep never looks there."""
        name = digest.removeprefix("sha256:")
        return self._folder / "scans" / (name if _DIGEST.fullmatch(name) else "0" * 64)

    def open(self, file_id: str, sha256: str) -> IO[bytes]:
        """The bytes of *file_id*, read once through and compared with *sha256* first; FileDamaged when they differ."""
        stream = self._path(file_id).open("rb") if self._path(file_id).is_file() else None
        if stream is None:
            raise FileDamaged(f"the bytes of file {file_id} are gone")
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
            stream.close()
            raise FileDamaged(f"the bytes of file {file_id} are not those that were received")
        stream.seek(0)
        return stream

    def forget(self, file_id: str) -> None:
        """Take away the bytes of a file whose attaching was refused."""
        self._path(file_id).unlink(missing_ok=True)

    def older_than(self, instant: datetime) -> Iterator[str]:
        """Ids of the files that arrived before *instant*; the sweep compares them with those attached."""
        for path in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < instant.timestamp():
                    yield path.stem

    def sweep(self, attached: Callable[[Sequence[str]], Collection[str]], before: datetime) -> int:
        """Take away what arrived before *before* and was never attached; *attached* answers which of some ids are."""
        old = list(self.older_than(before))
        known = attached(old) if old else ()
        orphans = [file_id for file_id in old if file_id not in known]
        for file_id in orphans:
            self.forget(file_id)
            self._path(file_id).with_suffix(".part").unlink(missing_ok=True)
        return len(orphans)

    def _write(self, stream: IO[bytes], path: Path, name: str, most: int) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as out:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise _malformed("FILE_TOO_LARGE", name=name, limit=most)
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if size == 0:
            raise _malformed("FILE_EMPTY", name=name)
        return size, digest.hexdigest()

    def _look(self, path: Path, kind: Kind, name: str) -> None:
        if code := fault_of(path, kind):
            raise _malformed(code, name=name, expected=kind.media_type)

    def need_room(self) -> None:
        """FolderFull when the disk keeps less than its floor: asked before a body is read, and before it is written."""
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        if shutil.disk_usage(self._folder).free < self.limits.free_bytes:
            raise FolderFull("too little room is left for files", retry_after_s=600)

    def _path(self, file_id: str) -> Path:
        if not _ID.fullmatch(file_id):
            raise FileDamaged("a file id is 32 hexadecimal digits")
        return self._folder / file_id[-2:] / file_id


def chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """*stream* piece by piece, closed at its end; a file read by lines may be one line."""
    with stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def clean_name(name: str) -> str:
    """*name* as data: no folders, no control or direction characters, not longer than 120 characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(c for c in last if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    cleaned = _FORBIDDEN.sub("_", visible).strip(" .")
    stem, dot, suffix = cleaned.rpartition(".")
    if dot and len(cleaned) > _NAME_LENGTH:
        cleaned = f"{stem[: _NAME_LENGTH - len(suffix) - 1]}.{suffix}"
    return cleaned[:_NAME_LENGTH] or "file"


def within_the_limits(application: Application, size: int, limits: Limits, replaces: str = "") -> Refusal | None:
    """How much one application may hold, not counting the file that goes when the new one comes."""
    held = [a for files in application.attachments.values() for a in files if a.file_id != replaces]
    if len(held) >= limits.application_files:
        return Refusal.of("TOO_MANY_FILES", measure=len(held) + 1, limit=limits.application_files)
    total = sum(a.size for a in held) + size
    if total > limits.application_bytes:
        return Refusal.of("FILES_TOO_LARGE", measure=total, limit=limits.application_bytes)
    return None


def _settle(folder: Path) -> None:
    """A new name lasts once its folder is written down, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _malformed(code: str, **params: str | int | list[str]) -> Malformed:
    return Malformed(Fault("file", code, params))
