"""The form of each step: what a person is asked before taking it, under which address, and the command that comes of it.

A table and nothing else; `wishes` reads what was typed, the guards say whether the step may be taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from workflow import commands as c


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One question of a step. *kind*: text area money whole day instant tick choice file digest items checklist marks
    lines objection tranche unit parts plan seat seat_why audit. *of_costs*: asked only where the programme pays by costs."""

    name: str
    kind: str = "text"
    required: bool = True
    options: tuple[str, ...] = ()
    of_costs: bool = False


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
_TRANCHE = Input(name="tranche", kind="tranche")
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
        inputs=(
            Input(name="replaces", kind="seat", required=False),
            Input(name="reason", kind="seat_why", required=False),
        ),
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
        inputs=(
            Input(name="opinion", kind="area", required=False),
            Input(name="leader", kind="seat", required=False),
            Input(name="divergence_reason", kind="area", required=False),
            Input(name="site_check", kind="tick", required=False),
        ),
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
    Step(
        trigger="enter_audit",
        resource="audited-figures",
        command=c.EnterAudit,
        inputs=(Input(name="figures", kind="audit"),),
    ),
    Step(
        trigger="check_audit",
        resource="audit-check",
        command=c.CheckAudit,
        inputs=(
            _text("check_code"),
            Input(name="genuine", kind="choice", options=("true", "false")),
            Input(name="checked_on", kind="day", required=False),
            Input(name="note", kind="area", required=False),
        ),
    ),
    Step(
        trigger="propose",
        resource="proposal",
        command=c.Propose,
        inputs=(
            _AMOUNT_OF,
            _MINUTES,
            Input(name="of_total_fen", kind="money", required=False, of_costs=True),
            Input(name="floor_waiver", kind="area", required=False, of_costs=True),
        ),
    ),
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
    Step(
        trigger="plan",
        resource="payment-plan",
        command=c.PlanTranches,
        inputs=(Input(name="parts", kind="plan"),),
        tone="",
    ),
    Step(trigger="instruct", resource="tranches", command=c.InstructTranche, inputs=(_AMOUNT_OF,)),
    Step(
        trigger="confirm_paid",
        resource="payments",
        command=c.ConfirmPaid,
        inputs=(_BANK, Input(name="paid_on", kind="day", required=False), _TRANCHE),
    ),
    Step(
        trigger="hand_on",
        resource="handing-on",
        command=c.HandOn,
        inputs=(_TRANCHE, Input(name="parts", kind="parts"), Input(name="scan_sha256", kind="file")),
    ),
    Step(
        trigger="confirm_hand_on",
        resource="receipt",
        command=c.ConfirmHandOn,
        inputs=(
            _TRANCHE,
            Input(name="received", kind="choice", options=("true", "false")),
            Input(name="reason", kind="area", required=False),
        ),
    ),
    Step(
        trigger="return_payment",
        resource="bank-return",
        command=c.ReturnPayment,
        inputs=(_TRANCHE, _REASON, Input(name="returned_on", kind="day", required=False)),
        tone="",
    ),
    Step(
        trigger="change_account",
        resource="account-change",
        command=c.ChangeAccount,
        inputs=(
            _text("account"),
            _text("holder"),
            _text("bank", required=False),
            Input(name="letter_scan", kind="file"),
        ),
        tone="",
    ),
    Step(
        trigger="verify_account",
        resource="account-verification",
        command=c.VerifyAccount,
        inputs=(
            Input(name="accepted", kind="choice", options=("true", "false")),
            Input(name="reason", kind="area", required=False),
        ),
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
        inputs=(
            Input(name="amount_fen", kind="money", required=False),
            Input(name="reason", kind="area", required=False),
            Input(name="false_lines", kind="lines", required=False, of_costs=True),
        ),
        tone="danger",
    ),
    Step(
        trigger="record_repayment",
        resource="repayments",
        command=c.RecordRepayment,
        inputs=(
            _AMOUNT_OF,
            _BANK,
            Input(name="unit", kind="unit", required=False),
            Input(name="received_on", kind="day", required=False),
        ),
    ),
    Step(
        trigger="correct",
        resource="corrections",
        command=c.Correct,
        inputs=(
            _BANK,
            Input(name="on", kind="day", required=False),
            _text("new_reference", required=False),
            _REASON,
        ),
        tone="",
    ),
    Step(
        trigger="confirm_correction",
        resource="correction-confirmation",
        command=c.ConfirmCorrection,
        inputs=(
            Input(name="accepted", kind="choice", options=("true", "false")),
            Input(name="reason", kind="area", required=False),
        ),
    ),
)
BY_RESOURCE: Mapping[str, Step] = {step.resource: step for step in STEPS}
BY_TRIGGER: Mapping[str, Step] = {step.trigger: step for step in STEPS}
