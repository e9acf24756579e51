"""A ranking asked of the database: the closed reviews of one direction, as far as whoever asks may see them."""

from typing import Any

from sqlalchemy import Connection, select

from directory.actor import Actor
from directory.policy import visible_to
from programmes.call import Call
from workflow.judgements import judgements
from workflow.ranking import Entry, Ranked, ranking
from workflow.stages import Stage
from workflow.worklist import applications

MOST = 5_000


def ranked(db: Connection, actor: Actor, call: Call, direction: str, places: int | None = None) -> tuple[Ranked, ...]:
    """The ranking of *direction*; empty where the call is not of a province that *actor* answers for. Three statements."""
    if call.province not in visible_to(actor).provinces:
        return ()
    table = applications()
    columns = (table.c.id, table.c.number, table.c.unit_name, table.c.project_name, table.c.region, table.c.stage)
    query = select(*columns, table.c.amount_fen).where(
        table.c.call == call.id, table.c.direction == direction, table.c.province == call.province
    )
    rows: dict[str, dict[str, Any]] = {str(row["id"]): dict(row) for row in db.execute(query.limit(MOST)).mappings()}
    judged = judgements(db, list(rows))
    entries = [Entry(**_staged(row), judgement=judged[id_]) for id_, row in rows.items() if id_ in judged]
    return ranking(entries, call.direction(direction), call.review, places, call.budget_fen)


def _staged(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "stage": Stage(row["stage"])}
