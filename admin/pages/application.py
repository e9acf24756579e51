"""One application's history: every event and what it changed, the dossier as it stood at any of them, and two of them compared."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from itertools import groupby
from typing import IO, Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from admin import evidence, export
from admin.asked import instant
from admin.desk import Desk
from admin.history import Told
from admin.labels import row as change_row
from admin.looks import READS, looks
from admin.papers import sealed_papers
from admin.sentences import told as told_in_words
from directory.actor import Actor
from eventstore.event import Fact
from eventstore.refusal import HistoryBroken, Refusal, Refused
from web import forms
from web.operations import file_response
from web.problems import NotFound
from web.saying import t
from workflow.answers import scans_of
from workflow.application import Attachment
from workflow.discretion import actor_for
from workflow.dossier import file_of
from workflow.files import chunks
from workflow.guards.drafting import judged_by
from workflow.handling import Read
from workflow.pages import reading
from workflow.pages.desk import asking
from workflow.pages.frame import Frame

SHOWN = 6
"""Differences beside an event in the list; the event's own page has all of them."""
LOOKS_SHOWN = 8
LONGEST_REASON = 200
_PLACE = "/history/applications/<uuid:application_id>"


def application(desk: Desk) -> Blueprint:
    pages = Blueprint("application_history", __name__)

    @pages.get(_PLACE)
    def listed(application_id: UUID) -> ResponseReturnValue:
        actor = asking("history.read")
        told = desk.history.of(application_id, actor)
        values = _listed(desk, told, _version(told))
        return render_template("admin/application.html", **values, **_seen(desk, told, actor))

    @pages.get(f"{_PLACE}/as-of/<int:version>")
    def as_of(application_id: UUID, version: int) -> ResponseReturnValue:
        """The very page that stood then."""
        actor = asking("history.read")
        told = desk.history.of(application_id, actor)
        if not 1 <= version <= told.version:
            raise NotFound
        values = _around(desk, told, version)
        if told.dossier(version) is None:
            return render_template("admin/still_a_draft.html", **values)
        page = reading.standing(desk.workflow, framed_as_of(desk, told, version, actor))
        page["base"] = f"{values['history_base']}/as-of/{version}"  # files are those of that text
        return render_template("admin/as_of.html", **page, **values)

    @pages.get(f"{_PLACE}/as-of/<int:version>/attachments/<slot>/<file_id>")
    def file(application_id: UUID, version: int, slot: str, file_id: str) -> ResponseReturnValue:
        actor = asking("history.read")
        told = desk.history.of(application_id, actor)
        held = file_then(told, version, slot, file_id)
        handling = desk.workflow.handling
        handling.quarantine.let_through(held.sha256, held.name, own=False)
        stream = desk.workflow.files.open(held.file_id, held.sha256)
        handling.was_read(Read(application=told.application.id, what="file", item=held.file_id), actor)
        return file_response(chunks(stream), held.media_type, held.name)

    @pages.get(f"{_PLACE}/as-of/<int:version>/scans/<digest>")
    def scan(application_id: UUID, version: int, digest: str) -> ResponseReturnValue:
        """Signatures and seals are personal: without a lifted mask there is none."""
        actor = asking("history.read")
        told = desk.history.of(application_id, actor)
        known = 1 <= version <= told.version and digest in scans_of(told.states[version])
        if not known or not told.view.personal or not desk.workflow.files.has_scan(digest):
            raise NotFound
        handling = desk.workflow.handling
        handling.quarantine.let_through(digest, t("pages.input.scan"), own=False)
        stream, media_type, name = desk.workflow.files.open_scan(digest)
        handling.was_read(Read(application=told.application.id, what="scan", item=digest), actor)
        return file_response(chunks(stream), media_type, name)

    @pages.get(f"{_PLACE}/compared")
    def compared(application_id: UUID) -> ResponseReturnValue:
        told = desk.history.of(application_id, asking("history.read"))
        earlier, later = sorted((_number("from", told.version, told), _number("to", told.version, told)))
        rows = [change_row(each, told.call, told.application.direction) for each in told.between(earlier, later)]
        values = _around(desk, told, later) | {"earlier": earlier, "later": later, "rows": rows, "told": told}
        return render_template("admin/compared.html", **values)

    @pages.post(f"{_PLACE}/unmasking")
    def unmask(application_id: UUID) -> ResponseReturnValue:
        actor = asking("history.unmask")
        told = desk.history.of(application_id, actor)
        reason = forms.text("reason").strip()
        if not 0 < len(reason) <= LONGEST_REASON:
            code = "FIELD_TOO_LONG" if reason else "REASON_REQUIRED"
            refusal = Refusal.of(code, field="reason", limit=LONGEST_REASON, length=len(reason))
            values = _listed(desk, told, told.version) | {"faults": [{"field": "reason", "text": refusal}]}
            return render_template("admin/application.html", **values, **_seen(desk, told, actor)), 422
        desk.noting.unmask(told.application.id, reason, actor, desk.context(actor))
        return redirect(f"/history/applications/{application_id}", 303)

    @pages.get(f"{_PLACE}/evidence")
    def bundle(application_id: UUID) -> ResponseReturnValue:
        actor = asking("evidence.export")
        content, name = evidence_of(desk, application_id, actor, with_files="files" in request.args)
        return file_response(content, "application/zip", name)

    return pages


def evidence_of(desk: Desk, application_id: UUID | str, actor: Actor, *, with_files: bool) -> tuple[bytes, str]:
    """The bundle and its name; that it was taken is noted. Refused where the log cannot be signed."""
    told = desk.history.of(application_id, actor)
    papers = tuple(sealed_papers(told, desk.workflow.printing, actor.id))
    names = desk.workflow.handling.names({actor_for(fact.recorded, told.view) for fact in told.facts} - {""})
    contents = evidence.Contents(papers=papers)
    if with_files:
        opened = _Opened(desk)
        contents = evidence.Contents(papers=papers, open_file=opened.file, open_scan=opened.scan)
    try:
        content = evidence.bundle(told, desk.proofs, desk.base_url, contents, names)
    except HistoryBroken:
        raise Refused(Refusal.of("LOG_NOT_PROVABLE")) from None
    desk.noting.exported("evidence", actor, desk.context(actor), {}, told.application.id)
    return content, evidence.name_of(told)


class _Opened:
    """Files and scans as anybody but their unit is given them: not before they are known to be clean."""

    def __init__(self, desk: Desk) -> None:
        self._files, self._quarantine = desk.workflow.files, desk.workflow.handling.quarantine

    def file(self, file_id: str, sha256: str) -> IO[bytes]:
        self._quarantine.let_through(sha256, file_id, own=False)
        return self._files.open(file_id, sha256)

    def scan(self, digest: str) -> IO[bytes]:
        self._quarantine.let_through(digest, t("pages.input.scan"), own=False)
        return self._files.open_scan(digest)[0]


def file_then(told: Told, version: int, slot: str, file_id: str) -> Attachment:
    """A file of the text as it stood after event *version*; NotFound where the text had none, or none for this reader."""
    if not 1 <= version <= told.version or told.dossier(version) is None:
        raise NotFound
    held = file_of(told.states[version], told.call, told.view, slot, file_id)
    if held is None:
        raise NotFound
    return held


def framed_as_of(desk: Desk, told: Told, version: int, actor: Actor) -> Frame:
    """What stood after event *version*, as the page of a dossier takes it: nothing can be done any more."""
    state, latest, dossier = told.states[version], told.facts[version - 1].recorded, told.dossier(version)
    assert dossier is not None, "a draft is not shown"
    known = desk.workflow.handling.gathering.known(state, latest, actor, latest.instant)
    return Frame(
        application=state,
        call=told.call,
        actor=actor,
        view=told.view,
        dossier=dossier,
        facts=told.facts[:version],
        now=latest.instant,
        mine=False,
        actions=(),
        judged_by=judged_by(state, known),
    )


def _version(told: Told) -> int:
    """Which event the page looks back to: by number, or by an instant; the newest where nothing is said."""
    if on := request.args.get("on", ""):
        at = instant("on", on, time.max)
        return told.version if at is None else max(told.version_at(at), 1)
    return _number("at", told.version, told)


def _number(name: str, otherwise: int, told: Told) -> int:
    text = request.args.get(name, "")
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= told.version):
        raise NotFound
    return int(text)


def _around(desk: Desk, told: Told, at: int) -> dict[str, Any]:
    """What every page of the past has on top: where in time it stands, and how to move."""
    base = f"/history/applications/{told.application.id}"
    return {
        "told": told,
        "history_base": base,
        "at": at,
        "at_fact": told.facts[at - 1].recorded,
        "previous": at - 1 if at > 1 else 0,
        "next": at + 1 if at < told.version else 0,
        "unmasked": told.unmasked,
    }


def _listed(desk: Desk, told: Told, at: int) -> dict[str, Any]:
    names = desk.workflow.handling.names({actor_for(fact.recorded, told.view) for fact in told.facts} - {""})
    entries = [_entry(told, fact, at, names) for fact in reversed(told.facts)]
    kinds = request.args.get("show", "")
    shown = [one for one in entries if kinds in ("", one["group"])]
    return {
        **_around(desk, told, at),
        "dossier": told.dossier(told.version),
        "runs": list(_runs(shown)),
        "groups": _groups(entries, kinds, told, at),
        "then": told.dossier(at),
        "sound": told.sound,
        "kept": desk.proofs.latest(),
        "marks": _marks(told),
        "faults": (),
        "command_id": forms.new_command_id(),
        "files_bytes": sum(held.size for files in told.application.attachments.values() for held in files),
    }


def _seen(desk: Desk, told: Told, actor: Actor) -> dict[str, Any]:
    """The newest looks at what is protected, and the list they are all in."""
    asked = urlencode({"kind": READS, "application": told.application.id})
    return {
        "looks": looks(desk, told, actor, limit=LOOKS_SHOWN),
        "looks_list": f"/history?{asked}",
        "looks_exports": [(form, f"/history/export/{form}?{asked}") for form in export.MEDIA_TYPES],
    }


def _entry(told: Told, fact: Fact, at: int, names: Mapping[str, str]) -> dict[str, Any]:
    recorded = fact.recorded
    programme = told.call.programme_of(told.application.direction)
    changes = [change_row(each, told.call, told.application.direction) for each in told.changes(recorded.version)]
    return {
        **told_in_words(fact, programme, told.view, names),
        "recorded": recorded,
        "version": recorded.version,
        "group": _group(recorded.type),
        "later": recorded.version > at,
        "changes": changes[:SHOWN],
        "more": len(changes) - SHOWN,
    }


def _runs(entries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Entry by entry; what was only written and uploaded in a row together, so that the steps stand out."""
    for key, some in groupby(entries, lambda one: (one["group"] == "drafting", one["later"])):
        run = list(some)
        if key[0] and len(run) >= SHOWN // 2:
            yield run
        else:
            yield from ([one] for one in run)


def _group(type_: str) -> str:
    room, _, kind = type_.partition(".")
    if room == "consortium":
        return "consortium"
    return "drafting" if kind in _DRAFTING else "steps"


_DRAFTING = frozenset(
    {"section_saved", "file_attached", "file_removed", "commitment_recorded", "paper_issued", "opened"}
)


def _groups(entries: Sequence[Mapping[str, Any]], chosen: str, told: Told, at: int) -> list[dict[str, Any]]:
    base = f"/history/applications/{told.application.id}?at={at}"
    counted = {name: sum(one["group"] == name for one in entries) for name in ("steps", "consortium", "drafting")}
    tabs = [("", len(entries)), *((name, count) for name, count in counted.items() if count)]
    return [
        {
            "name": name or "all",
            "href": f"{base}&show={name}" if name else base,
            "count": count,
            "current": name == chosen,
        }
        for name, count in tabs
    ]


def _marks(told: Told) -> list[dict[str, Any]]:
    """The steps on the way, for the ticks below the slider."""
    steps = [fact.recorded for fact in told.facts if _group(fact.recorded.type) == "steps"]
    return [{"version": one.version, "at": one.instant, "kind": one.type.partition(".")[2]} for one in steps]


__all__ = ["application", "evidence_of", "framed_as_of"]
