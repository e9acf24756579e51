"""Tables kept in step with the log, in the same transaction as the events: what a projection must offer.

A projection of revision *r* keeps its rows in tables named `<name>_r<r>`, so that a rebuild can stand beside the live
one. It looks at nothing but the facts it is given: no clock, no settings, no other table.
"""

import copy
from collections.abc import Sequence
from functools import cache
from typing import Protocol, TypeVar

from sqlalchemy import Connection, MetaData, Table
from sqlalchemy.sql.elements import quoted_name

from eventstore.event import Fact


class Projection(Protocol):
    """A table (or a few) kept in step with the log.

    `apply` runs in the writing transaction, before the append: the facts' `position` is 0 there, so keep `stream`,
    `version` and `recorded_at`, never `position`. Set rules are UNIQUE constraints of these tables.
    """

    name: str
    revision: int

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


class TableProjection:
    """A projection over tables declared once; subclasses set `name`, `revision`, `declared`, and write `apply`.

    `self.table(declared)` is the table of this instance's revision. Tables are created and dropped as declared.
    """

    name: str = ""
    revision: int = 1
    declared: tuple[Table, ...] = ()

    def table(self, declared: Table) -> Table:
        return of_revision(declared, self.revision)

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
