"""资金台账: what moved, asked by two clocks. A correction shows in what is known now, and not in what was known before it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from eventstore.refusal import Refusal
from programmes.calendar import end_of
from programmes.money import Money
from web import texts
from workflow.ledger import balance, ledger
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import framed


def ledgers(desk: Desk) -> Blueprint:
    pages = Blueprint("ledgers", __name__)

    @pages.get("/applications/<uuid:application_id>/ledger")
    def shown(application_id: UUID) -> ResponseReturnValue:
        frame = framed(desk, application_id, asking("payment.read"))
        given = {name: request.args.get(name, "").strip()[:10] for name in ("known", "on")}
        wrong = [name for name, typed in given.items() if typed and _day(typed) is None]
        known, on = _day(given["known"]), _day(given["on"])
        found = () if wrong else ledger(frame.facts, _end(known), on)
        values: dict[str, Any] = {
            "typed": given,
            "errors": {name: _bad(name) for name in wrong},
            "summary": [{"field": name, "text": _bad(name)} for name in wrong],
            "movements": found,
            "balance": balance(found),
            "balance_words": Money(balance(found)).capitals(),
        }
        return render_template("workflow/ledger.html", **frame.around(), **values), 422 if wrong else 200

    return pages


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _end(day: date | None) -> datetime | None:
    """What was known on a day is what was known at its end."""
    return end_of(day) if day else None


def _bad(name: str) -> Any:
    label = texts.catalogue()[f"pages.ledger.{name}"]
    return texts.explain(
        Refusal.of("BAD_FORMAT", field=name, label_zh=label.zh, label_en=label.en, expected="2026-01-22")
    )
