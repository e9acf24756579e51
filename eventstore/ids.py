"""Names for new things: UUIDv7 (RFC 9562 §5.7), which sort by time and keep index writes together."""

import os
import time
from typing import Protocol
from uuid import UUID

_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM = (1 << 62) - 1


def uuid7() -> UUID:
    """48 bits of milliseconds, 12 bits of the millisecond's fraction (§6.2 method 3), 62 random bits."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") & _RANDOM
    return UUID(int=(milliseconds & 0xFFFFFFFFFFFF) << 80 | _VERSION | fraction << 64 | _VARIANT | random)


class Ids(Protocol):
    """Where new ids come from."""

    def uuid7(self) -> UUID: ...


class RandomIds:
    """Ids of the running house."""

    def uuid7(self) -> UUID:
        return uuid7()


class CountedIds:
    """Ids that can be foreseen: 1, 2, 3 … in UUIDv7 form, for tests and worked examples."""

    def __init__(self, start: int = 1) -> None:
        self._next = start

    def uuid7(self) -> UUID:
        number, self._next = self._next, self._next + 1
        return UUID(int=number << 80 | _VERSION | _VARIANT | number)
