"""A house of applications on each database."""

from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import Engine

import migrations
from eventstore.engine import open_engine
from tests.databases import postgres_database, sqlite_url
from tests.workflow.house import Api, House


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Engine]:
    """A fresh database with all tables."""
    if request.param == "sqlite":
        yield from _migrated(sqlite_url(tmp_path))
    else:
        with postgres_database() as url:
            yield from _migrated(url)


def _migrated(url: str) -> Generator[Engine]:
    opened = open_engine(url)
    migrations.upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    return House(engine, tmp_path / "files")


@pytest.fixture
def api(house: House) -> Api:
    return house.client()
