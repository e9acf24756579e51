"""The reckoning told line by line: what was claimed, what papers and auditor bear, what counts and why, and what it gives.

Pure. The figures are `reckoning`'s; page, API, workbook and paper all show this one telling.
"""

from collections.abc import Collection
from datetime import date

from programmes.call import Call
from programmes.costs import Costs
from programmes.money import Money
from programmes.subsidy import CountedLine, Grant, Step, granted
from workflow.application import Application
from workflow.dossier import View
from workflow.dossier_parts import EstimateStep, Part, Words
from workflow.reckoning import borne_by_the_budget, costs_of, is_verified, paid_beyond, reckoned


class LineExplained(Part):
    """A cost line in fen. *audited_fen* is None before the audit, and for whoever does not learn of it yet. *why*: each step."""

    number: str
    category: Words
    kind: Words
    claimed_fen: int
    gross_fen: int
    paid_fen: int
    supported_fen: int
    audited_fen: int | None
    eligible_fen: int
    why: tuple[EstimateStep, ...]


class GrantExplained(Part):
    """What a base of cost gives. *below_floor*: not awarded unless the province waives it."""

    base_fen: int
    by_rate_fen: int
    amount_fen: int
    amount_words: str
    capped: bool
    below_floor: bool
    steps: tuple[EstimateStep, ...]


class AuditExplained(Part):
    """What the province recorded of the report. *verified*: looked up, genuine, and of the file that is sealed now."""

    check_code: str
    checked_on: date | None
    genuine: bool | None
    note: str
    verified: bool


class Explained(Part):
    """*count*: how many lines there are, of which *lines* are some. *claimed*: by the applicant's own figures; *supported*: by papers inside the window; *audited*: what counts, once there is
    an audit. *repayable_fen*: what the lines found false bore of what was paid."""

    count: int
    lines: tuple[LineExplained, ...]
    claimed: GrantExplained
    supported: GrantExplained
    audited: GrantExplained | None
    audit: AuditExplained | None
    false_lines: tuple[str, ...]
    floor_waiver: str
    repayable_fen: int


def may_know_the_audit(application: Application, view: View) -> bool:
    """The province prepares it; everybody else learns of it with the decision."""
    return view.panel or application.notice is not None or bool(application.awarded_fen)


def explained(
    application: Application, call: Call, view: View, false_lines: Collection[str] = (), part: slice = slice(None)
) -> Explained | None:
    """The telling for *view*, with the lines of *part*; None where nothing is paid by costs. *false_lines*: as if these were
    found false."""
    return reckoning_of(
        application, call, with_audit=may_know_the_audit(application, view), false_lines=false_lines, part=part
    )


def reckoning_of(
    application: Application,
    call: Call,
    *,
    with_audit: bool,
    false_lines: Collection[str] = (),
    part: slice = slice(None),
) -> Explained | None:
    """The same for whoever may know the audit, and otherwise as it stood before."""
    costs, told = costs_of(application, call), with_audit
    found = reckoned(application, call, false_lines, with_audit=told)
    if costs is None or found is None:
        return None
    by_audit = found.audited is not None
    audited = borne_by_the_budget(costs, call, found, application.of_total_fen) if by_audit else None
    gone = tuple(dict.fromkeys((*application.false_lines, *false_lines))) if told else ()
    return Explained(
        count=len(found.lines),
        lines=tuple(_line(line, costs) for line in found.lines[part]),
        claimed=_grant(found.claimed),
        supported=_grant(granted(costs, found.supported)),
        audited=_grant(audited) if audited else None,
        audit=_audit(application, call) if told else None,
        false_lines=gone,
        floor_waiver=application.floor_waiver if told else "",
        repayable_fen=paid_beyond(application, audited) if audited and gone else 0,
    )


def _line(line: CountedLine, costs: Costs) -> LineExplained:
    category = costs.category_of(line.kind)
    kind = next((one.label for one in category.kinds if one.id == line.kind), None) if category else None
    return LineExplained(
        number=line.number,
        category=Words(zh=category.label.zh, en=category.label.en) if category else Words(zh="", en=""),
        kind=Words(zh=kind.zh, en=kind.en) if kind else Words(zh=line.kind or "", en=line.kind or ""),
        claimed_fen=line.claimed,
        gross_fen=line.gross,
        paid_fen=line.paid,
        supported_fen=line.supported,
        audited_fen=line.audited,
        eligible_fen=line.eligible,
        why=tuple(map(_step, line.steps(costs))),
    )


def _grant(grant: Grant) -> GrantExplained:
    return GrantExplained(
        base_fen=grant.base.fen,
        by_rate_fen=grant.by_rate.fen,
        amount_fen=grant.amount.fen,
        amount_words=Money(grant.amount.fen).capitals(),
        capped=grant.capped,
        below_floor=grant.below_floor,
        steps=tuple(map(_step, grant.steps)),
    )


def _step(step: Step) -> EstimateStep:
    return EstimateStep(code=step.code, zh=step.words.zh, en=step.words.en)


def _audit(application: Application, call: Call) -> AuditExplained | None:
    checked = application.audit_check
    if checked is None and application.audit is None:
        return None
    return AuditExplained(
        check_code=checked.check_code if checked else "",
        checked_on=checked.checked_on if checked else None,
        genuine=checked.genuine if checked else None,
        note=checked.note if checked else "",
        verified=is_verified(application, call),
    )
