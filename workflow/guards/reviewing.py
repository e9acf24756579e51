"""When experts may be drawn, may judge, and when their judgement counts."""

from collections.abc import Sequence

from eventstore.refusal import Refusal
from workflow.application import Application
from workflow.commands import CloseReview, Command, DrawPanel, NotSelect, Propose, RecordSiteCheck, Score
from workflow.facts import Facts
from workflow.review import eligible


def review_is_open(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if application.review.result is None:
        return None
    return Refusal.of("REVIEW_CLOSED", result=application.review.result)


def review_is_closed(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if application.review.result is not None:
        return None
    return Refusal.of("SCORES_OPEN", count=_open(application))


def a_place_is_free(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A panel is drawn once; afterwards only the place of an expert who has to step aside is free."""
    panel, size = application.review.panel, facts.call.review.panel
    if len(panel) < size:
        return None
    return Refusal.of("PANEL_SIZE", measure=len(panel), limit=size)


def the_pool_is_large_enough(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if not isinstance(command, DrawPanel):
        return None
    pool = eligible(facts.expert_pool, application)
    needed = facts.call.review.panel - len(application.review.panel)
    if len(pool) >= needed:
        return None
    return Refusal.of("EXPERT_POOL_TOO_SMALL", measure=len(pool), limit=needed)


def expert_is_on_the_panel(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if facts.actor.id in application.review.panel or facts.actor.id in application.review.conflicts:
        return None
    return Refusal.of("EXPERT_NOT_ON_PANEL")


def expert_has_no_conflict(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Who has a conflict never judges, and who has not yet signed that there is none does not judge either."""
    review = application.review
    if facts.actor.id in review.conflicts:
        return Refusal.of("CONFLICT_OF_INTEREST", declared="yes")
    if facts.actor.id in review.panel and facts.actor.id not in review.cleared:
        return Refusal.of("DECLARATION_MISSING")
    return None


def marks_are_in_range(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """Each criterion between nothing and its maximum, in hundredths of a point."""
    if not isinstance(command, Score):
        return ()
    criteria = {criterion.id: criterion.max * 100 for criterion in facts.call.direction(application.direction).rubric}
    faults = [
        Refusal.of("SCORE_RANGE", criterion=name, measure=_points(value), min=0, limit=_points(criteria.get(name, 0)))
        for name, value in command.marks.items()
        if not 0 <= value <= criteria.get(name, -1)
    ]
    missing = [Refusal.of("REQUIRED", field=name) for name in criteria if name not in command.marks]
    return [*faults, *missing]


def _points(hundredths: int) -> str:
    sign, (whole, rest) = "-" * (hundredths < 0), divmod(abs(hundredths), 100)
    return f"{sign}{whole}.{rest:02d}"


def a_site_check_follows(application: Application, command: Command | None, facts: Facts) -> bool:
    return isinstance(command, CloseReview) and command.site_check


def no_site_check_follows(application: Application, command: Command | None, facts: Facts) -> bool:
    return not a_site_check_follows(application, command, facts)


def panel_is_whole(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Odd and as large as the definition says (by analogy with 招标投标法 §37)."""
    panel, size = len(application.review.panel), facts.call.review.panel
    if panel >= size and (panel % 2 == 1 or not facts.call.review.odd):
        return None
    return Refusal.of("PANEL_SIZE", measure=panel, limit=size)


def all_marks_are_in(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    open_ = _open(application)
    return Refusal.of("SCORES_OPEN", count=open_) if open_ else None


def _open(application: Application) -> int:
    return sum(1 for expert in application.review.panel if expert not in application.review.totals)


def the_site_passed(application: Application, command: Command | None, facts: Facts) -> bool:
    return not isinstance(command, RecordSiteCheck) or command.passed


def the_site_failed(application: Application, command: Command | None, facts: Facts) -> bool:
    return isinstance(command, RecordSiteCheck) and not command.passed


def two_checkers(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case RecordSiteCheck(team=team) if len(set(team)) < 2:
            return Refusal.of("SAME_PERSON", trigger="site_result")
        case _:
            return None


def minutes_are_named(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A collective decision has minutes, and the minutes a number."""
    match command:
        case Propose(minutes_number=number) | NotSelect(minutes_number=number) if not number.strip():
            return Refusal.of("MINUTES_MISSING", trigger=command.trigger)
        case _:
            return None
