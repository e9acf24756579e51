"""The pages of an application's life: the unit's drafting, the bureaus' inbox and dossier, the desks, the public notice.

One factory; everything the pages work with is handed in. They read, ask and answer; no rule and no query lives here.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from flask import Blueprint
from sqlalchemy import Connection

from directory.records import Directory
from programmes.call import Call
from workflow.files import Files
from workflow.handling import Handling
from workflow.pages.acting import acting
from workflow.pages.bars import bars
from workflow.pages.batches import batches
from workflow.pages.consortium import consortium
from workflow.pages.desk import Desk
from workflow.pages.drafting import drafting
from workflow.pages.exceptions import exceptions
from workflow.pages.experts import experts
from workflow.pages.figures import figures
from workflow.pages.ledgers import ledgers
from workflow.pages.links import links
from workflow.pages.lists import lists
from workflow.pages.mine import mine
from workflow.pages.objectors import objectors
from workflow.pages.papers import papers
from workflow.pages.printing import printed
from workflow.pages.public import public
from workflow.pages.rankings import rankings
from workflow.pages.reserves import reserves
from workflow.pages.review import reviews
from workflow.pages.sheet import sheets
from workflow.pages.statements import statements
from workflow.pages.subsidies import subsidies
from workflow.pages.survey import surveys
from workflow.printing.room import PrintingRoom
from workflow.telling import Remind, Told, nobody_reminded, nobody_told

TEMPLATES = Path(__file__).parent.parent / "templates"


def pages(
    handling: Handling,
    calls: Callable[[], Sequence[Call]],
    files: Files,
    printing: PrintingRoom,
    register: Callable[[Connection], Directory],
    told: Told = nobody_told,
    remind: Remind = nobody_reminded,
) -> list[Blueprint]:
    """The blueprints of this room. *calls* answers the current definitions, *told* who will hear of a step, *remind* has a
    unit of a consortium written to once more."""
    desk = Desk(
        handling=handling, calls=calls, files=files, printing=printing, register=register, told=told, remind=remind
    )
    shelf = Blueprint("workflow", __name__, template_folder=str(TEMPLATES))
    return [
        shelf,
        mine(desk),
        drafting(desk),
        figures(desk),
        papers(desk),
        consortium(desk),
        printed(desk),
        acting(desk),
        lists(desk),
        batches(desk),
        exceptions(desk),
        bars(desk),
        experts(desk),
        links(desk),
        objectors(desk),
        rankings(desk),
        reserves(desk),
        reviews(desk),
        sheets(desk),
        statements(desk),
        ledgers(desk),
        subsidies(desk),
        surveys(desk),
        public(desk),
    ]


__all__ = ["pages"]
