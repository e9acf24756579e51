"""The lifecycle as one table: from where, by which trigger, to where, under which guards, with what paper, and who is told.

The only place that knows `transitions`. One shared machine with no registered model asks all guards of a step and collects
their refusals; folding events never comes here, because rules change and history does not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transitions import EventData, Machine, Transition

from directory.actor import UNIT_ROLES, Actor, Grant, Role
from directory.policy import POLICY
from eventstore.refusal import Refusal, Refused
from workflow import guards as g
from workflow.application import Application
from workflow.commands import Command
from workflow.facts import Facts
from workflow.guards import Guard, Selector
from workflow.labels import labelled
from workflow.stages import BEFORE_THE_AWARD, Stage

REVISION = "1"
"""Of this table; written into every event's metadata, so that a history can be read with the rules it was made under."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row: *when* chooses between rows of one trigger and source, *guards* say why not, *told* names audiences."""

    trigger: str
    source: Stage | None
    dest: Stage
    guards: tuple[Guard, ...] = ()
    when: Selector | None = None
    document: str = ""
    told: tuple[str, ...] = ()

    @property
    def roles(self) -> frozenset[Role]:
        """Who may: the policy's word, not a second list."""
        return POLICY[f"application.{self.trigger}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A step as a person sees it: open, or closed and why."""

    trigger: str
    open: bool
    entered: Stage | None
    refusals: tuple[Refusal, ...] = ()
    document: str = ""
    told: tuple[str, ...] = ()


def steps(trigger: str, sources: Sequence[Stage], dest: Stage | None = None, **row: Any) -> Iterator[Step]:
    """One row for each source; without *dest* the stage stays."""
    for source in sources:
        yield Step(trigger=trigger, source=source, dest=dest or source, **row)


_HELD_BY_A_BUREAU = (Stage.UNIT_SEALED, Stage.COUNTY_RECOMMENDED, Stage.CITY_RECOMMENDED)
_OPEN_TO_THE_UNIT = (Stage.DRAFT, Stage.RETURNED)


def _recommending() -> Iterator[Step]:
    for source, dest, when in (
        (Stage.UNIT_SEALED, Stage.COUNTY_RECOMMENDED, g.the_next_step_is_county),
        (Stage.UNIT_SEALED, Stage.CITY_RECOMMENDED, g.the_next_step_is_city),
        (Stage.COUNTY_RECOMMENDED, Stage.CITY_RECOMMENDED, g.the_next_step_is_city),
    ):
        yield Step(
            trigger="recommend",
            source=source,
            dest=dest,
            when=when,
            guards=(
                g.bureau_holds_the_step,
                g.handler_is_named,
                g.handler_is_not_the_head,
                g.letter_is_there,
                g.version_is_current,
                g.within_the_quota,
                g.before_the_bureaus_deadline,
            ),
            document="推荐函、汇总表 | recommendation letter, summary table",
            told=("next_body", "unit", "bodies_acted"),
        )


def _returning() -> Iterator[Step]:
    yield from steps(
        "return",
        (*_HELD_BY_A_BUREAU, Stage.FORMAL_REVIEW),
        Stage.RETURNED,
        guards=(g.bureau_holds_the_step, g.items_are_listed, g.returns_are_left),
        document="补正通知书 | notice of correction",
        told=("unit", "bodies_acted"),
    )
    for back in (*_HELD_BY_A_BUREAU, Stage.FORMAL_REVIEW):
        yield Step(
            trigger="resubmit",
            source=Stage.RETURNED,
            dest=back,
            when=g.goes_back_to(back),
            guards=(*_THE_TEXT_IS_WHOLE, g.something_was_mended, g.before_the_returns_deadline),
            document="申报书新版本、差异清单 | new version, list of differences",
            told=("returning_body", "bodies_acted", "unit"),
        )


def _reconsidering() -> Iterator[Step]:
    refused = (Stage.NOT_RECOMMENDED, Stage.FORM_FAILED)
    yield from steps(
        "ask_reconsideration",
        refused,
        guards=(g.reconsidered_once, g.asked_in_time, g.reason_is_given),
        document="复核申请 | request for reconsideration",
        told=("deciding_body",),
    )
    for before in (Stage.UNIT_SEALED, Stage.COUNTY_RECOMMENDED, Stage.FORMAL_REVIEW):
        yield from steps(
            "reconsider",
            refused,
            before,
            when=g.granted_back_to(before),
            guards=(g.reconsideration_is_asked, g.the_higher_body_decides, g.reason_is_given),
            document="复核决定 | decision on reconsideration",
            told=("unit", "refusing_body"),
        )
    yield from steps(
        "reconsider",
        refused,
        when=g.not_granted,
        guards=(g.reconsideration_is_asked, g.the_higher_body_decides, g.reason_is_given),
        document="复核决定 | decision on reconsideration",
        told=("unit", "refusing_body"),
    )


_THE_TEXT_IS_WHOLE = (g.form_is_complete, g.attachments_are_there, g.every_unit_committed)

LIFECYCLE: tuple[Step, ...] = (
    Step(
        trigger="create",
        source=None,
        dest=Stage.DRAFT,
        guards=(g.call_is_open, g.unit_is_known, g.direction_is_in_the_call),
    ),
    *steps("save", _OPEN_TO_THE_UNIT, guards=(g.item_is_unlocked, g.section_is_current, g.call_still_takes_drafts)),
    Step(
        trigger="seal",
        source=Stage.DRAFT,
        dest=Stage.UNIT_SEALED,
        guards=(*_THE_TEXT_IS_WHOLE, g.a_route_is_known, g.before_the_applicants_deadline),
        document="申报书、附件清单 | application with list of attachments",
        told=("next_body", "unit"),
    ),
    Step(
        trigger="recall",
        source=Stage.UNIT_SEALED,
        dest=Stage.DRAFT,
        guards=(g.no_bureau_has_acted, g.before_the_applicants_deadline),
        told=("next_body", "unit"),
    ),
    *steps(
        "withdraw",
        tuple(stage for stage in Stage if stage in BEFORE_THE_AWARD),
        Stage.WITHDRAWN,
        guards=(g.reason_is_given,),
        document="撤回申请 | request of withdrawal",
        told=("bodies_acted", "unit"),
    ),
    *steps(
        "lapse", _OPEN_TO_THE_UNIT, Stage.LAPSED, guards=(g.the_deadline_has_passed,), told=("unit", "bodies_acted")
    ),
    *_recommending(),
    *steps(
        "not_recommend",
        (Stage.UNIT_SEALED, Stage.COUNTY_RECOMMENDED),
        Stage.NOT_RECOMMENDED,
        guards=(g.bureau_holds_the_step, g.reason_is_given),
        document="不予推荐告知书 | notice of non-recommendation",
        told=("unit", "bodies_acted"),
    ),
    *steps(
        "receive",
        _HELD_BY_A_BUREAU,
        Stage.FORMAL_REVIEW,
        guards=(g.no_recommendation_is_left,),
        document="受理回执 | receipt",
        told=("unit", "bodies_acted", "copied_bodies"),
    ),
    *_returning(),
    *steps(
        "extend",
        (Stage.DRAFT, Stage.RETURNED, *_HELD_BY_A_BUREAU),
        guards=(g.extender_receives_it, g.extension_is_later, g.reason_is_given),
        told=("unit",),
    ),
    Step(
        trigger="form_fail",
        source=Stage.FORMAL_REVIEW,
        dest=Stage.FORM_FAILED,
        guards=(g.reason_is_given,),
        document="形式审查意见 | opinion of the formal review",
        told=("unit", "bodies_acted"),
    ),
    *_reconsidering(),
    Step(
        trigger="form_pass",
        source=Stage.FORMAL_REVIEW,
        dest=Stage.EXPERT_REVIEW,
        guards=(g.checklist_is_complete,),
        document="形式审查表 | form of the formal review",
        told=("unit",),
    ),
    *steps(
        "draw",
        (Stage.EXPERT_REVIEW,),
        guards=(g.review_is_open, g.a_place_is_free, g.the_pool_is_large_enough),
        document="抽取记录 | record of the draw",
        told=("drawn_experts",),
    ),
    *steps("declare", (Stage.EXPERT_REVIEW,), guards=(g.review_is_open, g.expert_is_on_the_panel), told=("province",)),
    *steps(
        "score",
        (Stage.EXPERT_REVIEW,),
        guards=(g.review_is_open, g.expert_has_no_conflict, g.expert_is_on_the_panel, g.marks_are_in_range),
        document="专家评审意见表 | expert's marks",
    ),
    Step(
        trigger="close_review",
        source=Stage.EXPERT_REVIEW,
        dest=Stage.SITE_CHECK,
        when=g.a_site_check_follows,
        guards=(g.review_is_open, g.panel_is_whole, g.all_marks_are_in),
        document="评分汇总表、专家组意见 | table of marks, panel's opinion",
    ),
    Step(
        trigger="close_review",
        source=Stage.EXPERT_REVIEW,
        dest=Stage.EXPERT_REVIEW,
        when=g.no_site_check_follows,
        guards=(g.review_is_open, g.panel_is_whole, g.all_marks_are_in),
        document="评分汇总表、专家组意见 | table of marks, panel's opinion",
    ),
    Step(
        trigger="site_result",
        source=Stage.SITE_CHECK,
        dest=Stage.EXPERT_REVIEW,
        when=g.the_site_passed,
        guards=(g.two_checkers,),
        document="现场核查表 | site check form",
    ),
    Step(
        trigger="site_result",
        source=Stage.SITE_CHECK,
        dest=Stage.NOT_SELECTED,
        when=g.the_site_failed,
        guards=(g.two_checkers,),
        document="现场核查表 | site check form",
        told=("unit", "bodies_acted"),
    ),
    *steps(
        "not_select",
        (Stage.EXPERT_REVIEW, Stage.SITE_CHECK, Stage.RESERVED),
        Stage.NOT_SELECTED,
        guards=(g.minutes_are_named, g.reason_is_given),
        document="结果告知 | notice of the result",
        told=("unit", "bodies_acted"),
    ),
    Step(
        trigger="propose",
        source=Stage.EXPERT_REVIEW,
        dest=Stage.PROPOSED,
        guards=(g.review_is_closed, g.minutes_are_named, g.amount_is_positive, g.within_the_budget),
        document="拟支持方案 | proposal of support",
        told=("finance",),
    ),
    Step(
        trigger="publish",
        source=Stage.PROPOSED,
        dest=Stage.PUBLIC_NOTICE,
        guards=(g.notice_is_long_enough, g.calendar_knows_the_window),
        document="公示名单 | list for public notice",
        told=("unit", "bodies_acted"),
    ),
    Step(
        trigger="object",
        source=Stage.PUBLIC_NOTICE,
        dest=Stage.OBJECTION_HOLD,
        guards=(g.objector_is_named, g.objected_in_the_window, g.grounds_are_given),
        document="异议受理书 | acceptance of the objection",
        told=("unit_without_the_objector", "discipline"),
    ),
    Step(
        trigger="dismiss",
        source=Stage.OBJECTION_HOLD,
        dest=Stage.PUBLIC_NOTICE,
        guards=(g.objection_is_open, g.finding_is_given),
        document="核查报告 | report of the check",
        told=("unit", "bodies_acted"),
    ),
    Step(
        trigger="uphold",
        source=Stage.OBJECTION_HOLD,
        dest=Stage.NOTICE_REJECTED,
        when=g.it_ends_here,
        guards=(g.objection_is_open, g.finding_is_given),
        document="核查报告 | report of the check",
        told=("unit", "bodies_acted"),
    ),
    Step(
        trigger="uphold",
        source=Stage.OBJECTION_HOLD,
        dest=Stage.PROPOSED,
        when=g.it_is_proposed_anew,
        guards=(g.objection_is_open, g.finding_is_given),
        document="核查报告 | report of the check",
        told=("unit", "bodies_acted"),
    ),
    Step(
        trigger="reserve",
        source=Stage.PUBLIC_NOTICE,
        dest=Stage.RESERVED,
        guards=(g.programme_has_a_reserve, g.notice_is_over, g.no_objection_is_open),
        document="入库通知 | notice of reserve",
        told=("unit",),
    ),
    *steps(
        "award",
        (Stage.PUBLIC_NOTICE, Stage.RESERVED),
        Stage.AWARDED,
        when=g.it_is_the_second_signature,
        guards=(g.notice_is_over, g.no_objection_is_open, g.within_the_budget, g.two_persons_award),
        document="立项通知、资金下达文件 | notice of award",
        told=("unit", "bodies_acted", "finance"),
    ),
    *steps(
        "award",
        (Stage.PUBLIC_NOTICE, Stage.RESERVED),
        when=g.it_is_the_first_signature,
        guards=(g.notice_is_over, g.no_objection_is_open, g.within_the_budget, g.document_is_named),
        told=("finance",),
    ),
    Step(
        trigger="waive",
        source=Stage.AWARDED,
        dest=Stage.AWARD_CANCELLED,
        guards=(g.nothing_is_paid, g.reason_is_given),
        document="放弃声明 | waiver",
        told=("province", "unit"),
    ),
    *steps(
        "instruct",
        (Stage.AWARDED, Stage.DISBURSING),
        Stage.DISBURSING,
        guards=(g.finance_did_not_propose, g.amount_is_positive, g.within_the_award, g.payees_account_is_known),
        document="拨款通知 | payment instruction",
        told=("unit",),
    ),
    Step(
        trigger="confirm_paid",
        source=Stage.DISBURSING,
        dest=Stage.DISBURSED,
        when=g.it_is_the_last_fen,
        guards=(g.bank_reference_is_new, g.a_tranche_is_due),
        document="回单 | bank slip",
        told=("unit",),
    ),
    Step(
        trigger="confirm_paid",
        source=Stage.DISBURSING,
        dest=Stage.DISBURSING,
        when=g.more_is_to_come,
        guards=(g.bank_reference_is_new, g.a_tranche_is_due),
        document="回单 | bank slip",
        told=("unit",),
    ),
    *steps(
        "self_evaluate",
        (Stage.DISBURSED,),
        guards=(g.summary_is_given,),
        document="绩效自评 | self-evaluation",
        told=("province",),
    ),
    Step(
        trigger="close",
        source=Stage.DISBURSED,
        dest=Stage.CLOSED,
        guards=(g.self_evaluation_is_filed, g.result_is_sound),
        document="绩效评价、验收意见 | evaluation",
        told=("unit", "bodies_acted", "finance"),
    ),
    *steps(
        "cancel_award",
        (Stage.AWARDED, Stage.DISBURSING),
        Stage.AWARD_CANCELLED,
        guards=(g.decision_is_named,),
        document="取消立项通知 | notice of cancellation",
        told=("unit", "bodies_acted", "finance"),
    ),
    *steps(
        "demand_recovery",
        (Stage.DISBURSING, Stage.DISBURSED, Stage.CLOSED, Stage.AWARD_CANCELLED),
        Stage.RECOVERING,
        guards=(g.amount_is_positive, g.within_what_was_paid, g.reason_is_given),
        document="追回资金通知书 | demand of recovery",
        told=("unit", "finance"),
    ),
    Step(
        trigger="record_repayment",
        source=Stage.RECOVERING,
        dest=Stage.RECOVERED,
        when=g.all_is_repaid,
        guards=(g.bank_reference_is_new, g.amount_is_positive, g.within_what_is_owed),
        document="收款凭证 | receipt of repayment",
        told=("unit", "finance"),
    ),
    *(
        Step(
            trigger="record_repayment",
            source=Stage.RECOVERING,
            dest=before,
            when=g.the_demand_is_met_before(before),
            guards=(g.bank_reference_is_new, g.amount_is_positive, g.within_what_is_owed),
            document="收款凭证 | receipt of repayment",
            told=("unit", "finance"),
        )
        for before in (Stage.DISBURSING, Stage.DISBURSED, Stage.CLOSED, Stage.AWARD_CANCELLED)
    ),
    Step(
        trigger="record_repayment",
        source=Stage.RECOVERING,
        dest=Stage.RECOVERING,
        when=g.more_is_owed,
        guards=(g.bank_reference_is_new, g.amount_is_positive, g.within_what_is_owed),
        document="收款凭证 | receipt of repayment",
        told=("unit", "finance"),
    ),
)


class Attempt:
    """One wish in front of the machine; made, triggered, thrown away. *state* is what the machine moves."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


@dataclass(slots=True)
class _Case:
    """What the guards look at, and where their refusals gather."""

    application: Application
    command: Command | None
    facts: Facts
    refusals: list[Refusal] = field(default_factory=list[Refusal])


class ExplainedTransition(Transition):
    """A transition that asks *all* its guards; the library alone would answer a bare False at the first."""

    def __init__(self, *args: Any, guards: tuple[Guard, ...] = (), when: Selector | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guards, self.when = guards, when

    def _eval_conditions(self, event_data: EventData) -> bool:
        case: _Case = event_data.kwargs["case"]
        if self.when and not self.when(case.application, case.command, case.facts):
            return False
        found = asked(self.guards, case.application, case.command, case.facts)
        case.refusals.extend(found)
        return not found


_NOWHERE = "nowhere"


class LifecycleMachine(Machine):
    """The library's machine with explained transitions; read-only once built."""

    transition_cls = ExplainedTransition


def _machine() -> LifecycleMachine:
    states = [_NOWHERE, *(stage.value for stage in Stage)]
    machine = LifecycleMachine(model=None, states=states, initial=_NOWHERE, auto_transitions=False)
    for step in LIFECYCLE:
        source = step.source.value if step.source else _NOWHERE
        machine.add_transition(step.trigger, source, step.dest.value, guards=step.guards, when=step.when)
    return machine


_MACHINE = _machine()

_BY_STAGE: Mapping[Stage | None, Mapping[str, tuple[Step, ...]]] = {
    stage: {
        trigger: tuple(step for step in LIFECYCLE if step.source is stage and step.trigger == trigger)
        for trigger in dict.fromkeys(step.trigger for step in LIFECYCLE if step.source is stage)
    }
    for stage in (None, *Stage)
}
"""The table compiled once for pages: a list of fifty rows asks this, not the machine."""


def enter(trigger: str, application: Application, command: Command, facts: Facts) -> Stage:
    """The stage that *trigger* leads to; Refused with every reason, or with the event that came first."""
    if forbidden := role_refusal(trigger, application, facts.actor):
        raise Refused((forbidden,))
    if trigger not in _BY_STAGE[application.stage]:
        raise Refused((wrong_stage(trigger, application, facts),))
    case = _Case(application, command, facts)
    attempt = Attempt(application.stage.value if application.stage else _NOWHERE)
    if _MACHINE.events[trigger].trigger(attempt, case=case):
        return Stage(attempt.state)
    raise Refused(case.refusals or (Refusal.of("NO_SUCH_STEP", trigger=trigger, stage=_name(application)),))


def actions(application: Application, facts: Facts) -> tuple[Action, ...]:
    """Every step this actor's roles could take from here: open, or closed with the reasons a command would get.

    Guards that look at what a person would type find no command and stay silent.
    """
    found: list[Action] = []
    for trigger, rows in _BY_STAGE[application.stage].items():
        if not _may(trigger, application, facts.actor):
            continue
        row = next((row for row in rows if row.when is None or row.when(application, None, facts)), None)
        if row is None:
            continue
        refusals = labelled(asked(row.guards, application, None, facts), facts.call, application.direction)
        found.append(
            Action(
                trigger=trigger,
                open=not refusals,
                entered=row.dest,
                refusals=refusals,
                document=row.document,
                told=row.told,
            )
        )
    return tuple(found)


def role_refusal(trigger: str, application: Application, actor: Actor) -> Refusal | None:
    """ROLE_FORBIDDEN unless one of the actor's grants may do this, a unit's grant being for the unit that leads."""
    if _may(trigger, application, actor):
        return None
    allowed = sorted(role.value for role in POLICY[f"application.{trigger}"])
    return Refusal.of("ROLE_FORBIDDEN", trigger=trigger, allowed=allowed)


def _may(trigger: str, application: Application, actor: Actor) -> bool:
    roles = POLICY[f"application.{trigger}"]
    if any(grant.role in roles and _fits(grant, application) for grant in actor.grants):
        return True
    return Role.PUBLIC in roles and Role.PUBLIC in actor.roles


def _fits(grant: Grant, application: Application) -> bool:
    return grant.role not in UNIT_ROLES or application.stage is None or grant.scope == application.lead_unit


_ENDED_BY_THE_CLOCK = frozenset({"save", "seal", "resubmit"})


def wrong_stage(trigger: str, application: Application, facts: Facts) -> Refusal:
    """There is no such step from here; says which event came first, whose it was and when.

    What the clock ended is refused by the deadline that ended it: that is the reason the unit can understand.
    """
    if application.lapsed_by and trigger in _ENDED_BY_THE_CLOCK:
        until, now = application.lapsed_by.isoformat(), facts.now.isoformat()
        return Refusal.of("DEADLINE_PASSED", deadline=application.lapsed_from, until=until, now=now)
    params: dict[str, str] = {"trigger": trigger, "stage": _name(application)}
    if latest := facts.latest:
        params |= {"event": latest.event, "by": latest.actor, "at": latest.at.isoformat()}
    return Refusal.of("WRONG_STAGE", **params)


def _name(application: Application) -> str:
    return application.stage.value if application.stage else ""


def asked(guards: Sequence[Guard], application: Application, command: Command | None, facts: Facts) -> list[Refusal]:
    """Every refusal of every guard, in the order of the table."""
    found: list[Refusal] = []
    for guard in guards:
        answer = guard(application, command, facts)
        if isinstance(answer, Refusal):
            found.append(answer)
        elif answer is not None:
            found.extend(answer)
    return found
