"""How each event holds on to the one before it in its stream. Pure.

hash = H(domain || prev_hash || for each field: u64be(length) || UTF-8), over stream, version, event_id, type,
schema_version, payload, metadata, actor, correlation_id, causation_id (empty when none) and recorded_at. The position
is not in it (it is not known before the lock); the tree in `merkle` binds that. H is the hash of the log's `suite`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from eventstore.event import NO_HASH, RecordedEvent
from eventstore.suite import Hash, known

DOMAIN = b"\x00vermilion-event/1"
_LENGTHS = tuple(length.to_bytes(8, "big") for length in range(4096))


def event_hash(
    hashed: Hash,
    prev_hash: bytes,
    stream: str,
    version: int,
    event_id: str,
    type_: str,
    schema_version: int,
    payload: str,
    metadata: str,
    actor: str,
    correlation_id: str,
    causation_id: str | None,
    recorded_at: int,
) -> bytes:
    """The hash of one event. Ids in their canonical 36 characters; `recorded_at` in µs."""
    parts = [DOMAIN, prev_hash]
    add, sizes = parts.append, _LENGTHS
    for field in (
        stream.encode(),
        b"%d" % version,
        event_id.encode(),
        type_.encode(),
        b"%d" % schema_version,
        payload.encode(),
        metadata.encode(),
        actor.encode(),
        correlation_id.encode(),
        causation_id.encode() if causation_id else b"",
        b"%d" % recorded_at,
    ):
        length = len(field)
        add(sizes[length] if length < 4096 else length.to_bytes(8, "big"))
        add(field)
    return hashed(b"".join(parts)).digest()


def hash_of(event: RecordedEvent) -> bytes:
    """What `event.hash` must be; nothing at all where nobody knows its algorithm."""
    suite = known(event.algorithm)
    if suite is None:
        return b""
    return event_hash(
        suite.new,
        event.prev_hash,
        event.stream,
        event.version,
        str(event.event_id),
        event.type,
        event.schema_version,
        event.payload,
        event.metadata,
        event.actor,
        str(event.correlation_id),
        None if event.causation_id is None else str(event.causation_id),
        event.recorded_at,
    )


class Break(NamedTuple):
    """Where a stream stops being what was written, and how."""

    position: int
    stream: str
    version: int
    reason: str


def first_break(events: Iterable[RecordedEvent]) -> Break | None:
    """The first event of one stream (from version 1) that does not follow from the one before it."""
    tip, algorithm = NO_HASH, ""
    for version, event in enumerate(events, 1):
        if event.version != version:
            return Break(event.position, event.stream, event.version, "version-gap")
        if event.prev_hash != tip:
            return Break(event.position, event.stream, event.version, "unchained")
        if event.algorithm != (algorithm or event.algorithm) or hash_of(event) != event.hash:
            return Break(event.position, event.stream, event.version, "edited")
        tip, algorithm = event.hash, event.algorithm
    return None
