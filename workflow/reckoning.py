"""The subsidy as the province reckons it: the text as it was sealed, the auditor's figures, and which lines were found false since.

Pure. The arithmetic is `programmes.subsidy`; here is only which figures go into it (R-284, A-04, A-05, A-40).
"""

from collections.abc import Collection, Mapping

from programmes.call import Call
from programmes.costs import Costs, lines_of
from programmes.money import Money
from programmes.subsidy import Grant, Subsidy, cut, reckon
from workflow.answers import plain
from workflow.application import Application
from workflow.state import Attachment


def costs_of(application: Application, call: Call) -> Costs | None:
    """The terms under which this application is paid by its costs; None where it is not."""
    return call.programme_of(application.direction).costs if application.direction else None


def report_of(application: Application, call: Call) -> Attachment | None:
    """The special audit report of the sealed text: the file whose slot asks for a verification code."""
    if application.sealed is None:
        return None
    slots = (slot.id for slot in call.programme_of(application.direction).attachments if slot.check_code)
    held = (file for slot in slots for file in application.sealed.attachments.get(slot, ()))
    return next((file for file in held if file.check_code), None)


def audited(application: Application) -> Mapping[str, int] | None:
    """The auditor's figures by line, in fen; None until they are entered for the text that is sealed now."""
    entered = application.audit
    if entered is None or entered.content_digest != application.content_digest:
        return None
    return entered.figures


def is_verified(application: Application, call: Call) -> bool:
    """Whether the report that is sealed now was looked up and found genuine."""
    report, checked = report_of(application, call), application.audit_check
    return report is not None and checked is not None and checked.genuine and checked.report == report.sha256


def reckoned(
    application: Application, call: Call, false_lines: Collection[str] = (), *, with_audit: bool = True
) -> Subsidy | None:
    """The reckoning of the sealed text, or before a seal of the text as it stands; None where nothing is paid by costs.

    Lines found false, *false_lines* and those of earlier demands, count nothing. Not *with_audit*: as before it.
    """
    costs = costs_of(application, call)
    if costs is None:
        return None
    answers = plain(application.sealed.answers if application.sealed else application.answers)
    figures = audited(application) if with_audit else None
    gone = {*false_lines, *application.false_lines} if figures is not None else ()
    return reckon(costs, answers, figures, gone)


def granted_by(application: Application, call: Call, of_total_fen: int = 0, false_lines: Collection[str] = ()) -> Grant:
    """What may be promised: cut where the uncut sums of all, *of_total_fen*, are more than the budget (A-40)."""
    costs, found = costs_of(application, call), reckoned(application, call, false_lines)
    assert costs is not None, "asked only where costs are reckoned"
    assert found is not None, "asked only where costs are reckoned"
    return borne_by_the_budget(costs, call, found, of_total_fen)


def borne_by_the_budget(costs: Costs, call: Call, found: Subsidy, of_total_fen: int) -> Grant:
    """What the budget bears of what was *found*."""
    return cut(costs, found.eligible, Money(of_total_fen), Money(call.budget_fen))


def unknown_lines(application: Application, call: Call, wanted: Collection[str]) -> list[str]:
    """Which of *wanted* are no cost lines of the text."""
    costs = costs_of(application, call)
    if costs is None:
        return list(wanted)
    answers = plain(application.sealed.answers if application.sealed else application.answers)
    known = {line.number for line in lines_of(costs, answers)} if wanted else set[str]()
    return [one for one in wanted if one not in known]


def base_fen(application: Application, call: Call) -> int:
    """The eligible costs; 0 where nothing is reckoned."""
    found = reckoned(application, call)
    return found.eligible.base.fen if found else 0


def repayable_fen(application: Application, call: Call, false_lines: Collection[str]) -> int:
    """What was paid beyond what would have been granted without the lines found false."""
    return paid_beyond(application, granted_by(application, call, application.of_total_fen, false_lines))


def paid_beyond(application: Application, grant: Grant) -> int:
    """In fen; nobody was entitled to more than the award."""
    return max(application.net_paid_fen - min(grant.amount.fen, application.awarded_fen), 0)
