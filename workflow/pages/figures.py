"""Figures by Excel: a workbook to fill in, what of it was taken over, and a copy with every fault beside its row."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from eventstore.refusal import Fault, Malformed, Refused
from paperwork.book import Fault as Wrong
from paperwork.book import marked_copy
from programmes.workbook import Mark
from web import forms, texts
from web.operations import MAX_JSON_BYTES, file_response
from web.problems import NotFound
from web.saying import speech
from workflow import importing
from workflow.application import Application
from workflow.importing import Looked, MarkedCopies
from workflow.pages import reasons
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame, framed
from workflow.pages.parts import WRITABLE, aside

_PLACE = "/applications/<uuid:application_id>/figures"
_SHOWN = 50


def figures(desk: Desk) -> Blueprint:
    pages = Blueprint("figures", __name__)
    copies = MarkedCopies(desk.files.folder)

    @pages.get(_PLACE)
    def choose(application_id: UUID) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("application.figures"))
        if not _writable(frame):
            return redirect(frame.base, 303)
        return render_template("workflow/figures.html", **_around(desk, frame))

    @pages.get(f"{_PLACE}.xlsx")
    def to_fill_in(application_id: UUID) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("application.figures"))
        if not frame.mine:
            raise NotFound
        book = importing.to_fill_in(frame.application, frame.call)
        return file_response(book, importing.XLSX, f"申报数据-{frame.application.number}.xlsx")

    @pages.post(_PLACE)
    def take_over(application_id: UUID) -> ResponseReturnValue:
        actor = asking("application.save")
        frame = framed(desk, application_id, actor)
        request.max_content_length = importing.MOST_BYTES + MAX_JSON_BYTES
        try:
            looked = _look(frame)
            after = _save(desk, frame, looked, actor)
        except (Malformed, Refused) as error:
            return _again(desk, frame, error)
        return render_template("workflow/figures.html", **_told(desk, frame, looked, after, copies))

    @pages.get(f"{_PLACE}/<token>")
    def marked(application_id: UUID, token: str) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("application.figures"))
        copy = copies.get(frame.application.id, token) if frame.mine else None
        if copy is None:
            raise NotFound
        return file_response(copy, importing.XLSX, f"申报数据-{frame.application.number}-待更正.xlsx")

    return pages


def _writable(frame: Frame) -> bool:
    return frame.mine and frame.dossier.stage in WRITABLE


def _look(frame: Frame) -> Looked:
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Malformed(Fault("file", "REQUIRED", {"field": "file"}))
    return importing.look(upload.stream, upload.filename, frame.application, frame.call, frame.now)


def _save(desk: Desk, frame: Frame, looked: Looked, actor: Actor) -> Application:
    """The application after the import; as it was where nothing could be taken over."""
    command = looked.command(UUID(frame.application.id))
    if command is None:
        return frame.application
    desk.handling.handle(command, actor, desk.context(actor, "figures", frame.application.id))
    return desk.handling.load(frame.application.id, actor).state


def _around(desk: Desk, frame: Frame) -> dict[str, Any]:
    """What figures.html asks beside the outcome of an import."""
    return {
        **frame.around(),
        **aside(desk, frame),
        "command_id": forms.new_command_id(),
        "summary": (),
        "error": None,
        "outcome": None,
    }


def _told(desk: Desk, frame: Frame, looked: Looked, after: Application, copies: MarkedCopies) -> dict[str, Any]:
    """What was taken over, what was not and why, and where the marked copy waits."""
    names = importing.changed(frame.application, after)
    programme = frame.call.programme_of(frame.application.direction)
    wrong = [(mark, _said(mark, frame)) for mark in looked.taken.marks]
    token = ""
    if wrong:
        token = desk.handling.ids.uuid7().hex
        faults = [Wrong(mark.spot, said.of(speech())) for mark, said in wrong]
        copies.keep(after.id, token, marked_copy(looked.book, faults))
    outcome = {
        "found": looked.taken.found,
        "changed": [programme.field(name).label for name in names],
        "faults": [(*importing.place_of(mark, looked.book), said) for mark, said in wrong[:_SHOWN]],
        "more": max(len(wrong) - _SHOWN, 0),
        "copy_href": f"{frame.base}/figures/{token}" if token else "",
    }
    fresh = framed(desk, UUID(after.id), frame.actor)
    return {**_around(desk, fresh), "outcome": outcome}


def _said(mark: Mark, frame: Frame) -> texts.Reason:
    return texts.explain(reasons.named(mark.refusal, frame.call, frame.application))


def _again(desk: Desk, frame: Frame, error: Malformed | Refused) -> ResponseReturnValue:
    """The page again, with why the file was not read or nothing could be saved."""
    said = [
        texts.explain(reasons.named(refusal, frame.call, frame.application)) for refusal in reasons.mendable_here(error)
    ]
    page = _around(desk, frame)
    page["summary"] = [{"field": "file", "text": one} for one in said]
    page["error"] = said[0]
    return render_template("workflow/figures.html", **page), 422
