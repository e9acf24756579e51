"""Units kept from applying (T38): the province's list, the lead's decision and its sheet, and the lifting of one."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from directory.actor import PROVINCE_ROLES, Actor, Role
from directory.policy import may
from directory.register import Register
from directory.unit import Bar, Unit
from eventstore.refusal import Fault, Malformed, Refusal, Refused
from programmes.calendar import beijing_date
from web import face, forms, texts
from web.operations import file_response
from web.problems import NotFound
from workflow.pages import reasons
from workflow.pages.desk import Desk, asking, office, region
from workflow.printing.barring import decision
from workflow.printing.summary import LETTER_TYPES, drawn_letter

_DONE = ("barred", "lifted")
_ASKED = ("unit", "reason", "decision_number", "starts", "until")


def bars(desk: Desk) -> Blueprint:
    pages = Blueprint("bars", __name__)
    register = Register(desk.handling.dispatcher)

    @pages.get("/bars")
    def listed() -> ResponseReturnValue:
        return render_template("workflow/bars.html", **_listed(desk, asking("exception.read")))

    @pages.post("/bars")
    def bar() -> ResponseReturnValue:
        actor = asking("unit.bar")
        context = desk.context(actor, "bars")

        def barred() -> None:
            unit = _in_the_province(desk, actor, forms.text("unit").strip())
            register.bar_unit(context, unit.code, _wanted())

        return _answered(desk, actor, barred, "barred")

    @pages.post("/bars/<code>/lifting")
    def lift(code: str) -> ResponseReturnValue:
        actor = asking("unit.bar")
        context = desk.context(actor, "bars", code, "lifting")

        def lifted() -> None:
            unit = _in_the_province(desk, actor, code)
            register.unbar_unit(context, unit.code, forms.text(f"reason-{code}"), forms.text(f"decision-{code}"))

        return _answered(desk, actor, lifted, "lifted", code)

    @pages.get("/bars/<code>/decision.<any(pdf, docx):format>")
    def sheet(code: str, format: str) -> ResponseReturnValue:
        """失信处理决定, as it stands in the register."""
        actor = asking("exception.read")
        unit = next((one for one in _barred(desk, actor) if one.code == code), None)
        if unit is None or unit.bar is None:
            raise NotFound
        document = decision(unit.name, code, unit.bar, office(unit.county[:2])["zh"])
        name = f"失信处理决定-{unit.name}.{format}"
        return file_response(drawn_letter(document, format), LETTER_TYPES[format], name)

    return pages


def _provinces(actor: Actor) -> set[str]:
    return {scope[:2] for scope in actor.scopes(*PROVINCE_ROLES, Role.AUDITOR)}


def _barred(desk: Desk, actor: Actor) -> list[Unit]:
    with desk.handling.store.reading() as db:
        return [unit for unit in desk.register(db).barred() if unit.county[:2] in _provinces(actor)]


def _in_the_province(desk: Desk, actor: Actor, code: str) -> Unit:
    """UNIT_UNKNOWN for a unit that is none, and for another province's."""
    with desk.handling.store.reading() as db:
        unit = desk.register(db).unit(code) if code else None
    if unit is None or not actor.holds(Role.PROVINCE_LEAD, unit.county[:2]):
        raise Refused(Refusal.of("UNIT_UNKNOWN", unit=code) if code else Refusal.of("REQUIRED", field="unit"))
    return unit


def _wanted() -> Bar:
    days, faults = dict[str, date](), list[Fault]()
    for name in ("starts", "until"):
        try:
            days[name] = date.fromisoformat(forms.text(name).strip())
        except ValueError:
            code = "BAD_FORMAT" if forms.text(name).strip() else "REQUIRED"
            faults.append(Fault(name, code, {"field": name, "expected": "2026-07-01"}))
    if faults:
        raise Malformed(faults)
    return Bar(reason=forms.text("reason"), decision_number=forms.text("decision_number"), **days)


def _answered(desk: Desk, actor: Actor, act: Callable[[], None], done: str, code: str = "") -> ResponseReturnValue:
    """Back to the list; or the same page with what was typed, and why not beside it."""
    try:
        act()
    except (Malformed, Refused) as error:
        refusals = [reasons.of_fault(one) for one in error.faults] if isinstance(error, Malformed) else error.refusals
        wrong = [_explained(one, code) for one in refusals]
        names = (f"reason-{code}", f"decision-{code}") if code else _ASKED
        page = _listed(desk, actor) | {
            "summary": [{"field": name, "text": text} for name, text in wrong],
            "errors": dict(wrong),
            "typed": {name: forms.text(name) for name in names},
        }
        return render_template("workflow/bars.html", **page), 422
    return redirect(f"/bars?done={done}", 303)


def _explained(refusal: Refusal, code: str) -> tuple[str, Any]:
    """The reason beside its control; those of a lifting carry the unit's code behind their name."""
    name = "unit" if refusal.code == "UNIT_UNKNOWN" else str(refusal.params.get("field", ""))
    label = texts.catalogue().get(f"pages.bars.{name}")
    more = {"label_zh": label.zh, "label_en": label.en} if label else {}
    control = f"{'decision' if name == 'decision_number' else 'reason'}-{code}" if code else name
    return control, texts.explain(Refusal(refusal.code, {**refusal.params, **more}, refusal.source))


def _listed(desk: Desk, actor: Actor) -> dict[str, Any]:
    today, done = beijing_date(face.now()), request.args.get("done", "")
    return {
        "rows": [
            {
                "unit": unit,
                "code": unit.code,
                "bar": unit.bar,
                "region": region(unit.county),
                "state": _state(unit.bar, today),
                "command_id": forms.new_command_id(),
            }
            for unit in _barred(desk, actor)
            if unit.bar is not None
        ],
        "may_bar": may(actor, "unit.bar") is None,
        "done": done if done in _DONE else "",
        "command_id": forms.new_command_id(),
        "summary": (),
        "errors": {},
        "typed": {},
    }


def _state(bar: Bar, today: date) -> str:
    if today < bar.starts:
        return "ahead"
    return "over" if today > bar.until else "stands"
