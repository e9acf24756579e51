"""Everything about an endpoint can be done on pages without a script, in both languages, with the API's own refusals."""

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from directory.actor import Actor
from tests.webhooks.depot import OPERATOR, OWN, PROVINCE, Depot, Receiver, answer
from tests.webhooks.site import ADMIN, AUDITOR, EDITOR, YUELU_HEAD, Site


@pytest.fixture
def site(depot: Depot) -> Site:
    return Site(depot)


def get(site: Site, path: str, actor: Actor | None = OPERATOR, language: str = "zh") -> TestResponse:
    return site.client(actor).get(path, headers={"Accept-Language": language})


def post(site: Site, path: str, actor: Actor = OPERATOR, **fields: Any) -> TestResponse:
    return site.client(actor).post(path, data=fields, headers={"Origin": "http://localhost"})


def made(site: Site, receiver: Receiver, **more: Any) -> str:
    """Set up on the form; the id is in the one page that shows the secret."""
    wanted = {
        "name": "数据平台",
        "kind": "standard",
        "owner": PROVINCE,
        "url": receiver.url(),
        "language": "zh",
        **more,
    }
    page = post(site, "/webhooks/new", **wanted)
    assert page.status_code == 200, page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert re.search(r"<code>whsec_[A-Za-z0-9+/]{43}=</code>", page.text)
    found = re.search(r"/webhooks/([0-9a-f-]{36})", page.text)
    assert found is not None
    return found[1]


def test_an_endpoint_is_set_up_verified_tested_and_switched_off(site: Site, receiver: Receiver) -> None:
    assert "还没有端点" in get(site, "/webhooks").text
    id_ = made(site, receiver, options=["ordered", "asymmetric"], types=["application.recommended"])
    page = get(site, f"/webhooks/{id_}")
    assert "待验证" in page.text
    assert "whsec_" not in page.text
    assert post(site, f"/webhooks/{id_}/verification").status_code == 303
    assert "已启用" in get(site, f"/webhooks/{id_}?done=verified").text
    assert "测试已送达（HTTP 200" in post(site, f"/webhooks/{id_}/test").text
    assert post(site, f"/webhooks/{id_}/disabling").status_code == 303
    assert "人工停用" in get(site, f"/webhooks/{id_}").text
    assert "whsec_" in post(site, f"/webhooks/{id_}/secret").text
    assert post(site, f"/webhooks/{id_}/deletion").headers["Location"] == "/webhooks?done=deleted"
    assert get(site, f"/webhooks/{id_}").status_code == 404


def test_what_was_typed_wrong_stays_and_says_why(site: Site, receiver: Receiver) -> None:
    page = post(
        site, "/webhooks/new", name="我的端点", kind="standard", owner=PROVINCE, url="http://10.0.0.1/x", language="zh"
    )
    assert page.status_code == 422
    assert 'value="我的端点"' in page.text
    assert 'value="http://10.0.0.1/x"' in page.text
    assert "回调地址不能使用" in page.text
    assert 'href="#f-url"' in page.text


def test_an_endpoint_that_does_not_answer_is_told_why_on_its_own_page(site: Site, receiver: Receiver) -> None:
    id_ = made(site, receiver)
    receiver.says["/hook"] = answer(404, b"nothing here")
    page = post(site, f"/webhooks/{id_}/verification")
    assert page.status_code == 409
    assert "端点没有正确回应验证（HTTP 404）" in page.text


def test_parcels_their_attempts_and_their_bytes_can_be_read(site: Site, depot: Depot, receiver: Receiver) -> None:
    id_ = made(site, receiver, types=["application.recommended"])
    post(site, f"/webhooks/{id_}/trust")
    receiver.says["/hook"] = answer(500, b"<script>alert(1)</script>")
    depot.recommended(2)
    depot.listener.follow()
    depot.delivery.drain()
    page = get(site, f"/webhooks/{id_}").text
    assert "连续失败 2 次" in page
    assert "<script>alert" not in page
    parcel = re.findall(r"/parcels/(msg_[0-9a-f]{32})", page)[0]
    shown = get(site, f"/webhooks/{id_}/parcels/{parcel}").text
    assert "webhook-signature: ***" in shown
    assert "application.recommended" in shown
    assert get(site, f"/webhooks/{id_}/parcels/msg_{'0' * 32}").status_code == 404


def test_a_replay_is_counted_before_it_is_confirmed(site: Site, depot: Depot, receiver: Receiver) -> None:
    id_ = made(site, receiver, types=["application.recommended"])
    post(site, f"/webhooks/{id_}/trust")
    depot.recommended(3)
    depot.listener.follow()
    depot.delivery.drain()
    counted = get(site, f"/webhooks/{id_}/replay?first=&last=").text
    assert "共 3 条" in counted
    first, last = (
        re.search(rf'name="{name}" value="(\d+)"', counted.partition('method="post"')[2]) for name in ("first", "last")
    )
    assert first is not None
    assert last is not None
    assert post(site, f"/webhooks/{id_}/replay", first=first[1], last=last[1]).status_code == 303
    assert depot.delivery.drain().sent == 3
    assert "没有可以重放的" in get(site, f"/webhooks/{id_}/replay?first=999999").text
    assert "共 3 条" in get(site, f"/webhooks/{id_}/replay?first=&since=2025-11-20T09:59&until=2025-11-20T10:01").text
    assert "没有可以重放的" in get(site, f"/webhooks/{id_}/replay?first=&since=2025-11-20T10:01").text


def test_offices_see_their_own_and_only_whoever_may_sees_a_button(site: Site, receiver: Receiver) -> None:
    id_ = made(site, receiver, owner=OWN)
    assert get(site, f"/webhooks/{id_}", ADMIN).status_code == 200
    assert get(site, f"/webhooks/{id_}", YUELU_HEAD).status_code == 404
    assert get(site, "/webhooks", EDITOR).status_code == 403
    auditors = get(site, f"/webhooks/{id_}", AUDITOR).text
    assert '<form method="post" action="/webhooks' not in auditors
    assert post(site, f"/webhooks/{id_}/deletion", AUDITOR).status_code == 403
    assert "不验证，直接信任" not in get(site, f"/webhooks/{id_}", ADMIN).text


def test_pages_speak_english_too(site: Site, receiver: Receiver) -> None:
    id_ = made(site, receiver)
    for path in (
        "/webhooks",
        "/webhooks/new",
        f"/webhooks/{id_}",
        f"/webhooks/{id_}/change",
        f"/webhooks/{id_}/replay",
    ):
        page = get(site, path, language="en").text
        main = page.partition("<main")[2].partition("</main>")[0].replace("数据平台", "").replace("中文", "")
        assert not re.search(r"[\u4e00-\u9fff]", main), re.findall(r".{20}[\u4e00-\u9fff].{20}", main)
        assert "webhooks." not in re.sub(r'href="[^"]*"', "", main), path
