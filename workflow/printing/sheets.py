"""Of which text a signed sheet is: the code on its pages says so, and goes before what anybody types. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from consortium.agreement import SOURCE, current
from eventstore.refusal import Refusal
from paperwork.check_code import read_code
from programmes.call import Call
from workflow.application import Application
from workflow.commands import SignAgreement
from workflow.parties import agreement_digest
from workflow.printing.issuing import Bound, bound_to


@dataclass(frozen=True, slots=True)
class Sheet:
    """*command* with the hash of the sheet's text and its code as it is printed; *refusals*: why the code cannot be trusted."""

    command: SignAgreement
    refusals: Sequence[Refusal] = ()


def sheet_of(application: Application, call: Call, command: SignAgreement) -> Sheet:
    """What was signed. Where the code is nobody's, the rest is judged as if the sheet were of today's text: every reason is told."""
    typed = command.paper_code.strip()
    if not typed:
        return Sheet(command)
    code = read_code(typed)
    bound = bound_to(application, call, code) if code else None
    if code is None or bound is None:
        unknown = Refusal.of("SCAN_UNKNOWN", source=SOURCE, slot="agreement", typed=typed[:60])
        return Sheet(replace(command, digest=agreement_digest(application)), [unknown])
    told = replace(command, digest=bound.digest, paper_code=code)
    return Sheet(told, [*_came_back(application, bound), *_not_on_it(application, bound, command)])


def _came_back(application: Application, bound: Bound) -> list[Refusal]:
    """A text that was given up and taken again is a new version, and sheets of the old one stay void (reading A-16)."""
    fixed = current(application.consortium, bound.digest)
    if fixed is None or fixed.version == bound.version:
        return []
    return [Refusal.of("AGREEMENT_STALE", source=SOURCE, signed=bound.version, current=fixed.version)]


def _not_on_it(application: Application, bound: Bound, command: SignAgreement) -> list[Refusal]:
    """The copy of the lead with one member has no place for anybody else's hand."""
    on_it = (application.lead_unit, bound.unit) if bound.unit else application.units
    others = [hand.unit for hand in command.hands if hand.unit in application.units and hand.unit not in on_it]
    return [Refusal.of("SIGNATORY_UNKNOWN", source=SOURCE, units=others)] if others else []


__all__ = ["Sheet", "sheet_of"]
