"""A populated house on each database."""

from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import Engine

import migrations
from eventstore.engine import open_engine
from tests.databases import postgres_database, sqlite_url
from tests.notifications.post import PostOffice


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Engine]:
    if request.param == "sqlite":
        yield from opened(sqlite_url(tmp_path))
    else:
        with postgres_database() as url:
            yield from opened(url)


def opened(url: str) -> Generator[Engine]:
    engine = open_engine(url)
    migrations.upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def post(engine: Engine) -> PostOffice:
    office = PostOffice(engine)
    office.populate()
    return office
