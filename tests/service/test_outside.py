"""Signing in with an account of another house: a real issuer on loopback, and everything that may be wrong with what it says."""

from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import RSAKey

from directory import second_factor, signin
from directory.schema import outside_accounts
from service.demo import staged
from service.running import Running
from service.settings import SettingsFaulty, for_the_demo
from tests.service.issuer import CLIENT, SECRET, Issuer, issuing
from tests.service.test_site import Browser

PERSON = "wenqu-editor"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as found:
        yield found


@pytest.fixture(scope="module")
def run(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    more = {"oidc_issuer": issuer.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with staged(tmp_path_factory.mktemp("outside") / "world", tick_s=600, **more) as (run, _):
        yield run


@pytest.fixture(autouse=True)
def well_behaved(issuer: Issuer) -> None:
    issuer.subject, issuer.claims, issuer.key, issuer.down, issuer.algorithm = "u-1", {}, None, False, "RS256"


def came_in(run: Running, person: str) -> Browser:
    browser = Browser(run)
    with run.house.store.begin() as db:
        browser.cookies["sid"] = signin.open_session(db, person, run.house.wall.now(db))
    browser.get("/me/account")
    return browser


def there(place: str) -> str:
    """What the issuer answers to whoever is sent to it: the way back."""
    parts = urlsplit(place)
    connection = HTTPConnection(parts.hostname or "", parts.port or 0, timeout=20)
    connection.request("GET", f"{parts.path}?{parts.query}")
    back = urlsplit(connection.getresponse().headers["Location"])
    connection.close()
    return f"{back.path}?{back.query}"


def go(browser: Browser) -> tuple[int, str, Any]:
    status, _, answer = browser.get("/sign-in/outside")
    assert status == 302
    return browser.get(there(answer.headers["Location"]))


def link(run: Running, person: str = PERSON) -> Browser:
    browser = came_in(run, person)
    status, page, _ = browser.post("/me/account/outside")
    assert (status, "/sign-in/outside" in page) == (200, True)
    assert go(browser)[2].headers["Location"] == "/me/account?done=1"
    return browser


def test_an_account_is_linked_by_its_owner_and_then_opens_the_door(run: Running) -> None:
    stranger = Browser(run)
    status, page, _ = go(stranger)
    assert (status, "还没有绑定" in page) == (422, True), "the address that the issuer says lets nobody in"
    link(run)
    browser = Browser(run)
    status, _, answer = go(browser)
    assert (status, answer.headers["Location"]) == (303, "/")
    assert browser.get("/applications")[0] == 200
    assert "统一身份认证" in browser.get("/me/account")[1]
    told = [fact.event for fact in run.house.dispatcher.history(f"access-{PERSON}")]
    assert [(one.kind, one.change) for one in told] == [("outside", "added")]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "wrong",
    [{"iss": "https://evil.example"}, {"aud": "another"}, {"nonce": "x"}, {"nonce": None}, {"exp": 1}, {"sub": ""}, {"sub": None}, {"iss": None}, {"sub": 7}],
)  # fmt: skip
def test_a_token_that_is_not_of_this_sign_in_opens_nothing(run: Running, issuer: Issuer, wrong: dict[str, Any]) -> None:
    link(run)
    issuer.claims = wrong
    browser = Browser(run)
    status, page, _ = go(browser)
    assert (status, "没有成功" in page) == (422, True)
    assert browser.get("/applications")[0] == 401


def test_a_token_signed_by_another_opens_nothing(run: Running, issuer: Issuer) -> None:
    link(run)
    issuer.key = RSAKey.generate_key(2048, {"kid": "k1"})
    assert go(Browser(run))[0] == 422


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_under_another_algorithm_opens_nothing(run: Running, issuer: Issuer, algorithm: str) -> None:
    link(run)
    issuer.algorithm = algorithm
    status, page, _ = go(Browser(run))
    assert (status, "没有成功" in page) == (422, True)


def test_no_token_of_the_issuer_reaches_the_browser(run: Running, issuer: Issuer) -> None:
    link(run)
    browser = Browser(run)
    *_, answer = go(browser)
    given = " ".join([*map(str, answer.headers.values()), *(str(value) for value in browser.cookies.values())])
    assert issuer.given
    assert not any(token in given for token in issuer.given)


def test_an_answer_is_taken_only_by_the_browser_that_asked_and_once(run: Running) -> None:
    link(run)
    mine, victim = Browser(run), Browser(run)
    back = there(mine.get("/sign-in/outside")[2].headers["Location"])
    assert victim.get(back)[0] == 422
    assert mine.get(back)[0] == 303
    assert mine.get(back)[0] == 422
    for odd in ("", "?code=x", "?state=x", "?error=access_denied", "?code=x&state=y%01", "?code[]=x&state=y"):
        assert Browser(run).get(f"/sign-in/outside/answer{odd}")[0] == 422
    assert Browser(run).get("/sign-in/outside/answer?code=x&state=%00")[0] == 400


def test_an_account_of_somebody_else_is_not_linked_and_ones_own_can_be_unlinked(run: Running) -> None:
    browser = link(run)
    other = came_in(run, "wenqu-admin")
    other.post("/me/account/outside")
    status, page, _ = go(other)
    assert (status, "已经绑定给别人" in page) == (422, True)
    browser.get("/me/account")
    assert browser.post("/me/account/outside/removal")[0] == 303
    assert go(Browser(run))[0] == 422


def test_linking_and_unlinking_end_the_other_sessions(run: Running, issuer: Issuer) -> None:
    issuer.subject = "u-5"
    elsewhere = came_in(run, "sprout-editor")
    browser = link(run, "sprout-editor")
    assert elsewhere.get("/me/account")[0] == 401
    elsewhere, before = came_in(run, "sprout-editor"), browser.cookies["sid"]
    browser.get("/me/account")
    assert browser.post("/me/account/outside/removal")[0] == 303
    assert elsewhere.get("/me/account")[0] == 401
    assert browser.get("/me/account")[0] == 200
    assert browser.cookies["sid"] != before, "a new id, as after every change"


def test_an_account_of_another_issuer_is_not_taken_for_linked(run: Running, issuer: Issuer) -> None:
    """The issuer that is set today is the only one that opens a door; of a former one nothing is said."""
    issuer.subject = "u-6"
    browser = link(run, "sprout-admin")
    assert "已绑定" in browser.get("/me/account")[1]
    with run.house.store.begin() as db:
        db.execute(outside_accounts.update().values(issuer="https://former.example"))
    page = browser.get("/me/account")[1]
    assert 'action="/me/account/outside"' in page
    assert "已绑定" not in page


def test_linking_belongs_to_the_session_that_asked(run: Running, issuer: Issuer) -> None:
    issuer.subject = "u-2"
    browser = came_in(run, "guanlan-editor")
    browser.post("/me/account/outside")
    with run.house.store.begin() as db:
        browser.cookies["sid"] = signin.open_session(db, "guanlan-admin", run.house.wall.now(db))
    assert go(browser)[0] == 401
    assert go(Browser(run))[0] == 422


def test_a_second_factor_is_asked_after_it_as_after_a_link(run: Running, issuer: Issuer) -> None:
    issuer.subject = "u-3"
    link(run, "guitang-editor")
    house = run.house
    secret = house.access.begin_authenticator("guitang-editor")
    with house.store.reading() as db:
        now = house.wall.now(db)
    house.access.confirm_authenticator(house.as_roof(), "guitang-editor", second_factor.code_at(secret, now))
    assert go(Browser(run))[2].headers["Location"] == "/sign-in/second"


def test_an_erased_person_is_let_in_by_no_account(run: Running, issuer: Issuer) -> None:
    issuer.subject = "u-4"
    link(run, "lujiang-editor")
    run.house.register.erase(run.house.as_roof(), "lujiang-editor", "本人要求")
    assert go(Browser(run))[0] == 422


def test_an_issuer_that_does_not_answer_is_503_with_when_to_come_back(run: Running, issuer: Issuer) -> None:
    issuer.down = True
    status, _, answer = go(Browser(run))
    assert (status, answer.headers["Retry-After"]) == (503, "10")


def test_without_an_issuer_there_is_no_such_door(tmp_path_factory: pytest.TempPathFactory) -> None:
    with staged(tmp_path_factory.mktemp("inside") / "world", tick_s=600) as (run, _):
        browser = Browser(run)
        assert browser.get("/sign-in/outside")[0] == 410  # taken for a link that nobody was sent
        assert "统一身份认证" not in browser.get("/sign-in")[1]


def test_an_issuer_needs_tls_and_an_id(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("settings")
    for more in (
        {"oidc_issuer": "http://sso.example.cn", "oidc_client_id": "x"},
        {"oidc_issuer": "https://sso.example.cn"},
    ):
        with pytest.raises(SettingsFaulty, match="OIDC"):
            for_the_demo(folder, base_url="http://127.0.0.1", smtp_url="smtp://127.0.0.1:25", **more)
