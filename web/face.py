"""What every page has around it: the bar with the mark, the person's navigation, language and theme, words and figures.

The roof calls `furnish` once and hands in who is calling and what that person may open.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

from flask import Blueprint, Flask, Response, current_app, g, redirect, request
from flask_wtf import CSRFProtect  # pyright: ignore[reportMissingTypeStubs]
from werkzeug.exceptions import SecurityError

from directory.actor import Actor
from directory.policy import may, proven
from eventstore.refusal import Refused
from web import forms, language, problems, security, session
from web.format import Language
from web.operations import Identity
from web.saying import FILTERS, GLOBALS, speech

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One place a person may go. *count* is shown beside it when it is not None."""

    href: str
    zh: str
    en: str
    count: int | None = None

    def of(self, speech: Language) -> str:
        return self.zh if speech == "zh" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks at the page, for its bar: nobody, or a person with a name, a unit and a navigation of their own."""

    actor: Actor | None = None
    name: str = ""
    unit: Mapping[Language, str] = field(default_factory=dict[Language, str])
    links: Sequence[Link] = ()
    language: Language | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """What the roof hands in. *visitor* is asked once a page; *notices* are put above every page (demo, clock, upkeep);
    *new_id* names an error that nobody foresaw."""

    identity: Identity
    now: Callable[[], datetime]
    visitor: Callable[[Actor | None], Visitor]
    secure: bool
    name_of: Callable[[str], str] = str
    notices: Callable[[], Sequence[Mapping[str, str]]] = tuple
    new_id: Callable[[], str] = field(default=lambda: uuid4().hex)
    sign_in_path: str = "/sign-in"
    sign_out_path: str = "/sign-out"
    account_path: str = "/me/account"


LANGUAGE_PATH, THEME_PATH = "/language", "/theme"
"""Written out in the templates' place: a request whose host is refused has no routes to ask."""


def furnish(app: Flask, furniture: Furniture) -> CSRFProtect:
    """Make *app* look and behave like one house. Exempt the API's blueprint from the form tokens afterwards."""
    protect = security.install(
        app, secure=furniture.secure, session_cookie=session.cookie_name(secure=furniture.secure)
    )
    problems.install(app, name_of=furniture.name_of, new_id=furniture.new_id)
    app.register_blueprint(_pages(furniture))
    app.jinja_env.filters.update(FILTERS)
    spoken: Mapping[str, Any] = {
        **GLOBALS,
        "asset": asset,
        "carried": forms.carried,
        "passkeys_offered": lambda: False,
        "outside_name": "",
    }
    app.jinja_env.globals.update(spoken)
    app.extensions["furniture"] = furniture
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(lambda: _around(furniture))
    app.extensions["preferred_language"] = lambda: _visitor(furniture).language
    return protect


def caller() -> Actor | None:
    """Who is calling, None for the public; looked up once a request."""
    if "actor" not in g:
        furniture: Furniture = current_app.extensions["furniture"]
        g.actor = furniture.identity(request)
    found: Actor | None = g.actor
    return found


def signed_in() -> Actor:
    """Who is calling; NotSignedIn where nobody is, which a page answers with the way to sign in."""
    actor = caller()
    if actor is None:
        raise problems.NotSignedIn
    return actor


def asking(action: str, *, acts: bool = True) -> Actor:
    """Whoever calls, if the policy lets them do *action* at all; before a legal or money act, if they proved themselves.
    *acts*: False where what is sent is only looked at."""
    actor = signed_in()
    acting = acts and request.method not in security.SAFE_METHODS
    if refusal := may(actor, action) or (proven(actor, action) if acting else None):
        raise Refused(refusal)
    return actor


def now() -> datetime:
    """What time it is by the house's clock; asked once a request."""
    if "now" not in g:
        furniture: Furniture = current_app.extensions["furniture"]
        g.now = furniture.now()
    found: datetime = g.now
    return found


def _visitor(furniture: Furniture) -> Visitor:
    """Who looks at the page; looked up once a request."""
    if "visitor" not in g:
        g.visitor = furniture.visitor(caller())
    found: Visitor = g.visitor
    return found


def _around(furniture: Furniture) -> dict[str, Any]:
    """What every page knows; macros know `t` and `speech` without being given a context."""
    visitor = _visitor(furniture)
    g.preferred_language = visitor.language
    return {
        "lang": speech(),
        "theme": language.theme(request),
        "visitor": visitor,
        "here": request.full_path.rstrip("?") if request.method == "GET" else _back(),
        "back": request.path if request.method == "GET" else _back(),
        "now": now(),
        "notices": furniture.notices(),
        "sign_in_path": furniture.sign_in_path,
        "sign_out_path": furniture.sign_out_path,
        "account_path": furniture.account_path,
        "language_path": LANGUAGE_PATH,
        "theme_path": THEME_PATH,
    }


def _back() -> str:
    """The page of ours from which a form was sent: what can only be posted to cannot be opened again."""
    try:
        parts = urlsplit(request.referrer or "")
        return security.own_path(parts.path) if parts.netloc == request.host else "/"
    except (ValueError, SecurityError):  # no address at all, or a host that is not ours
        return "/"


_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@lru_cache
def _static() -> Mapping[str, tuple[bytes, str]]:
    """The few small files of static/ and the digest of each, read once."""
    read = {file.name: file.read_bytes() for file in STATIC.iterdir() if file.suffix in _KINDS}
    return {name: (content, hashlib.sha256(content).hexdigest()[:10]) for name, content in read.items()}


def asset(name: str) -> str:
    """The address of a file in static/, with a digest so that browsers may keep it for ever."""
    return f"/static/{name}?v={_static()[name][1]}"


def _pages(furniture: Furniture) -> Blueprint:
    pages = Blueprint("web", __name__, template_folder="templates")

    @pages.get("/static/<name>")
    def static(name: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        if name not in _static():
            raise problems.NotFound
        content, digest = _static()[name]
        response = Response(content, content_type=f"{_KINDS[Path(name).suffix]}; charset=utf-8")
        current = request.args.get("v") == digest
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
        response.set_etag(digest)
        return cast("Response", response.make_conditional(request))

    @pages.post(LANGUAGE_PATH)
    def choose_language() -> Response:  # pyright: ignore[reportUnusedFunction]
        chosen = request.form.get("language")
        return _kept(language.LANGUAGE_COOKIE, chosen if language.is_language(chosen) else "zh", furniture.secure)

    @pages.post(THEME_PATH)
    def choose_theme() -> Response:  # pyright: ignore[reportUnusedFunction]
        chosen = request.form.get("theme")
        return _kept(language.THEME_COOKIE, chosen if language.is_theme(chosen) else "system", furniture.secure)

    return pages


def _kept(cookie: str, value: str, secure: bool) -> Response:
    """Remember the choice for a year and go back to where it was made."""
    response = cast("Response", redirect(security.own_path(request.form.get("next")), code=303))
    response.set_cookie(cookie, value, max_age=language.YEAR_S, path="/", secure=secure, httponly=False, samesite="Lax")
    return response
