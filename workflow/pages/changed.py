"""Who changed what: every save of a draft in human words, field by field, for the people of its own unit."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from programmes.call import Call, Programme
from programmes.fields import FieldType
from web.problems import NotFound
from workflow import changes
from workflow.changes import ATTACHMENTS, COMMITMENT, Changed, Save
from workflow.comparing import Piece, compare
from workflow.labels import item_label
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame, framed
from workflow.pages.reasons import short
from workflow.pages.saying import in_words

PAGE = 30


def changed_pages(pages: Blueprint, desk: Desk) -> None:
    @pages.get("/applications/<uuid:application_id>/changes")
    def changed(application_id: UUID) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("application.read"))
        if not frame.mine:
            raise NotFound
        return render_template("workflow/changes.html", **frame.around(), **listed(desk, frame))


def listed(desk: Desk, frame: Frame) -> dict[str, Any]:
    """What changes.html asks: the newest saves first, a page at a time, of one section or person where one is named."""
    every = changes.saves(frame.facts)
    names = desk.handling.names({save.actor for save in every})
    section, person = request.args.get("section", ""), request.args.get("person", "")
    before = request.args.get("before", "")
    last = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None
    wanted = [
        save
        for save in reversed(every)
        if (not section or save.section == section)
        and (not person or save.actor == person)
        and (last is None or save.version < last)
    ]
    shown = wanted[:PAGE]
    more = urlencode({"section": section, "person": person, "before": shown[-1].version}) if len(wanted) > PAGE else ""
    programme = frame.call.programme_of(frame.application.direction)
    return {
        "saves": [_told(save, programme, frame.call, names) for save in shown],
        "sections": _sections(programme, every),
        "people": sorted({(save.actor, names.get(save.actor, save.actor)) for save in every}),
        "section": section,
        "person": person,
        "older": f"{frame.base}/changes?{more}" if more else "",
        "paged": last is not None,
    }


def _sections(programme: Programme, every: Sequence[Save]) -> list[tuple[str, object]]:
    """Those that anything happened in, in the order of the form."""
    there = {save.section for save in every}
    headings = [(one.id, one.heading) for one in programme.form if one.id in there]
    beside = [(name, {"key": f"pages.{name}"}) for name in (ATTACHMENTS, COMMITMENT) if name in there]
    return [*headings, *beside]


def _told(save: Save, programme: Programme, call: Call, names: Mapping[str, str]) -> dict[str, Any]:
    section = next(({"zh": s.heading.zh, "en": s.heading.en} for s in programme.form if s.id == save.section), None)
    slot_zh, slot_en = item_label("attachment", save.slot, programme) if save.slot else ("", "")
    return {
        "save": save,
        "who": names.get(save.actor, save.actor),
        "heading": section,
        "slot": {"zh": short(slot_zh), "en": short(slot_en)},
        "changed": [line(one, programme, call) for one in save.changed],
    }


def line(one: Changed, programme: Programme, call: Call) -> dict[str, Any]:
    """A field as it was and as it became; a text letter by letter."""
    try:
        field = programme.field(one.field)
    except KeyError:
        return {"label": one.field, "pieces": [Piece("new", str(one.after or ""))]}
    before, after = in_words(field, one.before, call), in_words(field, one.after, call)
    if field.type in (FieldType.LONGTEXT, FieldType.TEXT) and before and after:
        return {"label": field.label, "pieces": compare(before, after)}
    pieces = [piece for piece in (Piece("gone", before), Piece("new", after)) if piece.text]
    return {"label": field.label, "pieces": pieces}
