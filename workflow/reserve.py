"""储备: who waits for money, in the order of the ranking, and whom what is free now would reach."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from directory.actor import Actor
from directory.policy import visible_to
from programmes.call import Call
from workflow import set_rules
from workflow.ranked import ranked
from workflow.ranking import Ranked
from workflow.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """*sum_fen*: for this one and all before it in its direction. *reached*: what is free now is enough for that."""

    direction: str
    ranked: Ranked
    sum_fen: int
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Of a call: its budget, what of it is promised already (set_rules), what is free, and who waits for it."""

    budget_fen: int
    promised_fen: int
    free_fen: int
    waiting: tuple[Waiting, ...]


def reserve(db: Connection, actor: Actor, call: Call) -> Reserve | None:
    """None where the call is not of a province that *actor* answers for."""
    if call.province not in visible_to(actor).provinces:
        return None
    promised = set_rules.promised_fen(db, call)
    free = max(call.budget_fen - promised, 0)
    waiting = [
        one for direction in call.directions for one in waiting_of(direction, ranked(db, actor, call, direction), free)
    ]
    return Reserve(budget_fen=call.budget_fen, promised_fen=promised, free_fen=free, waiting=tuple(waiting))


def waiting_of(direction: str, rows: tuple[Ranked, ...], free_fen: int) -> Iterator[Waiting]:
    """Nobody is passed over: where one is not reached, nobody behind is."""
    total = 0
    for one in rows:
        if one.entry.stage is Stage.RESERVED:
            total += one.entry.amount_fen or 0
            yield Waiting(direction=direction, ranked=one, sum_fen=total, reached=total <= free_fen)
