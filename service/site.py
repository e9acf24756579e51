"""The Flask application: every room's pages and operations under one roof, with the house handed in.

`gunicorn -c python:service.serving "service.site:create_app()"` reads the settings from the environment; workers run in a process of their own.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from admin import desk as audit
from admin.api import operations as history_operations
from admin.inviting_api import operations as inviting_operations
from admin.pages import pages as history_pages
from admin.pages.policy import policy as policy_pages
from admin.people import People
from admin.people_api import operations as people_operations
from admin.policy_api import operations as policy_operations
from admin.token_api import operations as token_operations
from directory.actor import Actor
from directory.granting import Granting
from directory.inviting import Inviting
from directory.records import Directory
from directory.token_desk import TokenDesk
from notifications import pages as letter_pages
from notifications.api import operations as letter_operations
from notifications.choosing_pages import pages as choosing_pages
from notifications.mending_api import operations as mending_operations
from notifications.mending_pages import pages as mending_pages
from notifications.pressing import Pressing
from notifications.texts_api import operations as texts_operations
from notifications.texts_pages import pages as texts_pages
from notifications.wishes import Choosing, TurningOff
from notifications.wishes import operations as letter_wishes
from service import (
    account,
    clockwork,
    demonstration,
    entrance,
    front,
    health,
    letterbox,
    limits,
    logs,
    metrics,
    outside,
    past,
    rebuilding,
    resets,
    standing,
    stepping,
    wiring,
)
from service.account_api import operations as account_operations
from service.actors import Actors, declare
from service.settings import LOOPBACK, read
from service.sink import Mailbox
from service.spooling import requests_into
from service.told import Told
from service.wiring import House, build
from web import face, openapi, security
from web.face import Furniture, Visitor
from web.format import Language
from web.operations import Registry
from webhooks import pages as webhook_pages
from webhooks.api import operations as webhook_operations
from workflow.api import Desk as ApiDesk
from workflow.api import operations as application_operations
from workflow.api.wishes import SECTION_BYTES
from workflow.pages import pages as workflow_pages
from workflow.pages.desk import Desk as WorkflowDesk

FORM_PARTS = 1000


def create_app(house: House | None = None, actors: Actors | None = None, mailbox: Mailbox | None = None) -> Flask:
    """The site of *house*; without one, of the settings in the environment. *mailbox*: the demonstration's own."""
    if house is None:
        logs.begin()
        house = build(read())
    actors = actors or declare(house)
    secure = house.settings.base_url.startswith("https://")
    identity = entrance.identity(house, secure=secure)
    now = partial(clockwork.now, house)
    told = Told(house.store, house.clock)

    app = Flask(__name__, static_folder=None)
    app.request_class = requests_into(house.files)
    app.secret_key = house.settings.session_key_bytes
    app.config["MAX_CONTENT_LENGTH"], app.config["TRUSTED_HOSTS"] = (
        limits.LARGEST_BODY,
        hosts_of(house.settings.base_url),
    )
    app.config["MAX_FORM_MEMORY_SIZE"], app.config["MAX_FORM_PARTS"] = SECTION_BYTES, FORM_PARTS
    watched = metrics.watch(app)
    logs.watch(app, house.settings.session_key_bytes)
    past.ask_first(app, house)
    limits.weigh(app)
    furniture = Furniture(
        identity=identity,
        now=now,
        visitor=partial(visitor, house),
        secure=secure,
        name_of=partial(name_of, house),
        notices=partial(notices, house),
        new_id=logs.request_id,
    )
    protect = face.furnish(app, furniture)
    stepping.install(app, house, secure=secure)
    registry = registry_of(house, actors, told, mailbox)
    api = registry.blueprint(identity, now)
    app.register_blueprint(api)
    security.exempt(protect, api)
    app.register_blueprint(openapi.blueprint(registry))
    remind = Pressing(house.handling, house.ringing)
    for blueprint in workflow_pages(
        house.handling, house.calls.calls, house.files, house.printing, Directory, told, remind
    ):
        app.register_blueprint(blueprint)
    app.register_blueprint(letter_pages.pages(house.store))
    app.register_blueprint(choosing_pages(*letter_doors(house)))
    app.register_blueprint(mending_pages(house.mending))
    app.register_blueprint(texts_pages(house.texts))
    for blueprint in history_pages(audit_desk(house, told)):
        app.register_blueprint(blueprint)
    app.register_blueprint(policy_pages(lambda: registry))
    app.register_blueprint(webhook_pages.pages(house.hooks))
    app.register_blueprint(front.pages(house, identity))
    app.register_blueprint(entrance.pages(house, secure=secure))
    app.register_blueprint(account.pages(house))
    app.register_blueprint(resets.pages(house))
    outside.install(app, house, secure=secure)
    app.register_blueprint(health.pages(house))
    app.register_blueprint(metrics.pages(house, watched))
    if mailbox is not None and house.settings.mode == "demo":
        app.register_blueprint(demonstration.pages(house, actors, mailbox))
    limits.install(app, house.settings)
    _behind(app, house.settings.proxies)
    return app


def _behind(app: Flask, proxies: int) -> None:
    """Take the visitor's address and scheme from exactly our own proxies; without one, from the connection alone."""
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]


def hosts_of(base_url: str) -> list[str]:
    """Under which names the site answers: its own, and this machine's for whoever asks after its health."""
    return sorted({urlsplit(base_url).hostname or "", *LOOPBACK} - {""})


def audit_desk(house: House, told: Told) -> audit.Desk:
    """The auditor's desk; it shows the past by what the pages of applications work with."""
    present = WorkflowDesk(
        handling=house.handling,
        files=house.files,
        printing=house.printing,
        calls=house.calls.calls,
        register=Directory,
        told=told,
    )
    tokens = TokenDesk(house.dispatcher, house.wall)
    return audit.Desk(
        store=house.store,
        read=house.read,
        workflow=present,
        index=house.index,
        history=house.history,
        noting=house.noting,
        sentences=house.sentences,
        proofs=house.proofs,
        erasures=house.erasures,
        apart=house.apart,
        holding=house.holding,
        register=house.register,
        tokens=tokens,
        people=People(house.store, house.register, Granting(house.dispatcher), Inviting(house.dispatcher)),
        upkeep=partial(standing.look, house),
        rebuild=partial(rebuilding.ask, house),
        base_url=house.settings.base_url,
    )


def registry_of(house: House, actors: Actors, told: Told, mailbox: Mailbox | None = None) -> Registry:
    """Every operation of the service; with *mailbox* those of a demonstration, too."""
    registry = Registry()
    registry.add(*application_operations(ApiDesk(house.handling, house.calls, house.files, house.printing, told)))
    registry.add(*letter_operations(house.store))
    registry.add(*letter_wishes(Pressing(house.handling, house.ringing), *letter_doors(house)))
    registry.add(*mending_operations(house.store, house.mending))
    registry.add(*texts_operations(house.texts))
    desk = audit_desk(house, told)
    registry.add(*history_operations(desk))
    registry.add(*token_operations(desk.tokens, desk.context))
    registry.add(*account_operations(house))
    registry.add(*people_operations(desk.people, desk.context))
    registry.add(*inviting_operations(desk.people, desk.context))
    registry.add(*policy_operations(lambda: registry))
    registry.add(*webhook_operations(house.hooks))
    if house.settings.clock_may_be_set:
        registry.add(*clockwork.operations(house, actors))
        if mailbox is not None:
            registry.add(*letterbox.operations(actors, mailbox))
    return registry


def letter_doors(house: House) -> tuple[Choosing, TurningOff]:
    """How people choose what comes to them, signed in or by a letter's own link."""
    return Choosing(house.store, house.clock), TurningOff(house.store, house.clock, house.sender)


def visitor(house: House, actor: Actor | None) -> Visitor:
    """Who looks at a page, what they are there as, and where they may go."""
    if actor is None:
        return Visitor()
    badge = entrance.badge(house, actor)
    office: dict[Language, str] = {"zh": badge.name_zh, "en": badge.name_en} if badge and badge.name_zh else {}
    speech: Language = "en" if badge and badge.language == "en" else "zh"
    return Visitor(actor=actor, name=actor.name, unit=office, links=front.links(actor), language=speech)


def notices(house: House) -> Sequence[Mapping[str, str]]:
    if house.settings.mode != "demo":
        return ()
    return (
        {
            "zh": "演示：人物、单位和金额都是虚构的。",
            "en": "Demonstration: everybody and everything here is invented.",
            "href": "/demo",
        },
    )


def name_of(house: House, actor: str) -> str:
    """A display name for whoever stands in an envelope."""
    return wiring.name_of(house.handling, actor)
