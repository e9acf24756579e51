"""奖补核算: every figure of a subsidy line by line, on a page, as a workbook and on paper; and what a false line would cost."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from eventstore.refusal import Refusal
from programmes.calendar import beijing_date
from web import texts
from web.operations import file_response
from web.problems import NotFound
from workflow.explaining import Explained, explained
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame, framed
from workflow.printing.reckoning_sheet import SHEET_TYPES, TITLE, drawn
from workflow.reckoning import unknown_lines

PAGE = 100
"""Lines on a page."""
_APART = re.compile(r"[\s,，、;；]+")
_LONGEST = 2_000


def subsidies(desk: Desk) -> Blueprint:
    pages = Blueprint("subsidies", __name__)

    @pages.get("/applications/<uuid:application_id>/subsidy")
    def shown(application_id: UUID) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("application.read"))
        typed = request.args.get("without", "")[:_LONGEST]
        wanted = [one for one in _APART.split(typed) if one]
        unknown = unknown_lines(frame.application, frame.call, wanted)
        start = max(request.args.get("from", 0, type=int), 0)
        known = [one for one in wanted if one not in unknown]
        found = _explained(frame, known, slice(start, start + PAGE))
        values = {**_page(frame, found, start, typed), "typed": typed, **_wrong(unknown)}
        return render_template("workflow/subsidy.html", **frame.around(), **values), 422 if unknown else 200

    @pages.get("/applications/<uuid:application_id>/subsidy.<any(xlsx, pdf):format>")
    def taken(application_id: UUID, format: str) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("application.read"))
        day = beijing_date(
            frame.facts[-1].recorded.instant
        ).isoformat()  # of the newest fact: the same facts, the same bytes
        content = drawn(frame.application, frame.call, _explained(frame), format, day)
        return file_response(content, SHEET_TYPES[format], f"{TITLE}-{frame.application.number}.{format}")

    return pages


def _explained(frame: Frame, false_lines: Sequence[str] = (), part: slice = slice(None)) -> Explained:
    found = explained(frame.application, frame.call, frame.view, false_lines, part)
    if found is None:
        raise NotFound
    return found


def _page(frame: Frame, found: Explained, start: int, typed: str) -> dict[str, Any]:
    def href(place: int) -> str:
        kept = {"without": typed} if typed else {}
        return f"{frame.base}/subsidy?{urlencode({'from': place, **kept})}"

    return {
        "found": found,
        "previous": href(max(start - PAGE, 0)) if start else "",
        "next": href(start + PAGE) if start + PAGE < found.count else "",
        "may_try": found.audited is not None and frame.view.panel,
    }


def _wrong(unknown: list[str]) -> dict[str, Any]:
    if not unknown:
        return {"error": "", "summary": []}
    said = texts.explain(Refusal.of("COST_LINE_UNKNOWN", line=[one[:60] for one in unknown[:20]], count=len(unknown)))
    return {"error": said, "summary": [{"field": "without", "text": said}]}
