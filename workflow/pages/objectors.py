"""查看异议人身份: a page that asks why before it tells who objected."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from eventstore.refusal import Refused
from web import forms, texts
from workflow.handling import NotFound
from workflow.objectors import identity_of
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame, framed

_RULE = "/applications/<uuid:application_id>/objections/<int:number>/identity"


def objectors(desk: Desk) -> Blueprint:
    pages = Blueprint("objectors", __name__)

    @pages.get(_RULE)
    def ask(application_id: UUID, number: int) -> ResponseReturnValue:
        return render_template("workflow/objector.html", **_shown(_asked(desk, application_id, number), number))

    @pages.post(_RULE)
    def look(application_id: UUID, number: int) -> ResponseReturnValue:
        frame = _asked(desk, application_id, number)
        try:
            found = identity_of(desk.handling, application_id, number, frame.actor, forms.text("reason"))
        except NotFound:
            raise
        except Refused as refused:
            wrong = [{"field": "reason", "text": texts.explain(refusal)} for refusal in refused.refusals]
            return render_template("workflow/objector.html", **_shown(frame, number, wrong=wrong)), 422
        return render_template("workflow/objector.html", **_shown(frame, number, found=found))

    return pages


def _asked(desk: Desk, application_id: UUID, number: int) -> Frame:
    frame = framed(desk, application_id, asking("objection.read"))
    if not any(one.number == number for one in frame.application.objections):
        raise NotFound
    return frame


def _shown(frame: Frame, number: int, **more: Any) -> dict[str, Any]:
    objection = next(one for one in frame.application.objections if one.number == number)
    wrong = more.get("wrong", ())
    return {
        **frame.around(),
        "objection": objection,
        "found": more.get("found"),
        "summary": wrong,
        "errors": {each["field"]: each["text"] for each in wrong},
        "typed": forms.text("reason"),
        "command_id": forms.new_command_id(),
    }
