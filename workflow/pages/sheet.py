"""评分表 on one screen: the application on one side, every criterion on the other, kept as it is typed until it is submitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from eventstore.refusal import Fault, Malformed, PreconditionFailed, Refusal, Refused
from programmes.call import Criterion
from web import forms
from workflow import sheet_drafts
from workflow.pages import steps
from workflow.pages.acting import asked_of, opened, refused, taken
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame, framed
from workflow.pages.reading import standing
from workflow.pages.steps import Step
from workflow.pages.wishes import mark_of
from workflow.review import points


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands in the sheet. *how*: typed (refused a moment ago), draft, submitted, or "" for an empty one."""

    typed: Mapping[str, Sequence[str]]
    how: str
    at: datetime | None = None


def sheets(desk: Desk) -> Blueprint:
    pages = Blueprint("sheets", __name__)
    asked = steps.BY_TRIGGER["score"]

    @pages.get("/applications/<uuid:application_id>/scores")
    def sheet(application_id: UUID) -> ResponseReturnValue:
        frame = opened(desk, application_id, asked)
        return _page(desk, frame, asked, _as_left(desk, frame))

    @pages.post("/applications/<uuid:application_id>/scores")
    def submit(application_id: UUID) -> ResponseReturnValue:
        actor = asking("application.score")
        try:
            taken(
                desk, application_id, asked, actor, None
            )  # a sheet is one expert's own: nobody else's marks are in its way
        except (Malformed, Refused, PreconditionFailed) as error:
            frame, wrong, status = refused(desk, application_id, actor, error)
            return _page(desk, frame, asked, Shown(forms.fields(), "typed"), wrong), status
        return redirect(f"/applications/{application_id}?done=score", 303)

    @pages.post("/applications/<uuid:application_id>/scores/draft")
    def keep(application_id: UUID) -> ResponseReturnValue:
        actor = asking("application.score")
        frame = framed(desk, application_id, actor)
        action = frame.action("score")
        if action is None or actor.id not in frame.application.review.panel:
            raise Refused(Refusal.of("EXPERT_NOT_ON_PANEL"))
        if over := [refusal for refusal in action.refusals if refusal.code == "REVIEW_CLOSED"]:
            raise Refused(over)
        typed = _typed(frame)
        with desk.handling.store.begin() as db:
            now = desk.handling.clock.now(db)
            sheet_drafts.keep(db, frame.application.id, actor.id, typed, now)
        if forms.saves_itself():
            return forms.saved(frame.application.version, now)  # whatever it is: judged when it is submitted
        return redirect(f"{frame.base}/scores?saved=1", 303)

    return pages


def _typed(frame: Frame) -> dict[str, str]:
    """What stands in the sheet's controls and nothing else. Malformed where it is more than a sheet can be."""
    names = {*(f"mark.{one.id}" for one in _rubric(frame)), "comment"}
    typed = {name: values[0] for name, values in forms.fields().items() if name in names and values}
    measure = sum(map(len, typed.values()))
    if measure > sheet_drafts.MOST_CHARACTERS:
        params = {"measure": measure, "limit": sheet_drafts.MOST_CHARACTERS}
        raise Malformed(Fault("comment", "FIELD_TOO_LONG", params))
    return typed


def _rubric(frame: Frame) -> tuple[Criterion, ...]:
    return frame.call.direction(frame.application.direction).rubric


def _as_left(desk: Desk, frame: Frame) -> Shown:
    """The draft where there is one, else the sheet that was submitted."""
    with desk.handling.store.reading() as db:
        draft = sheet_drafts.draft_of(db, frame.application.id, frame.actor.id)
    if draft is not None:
        return Shown({name: [text] for name, text in draft.typed.items()}, "draft", draft.saved_at)
    sheet = frame.application.review.sheets.get(frame.actor.id)
    if sheet is None:
        return Shown({}, "")
    marks = {f"mark.{name}": [_as_written(value)] for name, value in sheet.marks.items()}
    return Shown({**marks, "comment": [sheet.comment]}, "submitted")


def _as_written(hundredths: int) -> str:
    """2850 as 28.5, as a person writes it."""
    return points(hundredths).rstrip("0").rstrip(".")


def _page(desk: Desk, frame: Frame, asked: Step, shown: Shown, wrong: Sequence[Refusal] = ()) -> str:
    values = asked_of(desk, frame, asked, wrong, shown.typed)
    return render_template("workflow/sheet.html", **{**standing(desk, frame), **values, **_of_the_sheet(frame, shown)})


def _of_the_sheet(frame: Frame, shown: Shown) -> dict[str, Any]:
    """How the sheet stands: what it adds up to so far, and where what stands in it comes from."""
    rubric = _rubric(frame)
    given = [mark_of(next(iter(shown.typed.get(f"mark.{one.id}", ())), "").strip()) for one in rubric]
    marks = [mark for mark in given if mark is not None]
    return {
        "rubric": rubric,
        "how": shown.how,
        "left_at": shown.at,
        "total": sum(marks),
        "counted": len(marks),
        "most": sum(one.max for one in rubric),
        "places": frame.call.review.mark_decimals,
        "just_saved": "saved" in request.args,
        "submitted": frame.actor.id in frame.application.review.sheets,
    }
