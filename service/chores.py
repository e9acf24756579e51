"""When the clock of the house last rang, how long that took, and whether it went well: a row a chore."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from admin.schema import chores
from eventstore.event import instant_of, microseconds
from service.wiring import House

TICK = "tick"


@dataclass(frozen=True, slots=True)
class Chore:
    """*took_ms* in milliseconds; *said* names what of it failed, "" where all went well."""

    name: str
    at: datetime
    took_ms: float
    said: str


def listed(db: Connection) -> Iterator[Chore]:
    c = chores.c
    for name, at, took, said in db.execute(select(c.name, c.at, c.took_us, c.said).order_by(c.name)):
        yield Chore(name, instant_of(at), took / 1000, said)


def note(house: House, name: str, took_s: float, failed: str) -> None:
    """Note that *name* was just done, how long it took, and what of it failed."""
    with house.store.begin() as db:
        row = {"at": microseconds(house.wall.now(db)), "took_us": int(took_s * 1_000_000), "said": failed[:500]}
        dialect = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
        fresh = dialect(chores).values(name=name, **row)
        db.execute(fresh.on_conflict_do_update(index_elements=["name"], set_=row))  # several workers may ring at once
