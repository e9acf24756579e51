"""Which hash a log is made of: SHA-256, or SM3 (GB/T 32905-2016) where the State assesses cryptography. Pure.

A log is of one suite from its first event on. The name stands beside every hash; the origin of a checkpoint ends with it
where it is not SHA-256, which C2SP takes for granted.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from cryptography.hazmat.primitives import hashes


class Hashed(Protocol):
    """What was hashed; `digest` tells the 32 bytes."""

    def digest(self) -> bytes: ...


Hash: TypeAlias = Callable[[bytes], Hashed]


@dataclass(frozen=True, slots=True)
class Suite:
    """A hash by its name. `new(data)` as `hashlib.sha256(data)`."""

    name: str
    new: Hash

    def origin(self, log: str) -> str:
        """The name of *log* on its checkpoints."""
        return log if self is SHA256 else f"{log}/{self.name}"


class _Sm3:
    """For a Python whose hashlib was built without SM3."""

    def __init__(self, data: bytes) -> None:
        self._hash = hashes.Hash(hashes.SM3())
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.copy().finalize()


def _sm3() -> Hash:
    try:
        fresh = hashlib.new("sm3")
    except ValueError:
        return _Sm3

    def hashed(data: bytes) -> Hashed:
        made = fresh.copy()  # three times as fast as to look the algorithm up for each event
        made.update(data)
        return made

    return hashed


SHA256, SM3 = Suite("SHA-256", hashlib.sha256), Suite("SM3", _sm3())
SUITES = {suite.name: suite for suite in (SHA256, SM3)}


def known(name: str) -> Suite | None:
    """The suite called *name*; None where nobody here knows it."""
    return SUITES.get(name)


def of_origin(origin: str) -> Suite:
    """The suite of the log whose checkpoints bear *origin*."""
    return next(
        (suite for suite in SUITES.values() if suite is not SHA256 and origin.endswith(f"/{suite.name}")), SHA256
    )
