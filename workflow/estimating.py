"""What a subsidy would come to by the applicant's own figures: shown while they are written and to whoever reads the dossier.

Decides nothing and promises nothing: the audit and the province come after. The reckoning is `programmes.subsidy`.
"""

from programmes.call import Call
from programmes.subsidy import Step, reckon
from programmes.vocabulary import Answers
from workflow.dossier_parts import EstimateStep, EstimateView


def estimated(call: Call, direction: str, answers: Answers) -> EstimateView | None:
    """The estimate, in fen; None where the programme pays by no ratio, or no cost line is there yet."""
    costs = call.programme_of(direction).costs
    if costs is None or not answers.get(costs.lines):
        return None
    found = reckon(costs, answers)
    return EstimateView(
        amount_fen=found.claimed.amount.fen,
        claimed_fen=found.claimed.base.fen,
        by_rate_fen=found.claimed.by_rate.fen,
        capped=found.claimed.capped,
        below_floor=found.claimed.below_floor,
        supported_fen=found.supported.fen,
        supported_amount_fen=found.eligible.amount.fen,
        steps=tuple(map(_step, found.claimed.steps)),
        supported_steps=tuple(map(_step, found.eligible.steps)),
    )


def _step(step: Step) -> EstimateStep:
    return EstimateStep(code=step.code, zh=step.words.zh, en=step.words.en)
