"""What the clock does for endpoints: owners are warned of what does not arrive, what has failed for days is switched off.

Also clears away old attempts. Run twice is run once: the health's row says how often the owner was warned.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from eventstore.clock import Clock
from eventstore.dispatch import Context, Loaded
from eventstore.event import Event
from eventstore.ids import Ids
from webhooks import health, lists, parcels, records
from webhooks.endpoint import ENDPOINT, Endpoint
from webhooks.events import EndpointFailing, stream_of
from webhooks.health import DISABLED_AFTER, OPENS_AFTER, WARNED_AFTER, Health
from webhooks.register import Register

ATTEMPTS_KEPT, PARCELS_KEPT = timedelta(days=30), timedelta(days=90)


class Care:
    """*clock* is the database's own: days of failure are real days."""

    def __init__(self, register: Register, clock: Clock, ids: Ids) -> None:
        self._register, self._clock, self._ids = register, clock, ids
        self._store = register.dispatcher.store

    def sweep(self) -> int:
        """Warn and switch off; answers how many endpoints were concerned."""
        with self._store.reading() as db:
            now = self._clock.now(db)
            found = health.of(db)
            failing = [
                kept.endpoint for kept in records.every(db) if kept.endpoint.enabled and kept.endpoint.id in found
            ]
        return sum(self._one(endpoint, found[endpoint.id], now) for endpoint in failing)

    def forget(self) -> int:
        """Clear away attempts of a month ago and what arrived a quarter ago."""
        with self._store.begin() as db:
            return parcels.forget(db, self._clock.now(db), ATTEMPTS_KEPT, PARCELS_KEPT)

    def _one(self, endpoint: Endpoint, found: Health, now: datetime) -> bool:
        if found.failing_since is None:
            return False
        failing_for = now - found.failing_since
        if failing_for >= DISABLED_AFTER and found.failures >= OPENS_AFTER:
            code = self._answered(endpoint.id)
            self._register.switch_off(self._context(), endpoint.id, "failing", found.failing_since, code)
            return True
        due = sum(failing_for >= after for after in WARNED_AFTER)
        if due <= found.warnings:
            return False
        self._warn(endpoint.id, found, found.failing_since, due)
        return True

    def _warn(self, id_: str, found: Health, since: datetime, warning: int) -> None:
        event = EndpointFailing(
            since=since,
            failures=found.failures,
            disabled_at=since + DISABLED_AFTER,
            warning=warning,
            code=self._answered(id_),
        )

        def decide(db: Connection, loaded: Loaded[Endpoint], _now: datetime) -> Sequence[Event]:
            health.warned(db, id_, warning)
            return [event] if loaded.state.enabled else []

        self._register.dispatcher.dispatch(stream_of(id_), ENDPOINT, decide, self._context())

    def _answered(self, id_: str) -> int | None:
        with self._store.reading() as db:
            return lists.last_code(db, id_)

    def _context(self) -> Context:
        return Context(actor="house", correlation_id=self._ids.uuid7())
