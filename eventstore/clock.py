"""What time it is: the database's clock, asked after the lock is held. A process's own clock decides nothing."""

from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection

from eventstore.event import instant_of, microseconds

_PG_NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"  # now() would be when the transaction began
_OFFSET = "coalesce((SELECT offset_us FROM clock_offset WHERE id = 1), 0)"
_SET_OFFSET = (
    "INSERT INTO clock_offset (id, offset_us) VALUES (1, {offset})"
    " ON CONFLICT (id) DO UPDATE SET offset_us = excluded.offset_us"
)


class Clock(Protocol):
    """Answers with an aware UTC instant."""

    def now(self, db: Connection) -> datetime: ...


@runtime_checkable
class AskedBeside(Protocol):
    """A clock that a statement can ask on its way: `column` is what it selects, `read` makes an instant of the answer."""

    def column(self, dialect: str) -> str: ...
    def read(self, dialect: str, answer: int) -> datetime: ...


class DatabaseClock:
    """The database's clock. SQLite lives in this process, so its clock is this machine's."""

    def now(self, db: Connection) -> datetime:
        dialect = db.dialect.name
        column = self.column(dialect)
        answer = int(column) if column.isdigit() else int(db.exec_driver_sql(f"SELECT {column}").scalar_one())
        return self.read(dialect, answer)

    def column(self, dialect: str) -> str:
        return _PG_NOW if dialect == "postgresql" else "0"

    def read(self, dialect: str, answer: int) -> datetime:
        """*answer* is the instant on PostgreSQL, and how far this machine's clock is moved on SQLite."""
        return instant_of(answer if dialect == "postgresql" else microseconds(datetime.now(UTC)) + answer)


class SettableClock(DatabaseClock):
    """A database clock that can be moved: demonstrations and tests only.

    The offset lies in the database, so several processes agree; time goes on from the instant that was set.
    """

    def column(self, dialect: str) -> str:
        return f"{_PG_NOW} + {_OFFSET}" if dialect == "postgresql" else _OFFSET

    def set(self, db: Connection, instant: datetime) -> None:
        """Let it be *instant* (aware) from now on; *db* is a write transaction."""
        offset = microseconds(instant) - microseconds(DatabaseClock().now(db))
        db.exec_driver_sql(_SET_OFFSET.format(offset=int(offset)))

    def reset(self, db: Connection) -> None:
        """Back to the database's own time."""
        db.exec_driver_sql(_SET_OFFSET.format(offset=0))
