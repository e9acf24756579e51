"""Tables kept in step with the log, in the same transaction as the events: what a projection must offer.

A projection of revision *r* keeps its rows in tables named `<name>_r<r>`, so that a rebuild can stand beside the live
one. It looks at nothing but the facts it is given: no clock, no settings, no other table.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Protocol, TypeVar

from sqlalchemy import Connection, MetaData, Table, insert, select, update
from sqlalchemy.sql.elements import quoted_name

from eventstore.event import Event, Fact
from eventstore.schema import events, projections

_KNOWN = select(projections.c.name, projections.c.revision, projections.c.state)
FLIP_LOCK = 7453010383018225512


class Projection(Protocol):
    """A table (or a few) kept in step with the log.

    `apply` runs in the writing transaction, before the append: the facts' `position` is 0 there, so keep `stream`,
    `version` and `recorded_at`, never `position`. Set rules are UNIQUE constraints of these tables. `personal` False says
    that no personal value is looked at: a rebuild then unseals nothing. `wanted` names the facts that are looked into
    (None: all); a rebuild hands the others over `Unread`.

    One that is kept `aside` costs a command nothing: the writing transaction leaves it out, and whoever reads it brings it
    up to the head of the log first (`eventstore.aside`).
    """

    name: str
    revision: int
    personal: bool
    aside: bool

    @property
    def wanted(self) -> frozenset[type[Event]] | None: ...
    def create(self, db: Connection) -> None: ...
    def drop(self, db: Connection) -> None: ...
    def apply(self, db: Connection, facts: Sequence[Fact]) -> None: ...


P = TypeVar("P", bound=Projection)


@cache
def of_revision(table: Table, revision: int) -> Table:
    """*table* (declared as `<name>`) as it is called in *revision*: `<name>_r<revision>`, its indexes likewise."""
    copied = table.to_metadata(MetaData(), name=f"{table.name}_r{revision}")
    for index in copied.indexes:
        if index.name is not None:
            index.name = quoted_name(f"{index.name}_r{revision}", None)
    for constraint in copied.constraints:
        if isinstance(constraint.name, str):
            constraint.name = f"{constraint.name}_r{revision}"
    return copied


class TableProjection(ABC):
    """A projection over tables declared once; subclasses set `name`, `revision`, `declared`, and write `apply`.

    `self.table(declared)` is the table of this instance's revision. Tables are created and dropped as declared.
    """

    name: str = ""
    revision: int = 1
    personal: bool = True
    aside: bool = False
    wanted: frozenset[type[Event]] | None = None
    declared: tuple[Table, ...] = ()

    def table(self, declared: Table) -> Table:
        return of_revision(declared, self.revision)

    @abstractmethod
    def apply(self, db: Connection, facts: Sequence[Fact]) -> None: ...

    def create(self, db: Connection) -> None:
        for table in self.declared:
            self.table(table).create(db, checkfirst=True)

    def drop(self, db: Connection) -> None:
        for table in reversed(self.declared):
            self.table(table).drop(db, checkfirst=True)


def at_revision(projection: P, revision: int) -> P:
    """The same projection, keeping its rows in the tables of *revision*."""
    other = copy.copy(projection)
    object.__setattr__(other, "revision", revision)
    return other


def install(db: Connection, projections_kept: Iterable[Projection]) -> list[Projection]:
    """Make the tables of what nobody keeps yet and set it live; *db* is a write transaction.

    While the log is empty everything goes live at once. Answers those that must be built first (see `rebuild`):
    a new projection, or a new revision, beside a log that already holds events.
    """
    if db.dialect.name == "postgresql":
        db.exec_driver_sql(f"SELECT pg_advisory_xact_lock({FLIP_LOCK})")
    empty = db.execute(select(events.c.position).limit(1)).first() is None
    known = {(name, revision): state for name, revision, state in db.execute(_KNOWN)}
    behind: list[Projection] = []
    for projection in projections_kept:
        state = known.get((projection.name, projection.revision))
        if state == "live":
            continue
        if not empty or state is not None:
            behind.append(projection)
            continue
        projection.create(db)
        db.execute(update(projections).where(projections.c.name == projection.name).values(state="retired"))
        db.execute(insert(projections).values(name=projection.name, revision=projection.revision, state="live"))
    return behind
