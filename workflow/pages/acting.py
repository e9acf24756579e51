"""Taking a step: a page that asks what the step needs and says who will be told, and the post that takes it.

Whoever comes second learns which event won, whose and when; what was typed stays on the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import Actor
from eventstore.refusal import Malformed, PreconditionFailed, Refusal, Refused
from web import forms, problems, texts
from workflow import lifecycle
from workflow.pages import reasons, steps, wishes
from workflow.pages.desk import Desk, asking
from workflow.pages.frame import Frame, framed
from workflow.pages.offering import offered
from workflow.pages.returning import returnable
from workflow.pages.steps import Step
from workflow.reckoning import costs_of

_RULE = "/applications/<uuid:application_id>/<any({}):resource>".format(
    ", ".join(f'"{step.resource}"' for step in steps.STEPS if step.trigger != "score")
)
"""Every step's address but that of a score sheet, which is a page of its own."""

_NOT_HERE = frozenset({"ROLE_FORBIDDEN", "NOT_FOUND", "WRONG_BUREAU"})


def acting(desk: Desk) -> Blueprint:
    pages = Blueprint("acting", __name__)

    @pages.get(_RULE)
    def step(application_id: UUID, resource: str) -> ResponseReturnValue:
        asked = steps.BY_RESOURCE[resource]
        frame = opened(desk, application_id, asked)
        return render_template("workflow/step.html", **asked_of(desk, frame, asked))

    @pages.post(_RULE)
    def take(application_id: UUID, resource: str) -> ResponseReturnValue:
        asked = steps.BY_RESOURCE[resource]
        actor = asking(f"application.{asked.trigger}")
        try:
            taken(desk, application_id, asked, actor, forms.version())
        except (Malformed, Refused, PreconditionFailed) as error:
            frame, wrong, status = refused(desk, application_id, actor, error)
            values = asked_of(desk, frame, asked, wrong, forms.fields())
            return render_template("workflow/step.html", **values), status
        return redirect(f"/applications/{application_id}?done={asked.trigger}", 303)

    return pages


def opened(desk: Desk, application_id: UUID, asked: Step) -> Frame:
    """The application in front of whoever may take the step. Refused where there is no such step for them."""
    frame = framed(desk, application_id, asking(f"application.{asked.trigger}"))
    if frame.action(asked.trigger) is None:
        raise Refused(_why_not(desk, frame, asked.trigger))
    return frame


def taken(desk: Desk, application_id: UUID, asked: Step, actor: Actor, version: int | None) -> None:
    """Take the step with what the form says. Raises Malformed, Refused, PreconditionFailed."""
    application = desk.handling.load(application_id, actor).state
    call = desk.handling.call_of(application)
    scan = _scan(desk) if any(each.kind == "file" for each in asked.inputs) else ""
    command = wishes.read(asked, application, call, forms.fields(), scan)
    context = desk.context(actor, asked.resource, str(application_id), scan, version=version)
    desk.handling.handle(command, actor, context)


def _scan(desk: Desk) -> str:
    """The digest of the uploaded scan; "" where none came, which the guard will name."""
    upload = next((file for file in request.files.values() if file.filename), None)
    if upload is None:
        return next(iter(forms.fields().get("scan_digest", ())), "")
    return desk.handling.quarantine.take_in(desk.files.keep_scan(upload.stream, upload.filename or ""))


def _why_not(desk: Desk, frame: Frame, trigger: str) -> Refusal:
    """The role may never, or there is no such step from here."""
    latest = frame.facts[-1].recorded
    known = desk.handling.gathering.known(frame.application, latest, frame.actor, frame.now)
    forbidden = lifecycle.role_refusal(trigger, frame.application, frame.actor)
    return forbidden or lifecycle.wrong_stage(trigger, frame.application, known)


def refused(
    desk: Desk, application_id: UUID, actor: Actor, error: Malformed | Refused | PreconditionFailed
) -> tuple[Frame, list[Refusal], int]:
    """For the same page once more: the application now, everything that was wrong, and what to answer with."""
    if isinstance(error, Refused) and _NOT_HERE.intersection(refusal.code for refusal in error.refusals):
        raise error
    frame = framed(desk, application_id, actor)
    if isinstance(error, PreconditionFailed):
        return frame, [Refusal("CONFLICT", won(desk, error))], 412
    if isinstance(error, Malformed):
        return frame, [reasons.of_fault(fault) for fault in error.faults], 422
    return frame, list(error.refusals), 422


def won(desk: Desk, error: PreconditionFailed) -> dict[str, Any]:
    """Which event came first, whose and when."""
    latest = error.latest
    if latest is None:
        return {}
    name = desk.handling.names({latest.actor}).get(latest.actor, latest.actor)
    event = texts.catalogue().get(f"pages.told.{latest.type.partition('.')[2]}.title")
    words = {"event_zh": event.zh, "event_en": event.en} if event else {"event": latest.type}
    return {"who_acted": name, "at": latest.instant.isoformat(), **words}


def asked_of(
    desk: Desk,
    frame: Frame,
    asked: Step,
    wrong: Sequence[Refusal] = (),
    typed: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """What step.html asks: the frame, the step's questions, who will be told, and what was wrong."""
    action = frame.action(asked.trigger)
    named = [(refusal, _labelled(refusal, frame, asked)) for refusal in wrong]
    errors = {_control(refusal, asked): reason for refusal, reason in named}
    return {
        **frame.around(),
        "step": _asking_of(asked, frame),
        "action": action,
        "closed": reasons.told(action.refusals, frame.call, frame.application) if action else (),
        "told_people": desk.told((asked.trigger,), frame.application, frame.call)[asked.trigger] if action else (),
        "typed": typed or {},
        "wrong": [reason for _, reason in named],
        "errors": errors,
        "summary": [{"field": _control(refusal, asked), "text": reason} for refusal, reason in named],
        "command_id": forms.new_command_id(),
        "direction": frame.call.direction(frame.application.direction),
        "returnable": returnable(frame) if asked.trigger == "return" else (),
        "checklist": _checklist(frame) if asked.trigger == "form_pass" else (),
        "offered_to": offered(frame, asked.trigger, desk.handling.names),
    }


def _asking_of(asked: Step, frame: Frame) -> Step:
    """The step without the questions that are about costs, where nothing is paid by them."""
    if costs_of(frame.application, frame.call) is not None:
        return asked
    return replace(asked, inputs=tuple(each for each in asked.inputs if not each.of_costs))


def _checklist(frame: Frame) -> list[tuple[str, Any]]:
    slots = frame.call.programme_of(frame.application.direction).attachments
    form = {"zh": "申报信息表填写完整、前后一致", "en": "The form is complete and consistent"}
    return [("form", form), *((slot.id, slot.label) for slot in slots if slot.required)]


_FIELD_OF = {
    "MISSING_HANDLER": "handler",
    "SAME_PERSON": "handler",
    "MINUTES_MISSING": "minutes_number",
    "DUPLICATE_BANK_REF": "bank_reference",
    "OVER_AWARD": "amount_fen",
    "OVER_PAID": "amount_fen",
    "NOT_AS_PLANNED": "amount_fen",
    "PLAN_SUM": "parts",
    "PLAN_ORDER": "parts",
    "BOOKING_UNKNOWN": "bank_reference",
    "NOTHING_CORRECTED": "on",
    "DEMAND_DIFFERS": "amount_fen",
    "HOLDER_MISMATCH": "holder",
    "NO_HANDON_DUE": "tranche",
    "NO_RECEIPT_DUE": "tranche",
    "HANDED_ON_ALREADY": "tranche",
    "NOTHING_PAID": "tranche",
    "OVER_BUDGET": "amount_fen",
    "OVER_RATE": "amount_fen",
    "BELOW_FLOOR": "floor_waiver",
    "COST_LINE_UNKNOWN": "false_lines",
    "NOT_AS_RECKONED": "amount_fen",
    "AUDIT_LINE_MISSING": "figures",
    "AUDIT_LINE_FORMAT": "figures",
    "AUDIT_BEYOND_CLAIM": "figures",
    "AUDIT_CODE_DIFFERS": "check_code",
    "NOTHING_TO_RETURN": "items",
    "CHECKLIST_INCOMPLETE": "checklist",
    "EXTENSION_NOT_LATER": "until",
    "OBJECTION_ANONYMOUS": "objector",
    "OBJECTION_UNKNOWN": "objection",
    "FILE_TYPE": "letter_scan",
    "FILE_MISMATCH": "letter_scan",
    "FILE_EMPTY": "letter_scan",
    "FILE_TOO_LARGE": "letter_scan",
    "FILE_UNSAFE": "letter_scan",
}
_WHY = ("reason", "grounds", "finding", "summary", "note")


def _control(refusal: Refusal, asked: Step) -> str:
    """The control that a refusal is about, "" where it is about none."""
    params, names = refusal.params, [each.name for each in asked.inputs]
    if refusal.code == "MISSING_HANDLER" and params.get("named") == "yes":
        return "handler_in_establishment"
    if refusal.code in ("SCORE_RANGE", "SCORE_STEP") or (asked.trigger == "score" and refusal.code == "REQUIRED"):
        name = str(params.get("criterion") or params.get("field", ""))
        return name if name.startswith("mark.") else f"mark.{name}"
    if refusal.code == "HANDON_MISMATCH":
        return f"part.{params.get('member', '')}.amount_fen"
    if refusal.code == "LETTER_MISSING":
        return str(params.get("missing", ""))
    if refusal.code == "REASON_REQUIRED":
        return next((name for name in _WHY if name in names), "")
    if refusal.code == "COST_LINE_UNKNOWN" and asked.trigger == "enter_audit":
        return "figures"
    field = str(params.get("field") or _FIELD_OF.get(refusal.code, ""))
    return field if field in names or field.startswith(("mark.", "part.")) else ""


def _labelled(refusal: Refusal, frame: Frame, asked: Step) -> Any:
    """The refusal in words, its field called as the form calls it."""
    name = _control(refusal, asked)
    label = texts.catalogue().get(f"pages.input.{asked.trigger}.{name}") or texts.catalogue().get(f"pages.input.{name}")
    more: dict[str, Any] = {"label_zh": label.zh, "label_en": label.en} if label else {}
    if name.startswith("mark."):
        rubric = frame.call.direction(frame.application.direction).rubric
        found = next((one.label for one in rubric if name == f"mark.{one.id}"), None)
        more |= {"label_zh": found.zh, "label_en": found.en} if found else {}
    told = reasons.named(refusal, frame.call, frame.application)
    return texts.explain(Refusal(told.code, {**told.params, **more}, told.source))


__all__ = ["acting", "asked_of", "opened", "problems", "refused", "taken", "won"]
