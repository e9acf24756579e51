"""When money may be asked back and by whom, and what a bank's return or a repayment may undo (T36, T37)."""

from directory.actor import Role
from eventstore.refusal import Refusal
from workflow.application import Application
from workflow.commands import Command, DemandRecovery, RecordRepayment, ReturnPayment
from workflow.facts import Facts
from workflow.guards.asking import Selector
from workflow.reckoning import audited, repayable_fen
from workflow.stages import Stage


def the_demand_is_countersigned(application: Application, command: Command | None, facts: Facts) -> bool:
    """Finance comes second; the lead may sign again meanwhile, and then that sum waits."""
    return application.recovery_signed is not None and facts.actor.holds(Role.PROVINCE_FINANCE)


def the_demand_is_begun(application: Application, command: Command | None, facts: Facts) -> bool:
    return not the_demand_is_countersigned(application, command, facts)


def the_lead_demands(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if facts.actor.holds(Role.PROVINCE_LEAD):
        return None
    return Refusal.of("ROLE_FORBIDDEN", trigger="demand_recovery", allowed=[Role.PROVINCE_LEAD.value])


def two_persons_demand(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    signed = application.recovery_signed
    if signed is None or facts.actor.id != signed.signer:
        return None
    return Refusal.of("SAME_PERSON", source="追回规则", trigger="demand_recovery")


def the_demand_is_the_one_signed(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Finance signs what the lead signed, and may leave the sum out; another sum is another demand."""
    signed = application.recovery_signed
    match command:
        case DemandRecovery(amount_fen=fen) if signed is not None and fen not in (0, signed.amount_fen):
            return Refusal.of("DEMAND_DIFFERS", source="追回规则", measure=fen, limit=signed.amount_fen)
        case _:
            return None


def within_what_was_paid(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    paid = application.net_paid_fen
    match command:
        case DemandRecovery() if (fen := demanded_fen(application, command, facts)) > paid:
            return Refusal.of("OVER_PAID", measure=fen, limit=paid)
        case None if paid <= 0:
            return Refusal.of("OVER_PAID", measure=0, limit=paid)
        case _:
            return None


def demanded_fen(application: Application, command: DemandRecovery, facts: Facts) -> int:
    """The sum that would stand: the second signature's is the first's; of lines found false it is what they bore."""
    signed = application.recovery_signed
    if signed is not None and the_demand_is_countersigned(application, command, facts):
        return signed.amount_fen
    if command.false_lines and audited(application) is not None:
        return repayable_fen(application, facts.call, command.false_lines)
    return command.amount_fen


def the_demand_is_as_reckoned(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A sum typed beside lines found false is the one that they bore."""
    match command:
        case DemandRecovery(amount_fen=fen, false_lines=lines) if fen and lines:
            reckoned = demanded_fen(application, command, facts)
            if fen != reckoned:
                return Refusal.of("NOT_AS_RECKONED", source="追回规则·虚报费用", measure=fen, limit=reckoned)
            return None
        case _:
            return None


def repayer_is_a_party(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """R-207: the units of a consortium answer jointly, so any of them may pay; nobody else does."""
    match command:
        case RecordRepayment(unit=unit) if unit and unit not in application.units:
            return Refusal.of("MEMBER_UNKNOWN", source="联合体协议书 第2条", unit=unit)
        case _:
            return None


def _owed(application: Application) -> int:
    return application.recovery_due_fen - application.recovered_now_fen


def within_what_is_owed(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case RecordRepayment(amount_fen=fen) if fen > _owed(application):
            return Refusal.of("OVER_PAID", measure=fen, limit=_owed(application))
        case _:
            return None


def _meets_the_demand(application: Application, command: Command | None) -> bool:
    return isinstance(command, RecordRepayment) and command.amount_fen == _owed(application)


def all_is_repaid(application: Application, command: Command | None, facts: Facts) -> bool:
    """The demand is met and nothing the State paid is left with the unit."""
    if not isinstance(command, RecordRepayment) or not _meets_the_demand(application, command):
        return False
    return application.net_paid_fen - command.amount_fen == 0


def the_demand_is_met_before(stage: Stage) -> Selector:
    """Part was to come back and did: the application stands again where it stood before the demand."""

    def selects(application: Application, command: Command | None, facts: Facts) -> bool:
        return _meets_the_demand(application, command) and application.recovery_before is stage

    return selects


def more_is_owed(application: Application, command: Command | None, facts: Facts) -> bool:
    return True


def the_payment_is_known(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Only what was paid can come back from the bank."""
    paid = [tranche.number for tranche in application.tranches if tranche.bank_reference]
    match command:
        case ReturnPayment(tranche=number) if number not in paid:
            return Refusal.of("NOTHING_PAID", tranche=number)
        case None if not paid:
            return Refusal.of("NOTHING_PAID")
        case _:
            return None


def it_was_not_handed_on(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """What the lead handed on had reached it, and no bank sends that back."""
    tranche = application.tranche(command.tranche) if isinstance(command, ReturnPayment) else None
    if tranche is None or not tranche.handed:
        return None
    return Refusal.of("HANDED_ON_ALREADY", tranche=tranche.number)


def what_came_back_stays_covered(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Nobody can have repaid more than was paid; a tranche that was recovered does not bounce."""
    tranche = application.tranche(command.tranche) if isinstance(command, ReturnPayment) else None
    if tranche is None or not tranche.bank_reference or tranche.amount_fen <= application.net_paid_fen:
        return None
    return Refusal.of("OVER_PAID", measure=tranche.amount_fen, limit=application.net_paid_fen)
