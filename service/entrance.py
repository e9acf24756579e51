"""The door: a one-time link by mail, a session on the server, the way out. Looking at a link never uses it up."""

from contextlib import suppress
from datetime import datetime

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory import signin, tokens
from directory.actor import Actor
from directory.records import Badge, Directory
from eventstore.refusal import Busy, Refused
from service import knocking
from service.wiring import House
from web import language, session
from web.security import own_path

FRONT = "/"


def by_session(house: House, secret: str) -> Actor | None:
    """Who this session belongs to; notes once a minute that it is in use. Sessions run on the database's own time."""
    with house.store.reading() as db:
        found = signin.signed_in(db, secret)
    if found is None:
        return None
    if found.stale:
        with suppress(Busy), house.store.begin() as db:  # a note, not worth a refusal
            signin.touch(db, found.session.handle, found.at)
    g.badge, g.person = found.badge, found.actor.id
    return found.actor


def badge(house: House, actor: Actor) -> Badge | None:
    """What the bar shows of whoever calls: it came with the session; who came with a token is looked up."""
    if "badge" not in g:
        with house.store.reading() as db:
            g.badge = Directory(db).badge(actor.id)
    found: Badge | None = g.badge
    return found


def by_token(house: House, secret: str) -> Actor | None:
    """Who this token belongs to, with its scopes; notes once a minute that it is in use."""
    with house.store.reading() as db:
        now = house.wall.now(db)
        found = tokens.bearer(db, secret, now)
    if found is None:
        return None
    g.person = found.actor.id
    if found.stale:
        with suppress(Busy), house.store.begin() as db:
            tokens.touch(db, found.handle, now)
    return found.actor


def identity(house: House, *, secure: bool) -> session.CookieOrToken:
    return session.CookieOrToken(
        secure=secure,
        by_session=lambda secret: by_session(house, secret),
        by_token=lambda secret: by_token(house, secret),
    )


def let_in(house: House, person: str, *, secure: bool, to: str = FRONT) -> Response:
    """A new session for *person* in place of the one the browser came with, and on to *to*."""
    former = session.secret_of(request, secure=secure) or ""
    with house.store.begin() as db:
        agent = request.headers.get("User-Agent", "")
        secret = signin.open_session(db, person, house.wall.now(db), agent, former)
    response = make_response(redirect(own_path(to), code=303))
    session.give(response, secret, secure=secure)
    return response


def pages(house: House, *, secure: bool) -> Blueprint:
    blueprint = Blueprint("entrance", __name__, template_folder="templates")

    def shown(template: str, status: int = 200, **values: object) -> ResponseReturnValue:
        return render_template(f"service/{template}.html", **values), status

    @blueprint.get("/sign-in")
    def ask() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        return shown("sign_in", sent=False, email="", faults=())

    @blueprint.post("/sign-in")
    def send() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        email = request.form.get("email", "")[:320]
        try:
            with house.store.begin() as db:
                link = signin.ask(db, email, house.wall.now(db))
        except Refused as refused:
            return shown("sign_in", 429, sent=False, email=email, faults=refused.refusals)
        if link is not None:
            knocking.send_link(house, link, language.of(request))
        return shown("sign_in", sent=True, email=email, faults=())

    @blueprint.get("/sign-in/<secret>")
    def look(secret: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        with house.store.reading() as db:
            standing = signin.look(db, secret, house.wall.now(db))
        status = 200 if standing is signin.Standing.OPEN else 410
        return shown("sign_in_link", status, standing=standing.value, secret=secret)

    @blueprint.post("/sign-in/<secret>")
    def use(secret: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        try:
            with house.store.begin() as db:
                person = signin.use(db, secret, _now(house))
        except Refused:
            return shown("sign_in_link", 410, standing="used", secret="")
        return let_in(house, person, secure=secure)

    @blueprint.post("/sign-out")
    def leave() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        secret = session.secret_of(request, secure=secure)
        if secret:
            with house.store.begin() as db:
                signin.close(db, secret)
        response = make_response(redirect("/sign-in", code=303))
        session.take_back(response, secure=secure)
        return response

    return blueprint


def _now(house: House) -> datetime:
    with house.store.reading() as db:
        return house.wall.now(db)
