"""A unit's own applications and the calls it can answer; and the one address of an application for whoever may see it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import UNIT_ROLES, Actor
from eventstore.event import instant_of
from eventstore.refusal import Refusal, Refused
from programmes.call import Call
from web import face, forms, texts
from workflow import commands as c
from workflow import worklist
from workflow.blind import blind_calls
from workflow.pages.desk import Desk, asking, is_authority
from workflow.pages.frame import framed
from workflow.pages.overview import overview
from workflow.pages.parts import WRITABLE, aside
from workflow.pages.reading import dossier
from workflow.pages.rows import row
from workflow.worklist import Question


def mine(desk: Desk) -> Blueprint:
    pages = Blueprint("mine", __name__)

    @pages.get("/applications")
    def listed() -> ResponseReturnValue:
        actor = asking("application.list")
        if not actor.scopes(*UNIT_ROLES):
            return redirect("/inbox", 303)
        return render_template("workflow/applications.html", **_listed(desk, actor))

    @pages.post("/applications")
    def begin() -> ResponseReturnValue:
        actor = asking("application.create")
        try:
            application_id = _begin(desk, actor)
        except Refused as refused:
            if any(refusal.code in ("ROLE_FORBIDDEN", "NOT_FOUND") for refusal in refused.refusals):
                raise
            wrong = [texts.explain(refusal) for refusal in refused.refusals]
            page = _listed(desk, actor) | {"summary": [{"field": "", "text": each} for each in wrong]}
            return render_template("workflow/applications.html", **page, typed=forms.fields()), 422
        return redirect(f"/applications/{application_id}", 303)

    @pages.get("/applications/<uuid:application_id>")
    def one(application_id: UUID) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("application.read"))
        done = request.args.get("done", "")
        done = done if texts.has(f"pages.done.{done}") else ""
        if frame.mine and frame.dossier.stage in WRITABLE:
            page = overview(desk, frame) | aside(desk, frame) | {"done": done}
            return render_template("workflow/application.html", **page)
        return render_template("workflow/dossier.html", **dossier(desk, frame), done=done)

    return pages


def _listed(desk: Desk, actor: Actor) -> dict[str, Any]:
    """The unit's applications, soonest due first, and the calls that are open or will open."""
    calls, at = desk.calls(), face.now()
    question = Question(after=request.args.get("after"), blind=blind_calls(calls))
    with desk.handling.store.reading() as db:
        page = worklist.page(db, actor, question)
    return {
        "rows": [row(item, calls, at) for item in page.items],
        "after": page.after,
        "paged": question.after is not None,
        "open_calls": [_call(call, at) for call in calls if not call.closed_to(at)],
        "coming_calls": [call for call in calls if call.status == "issued" and call.opens_at > at],
        "units": sorted(actor.scopes(*UNIT_ROLES)),
        "command_id": forms.new_command_id(),
        "application_id": str(desk.handling.ids.uuid7()),
        "elsewhere": "/inbox" if is_authority(actor) else "",
        "summary": (),
    }


def _call(call: Call, now: Any) -> dict[str, Any]:
    return {"call": call, "until": call.deadlines.applicant_close, "programmes": call.programmes}


def _begin(desk: Desk, actor: Actor) -> UUID:
    """The id was made with the form: pressing twice opens one application."""
    try:
        application_id = UUID(forms.text("application_id"))
    except ValueError:
        application_id = desk.handling.ids.uuid7()
    call, _, direction = forms.text("direction").partition("/")
    if not direction:
        raise Refused(Refusal.of("REQUIRED", label_zh="征集方向", label_en="Direction", field="direction"))
    unit = forms.text("unit") or next(iter(actor.scopes(*UNIT_ROLES)), "")
    source = forms.text("copy_from")
    try:
        copy_from = UUID(source) if source else None
    except ValueError:
        raise Refused(Refusal.of("NOT_FOUND")) from None
    command = c.Open(application_id=application_id, call=call, direction=direction, unit=unit, copy_from=copy_from)
    desk.handling.handle(command, actor, desk.context(actor, "applications", str(application_id)))
    return application_id


__all__ = ["instant_of", "mine"]
