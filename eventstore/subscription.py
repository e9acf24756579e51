"""Following the log: what a listener does with some events, and how far it has read, are one transaction.

Leased, so that one process follows at a time; fenced, so that one who lost the lease moves nothing. An event that
cannot be handled stops the listener at its position; nothing is skipped in silence.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from eventstore.clock import DatabaseClock
from eventstore.event import Fact, RecordedEvent, microseconds
from eventstore.facts import Reading
from eventstore.refusal import Busy, HistoryBroken
from eventstore.schema import checkpoints
from eventstore.store import EventStore

Handle: TypeAlias = Callable[[Connection, Sequence[Fact]], None]


class Fenced(Exception):
    """Another process took the lease; what was done here is rolled back."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a listener has read, and whether it stands still. `lag` counts events it has not seen."""

    name: str
    position: int
    lag: int
    failed_position: int | None
    last_error: str | None


def standings(db: Connection, names: Sequence[str], head: int) -> list[Standing]:
    """How far each of *names* has read of a log of *head* events, in their order; who never began stands at 0. One statement."""
    c = checkpoints.c
    query = select(c.name, c.position, c.failed_position, c.last_error).where(c.name.in_(names))
    stood = {name: (position, failed, error) for name, position, failed, error in db.execute(query)}
    found: list[Standing] = []
    for name in names:
        position, failed, error = stood.get(name, (0, None, None))
        found.append(Standing(name, position, max(0, head - position), failed, error))
    return found


class Subscription:
    """One listener. *handle* gets facts in order, each exactly once as far as its writes to `db` go."""

    def __init__(
        self,
        store: EventStore,
        read: Reading,
        name: str,
        handle: Handle,
        *,
        types: Iterable[str] | None = None,
        batch: int = 100,
        lease_s: int = 30,
        owner: str | None = None,
    ) -> None:
        self._store, self._read, self.name, self._handle = store, read, name, handle
        self._types = None if types is None else tuple(types)
        self._batch, self._lease_us = batch, lease_s * 1_000_000
        self._owner = owner or uuid4().hex
        self._clock = DatabaseClock()
        self._row = checkpoints.c.name == name

    def standing(self) -> Standing:
        with self._store.reading() as db:
            return standings(db, [self.name], self._store.head_in(db))[0]

    def run(self) -> int:
        """Handle everything there is; answers how many events."""
        total = 0
        while handled := self.run_once():
            total += handled
        return total

    def follow(self, stop: threading.Event, poll_s: float = 0.2) -> None:
        """Handle what comes until *stop*. A wake-up only shortens the wait."""
        while not stop.is_set():
            try:
                handled = self.run_once()
            except (Busy, OperationalError, Fenced):
                handled = 0
            if not handled:
                with self._store.appended:
                    self._store.appended.wait(poll_s)

    def run_once(self) -> int:
        """Handle the next batch; 0 when there is nothing, another process follows, or this listener stands still."""
        standing = self.standing()
        if not standing.lag or standing.failed_position is not None:
            return 0
        try:
            return self._handled(self._batch)
        except (Busy, OperationalError, Fenced):
            raise
        except Exception:  # a poison event: handle one at a time to learn which
            return self._one_by_one()

    def resume(self) -> None:
        """Go on at the position that failed, once its cause is mended."""
        with self._store.begin() as db:
            db.execute(update(checkpoints).where(self._row).values(state="live", failed_position=None, last_error=None))

    def _one_by_one(self) -> int:
        done = 0
        while done < self._batch:
            try:
                handled = self._handled(1)
            except (Busy, OperationalError, Fenced):
                raise
            except Exception as error:
                self._stop_at(error)
                return done
            if not handled:
                break
            done += handled
        return done

    def _stop_at(self, error: Exception) -> None:
        with self._store.begin() as db:
            position = db.scalar(select(checkpoints.c.position).where(self._row)) or 0
            following = self._store.all_in(db, position, 1, self._types)
            failed = following[0].position if following else position + 1
            said = f"{type(error).__name__}: {error}"[:500]
            db.execute(
                update(checkpoints).where(self._row).values(state="failed", failed_position=failed, last_error=said)
            )

    def _handled(self, limit: int) -> int:
        with self._store.begin() as db:
            held = self._lease(db)
            if held is None:
                return 0
            position, fence = held
            head = self._store.head_in(db)  # before the page: what a filter leaves out up to here is seen too
            recorded = self._store.all_in(db, position, limit, self._types)
            if self._types is None:
                _gapless(position, recorded)
            if recorded:
                self._handle(db, self._read(db, recorded))
            reached = recorded[-1].position if len(recorded) == limit else max(head, position)
            if self._types is None:
                reached = recorded[-1].position if recorded else position
            moved = db.execute(
                update(checkpoints)
                .where(self._row, checkpoints.c.position == position, checkpoints.c.fence == fence)
                .values(position=reached)
            )
            if moved.rowcount != 1:
                raise Fenced(self.name)
            return reached - position

    def _lease(self, db: Connection) -> tuple[int, int] | None:
        """(position, fence), or None when another process follows or this listener stands still."""
        c = checkpoints.c
        query = select(c.position, c.state, c.lease_owner, c.lease_until, c.fence).where(self._row)
        row = db.execute(query.with_for_update(skip_locked=True)).first()
        if row is None:
            return self._first_lease(db)
        position, state, owner, until, fence = row
        now = microseconds(self._clock.now(db))
        if state != "live" or (owner not in (None, self._owner) and until > now):
            return None
        fence += owner != self._owner
        lease = {"lease_owner": self._owner, "lease_until": now + self._lease_us, "fence": fence}
        db.execute(update(checkpoints).where(self._row).values(lease))
        return position, fence

    def _first_lease(self, db: Connection) -> tuple[int, int] | None:
        until = microseconds(self._clock.now(db)) + self._lease_us
        try:
            with db.begin_nested():
                db.execute(
                    insert(checkpoints).values(name=self.name, lease_owner=self._owner, lease_until=until, fence=1)
                )
        except IntegrityError:  # another process holds the row
            return None
        return 0, 1


def _gapless(position: int, recorded: Sequence[RecordedEvent]) -> None:
    for event in recorded:
        position += 1
        if event.position != position:
            raise HistoryBroken(f"after {position - 1} comes {event.position}")
