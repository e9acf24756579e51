"""The door: a one-time link by mail or a password, a second factor, a session on the server, the way out.

Looking at a link never uses it up. Until the second factor was right the cookie opens nothing but the second step.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from flask import Blueprint, Response, after_this_request, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from directory import guessing, signin, tokens
from directory.actor import Actor
from directory.guessing import TooManyTries
from directory.passkeys import LONGEST_ANSWER
from directory.records import Badge, Directory
from directory.second_factor import Answer
from eventstore.refusal import Busy, Refusal, Refused
from service import enrolling, knocking, logs
from service.stepping import asker, judge, said
from service.stepping import shown as shown_passkey
from service.wiring import House
from web import forms, language, session
from web.problems import NotFound, NotSignedIn
from web.security import own_path

FRONT, SECOND = "/", "/sign-in/second"
_LONGEST, _CODE = 1024, 64
"""So much of what is typed is looked at: longer than any password or code may be."""


def by_session(house: House, secret: str) -> Actor | None:
    """Who this session belongs to; notes once a minute that it is in use. Sessions run on the database's own time."""
    with house.store.reading() as db:
        found = signin.signed_in(db, secret)
    if found is None:
        return None
    if found.stale:
        _note(house, lambda db: signin.touch(db, found.session.handle, found.at))
    if found.session.proved_at is None and house.access.must_have(found.actor):
        return None
    g.badge, g.person, g.session = found.badge, found.actor.id, found.session
    return replace(found.actor, must_prove=found.session.stale_proof(found.at))


def held() -> signin.Session:
    """The session that this request came with, once who is calling was asked. Raises NotSignedIn where it came with none."""
    found: signin.Session | None = g.get("session")
    if found is None:
        raise NotSignedIn
    return found


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
        _note(house, lambda db: tokens.touch(db, found.handle, now))
    return found.actor


def _note(house: House, touch: Callable[[Connection], object]) -> None:
    """Note a use once the request is answered. It is not worth a refusal, nor a wait: a held database would be waited for twice."""

    def noted() -> None:
        with suppress(Busy), house.store.begin() as db:
            touch(db)

    @after_this_request
    def later(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        response.call_on_close(noted)
        return response


def identity(house: House, *, secure: bool) -> session.CookieOrToken:
    return session.CookieOrToken(
        secure=secure,
        by_session=lambda secret: by_session(house, secret),
        by_token=lambda secret: by_token(house, secret),
    )


def let_in(house: House, person: str, *, secure: bool, to: str = FRONT, method: str = "link") -> Response:
    """A new session for *person* in place of the one the browser came with, and on to *to*; or the second step before it."""
    former = session.secret_of(request, secure=secure) or ""
    agent = request.headers.get("User-Agent", "")
    second = method != "passkey" and house.access.needs_second(person)
    with house.store.begin() as db:
        now = house.wall.now(db)
        if second:
            secret, to = signin.wait(db, person, now, agent, former, method=method), SECOND
        else:
            proved = method == "passkey"
            secret = signin.open_session(db, person, now, agent, former, method=method, proved=proved)
    logs.sign_in("half" if second else "in", method, person)
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
        """By password where one was typed, else by a link."""
        email, password = request.form.get("email", "")[:320], request.form.get("password", "")
        by_password = bool(password) and request.form.get("way") != "link"
        try:
            if by_password:
                person = house.access.by_password(email, password[:_LONGEST], request.remote_addr or "")
                return let_in(house, person, secure=secure, method="password")
            link = _link(house, email)
        except TooManyTries as refused:
            logs.sign_in("refused", _way(by_password), address=email, why=refused.refusals)
            return _later(shown("sign_in", 429, sent=False, email=email, faults=refused.refusals), refused)
        except Refused as refused:
            logs.sign_in("refused", _way(by_password), address=email, why=refused.refusals)
            status = 422 if by_password else 429
            return shown("sign_in", status, sent=False, email=email, faults=refused.refusals)
        if link is not None:
            knocking.send_link(house, link, language.of(request))
        return shown("sign_in", sent=True, email=email, faults=())

    @blueprint.post("/sign-in/passkey/question")
    def question() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        """What a device must answer; the same for everybody."""
        if not house.passkeys.available:
            raise NotFound
        house.access.count(asker())
        return Response(house.passkeys.ask(), content_type="application/json", headers={"Cache-Control": "no-store"})

    @blueprint.post("/sign-in/passkey")
    def by_passkey() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        if not house.passkeys.available:
            raise NotFound
        try:
            person = shown_passkey(house, request.form.get("passkey", "")[:LONGEST_ANSWER])
        except Refused as refused:
            logs.sign_in("refused", "passkey", why=refused.refusals)
            return shown("sign_in", 422, sent=False, email="", faults=refused.refusals)
        return let_in(house, person, secure=secure, method="passkey")

    @blueprint.get("/sign-in/<secret>")
    def look(secret: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        with house.store.reading() as db:
            standing = signin.look(db, secret, house.wall.now(db))
        status = 200 if standing is signin.Standing.OPEN else 410
        return shown("sign_in_link", status, standing=standing.value, secret=secret)

    @blueprint.post("/sign-in/<secret>")
    def use(secret: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        knock = (guessing.LINK_USE_ADDRESS, guessing.key_of_address(request.remote_addr or ""))
        try:
            house.access.count(knock)
            with house.store.begin() as db:
                person = signin.use(db, secret, house.wall.now(db))
                guessing.forgive(db, [knock])
        except TooManyTries as refused:
            logs.sign_in("refused", "link", why=refused.refusals)
            raise
        except Refused as refused:
            logs.sign_in("refused", "link", why=refused.refusals)
            return shown("sign_in_link", 410, standing="used", secret="")
        return let_in(house, person, secure=secure)

    @blueprint.get(SECOND)
    def second() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        waits = _waits(house, secure=secure)
        return redirect("/sign-in", 303) if waits is None else _second(house, waits.person)

    @blueprint.post(SECOND)
    def prove() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        waits = _waits(house, secure=secure)
        if waits is None:
            return redirect("/sign-in", 303)
        if not house.access.factors(waits.person):
            return _enrol(house, waits, secure=secure)
        try:
            answer = judge(house, waits.person, forms.text("code")[:LONGEST_ANSWER])
        except TooManyTries as refused:
            return _later(_second(house, waits.person, 429, refused.refusals), refused)
        if answer is not Answer.RIGHT:
            return _second(house, waits.person, 422, (said(answer),))
        return _opened(house, waits, make_response(redirect(FRONT, 303)), secure=secure)

    @blueprint.post("/sign-out")
    def leave() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        secret = session.secret_of(request, secure=secure)
        if secret:
            with house.store.begin() as db:
                person = signin.close(db, secret)
            logs.sign_in("out", "session", person)
        response = make_response(redirect("/sign-in", code=303))
        session.take_back(response, secure=secure)
        return response

    return blueprint


def _way(by_password: bool) -> str:
    return "password" if by_password else "link"


def _link(house: House, email: str) -> signin.Link | None:
    """A link for whoever has this address. Raises TooManyTries by where the request comes from, SIGNIN_LIMIT by the address."""
    here = guessing.key_of_address(request.remote_addr or "")
    house.access.count((guessing.LINK_ADDRESS, here), (guessing.LINK_ALL, guessing.ALL))
    with house.store.begin() as db:
        return signin.ask(db, email, house.wall.now(db))


def _waits(house: House, *, secure: bool) -> signin.Waiting | None:
    secret = session.secret_of(request, secure=secure)
    with house.store.reading() as db:
        return signin.waiting_for(db, secret, house.wall.now(db)) if secret else None


def _second(house: House, person: str, status: int = 200, faults: tuple[Refusal, ...] = ()) -> ResponseReturnValue:
    """The second step: show a factor, or for whoever must have one and has none, set one up."""
    if house.access.factors(person):
        return render_template("service/second.html", faults=faults), status
    return render_template("service/second_first.html", faults=faults, **enrolling.shown(house, person)), status


def _enrol(house: House, waits: signin.Waiting, *, secure: bool) -> ResponseReturnValue:
    """The first authenticator of somebody who may not come in without one; then the recovery codes, once, and in."""
    context = enrolling.context(house, waits.person)
    try:
        answer, codes = house.access.confirm_authenticator(context, waits.person, forms.text("code")[:_CODE])
    except TooManyTries as refused:
        return _later(_second(house, waits.person, 429, refused.refusals), refused)
    if answer is not Answer.RIGHT:
        return _second(house, waits.person, 422, (said(answer),))
    page = make_response(render_template("service/codes.html", codes=codes, onward=FRONT))
    return _opened(house, waits, page, secure=secure)


def _opened(house: House, waits: signin.Waiting, response: Response, *, secure: bool) -> Response:
    """A session of a new id in place of the half of one."""
    former = session.secret_of(request, secure=secure) or ""
    with house.store.begin() as db:
        now = house.wall.now(db)
        secret = signin.open_session(db, waits.person, now, waits.agent, former, method=waits.method, proved=True)
    logs.sign_in("in", waits.method, waits.person)
    session.give(response, secret, secure=secure)
    return response


def _later(answer: ResponseReturnValue, refused: TooManyTries) -> Response:
    response = make_response(answer)
    response.headers["Retry-After"] = str(refused.retry_after_s)
    return response
