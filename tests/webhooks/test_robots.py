"""Chat robots get what each of them wants, signed its own way, and are believed only by what stands in their answers."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from eventstore.refusal import Refused
from tests.webhooks.depot import OPERATOR, Depot, Receiver, answer
from webhooks.endpoint import Kind
from webhooks.post import Door
from webhooks.register import Register
from webhooks.robots import ROBOTS, message, understood
from webhooks.schemas import example_of

AT = datetime(2025, 11, 20, 2, 0, 1, 234000, tzinfo=UTC)
PAYLOAD = json.dumps(example_of("application.recommended"))
FINE = {"wecom": b'{"errcode":0,"errmsg":"ok"}', "dingtalk": b'{"errcode":0}', "feishu": b'{"code":0,"msg":"success"}'}
KINDS: Sequence[Kind] = ("wecom", "dingtalk", "feishu")


def made(kind: Kind, count: int = 1, secret: str = "SEC0123", language: Any = "zh") -> tuple[str, Any]:
    found = message(
        kind, "https://robot.example.cn/send?key=k", secret, [PAYLOAD] * count, language, "https://v.cn", AT
    )
    return found.url, json.loads(found.body)


def test_wecom_signs_nothing_because_its_address_is_the_secret() -> None:
    url, body = made("wecom")
    assert url == "https://robot.example.cn/send?key=k"
    assert body["msgtype"] == "markdown"
    assert "[HN-AI-2025-0001](https://v.cn/applications/" in body["markdown"]["content"]
    assert "推荐（" in body["markdown"]["content"]


def test_dingtalk_is_signed_in_milliseconds_in_the_address_with_the_secret_as_key() -> None:
    url, body = made("dingtalk")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    stamp = "1763604001234"
    wanted = hmac.new(b"SEC0123", f"{stamp}\nSEC0123".encode(), hashlib.sha256).digest()
    assert asked == {"key": "k", "timestamp": stamp, "sign": base64.b64encode(wanted).decode()}
    assert body["markdown"]["title"] == "申报进展 1 条"


def test_feishu_is_signed_in_seconds_in_the_body_with_the_roles_the_other_way_round() -> None:
    url, body = made("feishu")
    wanted = hmac.new(b"1763604001\nSEC0123", b"", hashlib.sha256).digest()
    assert (body["timestamp"], body["sign"]) == ("1763604001", base64.b64encode(wanted).decode())
    assert url == "https://robot.example.cn/send?key=k"
    assert body["msg_type"] == "interactive"


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_secret_nothing_is_signed(kind: Kind) -> None:
    url, body = made(kind, secret="")
    assert "sign" not in url
    assert "sign" not in body


@pytest.mark.parametrize("kind", KINDS)
def test_many_events_are_one_message_within_its_limit(kind: Kind) -> None:
    _, body = made(kind, 20)
    assert "申报进展 20 条" in json.dumps(body, ensure_ascii=False)
    whole = message(kind, "https://robot.example.cn/", "", [PAYLOAD] * 200, "en", "https://v.cn/" + "x" * 100, AT)
    assert len(whole.body) <= ROBOTS[kind].longest
    assert kind == "wecom" or len(whole.body) > 4096
    assert "more, see the site" in whole.body.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_of_200_says_nothing_before_its_code_is_read(kind: Kind) -> None:
    assert understood(kind, 200, FINE[kind]).taken
    wrong = json.dumps({ROBOTS[kind].error: 19021, ROBOTS[kind].said: "sign match fail"}).encode()
    assert understood(kind, 200, wrong).said == "19021 sign match fail"
    for body in (b"", b"<html>", b"[]", b"{}", b'{"errcode":"0","code":"0"}', b"\xff\xfe"):
        assert not understood(kind, 200, body).taken
    assert not understood(kind, 500, FINE[kind]).taken


@pytest.mark.parametrize(("kind", "code"), [("wecom", 45009), ("dingtalk", 130101), ("feishu", 11232)])
def test_too_often_is_no_failure_but_a_rest(kind: Kind, code: int) -> None:
    told = understood(kind, 200, json.dumps({ROBOTS[kind].error: code}).encode())
    assert (told.taken, told.throttled) == (False, True)
    assert told.rest >= timedelta(minutes=1)


def test_a_robot_hears_several_steps_at_once_and_then_is_left_alone(depot: Depot, receiver: Receiver) -> None:
    depot.endpoint(receiver.url("/robot"), kind="wecom", types=("application.recommended",))
    receiver.says["/robot"] = answer(200, FINE["wecom"])
    depot.recommended(5)
    depot.listener.follow()
    assert depot.delivery.drain().sent == 5
    (only,) = receiver.got
    assert only.json["markdown"]["content"].count("[HN-AI-2025-") == 5
    depot.recommended(1)
    depot.listener.follow()
    assert depot.delivery.drain().sent == 0
    depot.clock.pass_by(seconds=4)
    assert depot.delivery.drain().sent == 1


def test_a_throttled_robot_loses_no_health_and_nothing_is_lost(depot: Depot, receiver: Receiver) -> None:
    made = depot.endpoint(receiver.url("/robot"), kind="dingtalk", secret="SEC", types=("application.recommended",))
    receiver.says["/robot"] = answer(200, b'{"errcode":130101,"errmsg":"send too fast"}')
    depot.recommended(2)
    depot.listener.follow()
    depot.delivery.drain()
    assert depot.rows("state", "last_error") == [("planned", "130101 send too fast")] * 2
    receiver.says["/robot"] = answer(200, FINE["dingtalk"])
    depot.clock.pass_by(minutes=11)
    assert depot.delivery.drain().sent == 2
    assert depot.trial.test(OPERATOR, made.id).outcome.value == "sent"


@pytest.mark.parametrize("kind", KINDS)
def test_a_robots_key_goes_only_to_where_such_robots_live(depot: Depot, kind: Kind) -> None:
    async def public(_host: str, _port: int, /) -> Sequence[str]:
        return ["1.1.1.1"]

    register = Register(depot.dispatcher, Door(resolver=public))
    host = min(ROBOTS[kind].hosts)
    assert register.knock(f"https://{host}/send?key=k", kind) == f"https://{host}"
    with pytest.raises(Refused) as refused:
        register.knock("https://collects-keys.example.cn/send?key=k", kind)
    assert refused.value.refusals[0].params["why"] == "robot"
