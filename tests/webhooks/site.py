"""The API and the pages of endpoints, as somebody sees them."""

import json
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient

from directory.actor import Actor, Grant, Role
from tests.scenario import UNIT
from tests.webhooks.depot import Depot
from web.face import Furniture, Visitor, furnish
from web.operations import Registry
from web.security import exempt
from webhooks.api import operations
from webhooks.pages import pages
from webhooks.room import Hooks

ADMIN = Actor("person:admin", "管理员", (Grant(Role.UNIT_ADMIN, UNIT.code),))
YUELU_HEAD = Actor("person:head", "负责人", (Grant(Role.BUREAU_HEAD, "430104"),))
AUDITOR = Actor("person:auditor", "审计", (Grant(Role.AUDITOR, "43"),))
EDITOR = Actor("person:editor", "填报", (Grant(Role.UNIT_EDITOR, UNIT.code),))


class Site:
    """The API and the pages as somebody sees them."""

    def __init__(self, depot: Depot) -> None:
        self.depot = depot
        self.hooks = Hooks(
            wall=depot.clock,
            register=depot.register,
            listener=depot.listener,
            delivery=depot.delivery,
            trial=depot.trial,
            replaying=depot.replaying,
            care=depot.care,
        )

    def client(self, actor: Actor | None) -> FlaskClient:
        return self.app(actor).test_client()

    def app(self, actor: Actor | None) -> Flask:
        """A site where *actor* is signed in."""
        site = Flask("site", static_folder=None)
        site.config.update(SECRET_KEY="0" * 32, WTF_CSRF_ENABLED=False)

        def identity(_request: object, /) -> Actor | None:
            return actor

        now = lambda: self.depot.clock.at  # noqa: E731
        furniture = Furniture(identity=identity, now=now, visitor=lambda found: Visitor(actor=found), secure=False)
        protect = furnish(site, furniture)
        registry = Registry()
        registry.add(*operations(self.hooks))
        api = registry.blueprint(identity, now)
        exempt(protect, api)
        site.register_blueprint(api)
        site.register_blueprint(pages(self.hooks))
        return site

    def ask(self, actor: Actor | None, method: str, path: str, body: Any = None, key: str = "") -> Any:
        headers = {"Idempotency-Key": key or uuid4().hex}
        more = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        return self.client(actor).open(f"/api/v1{path}", method=method, headers=headers, **more)
