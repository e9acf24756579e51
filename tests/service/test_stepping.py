"""A legal or money act wants a second factor shown within five minutes; what was typed waits for it."""

import html
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Response

from directory import second_factor, signin, tokens
from directory.passkeys import Passkeys
from directory.records import Directory
from directory.schema import sessions
from eventstore.dispatch import Context
from eventstore.event import microseconds
from eventstore.refusal import Refused
from service.demo import staged
from service.running import Running
from tests.admin.office import opened
from tests.directory.device import Device
from tests.service.test_site import Browser
from workflow import commands as c

ADMINISTRATOR = "security"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with staged(tmp_path_factory.mktemp("stepping") / "world", tick_s=600) as (run, _):
        yield run


@pytest.fixture(scope="module")
def secret(run: Running) -> bytes:
    access, house = run.house.access, run.house
    secret = access.begin_authenticator(ADMINISTRATOR)
    access.confirm_authenticator(house.as_roof(), ADMINISTRATOR, code(secret, -1))
    return secret


def code(secret: bytes, steps: int = 0) -> str:
    return second_factor.code_at(secret, datetime.now(UTC) + steps * timedelta(seconds=30))


@pytest.fixture
def browser(run: Running, secret: bytes) -> Browser:
    """An administrator, who showed a second factor six minutes ago and whose codes are all still good."""
    browser = Browser(run)
    with run.house.store.begin() as db:
        now = run.house.wall.now(db)
        browser.cookies["sid"] = signin.open_session(db, ADMINISTRATOR, now, proved=True)
        db.execute(sessions.update().values(proved_at=microseconds(now - timedelta(minutes=6))))
        db.exec_driver_sql("DELETE FROM tries")
        db.exec_driver_sql("UPDATE authenticators SET last_step = 0")
    browser.get("/erasures")
    return browser


def restricted(run: Running, person: str) -> bool:
    with run.house.store.reading() as db:
        return Directory(db).person(person) is None


def carried(page: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def test_the_form_waits_for_the_code_and_goes_on_as_it_was_typed(run: Running, browser: Browser, secret: bytes) -> None:
    reason = "保存期满 <b>&\"'"
    status, page, _ = browser.post("/erasures", person="sprout-editor", reason=reason)
    assert status == 403
    assert "5 分钟之内出示过第二因素" in page
    assert 'action="/erasures"' in page
    assert carried(page)["reason"] == reason
    assert not restricted(run, "sprout-editor")
    status, page, _ = browser.post("/erasures", **carried(page) | {"step_up_code": "000000"})
    assert status == 422
    assert carried(page)["reason"] == reason
    before = dict(browser.cookies)
    status, _, answer = browser.post("/erasures", **carried(page) | {"step_up_code": code(secret)})
    assert (status, answer.headers["Location"]) == (303, "/erasures?done=1")
    assert restricted(run, "sprout-editor")
    assert browser.cookies["sid"] != before["sid"], "a new id after a proof"
    browser.get("/erasures")
    assert browser.post("/erasures", person="nobody", reason="x")[0] == 422, (
        "and for five minutes nothing more is asked"
    )
    browser.cookies = before
    assert browser.get("/erasures")[0] == 401


def test_a_used_code_proves_nothing(browser: Browser, secret: bytes) -> None:
    used = code(secret)
    assert browser.post("/erasures", person="nobody", reason="x", step_up_code=used)[0] == 422
    with browser.run.house.store.begin() as db:
        db.exec_driver_sql("UPDATE sessions SET proved_at = 1")
    status, page, _ = browser.post("/erasures", person="nobody", reason="x", step_up_code=used)
    assert (status, "已经用过" in page) == (422, True)


def test_five_wrong_codes_close_the_door_and_keep_what_was_typed(browser: Browser) -> None:
    wrong = {"person": "nobody", "reason": "保存期满", "step_up_code": "000000"}
    statuses = [browser.post("/erasures", **wrong)[0] for _ in range(5)]
    status, page, answer = browser.post("/erasures", **wrong)
    assert [*statuses, status] == [422] * 5 + [429]
    assert int(answer.headers["Retry-After"]) > 0
    assert carried(page)["reason"] == "保存期满"


def test_what_is_no_such_act_is_not_asked_for_a_code(browser: Browser) -> None:
    assert browser.get("/erasures")[0] == 200
    assert browser.post("/language", language="en", next="/erasures")[0] == 303


def test_inviting_somebody_wants_a_code_and_looking_at_the_invitations_none(browser: Browser) -> None:
    for listed in ("/people/invitations", "/api/v1/people/invitations"):
        assert browser.get(listed)[0] == 200
    browser.get("/people/invitations")
    wish = {"name": "新同事", "email": "new@example.cn", "role": "bureau.clerk", "scope": "430104"}
    status, page, _ = browser.post("/people/invitations", **wish)
    assert (status, carried(page)["email"]) == (403, "new@example.cn")


def test_who_has_no_second_factor_is_asked_for_none(run: Running) -> None:
    other = Browser(run)
    with run.house.store.begin() as db:
        other.cookies["sid"] = signin.open_session(db, "editor", run.house.wall.now(db))
    other.get("/me/account")
    assert other.post("/me/account/password", new="纸鸢 over the river 7")[0] == 303


def test_passwords_are_not_repeated_on_the_page_that_asks(browser: Browser) -> None:
    browser.get("/me/account")
    status, page, _ = browser.post("/me/account/password", new="纸鸢 over the river 7")
    assert status == 403
    assert "over the river" not in page


def test_an_act_that_is_done_is_told_as_done_though_the_database_is_held_right_after(tmp_path: Path) -> None:
    """The session keeps its id for once: what was done is not answered 503."""
    with opened(tmp_path) as office:
        browser = office.browser("editor")
        token = re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/me/account").text)[-1]
        other = sqlite3.connect(tmp_path / "demo.db", isolation_level=None)

        def hold(response: Response) -> Response:
            other.execute("BEGIN IMMEDIATE")
            return response

        office.app.after_request_funcs.setdefault(None, []).append(hold)  # the last one added is called first
        form = {"csrf_token": token, "new": "纸鸢 over the river 7"}
        answer = browser.post("/me/account/password", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        office.app.after_request_funcs[None].remove(hold)
        other.close()
        assert (answer.status_code, answer.headers["Location"]) == (303, "/me/account?done=1")
        assert browser.get("/me/account").status_code == 200


def test_a_passkey_is_added_though_the_second_factor_was_shown_long_ago(
    run: Running, browser: Browser, secret: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is answered, and the factor asked for with the device's answer; a passkey that is shown uses no limit up."""
    site = "http://localhost"
    here = Passkeys(run.house.dispatcher, run.house.access, site)  # a passkey belongs to a name, never to a number
    for name, value in vars(here).items():
        monkeypatch.setattr(run.house.passkeys, name, value)
    with run.house.store.begin() as db:
        db.exec_driver_sql("UPDATE sessions SET opened_at = opened_at - 2400000000, seen_at = seen_at + 1")
    device = Device(site)
    browser.get("/me/account")
    status, question, _ = browser.post("/me/account/passkeys/question")
    assert status == 200
    status, page, _ = browser.post("/me/account/passkeys", label="办公室电脑", passkey=device.made(question))
    assert (status, carried(page)["label"]) == (403, "办公室电脑")
    assert browser.post("/me/account/passkeys", **carried(page) | {"step_up_code": code(secret)})[0] == 303
    assert "办公室电脑" in browser.get("/me/account")[1]
    for _ in range(31):
        stranger = Browser(run)
        stranger.get("/sign-in")
        status, question, _ = stranger.post("/sign-in/passkey/question")
        assert status == 200
        assert stranger.post("/sign-in/passkey", passkey=device.shown(question))[0] == 303


def test_who_has_no_second_factor_and_came_long_ago_is_told_before_the_device_is_asked(run: Running) -> None:
    other = Browser(run)
    with run.house.store.begin() as db:
        other.cookies["sid"] = signin.open_session(db, "wenqu-editor", run.house.wall.now(db))
        db.exec_driver_sql("UPDATE sessions SET opened_at = opened_at - 2400000000 WHERE person = 'wenqu-editor'")
    other.get("/me/account")
    status, page, _ = other.post("/me/account/passkeys/question")
    assert (status, "退出后重新登录" in page) == (409, True)


def test_a_code_from_another_site_is_not_even_looked_at(browser: Browser, secret: bytes) -> None:
    browser.token = ""
    assert browser.post("/erasures", person="nobody", reason="x", step_up_code=code(secret))[0] == 400
    with browser.run.house.store.reading() as db:
        assert db.exec_driver_sql("SELECT last_step FROM authenticators").scalar() == 0


def test_the_api_by_cookie_says_what_is_missing_and_a_token_is_not_asked(run: Running, browser: Browser) -> None:
    with run.house.store.begin() as db:
        token, _ = tokens.issue(db, ADMINISTRATOR, "test", run.house.wall.now(db))
    path = "/api/v1/people/nobody/restriction"
    by_cookie = {"Cookie": f"sid={browser.cookies['sid']}", "Sec-Fetch-Site": "same-origin"}
    refused = _api(run, path, by_cookie)
    assert refused[0] == 403
    assert "/problems/step-up-required" in refused[1]
    assert "STEP_UP_REQUIRED" in refused[1]
    assert "STEP_UP_REQUIRED" not in _api(run, path, {"Authorization": f"Bearer {token}"})[1]


def _api(run: Running, path: str, headers: dict[str, str]) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", int(run.url.rpartition(":")[2]), timeout=20)
    sent = {"Content-Type": "application/json", "Idempotency-Key": uuid4().hex, **headers}
    connection.request("POST", path, '{"reason": "x"}', sent)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_the_handler_of_commands_asks_once_more(run: Running) -> None:
    """Whatever door a command came by: an award is refused before anything about the application is looked at."""
    with run.house.store.reading() as db:
        lead = Directory(db).actor("lead")
    assert lead is not None
    context = Context(actor="person:lead", correlation_id=uuid4())
    award = c.Award(application_id=uuid4(), document_number="湘工信〔2026〕1号")
    codes = []
    for must_prove in (True, False):
        with pytest.raises(Refused) as refused:
            run.house.handling.handle(award, replace(lead, must_prove=must_prove), context)
        codes.append([one.code for one in refused.value.refusals])
    assert codes[0] == ["STEP_UP_REQUIRED"]
    assert "STEP_UP_REQUIRED" not in codes[1]
