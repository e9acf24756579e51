"""The journeys that come with the program are played as written: the real HTTP API, real SMTP, on both databases.

Every code, value, date and letter of the scenarios is written in journeys/; here is only that nothing differs.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from directory.actor import Actor, Grant, Role
from eventstore.event import microseconds
from service.demo import faults_of, journeys, staged
from service.journey import load, merged
from service.play import Player
from service.running import Running
from tests.databases import postgres_database, sqlite_url
from tests.workflow.by_hand import counted_by_hand, told_by
from workflow.survey import survey


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
    else:
        with postgres_database() as url:
            yield url


def differences(run: Running, tokens: dict[str, str], names: list[str] | None = None) -> list[str]:
    chosen = [journey for journey in journeys() if names is None or journey.id in names]
    client = run.client()
    try:
        return [str(difference) for difference in Player(client, tokens).play(merged(chosen))]
    finally:
        client.close()


@pytest.mark.rule("R-010", "R-011", "R-018", "R-074", "R-077", "R-084", "R-086", "R-093", "R-098", "R-101", "R-114")
@pytest.mark.rule("R-117", "R-125", "R-136", "R-141", "R-222", "R-225", "R-226", "R-227", "R-228", "R-229", "R-230")
@pytest.mark.rule("R-232", "R-233")
@pytest.mark.rule("R-028", "R-030", "R-052", "R-145", "R-160", "R-174", "R-175", "R-176", "R-186", "R-189", "R-199")
def test_journey_a_and_its_variants_are_played_as_written(database: str, tmp_path: Path) -> None:
    with staged(tmp_path / "world", database_url=database, tick_s=600) as (run, tokens):
        assert differences(run, dict(tokens)) == []
        assert faults_of(run) == []
        assert figures_of(run) == []


def figures_of(run: Running) -> list[str]:
    """The calls whose figures are not those that the log counted by hand gives."""
    house = run.house
    house.handling.catch_up()
    with house.store.reading() as db:
        facts = house.read(db, house.store.all_in(db, limit=100_000), revealed=False)
        found: list[str] = []
        for call in house.calls.calls():
            clerk = Actor("figures", "figures", (Grant(Role.PROVINCE_CLERK, call.province),))
            told = told_by(survey(db, clerk, call.id, microseconds(house.clock.now(db))))
            found += [call.id] if told != counted_by_hand(facts, call.id) else []
        return found


def test_a_step_that_answers_otherwise_says_what_was_expected_and_what_came(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "id: wrong\ntitle: {zh: 错, en: wrong}\nsteps:\n"
        "- {id: W1, at: 2025-11-03 08:59, as: editor, do: openApplication,"
        " with: {call: hn-2025, direction: L-V, unit: 91430104MAXTE5T16B}, expect: {refused: [DEADLINE_PASSED]}}\n",
        "utf-8",
    )
    with staged(tmp_path / "world", tick_s=600) as (run, tokens):
        client = run.client()
        (found,) = Player(client, tokens).play(merged([load(wrong)]))
        client.close()
    assert (found.step, found.what) == ("W1", "refused")
    assert (found.expected, found.got) == (["DEADLINE_PASSED"], ["CALL_NOT_OPEN"])


@pytest.mark.parametrize(
    ("broker", "url"),
    [("redis", "redis://127.0.0.1:6379/13"), ("rabbitmq", "amqp://guest:guest@127.0.0.1:5672/")],
)
def test_the_same_letters_come_through_a_broker_outside(broker: str, url: str, tmp_path: Path) -> None:
    _demand(broker, url)
    with staged(tmp_path / "world", tick_s=600, broker=broker, broker_url=url) as (run, tokens):
        assert differences(run, dict(tokens), ["a-variant-reconsideration"]) == []
        assert faults_of(run) == []


def _demand(broker: str, url: str) -> None:
    """Skip where the broker is not there, unless everything is demanded."""
    import socket
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2).close()
    except OSError as error:
        if os.environ.get("VERMILION_REQUIRE_SERVICES") == "1":
            pytest.fail(f"{broker} is demanded and not reachable: {error}")
        pytest.skip(f"{broker} is not reachable")
