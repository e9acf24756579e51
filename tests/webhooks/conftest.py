"""A populated house on a fresh file, one on PostgreSQL beside it, and a receiver that listens."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import Engine

import migrations
from eventstore.engine import open_engine
from tests.databases import postgres_database, sqlite_url
from tests.webhooks.depot import Depot, Receiver


@pytest.fixture(scope="session")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with everybody in it, made once; each test works on a copy."""
    file = tmp_path_factory.mktemp("depot") / "populated.db"
    for _ in _populated(f"sqlite:///{file}"):
        pass
    return file


@pytest.fixture
def engine(populated: Path, tmp_path: Path) -> Generator[Engine]:
    copy = shutil.copy(populated, tmp_path / "depot.db")
    engine = open_engine(f"sqlite:///{copy}")
    yield engine
    engine.dispose()


@pytest.fixture
def depot(engine: Engine) -> Depot:
    return Depot(engine)


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
