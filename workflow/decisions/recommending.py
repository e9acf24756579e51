"""What bureaus and the province's clerks do: recommend, refuse, take in, return, extend, examine the form, reconsider.

Pure.
"""

from collections.abc import Callable, Sequence

from eventstore.event import Personal
from programmes.calendar import beijing_date, end_of
from workflow import commands as c
from workflow import events as e
from workflow.application import Application
from workflow.facts import Facts
from workflow.guards import bodies, deciding_body, holder
from workflow.lifecycle import enter


def recommend(application: Application, command: c.Recommend, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T07, T08. A bureau puts its name to the text whose hash it names."""
    stage = enter(command.trigger, application, command, facts)
    step = application.next_step
    assert step is not None, "the guard bureau_holds_the_step has asked"
    quota = facts.call.quota(application.programme, step.level, step.body)
    return [
        e.Recommended(
            entered=stage,
            body=step.body,
            level=step.level,
            handler=Personal(command.handler.strip()),
            opinion=command.opinion.strip(),
            letter_number=command.letter_number.strip(),
            letter_scan=command.letter_scan,
            content_digest=command.content_digest,
            rank=command.rank,
            slot=facts.free_slot if quota is not None else None,
        )
    ]


def not_recommend(application: Application, command: c.NotRecommend, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    step = application.next_step
    assert step is not None, "the guard bureau_holds_the_step has asked"
    return [e.NotRecommended(entered=stage, body=step.body, level=step.level, reason=command.reason.strip())]


def receive(application: Application, command: c.Receive, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    receipt = f"{application.number}-R{application.sealed.version if application.sealed else 0}"
    return [e.Received(entered=stage, receipt_number=receipt, copied_to=application.copied_to)]


def return_for_correction(
    application: Application, command: c.ReturnForCorrection, facts: Facts
) -> Sequence[e.ApplicationEvent]:
    """T11. N working days, the day of the notice not counted (民法典 §201), until 24:00 Beijing time."""
    stage = enter(command.trigger, application, command, facts)
    assert application.stage is not None, "only a stage has this step"
    days = command.working_days or facts.call.returns.working_days
    return [
        e.ReturnedForCorrection(
            entered=stage,
            returned_from=application.stage,
            body=holder(application) or facts.call.province,
            items=command.items,
            deadline=end_of(facts.call.working_days.add(beijing_date(facts.now), days)),
        )
    ]


def extend(application: Application, command: c.Extend, facts: Facts) -> Sequence[e.ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    return [
        e.DeadlineExtended(
            deadline=command.deadline,
            until=command.until,
            body=min(bodies(facts.actor)),
            reason=command.reason.strip(),
        )
    ]


def fail_form(application: Application, command: c.FailForm, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [e.FormFailed(entered=stage, reason_code=command.reason_code, reason=command.reason.strip())]


def pass_form(application: Application, command: c.PassForm, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [e.FormPassed(entered=stage, checklist=command.checklist)]


def ask_reconsideration(
    application: Application, command: c.AskReconsideration, facts: Facts
) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [e.ReconsiderationAsked(about=stage, reason=command.reason.strip())]


def decide_reconsideration(
    application: Application, command: c.DecideReconsideration, facts: Facts
) -> Sequence[e.ApplicationEvent]:
    """T16. Once; the next higher body decides; granted, the stage before the refusal is entered again."""
    stage = enter(command.trigger, application, command, facts)
    return [
        e.ReconsiderationDecided(
            entered=stage,
            granted=command.granted,
            body=deciding_body(application, facts),
            reason=command.reason.strip(),
        )
    ]


DECISIONS: dict[type[c.Command], Callable[..., Sequence[e.ApplicationEvent]]] = {
    c.Recommend: recommend,
    c.NotRecommend: not_recommend,
    c.Receive: receive,
    c.ReturnForCorrection: return_for_correction,
    c.Extend: extend,
    c.FailForm: fail_form,
    c.PassForm: pass_form,
    c.AskReconsideration: ask_reconsideration,
    c.DecideReconsideration: decide_reconsideration,
}
