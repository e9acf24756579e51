"""The tables, numbered: up and down on SQLite and PostgreSQL, with no configuration file.

`upgrade(engine)` and `downgrade(engine, revision)` are all that is needed; two programs that upgrade at the same moment
wait for each other.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from eventstore.engine import prepare, writing

_HERE = Path(__file__).parent
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7453010383018225513)"


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration of this folder, working on *connection* (in its transaction)."""
    configuration = Config()
    configuration.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    configuration.attributes["connection"] = connection
    return configuration


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database up to *revision*, in one transaction."""
    with writing(prepare(engine)) as connection:
        _alone(connection)
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
