"""When experts may be drawn, may judge, and when their judgement counts."""

from collections.abc import Sequence

from eventstore.refusal import Refusal
from programmes.calendar import beijing_date
from workflow.answers import personal_in
from workflow.application import Application
from workflow.commands import CloseReview, Command, DrawPanel, NotSelect, Propose, RecordSiteCheck, Score
from workflow.events import Candidate
from workflow.facts import Facts
from workflow.panel import Sifted, draw, lacking, sift
from workflow.review import diverges, points, spread_of
from workflow.shares import name_of


def review_is_open(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if application.review.result is None:
        return None
    return Refusal.of("REVIEW_CLOSED", result=application.review.result)


def review_is_closed(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if application.review.result is not None:
        return None
    return Refusal.of("SCORES_OPEN", count=_open(application))


def a_place_is_free(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A panel is drawn once; afterwards only the place of an expert who has to step aside, or is replaced, is free."""
    panel, size = staying(application, command), facts.call.review.panel
    if len(panel) < size:
        return None
    if command is None and any(expert not in application.review.totals for expert in panel):
        return None
    return Refusal.of("PANEL_SIZE", measure=len(panel), limit=size)


def who_is_replaced_can_be(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """Somebody of the panel whose marks are not in, and with a reason: nobody is taken off for the marks they gave. Who stepped
    aside has said why and left the place already."""
    if not isinstance(command, DrawPanel) or not command.replaces or command.replaces in application.review.conflicts:
        return ()
    found: list[Refusal] = []
    if command.replaces not in application.review.panel:
        found.append(Refusal.of("EXPERT_NOT_ON_PANEL", field="replaces"))
    if command.replaces in application.review.totals:
        found.append(Refusal.of("EXPERT_HAS_SCORED", field="replaces"))
    if not command.reason.strip():
        found.append(Refusal.of("REASON_REQUIRED", trigger="draw"))
    return found


def staying(application: Application, command: Command | None) -> tuple[str, ...]:
    """The panel without the expert who is to be replaced."""
    replaced = command.replaces if isinstance(command, DrawPanel) else ""
    return tuple(expert for expert in application.review.panel if expert != replaced)


def seated(application: Application, command: Command | None, facts: Facts) -> tuple[Candidate, ...]:
    """Who stays on the panel, as the pool knows them now."""
    pool = {expert.id: expert for expert in facts.expert_pool}
    return tuple(
        Candidate(expert=expert, fields=pool[expert].fields, employer=pool[expert].employer)
        if expert in pool
        else Candidate(expert=expert)
        for expert in staying(application, command)
    )


def sifted(application: Application, facts: Facts) -> Sifted:
    return sift(facts.expert_pool, application, facts.call.review, beijing_date(facts.now).year, facts.kin)


def the_pool_is_large_enough(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """Enough candidates, and with who is seated they can make up the mix of fields."""
    if not isinstance(command, DrawPanel):
        return ()
    rule, candidates, there = (
        facts.call.review,
        sifted(application, facts).candidates,
        seated(application, command, facts),
    )
    needed = rule.panel - len(there)
    taken = {one.employer for one in there if one.employer}
    free = {one.employer or one.expert for one in candidates} - taken if rule.one_per_employer else candidates
    if len(free) < needed:
        return [Refusal.of("EXPERT_POOL_TOO_SMALL", measure=len(free), limit=needed)]
    short = [
        Refusal.of("EXPERT_MIX", expertise=share.field, measure=measure, limit=share.at_least)
        for share, measure in lacking(candidates, needed, rule, there)
    ]
    if short or len(draw(candidates, facts.seed, needed, rule, there)) == needed:
        return short
    return [Refusal.of("EXPERT_MIX")]


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
        Refusal.of("SCORE_RANGE", criterion=name, measure=points(value), min=0, limit=points(criteria.get(name, 0)))
        for name, value in command.marks.items()
        if not 0 <= value <= criteria.get(name, -1)
    ]
    missing = [Refusal.of("REQUIRED", field=name) for name in criteria if name not in command.marks]
    decimals = facts.call.review.mark_decimals
    fine = [
        Refusal.of("SCORE_STEP", criterion=name, measure=points(value), limit=decimals)
        for name, value in command.marks.items()
        if value % 10 ** (2 - decimals)
    ]
    return [*faults, *missing, *fine]


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


def divergence_is_explained(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """Marks far apart, as the definition says how far, are explained by whoever leads the panel before they become a result."""
    if not isinstance(command, CloseReview):
        return ()
    review, rule = application.review, facts.call.review
    spread = spread_of([review.totals[expert] for expert in review.panel if expert in review.totals])
    found: list[Refusal] = []
    if command.leader and command.leader not in review.panel:
        found.append(Refusal.of("EXPERT_NOT_ON_PANEL", field="leader"))
    if not diverges(spread, rule):
        return found
    if not (command.leader and command.divergence_reason.strip()):
        field = "divergence_reason" if command.leader else "leader"
        limit = f"{rule.divergence}.00"
        found.append(Refusal.of("DIVERGENCE_UNEXPLAINED", field=field, measure=points(spread), limit=limit))
    return found


def the_site_passed(application: Application, command: Command | None, facts: Facts) -> bool:
    return not isinstance(command, RecordSiteCheck) or command.passed


def the_site_failed(application: Application, command: Command | None, facts: Facts) -> bool:
    return isinstance(command, RecordSiteCheck) and not command.passed


def two_checkers(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case RecordSiteCheck(team=team) if len({name_and_employer(one)[0] for one in team} - {""}) < 2:
            return Refusal.of("SAME_PERSON", trigger="site_result")
        case _:
            return None


def checkers_stay_clear(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """No checker is employed by a unit that applies, nor one of the people its application names (核查人员回避)."""
    if not isinstance(command, RecordSiteCheck):
        return ()
    units = {name for unit in application.units for name in (unit, name_of(application, unit))}
    people = set(personal_in(application.answers))
    found: list[Refusal] = []
    for one in filter(str.strip, command.team):
        name, employer = name_and_employer(one)
        if name in people or employer in units:
            found.append(Refusal.of("CHECKER_CONFLICT", field="team", checker=name))
    return found


def name_and_employer(checker: str) -> tuple[str, str]:
    """「王五　省工信厅」 apart, whatever gap is between the two."""
    name, _, employer = " ".join(checker.split()).partition(" ")
    return name, employer


def minutes_are_named(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A collective decision has minutes, and the minutes a number."""
    match command:
        case Propose(minutes_number=number) | NotSelect(minutes_number=number) if not number.strip():
            return Refusal.of("MINUTES_MISSING", trigger=command.trigger)
        case _:
            return None
