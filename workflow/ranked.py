"""A ranking asked of the database: the closed reviews of one direction, as far as whoever asks may see them."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from directory.actor import Actor
from directory.policy import visible_to
from programmes.call import Call
from workflow.judgements import closed, judgements
from workflow.ranking import Entry, Ranked, ranking
from workflow.stages import Stage
from workflow.worklist import applications


def ranked(db: Connection, actor: Actor, call: Call, direction: str, places: int | None = None) -> tuple[Ranked, ...]:
    """The ranking of *direction*; empty where the call is not of a province that *actor* answers for. Three statements."""
    if call.province not in visible_to(actor).provinces:
        return ()
    table = applications()
    names = ("id", "number", "unit_name", "project_name", "region", "stage", "amount_fen")
    of_it = (*_judged(call), table.c.direction == direction)
    judged = judgements(db, select(table.c.id).where(*of_it))
    rows = db.execute(select(*(table.c[name] for name in names)).where(*of_it)).mappings()
    entries = [Entry(**_staged(dict(row)), judgement=judged[row["id"]]) for row in rows if row["id"] in judged]
    return ranking(entries, call.direction(direction), call.review, places, call.budget_fen)


def directions_judged(db: Connection, call: Call) -> frozenset[str]:
    """The directions of *call* in which there is something to rank; one statement."""
    return frozenset(db.execute(select(applications().c.direction).where(*_judged(call)).distinct()).scalars())


def _judged(call: Call) -> tuple[ColumnElement[bool], ...]:
    table = applications()
    return table.c.call == call.id, table.c.province == call.province, table.c.id.in_(closed())


def _staged(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "stage": Stage(row["stage"])}
