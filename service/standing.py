"""How the house stands, gathered for the operator's desk: what has read how far, what waits, what is stored, what is set."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Connection, func, select

from eventstore.event import instant_of
from eventstore.schema import projections
from eventstore.subscription import Standing as Cursor
from notifications import correspondence
from notifications.schema import letters
from service.doctor import Finding, examined
from service.settings import PREFIX, Settings
from service.wiring import House

HIDDEN = "••••••"
_CAUSES = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """One projection and where it stands."""

    name: str
    revision: int
    state: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything one page of the operator's shows."""

    head: int
    projections: Sequence[Kept]
    cursors: Sequence[Cursor]
    letters: dict[str, int]
    oldest_due: datetime | None
    dead: dict[str, int]
    storage: Sequence[tuple[str, int]]
    findings: Sequence[Finding]
    settings: Sequence[tuple[str, str]]


def look(house: House) -> Standing:
    """Reads, and changes nothing."""
    with house.store.reading() as db:
        kept = [Kept(name, revision, state, error or "") for name, revision, state, error in db.execute(_KEPT)]
        due = db.scalar(select(func.min(letters.c.due_at)).where(letters.c.state == "planned"))
        return Standing(
            head=house.store.head_in(db),
            projections=kept,
            cursors=[house.listener.subscription.standing(), house.index.standing()],
            letters=correspondence.counts(db),
            oldest_due=None if due is None else instant_of(due),
            dead={str(cause): int(count) for cause, count in db.execute(_DEAD)},
            storage=list(_storage(house, db)),
            findings=examined(house, at_once=True),
            settings=settings_shown(house.settings),
        )


_KEPT = select(projections.c.name, projections.c.revision, projections.c.state, projections.c.last_error).order_by(
    projections.c.name, projections.c.revision
)
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
