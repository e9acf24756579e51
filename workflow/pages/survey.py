"""统计: the figures of a call as pictures and tables, and each table to take away. Everybody sees their own part only."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from eventstore.event import microseconds
from paperwork.sheet import ListSheet
from programmes.call import Call
from web import face
from web.problems import NotFound
from web.saying import speech, t
from workflow.pages.desk import Desk, asking
from workflow.pages.lists import desk_of
from workflow.pages.pictures import NAMES, Drawn, Picture
from workflow.pages.taking import taken_as
from workflow.survey import Survey, survey

ACTION = "figures.read"


def surveys(desk: Desk) -> Blueprint:
    pages = Blueprint("surveys", __name__)

    @pages.get("/figures")
    def newest() -> ResponseReturnValue:
        """The newest call of the asker's own province, or the newest of all."""
        actor, calls = asking(ACTION), desk.calls()
        if not calls:
            raise NotFound
        own = [call for call in calls if any(grant.scope[:2] == call.province for grant in actor.grants)]
        return redirect(f"/figures/{(own or calls)[-1].id}", 303)

    @pages.get("/figures/<call_id>")
    def shown(call_id: str) -> ResponseReturnValue:
        actor = asking(ACTION)
        call = _call(desk, call_id)
        found = _survey(desk, actor, call)
        return render_template(
            "workflow/survey.html",
            call=call,
            calls=desk.calls(),
            found=found,
            pictures=() if found.empty else Drawn(found, call, desk_of(actor), speech()).all(),
            home=desk_of(actor),
        )

    @pages.get("/figures/<call_id>/<name>.<any(csv, xlsx):kind>")
    def taken(call_id: str, name: str, kind: str) -> ResponseReturnValue:
        actor = asking(ACTION)
        call = _call(desk, call_id)
        if name not in NAMES:
            raise NotFound
        picture = Drawn(_survey(desk, actor, call), call, desk_of(actor), speech()).picture(name)
        return taken_as(kind, f"{call.id}-{name}", ListSheet(t(f"survey.{name}"), _rows(picture)))

    return pages


def _call(desk: Desk, call_id: str) -> Call:
    call = next((call for call in desk.calls() if call.id == call_id), None)
    if call is None:
        raise NotFound
    return call


def _survey(desk: Desk, actor: Actor, call: Call) -> Survey:
    desk.handling.catch_up()
    with desk.handling.store.reading() as db:
        return survey(db, actor, call.id, microseconds(face.now()))


def _rows(picture: Picture) -> tuple[tuple[str, ...], ...]:
    return (tuple(t(head) for head in picture.heads), *(tuple(cell.plain for cell in row) for row in picture.rows))
