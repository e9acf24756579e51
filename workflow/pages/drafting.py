"""Writing an application, part by part: by hand or while typing, alone or two in one part; nothing typed is ever lost."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from eventstore.refusal import Refusal, Refused
from programmes.fields import Section
from web import forms, texts
from web.saying import speech
from workflow import commands as c
from workflow.answers import plain
from workflow.events import SectionSaved
from workflow.handling import actor_name
from workflow.pages import merging, reasons
from workflow.pages.changed import changed_pages
from workflow.pages.desk import Desk, asking
from workflow.pages.fields import Showing, groups
from workflow.pages.frame import Frame, framed
from workflow.pages.illustrations import illustrated
from workflow.pages.parts import WRITABLE, aside, last_save, neighbours, section_of, unlocked
from workflow.pages.present import come_in, present_pages
from workflow.pages.saying import present_answer
from workflow.pages.typing import Posted, onward, rearranged, typed


def drafting(desk: Desk) -> Blueprint:
    pages = Blueprint("drafting", __name__)

    @pages.get("/applications/<uuid:application_id>/sections/<section_id>")
    def section(application_id: UUID, section_id: str) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("application.read"))
        part = section_of(frame, section_id)
        if not frame.mine or frame.dossier.stage not in WRITABLE:
            return redirect(f"{frame.base}#part-{part.id}", 303)
        come_in(desk, frame, part)
        showing = Showing(
            call=frame.call,
            answers=plain(frame.application.answers),
            open=unlocked(frame, part),
            extra_row=request.args.get("row", ""),
            turned_to=request.args.get("leaf", ""),
        )
        return render_template("workflow/section.html", **shown(desk, frame, part, showing))

    @pages.post("/applications/<uuid:application_id>/sections/<section_id>")
    def save(application_id: UUID, section_id: str) -> ResponseReturnValue:
        actor = asking("application.save")
        frame = framed(desk, application_id, actor)
        part = section_of(frame, section_id)
        posted = rearranged(forms.fields())
        answers, seen = typed(part, posted), forms.version()
        try:
            _save(desk, frame, part, actor, answers, _own_last_save(frame, part, actor))
        except Refused as refused:
            return _refused(desk, frame, part, posted, seen, refused)
        come_in(desk, frame, part)
        if forms.saves_itself():
            return _saved(desk, frame, part, ())
        return redirect(onward(frame, part, posted), 303)

    @pages.post("/applications/<uuid:application_id>/sections/<section_id>/merge")
    def merge(application_id: UUID, section_id: str) -> ResponseReturnValue:
        """What was chosen, question by question, saved over what stood when it was compared."""
        actor = asking("application.save")
        frame = framed(desk, application_id, actor)
        part = section_of(frame, section_id)
        chosen = merging.chosen(part, forms.fields())
        seen = forms.version()
        if chosen.open:
            return _compared(desk, frame, part, chosen, chosen.base)
        try:
            _save(desk, frame, part, actor, chosen.answers)
        except Refused as refused:
            codes = _codes(refused)
            again = framed(desk, application_id, actor)
            if "SECTION_CHANGED" in codes:
                return _compared(desk, again, part, merging.Chosen(mine=chosen.answers), seen)
            return _compared(desk, again, part, chosen, chosen.base, refused.refusals)
        return redirect(f"{frame.base}/sections/{part.id}?saved=1", 303)

    @pages.get("/applications/<uuid:application_id>/side")
    def side(application_id: UUID) -> ResponseReturnValue:
        """The panel alone, for the script that refreshes it after a save."""
        frame = framed(desk, application_id, asking("application.read"))
        return render_template("workflow/side.html", **frame.around(), **aside(desk, frame))

    present_pages(pages, desk)
    changed_pages(pages, desk)
    return pages


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


def _codes(refused: Refused) -> set[str]:
    """Which refusals; those that no page of this part can mend are raised again."""
    codes = {refusal.code for refusal in refused.refusals}
    if codes & {"ROLE_FORBIDDEN", "NOT_FOUND", "WRONG_STAGE"}:
        raise refused
    return codes


def _refused(
    desk: Desk, before: Frame, part: Section, posted: Posted, seen: int, refused: Refused
) -> ResponseReturnValue:
    """The page again with what was typed. While typing, whatever is sound is saved and only the rest refused."""
    codes, actor = _codes(refused), before.actor
    frame = framed(desk, UUID(before.application.id), actor)
    if "SECTION_CHANGED" in codes:
        return _met(desk, frame, part, posted, seen, refused)
    if forms.saves_itself():
        return _save_the_rest(desk, frame, part, posted, refused)
    showing = Showing(
        call=frame.call,
        answers=plain(frame.application.answers),
        typed=typed(part, posted),
        wrong=refused.refusals,
        open=unlocked(frame, part),
    )
    return render_template("workflow/section.html", **shown(desk, frame, part, showing)), 422


def _met(desk: Desk, frame: Frame, part: Section, posted: Posted, seen: int, refused: Refused) -> ResponseReturnValue:
    """Somebody saved this part meanwhile. Whoever typed what stands anyway has nothing to compare."""
    answers = typed(part, posted)
    left = merging.differing(frame, part, seen, answers)
    if forms.saves_itself():
        return _changed(frame, refused.refusals) if left else _saved(desk, frame, part, ())
    if all(one.whose == "theirs" for one in left):
        return redirect(onward(frame, part, posted), 303)
    return _compared(desk, frame, part, merging.Chosen(mine=answers), seen)


def _compared(
    desk: Desk, frame: Frame, part: Section, chosen: merging.Chosen, seen: int, wrong: Sequence[Refusal] = ()
) -> ResponseReturnValue:
    """The page that compares: what stands, what was typed, and a choice where both changed the same."""
    come_in(desk, frame, part)
    page = merging.page(desk, frame, part, chosen, seen, wrong)
    return render_template("workflow/merge.html", **frame.around(), **aside(desk, frame), **page), 422


def _changed(frame: Frame, refusals: Sequence[Refusal]) -> Response:
    """Somebody else saved this part meanwhile: the browser keeps what was typed."""
    told = [reason.as_json() for reason in reasons.told(refusals, frame.call, frame.application)]
    body = {"type": "/problems/changed-meanwhile", "refusals": told}
    return Response(msgspec.json.encode(body), 412, content_type="application/problem+json")


def _save_the_rest(desk: Desk, frame: Frame, part: Section, posted: Posted, refused: Refused) -> ResponseReturnValue:
    wrong = {str(refusal.params.get("field")) for refusal in refused.refusals}
    sound = {name: value for name, value in typed(part, posted).items() if name not in wrong}
    try:
        if sound:
            _save(desk, frame, part, frame.actor, sound)
    except Refused as still:
        return _saved(desk, frame, part, (*refused.refusals, *still.refusals))
    return _saved(desk, frame, part, refused.refusals)


def _saved(desk: Desk, frame: Frame, part: Section, wrong: Sequence[Refusal]) -> ResponseReturnValue:
    loaded = desk.handling.load(UUID(frame.application.id), frame.actor)
    call = desk.handling.call_of(loaded.state)
    errors = [
        {
            "field": reasons.control_name(refusal, call, part),
            "text": texts.explain(reasons.named(refusal, call, loaded.state)).of(speech()),
        }
        for refusal in wrong
    ]
    return forms.saved(loaded.state.section_versions.get(part.id, 0), desk.handling.now(), errors)


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
        "quoted": frame.call.programme_of(frame.application.direction).quoted(part, frame.application.direction),
        "groups": groups(part, frame.application.direction, showing),
        "illustrated": illustrated(desk, frame, part),
        "new_id": forms.new_command_id,
        "present_answer": present_answer,
        "summary": summary,
        "section_version": frame.application.section_versions.get(part.id, 0),
        "command_id": forms.new_command_id(),
        "before": before,
        "after": after,
        "just_saved": "saved" in request.args,
        "last_save": last_save(desk, frame, part.id),
        "locked": showing.open is not None,
    }
