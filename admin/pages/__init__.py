"""The pages of this room: the log, one application's history and the dossier as it stood, proof, the operator's desk."""

from pathlib import Path

from flask import Blueprint

from admin.desk import Desk
from admin.pages.application import application
from admin.pages.erasure import erasure
from admin.pages.inviting import inviting
from admin.pages.log import log
from admin.pages.people import people
from admin.pages.proof import proof
from admin.pages.tokens import own_tokens
from admin.pages.upkeep import upkeep

TEMPLATES = Path(__file__).parent.parent / "templates"


def pages(desk: Desk) -> list[Blueprint]:
    """The blueprints of this room."""
    shelf = Blueprint("admin", __name__, template_folder=str(TEMPLATES))
    return [
        shelf,
        log(desk),
        application(desk),
        proof(desk),
        upkeep(desk),
        erasure(desk),
        own_tokens(desk),
        people(desk),
        inviting(desk),
    ]


__all__ = ["pages"]
