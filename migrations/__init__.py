"""The tables, numbered: up and down on SQLite and PostgreSQL, with no configuration file.

`upgrade(engine)` and `downgrade(engine, revision)` are all that is needed; two programs that upgrade at the same moment
wait for each other.
"""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from eventstore.engine import prepare, writing
from eventstore.refusal import Busy

LOCK_S, TRIES, PAUSE_S = 2, 5, 0.5
_HERE = Path(__file__).parent
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7453010383018225513)"


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration of this folder, working on *connection* (in its transaction)."""
    configuration = Config()
    configuration.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to *revision*, in one transaction, beside a service that runs.

    No lock is waited for longer than two seconds, for whoever comes behind waits as long: it lets go and tries again. Raises
    `Busy` when that was in vain five times.
    """
    for tried in range(1, TRIES + 1):
        try:
            _upgrade(engine, revision)
        except Busy:
            if tried == TRIES:
                raise
            time.sleep(PAUSE_S * tried)
        else:
            return


def _upgrade(engine: Engine, revision: str) -> None:
    with writing(prepare(engine)) as connection:
        _alone(connection)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_S}s'")
        command.upgrade(config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database down to *revision* (`base`: nothing left), in one transaction."""
    with writing(prepare(engine)) as connection:
        _alone(connection)
        command.downgrade(config(connection), revision)


def _alone(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(_ONE_AT_A_TIME)
