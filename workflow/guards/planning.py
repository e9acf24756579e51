"""In which tranches an award may be planned, and that what is instructed is what was planned."""

from collections.abc import Sequence

from eventstore.refusal import Refusal
from workflow.application import Application
from workflow.commands import Command, InstructTranche, PlanTranches
from workflow.facts import Facts

SOURCE = "拨付规则·拨付计划"


def something_is_left_to_plan(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if application.awarded_fen > application.instructed_fen:
        return None
    return Refusal.of(
        "OVER_AWARD", source=SOURCE, measure=application.instructed_fen, limit=application.awarded_fen, left_fen=0
    )


def the_plan_is_the_rest(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """Every part is a sum, their days do not go back, and together they are what is left of the award, to the fen."""
    if not isinstance(command, PlanTranches):
        return ()
    found: list[Refusal] = []
    if wrong := [part.amount_fen for part in command.parts if part.amount_fen <= 0]:
        found.append(Refusal.of("BELOW_MIN", source=SOURCE, field="parts", measure=wrong[0], limit=1))
    days = [part.due_on for part in command.parts]
    if days != sorted(days):
        found.append(Refusal.of("PLAN_ORDER", source=SOURCE))
    total, left = sum(part.amount_fen for part in command.parts), application.awarded_fen - application.instructed_fen
    if total != left:
        found.append(Refusal.of("PLAN_SUM", source=SOURCE, measure=total, limit=left))
    return found


def it_is_the_planned_tranche(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Without a plan any sum within the award may be instructed."""
    planned = application.plan[0].amount_fen if application.plan else 0
    match command:
        case InstructTranche(amount_fen=fen) if planned and fen != planned:
            return Refusal.of("NOT_AS_PLANNED", source=SOURCE, measure=fen, limit=planned)
        case _:
            return None
