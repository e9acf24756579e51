"""Exceptions of one project a year: the province's list, the lead's form, and taking one back."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from directory.policy import may
from eventstore.refusal import Refusal, Refused
from web import forms, texts
from workflow.granting import ExceptionView, Granting
from workflow.handling import NotFound
from workflow.pages.desk import Desk, asking

_DONE = ("granted", "taken_back")
_FIELD_OF = {
    "REASON_REQUIRED": "reason",
    "FIELD_TOO_LONG": "reason",
    "UNIT_UNKNOWN": "unit",
    "EXCEPTION_STANDS": "unit",
    "NOT_WAIVABLE": "family",
    "EXCEPTION_IN_USE": "reason",
}


def exceptions(desk: Desk) -> Blueprint:
    pages = Blueprint("exceptions", __name__)
    granting = Granting(desk.handling.dispatcher, desk.handling.gathering.definitions, desk.register)

    @pages.get("/exceptions")
    def listed() -> ResponseReturnValue:
        return render_template("workflow/exceptions.html", **_listed(desk, granting, asking("exception.read")))

    @pages.post("/exceptions")
    def grant() -> ResponseReturnValue:
        actor = asking("exception.grant")
        call, _, family = forms.text("family").partition("/")
        context = desk.context(actor, "exceptions")

        def granted() -> None:
            code, reason = forms.text("unit"), forms.text("reason")
            empty = [name for name, text in (("family", family), ("unit", code), ("reason", reason)) if not text]
            if empty:
                raise Refused(Refusal.of("REQUIRED", field=name) for name in empty)
            granting.grant(actor, context, call=call, family=family, code=code, reason=reason)

        return _answered(desk, granting, actor, granted, "granted")

    @pages.post("/exceptions/<uuid:exception>/taking-back")
    def take_back(exception: UUID) -> ResponseReturnValue:
        actor = asking("exception.grant")
        context = desk.context(actor, "exceptions", str(exception))
        reason = forms.text(f"reason-{exception}")

        def taken() -> None:
            granting.take_back(actor, context, str(exception), reason)

        return _answered(desk, granting, actor, taken, "taken_back", f"reason-{exception}")

    return pages


def _answered(
    desk: Desk, granting: Granting, actor: Actor, act: Callable[[], None], done: str, control: str = ""
) -> ResponseReturnValue:
    """Back to the list; or the same page with what was typed, and why not beside it."""
    try:
        act()
    except NotFound:
        raise
    except Refused as refused:
        wrong = [_explained(refusal, control) for refusal in refused.refusals]
        page = _listed(desk, granting, actor) | {
            "summary": [{"field": name, "text": text} for name, text in wrong],
            "errors": dict(wrong),
            "typed": {name: forms.text(name) for name in ("family", "unit", "reason")},
        }
        return render_template("workflow/exceptions.html", **page), 422
    return redirect(f"/exceptions?done={done}", 303)


def _explained(refusal: Refusal, control: str) -> tuple[str, Any]:
    name = _FIELD_OF.get(refusal.code) or str(refusal.params.get("field", ""))
    label = texts.catalogue().get(f"pages.exceptions.{'where' if name == 'family' else name}")
    more = {"label_zh": label.zh, "label_en": label.en} if label else {}
    return control or name, texts.explain(Refusal(refusal.code, {**refusal.params, **more}, refusal.source))


def _listed(desk: Desk, granting: Granting, actor: Actor) -> dict[str, Any]:
    calls, found = desk.calls(), granting.all(actor)
    titles = {call.id: call.title for call in calls}
    names = desk.handling.names({one.granted_by for one in found})
    done = request.args.get("done", "")
    families = granting.families(actor, calls)
    several = len({call.id for call, _ in families}) < len(families)
    return {
        "rows": [_row(one, titles, names) for one in found],
        "families": [
            (f"{call.id}/{family}", _titled(call.title, family if several else "")) for call, family in families
        ],
        "may_grant": may(actor, "exception.grant") is None,
        "done": done if done in _DONE else "",
        "command_id": forms.new_command_id(),
        "summary": (),
        "errors": {},
        "typed": {},
    }


def _titled(title: Any, family: str) -> dict[str, str]:
    return {"zh": f"{title.zh} {family}".strip(), "en": f"{title.en} {family}".strip()}


def _row(one: ExceptionView, titles: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        "one": one,
        "call": titles.get(one.call, one.call),
        "by": names.get(one.granted_by, ""),
        "command_id": forms.new_command_id(),
    }
