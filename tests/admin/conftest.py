"""One played office for the tests that only read; those that write take a house of their own."""

from collections.abc import Generator

import pytest

from tests.admin.office import Office, opened
from tests.databases import postgres_database


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Generator[Office]:
    with opened(tmp_path_factory.mktemp("office")) as found:
        found.play()
        yield found


@pytest.fixture(scope="session")
def postgres_office(tmp_path_factory: pytest.TempPathFactory) -> Generator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with postgres_database() as url, opened(folder, database_url=url) as found:
        found.play()
        yield found
