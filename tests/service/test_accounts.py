"""The door and one's own account over the real site: password, second factor, sessions, and nobody told who lives here."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from directory import guessing, second_factor, signin, tokens
from directory.access import Access
from directory.passwords import Hashing
from service.demo import staged
from service.running import Running
from tests.admin.office import opened
from tests.service.test_site import Browser

GOOD, BETTER = "纸鸢 over the river 7", "Seven kites, 三座桥 9"
LOOPBACK = guessing.key_of_address("127.0.0.1")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with staged(tmp_path_factory.mktemp("accounts") / "world", tick_s=600) as (run, _):
        run.house.access.hashing = Hashing(memory_kib=64)
        yield run


@pytest.fixture(autouse=True)
def doors_open(run: Running) -> None:
    """Every test knocks from this machine; what the one before tried is not the next one's."""
    with run.house.store.begin() as db:
        db.exec_driver_sql("DELETE FROM tries")


def access(run: Running) -> Access:
    return run.house.access


def came_in(run: Running, person: str) -> Browser:
    """Somebody who signed in by a link just now."""
    browser = Browser(run)
    with run.house.store.begin() as db:
        browser.cookies["sid"] = signin.open_session(db, person, run.house.wall.now(db), "Firefox")
    return browser


def with_password(run: Running, person: str, password: str = GOOD) -> Browser:
    browser = came_in(run, person)
    browser.get("/me/account")
    assert browser.post("/me/account/password", new=password)[0] == 303
    return browser


def with_authenticator(run: Running, person: str) -> tuple[Browser, bytes, list[str]]:
    browser = came_in(run, person)
    status, page, _ = browser.get("/me/account/authenticator")
    assert status == 200
    assert 'src="data:image/png;base64,' in page
    secret = access(run).begin_authenticator(person)
    assert second_factor.spelled(secret) in page
    status, page, _ = browser.post("/me/account/authenticator", code=code(secret, -1))
    assert status == 200
    return browser, secret, re.findall(r"<li><code>([^<]+)</code>", page)


def code(secret: bytes, steps: int = 0) -> str:
    return second_factor.code_at(secret, datetime.now(UTC) + steps * timedelta(seconds=30))


def sign_in(run: Running, email: str, password: str) -> tuple[Browser, int, Any]:
    browser = Browser(run)
    browser.get("/sign-in")
    status, _, answer = browser.post("/sign-in", email=email, password=password)
    return browser, status, answer


def test_a_password_is_set_after_a_link_and_opens_the_door(run: Running) -> None:
    with_password(run, "wenqu-editor")
    browser, status, answer = sign_in(run, "wenqu-editor@example.cn", GOOD)
    assert (status, answer.headers["Location"]) == (303, "/")
    assert browser.get("/applications")[0] == 200
    assert "密码" in browser.get("/me/account")[1]


def test_a_new_id_comes_with_the_password_and_the_old_cookie_opens_nothing(run: Running) -> None:
    browser = came_in(run, "wenqu-admin")
    before = dict(browser.cookies)
    browser.get("/me/account")
    assert browser.post("/me/account/password", new=GOOD)[0] == 303
    assert browser.cookies["sid"] != before["sid"]
    assert browser.get("/me/account")[0] == 200
    browser.cookies = before
    assert browser.get("/me/account")[0] == 401


def test_a_wrong_old_password_is_told_beside_its_field(run: Running) -> None:
    browser = with_password(run, "lujiang-admin")
    with run.house.store.begin() as db:
        db.exec_driver_sql("UPDATE sessions SET opened_at = opened_at - 960000000 WHERE person = 'lujiang-admin'")
    browser.get("/me/account")
    status, page, _ = browser.post("/me/account/password", new=BETTER, old="wrong")
    assert (status, 'id="f-old-error"' in page) == (422, True)


def test_a_weak_password_is_refused_with_every_reason_and_typed_nowhere(run: Running) -> None:
    browser = came_in(run, "guanlan-editor")
    browser.get("/me/account")
    status, page, _ = browser.post("/me/account/password", new="guanlan")
    assert status == 422
    assert "至少 12 个字符" in page
    assert "别人也知道" in page
    assert 'href="#f-new"' in page
    assert 'value="guanlan"' not in page


def test_known_and_unknown_are_answered_alike_to_the_byte(run: Running) -> None:
    with_password(run, "guanlan-admin")

    def said(email: str) -> tuple[int, str]:
        browser = Browser(run)
        browser.get("/sign-in")
        status, page, _ = browser.post("/sign-in", email=email, password="not this one 1")
        return status, re.sub(r'value="[^"]*"|<time.*?</time>', "", page)

    assert len({said(f"{who}@example.cn") for who in ("guanlan-admin", "guanlan-editor", "nobody")}) == 1
    assert said("nobody@example.cn")[0] == 422


def test_the_eleventh_guess_is_answered_429_with_when_to_come_back_and_a_forged_header_does_not_help(
    run: Running,
) -> None:
    with_password(run, "sprout-editor")
    statuses = []
    for n in range(11):
        browser = Browser(run)
        browser.get("/sign-in")
        browser.forwarded = f"10.0.0.{n}"
        status, _, answer = browser.post("/sign-in", email=f"x{n}@example.cn", password="wrong")
        statuses.append(status)
    assert statuses == [422] * 10 + [429]
    assert int(answer.headers["Retry-After"]) in range(290, 301)
    _, status, _ = sign_in(run, "sprout-editor@example.cn", GOOD)
    assert status == 429, "the right password waits, too"
    with run.house.store.begin() as db:
        db.exec_driver_sql("UPDATE tries SET until = 0, since = 0")
    assert sign_in(run, "sprout-editor@example.cn", GOOD)[1] == 303, "and works again after the window"


def test_links_are_counted_in_the_database_by_where_they_are_asked_from(run: Running) -> None:
    statuses = []
    for n in range(11):
        browser = Browser(run)
        browser.get("/sign-in")
        status, _, answer = browser.post("/sign-in", email=f"y{n}@example.cn")
        statuses.append(status)
    assert statuses == [200] * 10 + [429]
    assert int(answer.headers["Retry-After"]) > 0


def test_a_link_that_opens_uses_no_limit_up(run: Running) -> None:
    for _ in range(31):
        with run.house.store.begin() as db:
            link = signin.issue(db, "guanlan-editor", run.house.wall.now(db))
        browser = Browser(run)
        browser.get(f"/sign-in/{link.secret}")
        assert browser.post(f"/sign-in/{link.secret}")[0] == 303


def test_with_a_second_factor_the_first_alone_opens_nothing(run: Running) -> None:
    with_password(run, "guitang-editor")
    _, secret, codes = with_authenticator(run, "guitang-editor")
    assert len(codes) == 10
    browser, status, answer = sign_in(run, "guitang-editor@example.cn", GOOD)
    assert (status, answer.headers["Location"]) == (303, "/sign-in/second")
    half = dict(browser.cookies)
    assert browser.get("/applications")[0] == 401
    assert browser.get("/sign-in/second")[0] == 200
    assert browser.post("/sign-in/second", code="000000")[0] == 422
    status, page, _ = browser.post("/sign-in/second", code=code(secret, 4))
    assert (status, "时间可能不准" in page) == (422, True)
    status, _, answer = browser.post("/sign-in/second", code=code(secret))
    assert (status, answer.headers["Location"]) == (303, "/")
    assert browser.cookies["sid"] != half["sid"]
    assert browser.get("/applications")[0] == 200
    assert "已出示第二因素" in browser.get("/me/account")[1]
    browser.cookies = half
    assert browser.get("/sign-in/second")[0] == 303, "the half of a sign-in is used up"


def test_a_link_alone_opens_nothing_either_and_a_recovery_code_does_once(run: Running) -> None:
    _, _, codes = with_authenticator(run, "guitang-admin")
    for attempt, expected in ((codes[0], 303), (codes[0], 422)):
        browser = Browser(run)
        with run.house.store.begin() as db:
            link = signin.issue(db, "guitang-admin", run.house.wall.now(db))
        browser.get(f"/sign-in/{link.secret}")
        assert browser.post(f"/sign-in/{link.secret}")[2].headers["Location"] == "/sign-in/second"
        browser.get("/sign-in/second")
        assert browser.post("/sign-in/second", code=attempt)[0] == expected


def test_five_wrong_codes_are_answered_429(run: Running) -> None:
    with_password(run, "nongzhi-editor")
    with_authenticator(run, "nongzhi-editor")
    browser, _, _ = sign_in(run, "nongzhi-editor@example.cn", GOOD)
    browser.get("/sign-in/second")
    statuses = [browser.post("/sign-in/second", code="000000")[0] for _ in range(6)]
    assert statuses == [422] * 5 + [429]


def test_the_door_of_whoever_is_not_waiting_leads_to_the_first_step(run: Running) -> None:
    browser = Browser(run)
    browser.get("/sign-in")
    assert browser.get("/sign-in/second")[2].headers["Location"] == "/sign-in"
    assert browser.post("/sign-in/second", code="123456")[2].headers["Location"] == "/sign-in"


def test_who_must_have_a_second_factor_sets_one_up_before_coming_in(
    run: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_password(run, "yuhua-head")
    before = came_in(run, "yuhua-head")
    monkeypatch.setattr(run.house.access, "demanded", True)
    assert before.get("/inbox")[0] == 401, "a session from before the rule opens nothing"
    browser, _, answer = sign_in(run, "yuhua-head@example.cn", GOOD)
    assert answer.headers["Location"] == "/sign-in/second"
    page = browser.get("/sign-in/second")[1]
    assert "必须有第二因素" in page
    assert browser.post("/sign-in/second", code="000000")[0] == 422
    secret = access(run).begin_authenticator("yuhua-head")
    status, page, _ = browser.post("/sign-in/second", code=code(secret))
    assert status == 200
    assert len(re.findall(r"<li><code>", page)) == 10
    assert browser.get("/inbox")[0] == 200
    browser.get("/me/account")
    status, page, _ = browser.post("/me/account/authenticator/removal")
    assert (status, "最后一个不能删除" in page) == (422, True)
    _, status, answer = sign_in(run, "editor@example.cn", "x")
    assert status == 422
    assert came_in(run, "editor").get("/applications")[0] == 200, "of a unit's editor none is demanded"


def test_sessions_are_listed_and_ended_one_by_one_and_all_others(run: Running) -> None:
    mine, phone, office = (came_in(run, "lujiang-editor") for _ in range(3))
    stranger = came_in(run, "lujiang-admin")
    page = mine.get("/me/account")[1]
    handles = re.findall(r"/me/account/sessions/([0-9a-f]{16})/revocation", page)
    assert len(handles) == 2
    stranger.get("/me/account")
    assert stranger.post(f"/me/account/sessions/{handles[0]}/revocation")[0] == 404
    assert mine.post(f"/me/account/sessions/{handles[0]}/revocation")[0] == 303
    assert sorted((phone.get("/me/account")[0], office.get("/me/account")[0])) == [200, 401]
    mine.get("/me/account")
    assert mine.post("/me/account/sessions/revocation")[0] == 303
    assert [one.get("/me/account")[0] for one in (mine, phone, office, stranger)] == [200, 401, 401, 200]


def test_a_program_in_the_browser_lists_and_ends_ones_own_sessions_and_no_token_does(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        mine, other, third = (office.browser("editor") for _ in range(3))
        listed = mine.get("/api/v1/me/sessions").get_json()["sessions"]
        assert [one["this"] for one in listed].count(True) == 1
        [strange] = office.browser("admin").get("/api/v1/me/sessions").get_json()["sessions"]

        def end(place: str) -> int:
            return mine.delete(f"/api/v1/me/sessions{place}", headers={"Sec-Fetch-Site": "same-origin"}).status_code

        theirs = other.get("/api/v1/me/sessions").get_json()["sessions"]
        handle = next(one["handle"] for one in theirs if one["this"])
        assert (end(f"/{handle}"), end(f"/{handle}"), end(f"/{strange['handle']}")) == (204, 404, 404)
        assert [one.get("/api/v1/me").status_code for one in (mine, other, third)] == [200, 401, 200]
        assert end("") == 204
        assert [one.get("/api/v1/me").status_code for one in (mine, third)] == [200, 401]
        assert office.api("editor", "/me/sessions").status_code == 403
        assert office.api("editor", "/me/sessions", "DELETE").status_code == 403


def test_what_changes_ends_every_other_session_and_is_kept_in_the_log(run: Running) -> None:
    elsewhere = came_in(run, "lujiang-editor")
    with_password(run, "lujiang-editor", BETTER)
    assert elsewhere.get("/me/account")[0] == 401
    elsewhere = came_in(run, "lujiang-editor")
    browser, _, _ = with_authenticator(run, "lujiang-editor")
    assert elsewhere.get("/me/account")[0] == 401
    browser.get("/me/account")
    assert browser.post("/me/account/recovery-codes")[0] == 200
    assert browser.post("/me/account/authenticator/removal")[0] == 303
    browser.get("/me/account")
    assert browser.post("/me/account/password/removal")[0] == 303
    facts = run.house.dispatcher.history("access-lujiang-editor")
    told = [(fact.event.kind, fact.event.change) for fact in facts]  # type: ignore[attr-defined]
    assert told == [
        ("password", "set"),
        ("totp", "added"),
        ("recovery", "renewed"),
        ("totp", "removed"),
        ("password", "removed"),
    ]
    assert {fact.recorded.actor for fact in facts} == {"person:lujiang-editor"}
    assert sign_in(run, "lujiang-editor@example.cn", BETTER)[1] == 422


def test_a_stranger_and_a_token_have_no_account_page(run: Running) -> None:
    assert Browser(run).get("/me/account")[0] == 401
    with run.house.store.begin() as db:
        token, _ = tokens.issue(db, "editor", "test", run.house.wall.now(db))
    connection = HTTPConnection("127.0.0.1", int(run.url.rpartition(":")[2]), timeout=20)
    for path, expected in (("/api/v1/me", 200), ("/me/account", 401)):
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        page = answer.read().decode()
        assert answer.status == expected, path
    assert "editor@example.cn" not in page
    connection.close()


@pytest.mark.parametrize("odd", ["", "\x00", "x" * 5000, "😀" * 200, "\ud800"])
def test_odd_input_is_never_a_5xx(run: Running, odd: str) -> None:
    browser = came_in(run, "editor")
    browser.get("/me/account")
    typed = odd.encode("utf-8", "surrogatepass").decode("latin-1") if odd == "\ud800" else odd
    assert 400 <= browser.post("/me/account/password", new=typed, old=typed)[0] < 500
    browser = Browser(run)
    browser.get("/sign-in")
    assert browser.post("/sign-in", email=typed, password=typed)[0] < 500
    assert browser.post("/sign-in/second", code=typed)[0] == 303
