"""Who else is in this draft now: told to the unit's own people, in the panel and beside each part; kept by a light beat."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from eventstore.refusal import Busy
from programmes.fields import Section
from web import forms
from web.problems import NotFound
from workflow import presence
from workflow.application import Application
from workflow.dossier import is_of_the_unit
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame


def present_pages(pages: Blueprint, desk: Desk) -> None:
    """The beat of an open page: tells that its reader is still there, and answers who else is."""

    @pages.route("/applications/<uuid:application_id>/presence", methods=["GET", "POST"])
    def beat(application_id: UUID) -> ResponseReturnValue:
        actor = asking("application.save")
        application = desk.handling.load(application_id, actor).state
        if not is_of_the_unit(actor, application):
            raise NotFound
        section = next((one for one in _sections(desk, application) if one.id == forms.text("section")), None)
        if section is not None:
            _seen(desk, application, actor.id, section)
        here = _here(desk, application, actor.id)
        return render_template("workflow/present.html", here_now=here)


def come_in(desk: Desk, frame: Frame, part: Section) -> None:
    """Whoever opens or saves a part is in it."""
    if frame.mine:
        _seen(desk, frame.application, frame.actor.id, part)


def _seen(desk: Desk, application: Application, person: str, part: Section) -> None:
    """Told for as long as it lasts; a busy database is no reason to keep anybody from writing."""
    try:
        with desk.handling.store.begin() as db:
            presence.seen(db, application.id, person, part.id, desk.handling.clock.now(db))
    except Busy:
        return


def who_is_here(desk: Desk, frame: Frame) -> Sequence[dict[str, Any]]:
    """Everybody else in this draft, with the part they have open; nobody for whoever is not of the unit."""
    return _here(desk, frame.application, frame.actor.id) if frame.mine else ()


def _here(desk: Desk, application: Application, person: str) -> list[dict[str, Any]]:
    with desk.handling.store.reading() as db:
        found = presence.others(db, application.id, person, desk.handling.clock.now(db))
    if not found:
        return []
    names = desk.handling.names({f"person:{one.person}" for one in found})
    headings = {one.id: {"zh": one.heading.zh, "en": one.heading.en} for one in _sections(desk, application)}
    return [
        {
            "name": names.get(f"person:{one.person}", "—"),
            "section": one.section,
            "heading": headings.get(one.section, ""),
        }
        for one in found
    ]


def _sections(desk: Desk, application: Application) -> Sequence[Section]:
    return desk.handling.call_of(application).programme_of(application.direction).sections(application.direction)
