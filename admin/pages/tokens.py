"""One's own API tokens: issue one, see it once, revoke it. No rule and no query here."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from admin.desk import Desk
from admin.pages.faults import faults_of
from directory import tokens
from directory.actor import Actor
from directory.tokens import Wish
from eventstore.refusal import Malformed, Refused
from web import forms
from web.problems import NotFound
from workflow.pages.desk import asking

DAYS = (7, 30, 90, 180, 365)


def own_tokens(desk: Desk) -> Blueprint:
    pages = Blueprint("own_tokens", __name__)

    @pages.get("/me/tokens")
    def listed() -> ResponseReturnValue:
        return _page(desk, asking("token.list"))

    @pages.post("/me/tokens")
    def issue() -> ResponseReturnValue:
        """The answer holds the secret and is not redirected: it is shown this once."""
        actor = asking("token.issue")
        try:
            secret, _ = desk.tokens.issue(desk.workflow.context(actor, "tokens"), actor, _wished())
        except (Malformed, Refused) as error:
            return _page(desk, actor, faults=faults_of(error, "tokens")), 422
        return _page(desk, actor, secret=secret), 201

    @pages.post("/me/tokens/<handle>/revocation")
    def revoke(handle: str) -> ResponseReturnValue:
        actor = asking("token.revoke")
        if not desk.tokens.revoke(desk.workflow.context(actor, "tokens", handle), actor.id, handle):
            raise NotFound
        return redirect("/me/tokens", 303)

    return pages


def _wished() -> Wish:
    days = forms.text("days")
    whole = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0
    return tokens.wished(forms.text("label"), forms.fields().get("scopes", []), whole)


def _page(desk: Desk, actor: Actor, *, secret: str = "", faults: Sequence[Any] = ()) -> str:
    found, now = desk.tokens.of(actor.id), desk.tokens.now()
    typed = forms.fields() if faults else {}
    return render_template(
        "admin/tokens.html",
        good=[one for one in found if one.good(now)],
        over=[one for one in found if not one.good(now)],
        offered=[scope.value for scope in tokens.offered(actor)],
        days=DAYS,
        secret=secret,
        faults=faults,
        label=typed.get("label", [""])[0],
        scopes=typed.get("scopes", []),
        lasts=typed.get("days", [str(tokens.USUAL.days)])[0],
        command_id=forms.new_command_id(),
    )
