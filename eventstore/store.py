"""The log itself: append under one short lock, read in order. Positions are 1..n without a gap, in commit order."""

# ruff: noqa: S608 -- only constants of this room are put into statements; values are always bound

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import accumulate, chain
from typing import Any, cast
from uuid import UUID, SafeUUID

import msgspec
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from eventstore.chain import event_hash
from eventstore.codec import canonical, canonical_text
from eventstore.engine import constraint, patiently, prepare, writing
from eventstore.event import NO_HASH, NewEvent, RecordedEvent, microseconds
from eventstore.refusal import ConcurrencyConflict, HistoryBroken
from eventstore.roundtrip import Statement, together
from eventstore.suite import SHA256, Suite

_COLUMNS = (
    "position, stream, version, event_id, type, schema_version, payload, metadata, actor, correlation_id,"
    " causation_id, recorded_at, algorithm, prev_hash, hash"
)
_TEXT_COLUMNS = ", ".join(f"{name}::text" if name.strip().endswith("_id") else name for name in _COLUMNS.split(","))
_INSERT = f"INSERT INTO events ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_WIDTH = len(_COLUMNS.split(","))
_TIP = "SELECT version, hash FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1"
_HEAD = "SELECT max(position) FROM events"
_SUITE = "SELECT algorithm FROM events WHERE position = 1"
_APPEND = "SELECT append_events(%s, %s, %s::jsonb)"
_SAVE = (
    "INSERT INTO checkpoints (name, position) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
)
_encode = msgspec.json.Encoder().encode
_new_uuid = UUID.__new__
_new_tuple: Callable[[type[RecordedEvent], tuple[object, ...]], RecordedEvent] = tuple.__new__  # pyright: ignore
_number = int


class EventStore:
    """Facts in order. Every append names the version it expects; there is no "any".

    *suite* is the hash of the log; a log of another one is read, and refuses to be written (HistoryBroken).
    """

    def __init__(self, engine: Engine, suite: Suite = SHA256) -> None:
        self.engine, self.suite, self._agreed = prepare(engine), suite, False
        self.appended = threading.Condition()
        self._postgresql = engine.dialect.name == "postgresql"
        self._columns = _TEXT_COLUMNS if self._postgresql else _COLUMNS
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT") if self._postgresql else engine

    def begin(self) -> AbstractContextManager[Connection]:
        """The one write transaction; keep it short. Raises `Busy`."""
        return writing(self.engine)

    def append(
        self, stream: str, expected_version: int, events: Sequence[NewEvent], conn: Connection | None = None
    ) -> list[RecordedEvent]:
        """Write *events* after *expected_version* (0: a new stream).

        With *conn* (from `begin`) they join that transaction, and nothing but COMMIT may follow. Raises
        ConcurrencyConflict when the stream is anywhere else, TypeError for floats, `Busy`.
        """
        if not events:
            return []
        if conn is not None:
            return self.write(conn, [self._prepared(conn, stream, expected_version, events)])[0]
        if self._postgresql:  # one statement is its own transaction
            with patiently(), self._reading.connect() as db:
                [written] = self.write(db, [self._prepared(db, stream, expected_version, events)])
        else:
            with self.begin() as db:
                [written] = self.write(db, [self._prepared(db, stream, expected_version, events)])
        self.announce()
        return written

    def announce(self) -> None:
        """Wake the listeners of this process; a poll would find the events too."""
        with self.appended:
            self.appended.notify_all()

    def _prepared(self, db: Connection, stream: str, expected: int, events: Sequence[NewEvent]) -> list[RecordedEvent]:
        if expected < 0:
            raise ValueError("a version is never negative")
        trusting = expected == 0 and self._postgresql  # whose append_events() looks again
        version, tip = (0, NO_HASH) if trusting else self.tip(db, stream)
        if version != expected:
            raise ConcurrencyConflict(stream, expected, version)
        return prepared(stream, expected, tip, events, self.suite)

    def tip(self, db: Connection, stream: str) -> tuple[int, bytes]:
        """Version and hash of the newest event of *stream*; (0, zeros) when there is none."""
        row = db.exec_driver_sql(self._sql(_TIP), (stream,)).first()
        return (0, NO_HASH) if row is None else (row[0], row[1])

    def write(
        self,
        db: Connection,
        streams: Sequence[list[RecordedEvent]],
        beside: Sequence[Statement] = (),
        last: bool = False,
    ) -> list[list[RecordedEvent]]:
        """Write prepared events, stream by stream, behind the statements *beside*; answers them with their positions.

        *last*: the transaction ends with it. PostgreSQL is then told all of it, COMMIT included, on one way, so that
        the log's lock is held for no round trip.
        """
        if not self._agreed:
            self._agreed = self.agree(db)
        if self._postgresql:
            firsts = self._write_postgresql(db, streams, beside, last)
        else:
            firsts = self._write_sqlite(db, streams, beside)
        return [
            [event._replace(position=position) for position, event in enumerate(events, first)]
            for first, events in zip(firsts, streams, strict=True)
        ]

    def agree(self, db: Connection) -> bool:
        """Whether the log has a suite already; HistoryBroken where it is another one than this store writes."""
        first = db.exec_driver_sql(_SUITE).scalar()
        if first not in (None, self.suite.name):
            raise HistoryBroken(
                f"日志自第一条起用 {first}，设置要 {self.suite.name} ·"
                f" the log is of {first} from its first event on, and its settings say {self.suite.name}"
            )
        return first is not None

    def _write_sqlite(
        self, db: Connection, streams: Sequence[list[RecordedEvent]], beside: Sequence[Statement]
    ) -> list[int]:
        """The tips that the events follow were read in this very transaction, which keeps everybody else out."""
        for sql, parameters in beside:
            db.exec_driver_sql(sql, parameters)
        head = self.head_in(db) if streams else 0
        firsts = list(accumulate((len(events) for events in streams[:-1]), initial=head + 1))
        rows = [_sqlite_row(position, event) for position, event in enumerate(chain.from_iterable(streams), head + 1)]
        if len(rows) == 1:
            db.exec_driver_sql(_INSERT, rows[0])
        elif rows:
            db.exec_driver_sql(_INSERT, rows)
        return firsts if streams else []

    def _write_postgresql(
        self, db: Connection, streams: Sequence[list[RecordedEvent]], beside: Sequence[Statement], last: bool
    ) -> list[int]:
        appends = [(_APPEND, (some[0].stream, some[0].version - 1, _as_json(some))) for some in streams]
        statements = [*((self._sql(sql), parameters) for sql, parameters in beside), *appends]
        if not statements:
            return []
        try:
            answers = together(db, statements, commit=last)
        except IntegrityError as error:
            if constraint(error) != "events_stream_version":
                raise
            stream, expected, _ = cast("tuple[str, int, str]", error.params)
            raise ConcurrencyConflict(stream, expected) from error
        return [rows[0][0] for rows in answers[len(beside) :]]

    def read_stream(
        self, stream: str, after_version: int = 0, limit: int | None = None, backwards: bool = False
    ) -> list[RecordedEvent]:
        """The events of *stream* with a version above *after_version*, oldest first (*backwards*: newest first)."""
        with self.reading() as db:
            return self.stream_in(db, stream, after_version, limit, backwards)

    def stream_in(
        self,
        db: Connection,
        stream: str,
        after_version: int = 0,
        limit: int | None = None,
        backwards: bool = False,
    ) -> list[RecordedEvent]:
        """`read_stream` inside the transaction of *db*."""
        order = "DESC" if backwards else "ASC"
        sql = f"SELECT {self._columns} FROM events WHERE stream = ? AND version > ? ORDER BY version {order}"
        if limit is None:
            return self._recorded(db, sql, (stream, after_version))
        return self._recorded(db, sql + " LIMIT ?", (stream, after_version, limit))

    def stream_beside(
        self, db: Connection, question: str, parameters: tuple[Any, ...], stream: str, lock: Statement | None = None
    ) -> tuple[Sequence[Any], list[RecordedEvent]]:
        """The one row that *question* answers, and every event of *stream*, in one statement.

        *lock* is a statement of its own before it, sent on the same way: PostgreSQL only.
        """
        columns = ", ".join(f"e.{name.strip()}" for name in self._columns.split(","))
        sql = f"SELECT q.*, {columns} FROM ({question}) AS q LEFT JOIN events AS e ON e.stream = ? ORDER BY e.version"
        if lock is None:
            rows = _fetched(db, self._sql(sql), (*parameters, stream))
        else:
            rows = together(db, [lock, (self._sql(sql), (*parameters, stream))])[1]
        width = len(rows[0]) - _WIDTH
        return rows[0][:width], [_recorded(row[width:]) for row in rows if row[width] is not None]

    def read_all(
        self, after_position: int = 0, limit: int = 1000, types: Iterable[str] | None = None
    ) -> list[RecordedEvent]:
        """At most *limit* events with a position above *after_position*, in order; only of *types* when given."""
        with self.reading() as db:
            return self.all_in(db, after_position, limit, types)

    def all_in(
        self, db: Connection, after_position: int = 0, limit: int = 1000, types: Iterable[str] | None = None
    ) -> list[RecordedEvent]:
        """`read_all` inside the transaction of *db*."""
        wanted = None if types is None else tuple(types)
        if wanted is None:
            sql = f"SELECT {self._columns} FROM events WHERE position > ? ORDER BY position LIMIT ?"
            return self._recorded(db, sql, (after_position, limit))
        if not wanted:
            return []
        marks = ", ".join("?" * len(wanted))
        sql = f"SELECT {self._columns} FROM events WHERE position > ? AND type IN ({marks}) ORDER BY position LIMIT ?"
        return self._recorded(db, sql, (after_position, *wanted, limit))

    def at_in(self, db: Connection, positions: Sequence[int]) -> list[RecordedEvent]:
        """The events at these *positions*, oldest first; those that are not there are left out."""
        if not positions:
            return []
        marks = ", ".join("?" * len(positions))
        sql = f"SELECT {self._columns} FROM events WHERE position IN ({marks}) ORDER BY position"
        return self._recorded(db, sql, tuple(positions))

    def head_position(self) -> int:
        """The newest position; 0 when nothing happened yet."""
        with self.reading() as db:
            return self.head_in(db)

    def head_in(self, db: Connection) -> int:
        return db.exec_driver_sql(_HEAD).scalar() or 0

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A connection to read with."""
        with patiently(), self._reading.connect() as db:
            yield db

    def save_checkpoint(self, name: str, position: int, conn: Connection | None = None) -> None:
        """Remember that the listener *name* has read up to *position*; with *conn*, in its transaction."""
        if conn is None:
            with self.begin() as db:
                self.save_checkpoint(name, position, conn=db)
            return
        conn.exec_driver_sql(self._sql(_SAVE), (name, position))

    def load_checkpoint(self, name: str) -> int:
        """How far the listener *name* has read; 0 when it is new."""
        with self.reading() as db:
            sql = self._sql("SELECT position FROM checkpoints WHERE name = ?")
            return db.exec_driver_sql(sql, (name,)).scalar() or 0

    def _sql(self, sql: str) -> str:
        return sql.replace("?", "%s") if self._postgresql else sql

    def _recorded(self, db: Connection, sql: str, parameters: tuple[Any, ...]) -> list[RecordedEvent]:
        return [_recorded(row) for row in _fetched(db, self._sql(sql), parameters)]


def _fetched(db: Connection, sql: str, parameters: tuple[Any, ...]) -> Sequence[Sequence[Any]]:
    result = db.exec_driver_sql(sql, parameters)
    assert result.cursor is not None
    rows: Sequence[Sequence[Any]] = result.cursor.fetchall()  # the driver's own tuples: half the time of rows
    result.close()
    return rows


def prepared(
    stream: str, version: int, tip: bytes, events: Iterable[NewEvent], suite: Suite = SHA256
) -> list[RecordedEvent]:
    """*events* as they will stand in *stream* after *version* and its hash *tip*; positions are not known yet (0)."""
    ready: list[RecordedEvent] = []
    for event in events:
        version += 1
        recorded = _envelope(stream, version, tip, event, suite)
        tip = recorded.hash
        ready.append(recorded)
    return ready


def _envelope(stream: str, version: int, tip: bytes, event: NewEvent, suite: Suite) -> RecordedEvent:
    payload, metadata = _text(event.payload), _text(event.metadata)
    correlation = event.correlation_id or event.event_id
    recorded_at = _recorded_at(event.recorded_at)
    for word in (stream, event.type, event.actor):
        if not word or "\x00" in word:
            raise ValueError("stream, type and actor are words without NUL")
    digest = event_hash(
        suite.new,
        tip,
        stream,
        version,
        str(event.event_id),
        event.type,
        event.schema_version,
        payload,
        metadata,
        event.actor,
        str(correlation),
        None if event.causation_id is None else str(event.causation_id),
        recorded_at,
    )
    return RecordedEvent(
        0, stream, version, event.event_id, event.type, event.schema_version, payload, metadata, event.actor,
        correlation, event.causation_id, recorded_at, suite.name, tip, digest,
    )  # fmt: skip


def _text(value: object) -> str:
    return canonical_text(value) if isinstance(value, str) else canonical(value)


def _recorded_at(value: int | datetime | None) -> int:
    if isinstance(value, int):
        return value
    return microseconds(datetime.now(UTC) if value is None else value)


def _sqlite_row(position: int, event: RecordedEvent) -> tuple[object, ...]:
    row = cast("list[object]", list(event))
    row[0], row[3], row[9] = position, str(event.event_id), str(event.correlation_id)
    row[10] = None if event.causation_id is None else str(event.causation_id)
    return tuple(row)


def _as_json(events: Iterable[RecordedEvent]) -> str:
    return _encode(
        [
            {
                "event_id": event.event_id,
                "type": event.type,
                "schema_version": event.schema_version,
                "payload": event.payload,
                "metadata": event.metadata,
                "actor": event.actor,
                "correlation_id": event.correlation_id,
                "causation_id": event.causation_id,
                "recorded_at": event.recorded_at,
                "algorithm": event.algorithm,
                "prev_hash": event.prev_hash.hex(),
                "hash": event.hash.hex(),
            }
            for event in events
        ]
    ).decode()


class _TextUUID(UUID):
    """A UUID read from its canonical text; the number is worked out when somebody asks. Reading history, few do."""

    __slots__ = ("_text",)
    _text: str

    @property  # type: ignore[misc]
    def int(self) -> int:  # pyright: ignore
        return _number(self._text.replace("-", ""), 16)

    @property  # type: ignore[misc]
    def is_safe(self) -> SafeUUID:  # pyright: ignore
        return SafeUUID.unknown

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"UUID({self._text!r})"

    def __reduce__(self) -> tuple[type[UUID], tuple[str]]:
        return UUID, (self._text,)


_write_text: Callable[[UUID, str], None] = _TextUUID.__dict__["_text"].__set__


def _uuid(text: str) -> UUID:
    made = _new_uuid(_TextUUID)
    _write_text(made, text)
    return made


def _recorded(row: Sequence[Any]) -> RecordedEvent:
    """Written out, because a log of a million passes here."""
    (
        at,
        stream,
        version,
        event_id,
        type_,
        schema,
        payload,
        notes,
        actor,
        correlation,
        causation,
        when,
        how,
        prev,
        own,
    ) = row
    name, cause = _new_uuid(_TextUUID), _new_uuid(_TextUUID)
    _write_text(name, event_id)
    _write_text(cause, correlation)
    return _new_tuple(
        RecordedEvent,
        (
            at, stream, version, name, type_, schema, payload, notes, actor,
            cause, None if causation is None else _uuid(causation), when, how, prev, own,
        ),
    )  # fmt: skip
