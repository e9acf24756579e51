"""The form of each step: what a person is asked before taking it, under which address, and the command that comes of it.

Reads what was typed into the command's own types; whether the step may be taken is for the guards.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from eventstore.refusal import Fault, Malformed
from programmes.calendar import BEIJING, end_of
from programmes.call import Call
from workflow import commands as c
from workflow.application import Application
from workflow.events import ReturnItem

Posted = Mapping[str, Sequence[str]]
_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,16})(?:\.(\d{1,2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One question of a step. *kind*: text area money whole day instant tick choice file digest items checklist marks
    lines objection."""

    name: str
    kind: str = "text"
    required: bool = True
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step's form. *resource* is its address below the application; *tone* marks what cannot be undone."""

    trigger: str
    resource: str
    command: type[c.Command]
    inputs: tuple[Input, ...] = ()
    tone: str = "primary"


def _text(name: str, required: bool = True) -> Input:
    return Input(name=name, required=required)


_REASON = Input(name="reason", kind="area")
_AMOUNT_OF = Input(name="amount_fen", kind="money")
_OBJECTION = Input(name="objection", kind="objection")
_FINDING = Input(name="finding", kind="area")
_MINUTES = _text("minutes_number")
_BANK = _text("bank_reference")
DEADLINES = ("return", "applicant_close", "county_close", "city_close")
REASON_CODES = ("incomplete", "ineligible", "untrue", "duplicate", "other")
CANCEL_CODES = ("fraud", "not_carried_out", "unit_changed", "other")

STEPS: tuple[Step, ...] = (
    Step(trigger="seal", resource="seal", command=c.Seal),
    Step(trigger="resubmit", resource="resubmission", command=c.Resubmit),
    Step(trigger="recall", resource="recall", command=c.Recall),
    Step(
        trigger="recommend",
        resource="recommendation",
        command=c.Recommend,
        inputs=(
            Input(name="opinion", kind="area", required=False),
            _text("letter_number"),
            Input(name="letter_scan", kind="file"),
            _text("handler"),
            Input(name="handler_in_establishment", kind="tick"),
            Input(name="rank", kind="whole", required=False),
            Input(name="content_digest", kind="digest"),
        ),
    ),
    Step(
        trigger="return",
        resource="returns",
        command=c.ReturnForCorrection,
        inputs=(Input(name="items", kind="items"), Input(name="working_days", kind="whole", required=False)),
        tone="",
    ),
    Step(
        trigger="not_recommend", resource="non-recommendation", command=c.NotRecommend, inputs=(_REASON,), tone="danger"
    ),
    Step(
        trigger="extend",
        resource="extensions",
        command=c.Extend,
        inputs=(Input(name="deadline", kind="choice", options=DEADLINES), Input(name="until", kind="instant"), _REASON),
        tone="",
    ),
    Step(trigger="receive", resource="reception", command=c.Receive),
    Step(
        trigger="form_pass",
        resource="form-pass",
        command=c.PassForm,
        inputs=(Input(name="checklist", kind="checklist"),),
    ),
    Step(
        trigger="form_fail",
        resource="form-failure",
        command=c.FailForm,
        inputs=(Input(name="reason_code", kind="choice", options=REASON_CODES), _REASON),
        tone="danger",
    ),
    Step(
        trigger="reconsider",
        resource="reconsideration-decision",
        command=c.DecideReconsideration,
        inputs=(Input(name="granted", kind="choice", options=("true", "false")), _REASON),
    ),
    Step(
        trigger="draw",
        resource="panel",
        command=c.DrawPanel,
        inputs=(Input(name="replaces", kind="hidden", required=False),),
    ),
    Step(
        trigger="declare",
        resource="declarations",
        command=c.Declare,
        inputs=(
            Input(name="conflict", kind="choice", options=("false", "true")),
            Input(name="ground", kind="area", required=False),
        ),
    ),
    Step(
        trigger="score",
        resource="scores",
        command=c.Score,
        inputs=(Input(name="marks", kind="marks"), Input(name="comment", kind="area", required=False)),
    ),
    Step(
        trigger="close_review",
        resource="review-result",
        command=c.CloseReview,
        inputs=(Input(name="site_check", kind="tick", required=False),),
    ),
    Step(
        trigger="site_result",
        resource="site-check",
        command=c.RecordSiteCheck,
        inputs=(
            Input(name="passed", kind="choice", options=("true", "false")),
            Input(name="team", kind="lines"),
            Input(name="findings", kind="area"),
        ),
    ),
    Step(trigger="propose", resource="proposal", command=c.Propose, inputs=(_AMOUNT_OF, _MINUTES)),
    Step(
        trigger="not_select", resource="non-selection", command=c.NotSelect, inputs=(_MINUTES, _REASON), tone="danger"
    ),
    Step(
        trigger="publish",
        resource="notice",
        command=c.PublishNotice,
        inputs=(Input(name="working_days", kind="whole", required=False),),
    ),
    Step(
        trigger="object",
        resource="objections",
        command=c.Object,
        inputs=(
            Input(name="kind", kind="choice", options=("unit", "person")),
            _text("objector"),
            _text("contact"),
            Input(name="sealed", kind="tick", required=False),
            Input(name="grounds", kind="area"),
        ),
        tone="",
    ),
    Step(trigger="dismiss", resource="objection-dismissal", command=c.DismissObjection, inputs=(_OBJECTION, _FINDING)),
    Step(
        trigger="uphold",
        resource="objection-upholding",
        command=c.UpholdObjection,
        inputs=(_OBJECTION, _FINDING, Input(name="propose_anew", kind="tick", required=False)),
        tone="danger",
    ),
    Step(trigger="reserve", resource="reservation", command=c.Reserve, inputs=(_REASON,)),
    Step(trigger="award", resource="award", command=c.Award, inputs=(_text("document_number", required=False),)),
    Step(trigger="instruct", resource="tranches", command=c.InstructTranche, inputs=(_AMOUNT_OF,)),
    Step(
        trigger="confirm_paid",
        resource="payments",
        command=c.ConfirmPaid,
        inputs=(_BANK, Input(name="paid_on", kind="day", required=False)),
    ),
    Step(
        trigger="self_evaluate",
        resource="self-evaluation",
        command=c.FileSelfEvaluation,
        inputs=(Input(name="summary", kind="area"), Input(name="goals_met", kind="choice", options=("true", "false"))),
    ),
    Step(
        trigger="close",
        resource="closing",
        command=c.Close,
        inputs=(Input(name="result", kind="choice", options=("合格", "不合格")),),
    ),
    Step(trigger="ask_reconsideration", resource="reconsideration", command=c.AskReconsideration, inputs=(_REASON,)),
    Step(trigger="waive", resource="waiver", command=c.WaiveAward, inputs=(_REASON,), tone="danger"),
    Step(trigger="withdraw", resource="withdrawal", command=c.Withdraw, inputs=(_REASON,), tone="danger"),
    Step(
        trigger="cancel_award",
        resource="cancellation",
        command=c.CancelAward,
        inputs=(Input(name="reason_code", kind="choice", options=CANCEL_CODES), _text("decision_number")),
        tone="danger",
    ),
    Step(
        trigger="demand_recovery",
        resource="recovery",
        command=c.DemandRecovery,
        inputs=(_AMOUNT_OF, _REASON),
        tone="danger",
    ),
    Step(trigger="record_repayment", resource="repayments", command=c.RecordRepayment, inputs=(_AMOUNT_OF, _BANK)),
)
BY_RESOURCE: Mapping[str, Step] = {step.resource: step for step in STEPS}
BY_TRIGGER: Mapping[str, Step] = {step.trigger: step for step in STEPS}


def read(step: Step, application: Application, call: Call, posted: Posted, scan: str = "") -> c.Command:
    """The command that was typed. Malformed with every field that cannot be read; *scan* is the digest of an upload."""
    values: dict[str, Any] = {"application_id": UUID(application.id)}
    faults: list[Fault] = []
    for asked in step.inputs:
        try:
            values[asked.name] = (
                scan if asked.kind == "file" else _READERS.get(asked.kind, _said)(asked, posted, application, call)
            )
        except _Unreadable as wrong:
            faults.append(
                Fault(wrong.field or asked.name, wrong.code, {"field": wrong.field or asked.name, **wrong.params})
            )
    if faults:
        raise Malformed(faults)
    return step.command(**values)


class _Unreadable(Exception):
    def __init__(self, code: str, field: str = "", **params: str) -> None:
        self.code, self.field, self.params = code, field, params
        super().__init__(code)


def _first(posted: Posted, name: str) -> str:
    return next(iter(posted.get(name, ())), "").strip()


def _said(asked: Input, posted: Posted, application: Application, call: Call) -> str:
    return _first(posted, asked.name)


def _whole(asked: Input, posted: Posted, application: Application, call: Call) -> int | None:
    text = _first(posted, asked.name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _Unreadable("BAD_FORMAT", expected="1, 2, 3 …")
    return int(text)


def _money(asked: Input, posted: Posted, application: Application, call: Call) -> int:
    """Yuan as typed, in whole fen; finer than a fen is no amount."""
    text = _first(posted, asked.name)
    found = _AMOUNT.fullmatch(text.removesuffix("元").strip())
    if found is None:
        raise _Unreadable("REQUIRED" if not text else "BAD_FORMAT", expected="1,000,000.00")
    return int(found[1].replace(",", "")) * 100 + int((found[2] or "").ljust(2, "0"))


def _day(asked: Input, posted: Posted, application: Application, call: Call) -> date | None:
    text = _first(posted, asked.name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Unreadable("BAD_FORMAT", expected="2026-01-31") from None


def _instant(asked: Input, posted: Posted, application: Application, call: Call) -> datetime:
    """A Beijing instant; a day alone lasts until its end."""
    text = _first(posted, asked.name)
    try:
        return (
            end_of(date.fromisoformat(text))
            if len(text) == 10
            else datetime.fromisoformat(text).replace(tzinfo=BEIJING)
        )
    except ValueError:
        raise _Unreadable("BAD_FORMAT", expected="2026-01-31T17:00") from None


def _tick(asked: Input, posted: Posted, application: Application, call: Call) -> bool:
    return bool(_first(posted, asked.name))


def _choice(asked: Input, posted: Posted, application: Application, call: Call) -> str | bool:
    text = _first(posted, asked.name)
    if text not in asked.options:
        raise _Unreadable("REQUIRED")
    return {"true": True, "false": False}.get(text, text)


def _lines(asked: Input, posted: Posted, application: Application, call: Call) -> tuple[str, ...]:
    return tuple(line.strip() for line in _first(posted, asked.name).split("\n") if line.strip())


def _objection(asked: Input, posted: Posted, application: Application, call: Call) -> int:
    return _whole(asked, posted, application, call) or 0


def _checklist(asked: Input, posted: Posted, application: Application, call: Call) -> tuple[str, ...]:
    return tuple(posted.get(asked.name, ()))


def _items(asked: Input, posted: Posted, application: Application, call: Call) -> tuple[ReturnItem, ...]:
    """`item` ticks `field:params_yi` or `attachment:L-4`; `reason.<item>` says why, `material.<item>` asks anew."""
    found: list[ReturnItem] = []
    for ticked in posted.get("item", ()):
        kind, _, item = ticked.partition(":")
        reason, material = _first(posted, f"reason.{ticked}"), bool(_first(posted, f"material.{ticked}"))
        found.append(ReturnItem(kind=kind, id=item, reason=reason, material=material))
    return tuple(found)


def _marks(asked: Input, posted: Posted, application: Application, call: Call) -> dict[str, int]:
    """Points with up to two decimals, by criterion, in hundredths."""
    marks: dict[str, int] = {}
    for criterion in call.direction(application.direction).rubric:
        text = _first(posted, f"mark.{criterion.id}")
        try:
            points = Decimal(text) * 100
        except InvalidOperation:
            raise _Unreadable(
                "REQUIRED" if not text else "BAD_FORMAT", field=f"mark.{criterion.id}", expected="28.5"
            ) from None
        if not points.is_finite() or points != points.to_integral_value() or abs(points) > 10**6:
            raise _Unreadable("BAD_FORMAT", field=f"mark.{criterion.id}", expected="28.5")
        marks[criterion.id] = int(points)
    return marks


_READERS: Mapping[str, Callable[[Input, Posted, Application, Call], Any]] = {
    "whole": _whole,
    "money": _money,
    "day": _day,
    "instant": _instant,
    "tick": _tick,
    "choice": _choice,
    "lines": _lines,
    "objection": _objection,
    "checklist": _checklist,
    "items": _items,
    "marks": _marks,
}
