"""Why a wish was not granted: refusals by rule, faults by field, and the store's own noes.

Holds codes and values only; the sentences people read live in the catalogue of texts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as having
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from eventstore.event import RecordedEvent

Param: TypeAlias = str | int | Sequence[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One rule that says no. `source` names the clause the rule comes from."""

    code: str
    params: Mapping[str, Param] = having(default_factory=dict[str, Param])
    source: str = ""

    @classmethod
    def of(cls, code: str, *, source: str = "", **params: Param) -> "Refusal":
        return cls(code, params, source)


class Refused(Exception):
    """The rules say no; every rule that does is named."""

    def __init__(self, refusals: Refusal | Iterable[Refusal], *more: Refusal) -> None:
        first = (refusals,) if isinstance(refusals, Refusal) else tuple(refusals)
        self.refusals: tuple[Refusal, ...] = (*first, *more)
        super().__init__(", ".join(refusal.code for refusal in self.refusals))


@dataclass(frozen=True, slots=True)
class Fault:
    """One field written wrong."""

    field: str
    code: str
    params: Mapping[str, Param] = having(default_factory=dict[str, Param])


class Malformed(Exception):
    """What was sent cannot be read; the sender can mend it."""

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in self.faults))


class ConcurrencyConflict(Exception):
    """The stream is not at the version the writer expected: someone was faster, or nobody was that fast."""

    def __init__(self, stream: str, expected: int, found: int | None = None) -> None:
        self.stream, self.expected, self.found = stream, expected, found
        super().__init__(f"expected version {expected} of {stream}" + ("" if found is None else f", found {found}"))


class PreconditionFailed(Exception):
    """The caller's If-Match names a version that is no longer the newest; `latest` is the event that won."""

    def __init__(self, stream: str, asked: int, version: int, latest: "RecordedEvent | None") -> None:
        self.stream, self.asked, self.version, self.latest = stream, asked, version, latest
        super().__init__(f"asked for version {asked} of {stream}, which is at {version}")


class KeyReused(Exception):
    """The same command key came with another body."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__("the command key was used for another request")


class Busy(Exception):
    """A lock or a statement took too long; nothing was written. Try again after `retry_after_s` seconds.

    `code` names the sentence that tells it.
    """

    code = "BUSY"

    def __init__(self, reason: str, retry_after_s: int = 2) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(reason)


class NoRoom(Busy):
    """The disk keeps too little room; nothing was written, and later there may be room again."""


class NotSignedYet(Busy):
    """No signed head reaches so far and whoever asks may sign none: it is asked for, and the work behind the site signs it."""

    code = "HEAD_NOT_SIGNED_YET"


class Superseded(Busy):
    """A newer revision of a projection went live under this process: nothing is written until it runs the newer code."""

    code = "BEING_UPGRADED"


class Damaged(Exception):
    """Stored bytes are not those that were received: they are given to nobody, and somebody must look."""


class HistoryBroken(Exception):
    """The log contradicts itself: a gap, an unknown type, a record that cannot be read."""
