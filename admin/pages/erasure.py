"""Whose personal data are restricted or erased, and the two steps by two security administrators."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from admin.desk import Desk
from directory.actor import Actor
from directory.policy import may
from eventstore.refusal import Refusal, Refused
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

    @pages.post("/erasures/values")
    def set_apart() -> ResponseReturnValue:
        actor = asking("person.restrict")
        return _answered(desk, actor, lambda: _set_apart(desk, actor))

    @pages.post("/erasures/values/<case>/erasing")
    def erase_values(case: str) -> ResponseReturnValue:
        actor = asking("person.erase")
        act = lambda: desk.apart.erase(desk.context(actor), actor, case, forms.text("reason"))  # noqa: E731
        return _answered(desk, actor, act)

    return pages


def _set_apart(desk: Desk, actor: Actor) -> None:
    about, values = forms.text("about"), forms.text("values").splitlines()
    desk.apart.restrict(desk.context(actor), actor, about, values, forms.text("reason_values"))


def _restrict(desk: Desk, actor: Actor, person: str) -> None:
    desk.register.restrict(desk.context(actor), actor, person, forms.text("reason"))


def _erase(desk: Desk, actor: Actor, person: str) -> None:
    desk.register.erase_restricted(desk.context(actor), actor, person, forms.text("reason"))


def _answered(desk: Desk, actor: Actor, act: Callable[[], object]) -> ResponseReturnValue:
    """Back to the list; or the list with why not on top, and what was typed."""
    try:
        act()
    except Refused as refused:
        typed = {name: forms.text(name) for name in ("person", "reason", "about", "values", "reason_values")}
        faults = [{"field": _field(one, typed), "text": one} for one in refused.refusals]
        return render_template("admin/erasures.html", **_listed(desk, actor) | {"faults": faults, "typed": typed}), 422
    return redirect("/erasures?done=1", 303)


_FIELDS = {"PERSON_UNKNOWN": "person", "APPLICATION_UNKNOWN": "about", "VALUE_NOT_FOUND": "values"}


def _field(refusal: Refusal, typed: Mapping[str, str]) -> str:
    """Which of the two forms was sent says whose reason is lacking."""
    if refusal.code in ("REASON_REQUIRED", "FIELD_TOO_LONG"):
        return "reason_values" if typed["about"] or typed["values"] else "reason"
    return _FIELDS.get(refusal.code, "")


def _listed(desk: Desk, actor: Actor) -> dict[str, Any]:
    gone = list(reversed(desk.erasures.of_the_log()))
    return {
        "gone": gone,
        "numbers": desk.numbers({one.application for one in gone} - {""}),
        "may_act": may(actor, "person.restrict") is None,
        "me": actor.id,
        "done": bool(request.args.get("done")),
        "faults": (),
        "typed": {},
        "command_id": forms.new_command_id(),
    }
