"""One running house for the whole session on each database; tests that write use drafts of their own."""

from collections.abc import Generator

import pytest

from tests.adversary.site import Site, furnish, opened
from tests.databases import postgres_database


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    with opened(tmp_path_factory.mktemp("adversary")) as found:
        furnish(found)
        yield found


@pytest.fixture(scope="session")
def postgres_site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    with postgres_database() as url, opened(tmp_path_factory.mktemp("adversary"), database_url=url) as found:
        furnish(found)
        yield found


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest) -> Site:
    """The same house over both databases, one after the other."""
    found: Site = request.getfixturevalue("site" if request.param == "sqlite" else "postgres_site")
    return found
