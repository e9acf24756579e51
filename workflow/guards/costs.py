"""When the auditor's figures may be entered, when a subsidy may be proposed by them, and what a false line costs."""

from collections.abc import Sequence

from eventstore.refusal import Refusal
from programmes.calendar import beijing_date
from programmes.costs import lines_of
from workflow.answers import plain
from workflow.application import Application
from workflow.commands import CheckAudit, Command, DemandRecovery, EnterAudit, Propose
from workflow.facts import Facts
from workflow.guards.noticing import it_was_sent_back_to_be_proposed
from workflow.reckoning import audited, costs_of, granted_by, is_verified, report_of

REPORT = "指南末段：以有资质的会计师事务所提供的项目开支专项审计报告为准"
FALSE = "追回规则·虚报费用"
_NAMED = 20
"""How many lines a refusal names; it says how many there are."""


def the_subsidy_is_reckoned(application: Application, command: Command | None, facts: Facts) -> bool:
    """Whether the programme pays by costs at all; nobody else is shown these steps."""
    return costs_of(application, facts.call) is not None


def the_subsidy_is_reckoned_anew(application: Application, command: Command | None, facts: Facts) -> bool:
    """Once proposed, figures move only after an objection was upheld."""
    return the_subsidy_is_reckoned(application, command, facts) and it_was_sent_back_to_be_proposed(
        application, command, facts
    )


def claims_of(application: Application, facts: Facts) -> dict[str, int]:
    """What the sealed text claims, by the number of the line, in fen without tax."""
    costs = costs_of(application, facts.call)
    if costs is None or application.sealed is None:
        return {}
    return {line.number: line.ex_tax or 0 for line in lines_of(costs, plain(application.sealed.answers))}


def figures_are_of_the_lines(
    application: Application, command: Command | None, facts: Facts
) -> Sequence[Refusal] | None:
    """One figure for every line and none beside; an auditor confirms what is claimed, or less (A-07)."""
    if not isinstance(command, EnterAudit):
        return None
    claims, found = claims_of(application, facts), list[Refusal]()
    unknown = [line for line in command.figures if line not in claims]
    missing = [line for line in claims if line not in command.figures]
    if unknown:
        found.append(_lines("COST_LINE_UNKNOWN", unknown))
    if missing:
        found.append(_lines("AUDIT_LINE_MISSING", missing))
    for line, fen in command.figures.items():
        if line in claims and not 0 <= fen <= claims[line] and len(found) < _NAMED:
            found.append(
                Refusal.of("AUDIT_BEYOND_CLAIM", source=REPORT, line=line, measure=fen, min=0, limit=claims[line])
            )
    return found


def _lines(code: str, lines: Sequence[str], source: str = REPORT) -> Refusal:
    return Refusal.of(code, source=source, line=[line[:60] for line in lines[:_NAMED]], count=len(lines))


def the_report_is_there(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if report_of(application, facts.call) is not None:
        return None
    return Refusal.of("AUDIT_REPORT_MISSING", source=REPORT)


def the_code_is_the_reports(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """The look-up is of the report that was sealed; a code that leads elsewhere verifies another report."""
    report = report_of(application, facts.call)
    match command:
        case CheckAudit(genuine=True, check_code=code) if report and _plain(code) != _plain(report.check_code):
            return Refusal.of("AUDIT_CODE_DIFFERS", source=REPORT, measure=code.strip()[:60], limit=report.check_code)
        case _:
            return None


def _plain(code: str) -> str:
    return "".join(code.split()).upper()


def the_look_up_was_made(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case CheckAudit(checked_on=day) if day is not None and day > (today := beijing_date(facts.now)):
            return Refusal.of("IN_THE_FUTURE", field="checked_on", measure=day.isoformat(), limit=today.isoformat())
        case _:
            return None


def a_doubt_says_why(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case CheckAudit(genuine=False, note=note) if not note.strip():
            return Refusal.of("REASON_REQUIRED", trigger=command.trigger)
        case _:
            return None


def audit_is_verified(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """R-284: the figures of the report, and a named look-up of its code, both of the text that is sealed now."""
    if costs_of(application, facts.call) is None:
        return None
    figures, code = audited(application) is None, not is_verified(application, facts.call)
    lacks = [(figures, "各项审定金额", "the audited figures"), (code, "验证码查验记录", "the look-up of its code")]
    missing = [(zh, en) for lacking, zh, en in lacks if lacking]
    if not missing:
        return None
    return Refusal.of(
        "AUDIT_NOT_VERIFIED", source=REPORT, missing_zh=[zh for zh, _ in missing], missing_en=[en for _, en in missing]
    )


def within_the_rate(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """R-261, R-263: not a fen beyond the rate, the cap and, where the budget is short, the cut."""
    if not isinstance(command, Propose):
        return None
    return _covered(application, facts, command.amount_fen, command.of_total_fen)


def the_proposal_is_covered(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """What was proposed, by the figures as they stand now."""
    return _covered(application, facts, application.amount_fen or 0, application.of_total_fen)


def _covered(application: Application, facts: Facts, fen: int, of_total_fen: int) -> Refusal | None:
    costs = costs_of(application, facts.call)
    if costs is None or audited(application) is None:
        return None
    grant = granted_by(application, facts.call, of_total_fen)
    if fen <= grant.amount.fen:
        return None
    return Refusal.of("OVER_RATE", measure=fen, limit=grant.amount.fen, rate=costs.rate_bp, base_fen=grant.base.fen)


def above_the_floor(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A-04, A-40: below the floor nothing is awarded unless the lead waives it with a reason; asked before the cut."""
    costs = costs_of(application, facts.call)
    if costs is None or costs.floor is None or audited(application) is None:
        return None
    grant = granted_by(application, facts.call)
    if not grant.below_floor or (isinstance(command, Propose) and grant.payable(costs, _waived(command)).fen):
        return None
    if command is None and costs.floor_policy == "waivable":
        return None
    return Refusal.of("BELOW_FLOOR", measure=grant.amount.fen, limit=costs.floor.fen)


def _waived(command: Propose) -> bool:
    return bool(command.floor_waiver.strip())


def a_cut_is_allowed(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A-40: only a definition that says so lets all be cut alike."""
    costs = costs_of(application, facts.call)
    total = command.of_total_fen if isinstance(command, Propose) else 0
    if not total or (costs is not None and costs.over_budget == "pro_rata"):
        return None
    return Refusal.of("OVER_BUDGET", measure=total, limit=facts.call.budget_fen)


def false_lines_are_lines(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if not isinstance(command, DemandRecovery):
        return None
    claims = claims_of(application, facts)
    unknown = [line for line in command.false_lines if line not in claims]
    return _lines("COST_LINE_UNKNOWN", unknown, FALSE) if unknown else None
