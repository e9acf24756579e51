"""The site as people meet it: doors of the demonstration, a link by mail, the mailbox, the clock, and health."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import pytest

from service import clockwork
from service.demo import DATABASE, NotADemonstration, staged
from service.journey import instant
from service.running import Running
from service.site import registry_of
from service.told import Told

FORM = "application/x-www-form-urlencoded"


class Browser:
    """One visitor: keeps cookies, sends the token that the page before held."""

    def __init__(self, run: Running) -> None:
        self.run, self.cookies, self.token, self.forwarded = run, dict[str, str](), "", ""

    def get(self, path: str) -> tuple[int, str, HTTPResponse]:
        return self._ask("GET", path, None, {})

    def post(self, path: str, **fields: str) -> tuple[int, str, HTTPResponse]:
        body = urlencode({"csrf_token": self.token, **fields})
        return self._ask("POST", path, body, {"Content-Type": FORM, "Origin": self.run.url})

    def _ask(self, method: str, path: str, body: str | None, more: dict[str, str]) -> tuple[int, str, HTTPResponse]:
        connection = HTTPConnection("127.0.0.1", int(self.run.url.rpartition(":")[2]), timeout=20)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        claimed = {"X-Forwarded-For": self.forwarded} if self.forwarded else {}
        connection.request(method, path, body, {"Cookie": cookie, **claimed, **more})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        self.token = found[1] if found else self.token
        return response.status, text, response


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with staged(tmp_path_factory.mktemp("site") / "world", tick_s=600) as (run, _):
        yield run


@pytest.mark.parametrize(
    "person", ["editor", "yuelu-head", "clerk", "finance", "expert-1", "auditor", "operator", "security"]
)
def test_every_door_of_the_demonstration_leads_to_a_desk(run: Running, person: str) -> None:
    browser = Browser(run)
    assert browser.get(f"/demo/as/{person}")[0] == 303
    status, _, response = browser.get("/")
    assert status == 303
    assert browser.get(response.headers["Location"])[0] in {200, 303}


@pytest.mark.parametrize(
    "person", ["editor", "yuelu-head", "clerk", "lead", "finance", "auditor", "operator", "security"]
)
def test_every_place_in_the_bar_opens(run: Running, person: str) -> None:
    browser = Browser(run)
    browser.get(f"/demo/as/{person}")
    home = browser.get("/")[2].headers["Location"]
    bar = re.findall(r'<nav class="nav".*?</nav>', browser.get(home)[1], re.DOTALL)[0]
    places = re.findall(r'href="([^"]+)"', bar)
    assert len(places) >= 3
    assert {place: _opened(browser, place) for place in places} == dict.fromkeys(places, 200)


def _opened(browser: Browser, place: str) -> int:
    """The place itself, or the first of those below it where it leads there; led to any other, it did not open."""
    status, _, answer = browser.get(place)
    if status != 303:
        return status
    below = answer.headers["Location"]
    assert below.startswith(f"{place}/"), (place, below)
    return browser.get(below)[0]


def test_the_forms_of_the_endpoints_are_guarded_and_answered_by_the_real_site(run: Running) -> None:
    """With the tokens that guard every form, which a room's own tests may leave out."""
    browser = Browser(run)
    browser.get("/demo/as/lead")
    browser.get("/webhooks/new")
    wish = {"name": "省厅数据平台", "url": "https://127.0.0.1/hook", "kind": "standard", "language": "zh"}
    status, text, _ = browser.post("/webhooks/new", owner="province:43", **wish)
    assert status == 422
    assert 'value="省厅数据平台"' in text
    browser.token = ""
    assert browser.post("/webhooks/new", owner="province:43", **wish)[0] == 400


def test_a_stranger_is_shown_what_is_public_and_asked_to_sign_in_elsewhere(run: Running) -> None:
    browser = Browser(run)
    assert [browser.get(path)[0] for path in ("/", "/notices", "/lifecycle", "/sign-in")] == [200] * 4
    assert browser.get("/applications")[0] == 401


def test_the_link_by_mail_signs_in_once_and_looking_at_it_does_not_use_it_up(run: Running) -> None:
    browser, before = Browser(run), len(run.mailbox)
    browser.get("/sign-in")
    assert browser.post("/sign-in", email="editor@example.cn")[0] == 200
    assert run.mailbox.wait_for(before + 1, 10)
    letter = run.mailbox.open(before + 1)
    assert letter is not None
    path = letter.text[letter.text.index("/sign-in/") :].split()[0]
    assert [browser.get(path)[0], browser.get(path)[0]] == [200, 200]
    assert browser.post(path)[0] == 303
    assert browser.get("/applications")[0] == 200
    assert browser.get(path)[0] == 410


def test_an_unknown_address_is_answered_the_same_and_gets_no_letter(run: Running) -> None:
    browser, before = Browser(run), len(run.mailbox)
    browser.get("/sign-in")
    status, text, _ = browser.post("/sign-in", email="nobody@example.cn")
    assert status == 200
    assert "如果 nobody@example.cn 是登记过的邮箱" in text
    assert len(run.mailbox) == before


def test_a_letter_in_the_mailbox_is_shown_in_a_sandbox(run: Running) -> None:
    browser = Browser(run)
    browser.get("/sign-in")
    browser.post("/sign-in", email="admin@example.cn")
    assert run.mailbox.wait_for(1, 10)
    assert "登录链接" in browser.get("/demo/mail")[1]
    assert browser.get("/demo/mail/1")[0] == 200
    assert browser.get("/demo/mail/1/html")[2].headers["Content-Security-Policy"].startswith("sandbox;")
    assert browser.get("/demo/mail/999")[0] == 404


def test_the_clock_is_moved_by_its_page(run: Running) -> None:
    browser = Browser(run)
    browser.get("/clock")
    assert browser.post("/clock", at="2025-11-20T10:00")[0] == 303
    assert 0 <= (clockwork.now(run.house) - instant("2025-11-20 10:00")).total_seconds() < 60
    browser.get("/clock")
    assert browser.post("/clock", at="yesterday")[0] == 400


def test_it_lives_and_is_ready(run: Running) -> None:
    assert Browser(run).get("/healthz")[:2] == (200, "ok\n")
    assert Browser(run).get("/readyz")[0] == 200


def test_in_production_nobody_moves_the_clock(run: Running) -> None:
    from dataclasses import replace

    settings = run.house.settings.model_copy(update={"mode": "production"})
    house = replace(run.house, settings=settings)
    told = Told(house.store, house.wall)
    ids = {operation.id for operation in registry_of(house, run.actors, told, run.mailbox)}
    assert ids.isdisjoint({"getClock", "setClock", "drain", "findLink"})
    assert {"openApplication", "listLetters"} <= ids


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_text("somebody's")
    with pytest.raises(NotADemonstration), staged(tmp_path):
        pass
    assert (tmp_path / DATABASE).read_text() == "somebody's"
