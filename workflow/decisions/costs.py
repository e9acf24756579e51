"""What the province records of the special audit report (R-284, A-33). Pure. Whole fen."""

from collections.abc import Callable, Sequence

from programmes.calendar import beijing_date
from workflow import commands as c
from workflow import events as e
from workflow.application import Application
from workflow.facts import Facts
from workflow.lifecycle import enter
from workflow.reckoning import report_of


def enter_audit(application: Application, command: c.EnterAudit, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """The figures are of the text that is sealed now; what is resealed is audited anew."""
    enter(command.trigger, application, command, facts)
    report = report_of(application, facts.call)
    assert report is not None, "a guard has asked for it"
    return [
        e.AuditEntered(
            figures=command.figures,
            content_digest=application.content_digest,
            report=report.sha256,
            entered_by=facts.actor.id,
        )
    ]


def check_audit(application: Application, command: c.CheckAudit, facts: Facts) -> Sequence[e.ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    report = report_of(application, facts.call)
    assert report is not None, "a guard has asked for it"
    return [
        e.AuditChecked(
            report=report.sha256,
            check_code=command.check_code.strip(),
            genuine=command.genuine,
            checked_on=command.checked_on or beijing_date(facts.now),
            checked_by=facts.actor.id,
            note=command.note.strip(),
        )
    ]


DECISIONS: dict[type[c.Command], Callable[..., Sequence[e.ApplicationEvent]]] = {
    c.EnterAudit: enter_audit,
    c.CheckAudit: check_audit,
}
