"""When money may be promised, instructed, paid and taken back; whole fen, and two persons where money is promised."""

from directory.actor import Role
from eventstore.event import Personal
from eventstore.refusal import Refusal
from workflow.application import Application
from workflow.commands import (
    Award,
    CancelAward,
    Close,
    Command,
    ConfirmPaid,
    DemandRecovery,
    FileSelfEvaluation,
    InstructTranche,
    Propose,
    RecordRepayment,
)
from workflow.facts import Facts
from workflow.guards.recovering import demanded_fen
from workflow.state import Tranche


def amount_is_positive(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case Propose(amount_fen=fen) | InstructTranche(amount_fen=fen) | RecordRepayment(amount_fen=fen):
            asked = fen
        case DemandRecovery():
            asked = demanded_fen(application, command, facts)
        case _:
            return None
    return None if asked > 0 else Refusal.of("BELOW_MIN", field="amount_fen", measure=asked, limit=1)


def within_the_budget(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Σ of what the call has promised, this application's amount included, stays within its budget.

    Where a programme has a reserve more may be proposed than there is money: whom it does not reach waits, and the award asks.
    """
    if isinstance(command, Propose) and facts.call.programme_of(application.direction).reserve:
        return None
    budget = facts.call.budget_fen
    amount = command.amount_fen if isinstance(command, Propose) else application.amount_fen or 0
    total = facts.committed_fen + amount
    if total <= budget:
        return None
    return Refusal.of("OVER_BUDGET", measure=total, limit=budget)


def it_is_the_first_signature(application: Application, command: Command | None, facts: Facts) -> bool:
    return not application.award_signers


def it_is_the_second_signature(application: Application, command: Command | None, facts: Facts) -> bool:
    return bool(application.award_signers)


def document_is_named(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """The province's lead signs first, under a document number; finance signs second."""
    if not facts.actor.holds(Role.PROVINCE_LEAD):
        return Refusal.of("ROLE_FORBIDDEN", trigger="award", allowed=[Role.PROVINCE_LEAD.value])
    match command:
        case Award(document_number=number) if not number.strip():
            return Refusal.of("DOCUMENT_NUMBER_MISSING", trigger="award")
        case _:
            return None


def two_persons_award(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Finance signs second, and is neither the proposer nor the first signer."""
    if facts.actor.id in (application.proposer, *application.award_signers):
        return Refusal.of("SAME_PERSON", trigger="award")
    if facts.actor.holds(Role.PROVINCE_FINANCE):
        return None
    return Refusal.of("ROLE_FORBIDDEN", trigger="award", allowed=[Role.PROVINCE_FINANCE.value])


def finance_did_not_propose(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if facts.actor.id != application.proposer:
        return None
    return Refusal.of("SAME_PERSON", trigger="instruct")


def within_the_award(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    left = application.awarded_fen - application.instructed_fen
    match command:
        case InstructTranche(amount_fen=fen) if fen > left:
            return Refusal.of(
                "OVER_AWARD", measure=application.instructed_fen + fen, limit=application.awarded_fen, left_fen=left
            )
        case None if left <= 0:
            return Refusal.of(
                "OVER_AWARD", measure=application.instructed_fen, limit=application.awarded_fen, left_fen=left
            )
        case _:
            return None


def payees_account_is_known(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Money goes to the lead unit's account, and to no other."""
    if payees_account(application) is not None:
        return None
    return Refusal.of("PAYEE_NOT_LEAD", unit=application.lead_unit)


def payees_account(application: Application) -> Personal | None:
    """The lead's account that was verified last, or the one of its form."""
    match application.account or application.answers.get("account"):
        case Personal(value=number):
            return Personal(number)
        case str(number):
            return Personal(number)
        case _:
            return None


def bank_reference_is_new(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if not facts.bank_reference_used:
        return None
    return Refusal.of("DUPLICATE_BANK_REF", reference=getattr(command, "bank_reference", ""))


def a_tranche_is_due(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    return None if due_tranche(application, command) else Refusal.of("NO_TRANCHE_DUE")


def due_tranche(application: Application, command: Command | None) -> Tranche | None:
    """The tranche that a payment is of: the one it names, or the earliest that is due."""
    named = command.tranche if isinstance(command, ConfirmPaid) else 0
    due = (tranche for tranche in application.tranches if not tranche.bank_reference)
    return next((tranche for tranche in due if named in (0, tranche.number)), None)


def it_is_the_last_fen(application: Application, command: Command | None, facts: Facts) -> bool:
    due = due_tranche(application, command)
    return application.paid_fen + (due.amount_fen if due else 0) == application.awarded_fen


def more_is_to_come(application: Application, command: Command | None, facts: Facts) -> bool:
    return not it_is_the_last_fen(application, command, facts)


def nothing_is_paid(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    return None if application.paid_fen == 0 else Refusal.of("PAYMENT_STARTED", paid_fen=application.paid_fen)


def summary_is_given(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case FileSelfEvaluation(summary=summary) if not summary.strip():
            return Refusal.of("REQUIRED", field="summary")
        case _:
            return None


def self_evaluation_is_filed(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    return None if application.self_evaluated else Refusal.of("EVALUATION_MISSING")


def result_is_sound(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """An application is closed as 合格; anything else goes on to recovery or cancellation."""
    match command:
        case Close(result=result) if result != "合格":
            return Refusal.of("RESULT_NOT_SOUND", result=result)
        case _:
            return None


def decision_is_named(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case CancelAward(decision_number=number, reason_code=code) if not (number.strip() and code.strip()):
            return Refusal.of("DOCUMENT_NUMBER_MISSING", trigger="cancel_award")
        case _:
            return None
