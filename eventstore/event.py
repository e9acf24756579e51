"""What happened: the marker of every fact, the envelope it is written in, and the personal values it may point to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from eventstore.ids import uuid7

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_HASH = bytes(32)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 UTC of an aware instant; exact."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone")
    return (instant - EPOCH) // timedelta(microseconds=1)


def instant_of(recorded_at: int) -> datetime:
    """The aware UTC instant of *recorded_at* microseconds since 1970."""
    return EPOCH + timedelta(microseconds=recorded_at)


class Event:
    """Marker of every fact. Subclasses are `@dataclass(frozen=True, slots=True, kw_only=True)`."""

    __slots__ = ()


class Unread(Event):
    """Stands for a fact that whoever reads had no use for (`Projection.wanted`); its envelope is there."""

    __slots__ = ()


class Personal(msgspec.Struct, frozen=True):
    """A value about a person, kept out of the log.

    A decision writes `Personal(value)`; the payload holds `{"pd": commitment}` only. Read back it is
    `Personal(value, commitment)`, and once erased `Personal(None, commitment)`. `subject` names whose key seals it
    (for example `person-…`); without one the stream itself is the subject.
    """

    value: str | None = None
    commitment: str | None = msgspec.field(default=None, name="pd")
    subject: str | None = None

    def __repr__(self) -> str:
        return f"Personal(commitment={self.commitment!r})"  # never the value: this ends up in logs


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An envelope before it is written. `payload` and `metadata`: a mapping, or JSON text (made canonical)."""

    type: str
    payload: str | Mapping[str, object]
    actor: str
    schema_version: int = 1
    metadata: str | Mapping[str, object] = "{}"
    event_id: UUID = field(default_factory=uuid7)
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    recorded_at: int | datetime | None = None


class RecordedEvent(NamedTuple):
    """An envelope as it stands in the log. `position` is 0 while the writing transaction is not finished."""

    position: int
    stream: str
    version: int
    event_id: UUID
    type: str
    schema_version: int
    payload: str
    metadata: str
    actor: str
    correlation_id: UUID
    causation_id: UUID | None
    recorded_at: int
    algorithm: str
    prev_hash: bytes
    hash: bytes

    @property
    def instant(self) -> datetime:
        """`recorded_at` as an aware UTC datetime. Tells when; never an order."""
        return instant_of(self.recorded_at)

    @property
    def notes(self) -> dict[str, str]:
        """The metadata as a mapping."""
        return msgspec.json.decode(self.metadata, type=dict[str, str], strict=False)


class Fact(NamedTuple):
    """An event with the envelope it came in."""

    recorded: RecordedEvent
    event: Event
