"""How an endpoint fares: failures in a row, since when, and until when it rests. Shared by every process through its row.

A resting endpoint is not knocked at, and its parcels lose no attempt by that. After enough failures in a row one parcel at a
time asks whether it is well again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.event import instant_of, microseconds
from webhooks.schema import webhook_health

OPENS_AFTER = 10
REST = timedelta(seconds=60)
WARNED_AFTER = (timedelta(days=1), timedelta(days=3))
DISABLED_AFTER = timedelta(days=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """*failures* in a row; *failing_since* the first of them."""

    failures: int = 0
    failing_since: datetime | None = None
    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    rests_until: datetime | None = None
    warnings: int = 0

    @property
    def probing(self) -> bool:
        """Whether only one parcel at a time may ask how it is."""
        return self.failures >= OPENS_AFTER

    def rests(self, now: datetime) -> bool:
        return self.rests_until is not None and self.rests_until > now


WELL = Health()


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What one attempt says of the health of an endpoint. *rest*: for how long it asked, or needs, to be left alone."""

    well: bool
    rest: timedelta = timedelta()


def of(db: Connection, endpoints: Collection[str] | None = None) -> dict[str, Health]:
    """Endpoint to health of those that were ever knocked at."""
    query = select(webhook_health)
    if endpoints is not None:
        query = query.where(webhook_health.c.endpoint.in_(endpoints))
    return {row["endpoint"]: _health(row) for row in db.execute(query).mappings()}


def note(db: Connection, beats: Mapping[str, list[Beat]], now: datetime) -> None:
    """Take down how the attempts went, in the order of the endpoints' names so that no two processes block each other."""
    before = of(db, list(beats))
    for endpoint in sorted(beats):
        health = before.get(endpoint, WELL)
        for beat in beats[endpoint]:
            health = after(health, beat, now)
        if health != before.get(endpoint):
            _write(db, endpoint, health)


def after(health: Health, beat: Beat, now: datetime) -> Health:
    """Pure. A success ends the row of failures; a failure adds to it, and from the tenth on each is followed by a rest."""
    if beat.well:
        rests = now + beat.rest if beat.rest else None
        return Health(succeeded_at=now, failed_at=health.failed_at, rests_until=rests)
    failures = health.failures + 1
    rest = max(beat.rest, REST) if failures >= OPENS_AFTER else beat.rest
    return Health(
        failures=failures,
        failing_since=health.failing_since or now,
        succeeded_at=health.succeeded_at,
        failed_at=now,
        rests_until=now + rest if rest else health.rests_until,
        warnings=health.warnings,
    )


def warned(db: Connection, endpoint: str, warnings: int) -> None:
    db.execute(update(webhook_health).where(webhook_health.c.endpoint == endpoint).values(warnings=warnings))


def forget(db: Connection, endpoint: str) -> None:
    """Begin anew: after it was enabled, or deleted."""
    db.execute(delete(webhook_health).where(webhook_health.c.endpoint == endpoint))


def _write(db: Connection, endpoint: str, health: Health) -> None:
    dialect = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    values: dict[str, Any] = {
        "failures": health.failures,
        "failing_since": _micro(health.failing_since),
        "succeeded_at": _micro(health.succeeded_at),
        "failed_at": _micro(health.failed_at),
        "rests_until": _micro(health.rests_until) or 0,
        "warnings": health.warnings,
    }
    made = dialect(webhook_health).values(endpoint=endpoint, **values)
    db.execute(made.on_conflict_do_update(index_elements=["endpoint"], set_=values))


def _health(row: Mapping[Any, Any]) -> Health:
    return Health(
        failures=row["failures"],
        failing_since=_instant(row["failing_since"]),
        succeeded_at=_instant(row["succeeded_at"]),
        failed_at=_instant(row["failed_at"]),
        rests_until=_instant(row["rests_until"]),
        warnings=row["warnings"],
    )


def _micro(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)


def _instant(at: int | None) -> datetime | None:
    return instant_of(at) if at else None
