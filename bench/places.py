"""Where things are measured: a folder that is deleted, a PostgreSQL database of a random name that is dropped."""

import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

import migrations
from eventstore.engine import open_engine

_DEFAULT = "postgresql+psycopg://postgres@127.0.0.1:5432/test"


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vermilion-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine of the house on a database with all tables."""
    engine = open_engine(url)
    try:
        migrations.upgrade(engine)
        yield engine
    finally:
        engine.dispose()


def sqlite_url(place: Path, name: str = "") -> str:
    return f"sqlite:///{place / (name or secrets.token_hex(6))}.db"


def copied(original: Path, place: Path) -> Path:
    """*original* as it stands, its write-ahead log taken in first."""
    with sqlite3.connect(original) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return Path(shutil.copy(original, place / f"{secrets.token_hex(6)}.db"))


@contextmanager
def postgres() -> Iterator[str | None]:
    """The URL of a fresh database, or None where no server answers."""
    url = os.environ.get("VERMILION_TEST_POSTGRES", _DEFAULT)
    server = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    name = f"vermilion_bench_{secrets.token_hex(6)}"
    try:
        with server.connect() as db:
            db.exec_driver_sql(f'CREATE DATABASE "{name}"')
    except OperationalError:
        yield None
        return
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as db:
            db.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
