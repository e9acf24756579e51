"""The first page, and the links of the bar: everybody is led to where their work lies, strangers to what is public."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import UNIT_ROLES, Actor
from directory.policy import may
from service.wiring import House
from web.face import Link
from web.operations import Identity
from workflow.pages.lists import desk_of

_DESKS = {
    "/inbox": ("收件", "Inbox"),
    "/desk": ("办理", "Desk"),
    "/payments": ("拨付", "Payments"),
    "/reviews": ("评审", "Reviews"),
    "/applications": ("申报", "Applications"),
}
PEOPLE = "/people"
NOTICES = Link(href="/notices", zh="公示", en="Public notices")


def home_of(actor: Actor) -> str:
    """Where a person's work lies. The system administrator, who sees no application, begins at the outbox; the security
    administrator at the people."""
    if may(actor, "application.list") is None:
        return desk_of(actor)
    if may(actor, "person.read") is None:
        return PEOPLE
    return "/outbox" if may(actor, "letter.list") is None else "/notices"


def links(actor: Actor) -> Sequence[Link]:
    """The bar of a person: their desk, a unit's applications, the province's exceptions, letters, notices."""
    homes = [home_of(actor), *(["/applications"] if actor.scopes(*UNIT_ROLES) else [])]
    found = [Link(href=path, zh=_DESKS[path][0], en=_DESKS[path][1]) for path in dict.fromkeys(homes) if path in _DESKS]
    if may(actor, "exception.read") is None:
        found.append(Link(href="/exceptions", zh="例外", en="Exceptions"))
        found.append(Link(href="/bars", zh="失信", en="Barred"))
    if may(actor, "expert.read") is None:
        found.append(Link(href="/experts", zh="专家库", en="Experts"))
    if may(actor, "ranking.read") is None:
        found.append(Link(href="/rankings", zh="排序", en="Ranking"))
    if may(actor, "figures.read") is None:
        found.append(Link(href="/figures", zh="统计", en="Figures"))
    found.append(Link(href="/letters", zh="信件", en="Letters"))
    if may(actor, "letter.list") is None:
        found.append(Link(href="/outbox", zh="发件箱", en="Outbox"))
    if may(actor, "history.read") is None:
        found.append(Link(href="/history", zh="事件历史", en="History"))
    if may(actor, "upkeep.read") is None:
        found.append(Link(href="/upkeep", zh="运维", en="Upkeep"))
    if may(actor, "person.read") is None:
        found.append(Link(href=PEOPLE, zh="人员", en="People"))
    if may(actor, "webhook.read") is None:
        found.append(Link(href="/webhooks", zh="回调", en="Webhooks"))
    return (*found, NOTICES)


def pages(house: House, identity: Identity) -> Blueprint:
    blueprint = Blueprint("front", __name__, template_folder="templates")

    @blueprint.get("/")
    def front() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = identity(request)
        if actor is not None:
            return redirect(home_of(actor), 303)
        return render_template("service/front.html", calls=house.calls.calls())

    return blueprint
