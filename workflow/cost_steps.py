"""The rows of the lifecycle's table about costs: the auditor's figures, the look-up of the report's code (R-284).

Data and nothing else, like `steps.py`, which lays them into the one table.
"""

from collections.abc import Iterator

from workflow.guards import Guard, Selector, costs
from workflow.stages import Stage
from workflow.step import Step, steps

_AUDITED_IN = (Stage.FORMAL_REVIEW, Stage.EXPERT_REVIEW, Stage.SITE_CHECK)

reckoned_by_costs: tuple[Guard, ...] = (
    costs.audit_is_verified,
    costs.within_the_rate,
    costs.above_the_floor,
    costs.a_cut_is_allowed,
)
"""What a proposal meets beside the review, the minutes and the budget, where the programme pays by costs."""

still_reckoned_by_costs: tuple[Guard, ...] = (costs.audit_is_verified, costs.the_proposal_is_covered)
"""What the notice of a proposal meets again: figures and look-up may have changed after an objection was upheld."""


def auditing() -> Iterator[Step]:
    """Between the receipt and the proposal, and where an upheld objection asks for another one; the stage stays."""
    yield from _auditing(_AUDITED_IN, costs.the_subsidy_is_reckoned)
    yield from _auditing((Stage.PROPOSED,), costs.the_subsidy_is_reckoned_anew)


def _auditing(stages: tuple[Stage, ...], when: Selector) -> Iterator[Step]:
    yield from steps(
        "enter_audit",
        stages,
        when=when,
        guards=(costs.the_report_is_there, costs.figures_are_of_the_lines),
        document="审定金额表 | table of audited figures",
    )
    yield from steps(
        "check_audit",
        stages,
        when=when,
        guards=(
            costs.the_report_is_there,
            costs.the_code_is_the_reports,
            costs.the_look_up_was_made,
            costs.a_doubt_says_why,
        ),
        document="审计报告查验记录 | record of the look-up",
    )
