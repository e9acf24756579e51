"""What a review was made of, for whoever answers for it: each draw with whom it left out and why, every mark, every opinion."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame, framed
from workflow.panel import DrawRecord, draw_record
from workflow.review import marks_table, points
from workflow.shares import name_of


def reviews(desk: Desk) -> Blueprint:
    pages = Blueprint("reviews", __name__)

    @pages.get("/applications/<uuid:application_id>/review")
    def record(application_id: UUID) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("review.record"))
        return render_template("workflow/review.html", **_shown(desk, frame))

    return pages


def _shown(desk: Desk, frame: Frame) -> dict[str, Any]:
    application, review = frame.application, frame.application.review
    draws = draw_record(application, frame.call)
    known = {one.expert for draw in draws for one in draw.left_out} | set(review.drawn_ever)
    names = {
        expert.removeprefix("person:"): name
        for expert, name in desk.handling.names({f"person:{one}" for one in known}).items()
    }
    return {
        **frame.around(),
        "draws": [_draw(frame, draw, names) for draw in draws],
        "marks": marks_table(application, frame.call),
        "rubric": frame.call.direction(application.direction).rubric,
        "rule": frame.call.review,
        "names": names,
        "written": points,
        "site": review.site,
    }


def _draw(frame: Frame, draw: DrawRecord, names: dict[str, str]) -> dict[str, Any]:
    return {
        "one": draw,
        "drawn": [names.get(expert, expert) for expert in draw.drawn],
        "left_out": list(_left_out(frame, draw, names)),
    }


def _left_out(frame: Frame, draw: DrawRecord, names: dict[str, str]) -> Iterator[dict[str, Any]]:
    for one in draw.left_out:
        unit = name_of(frame.application, one.unit) if one.unit else ""
        yield {"name": names.get(one.expert, one.expert), "why": one.why, "unit": unit, "until": one.until}
