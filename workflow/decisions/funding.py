"""What happens to the money: award by two persons, waive, instruct, confirm, evaluate, close, cancel, take back.

Pure. Whole fen everywhere.
"""

from collections.abc import Callable, Sequence

from eventstore.refusal import Refused
from programmes.calendar import beijing_date
from programmes.money import Money
from workflow import commands as c
from workflow import events as e
from workflow.application import Application
from workflow.facts import Facts
from workflow.guards.funding import bank_reference_is_new, due_tranche, payees_account
from workflow.guards.recovering import demanded_fen, the_demand_is_countersigned
from workflow.lifecycle import enter
from workflow.shares import shares_of


def award(application: Application, command: c.Award, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T29. The province's lead signs, then finance; only the second signature awards."""
    stage = enter(command.trigger, application, command, facts)
    if not application.award_signers:
        return [e.AwardSigned(signer=facts.actor.id, document_number=command.document_number.strip())]
    amount = application.amount_fen or 0
    return [
        e.Awarded(
            entered=stage,
            amount_fen=amount,
            amount_words=Money(amount).capitals(),
            document_number=application.document_number,
            signers=(*application.award_signers, facts.actor.id),
        )
    ]


def waive(application: Application, command: c.WaiveAward, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [e.AwardWaived(entered=stage, reason=command.reason.strip())]


def instruct(application: Application, command: c.InstructTranche, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T31. 000:L609 — money goes to the lead unit's own account."""
    stage = enter(command.trigger, application, command, facts)
    account = payees_account(application)
    assert account is not None, "a guard has asked for it"
    return [
        e.TrancheInstructed(
            entered=stage,
            tranche=len(application.tranches) + 1,
            amount_fen=command.amount_fen,
            payee=application.lead_unit,
            account=account,
            shares=shares_of(application, command.amount_fen),
        )
    ]


def confirm_paid(application: Application, command: c.ConfirmPaid, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T32. A bank reference that is known is refused at any stage, before anything else is asked."""
    if known := bank_reference_is_new(application, command, facts):
        raise Refused(known)
    stage = enter(command.trigger, application, command, facts)
    due = due_tranche(application, command)
    assert due is not None, "a guard has asked for it"
    return [
        e.TranchePaid(
            entered=stage,
            tranche=due.number,
            amount_fen=due.amount_fen,
            bank_reference=command.bank_reference.strip(),
            paid_on=command.paid_on or beijing_date(facts.now),
            shares=due.shares,
        )
    ]


def self_evaluate(
    application: Application, command: c.FileSelfEvaluation, facts: Facts
) -> Sequence[e.ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    return [e.SelfEvaluationFiled(summary=command.summary.strip(), goals_met=command.goals_met)]


def close(application: Application, command: c.Close, facts: Facts) -> Sequence[e.ApplicationEvent]:
    return [e.Closed(entered=enter(command.trigger, application, command, facts), result=command.result)]


def cancel_award(application: Application, command: c.CancelAward, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [
        e.AwardCancelled(
            entered=stage,
            reason_code=command.reason_code.strip(),
            decision_number=command.decision_number.strip(),
        )
    ]


def demand_recovery(application: Application, command: c.DemandRecovery, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T36. The province's lead signs sum and reason, then finance; only the second signature demands."""
    stage = enter(command.trigger, application, command, facts)
    signed = application.recovery_signed
    if signed is None or not the_demand_is_countersigned(application, command, facts):
        return [
            e.RecoverySigned(
                signer=facts.actor.id,
                amount_fen=demanded_fen(application, command, facts),
                reason=command.reason.strip(),
                false_lines=command.false_lines,
            )
        ]
    assert application.stage is not None, "only a stage has this step"
    return [
        e.RecoveryDemanded(
            entered=stage,
            before=application.stage,
            amount_fen=signed.amount_fen,
            reason=signed.reason,
            shares=shares_of(application, signed.amount_fen),
            signers=(signed.signer, facts.actor.id),
            false_lines=signed.false_lines,
        )
    ]


def record_repayment(
    application: Application, command: c.RecordRepayment, facts: Facts
) -> Sequence[e.ApplicationEvent]:
    if known := bank_reference_is_new(application, command, facts):
        raise Refused(known)
    stage = enter(command.trigger, application, command, facts)
    return [
        e.RepaymentRecorded(
            entered=stage,
            amount_fen=command.amount_fen,
            bank_reference=command.bank_reference.strip(),
            unit=command.unit or application.lead_unit,
            received_on=command.received_on or beijing_date(facts.now),
        )
    ]


DECISIONS: dict[type[c.Command], Callable[..., Sequence[e.ApplicationEvent]]] = {
    c.Award: award,
    c.WaiveAward: waive,
    c.InstructTranche: instruct,
    c.ConfirmPaid: confirm_paid,
    c.FileSelfEvaluation: self_evaluate,
    c.Close: close,
    c.CancelAward: cancel_award,
    c.DemandRecovery: demand_recovery,
    c.RecordRepayment: record_repayment,
}
