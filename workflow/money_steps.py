"""The rows of the lifecycle's table about money: out, handed on, sent back, corrected, recovered (T30 to T37, T39).

Data and nothing else, like `steps.py`, which lays them into the one table.
"""

from collections.abc import Iterator

from workflow import guards as g
from workflow.guards import accounts, correcting, costs, handing_on, planning, recovering
from workflow.stages import Stage
from workflow.step import Step, steps

_PAYING = (Stage.DISBURSING, Stage.DISBURSED)
_RECOVERABLE = (Stage.DISBURSING, Stage.DISBURSED, Stage.CLOSED, Stage.AWARD_CANCELLED)


def paying() -> Iterator[Step]:
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


def recovering_money() -> Iterator[Step]:
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
        guards=(
            *demanding,
            costs.false_lines_are_lines,
            recovering.the_demand_is_as_reckoned,
            recovering.the_lead_demands,
            g.reason_is_given,
        ),
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


def correcting_records() -> Iterator[Step]:
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
