"""Passkeys in a real browser with a virtual authenticator: added, used to sign in, shown as a second factor, and refused to others."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from directory import second_factor, signin
from directory.passkeys import Passkeys
from directory.passwords import Hashing
from directory.schema import passkeys as kept
from directory.schema import sessions
from eventstore.event import microseconds
from eventstore.refusal import Refused
from service.demo import staged
from service.running import Running

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with staged(tmp_path_factory.mktemp("passkeys") / "world", tick_s=600) as (run, _):
        run.house.access.hashing = Hashing(memory_kib=64)
        here = Passkeys(run.house.dispatcher, run.house.access, address(run))
        run.house.passkeys.__dict__.update(here.__dict__)  # a passkey belongs to a name: localhost, not 127.0.0.1
        yield run


def address(run: Running) -> str:
    return run.url.replace("127.0.0.1", "localhost")


@pytest.fixture(autouse=True)
def doors_open(run: Running) -> None:
    with run.house.store.begin() as db:
        db.exec_driver_sql("DELETE FROM tries")


@contextmanager
def at(chromium: Browser, run: Running, who: str = "", *, device: bool = True) -> Generator[tuple[Page, CDPSession]]:
    context = chromium.new_context()
    context.add_cookies([{"name": "lang", "value": "zh", "url": address(run)}])
    if who:
        with run.house.store.begin() as db:
            secret = signin.open_session(db, who, run.house.wall.now(db), "Chromium")
        context.add_cookies([{"name": "sid", "value": secret, "url": address(run)}])
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if "Content Security Policy" in message.text else None)
    wires = context.new_cdp_session(page)
    if device:
        wires.send("WebAuthn.enable")
        wires.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield page, wires
    context.close()
    assert said == []


def add(page: Page, run: Running, label: str = "办公室电脑") -> None:
    page.goto(f"{address(run)}/me/account")
    page.fill("#f-label", label)
    page.click("[data-passkey=add]")
    page.wait_for_selector(".codes, [role=status]:text('已写信')")


def leave(page: Page) -> None:
    page.click("form[data-sign-out] button")
    page.wait_for_url("**/sign-in")


def test_a_passkey_is_added_and_opens_the_door_by_itself(chromium: Browser, run: Running) -> None:
    with at(chromium, run, "wenqu-editor") as (page, _):
        add(page, run)
        assert page.locator(".codes li").count() == 10
        page.goto(f"{address(run)}/me/account")
        assert page.get_by_text("办公室电脑").count()
        leave(page)
        page.click("[data-passkey=enter]")
        page.wait_for_url("**/applications*")
        page.goto(f"{address(run)}/me/account")
        assert "已出示第二因素" in page.content()
    with run.house.store.reading() as db:
        asked = "SELECT sum(tried) FROM tries WHERE door = 'passkey.address'"
        assert db.exec_driver_sql(asked).scalar() == 0, "a question that was answered uses no limit up"


def test_a_passkey_is_the_second_factor_after_a_link_and_before_a_legal_act(chromium: Browser, run: Running) -> None:
    with at(chromium, run, "security") as (page, _):
        add(page, run)
        leave(page)
        with run.house.store.begin() as db:
            link = signin.issue(db, "security", run.house.wall.now(db))
        page.goto(f"{address(run)}/sign-in/{link.secret}")
        page.click("main button.primary")
        page.wait_for_url("**/sign-in/second")
        page.click("[data-passkey=prove]")
        page.wait_for_url("**/people*")
        with run.house.store.begin() as db:
            db.execute(sessions.update().values(proved_at=microseconds(run.house.wall.now(db) - timedelta(minutes=6))))
        page.goto(f"{address(run)}/erasures")
        page.fill("#f-person", "nongzhi-editor")
        page.fill("#f-reason", "保存期满")
        page.click("main button.danger")
        page.wait_for_selector("[data-passkey=prove]")
        page.click("[data-passkey=prove]")
        page.wait_for_url("**/erasures?done=1")
        assert page.get_by_text("nongzhi-editor").count()


def test_a_second_factor_that_was_shown_long_ago_is_asked_for_with_the_new_passkey(
    chromium: Browser, run: Running
) -> None:
    house = run.house
    secret = house.access.begin_authenticator("lujiang-editor")
    with house.store.reading() as db:
        now = house.wall.now(db)
    house.access.confirm_authenticator(house.as_roof(), "lujiang-editor", second_factor.code_at(secret, now))
    with at(chromium, run, "lujiang-editor") as (page, _):
        long_ago = microseconds(now - timedelta(minutes=40))
        with house.store.begin() as db:
            db.execute(sessions.update().values(proved_at=long_ago, opened_at=long_ago))
            db.exec_driver_sql("UPDATE authenticators SET last_step = 0")
        page.goto(f"{address(run)}/me/account")
        page.fill("#f-label", "办公室电脑")
        page.click("[data-passkey=add]")
        page.wait_for_selector("#f-step_up_code")
        with house.store.reading() as db:
            page.fill("#f-step_up_code", second_factor.code_at(secret, house.wall.now(db)))
        page.click("main button.primary")
        page.wait_for_selector("#factors")
        assert "办公室电脑" in page.inner_text("#factors")


def test_the_passkey_of_another_is_no_second_factor(chromium: Browser, run: Running) -> None:
    house = run.house
    secret = house.access.begin_authenticator("guitang-admin")
    with house.store.reading() as db:
        now = house.wall.now(db)
    house.access.confirm_authenticator(house.as_roof(), "guitang-admin", second_factor.code_at(secret, now))
    with at(chromium, run, "guitang-editor") as (page, _):
        add(page, run)
        leave(page)
        with house.store.begin() as db:
            link = signin.issue(db, "guitang-admin", house.wall.now(db))
        page.goto(f"{address(run)}/sign-in/{link.secret}")
        page.click("main button.primary")
        page.wait_for_url("**/sign-in/second")
        page.click("[data-passkey=prove]")
        page.wait_for_selector("[role=alert]")
        assert page.goto(f"{address(run)}/applications").status == 401  # type: ignore[union-attr]


def test_a_removed_passkey_opens_nothing_and_a_copied_one_is_found_out(chromium: Browser, run: Running) -> None:
    with at(chromium, run, "guanlan-editor") as (page, _):
        add(page, run)
        with run.house.store.begin() as db:
            db.execute(kept.update().where(kept.c.person == "guanlan-editor").values(sign_count=1_000))
        leave(page)
        page.click("[data-passkey=enter]")
        page.wait_for_selector("[role=alert]")
        assert "没有通过核对" in page.content()
        with run.house.store.begin() as db:
            db.execute(kept.delete().where(kept.c.person == "guanlan-editor"))
        page.click("[data-passkey=enter]")
        page.wait_for_selector("[role=alert]")
        assert page.goto(f"{address(run)}/applications").status == 401  # type: ignore[union-attr]


def test_an_answer_is_taken_once_and_only_for_what_was_asked(chromium: Browser, run: Running) -> None:
    with at(chromium, run, "sprout-editor") as (page, _):
        add(page, run)
        page.goto(f"{address(run)}/sign-in")
        page.evaluate("HTMLFormElement.prototype.submit = () => {}")
        page.click("[data-passkey=enter]")
        page.wait_for_function("() => document.querySelector('input[name=passkey]')?.value")
        answer = page.eval_on_selector("input[name=passkey]", "each => each.value")
    elsewhere = Passkeys(run.house.dispatcher, run.house.access, "https://evil.example")
    assert run.house.passkeys.answered(answer) == "sprout-editor"
    for door in (run.house.passkeys, elsewhere):
        with pytest.raises(Refused):
            door.answered(answer)
    sent = json.loads(answer)
    assert set(sent) == {"id", "rawId", "type", "response"}


@pytest.mark.parametrize(
    "odd", ["", "{}", "[]", "{" * 500, '{"id": "x", "response": {"clientDataJSON": "!!"}}', "x" * 40_000]
)
def test_odd_answers_are_refused(run: Running, odd: str) -> None:
    with pytest.raises(Refused):
        run.house.passkeys.answered(odd)


def test_where_it_fails_the_page_says_so_and_the_rest_still_works(chromium: Browser, run: Running) -> None:
    with at(chromium, run, "sprout-admin", device=False) as (page, _):
        page.goto(f"{address(run)}/me/account")
        page.context.set_offline(True)
        page.click("[data-passkey=add]")
        page.locator("form[action$=passkeys] [role=status]", has_text="没有成功").wait_for()
        page.context.set_offline(False)
        page.fill("#f-new", "纸鸢 over the river 7")
        page.click("#password button.primary")
        page.wait_for_selector(".notice.ok")
        assert "没有设置" not in page.inner_text("#password")


def test_a_number_is_no_name_and_nothing_is_offered_there(chromium: Browser, run: Running) -> None:
    assert not Passkeys(run.house.dispatcher, run.house.access, "http://127.0.0.1:8000").available
    assert not Passkeys(run.house.dispatcher, run.house.access, "http://[::1]:8000").available
    assert Passkeys(run.house.dispatcher, run.house.access, "https://shenbao.example.cn").available
