"""What the agreement says beside its tables, on its page: the consortium's name, each unit's task, clauses of its own, copies."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from eventstore.refusal import Fault, Malformed, Refusal
from programmes.agreement import PLAN
from programmes.call import Call
from web import forms
from workflow import commands as c
from workflow.application import Application
from workflow.dossier import as_seen
from workflow.guards.consorting import LONGEST, MOST_EXTRA
from workflow.pages.frame import Frame
from workflow.pages.whole_text import whole_text
from workflow.parties import agreement_digest

Typed = Mapping[str, Sequence[str]]


def _clauses(call: Call) -> dict[str, Mapping[str, str]]:
    """What the units may write out, under the names of the call's own text: of clause 3, and the plan of clause 5 (R-208, R-212)."""
    divisions = call.agreement.divisions if call.agreement else ()
    return {**{one.id: {"zh": one.label.zh, "en": one.label.en} for one in divisions}, PLAN: {}}


def shown(frame: Frame, typed: Typed) -> dict[str, Any]:
    application = as_seen(frame.application, frame.view)
    held = application.consortium
    extra = list(typed["extra"]) if "extra" in typed else list(held.extra)
    return {
        "name": _first(typed, "consortium_name", held.name),
        "tasks": {unit: _first(typed, f"task.{unit}", held.tasks.get(unit, "")) for unit in application.units},
        "clauses": [
            {"name": name, "label": label, "text": _first(typed, f"clause.{name}", held.clauses.get(name, ""))}
            for name, label in _clauses(frame.call).items()
        ],
        "plan": PLAN,
        "extra": [*extra, *([""] if len(extra) < MOST_EXTRA and "" not in extra else [])],
        "copies": _first(typed, "copies", str(held.copies or len(application.units) + 1)),
        "copies_wanted": len(application.units) + 1,
        "whole": whole_text(application, frame.call),
        "longest": LONGEST,
        "seen": agreement_digest(application),
    }


def _first(typed: Typed, name: str, otherwise: str) -> str:
    return next(iter(typed[name]), "") if name in typed else otherwise


def command(application: Application, call: Call) -> c.Command:
    """Everything on the page; an extra clause that was emptied is gone. Malformed where the copies are no number."""
    posted, copies = forms.fields(), forms.text("copies")
    if copies and not (copies.isascii() and copies.isdigit() and len(copies) < 4):
        raise Malformed(Fault("copies", "BAD_FORMAT", {"field": "copies", "expected": "1…99"}))
    return c.SetTerms(
        application_id=UUID(application.id),
        name=forms.text("consortium_name"),
        tasks={unit: forms.text(f"task.{unit}") for unit in application.units},
        clauses={name: forms.text(f"clause.{name}") for name in _clauses(call)},
        extra=tuple(text.strip() for text in posted.get("extra", ()) if text.strip()),
        copies=int(copies) if copies else None,
        seen=forms.text("seen"),
    )


def control(refusal: Refusal, frame: Frame) -> str:
    return str(refusal.params.get("field", "")).replace(":", ".", 1)
