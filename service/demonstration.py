"""Pages that only a demonstration has: who to be, the mailbox of everybody, and the clock. Loopback only, twice checked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from service import clockwork, world
from service.actors import Actors
from service.entrance import let_in
from service.journey import BEIJING, instant
from service.settings import LOOPBACK
from service.sink import Mailbox
from service.wiring import House
from web.security import CSP

PAGE = 50
STOPS = (
    ("2025-11-04 09:00", "征集开始", "the call is open"),
    ("2025-11-27 09:00", "截止前一天", "the day before units must be ready"),
    ("2025-12-03 09:00", "县市区推荐", "counties recommend"),
    ("2025-12-10 09:00", "市州推荐", "cities recommend"),
    ("2025-12-22 09:00", "专家评审", "experts judge"),
    ("2026-01-05 09:00", "公示期内", "public notice"),
    ("2026-06-30 16:00", "办结之后", "after the close"),
)
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


def pages(house: House, actors: Actors, mailbox: Mailbox) -> Blueprint:
    blueprint = Blueprint("demonstration", __name__, template_folder="templates")

    @blueprint.before_request
    def only_from_here() -> None:  # pyright: ignore[reportUnusedFunction]
        if not _is_loopback(request.remote_addr or "") or request.host.rpartition(":")[0] not in LOOPBACK:
            abort(404)

    @blueprint.get("/demo")
    def front() -> str:  # pyright: ignore[reportUnusedFunction]
        return render_template("service/demo.html", people=list(world.people()), letters=len(mailbox))

    @blueprint.get("/demo/as/<person>")
    def be(person: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        if person not in {one.id for one in world.people()}:
            abort(404)
        return let_in(house, person, secure=False)

    @blueprint.get("/demo/mail")
    def letters() -> str:  # pyright: ignore[reportUnusedFunction]
        found = list(mailbox.newest_first(request.args.get("to", "")))
        start = max(request.args.get("from", 0, type=int), 0)
        shown, more = found[start : start + PAGE], len(found) > start + PAGE
        return render_template(
            "service/mail.html", letters=shown, total=len(found), start=start, more=more, page=PAGE, people=_addresses()
        )

    @blueprint.get("/demo/mail/<int:number>")
    def letter(number: int) -> Response:  # pyright: ignore[reportUnusedFunction]
        opened = mailbox.open(number)
        if opened is None:
            abort(404)
        response = make_response(render_template("service/letter.html", letter=opened, last=len(mailbox)))
        response.headers["Content-Security-Policy"] = f"{CSP}; frame-src 'self'"
        return response

    @blueprint.get("/demo/mail/<int:number>/html")
    def html(number: int) -> Response:  # pyright: ignore[reportUnusedFunction]
        opened = mailbox.open(number)
        if opened is None:
            abort(404)
        response = make_response(opened.html)
        response.headers["Content-Security-Policy"] = _SANDBOX
        return response

    @blueprint.get("/clock")
    def clock() -> str:  # pyright: ignore[reportUnusedFunction]
        now = clockwork.now(house)
        return render_template("service/clock.html", at=now, stops=_stops(now), lapsed=None)

    @blueprint.post("/clock")
    def move() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        try:
            wanted = _wanted(clockwork.now(house))
        except (ValueError, OverflowError):
            abort(400)
        clockwork.move(house, actors, wanted)
        return redirect("/clock", code=303)

    return blueprint


def _wanted(now: datetime) -> datetime:
    """The instant a form asks for: a stop or a typed one, or some hours further."""
    if "hours" in request.form:
        return now + timedelta(hours=int(request.form["hours"]))
    return instant(request.form.get("at", "").replace("T", " "))


def _stops(now: datetime) -> Sequence[dict[str, object]]:
    return [{"at": at, "zh": zh, "en": en, "past": instant(at) <= now.astimezone(BEIJING)} for at, zh, en in STOPS]


def _addresses() -> list[tuple[str, str]]:
    return [(one.email, one.name) for one in world.people()]


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
