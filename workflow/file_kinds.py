"""The kinds of files an application may hold, and whether bytes are of the kind their name claims."""

import mmap
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import filetype  # pyright: ignore[reportMissingTypeStubs]

from workflow.containers import Unsafe, ends_as_container
from workflow.office import DOCUMENT, WORKBOOK, is_ofd, is_office
from workflow.page_count import pages_of_pdf

_SIDE = 30_000
_AREA = 250_000_000
_TAIL = 1024
_CHUNKS = 100_000
_PDF = re.compile(rb"%PDF-(1\.[0-7]|2\.0)\s")
_ROOT = re.compile(rb"/Root\s+\d{1,10}\s+\d{1,5}\s+R")
_TREE = re.compile(rb"/Type\s*/(Pages?|ObjStm)(?![A-Za-z])")
_LOCKED = re.compile(rb"/Encrypt\s*(\d{1,10}\s+\d{1,5}\s+R|<<)")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SEALED_OFFICE = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Kind:
    """*signature*: what the first bytes are called; *sound*: whether the structure is that of the kind."""

    media_type: str
    signature: str
    sound: Callable[[IO[bytes]], bool]

    @property
    def is_container(self) -> bool:
        return self.signature == "application/zip"


def fault_of(path: Path, kind: Kind) -> str | None:
    """The code of what is wrong with a file, None when it is sound.

    FILE_MISMATCH when name and bytes differ; FILE_UNSAFE, FILE_MACRO, FILE_LINKED or FILE_ENCRYPTED when opening it could
    do harm, or nobody could look into it.
    """
    with path.open("rb") as stream:
        if kind.is_container and _is_locked_office(stream):
            return "FILE_ENCRYPTED"
        guess = filetype.guess(str(path))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if guess is None or _family(str(guess.mime)) != kind.signature:  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            return "FILE_MISMATCH"
        try:
            if not kind.is_container and ends_as_container(stream):
                return "FILE_UNSAFE"
            stream.seek(0)
            return None if kind.sound(stream) else "FILE_MISMATCH"
        except Unsafe as unsafe:
            return unsafe.code


def _family(media_type: str) -> str:
    """Every office container begins like a ZIP; which one it is, its members say."""
    zipped = media_type == "application/zip" or "openxmlformats" in media_type or "opendocument" in media_type
    return "application/zip" if zipped else media_type


def _is_locked_office(stream: IO[bytes]) -> bool:
    """An office document under a password is an OLE file around the encrypted one."""
    if stream.read(len(_OLE)) != _OLE:
        return False
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.find(_SEALED_OFFICE) >= 0


def _pdf(stream: IO[bytes]) -> bool:
    """Header, trailer and a tree of pages; none under a password, because neither a reader nor a scanner could look into it."""
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        if _LOCKED.search(view):
            raise Unsafe("FILE_ENCRYPTED")
        ends = view.find(b"%%EOF", max(0, len(view) - _TAIL)) >= 0
        return bool(_PDF.match(view) and ends and _ROOT.search(view) and _TREE.search(view))


def _png(stream: IO[bytes]) -> bool:
    """A header of possible size, then chunk after chunk to the end mark, and nothing behind it."""
    head = stream.read(33)
    if len(head) < 33 or head[12:16] != b"IHDR" or not _picture(*struct.unpack(">II", head[16:24])):
        return False
    for _ in range(_CHUNKS):
        mark = stream.read(8)
        if len(mark) < 8:
            return False
        length = int.from_bytes(mark[:4], "big")
        if mark[4:] == b"IEND":
            return length == 0 and len(stream.read(5)) == 4
        stream.seek(length + 4, 1)
    return False


def _jpeg(stream: IO[bytes]) -> bool:
    """Segment after segment to the frame, whose size is possible; an end mark behind it, where cameras put more."""
    stream.seek(2)
    while len(marker := stream.read(4)) == 4:
        length = int.from_bytes(marker[2:4], "big")
        if marker[0] != 0xFF or length < 2:
            return False
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in (0xC4, 0xC8, 0xCC):
            frame = stream.read(5)
            return len(frame) == 5 and _picture(*struct.unpack(">xHH", frame)) and _has_end(stream)
        stream.seek(length - 2, 1)
    return False


def _has_end(stream: IO[bytes]) -> bool:
    with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.rfind(b"\xff\xd9", stream.tell()) >= 0


def _picture(width: int, height: int) -> bool:
    return 0 < width <= _SIDE and 0 < height <= _SIDE and width * height <= _AREA


KINDS = {
    ".pdf": Kind("application/pdf", "application/pdf", _pdf),
    ".png": Kind("image/png", "image/png", _png),
    ".jpg": Kind("image/jpeg", "image/jpeg", _jpeg),
    ".jpeg": Kind("image/jpeg", "image/jpeg", _jpeg),
    ".docx": Kind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/zip",
        is_office(DOCUMENT),
    ),
    ".xlsx": Kind(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip", is_office(WORKBOOK)
    ),
    ".ofd": Kind("application/ofd", "application/zip", is_ofd),
}


MEDIA_TYPES = tuple(dict.fromkeys(kind.media_type for kind in KINDS.values()))


def pages_of(path: Path, kind: Kind) -> int | None:
    """How many pages the file is, as far as it says so: a picture is one, a document that flows has none of its own."""
    if kind.media_type.startswith("image/"):
        return 1
    return pages_of_pdf(path) if kind.media_type == "application/pdf" else None
