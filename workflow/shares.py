"""What of a sum is whose: by the agreement under which the application was sealed, to the last fen.

Pure. 000:L609 资金下拨给联合体牵头人，由牵头人按比例分配给各成员方.
"""

from collections.abc import Iterator, Mapping

from consortium.ratios import Column, split
from workflow.state import Application, Part, Tranche

_BY = (Column.GRANT, Column.CONTRIBUTION)
"""The grant column divides the grant (reading A-10); where a programme's agreement has none, the contributions do."""


def shares_of(application: Application, total: int) -> dict[str, int]:
    """*total* fen by unit, the lead first, by largest remainder; empty for a lead alone.

    Also empty where the agreement divides nothing: what nobody agreed is not guessed, and the whole stays with the lead.
    """
    consortium = application.sealed.consortium if application.sealed else application.consortium
    units = consortium.units(application.lead_unit)
    if len(units) == 1 or total < 0:
        return {}
    for column in _BY:
        ratios = [consortium.ratios.get(column.value, {}).get(unit, 0) for unit in units]
        if sum(ratios) > 0:
            return dict(zip(units, split(total, ratios), strict=True))
    return {}


def members_of(application: Application, shares: Mapping[str, int]) -> dict[str, int]:
    """The members' parts of *shares*, in the order of the tables; whoever gets nothing is left out."""
    known = [unit for unit in application.units if unit in shares]
    order = dict.fromkeys((*known, *shares))
    return {unit: shares[unit] for unit in order if unit != application.lead_unit and shares[unit] > 0}


def to_hand_on(application: Application, tranche: Tranche) -> dict[str, int]:
    """What the lead has yet to hand on of a tranche it was paid: what it has not, and what a member disputes."""
    if not tranche.bank_reference:
        return {}
    waits = ("", "confirmed")
    return {
        unit: fen
        for unit, fen in members_of(application, tranche.shares).items()
        if unit not in tranche.handed or tranche.handed[unit].answer not in waits
    }


def to_answer(tranche: Tranche, unit: str) -> Part | None:
    """What *unit* was handed on of *tranche* and has not confirmed."""
    part = tranche.handed.get(unit)
    return part if part is not None and part.answer != "confirmed" else None


def unconfirmed(application: Application) -> Iterator[tuple[int, str]]:
    """Every part that was to be handed on and that its member has not confirmed: tranche and unit."""
    for tranche in application.tranches:
        if not tranche.bank_reference:
            continue
        for unit in members_of(application, tranche.shares):
            part = tranche.handed.get(unit)
            if part is None or part.answer != "confirmed":
                yield tranche.number, unit


def name_of(application: Application, unit: str) -> str:
    """How a unit of the application is called."""
    names = {member.unit: member.unit_name for member in application.consortium.members}
    return application.unit_name if unit == application.lead_unit else names.get(unit, unit)
