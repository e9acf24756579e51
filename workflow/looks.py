"""Which sealed text of an application somebody looked at last, and which before: so that they are shown what changed since.

A help, not a fact: never an event, kept beside the log, one row a person and application. What is written in a protected read is
another matter (admin/notes).
"""

from datetime import datetime

from sqlalchemy import Column, Connection, Integer, MetaData, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.event import microseconds
from workflow.schema import BIG, CODE

looks = Table(
    "looks",
    MetaData(),
    Column("application", CODE, primary_key=True),
    Column("person", CODE, primary_key=True),
    Column("seal", Integer, nullable=False),
    Column("before", Integer, nullable=False),
    Column("looked_at", BIG, nullable=False),
)


def last(db: Connection, application: str, person: str) -> tuple[int, int]:
    """The number of the seal whose text *person* saw last, and of the one that they saw before it; 0 where there is none."""
    query = select(looks.c.seal, looks.c.before).where(looks.c.application == application, looks.c.person == person)
    row = db.execute(query).one_or_none()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def note(db: Connection, application: str, person: str, seal: int, now: datetime) -> None:
    """*person* sees the text of *seal*. The one seen before is kept until a newer text is seen: a page opened twice says the same."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    row = {"application": application, "person": person, "seal": seal, "before": 0, "looked_at": microseconds(now)}
    fresh = insert(looks).values(row)
    db.execute(
        fresh.on_conflict_do_update(
            index_elements=["application", "person"],
            set_={"seal": seal, "before": looks.c.seal, "looked_at": row["looked_at"]},
            where=looks.c.seal < seal,
        )
    )
