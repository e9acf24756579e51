"""One-time links of the letters: an invitation to join, an agreement to confirm. Opening one answers nothing; a button does.

Whoever has the key needs no account. The key stands in the letter's link and in the form, is sent on to nobody
(no-referrer, no-store), and a wrong one learns nothing.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from consortium.membership import may_be_answered, may_be_confirmed
from consortium.ratios import percent
from directory.actor import PUBLIC
from eventstore.refusal import Refused
from web import face, forms, texts
from workflow import commands as c
from workflow.answers import plain
from workflow.application import Application
from workflow.consorted import of_the_consortium
from workflow.pages.desk import Desk
from workflow.pages.whole_text import whole_text

_INVITATION, _CONFIRMATION = "/invitations/<uuid:link>", "/confirmations/<uuid:link>"


def links(desk: Desk) -> Blueprint:
    pages = Blueprint("links", __name__)

    @pages.get(_INVITATION)
    def invitation(link: UUID) -> ResponseReturnValue:
        return _shown(desk, "invitation", str(link), request.args.get("key", ""))

    @pages.post(_INVITATION)
    def answer(link: UUID) -> ResponseReturnValue:
        accept = "accept" in forms.fields()
        key = forms.text("key")
        try:
            application = desk.handling.linked(str(link))
            command = c.AnswerInvitation(
                application_id=UUID(application.id),
                invitation=str(link),
                key=key,
                accept=accept,
                by=forms.text("by"),
                reason=forms.text("reason"),
            )
            desk.handling.handle(command, PUBLIC, desk.context(PUBLIC, "invitations", str(link)))
        except Refused as refused:
            return _shown(desk, "invitation", str(link), key, refused)
        return redirect(f"/invitations/answered/{'accepted' if accept else 'declined'}", 303)

    @pages.get(_CONFIRMATION)
    def confirmation(link: UUID) -> ResponseReturnValue:
        return _shown(desk, "confirmation", str(link), request.args.get("key", ""))

    @pages.post(_CONFIRMATION)
    def confirm(link: UUID) -> ResponseReturnValue:
        key = forms.text("key")
        try:
            application = desk.handling.linked(str(link))
            command = c.ConfirmAgreement(
                application_id=UUID(application.id), confirmation=str(link), key=key, digest=forms.text("digest")
            )
            desk.handling.handle(command, PUBLIC, desk.context(PUBLIC, "confirmations", str(link)))
        except Refused as refused:
            return _shown(desk, "confirmation", str(link), key, refused)
        return redirect("/invitations/answered/confirmed", 303)

    @pages.get("/invitations/answered/<any(accepted, declined, confirmed):standing>")
    def answered(standing: str) -> ResponseReturnValue:
        return render_template("workflow/answered.html", standing=standing)

    return pages


def _shown(desk: Desk, kind: str, link: str, key: str, refused: Refused | None = None) -> Response:
    """The page of the link; where the link opens nothing, what to do instead, and nothing else."""
    try:
        application = desk.handling.linked(link)
        subject = _subject(desk, application, kind, link, key)
    except Refused as closed:
        page = render_template("workflow/link_closed.html", reasons=[texts.explain(one) for one in closed.refusals])
        return _kept_to_itself(make_response(page, 410))
    wrong = [texts.explain(one) for one in refused.refusals] if refused else []
    page = render_template(
        f"workflow/{kind}.html",
        **_about(desk, application),
        **subject,
        link=link,
        key=key,
        summary=[{"field": "by", "text": one} for one in wrong],
        typed=forms.fields() if refused else {},
        command_id=forms.new_command_id(),
    )
    return _kept_to_itself(make_response(page, 422 if refused else 200))


def _subject(desk: Desk, application: Application, kind: str, link: str, key: str) -> dict[str, Any]:
    """Whose link it is; Refused where it is answered, expired, or the key is not its own."""
    now = desk.handling.now()
    if kind == "invitation":
        member = application.consortium.invitation(link)
        if (refusals := may_be_answered(member, key, now)) or member is None:
            raise Refused(refusals)
        return {"member": member, "until": member.expires_at, "whole": ()}
    asked = application.consortium.confirmation(link)
    if (refusals := may_be_confirmed(asked, key, now)) or asked is None:
        raise Refused(refusals)
    whole = whole_text(application, desk.handling.call_of(application))
    return {"asked": asked, "until": asked.expires_at, "whole": whole}


def _about(desk: Desk, application: Application) -> dict[str, Any]:
    call = desk.handling.call_of(application)
    return {
        "call": call,
        "application": application,
        "project_name": str(plain(application.answers).get("project_name") or ""),
        "consortium": of_the_consortium(application, call, personal=False, pending=False),
        "percent": percent,
        "now": face.now(),
    }


def _kept_to_itself(response: Response) -> Response:
    """No referer carries the key away, no cache keeps the page, no search engine lists it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
