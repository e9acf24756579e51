"""A house of applications on each database."""

from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from eventstore.engine import open_engine
from tests.databases import postgres_database
from tests.workflow.founded import found, founded_sqlite
from tests.workflow.house import Api, House


@pytest.fixture(scope="session")
def founded_postgres(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The name of a PostgreSQL database that others are copied from."""
    with postgres_database() as url:
        found(url, tmp_path_factory.mktemp("files"))
        yield str(make_url(url).database)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Engine]:
    """A database of its own with all tables and everybody registered."""
    if request.param == "sqlite":
        yield from _opened(founded_sqlite(tmp_path))
    else:
        with postgres_database(request.getfixturevalue("founded_postgres")) as url:
            yield from _opened(url)


def _opened(url: str) -> Generator[Engine]:
    opened = open_engine(url)
    yield opened
    opened.dispose()


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> House:
    return House(engine, tmp_path / "files")


@pytest.fixture
def api(house: House) -> Api:
    return house.client()
