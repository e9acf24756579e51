"""What experts and the province do in the review: draw, declare, score, close, check the site, select.

Pure: the seed of a draw is a fact.
"""

from collections.abc import Callable, Sequence

from workflow import commands as c
from workflow import events as e
from workflow.application import Application
from workflow.facts import Facts
from workflow.guards.reviewing import seated, sifted
from workflow.lifecycle import enter
from workflow.panel import draw
from workflow.review import result_of, spread_of


def draw_panel(application: Application, command: c.DrawPanel, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T18. Fills every free place of the panel at random; whatever the draw depends on is written down, and who was left out."""
    enter(command.trigger, application, command, facts)
    parted, there = sifted(application, facts), seated(application, command, facts)
    rule = facts.call.review
    return [
        e.PanelDrawn(
            seed=facts.seed,
            pool=tuple(one.expert for one in parted.candidates),
            drawn=draw(parted.candidates, facts.seed, rule.panel - len(there), rule, there),
            replaces=command.replaces,
            candidates=parted.candidates,
            seated=there,
            left_out=parted.left_out,
            reason=command.reason.strip() if command.replaces else "",
        )
    ]


def declare(application: Application, command: c.Declare, facts: Facts) -> Sequence[e.ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    return [e.ExpertDeclared(expert=facts.actor.id, conflict=command.conflict, ground=command.ground.strip())]


def score(application: Application, command: c.Score, facts: Facts) -> Sequence[e.ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    return [
        e.Scored(
            expert=facts.actor.id,
            marks=command.marks,
            total=sum(command.marks.values()),
            comment=command.comment.strip(),
        )
    ]


def close_review(application: Application, command: c.CloseReview, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T20. The trimmed mean, two decimals, half up."""
    stage = enter(command.trigger, application, command, facts)
    totals = {expert: application.review.totals[expert] for expert in application.review.panel}
    rule = facts.call.review
    trim = rule.trim if rule.method == "trimmed_mean" else 0
    result = result_of(tuple(totals.values()), trim=trim, trim_from=rule.trim_from, decimals=rule.decimals)
    return [
        e.ReviewClosed(
            entered=stage,
            totals=totals,
            dropped=result.dropped,
            result=result.value,
            method=result.method,
            spread=spread_of(tuple(totals.values())),
            leader=command.leader,
            divergence_reason=command.divergence_reason.strip(),
            opinion=command.opinion.strip(),
        )
    ]


def record_site_check(
    application: Application, command: c.RecordSiteCheck, facts: Facts
) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    team = tuple(one.strip() for one in command.team if one.strip())
    return [e.SiteChecked(entered=stage, passed=command.passed, team=team, findings=command.findings)]


def not_select(application: Application, command: c.NotSelect, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [e.NotSelected(entered=stage, minutes_number=command.minutes_number.strip(), reason=command.reason.strip())]


DECISIONS: dict[type[c.Command], Callable[..., Sequence[e.ApplicationEvent]]] = {
    c.DrawPanel: draw_panel,
    c.Declare: declare,
    c.Score: score,
    c.CloseReview: close_review,
    c.RecordSiteCheck: record_site_check,
    c.NotSelect: not_select,
}
