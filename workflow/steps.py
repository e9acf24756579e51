"""The lifecycle as one table: from where, by which trigger, to where, under which guards, with what paper, and who is told.

Data and nothing else: `lifecycle.py` asks it, the drawing and the documents are read off it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from directory.actor import Role
from directory.policy import POLICY
from workflow import guards as g
from workflow.guards import Guard, Selector, accounts, correcting, handing_on, planning, recovering
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
                g.rank_is_set,
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
            guards=(
                *_THE_TEXT_IS_WHOLE,
                g.no_other_has_the_place,
                g.something_was_mended,
                g.before_the_returns_deadline,
            ),
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


def _consorting() -> Iterator[Step]:
    """The consortium's own small machines: the stage stays, and what may change in it is frozen with the seal."""
    changing: dict[str, tuple[tuple[Guard, ...], tuple[str, ...]]] = {
        "invite": ((g.invitation_is_readable, g.unit_may_be_invited), ("invited",)),
        "uninvite": ((g.invitation_is_open,), ("invited",)),
        "answer_invitation": ((g.answer_counts,), ("unit",)),
        "remove_member": ((g.unit_is_a_member, g.reason_is_given), ("gone", "members")),
        "leave": ((g.unit_is_a_member, g.speaks_for_the_unit, g.reason_is_given), ("unit", "members")),
        "set_ratios": ((g.there_is_somebody_to_agree_with, g.text_is_as_seen, g.ratios_are_whole), ("members",)),
        "set_terms": ((g.there_is_somebody_to_agree_with, g.text_is_as_seen, g.terms_are_sound), ("members",)),
        "issue_agreement": (
            (g.there_is_somebody_to_agree_with, g.text_is_as_seen, g.agreement_is_whole),
            ("members",),
        ),
        "sign_agreement": (
            (g.signing_kind_is_accepted, g.document_counts, g.signatures_hold, g.speaks_for_the_unit),
            ("unit",),
        ),
        "ask_confirmation": (
            (
                g.signing_kind_is_accepted,
                g.agreement_is_issued,
                g.unit_is_a_member,
                g.speaks_for_the_unit,
                g.invitation_is_readable,
            ),
            ("asked",),
        ),
        "confirm_agreement": ((g.signing_kind_is_accepted, g.confirmation_counts), ("unit",)),
    }
    papers = {
        "issue_agreement": "联合体协议书 | consortium agreement",
        "sign_agreement": "已签署的协议扫描件 | signed agreement",
    }
    for trigger, (guards, told) in changing.items():
        yield from steps(
            trigger,
            _OPEN_TO_THE_UNIT,
            guards=(*guards, g.the_consortium_is_open, g.call_still_takes_drafts),
            document=papers.get(trigger, ""),
            told=told,
        )
    yield from steps("expire_invitation", _OPEN_TO_THE_UNIT, guards=(g.invitation_is_open,), told=("unit", "invited"))


_PAYING = (Stage.DISBURSING, Stage.DISBURSED)
_RECOVERABLE = (Stage.DISBURSING, Stage.DISBURSED, Stage.CLOSED, Stage.AWARD_CANCELLED)


def _paying() -> Iterator[Step]:
    """Money out (T30 to T35): instructed, paid or sent back, handed on and confirmed; the account changed by two."""
    yield Step(
        trigger="waive",
        source=Stage.AWARDED,
        dest=Stage.AWARD_CANCELLED,
        guards=(g.nothing_is_paid, g.reason_is_given),
        document="放弃声明 | waiver",
        told=("province", "unit", "members"),
    )
    yield from steps(
        "plan",
        (Stage.AWARDED, Stage.DISBURSING),
        guards=(planning.something_is_left_to_plan, planning.the_plan_is_the_rest),
        document="拨付计划 | plan of payments",
        told=("unit", "members"),
    )
    yield from steps(
        "instruct",
        (Stage.AWARDED, Stage.DISBURSING),
        Stage.DISBURSING,
        guards=(
            g.finance_did_not_propose,
            g.amount_is_positive,
            g.within_the_award,
            g.payees_account_is_known,
            accounts.no_account_change_waits,
            planning.it_is_the_planned_tranche,
        ),
        document="拨款通知 | payment instruction",
        told=("unit", "members"),
    )
    for dest, when in ((Stage.DISBURSED, g.it_is_the_last_fen), (Stage.DISBURSING, g.more_is_to_come)):
        yield Step(
            trigger="confirm_paid",
            source=Stage.DISBURSING,
            dest=dest,
            when=when,
            guards=(g.bank_reference_is_new, g.a_tranche_is_due),
            document="回单 | bank slip",
            told=("unit", "members"),
        )
    yield from steps(
        "return_payment",
        _PAYING,
        Stage.DISBURSING,
        guards=(
            recovering.the_payment_is_known,
            recovering.it_was_not_handed_on,
            recovering.what_came_back_stays_covered,
            g.reason_is_given,
        ),
        document="银行退票凭证 | bank's return",
        told=("unit", "members", "finance"),
    )
    yield from steps(
        "change_account",
        (Stage.AWARDED, Stage.DISBURSING),
        guards=(accounts.account_is_readable, accounts.holder_is_the_unit, accounts.sealed_letter_is_there),
        document="收款账户变更函 | letter on the account",
        told=("unit", "finance"),
    )
    yield from steps(
        "verify_account",
        (Stage.AWARDED, Stage.DISBURSING),
        when=accounts.an_account_was_filed,
        guards=(
            accounts.an_account_change_waits,
            accounts.two_persons_change_the_account,
            accounts.a_rejection_says_why,
        ),
        document="账户核验记录 | record of the verification",
        told=("unit", "finance"),
    )
    yield from _handing_on()
    yield from steps(
        "self_evaluate",
        (Stage.DISBURSED,),
        guards=(g.summary_is_given,),
        document="绩效自评 | self-evaluation",
        told=("province",),
    )
    yield Step(
        trigger="close",
        source=Stage.DISBURSED,
        dest=Stage.CLOSED,
        guards=(g.self_evaluation_is_filed, g.result_is_sound, handing_on.hand_on_is_confirmed),
        document="绩效评价、验收意见 | evaluation",
        told=("unit", "bodies_acted", "finance", "members"),
    )
    yield from steps(
        "cancel_award",
        (Stage.AWARDED, Stage.DISBURSING),
        Stage.AWARD_CANCELLED,
        guards=(g.decision_is_named,),
        document="取消立项通知 | notice of cancellation",
        told=("unit", "bodies_acted", "finance", "members"),
    )


def _handing_on() -> Iterator[Step]:
    """T33: the tranche's own machine; the stage stays."""
    yield from steps(
        "hand_on",
        _PAYING,
        when=handing_on.members_apply,
        guards=(
            handing_on.a_part_is_to_be_handed_on,
            handing_on.parts_are_the_split,
            handing_on.references_are_new,
            handing_on.voucher_is_there,
        ),
        document="转拨凭证 | record of handing on",
        told=("receivers",),
    )
    yield from steps(
        "confirm_hand_on",
        _PAYING,
        when=handing_on.a_member_asks,
        guards=(
            handing_on.a_member_answers_for_itself,
            handing_on.a_part_waits_for_an_answer,
            handing_on.a_dispute_says_why,
        ),
        told=("unit", "finance", "province"),
    )


def _recovering() -> Iterator[Step]:
    """Money back (T36, T37)."""
    demanding = (g.amount_is_positive, recovering.within_what_was_paid)
    yield from steps(
        "demand_recovery",
        _RECOVERABLE,
        Stage.RECOVERING,
        when=recovering.the_demand_is_countersigned,
        guards=(*demanding, recovering.the_demand_is_the_one_signed, recovering.two_persons_demand),
        document="追回资金通知书 | demand of recovery",
        told=("unit", "members", "finance"),
    )
    yield from steps(
        "demand_recovery",
        _RECOVERABLE,
        when=recovering.the_demand_is_begun,
        guards=(*demanding, recovering.the_lead_demands, g.reason_is_given),
        told=("finance",),
    )
    ends = [(before, recovering.the_demand_is_met_before(before)) for before in _RECOVERABLE]
    for dest, when in (
        (Stage.RECOVERED, recovering.all_is_repaid),
        *ends,
        (Stage.RECOVERING, recovering.more_is_owed),
    ):
        yield Step(
            trigger="record_repayment",
            source=Stage.RECOVERING,
            dest=dest,
            when=when,
            guards=(
                g.bank_reference_is_new,
                g.amount_is_positive,
                recovering.within_what_is_owed,
                recovering.repayer_is_a_party,
            ),
            document="收款凭证 | receipt of repayment",
            told=("unit", "members", "bodies_acted", "province", "finance"),
        )


def _correcting() -> Iterator[Step]:
    """T39: what was recorded of a booking is put right beside it, by two persons; the stage stays."""
    booked = (*_RECOVERABLE, Stage.RECOVERING, Stage.RECOVERED)
    yield from steps(
        "correct",
        booked,
        guards=(
            correcting.no_correction_waits,
            correcting.the_booking_is_known,
            correcting.something_differs,
            correcting.the_day_has_come,
            correcting.the_new_reference_is_new,
            g.reason_is_given,
        ),
        told=("province", "finance"),
    )
    yield from steps(
        "confirm_correction",
        booked,
        when=correcting.a_correction_was_filed,
        guards=(
            correcting.a_correction_waits,
            correcting.two_persons_correct,
            correcting.the_new_reference_is_new,
            correcting.a_rejection_says_why,
        ),
        document="更正记录 | record of correction",
        told=("unit", "finance"),
    )


_THE_TEXT_IS_WHOLE = (
    g.form_is_complete,
    g.attachments_are_there,
    g.the_consortium_is_sealed_together,
    g.every_unit_committed,
    g.scans_are_of_this_text,
    g.no_file_is_infected,
)

LIFECYCLE: tuple[Step, ...] = (
    Step(
        trigger="create",
        source=None,
        dest=Stage.DRAFT,
        guards=(g.call_is_open, g.unit_is_known, g.direction_is_in_the_call),
    ),
    *steps(
        "save",
        _OPEN_TO_THE_UNIT,
        guards=(
            g.item_is_unlocked,
            g.section_is_current,
            g.file_fits_its_slot,
            g.scan_is_of_this_text,
            g.speaks_for_the_unit,
            g.call_still_takes_drafts,
        ),
    ),
    *_consorting(),
    *steps(
        "print",
        tuple(Stage),
        guards=(g.paper_is_made_here, g.delegation_is_readable),
        document="申报书、承诺书、附件清单、联合体协议书、授权委托书（打印稿） | application, commitments, list of attachments, consortium agreement, letters of authorisation (printed)",
    ),
    Step(
        trigger="seal",
        source=Stage.DRAFT,
        dest=Stage.UNIT_SEALED,
        guards=(
            *_THE_TEXT_IS_WHOLE,
            g.no_other_has_the_place,
            g.a_route_is_known,
            g.before_the_applicants_deadline,
        ),
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
    *_paying(),
    *_recovering(),
    *_correcting(),
)

CONSORTIUM = frozenset(step.trigger for step in _consorting())
"""The triggers of the consortium's own machines."""

PLANNED: tuple[Step, ...] = ()
"""Steps of the process whose commands come with other work: documents and pages show them, nobody is offered them. Barring
a unit (T38) is no step of an application."""
