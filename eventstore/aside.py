"""Projections that no command waits for: they keep their place in the log in a table of their own, and follow it when asked.

The place lies beside the rows and is written with them, so that a rebuild, which fills other tables, takes its own along.
"""

from abc import abstractmethod
from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, insert, select, update

from eventstore.event import Fact
from eventstore.facts import Reading
from eventstore.projection import TableProjection
from eventstore.store import EventStore

PAGE = 500


def place_of(name: str, metadata: MetaData) -> Table:
    """The table, of one row, that says how far the projection has followed; to be declared with its others."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("position", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
        sqlite_strict=True,
    )


class Aside(TableProjection):
    """A projection beside the commands. Subclasses set `place` too, and write `take` where others write `apply`."""

    aside = True
    place: Table

    @abstractmethod
    def take(self, db: Connection, facts: Sequence[Fact]) -> None: ...

    def create(self, db: Connection) -> None:
        super().create(db)
        table = self.table(self.place)
        if db.scalar(select(table.c.position)) is None:
            db.execute(insert(table).values(id=1, position=0))

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        self.take(db, facts)
        self._reach(db, facts[-1].recorded.position)

    def catch_up(self, store: EventStore, read: Reading) -> int:
        """Follow the log to its head, in order and once; answers how many events were gone through."""
        with store.reading() as db:
            if db.scalar(select(self.table(self.place).c.position)) == store.head_in(db):
                return 0
        gone = 0
        while passed := self._followed(store, read):
            gone += passed
        return gone

    def _followed(self, store: EventStore, read: Reading) -> int:
        with store.begin() as db:
            return self.follow_in(db, store, read)

    def follow_in(self, db: Connection, store: EventStore, read: Reading) -> int:
        """The next page, under the lock of the place: of two who follow at once the second finds nothing left."""
        position = db.scalar(select(self.table(self.place).c.position).with_for_update()) or 0
        recorded = store.all_in(db, position, PAGE)
        if recorded:
            self.apply(db, read(db, recorded, self.personal, self.wanted))
        return len(recorded)

    def _reach(self, db: Connection, position: int) -> None:
        db.execute(update(self.table(self.place)).values(position=position))
