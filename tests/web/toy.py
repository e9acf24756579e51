"""A small service on the real room `web`: two operations, a form, a page that breaks. Nothing of the grant rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, Response, redirect, request
from pydantic import Field

from directory.actor import Actor, Grant, Role
from eventstore.event import RecordedEvent
from eventstore.ids import uuid7
from eventstore.refusal import (
    Busy,
    ConcurrencyConflict,
    Fault,
    KeyReused,
    Malformed,
    PreconditionFailed,
    Refusal,
    Refused,
    Superseded,
)
from web import forms, openapi, reading
from web.face import Furniture, Link, Visitor, furnish, signed_in
from web.operations import Answer, Asked, Operation, Registry
from web.problems import NotFound
from web.security import exempt
from web.session import CookieOrToken

NOW = datetime(2025, 9, 8, 3, 0, tzinfo=UTC)
EDITOR = Actor("p-li", "李某", (Grant(Role.UNIT_EDITOR, "91430104MAXTE5T16B"),))
ADMIN = Actor("p-zhang", "张某", (Grant(Role.UNIT_ADMIN, "91430104MAXTE5T16B"),))
TOKENS = {"editor-" + "e" * 30: EDITOR, "admin-" + "a" * 30: ADMIN}
EDITOR_TOKEN, ADMIN_TOKEN = TOKENS
MINE = UUID("0191f000-0000-7000-8000-000000000001")


class Line(reading.Request):
    label: str = Field(max_length=20)
    amount: Decimal = Field(ge=0)


class Save(reading.Request):
    title: str = Field(min_length=1, max_length=50)
    count: int = Field(ge=0, le=1000)
    rate: Decimal | None = None
    lines: list[Line] = Field(default_factory=list[Line], max_length=10)
    answers: Mapping[str, str | int | bool | None] = Field(default_factory=dict[str, str | int | bool | None])


class Search(reading.Request):
    limit: int = Field(default=20, ge=1, le=100)
    after: str = Field(default="", max_length=100)


class Saved(reading.Request):
    title: str
    count: int


@dataclass
class Calls:
    """What reached the end of the line, and how the next call is to fail."""

    made: list[Asked] = field(default_factory=list[Asked])
    fails: Exception | None = None

    def save(self, asked: Asked) -> Answer:
        if self.fails is not None:
            raise self.fails
        self.made.append(asked)
        sent = asked.body_as(Save)
        return Answer(body=Saved(title=sent.title, count=sent.count), version=8)

    def listed(self, asked: Asked) -> Answer:
        self.made.append(asked)
        return Answer(body={"items": ["申报" * 600], "next": asked.query_as(Search).after})

    def attach(self, asked: Asked) -> Answer:
        self.made.append(asked)
        assert asked.file is not None
        return Answer(body={"size": len(asked.file.stream.read())}, status=201)


def only_mine(_: Actor, path: Mapping[str, Any]) -> None:
    if path["application_id"] != MINE:
        raise NotFound


def registry(calls: Calls) -> Registry:
    found = Registry()
    found.add(
        Operation(id="applications.save", method="PUT", path="/applications/<uuid:application_id>/answers",
                  action="application.save", summary_zh="保存一节", summary_en="Save a section", perform=calls.save,
                  request=Save, answer=Saved, needs_version=True, command=True, admit=only_mine),
        Operation(id="applications.seal", method="POST", path="/applications/<uuid:application_id>/seal",
                  action="application.seal", summary_zh="盖章", summary_en="Seal", perform=calls.save,
                  request=Save, answer=Saved, command=True, admit=only_mine),
        Operation(id="applications.list", method="GET", path="/applications", action="application.list",
                  summary_zh="我的申报", summary_en="My applications", perform=calls.listed, query=Search),
        Operation(id="calls.list", method="GET", path="/calls", action="call.read", summary_zh="征集通知",
                  summary_en="Calls", perform=lambda asked: Answer(body={"you": asked.actor.id}), public=True),
        Operation(id="applications.attach", method="POST", path="/applications/<uuid:application_id>/files",
                  action="application.save", summary_zh="上传附件", summary_en="Attach a file", perform=calls.attach,
                  upload=True, max_bytes=4096, command=True, status=201),
    )  # fmt: skip
    return found


def winner() -> RecordedEvent:
    at = int(NOW.timestamp()) * 1_000_000
    return RecordedEvent(
        position=41, stream="application-1", version=9, event_id=uuid7(), type="application.recommended",
        schema_version=1, payload="{}", metadata="{}", actor="p-wang", correlation_id=uuid7(), causation_id=None,
        recorded_at=at, algorithm="sha256", prev_hash=b"", hash=b"",
    )  # fmt: skip


def troubles() -> Mapping[str, Exception]:
    """One of each, by the name of its problem."""
    return {
        "refused": Refused(
            [Refusal.of("WRONG_BUREAU", bureau="雨花区", region="430104"), Refusal.of("DEADLINE_PASSED")]
        ),
        "malformed": Malformed([Fault("title", "REQUIRED"), Fault("lines.0.amount", "SOMETHING_NEW")]),
        "changed-meanwhile": ConcurrencyConflict("application-1", 3, 4),
        "precondition-failed": PreconditionFailed("application-1", 8, 9, winner()),
        "key-reused": KeyReused("k"),
        "busy": Busy("the lock took too long", 3),
        "upgraded": Superseded("revision 2 is live", 60),
        "internal": RuntimeError("secret words of the database"),
    }


def visitor(actor: Actor | None) -> Visitor:
    if actor is None:
        return Visitor()
    links = (
        Link(href="/mine", zh="我的申报", en="My applications"),
        Link(href="/letters", zh="通知", en="Letters", count=2),
        Link(href="/guide", zh="申报指南", en="Guide"),
    )
    return Visitor(
        actor=actor,
        name=actor.name,
        unit={"zh": "湖南某某智能科技（经办人）", "en": "Hunan Zhimou (editor)"},
        links=links,
    )


def pages(calls: Calls) -> Blueprint:
    toy = Blueprint("toy", __name__)

    @toy.get("/mine")
    def mine() -> str:
        return signed_in().name

    @toy.get("/breaks/<name>")
    def breaks(name: str) -> str:
        raise troubles()[name]

    @toy.post("/seal")
    def seal() -> Response:
        if calls.fails is not None:
            raise calls.fails
        forms.fields()
        found = redirect("/mine?" + request.form.get("title", ""), 303)
        assert isinstance(found, Response)
        return found

    return toy


def app(calls: Calls, *, secure: bool = False, extra: Sequence[Blueprint] = ()) -> Flask:
    """The toy, furnished as the roof would do it."""
    made = Flask("toy", static_folder=None)
    made.config.update(SECRET_KEY="0" * 32, MAX_CONTENT_LENGTH=2 << 20)
    identity = CookieOrToken(secure=secure, by_session=TOKENS.get, by_token=TOKENS.get)
    furniture = Furniture(
        identity=identity,
        now=lambda: NOW,
        visitor=visitor,
        secure=secure,
        name_of={"p-wang": "王某"}.get,  # type: ignore[arg-type]
    )
    protect = furnish(made, furniture)
    operations = registry(calls)
    api = operations.blueprint(identity, lambda: NOW)
    exempt(protect, api)
    for blueprint in (api, openapi.blueprint(operations), pages(calls), *extra):
        made.register_blueprint(blueprint)
    return made
