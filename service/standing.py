"""How the house stands, gathered for the operator's desk: what has read how far, what waits, what is stored, what is set."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Connection, func, select

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
    position: int
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
        return Standing(
            head=house.store.head_in(db),
            projections=kept(db),
            cursors=[house.listener.subscription.standing(), house.index.standing()],
            letters=correspondence.counts(db),
            oldest_due=correspondence.oldest_due(db),
            dead={str(cause): int(count) for cause, count in db.execute(_DEAD)},
            storage=list(_storage(house, db)),
            findings=examined(house, at_once=True),
            settings=settings_shown(house.settings),
        )


def kept(db: Connection) -> list[Kept]:
    """Every projection there is a row of; *position* counts while it is built, and says nothing once it is live."""
    c = projections.c
    query = select(c.name, c.revision, c.state, c.position, c.last_error).order_by(c.name, c.revision)
    return [Kept(name, revision, state, at, error or "") for name, revision, state, at, error in db.execute(query)]


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
