"""The desk where texts of letters are written, as a site of its own."""

from flask import Blueprint, Flask

from directory.actor import Actor, Grant, Role
from notifications.pages import pages as letter_pages
from notifications.rendering import Rendering
from notifications.stationery import Stationer
from notifications.texts_api import operations
from notifications.texts_desk import TextsDesk
from notifications.texts_pages import pages
from tests.notifications.post import SENDER, PostOffice
from web.face import Furniture, Visitor, furnish
from web.operations import Registry
from web.security import exempt
from workflow.pages import TEMPLATES

OPERATOR = Actor("somebody", "管理员", (Grant(Role.OPERATOR, ""),))
AUDITOR = Actor("auditor", "审计员", (Grant(Role.AUDITOR, "43"),))
HEAD = "34 q83vEjRW="
"""The newest signed head there."""


def site(post: PostOffice, actor: Actor | None) -> Flask:
    """The pages and the API as *actor* sees them."""
    app = Flask("site", static_folder=None)
    app.config.update(SECRET_KEY="0" * 32)

    def identity(_request: object, /) -> Actor | None:
        return actor

    furniture = Furniture(
        identity=identity, now=lambda: post.clock.at, visitor=lambda found: Visitor(actor=found), secure=False
    )
    protect = furnish(app, furniture)
    desk = TextsDesk(post.store, post.editing, Rendering(SENDER), Stationer(lambda _db: HEAD), lambda who: who)
    registry = Registry()
    registry.add(*operations(desk))
    api = registry.blueprint(identity, lambda: post.clock.at)
    exempt(protect, api)
    for blueprint in (api, pages(desk), letter_pages(post.store)):
        app.register_blueprint(blueprint)
    app.register_blueprint(Blueprint("workflow_templates", __name__, template_folder=str(TEMPLATES)))
    return app
