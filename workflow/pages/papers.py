"""The papers beside the form: files into their slots and out again, and the commitment of the legal representative."""

from datetime import date
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from eventstore.dispatch import Outcome
from eventstore.refusal import Fault, Malformed, Refusal, Refused
from web import forms, texts
from web.operations import MAX_JSON_BYTES, file_response
from web.problems import NotFound
from workflow import commands as c
from workflow import uploading
from workflow.answers import plain, scans_of
from workflow.dossier import file_of, view_of
from workflow.files import chunks
from workflow.handling import Read
from workflow.pages import reasons
from workflow.pages.desk import Desk, asking
from workflow.pages.drafting import shown
from workflow.pages.fields import Showing
from workflow.pages.frame import Frame, framed
from workflow.pages.illustrations import illustrated, part_of
from workflow.pages.overview import overview
from workflow.pages.parts import aside, unlocked
from workflow.uploading import Upload

_FILE = "/applications/<uuid:application_id>/attachments/<slot>/<file_id>"
_SHOWN_INLINE = frozenset({"application/pdf", "image/png", "image/jpeg"})


def papers(desk: Desk) -> Blueprint:
    pages = Blueprint("papers", __name__)

    @pages.post("/applications/<uuid:application_id>/attachments/<slot>")
    def attach(application_id: UUID, slot: str) -> ResponseReturnValue:
        actor = asking("application.save")
        desk.files.need_room()
        request.max_content_length = desk.files.limits.file_bytes + MAX_JSON_BYTES
        try:
            _attach(desk, application_id, slot, actor)
        except (Malformed, Refused) as error:
            return _again(desk, application_id, actor, f"file-{_control(slot)}", error, slot)
        return redirect(_where(desk, application_id, actor, slot), 303)

    @pages.post(f"{_FILE}/removal")
    def remove(application_id: UUID, slot: str, file_id: str) -> ResponseReturnValue:
        actor = asking("application.save")
        command = c.RemoveFile(application_id=application_id, slot=slot, file_id=file_id)
        try:
            desk.handling.handle(command, actor, desk.context(actor, "removal", str(application_id), slot, file_id))
        except Refused as error:
            return _again(desk, application_id, actor, f"file-{slot}", error, slot)
        return redirect(_where(desk, application_id, actor, slot), 303)

    @pages.get(_FILE)
    def download(application_id: UUID, slot: str, file_id: str) -> ResponseReturnValue:
        actor = asking("application.file.read")
        application = desk.handling.load(application_id, actor).state
        view = view_of(actor, application)
        held = file_of(application, desk.handling.call_of(application), view, slot, file_id)
        if held is None:
            raise NotFound
        desk.handling.quarantine.let_through(held.sha256, held.name, own=view.working)
        stream = desk.files.open(held.file_id, held.sha256)
        if not view.working:
            desk.handling.was_read(Read(application=application.id, what="file", item=held.file_id), actor)
        inline = held.media_type in _SHOWN_INLINE and "open" in request.args
        return file_response(chunks(stream), held.media_type, held.name, inline=inline)

    @pages.get("/applications/<uuid:application_id>/scans/<digest>")
    def scan(application_id: UUID, digest: str) -> ResponseReturnValue:
        actor = asking("application.file.read")
        application = desk.handling.load(application_id, actor).state
        view = view_of(actor, application)
        if digest not in scans_of(application) or not view.personal or not desk.files.has_scan(digest):
            raise NotFound
        desk.handling.quarantine.let_through(digest, texts.t("pages.input.scan"), own=view.working)
        stream, media_type, name = desk.files.open_scan(digest)
        if not view.working:
            desk.handling.was_read(Read(application=application.id, what="scan", item=digest), actor)
        return file_response(chunks(stream), media_type, name)

    @pages.post("/applications/<uuid:application_id>/commitment")
    def commit(application_id: UUID) -> ResponseReturnValue:
        actor = asking("application.save")
        try:
            _commit(desk, application_id, actor)
        except (Malformed, Refused) as error:
            return _again(desk, application_id, actor, "signer", error)
        return redirect(f"/applications/{application_id}#commitment", 303)

    return pages


def _control(slot: str) -> str:
    """What the controls of a slot are called; those that replace a file carry the beginning of its id."""
    replaced = forms.text("replaces")
    return f"{slot}-{replaced[:8]}" if replaced else slot


def _attach(desk: Desk, application_id: UUID, slot: str, actor: Actor) -> None:
    control = _control(slot)
    upload = request.files.get(f"file-{control}")
    if upload is None or not upload.filename:
        raise Malformed(Fault(f"file-{control}", "REQUIRED", {"field": f"file-{control}"}))
    wish = Upload(
        slot=slot,
        name=upload.filename,
        label=forms.text(f"label-{control}"),
        check_code=forms.text(f"code-{control}"),
        paper_code=forms.text(f"paper-{control}"),
        replaces=forms.text("replaces"),
    )

    def act(command: c.AttachFile) -> Outcome:
        context = desk.context(actor, "attachments", str(application_id), slot, command.sha256)
        return desk.handling.handle(command, actor, context)

    uploading.attach(desk.handling, desk.files, actor, application_id, upload.stream, wish, act)


def _commit(desk: Desk, application_id: UUID, actor: Actor) -> None:
    upload = request.files.get("scan")
    if upload is None or not upload.filename:
        raise Malformed(Fault("scan", "REQUIRED", {"field": "scan"}))
    try:
        signed_on = date.fromisoformat(forms.text("signed_on"))
    except ValueError:
        raise Malformed(Fault("signed_on", "BAD_FORMAT", {"field": "signed_on", "expected": "2025-11-12"})) from None
    digest = desk.handling.quarantine.take_in(desk.files.keep_scan(upload.stream, upload.filename))
    application = desk.handling.load(application_id, actor).state
    command = c.RecordCommitment(
        application_id=application_id,
        unit=application.lead_unit,
        signer=forms.text("signer"),
        signer_kind=forms.text("signer_kind"),
        signed_on=signed_on,
        scan_sha256=digest,
        paper_code=forms.text("paper_code"),
    )
    desk.handling.handle(command, actor, desk.context(actor, "commitment", str(application_id), digest))


def _where(desk: Desk, application_id: UUID, actor: Actor, slot: str) -> str:
    """Where the files of *slot* are shown: a figure stands in the part of the form that it belongs to."""
    application = desk.handling.load(application_id, actor).state
    part = part_of(application, desk.handling.call_of(application), slot)
    return f"/applications/{application_id}" + (f"/sections/{part.id}" if part else "") + f"#slot-{slot}"


def _again(
    desk: Desk, application_id: UUID, actor: Actor, control: str, error: Malformed | Refused, slot: str = ""
) -> ResponseReturnValue:
    """The page of the file again, with what was wrong beside its control."""
    frame = framed(desk, application_id, actor)
    refusals = reasons.mendable_here(error)
    wrong = [(_beside(refusal, control), _said(refusal, frame)) for refusal in refusals]
    part = part_of(frame.application, frame.call, slot)
    if part is not None:
        showing = Showing(call=frame.call, answers=plain(frame.application.answers), open=unlocked(frame, part))
        page = shown(desk, frame, part, showing) | {"illustrated": illustrated(desk, frame, part, dict(wrong))}
        page["summary"] = [{"field": name, "text": text} for name, text in wrong]
        return render_template("workflow/section.html", **page), 422
    page = overview(desk, frame) | aside(desk, frame)
    page["summary"] = [{"field": name, "text": text} for name, text in wrong]
    page["errors"] = dict(wrong)
    page["typed"] = forms.fields()
    return render_template("workflow/application.html", **page), 422


_FIELD_OF = {"COMMITMENT_SIGNER": "signer_kind", "IN_THE_FUTURE": "signed_on"}


def _beside(refusal: Refusal, control: str) -> str:
    field = str(refusal.params.get("field", ""))
    if field in ("signer", "signed_on", "scan"):
        return field
    if refusal.params.get("slot") == "commitment":
        return "paper_code"
    return _FIELD_OF.get(refusal.code, control)


def _said(refusal: Refusal, frame: Frame) -> texts.Reason:
    label = texts.catalogue().get(f"pages.input.{refusal.params.get('field', '')}") or texts.catalogue().get(
        "pages.input.file"
    )
    more = {"label_zh": label.zh, "label_en": label.en} if label else {}
    named = reasons.named(refusal, frame.call, frame.application)
    return texts.explain(Refusal(named.code, {**named.params, **more}, named.source))
