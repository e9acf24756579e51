"""A lost second factor, taken away by two persons: one asks, another confirms. The person may say no themselves.

A security administrator asks for anybody, a unit's administrator for people of the own unit; only the former confirm.
"""

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from directory.access import asked_resets
from directory.actor import Actor, Role
from directory.policy import may
from directory.records import Directory
from eventstore.refusal import Refusal, Refused
from service import enrolling
from service.wiring import House
from web import forms
from web.face import asking
from web.problems import NotFound

HOME = "/factor-resets"


def pages(house: House) -> Blueprint:
    blueprint = Blueprint("resets", __name__, template_folder="templates")

    @blueprint.get(HOME)
    def listed() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        return render_template("service/resets.html", **_around(house, asking("factor.ask_reset")))

    @blueprint.post(HOME)
    def ask() -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = asking("factor.ask_reset")
        email, reason = forms.text("email")[:320], forms.text("reason")[:1000]
        try:
            house.access.ask_reset(enrolling.context(house, actor.id), actor, _person(house, actor, email), reason)
        except Refused as refused:
            typed = {"email": email, "reason": reason}
            return render_template("service/resets.html", **_around(house, actor, refused.refusals, typed)), 422
        return redirect(f"{HOME}?done=asked", 303)

    @blueprint.post(f"{HOME}/<person>/confirmation")
    def confirm(person: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = asking("factor.confirm_reset")
        _known(house, person)
        house.access.confirm_reset(enrolling.context(house, actor.id), actor, person)
        return redirect(f"{HOME}?done=confirmed", 303)

    @blueprint.post(f"{HOME}/<person>/withdrawal")
    def drop(person: str) -> ResponseReturnValue:  # pyright: ignore[reportUnusedFunction]
        actor = asking("account.read")
        _known(house, person)
        asked = house.access.reset_of(person)
        if actor.id not in (person, asked.by if asked else "") and may(actor, "factor.confirm_reset") is not None:
            raise NotFound
        house.access.drop_reset(enrolling.context(house, actor.id), actor, person)
        return redirect("/me/account?done=reset" if actor.id == person else f"{HOME}?done=dropped", 303)

    return blueprint


def _known(house: House, person: str) -> None:
    """A stream is named only after somebody who is there."""
    with house.store.reading() as db:
        if Directory(db).person(person) is None:
            raise NotFound


def _person(house: House, actor: Actor, email: str) -> str:
    """Whose address it is, among those *actor* may ask for. Raises PERSON_UNKNOWN: somebody of another unit is nobody here."""
    with house.store.reading() as db:
        found = Directory(db).person_by_email(email)
        if found is None or not _answers_for(db, actor, found.id):
            raise Refused(Refusal.of("PERSON_UNKNOWN"))
    return found.id


def _answers_for(db: Connection, actor: Actor, person: str) -> bool:
    if may(actor, "factor.confirm_reset") is None:
        return True
    units = actor.scopes(Role.UNIT_ADMIN)
    return any(grant.scope in units for grant in Directory(db).grants(person))


def _around(
    house: House, actor: Actor, wrong: tuple[Refusal, ...] = (), typed: dict[str, str] | None = None
) -> dict[str, Any]:
    with house.store.reading() as db:
        rows = [row for row in asked_resets(db) if _answers_for(db, actor, row.person)]
        names = Directory(db).names({each for row in rows for each in (row.person, row.by)})
    return {
        "rows": rows,
        "names": names,
        "me": actor.id,
        "may_confirm": may(actor, "factor.confirm_reset") is None,
        "faults": [{"field": _FIELD.get(one.code, ""), "text": one} for one in wrong],
        "typed": typed or {},
        "done": f"resets.{request.args['done']}" if request.args.get("done") in _DONE else "",
    }


_FIELD = {"PERSON_UNKNOWN": "email", "FACTOR_MISSING": "email", "SAME_PERSON": "email", "REASON_REQUIRED": "reason"}
_DONE = ("asked", "confirmed", "dropped")
