"""Whose personal data are restricted or erased, and the two steps by two security administrators."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from admin.desk import Desk
from directory.actor import Actor
from directory.policy import may
from eventstore.refusal import Refused
from web import forms
from workflow.pages.desk import asking


def erasure(desk: Desk) -> Blueprint:
    pages = Blueprint("erasure", __name__)

    @pages.get("/erasures")
    def listed() -> ResponseReturnValue:
        return render_template("admin/erasures.html", **_listed(desk, asking("erasure.read")))

    @pages.post("/erasures")
    def restrict() -> ResponseReturnValue:
        actor, person = asking("person.restrict"), forms.text("person").strip()
        return _answered(desk, actor, lambda: _restrict(desk, actor, person))

    @pages.post("/erasures/<person>/erasing")
    def erase(person: str) -> ResponseReturnValue:
        actor = asking("person.erase")
        return _answered(desk, actor, lambda: _erase(desk, actor, person))

    return pages


def _restrict(desk: Desk, actor: Actor, person: str) -> None:
    desk.register.restrict(desk.context(actor), actor, person, forms.text("reason"))


def _erase(desk: Desk, actor: Actor, person: str) -> None:
    desk.register.erase_restricted(desk.context(actor), actor, person, forms.text("reason"))


def _answered(desk: Desk, actor: Actor, act: Callable[[], object]) -> ResponseReturnValue:
    """Back to the list; or the list with why not on top, and what was typed."""
    try:
        act()
    except Refused as refused:
        faults = [{"field": _FIELDS.get(one.code, ""), "text": one} for one in refused.refusals]
        typed = {"person": forms.text("person"), "reason": forms.text("reason")}
        return render_template("admin/erasures.html", **_listed(desk, actor) | {"faults": faults, "typed": typed}), 422
    return redirect("/erasures?done=1", 303)


_FIELDS = {"PERSON_UNKNOWN": "person", "REASON_REQUIRED": "reason"}


def _listed(desk: Desk, actor: Actor) -> dict[str, Any]:
    return {
        "gone": list(reversed(desk.erasures.of_the_log())),
        "may_act": may(actor, "person.restrict") is None,
        "me": actor.id,
        "done": bool(request.args.get("done")),
        "faults": (),
        "typed": {},
        "command_id": forms.new_command_id(),
    }
