"""The operator's desk: how far everything has read, what waits, whether the log is sound, what is set."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from admin.desk import Desk
from directory.policy import may
from web import forms
from web.face import signed_in
from web.problems import NotFound
from workflow.pages.desk import asking


def upkeep(desk: Desk) -> Blueprint:
    pages = Blueprint("upkeep", __name__)

    @pages.get("/upkeep")
    def shown() -> ResponseReturnValue:
        asking("upkeep.read")
        found, may_build = desk.upkeep(), may(signed_in(), "projection.rebuild") is None
        return render_template(
            "admin/upkeep.html", found=found, findings=desk.proofs.findings(), may_build=may_build,
            rebuilds={one.projection: one for one in found.rebuilds},
        )  # fmt: skip

    @pages.post("/upkeep/rebuilds")
    def build() -> ResponseReturnValue:
        actor = asking("projection.rebuild")
        if not desk.rebuild(forms.text("projection"), actor.id):
            raise NotFound
        return redirect("/upkeep#projections", 303)

    return pages
