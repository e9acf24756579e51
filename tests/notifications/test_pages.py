"""Whoever got a letter can ask why; whoever did not cannot see it; the operator sees what is in trouble."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from directory.actor import Actor, Grant, Role
from notifications import words
from notifications.announcements import preview
from notifications.api import operations
from notifications.audiences import Audience, Kind
from notifications.kinds import KINDS
from notifications.listener import terms_of
from notifications.pages import pages
from tests.notifications.moments import DRAFT
from tests.notifications.post import PostOffice, Server
from tests.notifications.test_endpoints import ID as ENDPOINT_ID
from tests.notifications.test_endpoints import ON as ENDPOINT_ON
from tests.notifications.test_endpoints import WARNED
from tests.scenario import COUNTY, ROUTE, SEALED, call_of_2025
from web.face import Furniture, Visitor, furnish
from web.operations import Registry
from web.security import exempt

OPERATOR = Actor("somebody", "管理员", (Grant(Role.OPERATOR, ""),))
Ask = Callable[[Actor | None], FlaskClient]


@pytest.fixture
def ask(post: PostOffice) -> Ask:
    """The pages and the API as *actor* sees them."""

    def as_seen_by(actor: Actor | None) -> FlaskClient:
        site = Flask("site", static_folder=None)
        site.config.update(SECRET_KEY="0" * 32)

        def identity(_request: object, /) -> Actor | None:
            return actor

        furniture = Furniture(
            identity=identity, now=lambda: post.clock.at, visitor=lambda found: Visitor(actor=found), secure=False
        )
        protect = furnish(site, furniture)
        registry = Registry()
        registry.add(*operations(post.store))
        api = registry.blueprint(identity, lambda: post.clock.at)
        exempt(protect, api)
        site.register_blueprint(api)
        site.register_blueprint(pages(post.store))
        return site.test_client()

    return as_seen_by


def actor(post: PostOffice, name: str, role: Role, scope: str) -> Actor:
    return Actor(post.people[name], name, (Grant(role, scope),))


def head(post: PostOffice) -> Actor:
    return actor(post, "yuelu-head", Role.BUREAU_HEAD, "430104")


def written(post: PostOffice) -> str:
    application = post.happen(*DRAFT, SEALED, COUNTY)
    post.listener.follow()
    return str(application)


def test_a_person_sees_the_letters_written_to_them_and_why(post: PostOffice, ask: Ask) -> None:
    written(post)
    page = ask(head(post)).get("/letters")
    assert page.status_code == 200
    assert "申报已盖章提交" in page.text
    assert "这件申报到了贵部门的环节" in page.text
    found = re.findall(r"/letters/([0-9a-f-]{36})/why", page.text)
    assert len(found) == 1
    why = ask(head(post)).get(f"/letters/{found[-1]}/why")
    assert "您收到这封信，是因为这件申报到了贵部门的环节。" in why.text
    assert "2025 年 12 月 5 日（星期五）17:00（北京时间）" in why.text
    assert "待发送" in why.text


def test_a_letter_about_an_endpoint_leads_to_its_page(post: PostOffice, ask: Ask) -> None:
    post.befall(ENDPOINT_ID, *ENDPOINT_ON, WARNED)
    post.listener.follow()
    page = ask(head(post)).get("/letters").text
    assert f'<a href="/webhooks/{ENDPOINT_ID}">区县数据平台</a>' in page
    (letter,) = re.findall(r"/letters/([0-9a-f-]{36})/why", page)
    why = ask(head(post)).get(f"/letters/{letter}/why").text
    assert "归您所在的单位或部门" in why
    assert f'href="/webhooks/{ENDPOINT_ID}">查看办理</a>' in why


def test_pages_speak_english_too(post: PostOffice, ask: Ask) -> None:
    written(post)
    page = ask(head(post)).get("/letters", headers={"Accept-Language": "en"})
    assert "the application has come to your office" in page.text


def test_somebody_elses_letter_is_not_there(post: PostOffice, ask: Ask) -> None:
    written(post)
    (letter,) = [id_ for id_, recipient in post.rows("id", "recipient") if recipient == post.people["editor"]][:1]
    stranger = actor(post, "yuhua-head", Role.BUREAU_HEAD, "430111")
    missing = ask(stranger).get("/letters/01890000-0000-7000-8000-00000000ffff/why")
    foreign = ask(stranger).get(f"/letters/{letter}/why")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert ask(stranger).get(f"/api/v1/letters/{letter}").status_code == 404
    assert ask(None).get("/api/v1/letters").status_code == 401
    assert "还没有给您的通知" in ask(stranger).get("/letters").text


def test_the_outbox_is_the_operators(post: PostOffice, ask: Ask) -> None:
    written(post)
    server = Server(answers={"editor@people.example": "550 no such user"})
    with server.running() as port:
        post.delivery(port).drain()
    assert ask(head(post)).get("/outbox").status_code == 403
    page = ask(OPERATOR).get("/outbox").text
    assert "未能送达" in page
    assert "550 no such user" in page


def test_the_api_tells_who_was_told_of_what_and_why(post: PostOffice, ask: Ask) -> None:
    application = written(post)
    client = ask(OPERATOR)
    found = client.get(f"/api/v1/letters?application={application}").get_json()
    assert found["next"] == ""
    sealed = [each for each in found["letters"] if each["event"]["type"] == "application.unit_sealed"]
    assert {each["audience"] for each in sealed} == {"body:430104", "unit:91430104MAXTE5T16B"}
    first = next(each for each in sealed if each["audience"] == "body:430104")
    assert first["because"]["en"] == "the application has come to your office"
    assert first["deadline"] == "2025-12-05T09:00:00+00:00"
    told = client.get(f"/api/v1/letters/{first['id']}").get_json()
    assert told["what_to_do"]["zh"].startswith("请审核材料")
    mine = ask(head(post)).get(f"/api/v1/letters?application={application}").get_json()["letters"]
    assert {each["recipient"] for each in mine} == {post.people["yuelu-head"]}


def test_pages_of_letters_go_on_where_the_last_one_ended(post: PostOffice, ask: Ask) -> None:
    written(post)
    client, seen, after = ask(OPERATOR), list[str](), ""
    while True:
        page = client.get(f"/api/v1/letters?limit=2&after={after}").get_json()
        seen += [each["id"] for each in page["letters"]]
        after = page["next"]
        if not after:
            break
    assert sorted(seen) == sorted(str(id_) for (id_,) in post.rows("id"))
    for nonsense in ("x", "1", "99999999999999999999.x", "²." + "0" * 36):
        assert client.get("/letters", query_string={"after": nonsense}).status_code == 200
    assert client.get("/api/v1/letters?limit=0").status_code == 422


def test_whoever_is_about_to_seal_sees_who_will_be_told(post: PostOffice) -> None:
    from functools import reduce

    from workflow.application import EMPTY, evolve

    draft = reduce(evolve, DRAFT, EMPTY)
    told = preview("seal", draft, terms_of(call_of_2025()), post.clock.at, ROUTE)
    names = words.told(told, {"430104": ("岳麓区工信局", "Yuelu Bureau")}.__getitem__)
    assert names == [
        {"audience": "body:430104", "zh": "岳麓区工信局", "en": "Yuelu Bureau"},
        {"audience": "unit:91430104MAXTE5T16B", "zh": "申报单位联系人", "en": "the unit’s contacts"},
    ]


def test_there_are_words_for_every_kind_reason_and_wish() -> None:
    for kinds in KINDS.values():
        for kind in kinds:
            assert words.title(kind, "zh")
            assert words.title(kind, "en")
    for kind in Kind:
        assert words.say(f"audience.{kind.value}", "en", body="x")
        assert Audience.parse(f"{kind.value}:43") == Audience(kind, "43")
