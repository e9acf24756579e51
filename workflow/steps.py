"""The lifecycle as one table: from where, by which trigger, to where, under which guards, with what paper, and who is told.

Data and nothing else: `lifecycle.py` asks it, the drawing and the documents are read off it.
"""

from collections.abc import Iterator

from workflow import guards as g
from workflow.cost_steps import auditing, reckoned_by_costs, still_reckoned_by_costs
from workflow.guards import Guard
from workflow.money_steps import correcting_records, paying, recovering_money
from workflow.stages import BEFORE_THE_AWARD, Stage
from workflow.step import Step as Step
from workflow.step import steps as steps

REVISION = "1"
"""Of this table; written into every event's metadata, so that a history can be read with the rules it was made under."""


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


def _objecting() -> Iterator[Step]:
    """T25, T26, T27. Whoever objects in the window is heard, while another objection is looked into too; the notice goes on when
    the last one is settled, and one that an upheld objection left open can still be."""
    yield from steps(
        "object",
        (Stage.PUBLIC_NOTICE, Stage.OBJECTION_HOLD),
        Stage.OBJECTION_HOLD,
        guards=(g.objector_is_named, g.objected_in_the_window, g.grounds_are_given),
        document="异议受理书 | acceptance of the objection",
        told=("unit_without_the_objector", "discipline"),
    )
    for source, dest, when in (
        (Stage.OBJECTION_HOLD, Stage.PUBLIC_NOTICE, g.no_other_objection_is_open),
        (Stage.OBJECTION_HOLD, Stage.OBJECTION_HOLD, g.another_objection_is_open),
        (Stage.PROPOSED, Stage.PROPOSED, g.an_objection_was_left_open),
        (Stage.PUBLIC_NOTICE, Stage.PUBLIC_NOTICE, g.an_objection_was_left_open),
    ):
        yield Step(
            trigger="dismiss",
            source=source,
            dest=dest,
            when=when,
            guards=(g.objection_is_open, g.finding_is_given),
            document="核查报告 | report of the check",
            told=("unit", "bodies_acted"),
        )
    for dest, when in ((Stage.NOTICE_REJECTED, g.it_ends_here), (Stage.PROPOSED, g.it_is_proposed_anew)):
        yield from steps(
            "uphold",
            (Stage.OBJECTION_HOLD, Stage.PROPOSED, Stage.PUBLIC_NOTICE),
            dest,
            when=when,
            guards=(g.objection_is_open, g.finding_is_given),
            document="核查报告 | report of the check",
            told=("unit", "bodies_acted"),
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
        guards=(g.review_is_open, g.a_place_is_free, g.who_is_replaced_can_be, g.the_pool_is_large_enough),
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
        guards=(g.review_is_open, g.panel_is_whole, g.all_marks_are_in, g.divergence_is_explained),
        document="评分汇总表、专家组意见 | table of marks, panel's opinion",
    ),
    Step(
        trigger="close_review",
        source=Stage.EXPERT_REVIEW,
        dest=Stage.EXPERT_REVIEW,
        when=g.no_site_check_follows,
        guards=(g.review_is_open, g.panel_is_whole, g.all_marks_are_in, g.divergence_is_explained),
        document="评分汇总表、专家组意见 | table of marks, panel's opinion",
    ),
    Step(
        trigger="site_result",
        source=Stage.SITE_CHECK,
        dest=Stage.EXPERT_REVIEW,
        when=g.the_site_passed,
        guards=(g.two_checkers, g.checkers_stay_clear),
        document="现场核查表 | site check form",
    ),
    Step(
        trigger="site_result",
        source=Stage.SITE_CHECK,
        dest=Stage.NOT_SELECTED,
        when=g.the_site_failed,
        guards=(g.two_checkers, g.checkers_stay_clear),
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
    *auditing(),
    Step(
        trigger="propose",
        source=Stage.PROPOSED,
        dest=Stage.PROPOSED,
        when=g.it_was_sent_back_to_be_proposed,
        guards=(g.minutes_are_named, g.amount_is_positive, g.within_the_budget, *reckoned_by_costs),
        document="拟支持方案 | proposal of support",
        told=("finance",),
    ),
    Step(
        trigger="propose",
        source=Stage.EXPERT_REVIEW,
        dest=Stage.PROPOSED,
        guards=(
            g.review_is_closed,
            g.minutes_are_named,
            g.amount_is_positive,
            g.within_the_budget,
            *reckoned_by_costs,
        ),
        document="拟支持方案 | proposal of support",
        told=("finance",),
    ),
    Step(
        trigger="publish",
        source=Stage.PROPOSED,
        dest=Stage.PUBLIC_NOTICE,
        guards=(g.notice_is_long_enough, g.calendar_knows_the_window, *still_reckoned_by_costs),
        document="公示名单 | list for public notice",
        told=("unit", "bodies_acted"),
    ),
    *_objecting(),
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
    *paying(),
    *recovering_money(),
    *correcting_records(),
)

CONSORTIUM = frozenset(step.trigger for step in _consorting())
"""The triggers of the consortium's own machines."""

PLANNED: tuple[Step, ...] = ()
"""Steps of the process whose commands come with other work: documents and pages show them, nobody is offered them. Barring
a unit (T38) is no step of an application."""
