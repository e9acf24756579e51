"""One address may knock only so often at the doors that ask for no sign-in; then it is told how long to wait."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service import actors, wiring
from service.limits import DOORS, LOOKED_AT
from service.settings import for_the_demo
from service.site import create_app, registry_of
from service.told import Told


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return client_of(tmp_path)


def client_of(folder: Path, **more: int) -> FlaskClient:
    settings = for_the_demo(folder, base_url="http://127.0.0.1:1", smtp_url="smtp://127.0.0.1:1", **more)
    house = wiring.build(settings)
    house.prepare()
    return create_app(house).test_client()


def ask(client: FlaskClient, email: str, **headers: str) -> TestResponse:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token
    own = {"Sec-Fetch-Site": "same-origin", **headers}
    return client.post("/sign-in", data={"email": email, "csrf_token": token[1]}, headers=own)


def test_the_eleventh_request_for_a_link_waits(client: FlaskClient) -> None:
    answers = [ask(client, f"x{n}@example.cn") for n in range(11)]
    assert all(answer.status_code != 429 for answer in answers[:10])
    assert answers[10].status_code == 429
    assert int(answers[10].headers["Retry-After"]) > 0
    assert all("Retry-After" not in answer.headers for answer in answers[:10])  # nobody who got in is to wait
    assert not any(name.startswith("X-RateLimit-Retry") for answer in answers for name, _ in answer.headers)


def test_another_address_given_by_a_header_does_not_help(client: FlaskClient) -> None:
    """Without a proxy in front that we know, a forwarded address is only what somebody claims."""
    answers = [ask(client, f"x{n}@example.cn", **{"X-Forwarded-For": f"10.0.0.{n}"}) for n in range(11)]
    assert answers[-1].status_code == 429


def test_behind_a_proxy_of_ours_each_visitor_is_counted_apart(tmp_path: Path) -> None:
    client = client_of(tmp_path, proxies=1)
    for n in range(11):
        assert ask(client, f"x{n}@example.cn", **{"X-Forwarded-For": f"192.0.2.{n}"}).status_code != 429
    own = [ask(client, f"y{n}@example.cn", **{"X-Forwarded-For": f"10.9.9.{n}, 192.0.2.99"}) for n in range(11)]
    assert own[-1].status_code == 429


def test_every_limited_door_is_there(client: FlaskClient) -> None:
    assert {*DOORS, *LOOKED_AT} <= set(client.application.view_functions)


def test_every_operation_that_a_stranger_may_write_with_is_limited(tmp_path: Path) -> None:
    house = wiring.build(for_the_demo(tmp_path, base_url="http://127.0.0.1:1", smtp_url="smtp://127.0.0.1:1"))
    registry = registry_of(house, actors.declare(house), Told(house.store, house.wall))
    public = {f"api.{one.id}" for one in registry.operations if one.public and one.method != "GET"}
    assert {"api.join", "api.lookAtJoining"} < public
    assert public <= set(DOORS)


@pytest.mark.parametrize(
    ("place", "nothing"),
    [
        ("/v/K7QX-2M4D-9STB-0F3A", 404),
        ("/api/v1/papers/nonsense", 404),
        ("/invitations/01890000-0000-7000-8000-00000000dead?key=x", 410),
        ("/confirmations/01890000-0000-7000-8000-00000000dead?key=x", 410),
        ("/join/01890000-0000-7000-8000-00000000dead?key=x", 410),
    ],
)
def test_nobody_tries_codes_for_long(client: FlaskClient, place: str, nothing: int) -> None:
    answers = [client.get(place).status_code for _ in range(121)]
    assert set(answers[:120]) == {nothing}
    assert answers[120] == 429
