"""People and roles: who is there, who gave them what, what waits for a second hand. No rule and no query here."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from admin.desk import Desk
from admin.pages.faults import faults_of
from admin.people import grant_of, may_confirm
from directory.actor import GIVEN_TO_NOBODY, Actor, Grant, Role
from directory.offices import competent, offered, places_of
from directory.policy import may
from directory.staff import sees_addresses
from eventstore.refusal import Malformed, Refused
from web import face, forms
from workflow.pages.desk import asking

ROLES = tuple(role.value for role in Role if role not in GIVEN_TO_NOBODY)


def people(desk: Desk) -> Blueprint:
    pages = Blueprint("people", __name__)

    @pages.get("/people")
    def listed() -> ResponseReturnValue:
        actor = asking("person.read")
        text, role = request.args.get("q", "").strip()[:100], request.args.get("role", "")
        found = desk.people.listed(
            actor, face.now(), text, Role(role) if role in ROLES else None, request.args.get("after", "")[:100]
        )
        return render_template("admin/people.html", found=found, q=text, role=role, roles=ROLES, **_of(actor))

    @pages.get("/people/<person>")
    def one(person: str) -> ResponseReturnValue:
        return _person(desk, asking("person.read"), person)

    @pages.post("/people/<person>/roles")
    def ask(person: str) -> ResponseReturnValue:
        def act(actor: Actor) -> None:
            desk.people.granting.ask(_context(desk, actor, person), actor, person, _grant(), _reason())

        return _done(desk, person, "grant.give", act)

    @pages.post("/people/<person>/roles/confirmation")
    def confirm(person: str) -> ResponseReturnValue:
        def act(actor: Actor) -> None:
            desk.people.granting.confirm(_context(desk, actor, person), actor, person, _grant(), _reason())

        return _done(desk, person, "grant.confirm", act)

    @pages.post("/people/<person>/roles/closing")
    def close(person: str) -> ResponseReturnValue:
        def act(actor: Actor) -> None:
            desk.people.granting.close(_context(desk, actor, person), actor, person, _grant(), _reason())

        return _done(desk, person, "grant.confirm", act)

    @pages.post("/people/<person>/roles/return")
    def take_back(person: str) -> ResponseReturnValue:
        def act(actor: Actor) -> None:
            desk.people.register.take_back(_context(desk, actor, person), actor, person, _grant(), _reason())

        return _done(desk, person, "grant.take_back", act)

    @pages.post("/people/<person>/tokens/<handle>/revocation")
    def revoke(person: str, handle: str) -> ResponseReturnValue:
        def act(actor: Actor) -> None:
            desk.tokens.revoke(_context(desk, actor, person), person, handle)

        return _done(desk, person, "token.revoke_of", act)

    return pages


def _context(desk: Desk, actor: Actor, person: str) -> Any:
    return desk.workflow.context(actor, "people", person)


def _grant() -> Grant:
    return grant_of(forms.text("role"), forms.text("scope"))


def _reason() -> str:
    return forms.text("reason")[:500]


def _done(desk: Desk, person: str, action: str, act: Callable[[Actor], None]) -> ResponseReturnValue:
    """The policy, then whether this person is the actor's to see, then the form; back to the person, or why not on top."""
    actor = asking(action)
    desk.people.admit(actor, person)
    try:
        act(actor)
    except (Malformed, Refused) as error:
        return _person(desk, actor, person, faults_of(error, "people")), 422
    return redirect(f"/people/{person}?done=1" if desk.people.sees(actor, person) else "/people?done=1", 303)


def _person(desk: Desk, actor: Actor, person: str, faults: Sequence[Any] = ()) -> str:
    found = desk.people.one(actor, person, face.now())
    roles = offered(actor)
    places = sorted({place for role in roles for place in places_of(actor, role)})
    now = desk.tokens.now()
    tokens = desk.tokens.of(person) if may(actor, "token.revoke_of") is None else []
    return render_template(
        "admin/person.html",
        found=found,
        offered=[role.value for role in roles],
        places=places,
        tokens=[one for one in tokens if one.good(now)],
        faults=faults,
        typed={name: forms.text(name) for name in ("role", "scope", "reason")} if faults else {},
        **_of(actor),
    )


def _of(actor: Actor) -> dict[str, Any]:
    """What the templates ask of the one who looks."""
    return {
        "me": actor.id,
        "may_give": may(actor, "grant.give") is None,
        "may_confirm": partial(may_confirm, actor),
        "competent": partial(competent, actor),
        "sees_erasures": may(actor, "erasure.read") is None,
        "sees_address": sees_addresses(actor),
        "done": bool(request.args.get("done")),
        "command_id": forms.new_command_id(),
    }
