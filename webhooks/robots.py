"""Chat robots of 企业微信, 钉钉 and 飞书: what each wants to be sent, how it is signed, and what its answer means. Pure.

All three answer 200 to almost everything; whether a message was taken stands in the body. Several events that are due
together become one message, because a robot takes twenty a minute and no more.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import msgspec

from web.format import Language
from web.texts import t
from webhooks.endpoint import Kind
from webhooks.payloads import PUBLISHED

TOGETHER = 20
"""Events in one message at most; each is a line of some 150 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent: the address with its signature, and the body."""

    url: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a robot meant. *throttled*: it was too often, and is to be left alone for *rest*."""

    taken: bool
    said: str = ""
    throttled: bool = False
    rest: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """*hosts* where such robots live; *pause* between two messages; *error*: the name of the code in its answer; *busy*: codes
    that mean too often."""

    hosts: frozenset[str]
    longest: int
    pause: timedelta
    error: str
    said: str
    busy: frozenset[int]
    rest: timedelta
    message: Callable[[str, str, str, str, datetime], Message]


def _wecom(url: str, secret: str, title: str, text: str, now: datetime) -> Message:
    """Nothing is signed: the key in the address is the secret."""
    return Message(url=url, body=_json({"msgtype": "markdown", "markdown": {"content": f"**{title}**\n{text}"}}))


def _dingtalk(url: str, secret: str, title: str, text: str, now: datetime) -> Message:
    """Milliseconds, and the secret is the key *and* the second line of what is signed."""
    if secret:
        at = str(int(now.timestamp() * 1000))
        signed = hmac.new(secret.encode(), f"{at}\n{secret}".encode(), hashlib.sha256).digest()
        joint = "&" if "?" in url else "?"
        url += f"{joint}timestamp={at}&sign={quote(base64.b64encode(signed).decode(), safe='')}"
    return Message(url=url, body=_json({"msgtype": "markdown", "markdown": {"title": title, "text": text}}))


def _feishu(url: str, secret: str, title: str, text: str, now: datetime) -> Message:
    """Seconds, in the body, and the other way round than 钉钉: what would be signed is the key, and the message is empty."""
    card = {
        "header": {"title": {"tag": "plain_text", "content": title}},
        "elements": [{"tag": "markdown", "content": text}],
    }
    body: dict[str, Any] = {"msg_type": "interactive", "card": card}
    if secret:
        at = str(int(now.timestamp()))
        signed = hmac.new(f"{at}\n{secret}".encode(), b"", hashlib.sha256).digest()
        body = {"timestamp": at, "sign": base64.b64encode(signed).decode(), **body}
    return Message(url=url, body=_json(body))


ROBOTS: Mapping[Kind, Robot] = MappingProxyType(
    {
        "wecom": Robot(
            hosts=frozenset({"qyapi.weixin.qq.com"}),
            longest=4096,
            pause=timedelta(seconds=3),
            error="errcode",
            said="errmsg",
            busy=frozenset({45009}),
            rest=timedelta(minutes=1),
            message=_wecom,
        ),
        "dingtalk": Robot(
            hosts=frozenset({"oapi.dingtalk.com"}),
            longest=20_000,
            pause=timedelta(seconds=3),
            error="errcode",
            said="errmsg",
            busy=frozenset({130101, 410100, 660026}),
            rest=timedelta(minutes=10),
            message=_dingtalk,
        ),
        "feishu": Robot(
            hosts=frozenset({"open.feishu.cn", "open.larksuite.com", "open.larkoffice.com"}),
            longest=20_000,
            pause=timedelta(seconds=1),
            error="code",
            said="msg",
            busy=frozenset({9499, 11232}),
            rest=timedelta(minutes=1),
            message=_feishu,
        ),
    }
)


def message(
    kind: Kind, url: str, secret: str, payloads: Sequence[str], language: Language, base_url: str, now: datetime
) -> Message:
    """One message of *payloads*, a line each; what would make it too long for this robot is counted instead."""
    robot = ROBOTS[kind]
    lines = [_line(msgspec.json.decode(each, type=dict[str, Any]), language, base_url) for each in payloads]
    title = t("webhooks.message.title", language, n=len(lines))
    shown = len(lines)
    while True:
        left = [t("webhooks.message.more", language, n=len(lines) - shown)] if shown < len(lines) else []
        made = robot.message(url, secret, title, "\n\n".join([*lines[:shown], *left]), now)
        if len(made.body) <= robot.longest or shown == 0:
            return made
        shown -= 1


def understood(kind: Kind, code: int, body: bytes) -> Answer:
    """What the answer means. An answer that cannot be read was no robot's."""
    robot = ROBOTS[kind]
    try:
        said: object = json.loads(body)
    except ValueError:
        return Answer(taken=False, said="unreadable")
    if not isinstance(said, dict):
        return Answer(taken=False, said="unreadable")
    found: dict[str, Any] = said  # pyright: ignore[reportUnknownVariableType]
    error = found.get(robot.error, found.get("StatusCode"))
    if 200 <= code < 300 and error == 0:
        return Answer(taken=True, rest=robot.pause)
    told = f"{error} {found.get(robot.said, '')}".strip()[:500]
    throttled = error in robot.busy or code == 429
    return Answer(taken=False, said=told, throttled=throttled, rest=robot.rest if throttled else timedelta())


def _line(payload: Mapping[str, Any], language: Language, base_url: str) -> str:
    """`[HN-AI-2025-0001](…) 县级已推荐`; a test says that it is one."""
    kind, data = str(payload["type"]), payload["data"]
    if kind not in PUBLISHED:
        return t(f"webhooks.type.{kind}", language)
    word = t(f"event.{kind.rpartition('.')[2]}", language)
    stands = t("webhooks.message.stage", language, stage=data["stage"]) if data["stage"] else ""
    return f"[{data['number']}]({base_url}/applications/{data['application_id']}) {word}{stands}"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
