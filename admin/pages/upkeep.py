"""The operator's desk: how far everything has read, what waits, whether the log is sound, what is set, and whether anything leaves."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from admin.desk import Desk
from directory.policy import may
from eventstore.refusal import Fault, Malformed
from web import forms
from web.problems import NotFound
from workflow.handling import actor_name
from workflow.pages.desk import asking


def upkeep(desk: Desk) -> Blueprint:
    pages = Blueprint("upkeep", __name__)

    @pages.get("/upkeep")
    def shown() -> ResponseReturnValue:
        actor = asking("upkeep.read")
        found = desk.upkeep()
        return render_template(
            "admin/upkeep.html",
            found=found,
            findings=desk.proofs.findings(),
            may_build=may(actor, "projection.rebuild") is None,
            rebuilds={one.projection: one for one in found.rebuilds},
            waiting=desk.holding.standing(),
            may_hold=may(actor, "outgoing.hold") is None,
        )

    @pages.post("/upkeep/rebuilds")
    def build() -> ResponseReturnValue:
        actor = asking("projection.rebuild")
        if not desk.rebuild(forms.text("projection"), actor.id):
            raise NotFound
        return redirect("/upkeep#projections", 303)

    @pages.post("/upkeep/hold")
    def hold() -> ResponseReturnValue:
        desk.holding.hold(actor_name(asking("outgoing.hold")))
        return redirect("/upkeep", 303)

    @pages.post("/upkeep/release")
    def release() -> ResponseReturnValue:
        actor, what = asking("outgoing.hold"), forms.text("what")
        if what not in ("send", "withhold"):  # what is withheld is withheld for good: never by a slip
            raise Malformed(Fault("what", "BAD_FORMAT", {"expected": "send, withhold"}))
        desk.holding.release(actor_name(actor), send=what == "send")
        return redirect("/upkeep", 303)

    return pages
