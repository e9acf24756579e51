"""An empty log on each database."""

from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import Engine

import migrations
from eventstore.engine import open_engine
from eventstore.store import EventStore
from tests.databases import postgres_database, sqlite_url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """A fresh database without tables."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
    else:
        with postgres_database() as fresh:
            yield fresh


@pytest.fixture
def engine(url: str) -> Generator[Engine]:
    """A fresh database with all tables."""
    opened = open_engine(url)
    migrations.upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def store(engine: Engine) -> EventStore:
    return EventStore(engine)
