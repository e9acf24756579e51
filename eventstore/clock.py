"""What time it is: the database's clock, asked after the lock is held. A process's own clock decides nothing."""

# ruff: noqa: S608 -- only constants of this room are put into statements; values are always bound

from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection

from eventstore.event import instant_of, microseconds

_PG_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_PG_OFFSET = _PG_NOW + " + coalesce((SELECT offset_us FROM clock_offset WHERE id = 1), 0)"
_READ_OFFSET = "SELECT offset_us FROM clock_offset WHERE id = 1"
_SET_OFFSET = (
    "INSERT INTO clock_offset (id, offset_us) VALUES (1, {offset})"
    " ON CONFLICT (id) DO UPDATE SET offset_us = excluded.offset_us"
)


class Clock(Protocol):
    """Answers with an aware UTC instant."""

    def now(self, db: Connection) -> datetime: ...


class DatabaseClock:
    """The database's clock. SQLite lives in this process, so its clock is this machine's."""

    def now(self, db: Connection) -> datetime:
        if db.dialect.name == "postgresql":
            return instant_of(int(db.exec_driver_sql(_PG_NOW).scalar_one()))
        return datetime.now(UTC)


class SettableClock:
    """A database clock that can be moved: demonstrations and tests only.

    The offset lies in the database, so several processes agree; time goes on from the instant that was set.
    """

    def now(self, db: Connection) -> datetime:
        if db.dialect.name == "postgresql":
            return instant_of(int(db.exec_driver_sql(_PG_OFFSET).scalar_one()))
        offset: int = db.exec_driver_sql(_READ_OFFSET).scalar() or 0
        return instant_of(microseconds(datetime.now(UTC)) + offset)

    def set(self, db: Connection, instant: datetime) -> None:
        """Let it be *instant* (aware) from now on; *db* is a write transaction."""
        offset = microseconds(instant) - microseconds(DatabaseClock().now(db))
        db.exec_driver_sql(_SET_OFFSET.format(offset=int(offset)))

    def reset(self, db: Connection) -> None:
        """Back to the database's own time."""
        db.exec_driver_sql(_SET_OFFSET.format(offset=0))
