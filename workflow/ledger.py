"""An application's money on two clocks: as it was known at an instant, and as it is known now of a day.

Pure, over the history. What was recorded is never taken out: a correction counts from the instant it was recorded on, and then
for the day the money moved. A day's balance asked twice may differ, and both answers are right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from eventstore.event import Fact
from programmes.calendar import beijing_date
from workflow import events as e

Kind = Literal["payment", "return", "repayment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that moved on the Beijing day *on*: positive to the unit, negative from it. *recorded_at*: when the house learnt
    of it; *corrected_at*: when its day or reference was put right, None where it stands as it was recorded."""

    kind: Kind
    tranche: int
    amount_fen: int
    on: date
    bank_reference: str
    recorded_at: datetime
    corrected_at: datetime | None = None


def ledger(facts: Sequence[Fact], known_at: datetime | None = None, on: date | None = None) -> tuple[Movement, ...]:
    """What moved until the day *on*, as it was known at the instant *known_at*; without them, all that is known now.

    In the order of the days, and on one day in the order it was recorded.
    """
    known = [fact for fact in facts if known_at is None or fact.recorded.instant <= known_at]
    found = sorted(_corrected(known), key=lambda movement: movement.on)
    return tuple(movement for movement in found if on is None or movement.on <= on)


def balance(movements: Sequence[Movement]) -> int:
    """What the State has paid and not got back."""
    return sum(movement.amount_fen for movement in movements)


def _corrected(facts: Sequence[Fact]) -> Iterator[Movement]:
    movements = [movement for fact in facts for movement in _moved(fact)]
    for fact in facts:
        match fact.event:
            case e.BookingCorrected(bank_reference=was, new_reference=new, on=day):
                movements = [
                    replace(
                        one,
                        bank_reference=new or one.bank_reference,
                        on=day or one.on,
                        corrected_at=fact.recorded.instant,
                    )
                    if one.bank_reference == was and one.kind != "return"
                    else one
                    for one in movements
                ]
            case _:
                pass
    yield from movements


def _moved(fact: Fact) -> Iterator[Movement]:
    at = fact.recorded.instant
    match fact.event:
        case e.TranchePaid(tranche=tranche, amount_fen=fen, bank_reference=reference, paid_on=on):
            yield Movement(
                kind="payment", tranche=tranche, amount_fen=fen, on=on, bank_reference=reference, recorded_at=at
            )
        case e.TrancheReturned(tranche=tranche, amount_fen=fen, bank_reference=reference, returned_on=on):
            yield Movement(
                kind="return", tranche=tranche, amount_fen=-fen, on=on, bank_reference=reference, recorded_at=at
            )
        case e.RepaymentRecorded(amount_fen=fen, bank_reference=reference, received_on=day):
            on = day or beijing_date(at)
            yield Movement(
                kind="repayment", tranche=0, amount_fen=-fen, on=on, bank_reference=reference, recorded_at=at
            )
        case _:
            return
