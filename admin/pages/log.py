"""The whole log as a list that is searched, one event by itself, and a filtered view to take away."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from admin import export, search, sentences
from admin.asked import Filters
from admin.desk import Desk
from admin.labels import row as change_row
from admin.proof import envelope
from admin.search import Found
from eventstore.event import Fact
from notifications import correspondence
from web import reading, texts
from web.operations import file_response
from web.problems import NotFound
from web.saying import t
from webhooks.lists import caused_by
from workflow.pages.desk import asking, region
from workflow.pages.telling import sentence
from workflow.timeline import timeline

KINDS = ("application", "person", "unit", "bureau", "calls", "exceptions", "attempts", "refused", "reads", "erasing")
MOST_TOLD = 500
"""Letters of one event that are shown; a batch of a whole province makes fewer."""
FIELDS = ("text", "number", "actor", "unit", "call", "region", "since", "until")
"""The filters that are typed; kind and type are chosen."""


def log(desk: Desk) -> Blueprint:
    pages = Blueprint("log", __name__)

    @pages.get("/history")
    def listed() -> ResponseReturnValue:
        actor = asking("history.read")
        asked = filters()
        found, told = desk.page(asked.question(), actor)
        with desk.store.reading() as db:
            types = search.types(db)
        standing = desk.index.standing()
        values = {
            "rows": [line(one, told[one.position]) for one in found.items],
            "names": names_of(desk, [one.actor for one in found.items]),
            "asked": asked,
            "said": asked.said(),
            "kinds": KINDS,
            "types": types,
            "reached": found.reached,
            "older": f"/history?{asked.query(before=found.older)}" if found.older else "",
            "newest": f"/history?{asked.query()}" if asked.before else "",
            "exports": [(form, f"/history/export/{form}?{asked.query()}") for form in export.MEDIA_TYPES],
            "lag": standing.lag,
            "head": standing.position + standing.lag,
            "alarms": [one for one in desk.proofs.findings() if not one.sound],
        }
        return render_template("admin/log.html", **values)

    @pages.get("/history/events/<int:position>")
    def one(position: int) -> ResponseReturnValue:
        actor = asking("history.read")
        found, fact = desk.event(position, actor)
        return render_template("admin/event.html", **_event(desk, found, fact, actor))

    @pages.get("/history/export/<form>")
    def exported(form: str) -> ResponseReturnValue:
        actor = asking("history.read")
        asked = filters()
        if form not in export.MEDIA_TYPES:
            raise NotFound
        content = desk.exported(form, asked.question(), actor)
        desk.noting.exported(form, actor, desk.context(actor), asked.said())
        return file_response(content, export.MEDIA_TYPES[form], f"history.{form}")

    return pages


def names_of(desk: Desk, actors: Iterable[str]) -> dict[str, str]:
    """Display names: people by the register, the house and its clock by the catalogue."""
    wanted = set(actors)
    own = {actor: t(f"history.who.{actor}") for actor in wanted if texts.has(f"history.who.{actor}")}
    return {**desk.workflow.handling.names(wanted), **own}


def filters() -> Filters:
    """The query of the page; what a form sends empty is not asked."""
    given = {name: values for name, values in request.args.to_dict(flat=False).items() if any(values)}
    return reading.query(Filters, given)


def line(one: Found, said: sentences.Said) -> dict[str, Any]:
    """One row of the list, and where it leads."""
    return {
        "one": one,
        "said": said,
        "place": region(one.region) if one.region else "",
        "href": f"/history/events/{one.position}",
        "of_actor": f"/history?{urlencode({'actor': one.actor})}" if one.actor else "",
        "of_application": f"/history/applications/{one.application}" if one.application else "",
    }


def _event(desk: Desk, found: Found, fact: Fact, actor: Any) -> dict[str, Any]:
    """One event: its sentence, what it changed, its envelope, who was told of it and why."""
    names = names_of(desk, [found.actor])
    values: dict[str, Any] = {
        "found": found,
        "names": names,
        "changes": [],
        "withheld": "",
        "letters": [],
        "parcels": [],
        "envelope": _envelope(found, fact),
    }
    if found.kind != "application":
        return {**values, "said": sentences.otherwise(fact, names)}
    told = desk.history.of(found.application, actor)
    fact = told.facts[found.version - 1]
    programme = told.call.programme_of(told.application.direction)
    [entry] = timeline([fact], told.view, desk.workflow.handling.names)
    with desk.store.reading() as db:
        letters = correspondence.caused_by(db, found.application, found.position, limit=MOST_TOLD)
        parcels = caused_by(db, found.position)
    withheld = told.withheld(fact)
    return {
        **values,
        "said": sentence(entry, programme),
        "changes": [change_row(each, told.call, told.application.direction) for each in told.changes(found.version)],
        "withheld": withheld,
        "letters": letters,
        "parcels": parcels,
        "version": told.version,
    }


def _envelope(found: Found, fact: Fact) -> dict[str, Any]:
    """Every field that is hashed; whose act it was only where the list says it too."""
    whole = envelope(fact.recorded)
    return {**whole, "actor": found.actor, "notes": fact.recorded.notes}
