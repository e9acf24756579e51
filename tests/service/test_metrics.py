"""Monitoring reads how the house stands at `/metrics`: with a token of its own, cheaply, and nothing about any person."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, insert, update

from directory.actor import Actor, Grant, Role
from eventstore.engine import open_engine
from eventstore.event import microseconds
from eventstore.ids import uuid7
from eventstore.schema import checkpoints, projections
from eventstore.store import EventStore
from notifications.schema import letters
from service import gauges
from service.actors import each
from service.cli import cli
from service.metrics import beside
from service.settings import SettingsFaulty, for_the_demo
from service.site import create_app
from service.wiring import House
from tests.admin.office import Office, opened
from tests.databases import postgres_database
from webhooks import health
from webhooks.endpoint import Endpoint, Wanted
from webhooks.schema import parcels

TOKEN = "q" * 40
OPERATOR = Actor("person:operator", "操作员", (Grant(Role.OPERATOR, "43"),))
SECRETIVE = "550 5.1.1 <zhang.san@example.cn> 张三 unknown"
Values = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def office(tmp_path: Path) -> Generator[Office]:
    with opened(tmp_path, metrics_token=TOKEN, webhook_networks="127.0.0.0/8") as found:
        yield found


def text(client: FlaskClient, token: str = TOKEN) -> str:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    return answer.text


def values(client: FlaskClient) -> Values:
    families = text_string_to_metric_families(text(client))
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def value(client: FlaskClient, name: str, **labels: str) -> float | None:
    return values(client).get((f"vermilion_{name}", tuple(sorted(labels.items()))))


def letter(house: House, state: str, **more: Any) -> None:
    """A letter that stands in *state* since ten minutes ago."""
    id_ = str(uuid7())
    words = dict.fromkeys(("event_id", "event_type", "application_id", "kind", "audience", "because", "asks"), "x")
    with house.store.begin() as db:
        ago = microseconds(house.wall.now(db)) - 600_000_000
        row = {"id": id_, "dedupe_key": id_, "event_position": 1, "recipient": "person:secret", "name": "张三",
               "address": "zhang.san@example.cn", "language": "zh", "params": "{}", "message_id": id_, "state": state,
               "due_at": ago, "created_at": ago, **words, **more}  # fmt: skip
        db.execute(insert(letters).values(row))


def parcel(house: House, state: str, **more: Any) -> None:
    words = dict.fromkeys(("endpoint", "event_id", "type", "application", "call", "programme", "payload", "trace"), "x")
    with house.store.begin() as db:
        now = microseconds(house.wall.now(db))
        row = {"id": f"msg_{uuid7().hex}", "position": 1, "state": state, "due_at": now, "created_at": now, **words}
        db.execute(insert(parcels).values({**row, **more}))


def test_without_the_setting_there_is_no_such_page(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        answer = office.client.get("/metrics", headers={"Authorization": "Bearer "})
        assert (answer.status_code, answer.text) == (404, "not found\n")


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN} ", "Bearer 张"]
)
def test_nobody_reads_it_without_its_token(office: Office, sent: str) -> None:
    """Wherever they come from: behind a proxy every visitor's connection comes from this machine."""
    headers = {"Authorization": sent.encode().decode("latin-1"), "X-Forwarded-For": "127.0.0.1"}
    answer = office.client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"})
    assert answer.status_code == 401
    assert "vermilion_" not in answer.text


@pytest.mark.parametrize("who", ["operator", "auditor"])
def test_the_token_of_a_person_does_not_open_it_nor_does_a_session(office: Office, who: str) -> None:
    headers = {"Authorization": f"Bearer {office.tokens[who]}"}
    assert office.client.get("/metrics", headers=headers).status_code == 401
    assert office.browser(who).get("/metrics").status_code == 401


@pytest.mark.parametrize("token", ["short", "x" * 31, "with a space" + "x" * 40, "字" * 40, "x" * 201])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused(tmp_path: Path, token: str) -> None:
    with pytest.raises(SettingsFaulty, match="VERMILION_METRICS_TOKEN"):
        for_the_demo(tmp_path, base_url="http://localhost", smtp_url="smtp://127.0.0.1:1", metrics_token=token)


def test_every_metric_is_described_and_there_from_the_beginning(office: Office) -> None:
    families = {family.name: family for family in text_string_to_metric_families(text(office.client))}
    assert all(family.documentation.endswith(".") for family in families.values())
    assert families.keys() >= {
        "vermilion_up", "vermilion_log_events", "vermilion_queue_waiting", "vermilion_queue_overdue_seconds",
        "vermilion_letters_troubled", "vermilion_parcels_dead", "vermilion_cursor_lag_events", "vermilion_cursor_failed",
        "vermilion_projection_live", "vermilion_projection_lag_events", "vermilion_endpoints",
        "vermilion_integrity_sound", "vermilion_scrapes",
    }  # fmt: skip


def test_what_the_handbook_describes_is_what_is_told(office: Office) -> None:
    office.client.get("/healthz")
    office.house.settings.files.mkdir()
    handbook = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    monitoring = "".join(part for part in handbook.split("\n## ") if part.startswith(("监控", "Monitoring")))
    described = set(re.findall(r"^\| `(vermilion_\w+)", monitoring, re.MULTILINE))
    told = {line.split()[2] for line in text(office.client).splitlines() if line.startswith("# HELP")}
    assert {name for name in told if not name.endswith("_created")} == described


def test_a_letter_that_waits_and_one_that_dies_are_counted(office: Office) -> None:
    client = office.client
    assert value(client, "letters_troubled", state="dead", cause="none") == 0
    letter(office.house, "planned")
    letter(office.house, "dead", last_code=550, last_error=SECRETIVE)
    letter(office.house, "dead", last_code=550, last_error=SECRETIVE, reason="erased")  # settled: nobody's trouble
    assert value(client, "queue_waiting", queue="letters") == 1
    assert 600 <= (value(client, "queue_overdue_seconds", queue="letters") or 0) < 700
    assert value(client, "queue_overdue_seconds", queue="parcels") == 0
    assert value(client, "letters_troubled", state="dead", cause="550") == 1


def test_a_parcel_that_fails_and_its_endpoint_are_counted(office: Office) -> None:
    house, client = office.house, office.client
    register = house.hooks.register
    made = register.create(
        OPERATOR,
        house.as_roof(),
        Wanted(name="平台"),
        kind="standard",
        owner="province:43",
        url="https://127.0.0.1/x",
    )
    register.verified(OPERATOR, house.as_roof(), made.id, "trusted")
    assert value(client, "endpoints", health="well") == 1
    parcel(house, "dead", endpoint=made.id, last_code=500)
    parcel(house, "dead", endpoint=made.id, reason="disabled", last_code=410)
    with house.store.begin() as db:
        health.note(db, {made.id: [health.Beat(well=False)] * 3}, house.wall.now(db))
    found = values(client)
    assert found["vermilion_parcels_dead", (("cause", "500"),)] == 1
    assert found["vermilion_parcels_dead", (("cause", "disabled"),)] == 1
    assert found["vermilion_endpoints", (("health", "failing"),)] == 1
    assert found["vermilion_endpoint_failures", (("endpoint", made.id),)] == 3
    assert "127.0.0.1" not in text(client)


def test_an_endpoint_is_in_one_state_of_health_and_its_word_is_known(office: Office) -> None:
    with office.house.store.reading() as db:
        now = office.house.wall.now(db)
    failing, on = (
        health.Health(failures=10, rests_until=now.replace(year=now.year + 1)),
        Endpoint(enabled=True, verified=True),
    )
    fares = [
        gauges.state_of(Endpoint(verified=True, why_disabled="gone"), health.WELL, now),
        gauges.state_of(Endpoint(verified=True), health.WELL, now),
        gauges.state_of(Endpoint(why_disabled="moved"), health.WELL, now),
        gauges.state_of(on, failing, now),
        gauges.state_of(on, health.Health(failures=1), now),
        gauges.state_of(on, health.WELL, now),
    ]
    assert fares == ["switched_off", "off", "unverified", "resting", "failing", "well"]
    assert set(fares) == set(gauges.HEALTH)


def test_a_cursor_that_lags_or_stands_still_is_told(office: Office) -> None:
    house, client = office.house, office.client
    office.follow()
    office.played.open()
    assert value(client, "cursor_lag_events", cursor="letters") == 1
    office.follow()
    with house.store.begin() as db:
        db.execute(update(checkpoints).where(checkpoints.c.name == "letters").values(failed_position=1, state="failed"))
    assert value(client, "cursor_lag_events", cursor="letters") == 0
    assert value(client, "cursor_failed", cursor="letters") == 1
    assert value(client, "cursor_failed", cursor="log_index") == 0


def test_a_projection_that_is_being_built_lags(office: Office) -> None:
    house, client = office.house, office.client
    name = house.projections[1].name
    assert (
        value(client, "projection_live", projection=name),
        value(client, "projection_lag_events", projection=name),
    ) == (1, 0)
    with house.store.begin() as db:
        db.execute(update(projections).where(projections.c.name == name).values(state="building", position=5))
    assert value(client, "projection_live", projection=name) == 0
    assert value(client, "projection_lag_events", projection=name) == house.store.head_position() - 5


def test_figures_that_follow_the_log_lag_until_they_are_read(office: Office) -> None:
    house, client = office.house, office.client
    house.handling.catch_up()
    assert value(client, "projection_lag_events", projection="tallies") == 0
    before = house.store.head_position()
    office.played.open()
    assert value(client, "projection_lag_events", projection="tallies") == house.store.head_position() - before > 0


def test_a_log_that_was_found_broken_is_told(office: Office) -> None:
    office.house.proofs.found("verify", sound=True, size=12)
    assert value(office.client, "integrity_sound", look="verify") == 1
    office.house.proofs.found("verify", sound=False, size=12, position=7, said="edited")
    assert value(office.client, "integrity_sound", look="verify") == 0
    assert value(office.client, "integrity_covered_events", look="verify") == 12


def test_requests_are_told_by_their_rule_and_never_by_what_was_typed(office: Office) -> None:
    client, secret = office.client, "13907319999"
    for _ in range(2):
        client.get(f"/applications/{uuid7()}?name={secret}")
    for path in (f"/no/{secret}", f"/{secret}", "/metrics/zhang"):
        client.get(path)
    client.open("/healthz", method="ZHANGSAN", headers={"Sec-Fetch-Site": "same-origin"})
    found = values(client)
    rule = next(
        rule.rule for rule in office.app.url_map.iter_rules() if re.fullmatch(r"/applications/<[^/]+>", rule.rule)
    )
    asked = (("method", "GET"), ("route", rule), ("status", "401"))
    assert found["vermilion_requests_total", asked] == 2
    assert found["vermilion_request_seconds_count", (("method", "GET"), ("route", rule))] == 2
    assert found["vermilion_requests_total", (("method", "GET"), ("route", "none"), ("status", "404"))] == 3
    assert found["vermilion_requests_total", (("method", "none"), ("route", "none"), ("status", "405"))] == 1
    assert secret not in text(client)


def test_labels_hold_nothing_personal(office: Office) -> None:
    office.play()
    letter(office.house, "dead", last_code=550, last_error=SECRETIVE)
    for who in ("lead", "clerk", "auditor"):
        office.browser(who).get(f"/applications/{office.noticed}")
    told = text(office.client)
    assert "550" in told
    known = {rule.rule for rule in office.app.url_map.iter_rules()} | {"none"}
    for family in text_string_to_metric_families(told):
        for sample in family.samples:
            assert sample.labels.keys() <= {
                "queue", "state", "cause", "cursor", "projection", "health", "endpoint", "look", "method", "route", "status", "le",
            }  # fmt: skip
            assert sample.labels.get("route", "none") in known
    for secret in ("张三", "zhang.san", "@", str(office.noticed), *office.tokens, TOKEN, "甄实名"):
        assert secret not in re.sub(r'(route|look|cursor|projection)="[^"]*"', "", told), secret


def test_causes_beyond_the_twentieth_are_one_sum(office: Office) -> None:
    for code in range(500, 530):
        letter(office.house, "dead", last_code=code)
    told = [
        (labels, many) for (name, labels), many in values(office.client).items() if name == "vermilion_letters_troubled"
    ]
    assert len(told) == gauges.WORST + 3  # both states with none, and the others
    assert dict(told)[("cause", "other"), ("state", "dead")] == 10


def test_two_applications_in_one_process_count_apart(office: Office) -> None:
    other = create_app(office.house, office.actors).test_client()
    office.client.get("/healthz")
    labels = {"method": "GET", "route": "/healthz", "status": "200"}
    assert (value(office.client, "requests_total", **labels), value(other, "requests_total", **labels)) == (1, None)


TWO_PROCESSES = """
import os
from flask import Flask
from prometheus_client import generate_latest
from service.metrics import counted, watch

app = Flask("two")
watched = watch(app)
child = os.fork()
app.test_client().get("/")
if not child:
    os._exit(0)
os.waitpid(child, 0)
print(generate_latest(*counted(watched.registry)).decode())
"""


def in_a_program(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", TWO_PROCESSES], env=environment, cwd=root, capture_output=True, text=True, timeout=60
    )


def test_processes_that_count_in_one_folder_are_told_as_one(tmp_path: Path) -> None:
    told = in_a_program(tmp_path).stdout
    assert 'vermilion_requests_total{method="GET",route="none",status="404"} 2.0' in told
    assert 'vermilion_request_seconds_count{method="GET",route="none"} 2.0' in told


def test_a_folder_that_is_not_there_is_told_at_the_start_and_not_to_a_visitor(tmp_path: Path) -> None:
    ended = in_a_program(tmp_path / "nowhere")
    assert ended.returncode == 1
    assert "line 8, in <module>" in ended.stderr  # where it begins to watch
    assert "FileNotFoundError" in ended.stderr


def test_with_the_database_away_it_says_so_and_still_tells_what_was_answered(office: Office, tmp_path: Path) -> None:
    away = replace(office.house, store=EventStore(open_engine(f"sqlite:///{tmp_path / 'no' / 'where.db'}")))
    client = create_app(away, office.actors).test_client()
    client.get("/healthz")
    found = values(client)
    assert found["vermilion_up", ()] == 0
    assert found["vermilion_requests_total", (("method", "GET"), ("route", "/healthz"), ("status", "200"))] == 1
    assert ("vermilion_log_events", ()) not in found


@pytest.fixture
def said(office: Office) -> Iterator[list[tuple[str, Any]]]:
    """Every statement from here on, with its parameters."""
    found: list[tuple[str, Any]] = []

    def note(*args: Any) -> None:
        found.append((args[2], args[3]))

    event.listen(office.house.engine, "before_cursor_execute", note)
    yield found
    event.remove(office.house.engine, "before_cursor_execute", note)


MOST = 14


def test_reading_it_takes_a_dozen_statements_however_much_there_is(office: Office, said: list[tuple[str, Any]]) -> None:
    text(office.client)
    few = len(said)
    for _ in range(30):
        letter(office.house, "dead", last_code=550)
        letter(office.house, "planned")
        parcel(office.house, "dead")
    said.clear()
    text(office.client)
    assert len(said) == few <= MOST


def test_no_statement_reads_through_the_log_or_all_letters_or_parcels(
    office: Office, said: list[tuple[str, Any]]
) -> None:
    """What is read of the large tables is read in the indexes of what waits or was given up."""
    text(office.client)
    asked, plans = list(said), list[str]()
    with office.house.store.reading() as db:
        for statement, parameters in asked:
            plans += [row[3] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    large = [plan for plan in plans if re.search(r"\b(events|letters|parcels|paper_jobs)\b", plan)]
    used = re.compile(r"letters_due|letters_troubled|parcels_due|parcels_dead|paper_jobs_waiting|^SEARCH events")
    assert len(large) >= 6
    assert [plan for plan in large if not used.search(plan)] == []


def test_on_postgresql_it_is_the_same_and_a_database_that_goes_away_is_told(tmp_path: Path) -> None:
    with postgres_database() as url, opened(tmp_path, metrics_token=TOKEN, database_url=url) as office:
        letter(office.house, "unknown", last_code=451)
        parcel(office.house, "dead", last_code=500)
        found = values(office.client)
        assert found["vermilion_up", ()] == 1
        assert found["vermilion_letters_troubled", (("cause", "451"), ("state", "unknown"))] == 1
        assert found["vermilion_parcels_dead", (("cause", "500"),)] == 1
        office.house.engine.dispose()
    assert value(office.client, "up") == 0


def test_a_process_that_serves_nobody_answers_on_a_port_of_its_own_with_the_same_token(office: Office) -> None:
    office.house.counted.delivered("letters", {"sent": 3, "later": 1})
    with beside(office.house, "127.0.0.1:0") as port:

        def ask(path: str, token: str = "") -> tuple[int, str]:
            with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
                connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
                answer = connection.getresponse()
                return answer.status, answer.read().decode()

        assert ask("/healthz") == (200, "ok\n")
        assert ask("/metrics")[0] == 401
        code, told = ask("/metrics", TOKEN)
        assert code == 200
        assert 'vermilion_deliveries_total{outcome="sent",queue="letters"} 3.0' in told
        assert "vermilion_queue_waiting" in told
        assert ask("/")[0] == 404


def test_whoever_asks_slowly_keeps_no_other_waiting_there(office: Office) -> None:
    with beside(office.house, "127.0.0.1:0") as port, socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"GET /metr")
        with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request("GET", "/healthz")
            assert connection.getresponse().status == 200
        slow.sendall(b"ics HTTP/1.0\r\n\r\n")
        assert slow.recv(64).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    "place", ["9101", ":9101", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", "[]:1"]
)
@pytest.mark.parametrize("command", [("relay", "--metrics"), ("worker", "--metrics"), ("serve", "--bind")])
def test_where_to_answer_is_a_host_and_a_port(place: str, command: tuple[str, str]) -> None:
    """Without a host it would be every address of the machine."""
    refused = CliRunner().invoke(cli, [*command, place])
    assert refused.exit_code == 2
    assert "host:port" in refused.output


def test_work_that_fails_is_counted_and_holds_up_no_other(office: Office) -> None:
    done: list[str] = []

    def fails() -> None:
        raise OSError("no")

    each(office.house, [fails, partial(done.append, "next")])
    assert done == ["next"]
    name = fails.__qualname__
    assert f'vermilion_work_failures_total{{work="{name}"}} 1.0' in text(office.client)
