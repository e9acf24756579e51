"""The figures of a call as anybody would count them who has nothing but the log and patience."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from eventstore.event import Fact
from workflow import events as e
from workflow.application import EMPTY, evolve
from workflow.ledger import ledger
from workflow.stages import Stage
from workflow.survey import Survey
from workflow.tallying import FUNNEL


@dataclass
class Figures:
    now: Counter[Stage] = field(default_factory=Counter[Stage])
    flows: Counter[tuple[Stage, Stage]] = field(default_factory=Counter[tuple[Stage, Stage]])
    reached: Counter[Stage] = field(default_factory=Counter[Stage])
    causes: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    awarded: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    paid: Counter[str] = field(default_factory=Counter[str])
    seconds: Counter[Stage] = field(default_factory=Counter[Stage])


def counted_by_hand(facts: Iterable[Fact], call: str) -> Figures:
    found = Figures()
    for history in _sealed(facts, call):
        _count(found, history)
    return found


def told_by(survey: Survey) -> Figures:
    """The same figures as the survey has them."""
    seconds: Counter[Stage] = Counter()
    paid: Counter[str] = Counter()
    causes: Counter[tuple[str, str]] = Counter()
    for stay in survey.stays:
        seconds[stay.stage] += stay.seconds
    for month in survey.months:
        paid[month.month] += month.paid - month.returned - month.repaid
    for cause in survey.causes:
        causes[cause.kind, cause.item] += cause.times
    return Figures(
        now=Counter(survey.now),
        flows=Counter({(flow.source, flow.dest): flow.times for flow in survey.flows}),
        reached=+Counter({one.stage: one.reached for one in survey.funnel}),
        causes=causes,
        awarded=Counter({(one.city, one.direction): one.fen for one in survey.awards}),
        paid=paid,
        seconds=+seconds,
    )


def _sealed(facts: Iterable[Fact], call: str) -> Iterator[list[Fact]]:
    histories: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.recorded.stream.startswith(e.STREAM):
            histories.setdefault(fact.recorded.stream, []).append(fact)
    for history in histories.values():
        opened = history[0].event
        assert isinstance(opened, e.Opened)
        if opened.call == call and any(isinstance(fact.event, e.UnitSealed) for fact in history):
            yield history


def _count(found: Figures, history: Sequence[Fact]) -> None:
    walked, application = list[tuple[Stage, int]](), EMPTY
    for fact in history:
        application = evolve(application, fact.event)  # type: ignore[arg-type]
        stage = application.stage
        assert stage is not None
        if not walked or walked[-1][0] is not stage:
            walked.append((stage, fact.recorded.recorded_at))
        if isinstance(fact.event, e.ReturnedForCorrection):
            found.causes.update({(item.kind, item.id) for item in fact.event.items})
    stages = [stage for stage, _ in walked]
    found.now[stages[-1]] += 1
    found.flows.update(pairwise(stages))
    furthest = max((FUNNEL.index(stage) for stage in stages if stage in FUNNEL), default=-1)
    found.reached.update(FUNNEL[: furthest + 1])
    for (stage, since), (_, until) in pairwise(walked):
        found.seconds[stage] += until // 1_000_000 - since // 1_000_000
    if application.awarded_fen and Stage.AWARD_CANCELLED not in stages and not _waived(history):
        found.awarded[application.region[:4] + "00", application.direction] += application.awarded_fen
    for movement in ledger(history):
        found.paid[movement.on.isoformat()[:7]] += movement.amount_fen


def _waived(history: Sequence[Fact]) -> bool:
    return any(isinstance(fact.event, e.AwardWaived) for fact in history)
