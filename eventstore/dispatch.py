"""From a wish to facts, in one transaction: load, decide, conceal, project, remember the key, append last, commit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import takewhile
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError, OperationalError

from eventstore.clock import AskedBeside, Clock, DatabaseClock
from eventstore.codec import Canonical, Codec, canonical
from eventstore.engine import is_deadlock
from eventstore.event import NO_HASH, Event, Fact, NewEvent, RecordedEvent, microseconds
from eventstore.ids import Ids, RandomIds
from eventstore.personal import PersonalData
from eventstore.projection import FLIP_LOCK, Projection
from eventstore.refusal import Busy, ConcurrencyConflict, KeyReused, PreconditionFailed, Superseded
from eventstore.roundtrip import Statement
from eventstore.schema import events
from eventstore.store import EventStore, prepared

_TRIES = 4
UPGRADING_S = 60
"""What somebody waits whom a process of the release before turned away."""
# The stream's own lock, so that its writers queue instead of colliding; the shared one keeps a rebuild from going live
# between our look at the live revisions and our commit. The log's lock comes last, inside append_events().
_LOCK = f"SELECT pg_advisory_xact_lock_shared({FLIP_LOCK}), pg_advisory_xact_lock(%s)"
_OPENING = (
    "SELECT (SELECT {together}(name || ':' || revision, ',') FROM projections WHERE state = 'live') AS live,"
    " {now} AS now, k.fingerprint, k.stream, k.version, k.event_ids, k.result"
    " FROM (SELECT 1) AS one LEFT JOIN command_keys AS k ON k.caller = ? AND k.key = ?"
)
_REMEMBER = (
    "INSERT INTO command_keys (caller, key, fingerprint, stream, version, event_ids, result, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)

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
OnCommit: TypeAlias = Callable[[Outcome], None]


class Dispatcher:
    """The one way a command becomes facts."""

    def __init__(
        self,
        store: EventStore,
        codec: Codec,
        personal: PersonalData,
        projections: Sequence[Projection] = (),
        clock: Clock | None = None,
        ids: Ids | None = None,
    ) -> None:
        self.store, self.codec, self.personal = store, codec, personal
        self.projections = tuple(projections)
        self.clock: Clock = clock or DatabaseClock()
        self.ids: Ids = ids or RandomIds()
        self.on_commit: list[OnCommit] = []
        self._dialect = store.engine.dialect.name
        self._opening_sql = _OPENING.format(
            together="string_agg" if self._dialect == "postgresql" else "group_concat",
            now=self.clock.column(self._dialect) if isinstance(self.clock, AskedBeside) else "0",
        )

    def dispatch(
        self,
        stream: str,
        fold: Fold[S],
        decide: Decide[S],
        context: Context,
        result: Mapping[str, object] | None = None,
    ) -> Outcome:
        """Load, decide, write: one transaction. *result* is kept with the command key and answered to a repetition.

        When someone was faster, or a set rule of a projection is broken, loads and decides again, three times at most.
        Raises what *decide* raises (Refused), PreconditionFailed, KeyReused, ConcurrencyConflict, IntegrityError, Busy.
        """
        for attempt in range(_TRIES):
            try:
                outcome = self._once(stream, fold, decide, context, result or {})
                break
            except (ConcurrencyConflict, IntegrityError):
                if attempt == _TRIES - 1:
                    raise
            except OperationalError as error:
                if not is_deadlock(error):
                    raise
                if attempt == _TRIES - 1:
                    raise Busy("the database chose this transaction to give way") from error
        else:
            raise AssertionError("the last try answers or raises")
        if outcome.positions and not outcome.replayed:
            self.store.announce()
            for tell in self.on_commit:
                tell(outcome)
        return outcome

    def load(self, stream: str, fold: Fold[S], until: datetime | int | None = None) -> Loaded[S]:
        """*stream* folded, personal values revealed; up to an instant, or up to a version, when *until* is given."""
        with self.store.reading() as db:
            return self._load(db, stream, fold, until)

    def load_in(self, db: Connection, stream: str, fold: Fold[S]) -> Loaded[S]:
        """*stream* folded inside the transaction of *db*: another stream that a decision looks at."""
        return self._load(db, stream, fold)

    def history(self, stream: str) -> list[Fact]:
        """Every fact of *stream*, oldest first."""
        with self.store.reading() as db:
            return self._facts(db, stream, self.store.stream_in(db, stream))

    def _once(
        self, stream: str, fold: Fold[S], decide: Decide[S], context: Context, result: Mapping[str, object]
    ) -> Outcome:
        with self.store.begin() as db:
            live, now, before, recorded = self._opening(db, context, stream)
            if before is not None:
                return before
            loaded = self._folded(db, stream, fold, recorded)
            if context.if_match is not None and context.if_match != loaded.version:
                raise PreconditionFailed(stream, context.if_match, loaded.version, loaded.latest)
            decided = decide(db, loaded, now)
            return _Writing(self, db, context, now, loaded, live).write(stream, decided, result)

    def _opening(
        self, db: Connection, context: Context, stream: str
    ) -> tuple[dict[str, int], datetime, Outcome | None, list[RecordedEvent]]:
        """The lock; then, in one statement, what is live, the time, what this command key did before, and the stream."""
        lock = (_LOCK, (_lock_of(stream),)) if self._dialect == "postgresql" else None
        asked = (context.actor, context.command_id or "")
        row, recorded = self.store.stream_beside(db, self._opening_sql, asked, stream, lock)
        names: str = row[0] or ""
        live = {name: int(revision) for name, revision in (pair.rsplit(":", 1) for pair in names.split(",") if pair)}
        clock = self.clock
        now = clock.read(self._dialect, row[1]) if isinstance(clock, AskedBeside) else clock.now(db)
        if context.command_id is None or row[2] is None:
            return live, now, None, recorded
        if row[2] != (context.fingerprint or b""):
            raise KeyReused(context.command_id)
        return live, now, self._repeated(db, *row[3:7]), recorded

    def _repeated(self, db: Connection, stream: str, version: int, event_ids: str, result: str) -> Outcome:
        wanted = msgspec.json.decode(event_ids, type=list[UUID])
        ids = wanted if self._dialect == "postgresql" else [str(event_id) for event_id in wanted]
        query = select(events.c.position).where(events.c.event_id.in_(ids)).order_by(events.c.position)
        positions = tuple(db.execute(query).scalars())
        return Outcome(stream, version, positions, True, msgspec.json.decode(result, type=dict[str, object]))

    def _load(self, db: Connection, stream: str, fold: Fold[S], until: datetime | int | None = None) -> Loaded[S]:
        recorded = self.store.stream_in(db, stream)
        match until:
            case datetime():
                last = microseconds(until)
                recorded = list(takewhile(lambda event: event.recorded_at <= last, recorded))
            case int():
                recorded = recorded[:until]
            case None:
                pass
        return self._folded(db, stream, fold, recorded)

    def _folded(self, db: Connection, stream: str, fold: Fold[S], recorded: Sequence[RecordedEvent]) -> Loaded[S]:
        state, evolve = fold.initial, fold.evolve
        for fact in self._facts(db, stream, recorded):
            state = evolve(state, fact.event)
        return Loaded(state, len(recorded), recorded[-1] if recorded else None)

    def _facts(self, db: Connection, stream: str, recorded: Sequence[RecordedEvent]) -> list[Fact]:
        personal = any('"pd"' in event.payload for event in recorded)
        reveal = self.personal.reveal_stream(db, stream) if personal else {}
        decode = self.codec.decode
        return [Fact(event, decode(event, reveal)) for event in recorded]


class _Writing:
    """One command's facts on their way into the log."""

    def __init__(
        self,
        house: Dispatcher,
        db: Connection,
        context: Context,
        now: datetime,
        loaded: Loaded[Any],
        live: Mapping[str, int],
    ) -> None:
        self._house, self._db, self._context, self._now = house, db, context, now
        self._loaded, self._live = loaded, live
        told = dict(context.metadata) | ({"command": context.command_id} if context.command_id else {})
        self._metadata = Canonical(canonical(told))  # once for all events of the command

    def write(self, stream: str, decided: Sequence[Event | ForStream], result: Mapping[str, object]) -> Outcome:
        written: dict[str, list[RecordedEvent]] = {}
        facts: list[Fact] = []
        for name, (expected, some) in sorted(self._by_stream(stream, decided).items()):
            written[name] = self._recorded(name, expected, stream, some, facts)
        if facts:
            self._project(facts)
        version = self._loaded.version + len(written.get(stream, ()))
        beside = [] if self._context.command_id is None else [self._key(stream, version, written, result)]
        placed = self._house.store.write(self._db, list(written.values()), beside, last=True)
        return Outcome(stream, version, tuple(event.position for some in placed for event in some), False, result)

    def _by_stream(self, own: str, decided: Sequence[Event | ForStream]) -> dict[str, tuple[int, list[Event]]]:
        streams: dict[str, tuple[int, list[Event]]] = {}
        for item in decided:
            if isinstance(item, ForStream):
                streams.setdefault(item.stream, (item.expected_version, []))[1].append(item.event)
            else:
                streams.setdefault(own, (self._loaded.version, []))[1].append(item)
        return streams

    def _recorded(
        self, stream: str, expected: int, own: str, decided: Sequence[Event], facts: list[Fact]
    ) -> list[RecordedEvent]:
        """Conceal, encode and chain the events of one stream; what projections will see is decoded from the text."""
        house, context = self._house, self._context
        concealing = house.personal.concealing(stream)
        fresh: list[NewEvent] = []
        for event in decided:
            name, schema_version, payload = house.codec.encode(event, concealing)
            fresh.append(
                NewEvent(
                    type=name,
                    schema_version=schema_version,
                    payload=Canonical(payload),
                    metadata=self._metadata,
                    actor=context.actor,
                    event_id=house.ids.uuid7(),
                    correlation_id=context.correlation_id,
                    causation_id=context.causation_id,
                    recorded_at=self._now,
                )
            )
        concealing.write(self._db)
        tip = self._tip(stream, expected, own)
        recorded = prepared(stream, expected, tip, fresh, self._house.store.suite)
        facts.extend(Fact(event, house.codec.decode(event, concealing.revealed)) for event in recorded)
        return recorded

    def _tip(self, stream: str, expected: int, own: str) -> bytes:
        if stream == own:
            return self._loaded.latest.hash if self._loaded.latest else NO_HASH
        version, tip = self._house.store.tip(self._db, stream)
        if version != expected:
            raise ConcurrencyConflict(stream, expected, version)
        return tip

    def _project(self, facts: Sequence[Fact]) -> None:
        for projection in self._house.projections:
            if projection.aside:
                continue
            live = self._live.get(projection.name)
            if live == projection.revision:
                projection.apply(self._db, facts)
            elif not any(other.name == projection.name and other.revision == live for other in self._house.projections):
                said = f"{projection.name}: revision {live} is live, this code keeps {projection.revision}"
                raise Superseded(said, retry_after_s=UPGRADING_S)

    def _key(
        self,
        stream: str,
        version: int,
        written: Mapping[str, Sequence[RecordedEvent]],
        result: Mapping[str, object],
    ) -> Statement:
        context = self._context
        ids = [event.event_id for some in written.values() for event in some]
        row = (
            context.actor,
            context.command_id,
            context.fingerprint or b"",
            stream,
            version,
            msgspec.json.encode(ids).decode(),
            canonical(result),
            microseconds(self._now),
        )
        return _REMEMBER, row


def _lock_of(stream: str) -> int:
    return int.from_bytes(sha256(stream.encode()).digest()[:8], "big", signed=True)
