"""A bank's statement on finance's desk: bring the file, look at what each row would be, tick, and see what became of each.

Nothing is kept between the two pages: each row carries what was read of it, and is matched anew before it is booked. The
answer to the booking is a page, not a redirect, because it tells row by row; sent again it books nothing twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from eventstore.dispatch import Outcome
from eventstore.refusal import Fault, Malformed
from web import forms, texts
from workflow import booking
from workflow import commands as c
from workflow.booking import Act, Booked
from workflow.matching import Proposal, Target
from workflow.pages import reasons
from workflow.pages.desk import Desk, asking
from workflow.statement import Line, Unreadable

ACTION = "statement.book"


class _Carried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row as it travels in the form."""

    line: Line
    target: Target


_carried = msgspec.json.Decoder(_Carried).decode
_MOST_ROWS = 500


def statements(desk: Desk) -> Blueprint:
    pages = Blueprint("statements", __name__)

    @pages.get("/payments/statement")
    def ask() -> ResponseReturnValue:
        asking(ACTION)
        return render_template("workflow/statement.html", **_shown())

    @pages.post("/payments/statement")
    def look() -> ResponseReturnValue:
        actor = asking(ACTION, acts=False)
        request.max_content_length = booking.MOST_BYTES + (1 << 20)
        upload = request.files.get("file")
        try:
            if upload is None or not upload.filename:
                raise Malformed(Fault("file", "REQUIRED", {"field": "file"}))
            statement = booking.read(upload.stream, upload.filename)
        except Malformed as wrong:
            told = [reasons.of_fault(fault) for fault in wrong.faults]
            return render_template("workflow/statement.html", **_shown(wrong=[texts.explain(one) for one in told])), 422
        found = booking.proposed(desk.handling, actor, statement.lines)
        return render_template("workflow/statement.html", **_shown(found, statement.unreadable, upload.filename))

    @pages.post("/payments/statement/bookings")
    def book() -> ResponseReturnValue:
        actor = asking(ACTION)
        chosen = [(one.line, one.target) for one in _ticked()]
        done = list(booking.book_lines(desk.handling, actor, chosen, _acting(desk, actor)))
        rows = [{"one": one, "why": [texts.explain(refusal) for refusal in one.refusals]} for one in done]
        return render_template("workflow/statement_booked.html", rows=rows, booked=_count(done))

    return pages


def _acting(desk: Desk, actor: Actor) -> Act:
    key = forms.command_id()

    def act(command: c.Command, line: Line) -> Outcome:
        return desk.handling.handle(command, actor, booking.context_of(desk.handling, actor, key, line))

    return act


def _ticked() -> Sequence[_Carried]:
    """The rows that were ticked; Malformed where one is not as the page made it."""
    given = forms.fields().get("book", [])[:_MOST_ROWS]
    try:
        rows = [_carried(row) for row in given]
        if all(UUID(one.target.application) for one in rows):
            return rows
    except (msgspec.DecodeError, ValueError):
        pass
    raise Malformed(Fault("book", "BAD_FORMAT", {"field": "book"}))


def _shown(
    found: Sequence[Proposal] = (), unreadable: Sequence[Unreadable] = (), name: str = "", wrong: Sequence[Any] = ()
) -> Mapping[str, Any]:
    return {
        "rows": [_row(one) for one in found],
        "fitting": sum(1 for one in found if one.target is not None),
        "unreadable": [
            {"row": one.row, "why": [texts.explain(refusal) for refusal in one.refusals]} for one in unreadable
        ],
        "name": name,
        "wrong": wrong,
        "summary": [{"field": "file", "text": text} for text in wrong],
        "command_id": forms.new_command_id(),
    }


def _row(one: Proposal) -> Mapping[str, Any]:
    carried = msgspec.json.encode(_Carried(one.line, one.target)).decode() if one.target else ""
    return {"one": one, "carried": carried, "why": texts.explain(one.refusal) if one.refusal else None}


def _count(done: Sequence[Booked]) -> int:
    return sum(1 for one in done if one.stage)
