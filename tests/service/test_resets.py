"""A lost second factor is taken away by two persons, told to its owner, who may say no; nobody outside the office is found by it."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from directory import second_factor, signin
from service.demo import staged
from service.running import Running
from tests.service.test_site import Browser

REASON = "手机丢失，已当面核对身份证"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with staged(tmp_path_factory.mktemp("resets") / "world", tick_s=600) as (run, _):
        yield run


def enrolled(run: Running, person: str) -> None:
    access, house = run.house.access, run.house
    with house.store.reading() as db:
        now = house.wall.now(db)
    secret = access.begin_authenticator(person)
    access.confirm_authenticator(house.as_roof(), person, second_factor.code_at(secret, now - timedelta(seconds=30)))


def at(run: Running, person: str, path: str = "/factor-resets") -> Browser:
    browser = Browser(run)
    with run.house.store.begin() as db:
        browser.cookies["sid"] = signin.open_session(db, person, run.house.wall.now(db), proved=True)
    browser.get(path)
    return browser


def test_one_asks_another_confirms_and_it_is_gone(run: Running) -> None:
    enrolled(run, "editor")
    first, second = at(run, "security"), at(run, "security-2")
    assert first.post("/factor-resets", email="editor@example.cn", reason=REASON)[0] == 303
    page = first.get("/factor-resets")[1]
    assert "由另一位管理员确认" in page
    assert "/factor-resets/editor/confirmation" not in page
    assert first.post("/factor-resets/editor/confirmation")[0] == 409
    assert run.house.access.factors("editor")
    assert "/factor-resets/editor/confirmation" in second.get("/factor-resets")[1]
    assert second.post("/factor-resets/editor/confirmation")[0] == 303
    assert not run.house.access.factors("editor")
    assert "没有等待确认的申请" in second.get("/factor-resets")[1]


def test_the_owner_sees_it_and_says_no(run: Running) -> None:
    enrolled(run, "wenqu-editor")
    at(run, "security").post("/factor-resets", email="wenqu-editor@example.cn", reason=REASON)
    owner = at(run, "wenqu-editor", "/me/account")
    assert REASON in owner.get("/me/account")[1]
    assert owner.post("/factor-resets/wenqu-editor/withdrawal")[2].headers["Location"] == "/me/account?done=reset"
    assert at(run, "security-2").post("/factor-resets/wenqu-editor/confirmation")[0] == 409
    assert run.house.access.factors("wenqu-editor")


def test_a_units_administrator_asks_for_the_own_unit_alone_and_confirms_nothing(run: Running) -> None:
    enrolled(run, "guanlan-editor")
    enrolled(run, "guitang-editor")
    admin = at(run, "guanlan-admin")
    status, other, _ = admin.post("/factor-resets", email="guitang-editor@example.cn", reason=REASON)
    _, nobody, _ = admin.post("/factor-resets", email="nobody@example.cn", reason=REASON)
    assert status == 422

    def plain(page: str) -> str:
        return re.sub(r'value="[^"]*"|<time.*?</time>', "", page)

    assert plain(other) == plain(nobody)
    assert admin.post("/factor-resets", email="guanlan-editor@example.cn", reason=REASON)[0] == 303
    assert admin.post("/factor-resets/guanlan-editor/confirmation")[0] == 403
    assert "谢沐阳" not in at(run, "guitang-admin").get("/factor-resets")[1]
    assert at(run, "guitang-admin").post("/factor-resets/guanlan-editor/withdrawal")[0] == 404
    assert admin.post("/factor-resets/guanlan-editor/withdrawal")[0] == 303


def test_without_a_reason_or_a_factor_nothing_is_asked_and_what_was_typed_stays(run: Running) -> None:
    administrator = at(run, "security")
    status, page, _ = administrator.post("/factor-resets", email="sprout-editor@example.cn", reason=" ")
    assert status == 422
    assert 'value="sprout-editor@example.cn"' in page
    assert 'href="#f-reason"' in page
    assert 'href="#f-email"' in page


@pytest.mark.parametrize("person", ["editor", "yuelu-head", "auditor", "operator"])
def test_others_have_no_such_page(run: Running, person: str) -> None:
    assert at(run, person, "/").get("/factor-resets")[0] == 403
    assert at(run, "security").post("/factor-resets/stranger/confirmation")[0] == 404
