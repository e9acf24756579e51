"""Databases for tests: a fresh file, or a fresh database of its own on the PostgreSQL server that is reachable."""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

DEFAULT = "postgresql+psycopg://postgres@127.0.0.1:5432/test"


def sqlite_url(folder: Path) -> str:
    """A database file in *folder* that nobody used before."""
    return f"sqlite:///{folder / f'{secrets.token_hex(6)}.db'}"


def server_url() -> str:
    return os.environ.get("VERMILION_TEST_POSTGRES", DEFAULT)


@cache
def why_unreachable() -> str | None:
    """None when the server answers, else what it said."""
    engine = create_engine(server_url(), poolclass=NullPool, connect_args={"connect_timeout": 3})
    try:
        with engine.connect():
            return None
    except OperationalError as error:
        return str(error.orig)


def _statement(sql: str) -> None:
    engine = create_engine(server_url(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.exec_driver_sql(sql)


def demanded(lacking: str) -> NoReturn:
    """Skip the test for what is *lacking* here; fail it where VERMILION_REQUIRE_SERVICES=1 says that nothing may be."""
    if os.environ.get("VERMILION_REQUIRE_SERVICES") == "1":
        pytest.fail(f"demanded: {lacking}")
    pytest.skip(lacking)


@contextmanager
def postgres_database(template: str = "template1") -> Generator[str]:
    """The URL of a fresh PostgreSQL database, a copy of *template*, dropped afterwards.

    Skips the test when no server is reachable, unless VERMILION_REQUIRE_SERVICES=1 demands one.
    """
    reason = why_unreachable()
    if reason is not None:
        demanded(f"PostgreSQL is not reachable: {reason}")
    name = f"vermilion_{secrets.token_hex(6)}"
    _statement(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield make_url(server_url()).set(database=name).render_as_string(hide_password=False)
    finally:
        _statement(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
