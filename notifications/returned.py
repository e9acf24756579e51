"""What comes back, and what follows: a letter is dead after all, an address takes no more mail, somebody corrects it.

Kept beside the log; every function works in the transaction it is handed. An address is compared without regard to case.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, delete, func, insert, select, update

from eventstore.event import instant_of, microseconds
from notifications.reports import Report
from notifications.schema import bounces, corrections, letters, suppressions

SOFT_AT_MOST = 5
SOFT_WITHIN = timedelta(days=14)
SUPPRESSED = "bounced"
"""Why nothing is sent to an address that takes no mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """An address nothing is sent to: why, since when, and who said so."""

    address: str
    reason: str
    said: str
    since: datetime
    by: str


def came_back(db: Connection, report: Report, now: datetime) -> str:
    """Write down that a letter came back; answers what followed: hard, soft, noted, "" where there is no such letter."""
    row = db.execute(select(letters.c.address, letters.c.state).where(letters.c.id == report.letter_id)).first()
    if row is None:
        return ""
    address = (row[0] or "").casefold()
    db.execute(
        insert(bounces).values(
            id=str(uuid4()),
            letter_id=report.letter_id,
            address=address or None,
            kind="delayed" if report.delayed else "hard" if report.hard else "soft",
            status=report.status,
            said=report.said,
            came_at=microseconds(now),
        )
    )
    if report.delayed or not address:
        return "noted"
    _is_dead(db, report, now)
    if report.hard:
        suppress(db, address, "hard", report.said, "report", now)
        return "hard"
    since = microseconds(now - SOFT_WITHIN)
    soft = select(func.count()).where(
        bounces.c.address == address, bounces.c.kind == "soft", bounces.c.came_at >= since
    )
    if (db.scalar(soft) or 0) >= SOFT_AT_MOST:
        suppress(db, address, "soft", report.said, "report", now)
    return "soft"


def _is_dead(db: Connection, report: Report, now: datetime) -> None:
    """It was accepted, and was not delivered after all."""
    mine = (letters.c.id == report.letter_id, letters.c.state.in_(("sent", "unknown")))
    values = {"state": "dead", "last_error": report.said, "last_code": int(report.status[0]) * 100 + 50}
    db.execute(update(letters).where(*mine).values({**values, "finished_at": microseconds(now)}))


def suppress(db: Connection, address: str, reason: str, said: str, by: str, now: datetime) -> None:
    """Send nothing more to *address*, not even what is planned already."""
    known = address.casefold()
    db.execute(delete(suppressions).where(suppressions.c.address == known))
    db.execute(insert(suppressions).values(address=known, reason=reason, said=said, since=microseconds(now), by=by))
    due = (func.lower(letters.c.address) == known, letters.c.state == "planned")
    db.execute(update(letters).where(*due).values(state="suppressed", reason=SUPPRESSED))


def lift(db: Connection, address: str) -> bool:
    """Send to *address* again; False where nothing stood against it."""
    return db.execute(delete(suppressions).where(suppressions.c.address == address.casefold())).rowcount == 1


def suppressed(db: Connection, addresses: Collection[str]) -> frozenset[str]:
    """Those of *addresses*, in lower case, that take no mail."""
    known = sorted({address.casefold() for address in addresses})
    return frozenset(db.execute(select(suppressions.c.address).where(suppressions.c.address.in_(known))).scalars())


def all_suppressed(db: Connection, limit: int = 200) -> list[Suppressed]:
    """The list, newest first."""
    c = suppressions.c
    query = select(c.address, c.reason, c.said, c.since, c.by).order_by(c.since.desc(), c.address).limit(limit)
    return [
        Suppressed(address=address, reason=reason, said=said, since=instant_of(since), by=by)
        for address, reason, said, since, by in db.execute(query)
    ]


def correct(db: Connection, application_id: str, wrong: str, address: str, by: str, now: datetime) -> None:
    """From now on, what is written about this application to *wrong* goes to *address*."""
    known, c = wrong.casefold(), corrections.c
    db.execute(delete(corrections).where(c.application_id == application_id, c.wrong == known))
    row = {"application_id": application_id, "wrong": known, "address": address}
    db.execute(insert(corrections).values({**row, "by": by, "corrected_at": microseconds(now)}))


def corrected(db: Connection, applications: Collection[str]) -> Mapping[tuple[str, str], str]:
    """(application, wrong address in lower case) to the right one."""
    c = corrections.c
    query = select(c.application_id, c.wrong, c.address).where(c.application_id.in_(sorted(set(applications))))
    return {(application, wrong): address for application, wrong, address in db.execute(query)}


def forget(db: Connection, addresses: Collection[str]) -> None:
    """Whoever is erased stands in none of these lists."""
    known = sorted({address.casefold() for address in addresses})
    db.execute(delete(suppressions).where(suppressions.c.address.in_(known)))
    db.execute(delete(corrections).where(corrections.c.wrong.in_(known)))
    db.execute(delete(corrections).where(func.lower(corrections.c.address).in_(known)))
    db.execute(update(bounces).where(bounces.c.address.in_(known)).values(address=None, said=""))
