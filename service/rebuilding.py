"""Tables built anew at a button: a row says which and who asked, a worker does it, and the row tells how far it is.

Asking twice is asking once. Writing goes on meanwhile, and nobody is written to because of it. Whoever builds says every
half minute that it lives; a worker that died is noticed by its silence, and another begins again. One that was only silent
finds its claim gone, and ends without a word.
"""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from admin.schema import rebuilds
from eventstore.event import instant_of, microseconds
from eventstore.rebuild import Rebuilt
from eventstore.refusal import Busy, Refusal, Refused
from eventstore.schema import projections
from eventstore.subscription import Fenced
from service.upkeep import rebuild_one
from service.wiring import House

SILENT, RENEWED = timedelta(minutes=2), timedelta(seconds=30)
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
    """Ask for *projection*, by the id of an actor; False where there is none of this name. One that waits or is built stays.

    Refused (REVISION_NOT_LIVE) where the revision in use is another release's: building ours would set it live.
    """
    if projection not in {each.name for each in house.projections}:
        return False
    c = rebuilds.c
    with house.store.begin() as db:
        if projection not in _ours(house, db):
            raise Refused(Refusal.of("REVISION_NOT_LIVE", projection=projection))
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
        free = _is_free(microseconds(house.wall.now(db))) & rebuilds.c.projection.in_(_ours(house, db))
        return db.execute(select(rebuilds.c.projection).where(free).limit(1)).first() is not None


def work(house: House) -> int:
    """Build what waits, one after the other; answers how many."""
    done = 0
    while (claim := _claim(house)) is not None:
        try:
            with _renewed(house, claim):
                built = rebuild_one(house, claim.projection, repair=True, progress=partial(_seen, house, claim))
        except Fenced:
            _log.warning("rebuild_overtaken", projection=claim.projection)
        except Exception as error:  # whatever ends it is told on the page, and the next one is begun
            _log.exception("rebuild_failed", projection=claim.projection)
            _end(house, claim, "failed", type(error).__name__)
        else:
            _end(house, claim, _found(built), ", ".join(built.differing))
        done += 1
    return done


@dataclass(frozen=True, slots=True)
class Claim:
    """What one worker builds, and since when (microseconds): whoever takes it over begins at another instant."""

    projection: str
    began_at: int

    @property
    def is_held(self) -> ColumnElement[bool]:
        c = rebuilds.c
        return (c.projection == self.projection) & (c.began_at == self.began_at) & c.ended_at.is_(None)


@contextmanager
def _renewed(house: House, claim: Claim) -> Generator[None]:
    """Comparing two large tables tells of no progress for longer than a worker may be silent."""
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(RENEWED.total_seconds()):
            with suppress(Busy, Fenced, SQLAlchemyError):
                _change(house, claim)

    beside = threading.Thread(target=renew, name="renewing", daemon=True)
    beside.start()
    try:
        yield
    finally:
        stop.set()
        beside.join()


def _ours(house: House, db: Connection) -> set[str]:
    """The projections of which this program's own revision is live."""
    c = projections.c
    live = {(name, revision) for name, revision in db.execute(select(c.name, c.revision).where(c.state == "live"))}
    return {each.name for each in house.projections if (each.name, each.revision) in live}


def _found(built: Rebuilt) -> str:
    return {True: "equal", False: "mended", None: "live"}[built.equal]


def _is_free(now: int) -> ColumnElement[bool]:
    """Nobody builds it: nobody began, or whoever did has been silent."""
    c = rebuilds.c
    return c.ended_at.is_(None) & or_(c.began_at.is_(None), c.seen_at < now - _SILENT_US)


def _claim(house: House) -> Claim | None:
    c = rebuilds.c
    with house.store.begin() as db:
        now = microseconds(house.wall.now(db))
        free = _is_free(now) & c.projection.in_(_ours(house, db))
        for projection in db.execute(select(c.projection).where(free).order_by(c.asked_at)).scalars().all():
            mine = (c.projection == projection) & free
            claimed = db.execute(update(rebuilds).where(mine).values(began_at=now, seen_at=now, position=0))
            if claimed.rowcount == 1:
                return Claim(str(projection), now)
    return None


def _seen(house: House, claim: Claim, position: int, head: int) -> None:
    _change(house, claim, position=position, head=max(position, head))


def _end(house: House, claim: Claim, found: str, said: str) -> None:
    with suppress(Fenced):
        _change(house, claim, found=found, said=said[:500])


def _change(house: House, claim: Claim, **changed: int | str) -> None:
    """Say that the claim is alive, and *changed*; what was *found* ends it. Fenced where another has taken it over."""
    with house.store.begin() as db:
        at = "ended_at" if "found" in changed else "seen_at"
        changed[at] = microseconds(house.wall.now(db))
        if db.execute(update(rebuilds).where(claim.is_held).values(changed)).rowcount != 1:
            raise Fenced(f"{claim.projection} is built by another")


def _instant(at: int | None) -> datetime | None:
    return None if at is None else instant_of(at)
