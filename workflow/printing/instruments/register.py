"""Which steps leave which instruments, found in a stream and drawn up. Pure.

An instrument is known by the event's own hash: whoever holds the sheet holds a word of the log.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from eventstore.event import Event, Fact
from paperwork.check_code import code_of
from programmes.call import Call
from workflow import events as e
from workflow.application import each_state
from workflow.dossier import View
from workflow.printing.instruments import of_bureaus, of_costs, of_money, of_the_province, of_units
from workflow.printing.instruments.case import Audience, Case, Instrument, Step, of_audience

_PARTIES, _AUTHORITIES, _PROVINCE = Audience.PARTIES, Audience.AUTHORITIES, Audience.PROVINCE


def _of(kind: str, name: str, audience: Audience, layout: Any, **more: Any) -> tuple[Instrument, ...]:
    return (Instrument(kind=kind, name=name, audience=audience, layout=layout, **more),)


def _was_returned(step: Step) -> bool:
    """A draft that the close ends is told by the call itself."""
    return step.before.returned is not None


INSTRUMENTS: Mapping[type[Event], tuple[Instrument, ...]] = {
    e.Withdrawn: _of("withdrawal_request", "撤回申请", _PARTIES, of_units.withdrawal),
    e.Lapsed: _of(
        "lapse_notice",
        "逾期告知书",
        _PARTIES,
        of_bureaus.lapse,
        only=_was_returned,
    ),
    e.Recommended: _of("recommendation_letter", "推荐函", _PARTIES, of_bureaus.recommendation),
    e.NotRecommended: _of("non_recommendation", "不予推荐告知书", _PARTIES, of_bureaus.non_recommendation),
    e.Received: _of("receipt", "受理回执", _PARTIES, of_the_province.receipt),
    e.ReturnedForCorrection: _of("correction_notice", "补正通知书", _PARTIES, of_bureaus.correction),
    e.Resubmitted: _of("list_of_differences", "补正修改清单", _PARTIES, of_units.differences),
    e.DeadlineExtended: _of("extension_notice", "延期通知", _PARTIES, of_bureaus.extension),
    e.FormFailed: _of("form_opinion", "形式审查意见书", _PARTIES, of_the_province.form_opinion),
    e.FormPassed: _of("form_examination", "形式审查表", _AUTHORITIES, of_the_province.form_examined),
    e.ReconsiderationAsked: _of("reconsideration_request", "复核申请", _PARTIES, of_units.reconsideration),
    e.ReconsiderationDecided: _of("reconsideration_decision", "复核决定书", _PARTIES, of_bureaus.reconsideration),
    e.PanelDrawn: _of("draw_record", "专家抽取记录", _PROVINCE, of_the_province.draw_record),
    e.Scored: _of("score_sheet", "专家评审意见表", _PROVINCE, of_the_province.score_sheet, own=True),
    e.ReviewClosed: (
        *_of("score_summary", "评分汇总表", _PROVINCE, of_the_province.score_summary),
        *_of("panel_opinion", "专家组意见", _PROVINCE, of_the_province.panel_opinion),
    ),
    e.SiteChecked: _of("site_check_form", "现场核查表", _PROVINCE, of_the_province.site_check),
    e.NotSelected: _of("result_notice", "评审结果告知书", _PARTIES, of_the_province.not_selected),
    e.AuditEntered: _of("audited_figures", "审定金额表", _PROVINCE, of_costs.audited),
    e.AuditChecked: _of("audit_look_up", "审计报告查验记录", _PROVINCE, of_costs.looked_up),
    e.Proposed: (
        *_of("support_proposal", "拟支持方案", _PROVINCE, of_the_province.proposal),
        *_of(
            "proposed_reckoning", "奖补资金核算表（拟支持）", _PROVINCE, of_costs.reckoning, only=of_costs.is_reckoned
        ),
    ),
    e.NoticePublished: _of("public_notice", "公示", _PARTIES, of_the_province.public_notice),
    e.ObjectionReceived: _of("objection_acceptance", "异议受理告知书", _PARTIES, of_the_province.objection_taken),
    e.ObjectionDismissed: _of("finding_report", "异议核查报告", _PARTIES, of_the_province.finding),
    e.ObjectionUpheld: _of("finding_report", "异议核查报告", _PARTIES, of_the_province.finding),
    e.Reserved: _of("reserve_notice", "入库通知", _PARTIES, of_the_province.reserved),
    e.Awarded: (
        *_of("award_notice", "立项通知", _PARTIES, of_the_province.award),
        *_of("subsidy_reckoning", "奖补资金核算表", _PARTIES, of_costs.reckoning, only=of_costs.is_reckoned),
    ),
    e.AwardWaived: _of("award_waiver", "放弃立项声明", _PARTIES, of_units.waiver),
    e.AwardCancelled: _of("cancellation_notice", "取消立项通知", _PARTIES, of_money.cancelled),
    e.TranchesPlanned: _of("payment_plan", "资金拨付计划", _PARTIES, of_money.planned),
    e.AccountChangeFiled: _of("account_change_letter", "账户变更函", _PARTIES, of_units.account_change),
    e.AccountVerified: _of("account_verification", "账户核验记录", _PROVINCE, of_money.account_verified),
    e.TrancheInstructed: _of("payment_notice", "拨款通知", _PARTIES, of_money.instructed),
    e.TranchePaid: _of("payment_record", "拨付确认单", _PARTIES, of_money.paid),
    e.TrancheReturned: _of("bounce_notice", "退汇通知", _PARTIES, of_money.bounced),
    e.HandedOn: _of("hand_on_record", "转拨凭证", _PARTIES, of_units.hand_on),
    e.SelfEvaluationFiled: _of("self_evaluation", "绩效自评报告", _PARTIES, of_units.self_evaluation),
    e.Closed: _of("closing_opinion", "绩效评价意见", _PARTIES, of_money.closed),
    e.RecoveryDemanded: (
        *_of("recovery_notice", "追回资金通知书", _PARTIES, of_money.recovery),
        *_of(
            "reckoning_anew",
            "奖补资金重新核算表",
            _PARTIES,
            of_costs.reckoned_anew,
            only=of_costs.is_reckoned_anew,
        ),
    ),
    e.RepaymentRecorded: _of("repayment_receipt", "收款凭证", _PARTIES, of_money.repaid),
    e.BookingCorrected: _of("correction_record", "更正记录", _PROVINCE, of_money.corrected),
}

KINDS: Mapping[str, Instrument] = {one.kind: one for several in INSTRUMENTS.values() for one in several}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One instrument of a stream: made of the event at *at_version*, the *number*-th of its kind. *author*: the expert."""

    instrument: Instrument
    code: str
    number: int
    at_version: int
    at: datetime
    stage: str
    author: str = ""


def made_of(facts: Sequence[Fact]) -> Iterator[Made]:
    """Every instrument of an application's stream, oldest first."""
    counted: dict[str, int] = {}
    for step, fact in _steps(facts):
        for one in INSTRUMENTS.get(type(fact.event), ()):
            if not one.only(step):
                continue
            counted[one.kind] = counted.get(one.kind, 0) + 1
            yield Made(
                instrument=one,
                code=code_of(step.after.id, one.kind, fact.recorded.hash.hex()),
                number=counted[one.kind],
                at_version=fact.recorded.version,
                at=fact.recorded.instant,
                stage=step.after.stage or "",
                author=fact.event.expert if isinstance(fact.event, e.Scored) else "",
            )


def _steps(facts: Sequence[Fact]) -> Iterator[tuple[Step, Fact]]:
    for fact, (before, after) in zip(facts, pairwise(each_state(facts)), strict=True):
        yield Step(before, after), fact


def may_have(made: Made, view: View) -> bool:
    """By its audience; an expert's own sheet is for that expert too."""
    if made.instrument.own and made.author == view.me:
        return True
    return of_audience(made.instrument.audience, view)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Who stands behind ids of people, and what the offices of these codes are called."""

    people: Mapping[str, str]
    offices: Mapping[str, str]


def drawn_up(facts: Sequence[Fact], made: Made, call: Call, names: Names) -> dict[str, Any]:
    """Title and parts of *made*."""
    steps = list(_steps(facts[: made.at_version]))
    step, fact = steps[-1]
    marks = {one.event.expert: one.event for _, one in steps if isinstance(one.event, e.Scored)}
    case = Case(
        event=fact.event,  # type: ignore[arg-type]
        at=made.at,
        before=step.before,
        after=step.after,
        call=call,
        marks=marks,
        people=names.people,
        offices=names.offices,
    )
    return made.instrument.layout(case)


def mentioned(facts: Sequence[Fact], made: Made) -> frozenset[str]:
    """The ids of people that *made* may name."""
    event = facts[made.at_version - 1].event
    match event:
        case e.PanelDrawn(drawn=drawn, replaces=replaces):
            return frozenset({*drawn, *((replaces,) if replaces else ())})
        case e.Scored(expert=expert):
            return frozenset({expert})
        case e.ReviewClosed(totals=totals, leader=leader):
            return frozenset({*totals, *((leader,) if leader else ())})
        case e.Proposed(proposer=proposer):
            return frozenset({proposer})
        case e.AuditEntered(entered_by=person) | e.AuditChecked(checked_by=person):
            return frozenset({person})
        case e.Awarded(signers=signers) | e.RecoveryDemanded(signers=signers):
            return frozenset(signers)
        case e.AccountVerified(filed_by=filed, verified_by=confirmed):
            return frozenset({filed, confirmed})
        case e.BookingCorrected(filed_by=filed, confirmed_by=confirmed):
            return frozenset({filed, confirmed})
        case _:
            return frozenset()


__all__ = ["INSTRUMENTS", "KINDS", "Made", "Names", "drawn_up", "made_of", "may_have", "mentioned"]
