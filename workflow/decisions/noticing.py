"""What happens between proposal and award: propose, publish, object, answer the objection, reserve.

Pure.
"""

from collections.abc import Callable, Sequence

from eventstore.event import Personal
from workflow import commands as c
from workflow import events as e
from workflow.application import Application
from workflow.facts import Facts
from workflow.lifecycle import enter
from workflow.notice import window_of
from workflow.reckoning import base_fen


def propose(application: Application, command: c.Propose, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [
        e.Proposed(
            entered=stage,
            amount_fen=command.amount_fen,
            minutes_number=command.minutes_number.strip(),
            proposer=facts.actor.id,
            base_fen=base_fen(application, facts.call),
            of_total_fen=command.of_total_fen,
            floor_waiver=command.floor_waiver.strip(),
        )
    ]


def publish(application: Application, command: c.PublishNotice, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T24. The window is counted in working days by the calendar, its first day included."""
    stage = enter(command.trigger, application, command, facts)
    rule = facts.call.notice
    window = window_of(
        facts.now, facts.call.working_days, command.working_days or rule.working_days, rule.count_first_day
    )
    return [e.NoticePublished(entered=stage, opens=window.opens, closes=window.closes, until=window.until)]


def object_(application: Application, command: c.Object, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T25. Who objects is kept apart; the unit learns what is objected to, never by whom."""
    stage = enter(command.trigger, application, command, facts)
    return [
        e.ObjectionReceived(
            entered=stage,
            objection=len(application.objections) + 1,
            kind=command.kind,
            objector=Personal(command.objector.strip()),
            contact=Personal(command.contact.strip()),
            grounds=command.grounds.strip(),
        )
    ]


def dismiss(application: Application, command: c.DismissObjection, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [e.ObjectionDismissed(entered=stage, objection=command.objection, finding=command.finding.strip())]


def uphold(application: Application, command: c.UpholdObjection, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [e.ObjectionUpheld(entered=stage, objection=command.objection, finding=command.finding.strip())]


def reserve(application: Application, command: c.Reserve, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [e.Reserved(entered=stage, reason=command.reason.strip())]


DECISIONS: dict[type[c.Command], Callable[..., Sequence[e.ApplicationEvent]]] = {
    c.Propose: propose,
    c.PublishNotice: publish,
    c.Object: object_,
    c.DismissObjection: dismiss,
    c.UpholdObjection: uphold,
    c.Reserve: reserve,
}
