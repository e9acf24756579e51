"""Inviting people: the list and the form of an office, and the page that a link leads to. Opening a link answers nothing."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from admin.desk import Desk
from admin.pages.faults import faults_of
from admin.people import grant_of
from directory.actor import PUBLIC, Actor
from directory.invitation import RESENT_AT_MOST
from directory.offices import offered, places_of
from directory.person import Identity
from directory.policy import may
from eventstore.dispatch import Context
from eventstore.refusal import Malformed, Refused
from web import face, forms
from workflow.pages.desk import asking

_FIELDS = ("name", "email", "language", "role", "scope")


def inviting(desk: Desk) -> Blueprint:
    pages = Blueprint("inviting", __name__)

    @pages.get("/people/invitations")
    def listed() -> ResponseReturnValue:
        return _list(desk, asking("person.invite"))

    @pages.post("/people/invitations")
    def invite() -> ResponseReturnValue:
        actor = asking("person.invite")
        try:
            identity = Identity(
                name=forms.text("name"), email=forms.text("email"), language=forms.text("language", "zh")
            )
            grant = grant_of(forms.text("role"), forms.text("scope"))
            desk.people.inviting.invite(desk.workflow.context(actor, "invitations"), actor, identity, grant)
        except (Malformed, Refused) as error:
            return _list(desk, actor, faults_of(error, "people")), 422
        return redirect("/people/invitations?done=1", 303)

    @pages.post("/people/invitations/<uuid:id_>/resending")
    def resend(id_: UUID) -> ResponseReturnValue:
        return _done(desk, str(id_), desk.people.inviting.resend)

    @pages.post("/people/invitations/<uuid:id_>/withdrawal")
    def withdraw(id_: UUID) -> ResponseReturnValue:
        return _done(desk, str(id_), desk.people.inviting.withdraw)

    @pages.get("/join/<uuid:id_>")
    def look(id_: UUID) -> ResponseReturnValue:
        return _offer(desk, str(id_), request.args.get("key", ""))

    @pages.post("/join/<uuid:id_>")
    def accept(id_: UUID) -> ResponseReturnValue:
        key = forms.text("key")
        if refusal := may(face.caller() or PUBLIC, "invitation.answer"):
            raise Refused(refusal)
        try:
            desk.people.inviting.accept(lambda person: _as(desk, person, str(id_)), str(id_), key)
        except Refused as refused:
            return _offer(desk, str(id_), key, refused)
        return _kept_to_itself(make_response(redirect("/join/accepted", 303)))

    @pages.get("/join/accepted")
    def accepted() -> ResponseReturnValue:
        return render_template("admin/joined.html")

    return pages


def _as(desk: Desk, person: str, id_: str) -> Context:
    """Whoever holds the link acts as the person they are by it."""
    return desk.workflow.context(Actor(person, ""), "join", id_)


def _done(desk: Desk, id_: str, act: Callable[[Context, Actor, str], None]) -> ResponseReturnValue:
    actor = asking("person.invite")
    desk.people.admit_invitation(actor, id_)
    try:
        act(desk.workflow.context(actor, "invitations", id_), actor, id_)
    except Refused as refused:
        return _list(desk, actor, faults_of(refused, "people")), 422
    return redirect("/people/invitations?done=1", 303)


def _list(desk: Desk, actor: Actor, faults: Sequence[Any] = ()) -> str:
    found, names = desk.people.invitations(actor, face.now())
    roles = offered(actor)
    return render_template(
        "admin/invitations.html",
        found=found,
        names=names,
        offered=[role.value for role in roles],
        places=sorted({place for role in roles for place in places_of(actor, role)}),
        most=RESENT_AT_MOST,
        faults=faults,
        typed={name: forms.text(name) for name in _FIELDS} if faults else {},
        done=bool(request.args.get("done")),
        command_id=forms.new_command_id(),
    )


def _offer(desk: Desk, id_: str, key: str, refused: Refused | None = None) -> Response:
    """What the link offers; where it opens nothing, what to do instead, and nothing about anybody."""
    try:
        one = desk.people.inviting.look(id_, key)
    except Refused as closed:
        page = render_template("admin/joining_closed.html", reasons=closed.refusals)
        return _kept_to_itself(make_response(page, 410))
    page = render_template(
        "admin/joining.html",
        one=one,
        place=desk.people.place_of(one.grant),
        id=id_,
        key=key,
        reasons=refused.refusals if refused else (),
        command_id=forms.new_command_id(),
    )
    return _kept_to_itself(make_response(page, 422 if refused else 200))


def _kept_to_itself(response: Response) -> Response:
    """No referer carries the key away, no cache keeps the page, no search engine lists it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
