"""Tables built anew at a button: a row says which and who asked, a worker does it, and the row tells how far it is.

Asking twice is asking once. Writing goes on meanwhile, and nobody is written to because of it. A worker that died is
noticed by its silence, and another begins again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from admin.schema import rebuilds
from eventstore.event import instant_of, microseconds
from eventstore.rebuild import Rebuilt
from service.upkeep import rebuild_one
from service.wiring import House

SILENT = timedelta(minutes=2)
_SILENT_US = int(SILENT.total_seconds()) * 1_000_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A rebuild that was asked for. *found*: equal (the rows were what the log says), mended, live (a new revision) or failed."""

    projection: str
    asked_by: str
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    position: int
    head: int
    found: str
    said: str

    @property
    def stage(self) -> str:
        """waiting, building or what was found."""
        return self.found or ("building" if self.began_at else "waiting")

    @property
    def percent(self) -> int:
        return 100 * self.position // self.head if self.head else 0


def ask(house: House, projection: str, by: str) -> bool:
    """Ask for *projection*, by the id of an actor; False where there is none of this name. One that waits or is built stays."""
    if projection not in {each.name for each in house.projections}:
        return False
    c = rebuilds.c
    with house.store.begin() as db:
        db.execute(delete(rebuilds).where(c.projection == projection, c.ended_at.is_not(None)))
        if db.scalar(select(c.projection).where(c.projection == projection)) is None:
            now = microseconds(house.wall.now(db))
            db.execute(insert(rebuilds).values(projection=projection, asked_by=by, asked_at=now))
    return True


def listed(db: Connection) -> Iterator[Asked]:
    """Every rebuild that was asked for and not asked for anew, by name."""
    c = rebuilds.c
    columns = (c.projection, c.asked_by, c.asked_at, c.began_at, c.ended_at, c.position, c.head, c.found, c.said)
    for name, by, asked, began, ended, position, head, found, said in db.execute(
        select(*columns).order_by(c.projection)
    ):
        yield Asked(
            projection=name, asked_by=by, asked_at=instant_of(asked), began_at=_instant(began), ended_at=_instant(ended),
            position=position, head=head, found=found, said=said,
        )  # fmt: skip


def waits(house: House) -> bool:
    """Whether there is something to build that nobody builds."""
    with house.store.reading() as db:
        free = _is_free(microseconds(house.wall.now(db)))
        return db.execute(select(rebuilds.c.projection).where(free).limit(1)).first() is not None


def work(house: House) -> int:
    """Build what waits, one after the other; answers how many."""
    done = 0
    while (projection := _claim(house)) is not None:
        try:
            built = rebuild_one(house, projection, repair=True, progress=partial(_seen, house, projection))
        except Exception as error:  # whatever ends it is told on the page, and the next one is begun
            _log.exception("rebuild_failed", projection=projection)
            _end(house, projection, "failed", type(error).__name__)
        else:
            _end(house, projection, _found(built), ", ".join(built.differing))
        done += 1
    return done


def _found(built: Rebuilt) -> str:
    return {True: "equal", False: "mended", None: "live"}[built.equal]


def _is_free(now: int) -> ColumnElement[bool]:
    """Nobody builds it: nobody began, or whoever did has been silent."""
    c = rebuilds.c
    return c.ended_at.is_(None) & or_(c.began_at.is_(None), c.seen_at < now - _SILENT_US)


def _claim(house: House) -> str | None:
    c = rebuilds.c
    with house.store.begin() as db:
        now = microseconds(house.wall.now(db))
        waiting = db.execute(select(c.projection).where(_is_free(now)).order_by(c.asked_at)).scalars().all()
        for projection in waiting:
            mine = (c.projection == projection) & _is_free(now)
            claimed = db.execute(update(rebuilds).where(mine).values(began_at=now, seen_at=now, position=0))
            if claimed.rowcount == 1:
                return str(projection)
    return None


def _seen(house: House, projection: str, position: int, head: int) -> None:
    with house.store.begin() as db:
        now = microseconds(house.wall.now(db))
        changed = {"seen_at": now, "position": position, "head": max(position, head)}
        db.execute(update(rebuilds).where(rebuilds.c.projection == projection).values(changed))


def _end(house: House, projection: str, found: str, said: str) -> None:
    with house.store.begin() as db:
        now = microseconds(house.wall.now(db))
        changed = {"ended_at": now, "found": found, "said": said[:500]}
        db.execute(update(rebuilds).where(rebuilds.c.projection == projection).values(changed))


def _instant(at: int | None) -> datetime | None:
    return None if at is None else instant_of(at)
