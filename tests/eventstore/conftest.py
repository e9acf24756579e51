"""An empty log on each database."""

from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

import migrations
from eventstore.engine import open_engine
from eventstore.store import EventStore
from tests.databases import postgres_database, sqlite_url

DATABASES = ["sqlite", "postgres"]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """A fresh database without tables."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
    else:
        with postgres_database() as fresh:
            yield fresh


class Emptied:
    """One PostgreSQL database for the whole run, as good as new for each test: making one takes longer than most."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._url: str | None = None
        self._tables: set[str] = set()

    def url(self) -> str:
        if self._url is None:
            self._url = self._stack.enter_context(postgres_database())
            engine = open_engine(self._url)
            migrations.upgrade(engine)
            self._tables = set(inspect(engine).get_table_names())
            engine.dispose()
        return self._url

    def empty(self, engine: Engine) -> None:
        there = set(inspect(engine).get_table_names())
        ours = ", ".join(f'"{name}"' for name in sorted(self._tables - {"alembic_version"}))
        with engine.begin() as db:
            for name in sorted(there - self._tables):
                db.exec_driver_sql(f'DROP TABLE "{name}" CASCADE')
            db.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER USER")
            db.exec_driver_sql(f"TRUNCATE {ours}")
            db.exec_driver_sql("ALTER TABLE events ENABLE TRIGGER USER")

    def close(self) -> None:
        self._stack.close()


@pytest.fixture(scope="session")
def emptied() -> Generator[Emptied]:
    kept = Emptied()
    yield kept
    kept.close()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a SQLite database with all tables, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    engine = open_engine(f"sqlite:///{path}")
    migrations.upgrade(engine)
    with engine.connect() as db:
        db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path.read_bytes()


@pytest.fixture(params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path: Path, emptied: Emptied, migrated: bytes) -> Generator[Engine]:
    """An empty database with all tables."""
    if request.param == "sqlite":
        path = tmp_path / "log.db"
        path.write_bytes(migrated)
        opened = open_engine(f"sqlite:///{path}")
    else:
        opened = open_engine(emptied.url())
        emptied.empty(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def store(engine: Engine) -> EventStore:
    return EventStore(engine)
