"""Writing an application: its parts, its files, its commitment; saved part by part, by hand or while typing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from eventstore.refusal import Refusal, Refused
from programmes import form
from programmes.fields import Section
from programmes.inputs import gather
from web import forms, texts
from web.problems import NotFound
from web.saying import speech
from workflow import commands as c
from workflow.answers import plain
from workflow.events import SectionSaved
from workflow.handling import actor_name
from workflow.pages import reasons
from workflow.pages.desk import Desk, asking
from workflow.pages.fields import Showing, groups
from workflow.pages.frame import Frame, completeness, framed, panel
from workflow.stages import Stage

WRITABLE = frozenset({Stage.DRAFT, Stage.RETURNED})
Posted = Mapping[str, Sequence[str]]


def drafting(desk: Desk) -> Blueprint:
    pages = Blueprint("drafting", __name__)

    @pages.get("/applications/<uuid:application_id>/sections/<section_id>")
    def section(application_id: UUID, section_id: str) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("application.read"))
        part = section_of(frame, section_id)
        if not frame.mine or frame.dossier.stage not in WRITABLE:
            return redirect(f"{frame.base}#part-{part.id}", 303)
        showing = Showing(
            call=frame.call,
            answers=plain(frame.application.answers),
            open=unlocked(frame, part),
            extra_row=request.args.get("row", ""),
        )
        return render_template("workflow/section.html", **shown(desk, frame, part, showing))

    @pages.post("/applications/<uuid:application_id>/sections/<section_id>")
    def save(application_id: UUID, section_id: str) -> ResponseReturnValue:
        actor = asking("application.save")
        frame = framed(desk, application_id, actor)
        part = section_of(frame, section_id)
        posted = without_row(forms.fields())
        try:
            _save(desk, frame, part, actor, typed(part, posted), _own_last_save(frame, part, actor))
        except Refused as refused:
            return _refused(desk, application_id, part, actor, posted, refused)
        if forms.saves_itself():
            return _saved(desk, application_id, part, actor, ())
        return redirect(_onward(frame, part, posted), 303)

    @pages.get("/applications/<uuid:application_id>/side")
    def side(application_id: UUID) -> ResponseReturnValue:
        """The panel alone, for the script that refreshes it after a save."""
        frame = framed(desk, application_id, asking("application.read"))
        return render_template("workflow/side.html", **frame.around(), **aside(desk, frame))

    return pages


def section_of(frame: Frame, section_id: str) -> Section:
    sections = frame.call.programme_of(frame.application.direction).sections(frame.application.direction)
    found = next((section for section in sections if section.id == section_id), None)
    if found is None:
        raise NotFound
    return found


def unlocked(frame: Frame, part: Section) -> frozenset[str] | None:
    """After a return only what the notice lists may be written; None: everything."""
    returned = frame.application.returned
    if returned is None:
        return None
    if any((item.kind, item.id) == ("section", part.id) for item in returned.items):
        return None
    return frozenset(item.id for item in returned.items if item.kind == "field")


def typed(part: Section, posted: Posted) -> dict[str, object]:
    return gather(part, ((name, value) for name, values in posted.items() for value in values))


def without_row(posted: Posted) -> dict[str, Sequence[str]]:
    """The form without the row of a table whose button was pressed."""
    dropped = next(iter(posted.get("_drop", ())), "")
    return {name: values for name, values in posted.items() if not (dropped and name.startswith(f"{dropped}."))}


_IN_FLIGHT = timedelta(seconds=5)


def _own_last_save(frame: Frame, part: Section, actor: Actor) -> int | None:
    """The version that this person's own save while typing has just made, and the page could not know of yet."""
    newest = next(
        (f for f in reversed(frame.facts) if isinstance(f.event, SectionSaved) and f.event.section == part.id), None
    )
    if newest is None or not isinstance(newest.event, SectionSaved) or newest.recorded.actor != actor_name(actor):
        return None
    just_now = frame.now - newest.recorded.instant <= _IN_FLIGHT
    return newest.event.section_version if just_now and newest.event.section_version == forms.version() + 1 else None


def _save(
    desk: Desk, frame: Frame, part: Section, actor: Actor, answers: Mapping[str, object], version: int | None = None
) -> None:
    seen = forms.version() if version is None else version
    command = c.SaveSection(
        application_id=UUID(frame.application.id), section=part.id, answers=answers, section_version=seen
    )
    desk.handling.handle(command, actor, desk.context(actor, "sections", part.id, frame.application.id))


def _onward(frame: Frame, part: Section, posted: Posted) -> str:
    """Where a person wants to be after saving: at the new row, at the row's table, or in the next part."""
    here = f"{frame.base}/sections/{part.id}"
    if added := quote(next(iter(posted.get("_add", ())), ""), safe=""):
        return f"{here}?row={added}#f-{added}"
    if dropped := quote(next(iter(posted.get("_drop", ())), ""), safe="."):
        return f"{here}#f-{dropped.partition('.')[0]}"
    following = neighbours(frame, part)[1]
    if "_next" in posted:
        return f"{frame.base}/sections/{following.id}" if following else f"{frame.base}#attachments"
    return f"{here}?saved=1"


def neighbours(frame: Frame, part: Section) -> tuple[Section | None, Section | None]:
    direction = frame.application.direction
    sections = frame.call.programme_of(direction).sections(direction)
    place = [section.id for section in sections].index(part.id)
    return (sections[place - 1] if place else None), (sections[place + 1] if place + 1 < len(sections) else None)


def _refused(
    desk: Desk, application_id: UUID, part: Section, actor: Actor, posted: Posted, refused: Refused
) -> ResponseReturnValue:
    """The page again with what was typed. While typing, whatever is sound is saved and only the rest refused."""
    codes = {refusal.code for refusal in refused.refusals}
    if codes & {"ROLE_FORBIDDEN", "NOT_FOUND", "WRONG_STAGE"}:
        raise refused
    frame = framed(desk, application_id, actor)
    if forms.saves_itself():
        if "SECTION_CHANGED" in codes:
            return _changed(frame, refused.refusals)
        return _save_the_rest(desk, frame, part, actor, posted, refused)
    showing = Showing(
        call=frame.call,
        answers=plain(frame.application.answers),
        typed=typed(part, posted),
        wrong=refused.refusals,
        open=unlocked(frame, part),
    )
    page = shown(desk, frame, part, showing)
    if "SECTION_CHANGED" in codes:
        page["differences"] = list(_differences(part, showing))
    return render_template("workflow/section.html", **page), 422


def _changed(frame: Frame, refusals: Sequence[Refusal]) -> Response:
    """Somebody else saved this part meanwhile: the browser keeps what was typed."""
    told = [reason.as_json() for reason in reasons.told(refusals, frame.call, frame.application)]
    body = {"type": "/problems/changed-meanwhile", "refusals": told}
    return Response(msgspec.json.encode(body), 412, content_type="application/problem+json")


def _save_the_rest(
    desk: Desk, frame: Frame, part: Section, actor: Actor, posted: Posted, refused: Refused
) -> ResponseReturnValue:
    wrong = {str(refusal.params.get("field")) for refusal in refused.refusals}
    sound = {name: value for name, value in typed(part, posted).items() if name not in wrong}
    try:
        if sound:
            _save(desk, frame, part, actor, sound)
    except Refused as still:
        return _saved(desk, UUID(frame.application.id), part, actor, (*refused.refusals, *still.refusals))
    return _saved(desk, UUID(frame.application.id), part, actor, refused.refusals)


def _saved(
    desk: Desk, application_id: UUID, part: Section, actor: Actor, wrong: Sequence[Refusal]
) -> ResponseReturnValue:
    loaded = desk.handling.load(application_id, actor)
    call = desk.handling.call_of(loaded.state)
    errors = [
        {
            "field": reasons.control_name(refusal, call, part),
            "text": texts.explain(reasons.named(refusal, call, loaded.state)).of(speech()),
        }
        for refusal in wrong
    ]
    return forms.saved(loaded.state.section_versions.get(part.id, 0), desk.handling.now(), errors)


def _differences(part: Section, showing: Showing) -> Iterator[dict[str, object]]:
    """Where what was typed differs from what stands by now: the question, and what stands."""
    meant, _ = form.parse_section(part, dict(showing.typed or {}), showing.call)
    for field in part.fields:
        stands = showing.answers.get(field.id)
        if field.id in meant and meant[field.id] != stands:
            yield {"label": field.label, "stands": form.present(field, stands, speech()) or "—"}


def shown(desk: Desk, frame: Frame, part: Section, showing: Showing) -> dict[str, Any]:
    """What section.html asks."""
    before, after = neighbours(frame, part)
    wrong = [
        (refusal, texts.explain(reasons.named(refusal, frame.call, frame.application))) for refusal in showing.wrong
    ]
    summary = [{"field": reasons.control_name(refusal, frame.call, part), "text": reason} for refusal, reason in wrong]
    return {
        **frame.around(),
        **aside(desk, frame),
        "part": part,
        "groups": groups(part, frame.application.direction, showing),
        "summary": summary,
        "section_version": frame.application.section_versions.get(part.id, 0),
        "command_id": forms.new_command_id(),
        "before": before,
        "after": after,
        "just_saved": "saved" in request.args,
        "locked": showing.open is not None,
        "differences": (),
    }


def aside(desk: Desk, frame: Frame) -> dict[str, Any]:
    """The side of a drafting page: why not yet, and what is missing."""
    return {"panel": panel(desk, frame), "parts": completeness(frame)}
