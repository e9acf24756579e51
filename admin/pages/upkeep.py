"""The operator's desk: how far everything has read, what waits, whether the log is sound, what is set."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from admin.desk import Desk
from workflow.pages.desk import asking


def upkeep(desk: Desk) -> Blueprint:
    pages = Blueprint("upkeep", __name__)

    @pages.get("/upkeep")
    def shown() -> ResponseReturnValue:
        asking("upkeep.read")
        return render_template("admin/upkeep.html", found=desk.upkeep(), findings=desk.proofs.findings())

    return pages
