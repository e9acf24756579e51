"""From a wish to facts, in one transaction: load, decide, conceal, project, remember the key, append last, commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from eventstore.clock import Clock
from eventstore.codec import Codec
from eventstore.event import Event, RecordedEvent
from eventstore.ids import Ids
from eventstore.projection import Projection

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Fold(Generic[S]):
    """How a stream's events add up: `evolve` never refuses and never looks outside. `initial` is immutable."""

    initial: S
    evolve: Callable[[S, Any], S]


@dataclass(frozen=True, slots=True)
class ForStream:
    """An event of another stream, written in the same transaction. `expected_version` counts from its first event."""

    stream: str
    expected_version: int
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who asks, and how. `command_id` is the idempotency key, scoped to the actor; `fingerprint` is of the request."""

    actor: str
    correlation_id: UUID
    causation_id: UUID | None = None
    command_id: str | None = None
    fingerprint: bytes | None = None
    if_match: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Loaded(Generic[S]):
    """A stream folded. `latest` is its newest event: the one that won, for whoever came second."""

    state: S
    version: int
    latest: RecordedEvent | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did. `replayed`: it was done before, under the same key."""

    stream: str
    version: int
    positions: tuple[int, ...]
    replayed: bool
    result: Mapping[str, object] = field(default_factory=dict[str, object])


Decide: TypeAlias = Callable[[Connection, Loaded[S], datetime], Sequence[Event | ForStream]]
