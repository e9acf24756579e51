"""A populated house on a fresh file, one on PostgreSQL beside it, and a receiver that listens."""

from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import Engine

import migrations
from eventstore.engine import open_engine
from tests.databases import postgres_database, sqlite_url
from tests.webhooks.depot import Depot, Receiver


@pytest.fixture
def engine(tmp_path: Path) -> Generator[Engine]:
    yield from _opened(sqlite_url(tmp_path))


@pytest.fixture
def depot(engine: Engine) -> Depot:
    made = Depot(engine)
    made.populate()
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Depot]:
    """For what the two databases do differently."""
    if request.param == "sqlite":
        yield from _populated(sqlite_url(tmp_path))
    else:
        with postgres_database() as url:
            yield from _populated(url)


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with Receiver().running() as running:
        yield running


def _opened(url: str) -> Generator[Engine]:
    engine = open_engine(url)
    migrations.upgrade(engine)
    yield engine
    engine.dispose()


def _populated(url: str) -> Generator[Depot]:
    for engine in _opened(url):
        made = Depot(engine)
        made.populate()
        yield made
