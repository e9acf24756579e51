"""储备名单: a call's budget, what is free of it, and who waits in which order."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from web.problems import NotFound
from workflow.pages.desk import Desk, asking
from workflow.pages.rankings import ACTION, own_calls
from workflow.reserve import reserve
from workflow.review import points


def reserves(desk: Desk) -> Blueprint:
    pages = Blueprint("reserves", __name__)

    @pages.get("/reserves")
    def newest() -> ResponseReturnValue:
        calls = own_calls(desk, asking(ACTION))
        if not calls:
            raise NotFound
        return redirect(f"/reserves/{calls[-1].id}", 303)

    @pages.get("/reserves/<call_id>")
    def shown(call_id: str) -> ResponseReturnValue:
        actor = asking(ACTION)
        calls = own_calls(desk, actor)
        call = next((call for call in calls if call.id == call_id), None)
        if call is None:
            raise NotFound
        with desk.handling.store.reading() as db:
            found = reserve(db, actor, call)
        if found is None:
            raise NotFound
        kept = [one.id for one in call.programmes if one.reserve]
        return render_template("workflow/reserve.html", call=call, calls=calls, found=found, kept=kept, points=points)

    return pages
