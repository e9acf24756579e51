"""Doors to the database: SQLite made durable and fair, PostgreSQL with time limits, slowness told as `Busy`.

A dead or stopped connection can hold a lock for five seconds at most before others are told to come back. A connection that
the server hung up on while it rested is never handed out, and a full disk is told as `NoRoom`.
"""

import select
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Protocol, cast
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import StaticPool

from eventstore.refusal import Busy, NoRoom

PATIENCE_S = 5
IDLE_S = 5
_WRITE = "eventstore_write"

_POSTGRESQL = f"""
SET lock_timeout = '{PATIENCE_S}s';
SET statement_timeout = '{PATIENCE_S}s';
SET idle_in_transaction_session_timeout = '{IDLE_S}s';
SET default_transaction_isolation = 'read committed';
"""
_SQLITE = (
    f"PRAGMA busy_timeout = {PATIENCE_S * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # NORMAL acknowledges what a power cut takes back
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # so that REPLACE meets the DELETE trigger too
)
# lock_not_available, query_canceled, idle and shutdown of the session, server starting or out of connections
_BUSY = {"55P03", "57014", "25P03", "57P01", "57P02", "57P03", "53300"}
_AGAIN = {"40001", "40P01"}
_FULL = "53100"
NO_ROOM_S = 60
"""When to come back to a database whose disk was full: somebody has to make room first."""

_prepared: "WeakSet[Engine]" = WeakSet()
_mutexes: dict[str, threading.Lock] = {}
_mutexes_guard = threading.Lock()


class _Raw(Protocol):
    isolation_level: str | None
    autocommit: bool

    def execute(self, sql: str) -> object: ...


def open_engine(url: str, **options: Any) -> Engine:
    """An engine for *url* (`sqlite:///…` or `postgresql+psycopg://…`) as the log needs it."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            options.setdefault("poolclass", StaticPool)
        else:
            options = {"pool_size": 16, "max_overflow": 16, "pool_timeout": PATIENCE_S} | options
        return prepare(create_engine(parsed, **options))
    arguments = {"connect_timeout": PATIENCE_S, "keepalives_idle": 30, "tcp_user_timeout": 10_000}
    options = {"pool_size": 16, "max_overflow": 16, "pool_timeout": PATIENCE_S} | options
    options["connect_args"] = arguments | options.get("connect_args", {})
    return prepare(create_engine(parsed, **options))


def prepare(engine: Engine) -> Engine:
    """Give *engine* the log's connection settings; more than once is once."""
    if engine in _prepared:
        return engine
    _prepared.add(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _open_postgresql)
        event.listen(engine, "checkout", _listens_still)
    if not isinstance(engine.pool, StaticPool):
        engine.dispose()
    return engine


def read_only(engine: Engine) -> Engine:
    """Make every connection that *engine* opens from now on refuse to write; for whoever only asks."""
    event.listen(
        engine, "connect", _only_reading_sqlite if engine.dialect.name == "sqlite" else _only_reading_postgresql
    )
    engine.dispose()
    return engine


def _only_reading_sqlite(raw: Any, _record: object) -> None:
    cast("_Raw", raw).execute("PRAGMA query_only = ON")


def _only_reading_postgresql(raw: Any, _record: object) -> None:
    connection = cast("_Raw", raw)
    before, connection.autocommit = connection.autocommit, True
    connection.execute("SET default_transaction_read_only = on")
    connection.autocommit = before


def _open_sqlite(raw: Any, _record: object) -> None:
    connection = cast("_Raw", raw)
    connection.isolation_level = None  # Python would open transactions late; ours begin when we say so
    for pragma in _SQLITE:
        connection.execute(pragma)


def _begin_sqlite(db: Connection) -> None:
    write = db.get_execution_options().get(_WRITE, False)
    raw = cast("_Raw", db.connection.dbapi_connection)
    raw.execute("BEGIN IMMEDIATE" if write else "BEGIN")


def _open_postgresql(raw: Any, _record: object) -> None:
    connection = cast("_Raw", raw)
    before, connection.autocommit = connection.autocommit, True
    connection.execute(_POSTGRESQL)
    connection.autocommit = before


def _listens_still(raw: Any, _record: object, _proxy: object) -> None:
    """Nothing comes on a connection that rests but the server's farewell: heard here, without a round trip, the whole pool is made anew."""
    resting = select.poll()
    resting.register(raw.fileno(), select.POLLIN)
    if resting.poll(0):
        raise InvalidatePoolError


@contextmanager
def writing(engine: Engine) -> Generator[Connection]:
    """The one write transaction: commits when the block ends, rolls back when it raises.

    Raises `Busy` when the write lock, or a lock or statement inside, takes longer than five seconds.
    """
    with patiently():
        if engine.dialect.name != "sqlite":
            with engine.begin() as db:
                yield db
            return
        mutex = _mutex(engine)
        if not mutex.acquire(timeout=PATIENCE_S):
            raise Busy("another writer holds the log")
        try:
            with engine.connect().execution_options(**{_WRITE: True}) as db, db.begin():
                yield db
        finally:
            mutex.release()


def _mutex(engine: Engine) -> threading.Lock:
    """One per database and process: SQLite's own waiting sleeps unfairly."""
    name = engine.url.database or f"memory-{id(engine)}"
    mutex = _mutexes.get(name)
    if mutex is None:
        with _mutexes_guard:
            mutex = _mutexes.setdefault(name, threading.Lock())
    return mutex


@contextmanager
def patiently() -> Generator[None]:
    """Tell what took too long, and a database that went away, as `Busy`."""
    try:
        yield
    except DBAPIError as error:
        if is_full(error):
            raise NoRoom("the database's disk is full", retry_after_s=NO_ROOM_S) from error
        if is_busy(error):
            raise Busy("the database is busy or restarting") from error
        raise
    except sqlite3.OperationalError as error:  # from our own BEGIN, which SQLAlchemy does not wrap
        if _is_sqlite_full(error):
            raise NoRoom("the database's disk is full", retry_after_s=NO_ROOM_S) from error
        if "locked" in str(error):
            raise Busy("another process holds the log") from error
        raise
    except PoolTimeout as error:
        raise Busy("no free connection to the database") from error


def sqlstate(error: DBAPIError) -> str | None:
    return cast("str | None", getattr(error.orig, "sqlstate", None))


def constraint(error: DBAPIError) -> str | None:
    """The constraint that refused, where the database names it (PostgreSQL)."""
    return cast("str | None", getattr(getattr(error.orig, "diag", None), "constraint_name", None))


def is_busy(error: DBAPIError) -> bool:
    code = sqlstate(error)
    if code is not None:
        return code in _BUSY or code.startswith("08")
    if error.connection_invalidated:
        return True
    said = str(error.orig)
    return any(
        word in said for word in ("is locked", "database table is locked", "connection failed", "timeout expired")
    )


def is_full(error: DBAPIError) -> bool:
    """Nothing can be written for want of room; what is there can be read."""
    return sqlstate(error) == _FULL or _is_sqlite_full(error.orig)


def _is_sqlite_full(error: object) -> bool:
    """SQLite says so itself, or that it cannot make its shared index longer, which is the same want."""
    return getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")


def is_deadlock(error: DBAPIError) -> bool:
    """The database chose this transaction to give way; the whole command may be tried again."""
    return sqlstate(error) in _AGAIN
