"""Papers on pages: print one and watch it being made, take it, and what anybody sees who scans its code."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import UNIT_ROLES, Actor
from eventstore.refusal import Fault, Malformed, Refusal
from paperwork.check_code import read_code
from programmes.calendar import beijing_date
from programmes.documents import Slot
from web import face, forms, texts
from web.operations import file_response
from web.problems import NotFound
from workflow import commands as c
from workflow import recommendation_list
from workflow.application import Application
from workflow.files import chunks
from workflow.handling import Read
from workflow.pages import reasons
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame, framed
from workflow.printing.document import file_name
from workflow.printing.issuing import bound_to, issue_of, kinds_of, printed_as, stale_scans
from workflow.printing.jobs import MEDIA_TYPES, Format, Job, State
from workflow.printing.kinds import base_of
from workflow.printing.naming import kind_words
from workflow.printing.room import Paper, formats_for, instruments_of, is_protected
from workflow.printing.summary import SHEET_TYPES, drawn
from workflow.state import FORM

_PAPER = "/applications/<uuid:application_id>/papers/<code>"


def printed(desk: Desk) -> Blueprint:
    pages = Blueprint("printing", __name__)

    @pages.post("/applications/<uuid:application_id>/papers")
    def issue(application_id: UUID) -> ResponseReturnValue:
        actor = asking("application.print")
        format = Format.DOCX if forms.text("format") == "docx" else Format.PDF
        paper = _issued(desk, application_id, actor)
        desk.printing.ask(paper, format, actor.id)
        return redirect(f"/applications/{application_id}/papers/{paper.code}", 303)

    @pages.get(_PAPER)
    def progress(application_id: UUID, code: str) -> ResponseReturnValue:
        actor = asking("paper.read")
        frame = framed(desk, application_id, actor)
        paper = _held(desk, actor, frame.application, code)
        template = "workflow/paper_state.html" if "part" in request.args else "workflow/paper.html"
        return render_template(template, **frame.around(), **_progress(desk, frame, paper))

    @pages.get(f"{_PAPER}/<any(pdf, docx):format>")
    def download(application_id: UUID, code: str, format: str) -> ResponseReturnValue:
        actor = asking("paper.read")
        application = desk.handling.load(application_id, actor).state
        paper = _held(desk, actor, application, code)
        wanted = next((each for each in formats_for(actor, application, paper) if each.suffix == format), None)
        if wanted is None:
            raise NotFound
        stream = desk.printing.open(paper, wanted)
        if stream is None:
            desk.printing.ask(paper, wanted, actor.id)
            return redirect(f"/applications/{application_id}/papers/{paper.code}", 303)
        if is_protected(actor, application, wanted):
            desk.handling.was_read(Read(application=application.id, what="paper", item=paper.code), actor)
        name = file_name(paper.kind, paper.number, paper.version, wanted.suffix)
        return file_response(chunks(stream), MEDIA_TYPES[wanted.suffix], name)

    @pages.get("/recommendations/<call_id>/<programme>/<body>/summary.<any(xlsx, pdf):format>")
    def summary(call_id: str, programme: str, body: str, format: str) -> ResponseReturnValue:
        actor = asking("recommendation_list.read")
        call = next((each for each in desk.calls() if each.id == call_id), None)
        if call is None or programme not in {one.id for one in call.programmes}:
            raise NotFound
        rows = recommendation_list.rows(desk.handling.dispatcher, call, programme, body, actor)
        sheet = recommendation_list.sheet(call, programme, body, rows, beijing_date(face.now()))
        name = recommendation_list.file_name(call, programme, body, format)
        return file_response(drawn(sheet, format), SHEET_TYPES[format], name)

    @pages.get("/v")
    def ask() -> ResponseReturnValue:
        typed = request.args.get("code", "").strip()[:60]
        if typed:
            return redirect(f"/v/{quote(read_code(typed) or typed, safe='')}", 303)
        return render_template("workflow/check.html", paper=None, asked=False)

    @pages.get("/v/<code>")
    def check(code: str) -> ResponseReturnValue:
        """A code that is none and one that nobody has are answered alike."""
        known = read_code(code)
        found = desk.printing.checked(known) if known else None
        if found is None:
            return render_template("workflow/check.html", paper=None, asked=True), 404
        paper, application = found
        call = desk.handling.call_of(application)
        programme = call.programme_of(application.direction)
        values = {"paper": paper, "call": call, "programme": programme, "kind": kind_words(base_of(paper.kind))}
        bound = bound_to(application, call, paper.code)
        return render_template("workflow/check.html", asked=True, bound=bound, **values)

    return pages


def _issued(desk: Desk, application_id: UUID, actor: Actor) -> Paper:
    """The paper of the text as it stands; asked for again, the same one."""
    kind = forms.text("kind") or FORM
    command = c.IssuePaper(application_id=application_id, kind=kind, delegation=_delegation())
    desk.handling.handle(command, actor, desk.context(actor, "papers", str(application_id), kind))
    application = desk.handling.load(application_id, actor).state
    code = issue_of(application, desk.handling.call_of(application), kind).code
    return desk.printing.held(actor, application, code)


def _delegation() -> c.Delegation | None:
    """What a letter of authorisation is to be written with; none where its fields are not there, or all left empty."""
    typed = {name: forms.text(name).strip() for name in ("agent", "valid_from", "valid_to")}
    if not any(typed.values()):
        return None
    days, faults = dict[str, date](), list[Fault]()
    for name in ("valid_from", "valid_to"):
        try:
            days[name] = date.fromisoformat(typed[name])
        except ValueError:
            faults.append(Fault(name, "BAD_FORMAT", {"field": name, "expected": "2025-11-10"}))
    if faults:
        raise Malformed(faults)
    return c.Delegation(agent=typed["agent"], **days)


def _held(desk: Desk, actor: Actor, application: Application, typed: str) -> Paper:
    code = read_code(typed)
    if code is None:
        raise NotFound
    return desk.printing.held(actor, application, code)


def _progress(desk: Desk, frame: Frame, paper: Paper) -> dict[str, Any]:
    """How far each format is that this person may have."""
    asked = desk.printing.jobs(paper)
    mine = formats_for(frame.actor, frame.application, paper)
    files = [_file(frame, paper, asked[format]) for format in mine if format in asked]
    return {
        "paper": paper,
        "kind": kind_words(paper.kind, frame.application),
        "files": files,
        "others": [each for each in mine if each not in asked],
        "going": any(each["state"] in (State.WAITING, State.RUNNING) for each in files),
        "here_path": f"{frame.base}/papers/{paper.code}",
        "may_print": frame.action("print") is not None,
        "command_id": forms.new_command_id(),
    }


def _file(frame: Frame, paper: Paper, job: Job) -> dict[str, Any]:
    return {
        "format": job.format,
        "state": job.state,
        "pages": job.pages,
        "size": job.size,
        "sha256": job.sha256,
        "href": f"{frame.base}/papers/{paper.code}/{job.format.suffix}",
        "name": file_name(paper.kind, paper.number, paper.version, job.format.suffix),
        "reason": f"paper.reason.{job.reason}" if texts.has(f"paper.reason.{job.reason}") else "paper.reason.faulty",
    }


def card(desk: Desk, frame: Frame) -> dict[str, Any]:
    """The paper card of an application's page: what may be printed, what was, which of it is current, and the scans of it."""
    shown = [
        (paper, formats_for(frame.actor, frame.application, paper)) for paper in desk.printing.papers(frame.application)
    ]
    listed = [
        {
            "paper": paper,
            "kind": kind_words(paper.kind, frame.application),
            "formats": [format.suffix for format in formats],
        }
        for paper, formats in shown
        if formats
    ]
    own = bool(frame.actor.scopes(*UNIT_ROLES) & {frame.application.lead_unit})
    return {
        "prints": list(_offered(frame)) if own and frame.action("print") else [],
        "papers": listed,
        "scans": list(_scans(frame)) if own else [],
    }


def instrument_card(frame: Frame) -> list[dict[str, Any]]:
    """What the steps left on paper, of which this person may have it; the newest first."""
    made = [paper for paper in instruments_of(frame.facts, frame.application) if formats_of(frame, paper)]
    kinds = Counter(paper.kind for paper in made)
    return [
        {
            "paper": paper,
            "kind": kind_words(paper.kind),
            "several": kinds[paper.kind] > 1,
            "formats": [format.suffix for format in formats_of(frame, paper)],
        }
        for paper in made
    ]


def formats_of(frame: Frame, paper: Paper) -> Sequence[Format]:
    return formats_for(frame.actor, frame.application, paper)


def _offered(frame: Frame) -> Iterator[dict[str, Any]]:
    for kind in kinds_of(frame.call.programme_of(frame.application.direction)):
        issue = issue_of(frame.application, frame.call, kind)
        yield {
            "kind": kind,
            "words": kind_words(kind),
            "version": issue.version,
            "issued": issue.issued,
            "code": issue.code,
            "command_id": forms.new_command_id(),
        }


def _scans(frame: Frame) -> Iterator[dict[str, Any]]:
    """Each place for a scan of our own paper, its files, and of which version they are."""
    for slot in frame.call.programme_of(frame.application.direction).scans:
        yield {
            "slot": slot,
            "files": [
                {"file": held, "version": (printed_as(frame.application, held.paper_code) or ("", 0))[1]}
                for held in frame.application.attachments.get(slot.id, ())
            ],
            "stale": stale(frame, slot),
            "accept": ",".join(slot.accepts),
            "command_id": forms.new_command_id(),
        }


def stale(frame: Frame, slot: Slot) -> texts.Reason | None:
    """「扫描件对应 v6，当前是 v7。」"""
    found = stale_scans(frame.application, frame.call, slot)
    if not found:
        return None
    printed_version, current = found[0]
    refusal = Refusal.of("STALE_SCAN", slot=slot.id, printed=printed_version, current=current)
    return texts.explain(reasons.named(refusal, frame.call, frame.application))


__all__ = ["card", "instrument_card", "kind_words", "printed", "stale"]
