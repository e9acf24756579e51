"""The kinds of files an application may hold, and whether bytes are of the kind their name claims.

Containers are judged by their directory alone; nothing is unpacked.
"""

import mmap
import re
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import filetype  # pyright: ignore[reportMissingTypeStubs]

_MEMBERS = 2_000
_UNPACKED = 200 * 1024 * 1024
_RATIO = 100
_SIDE = 30_000
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")
_MACROS = ("vbaproject.bin", "vbadata.xml")


@dataclass(frozen=True, slots=True)
class Kind:
    """*signature*: what the first bytes are called; *sound*: whether the structure is that of the kind."""

    media_type: str
    signature: str
    sound: Callable[[Path], bool]


def fault_of(path: Path, kind: Kind) -> str | None:
    """FILE_MISMATCH when name and bytes differ, FILE_UNSAFE when opening it could do harm; None when it is sound."""
    guess = filetype.guess(str(path))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if guess is None or _family(str(guess.mime)) != kind.signature:  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        return "FILE_MISMATCH"
    try:
        return None if kind.sound(path) else "FILE_MISMATCH"
    except UnsafeFile:
        return "FILE_UNSAFE"


class UnsafeFile(Exception):
    """A container that unpacks to too much, climbs out of its folder, hides its contents or carries a program."""


def _family(media_type: str) -> str:
    """Every office container begins like a ZIP; which one it is, its directory says."""
    zipped = media_type == "application/zip" or "openxmlformats" in media_type or "opendocument" in media_type
    return "application/zip" if zipped else media_type


def _pdf(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(8)
        stream.seek(max(0, path.stat().st_size - 2048))
        return head.startswith(b"%PDF-") and b"%%EOF" in stream.read()


def _png(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(33)
    if len(head) < 33 or head[12:16] != b"IHDR":
        return False
    width, height = struct.unpack(">II", head[16:24])
    return _picture(width, height)


def _jpeg(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(2)
        while marker := stream.read(4):
            if len(marker) < 4 or marker[0] != 0xFF:
                return False
            length = int.from_bytes(marker[2:4], "big")
            if 0xC0 <= marker[1] <= 0xCF and marker[1] not in (0xC4, 0xC8, 0xCC):
                frame = stream.read(5)
                return len(frame) == 5 and _picture(*struct.unpack(">xHH", frame))
            stream.seek(length - 2, 1)
    return False


def _picture(width: int, height: int) -> bool:
    return 0 < width <= _SIDE and 0 < height <= _SIDE


def _zip_with(member: str) -> Callable[[Path], bool]:
    def sound(path: Path) -> bool:
        try:
            with zipfile.ZipFile(path) as container:
                entries = container.infolist()
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return False
        _be_safe(entries)
        return any(entry.filename == member for entry in entries)

    return sound


def _be_safe(entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > _MEMBERS or unpacked > _UNPACKED or unpacked > _RATIO * max(packed, 1):
        raise UnsafeFile
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        link = entry.external_attr >> 16 & 0o170000 == 0o120000
        if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0] or link:
            raise UnsafeFile
        if entry.flag_bits & 1 or parts[-1].lower() in _MACROS:
            raise UnsafeFile


KINDS = {
    ".pdf": Kind("application/pdf", "application/pdf", _pdf),
    ".png": Kind("image/png", "image/png", _png),
    ".jpg": Kind("image/jpeg", "image/jpeg", _jpeg),
    ".jpeg": Kind("image/jpeg", "image/jpeg", _jpeg),
    ".docx": Kind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/zip",
        _zip_with("word/document.xml"),
    ),
    ".xlsx": Kind(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/zip",
        _zip_with("xl/workbook.xml"),
    ),
    ".ofd": Kind("application/ofd", "application/zip", _zip_with("OFD.xml")),
}


def pages_of(path: Path, kind: Kind) -> int | None:
    """Pages of a PDF that names them in the open; None where they lie in packed objects or the kind has no pages."""
    if kind.media_type != "application/pdf":
        return None
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return sum(1 for _ in _PAGE.finditer(view)) or None
