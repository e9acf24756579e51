"""Who signed a PDF, when, and whether it was changed since: asked of pyHanko in a child process, where the extra is installed.

Says what is there and judges nothing. Never raises for what the bytes are: what cannot be read is said to be unreadable.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib.util import find_spec
from typing import Any

from paperwork import examining

TIMEOUT_S, CPU_S, MEMORY_MB = 20.0, 10, 1024
MOST_BYTES = 60_000_000
_MARK = b"/ByteRange"
"""Every signature says so in plain, because it names the bytes of the file that it covers."""


class Integrity(StrEnum):
    INTACT = "intact"
    ALTERED = "altered"
    UNREADABLE = "unreadable"  # broken, of an algorithm that is not known here, or the extra is not installed


class Certificate(StrEnum):
    TRUSTED = "trusted"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignature:
    """One signature. *signer* is the subject of its certificate, a person or a unit. *said_at* is what the signer's own clock said,
    *timestamped_at* what a trusted authority did. *covers_whole*: nothing was added after it, not even another signature."""

    signer: str = ""
    integrity: Integrity = Integrity.UNREADABLE
    certificate: Certificate = Certificate.UNKNOWN
    said_at: datetime | None = None
    timestamped_at: datetime | None = None
    covers_whole: bool = False


def installed() -> bool:
    """Whether signatures can be looked at here."""
    return find_spec("pyhanko") is not None


def carries_signatures(data: bytes) -> bool:
    return data.startswith(b"%PDF-") and _MARK in data


def examine(
    data: bytes, roots: Sequence[str], at: datetime, *, timeout_s: float = TIMEOUT_S
) -> tuple[PdfSignature, ...]:
    """Every signature of *data*, in the order in which they were made; none where there is no PDF or nothing signed.

    *roots*: certificates that are trusted, in PEM. *at*: the instant at which certificates must be good.
    """
    if not carries_signatures(data):
        return ()
    if not installed() or len(data) > MOST_BYTES:
        return (PdfSignature(),)
    found = _asked(data, roots, at, timeout_s)
    return (PdfSignature(),) if found is None else tuple(map(_signature, found))


def _asked(data: bytes, roots: Sequence[str], at: datetime, timeout_s: float) -> Sequence[Mapping[str, Any]] | None:
    """What the child says; None where it was ended, or died of what it read."""
    order = json.dumps({"roots": list(roots), "at": at.isoformat()}).encode() + b"\n"
    command = [sys.executable, "-I", examining.__file__, str(MEMORY_MB << 20), str(CPU_S)]
    try:
        done = subprocess.run(  # noqa: S603 our own interpreter and file
            command, input=order + data, capture_output=True, timeout=timeout_s, env={"LC_ALL": "C.UTF-8"}, check=False
        )
        found: Sequence[Mapping[str, Any]] | None = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return found


def _signature(said: Mapping[str, Any]) -> PdfSignature:
    if Integrity(said["integrity"]) is Integrity.UNREADABLE:
        return PdfSignature()
    return PdfSignature(
        signer=said["signer"],
        integrity=Integrity(said["integrity"]),
        certificate=Certificate(said["certificate"]),
        said_at=_instant(said["said_at"]),
        timestamped_at=_instant(said["timestamped_at"]),
        covers_whole=said["covers_whole"],
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


__all__ = ["Certificate", "Integrity", "PdfSignature", "carries_signatures", "examine", "installed"]
