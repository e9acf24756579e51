"""One PostgreSQL of our own for what only disturbs it, and a world in it."""

from collections.abc import Generator

import pytest

from tests.adversary.serving import World, peopled
from tests.faults import instances


@pytest.fixture(scope="module")
def own_postgres() -> Generator[instances.Postgres]:
    try:
        with instances.postgres() as server:
            yield server
    except instances.NotHere:
        pytest.skip("PostgreSQL's own programs are not installed")


@pytest.fixture(scope="module")
def inhabited(own_postgres: instances.Postgres, tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    with peopled(own_postgres.url, tmp_path_factory.mktemp("faults"), instances.free_port()) as world:
        yield world
