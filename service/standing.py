"""How the house stands, gathered for the operator's desk: what has read how far, what waits, what is stored, what is set."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Connection, func, select

from eventstore.aside import Aside
from eventstore.event import instant_of
from eventstore.schema import projections
from eventstore.subscription import Standing as Cursor
from eventstore.subscription import Subscription, standings
from notifications import correspondence
from notifications.schema import letters, reminders
from service import chores, rebuilding
from service.chores import Chore
from service.doctor import Finding, examined
from service.rebuilding import Asked
from service.settings import PREFIX, Settings
from service.wiring import House
from webhooks import health as endpoint_health
from webhooks import lists as parcel_lists
from webhooks import records
from webhooks.endpoint import Endpoint
from webhooks.health import Health

HIDDEN = "••••••"
HEALTH = ("well", "failing", "resting", "unverified", "off", "switched_off")
ENDPOINTS_SHOWN = 50
_CAUSES = 10
_REMINDERS = select(func.count(), func.min(reminders.c.due_at)).where(reminders.c.state == "waiting")


@dataclass(frozen=True, slots=True)
class Kept:
    """One projection and where it stands."""

    name: str
    revision: int
    state: str
    position: int
    error: str
    lag: int | None = None
    """Events it has not seen, where it may be behind: while it is built, or kept aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStands:
    """One endpoint: a word of HEALTH, failures in a row, parcels that wait and that were given up."""

    id: str
    name: str
    host: str
    owner: str
    health: str
    failures: int
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything one page of the operator's shows."""

    head: int
    projections: Sequence[Kept]
    cursors: Sequence[Cursor]
    rebuilds: Sequence[Asked]
    chores: Sequence[Chore]
    reminders: int
    next_reminder: datetime | None
    tick_s: float
    letters: dict[str, int]
    oldest_due: datetime | None
    dead: dict[str, int]
    endpoints: Sequence[EndpointStands]
    storage: Sequence[tuple[str, int]]
    findings: Sequence[Finding]
    settings: Sequence[tuple[str, str]]


def look(house: House) -> Standing:
    """Reads, and changes nothing."""
    with house.store.reading() as db:
        head = house.store.head_in(db)
        waiting, due = db.execute(_REMINDERS).one()
        return Standing(
            head=head,
            projections=[with_lag(db, one, head, house) for one in kept(db)],
            cursors=standings(db, [each.name for each in followers(house)], head),
            rebuilds=list(rebuilding.listed(db)),
            chores=list(chores.listed(db)),
            reminders=int(waiting),
            next_reminder=None if due is None else instant_of(due),
            tick_s=house.settings.tick_s,
            letters=correspondence.counts(db),
            oldest_due=correspondence.oldest_due(db),
            dead={str(cause): int(count) for cause, count in db.execute(_DEAD)},
            endpoints=endpoints(db, house.wall.now(db)),
            storage=list(_storage(house, db)),
            findings=examined(house, at_once=True),
            settings=settings_shown(house.settings),
        )


def followers(house: House) -> Sequence[Subscription]:
    """Whoever follows the log with a cursor of their own."""
    return (house.listener.subscription, house.index.subscription, house.hooks.listener.subscription)


def with_lag(db: Connection, one: Kept, head: int, house: House) -> Kept:
    """A live one is written with its events and cannot lag, but for one that is kept aside, which has a place of its own."""
    if one.state == "building":
        return replace(one, lag=max(0, head - one.position))
    for projection in house.projections:
        mine = (one.name, one.revision, one.state) == (projection.name, projection.revision, "live")
        if isinstance(projection, Aside) and mine:
            place = db.scalar(select(projection.table(projection.place).c.position)) or 0
            return replace(one, lag=max(0, head - place))
    return one


def kept(db: Connection) -> list[Kept]:
    """Every projection there is a row of; *position* counts while it is built, and says nothing once it is live."""
    c = projections.c
    query = select(c.name, c.revision, c.state, c.position, c.last_error).order_by(c.name, c.revision)
    return [Kept(name, revision, state, at, error or "") for name, revision, state, at, error in db.execute(query)]


def state_of(endpoint: Endpoint, health: Health, now: datetime) -> str:
    """One word of `HEALTH`."""
    if endpoint.why_disabled in ("failing", "gone"):
        return "switched_off"
    if not endpoint.verified:
        return "unverified"
    if not endpoint.enabled:
        return "off"
    if health.rests(now):
        return "resting"
    return "failing" if health.failures else "well"


def endpoints(db: Connection, now: datetime) -> list[EndpointStands]:
    """The worst first, and no more than a page of them; four statements."""
    fares, queued, dead = endpoint_health.of(db), parcel_lists.queued(db), parcel_lists.given_up(db)
    found: list[EndpointStands] = []
    for one in (kept.endpoint for kept in records.every(db)):
        health = fares.get(one.id, endpoint_health.WELL)
        found.append(
            EndpointStands(
                id=one.id,
                name=one.name,
                host=one.host,
                owner=one.owner,
                health=state_of(one, health, now),
                failures=health.failures,
                waiting=queued.get(one.id, 0),
                dead=dead.get(one.id, 0),
            )
        )
    return sorted(found, key=lambda one: (-one.failures, -one.dead, -one.waiting, one.id))[:ENDPOINTS_SHOWN]


_CAUSE = func.coalesce(letters.c.last_error, letters.c.reason)
_DEAD = (
    select(_CAUSE, func.count())
    .where(letters.c.state == "dead")
    .group_by(_CAUSE)
    .order_by(func.count().desc())
    .limit(_CAUSES)
)


def _storage(house: House, db: Connection) -> Sequence[tuple[str, int]]:
    folder = house.settings.files
    stored = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0
    return [
        ("database", _database_bytes(house, db)),
        ("files", stored),
        ("free", shutil.disk_usage(folder if folder.is_dir() else Path.cwd()).free),
    ]


def _database_bytes(house: House, db: Connection) -> int:
    if house.engine.dialect.name == "postgresql":
        return int(db.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0)
    pages, size = (db.exec_driver_sql(f"PRAGMA {name}").scalar() or 0 for name in ("page_count", "page_size"))
    return int(pages) * int(size)


def settings_shown(settings: Settings) -> list[tuple[str, str]]:
    """Every setting in force as the environment names it; a secret and what may carry one is not shown."""
    shown: list[tuple[str, str]] = []
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        hidden = isinstance(value, SecretStr) or name == "database_url"
        shown.append((f"{PREFIX}{name.upper()}", HIDDEN if hidden else str("—" if value in (None, "", ()) else value)))
    return shown
