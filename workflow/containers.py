"""ZIP containers, judged by their central directory: every local header must say the same, and every member be as long as it says.

Nothing is unpacked: members run once through a small window and are thrown away. How much that may cost is known first,
from the directory, and no member is read beyond what it declares.
"""

import struct
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

MEMBERS = 2_000
UNPACKED = 200 * 1024 * 1024
RATIO = 100
_DIRECTORY = 2 * 1024 * 1024
_COMMENT = 0xFFFF
_END = struct.Struct("<4sHHHHIIH")
_ENTRY = struct.Struct("<4sHHHHHHIIIHHHHHII")
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_TRAILING = 0x8
_UTF8 = 0x800
_AGREED = _ENCRYPTED | _TRAILING | _UTF8
_SAID_LATER = ((0, 0, 0), (0, 0xFFFFFFFF, 0xFFFFFFFF))
_DESCRIPTOR = 24
_STORED, _DEFLATED = 0, 8
_WINDOW = 64 * 1024


class NoContainer(Exception):
    """The bytes are no ZIP, or one that is cut off."""


class Unsafe(Exception):
    """A container that unpacks to too much, climbs out of its folder, contradicts itself or hides something. The text is a
    refusal's code."""

    def __init__(self, code: str = "FILE_UNSAFE") -> None:
        super().__init__(code)

    @property
    def code(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """*offset*: where its header begins, *start* where its packed bytes do; *trailing*: its sizes follow them."""

    name: str
    method: int
    crc: int
    packed: int
    unpacked: int
    offset: int
    start: int
    trailing: bool

    @property
    def end(self) -> int:
        return self.start + self.packed

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


class Container:
    """The members of a ZIP in the order of their bytes. NoContainer or Unsafe where it cannot be believed."""

    def __init__(self, stream: IO[bytes], room: int = UNPACKED) -> None:
        self._stream = stream
        self.members = sorted(_members(stream), key=lambda member: member.start)
        self.unpacked = sum(member.unpacked for member in self.members)
        _weigh(self.members, room)
        _be_apart(self.members, self._directory_starts())

    def __contains__(self, name: str) -> bool:
        return any(member.name == name for member in self.members)

    def read(self, name: str, limit: int) -> bytes | None:
        """The whole of the member *name*; None where there is none. Unsafe where it is longer than *limit*."""
        member = next((one for one in self.members if one.name == name), None)
        if member is None:
            return None
        if member.unpacked > limit:
            raise Unsafe
        return b"".join(self.pieces(member))

    def pieces(self, member: Member) -> Iterator[bytes]:
        """*member* unpacked piece by piece; Unsafe as soon as it is not what the directory says."""
        size, crc = 0, 0
        for piece in self._inflated(member):
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            if size > member.unpacked:
                raise Unsafe
            yield piece
        if size != member.unpacked or crc != member.crc:
            raise Unsafe

    def _inflated(self, member: Member) -> Iterator[bytes]:
        if member.method == _STORED:
            yield from self._packed(member)
            return
        inflating = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for rest in self._packed(member):
                if inflating.eof:
                    raise Unsafe
                yield inflating.decompress(rest, _WINDOW)
                while inflating.unconsumed_tail and not inflating.eof:
                    yield inflating.decompress(inflating.unconsumed_tail, _WINDOW)
            yield inflating.flush(_WINDOW)
        except zlib.error:
            raise Unsafe from None
        if not inflating.eof or inflating.unused_data:
            raise Unsafe

    def _packed(self, member: Member) -> Iterator[bytes]:
        at, left = member.start, member.packed
        while left:
            self._stream.seek(at)
            piece = self._stream.read(min(_WINDOW, left))
            if not piece:
                raise Unsafe
            at, left = at + len(piece), left - len(piece)
            yield piece

    def _directory_starts(self) -> int:
        return _end(self._stream)[0]


def ends_as_container(stream: IO[bytes]) -> bool:
    """Whether a lenient reader of ZIP files would open these bytes, whatever they begin with and end with."""
    tail, ends = _tail(stream)
    if ends < 0 or len(tail) < _END.size:
        return False
    _, _, _, _, count, length, _, _ = _END.unpack_from(tail)
    stream.seek(max(0, ends - length))
    return count == 0 or stream.read(4) == b"PK\x01\x02"


def _tail(stream: IO[bytes]) -> tuple[bytes, int]:
    """The last end record that could be one, with all behind it, and where it lies; -1 where there is none."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _COMMENT - _END.size))
    tail = stream.read()
    found = tail.rfind(b"PK\x05\x06")
    return tail[found:], size - len(tail) + found if found >= 0 else -1


def _end(stream: IO[bytes]) -> tuple[int, int, int]:
    """Where the central directory begins, how long it is and how many members it names, by the record at the very end."""
    tail, ends = _tail(stream)
    if ends < 0 or len(tail) < _END.size:
        raise NoContainer
    _, disk, first, here, count, length, start, comment = _END.unpack_from(tail)
    if _END.size + comment != len(tail):
        raise NoContainer
    if disk or first or here != count or count == 0xFFFF or start == 0xFFFFFFFF:
        raise Unsafe
    if start + length != ends or count > MEMBERS or length > _DIRECTORY:
        raise Unsafe
    return start, length, count


def _members(stream: IO[bytes]) -> Iterator[Member]:
    start, length, count = _end(stream)
    stream.seek(start)
    directory = stream.read(length)
    at, names = 0, set[str]()
    for _ in range(count):
        if len(directory) - at < _ENTRY.size or directory[at : at + 4] != b"PK\x01\x02":
            raise Unsafe
        entry = _ENTRY.unpack_from(directory, at)
        named, extra, comment = entry[10], entry[11], entry[12]
        raw = directory[at + _ENTRY.size : at + _ENTRY.size + named]
        at += _ENTRY.size + named + extra + comment
        member = _member(stream, entry, raw)
        if member.name.casefold() in names:
            raise Unsafe
        names.add(member.name.casefold())
        yield member
    if at != len(directory):
        raise Unsafe


def _member(stream: IO[bytes], entry: tuple[int, ...], raw: bytes) -> Member:
    flags, method, crc, packed, unpacked = entry[3], entry[4], entry[7], entry[8], entry[9]
    attributes, offset = entry[15], entry[16]
    if flags & _ENCRYPTED:
        raise Unsafe("FILE_ENCRYPTED")
    if method not in (_STORED, _DEFLATED) or 0xFFFFFFFF in (packed, unpacked, offset):
        raise Unsafe
    if (attributes >> 16) & 0o170000 not in (0, 0o100000, 0o040000):
        raise Unsafe
    stream.seek(offset)
    head = stream.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
        raise Unsafe
    local = _LOCAL.unpack(head)
    trailing = bool(flags & _TRAILING)
    if stream.read(local[9]) != raw or (local[2] ^ flags) & _AGREED or local[3] != method:
        raise Unsafe
    if local[6:9] != (crc, packed, unpacked) and not (trailing and local[6:9] in _SAID_LATER):
        raise Unsafe
    return Member(
        name=_name(raw, flags),
        method=method,
        crc=crc,
        packed=packed,
        unpacked=unpacked,
        offset=offset,
        start=offset + _LOCAL.size + local[9] + local[10],
        trailing=trailing,
    )


def _name(raw: bytes, flags: int) -> str:
    """The member's name, with one kind of slash; Unsafe where it would lead out of its folder or cannot be read."""
    try:
        name = raw.decode("utf-8" if flags & _UTF8 else "cp437").replace("\\", "/")
    except UnicodeDecodeError:
        raise Unsafe from None
    parts = name.removesuffix("/").split("/")
    odd = any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in name)
    if odd or not name or name.startswith("/") or ":" in parts[0] or not all(parts) or {".", ".."} & set(parts):
        raise Unsafe
    return unicodedata.normalize("NFC", name)


def _weigh(members: list[Member], room: int) -> None:
    """What it all unpacks to, before anything is."""
    unpacked = sum(member.unpacked for member in members)
    packed = sum(member.packed for member in members)
    if unpacked > room or unpacked > RATIO * max(packed, 1):
        raise Unsafe
    if any(member.is_folder and member.unpacked for member in members):
        raise Unsafe


def _be_apart(members: list[Member], directory: int) -> None:
    """Members lie one behind the other from the first byte on: none over another, nothing in between that is not named."""
    at, slack = 0, 0
    for begins, member in [*((member.offset, member) for member in members), (directory, None)]:
        if not at <= begins <= at + slack:
            raise Unsafe
        if member is not None:
            at, slack = member.end, _DESCRIPTOR if member.trailing else 0
