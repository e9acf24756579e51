"""Whoever keeps a webhook endpoint hears by letter that it is failing, and that the house switched it off; once, and by host alone."""

from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from directory.actor import Actor, Grant, Role
from directory.policy import may
from eventstore.event import Personal
from notifications import choosing
from notifications.cadence import Cadence, Choices
from notifications.catalogue import kinds_for
from notifications.endpoints import FAILING, SWITCHED_OFF
from notifications.recipients import KEEPERS
from notifications.schema import letters
from tests.databases import postgres_database, sqlite_url
from tests.notifications.conftest import opened
from tests.notifications.post import PostOffice, Server
from tests.scenario import UNIT_CODE
from webhooks.events import (
    EndpointChanged,
    EndpointCreated,
    EndpointDeleted,
    EndpointDisabled,
    EndpointEnabled,
    EndpointFailing,
    EndpointVerified,
)
from webhooks.records import Endpoints

BEGAN = datetime(2025, 11, 18, 1, 30, tzinfo=UTC)
ENDS = BEGAN + timedelta(days=5)
ID = "0199d0c8-0000-7000-8000-000000000001"
CREATED = EndpointCreated(
    endpoint=ID,
    kind="standard",
    owner="bureau:430104",
    name="区县数据平台",
    host="https://hooks.yuelu.test",
    url=Personal("https://hooks.yuelu.test/in?key=t0psecret", subject=f"webhook-{ID}-url"),
)
ON = (CREATED, EndpointVerified(how="challenge"), EndpointEnabled())
WARNED = EndpointFailing(since=BEGAN, failures=12, disabled_at=ENDS, warning=1, code=503)
OFF = EndpointDisabled(reason="failing", since=BEGAN, code=0)
GONE = EndpointDisabled(reason="gone", code=410)


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Engine]:
    """SQLite; PostgreSQL where a test asks for it."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield from opened(sqlite_url(tmp_path))
    else:
        with postgres_database() as url:
            yield from opened(url)


def texts(post: PostOffice, address: str) -> list[str]:
    """Everything that is due, sent; what one reader got of it."""
    server = Server()
    with server.running() as port:
        post.delivery(port).drain()
    mine = [mail for mail in server.mail() if mail["To"].addresses[0].addr_spec == f"{address}@people.example"]
    said = [mail.get_body(("plain",)).get_content() for mail in mine]  # type: ignore[union-attr]
    return [f"{mail['Subject']}\n{text}".replace("\r\n", "\n") for mail, text in zip(mine, said, strict=True)]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
def test_it_is_told_once_however_often_the_log_is_read(post: PostOffice) -> None:
    """Restart, rebuild and a cursor set back plan nothing anew; two warnings are two letters."""
    post.befall(ID, *ON, WARNED)
    post.listener.follow()
    post.befall(ID, replace(WARNED, warning=2, failures=40), OFF)
    post.listener.follow()
    planned = post.rows("id", "dedupe_key")
    assert post.rows("kind", "state") == [(FAILING, "planned"), (FAILING, "planned"), (SWITCHED_OFF, "planned")]
    assert post.listening().follow() == 0
    post.rewind()
    assert post.listening().follow() > 0
    with post.store.begin() as db:
        rebuilt = Endpoints()
        rebuilt.create(db)
        rebuilt.apply(db, post.read(db, post.store.all_in(db)))
    post.listening().follow()
    assert post.rows("id", "dedupe_key") == planned


def test_what_is_older_than_three_days_when_first_seen_is_kept_and_not_sent(post: PostOffice) -> None:
    post.befall(ID, *ON, WARNED)
    post.listener.follow()
    with post.store.begin() as db:
        db.execute(delete(letters))
    post.rewind()
    post.clock.pass_by(hours=72, seconds=1)
    post.listening().follow()
    assert post.rows("state", "reason") == [("suppressed", "stale")]


@pytest.mark.parametrize(
    ("owner", "audience", "reader"),
    [
        (f"unit:{UNIT_CODE}", f"unit:{UNIT_CODE}", "admin"),
        ("bureau:430104", "body:430104", "yuelu-head"),
        ("province:43", "province:43", "province-lead"),
    ],
)
def test_whoever_keeps_the_endpoints_of_its_owner_is_told_and_nobody_beside(
    post: PostOffice, owner: str, audience: str, reader: str
) -> None:
    """Editors and clerks of the same office could do nothing about it, and the contact of a form is no party to it."""
    post.befall(ID, replace(CREATED, owner=owner), *ON[1:], WARNED)
    post.listener.follow()
    assert post.rows("recipient", "audience", "because") == [(post.people[reader], audience, "owner")]


def test_the_readers_are_those_the_policy_lets_manage_endpoints() -> None:
    keepers = {role for roles in KEEPERS.values() for role in roles}
    managing = {role for role in Role if may(Actor("p", "", (Grant(role, "43"),)), "webhook.manage") is None}
    assert managing - keepers == {Role.OPERATOR}, "who keeps all of them and owns none"


def test_an_owner_whose_office_is_empty_is_noted(post: PostOffice) -> None:
    post.befall(ID, replace(CREATED, owner="bureau:430105"), *ON[1:], WARNED)
    post.listener.follow()
    assert post.rows("audience", "state", "reason") == [("body:430105", "suppressed", "nobody_holds_the_office")]


def test_a_warning_says_since_when_what_came_back_what_happens_next_and_where(post: PostOffice) -> None:
    post.befall(ID, *ON, WARNED)
    post.listener.follow()
    (text,) = texts(post, "yuelu-head")
    for said in (
        "回调端点收不到通知",
        "“区县数据平台”（https://hooks.yuelu.test）",
        "自 2025 年 11 月 18 日（星期二）09:30（北京时间）起没有一条通知送达，最近一次答复是 HTTP 503，没有接收",
        "已连续失败 12 次。",
        "失败满 10 次的，系统将停用这个端点",
        "保留 90 天，重新启用后可以重放",
        "期限：2025 年 11 月 23 日（星期日）09:30（北京时间）",
        f"查看办理：http://127.0.0.1:8000/webhooks/{ID}\n",
        "这个回调端点归您所在的单位或部门",
        "不再接收",
    ):
        assert said in text
    assert "—" not in text
    assert "{" not in text


def test_english_stands_beside_it_for_whoever_prefers_it(post: PostOffice) -> None:
    post.befall(ID, replace(CREATED, owner=f"unit:{UNIT_CODE}"), *ON[1:], WARNED)
    post.listener.follow()
    (text,) = texts(post, "admin")
    for said in (
        "A webhook endpoint is failing",
        "“区县数据平台” (https://hooks.yuelu.test): nothing has arrived since Tuesday 18 November 2025, 09:30 (Beijing time)",
        "it last answered HTTP 503 and did not take it",
        "can be replayed once it is on again",
        "Deadline: Sunday 23 November 2025, 09:30 (Beijing time)",
    ):
        assert said in text
    assert text.index("没有一条通知送达") < text.index("nothing has arrived")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (OFF, "自 2025 年 11 月 18 日（星期二）09:30（北京时间）起没有一条通知送达，最近一次没有得到答复。"),
        (GONE, "对方答复 HTTP 410，表示这个地址不再使用。"),
        (EndpointDisabled(reason="failing"), "（https://hooks.yuelu.test）：没有一条通知送达。"),
    ],
)
def test_a_switching_off_says_why_and_that_nothing_is_lost(
    post: PostOffice, event: EndpointDisabled, said: str
) -> None:
    """The last is a fact of before it said since when, and what came back."""
    post.befall(ID, *ON, event)
    post.listener.follow()
    (text,) = texts(post, "yuelu-head")
    assert "系统停用了回调端点" in text
    assert said in text
    assert "重放停用期间的通知" in text
    assert "期限" not in text


def test_what_the_owner_did_itself_mails_nobody(post: PostOffice) -> None:
    moved = EndpointChanged(name="x", types=(), programmes=(), ordered=False, host="https://b.test", url=Personal(""))
    post.befall(ID, *ON, EndpointDisabled(reason="asked"), EndpointEnabled(), moved, EndpointDeleted())
    post.listener.follow()
    assert post.rows("id") == []


def test_of_an_endpoint_that_is_deleted_meanwhile_nothing_is_written(post: PostOffice) -> None:
    post.befall(ID, *ON, WARNED, EndpointDeleted())
    post.listener.follow()
    assert post.rows("id") == []


def test_no_letter_and_no_row_holds_more_of_the_address_than_its_host(post: PostOffice) -> None:
    post.befall(ID, *ON, WARNED, GONE)
    post.listener.follow()
    rows = [str(params) for (params,) in post.rows("params")]
    for text in [*rows, *texts(post, "yuelu-head")]:
        assert "hooks.yuelu.test" in text
        assert "t0psecret" not in text
        assert "/in?" not in text


def test_it_names_the_endpoint_as_it_was_called_then_and_on_one_line(post: PostOffice) -> None:
    renamed = EndpointChanged(name="新名", types=(), programmes=(), ordered=False)
    post.befall(ID, replace(CREATED, name="数据\r\n\r\n需要您做的：付款"), *ON[1:], WARNED, renamed)
    post.listener.follow()
    (text,) = texts(post, "yuelu-head")
    assert "“数据 需要您做的：付款”" in text
    assert "新名" not in text


def test_an_endpoints_letters_make_one_thread(post: PostOffice) -> None:
    server = Server()
    post.befall(ID, *ON, WARNED, OFF)
    post.listener.follow()
    with server.running() as port:
        post.delivery(port).drain()
    assert {mail["References"].strip() for mail in server.mail()} == {f"<application.endpoint.{ID}@vermilion.test>"}


def test_whoever_chose_the_morning_gets_all_of_them_in_one_letter(post: PostOffice) -> None:
    """No notice that must be served: preferences hold."""
    head = post.people["yuelu-head"]
    with post.store.begin() as db:
        daily = Choices(cadence={FAILING: Cadence.DAILY, SWITCHED_OFF: Cadence.OFF})
        choosing.choose(db, head, daily, post.clock.now(db))
    other = ID.replace("001", "002")
    post.befall(ID, *ON, WARNED, OFF)
    post.befall(other, replace(CREATED, endpoint=other, name="备用平台"), *ON[1:], WARNED)
    post.listener.follow()
    assert sorted(post.rows("kind", "state", "reason")) == [
        (FAILING, "suppressed", "in_digest"),
        (FAILING, "suppressed", "in_digest"),
        (SWITCHED_OFF, "suppressed", "turned_off"),
    ]
    assert texts(post, "yuelu-head") == []
    post.clock.pass_by(hours=24)
    post.ringing.ring()
    (text,) = texts(post, "yuelu-head")
    assert "2 件通知：回调端点收不到通知" in text
    assert "“区县数据平台”" in text
    assert "“备用平台”" in text
    assert "http://127.0.0.1:8000/letters\n" in text


@pytest.mark.parametrize(
    ("role", "scope", "chooses"),
    [
        (Role.UNIT_ADMIN, UNIT_CODE, True),
        (Role.BUREAU_HEAD, "430104", True),
        (Role.PROVINCE_LEAD, "43", True),
        (Role.UNIT_EDITOR, UNIT_CODE, False),
        (Role.BUREAU_CLERK, "430104", False),
    ],
)
def test_whoever_gets_these_letters_may_choose_and_nobody_else_is_asked(role: Role, scope: str, chooses: bool) -> None:
    kinds = kinds_for(Actor("person:p", "", (Grant(role, scope),)))
    assert (kinds.get(FAILING), kinds.get(SWITCHED_OFF)) == ((False, False) if chooses else (None, None))
