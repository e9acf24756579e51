"""A request takes few statements, through the real site: a list six at most, a dossier with its history ten, a step twelve.

Statements do not depend on the machine, so they are a test where times are only measured.
"""

from collections.abc import Iterator

import pytest

from bench.site import Asked, site
from bench.statements import counted
from tests.databases import postgres_database, sqlite_url

STILL_TOO_MANY: dict[str, int] = {}
"""What takes more than it may, and how many it takes now: it may become fewer, and then leaves this list."""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def answers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Asked, int]]]:
    folder = tmp_path_factory.mktemp("site")
    if request.param == "sqlite":
        with site(folder, sqlite_url(folder)) as here:
            yield {what: (asked, most) for what, asked, most in counted(here)}
        return
    with postgres_database() as url, site(folder, url) as here:
        yield {what: (asked, most) for what, asked, most in counted(here)}


def test_everything_was_answered(answers: dict[str, tuple[Asked, int]]) -> None:
    assert {what: asked.status for what, (asked, _) in answers.items() if asked.status != 200} == {}


def test_no_request_takes_more_statements_than_it_may(answers: dict[str, tuple[Asked, int]]) -> None:
    over = {what: len(asked.statements) for what, (asked, most) in answers.items() if len(asked.statements) > most}
    assert {what: number for what, number in over.items() if number > STILL_TOO_MANY.get(what, 0)} == {}
    assert STILL_TOO_MANY.keys() <= over.keys(), "what has become few enough leaves the list"
