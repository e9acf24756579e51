"""What a virus scanner found out about bytes, a row for each digest: beside the log, because it is no event of any application.

The same bytes are looked at once, whoever attached them; a newer signature may change the verdict, and history stays.
Every function works in the transaction it is handed.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import Column, Connection, Index, Integer, MetaData, Table, Text, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.event import instant_of, microseconds
from eventstore.projection import of_revision
from workflow import schema
from workflow.projections import AttachedFiles
from workflow.schema import BIG, CODE

LEASE = timedelta(minutes=5)
WAITS = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 300, 900, 3600))
SCAN = "scan"
"""Where a kept scan lies instead of a received file: under its own digest."""
_CHUNK = 500
_SAID = 500
_DIGEST = re.compile(r"[0-9a-f]{64}")

_metadata = MetaData()
file_checks = Table(
    "file_checks",
    _metadata,
    Column("sha256", CODE, primary_key=True),
    Column("file_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("engine", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("checked_at", BIG),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BIG, nullable=False),
    Column("lease_token", Text),
    Column("lease_until", BIG),
    Column("last_error", Text, nullable=False),
    Index("file_checks_due", "due_at", postgresql_where=text("state = 'waiting'")),
)


class State(StrEnum):
    """What is said of bytes. *quarantined*: a scanner has not said anything yet; *not scanned*: there is no scanner."""

    QUARANTINED = "quarantined"
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was said last, by which engine and when; *signature* names what was found."""

    state: State
    engine: str = ""
    signature: str = ""
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Bytes leased to be looked at. *file_id*: where they lie, or `SCAN`."""

    sha256: str
    file_id: str
    token: str
    attempts: int


def bare(digest: str) -> str:
    """A digest without the name of its algorithm, as rows hold it."""
    return digest.removeprefix("sha256:")


def expect(db: Connection, places: Mapping[str, str]) -> int:
    """Let the bytes of these digests be looked at, each lying where it says; known ones stay as they are."""
    rows = [
        {"sha256": bare(digest), "file_id": place, "due_at": 0}
        for digest, place in places.items()
        if _DIGEST.fullmatch(bare(digest))
    ]
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    added = 0
    for start in range(0, len(rows), _CHUNK):
        statement = insert(file_checks).values(rows[start : start + _CHUNK])
        unless_there = statement.on_conflict_do_nothing(index_elements=["sha256"])
        added += len(db.execute(unless_there.returning(file_checks.c.sha256)).all())
    return added


def expect_the_unknown(db: Connection) -> int:
    """The same for every attached file that has no row yet: of the time before there was this table."""
    attached = of_revision(schema.attached_files, AttachedFiles.revision)
    known = select(file_checks.c.sha256).where(file_checks.c.sha256 == attached.c.sha256)
    lacking = select(attached.c.sha256, func.min(attached.c.file_id)).where(~known.exists()).group_by(attached.c.sha256)
    return expect(db, {str(sha256): str(file_id) for sha256, file_id in db.execute(lacking)})


def said(db: Connection, digests: Iterable[str], scanning: bool) -> dict[str, Verdict]:
    """The verdict on each of *digests*, as they were given; what no scanner has seen waits for one, if there is one."""
    asked = list(digests)
    unseen = Verdict(state=State.QUARANTINED if scanning else State.NOT_SCANNED)
    rows = _rows(db, {bare(digest) for digest in asked})
    return {digest: rows.get(bare(digest), unseen) for digest in asked}


def infected(db: Connection, digests: Iterable[str]) -> frozenset[str]:
    """Which of *digests* are known to be infected."""
    return frozenset(d for d, verdict in said(db, digests, False).items() if verdict.state is State.INFECTED)


def _rows(db: Connection, digests: Collection[str]) -> dict[str, Verdict]:
    c, found, wanted = file_checks.c, dict[str, Verdict](), sorted(digests)
    for start in range(0, len(wanted), _CHUNK):
        query = select(c.sha256, c.state, c.engine, c.signature, c.checked_at).where(
            c.sha256.in_(wanted[start : start + _CHUNK]), c.state != "waiting"
        )
        for sha256, state, engine, signature, at in db.execute(query):
            found[sha256] = Verdict(
                state=State(state), engine=engine, signature=signature, checked_at=instant_of(at) if at else None
            )
    return found


def claim(db: Connection, now: datetime, limit: int) -> list[Claimed]:
    """Lease up to *limit* that are due. The attempt counts from here, whatever becomes of the process."""
    c, at, token = file_checks.c, microseconds(now), uuid4().hex
    due = (
        select(c.sha256)
        .where(c.state == "waiting", c.due_at <= at, (c.lease_until.is_(None)) | (c.lease_until < at))
        .order_by(c.due_at, c.sha256)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite leaves this out; there the transaction is the lock
    )
    leased = {"lease_token": token, "lease_until": microseconds(now + LEASE), "attempts": c.attempts + 1}
    taken = update(file_checks).where(c.sha256.in_(due.scalar_subquery())).values(leased)
    rows = db.execute(taken.returning(c.sha256, c.file_id, c.attempts)).all()
    return [Claimed(sha256=sha, file_id=place, token=token, attempts=n) for sha, place, n in rows]


def settle(db: Connection, sha256: str, verdict: Verdict, now: datetime, token: str | None = None) -> bool:
    """Write what was found; with *token*, only while the lease is still ours."""
    settled: dict[str, Any] = {
        "state": verdict.state.value,
        "engine": verdict.engine[:_SAID],
        "signature": verdict.signature[:_SAID],
        "checked_at": microseconds(now),
        "attempts": 0,
        "last_error": "",
        "lease_token": None,
        "lease_until": None,
    }
    ours = () if token is None else (file_checks.c.lease_token == token,)
    return bool(db.execute(update(file_checks).where(file_checks.c.sha256 == sha256, *ours).values(settled)).rowcount)


def put_off(db: Connection, claimed: Claimed, why: str, now: datetime, *, soon: bool) -> None:
    """Nothing could be found out: it stays in quarantine and is looked at again, *soon* or later each time."""
    wait = WAITS[0 if soon else min(claimed.attempts, len(WAITS)) - 1]
    released = {
        "due_at": microseconds(now + wait),
        "last_error": why[:_SAID],
        "lease_token": None,
        "lease_until": None,
    }
    c = file_checks.c
    db.execute(update(file_checks).where(c.sha256 == claimed.sha256, c.lease_token == claimed.token).values(released))


def everything(db: Connection) -> list[tuple[str, str]]:
    """Every digest with where its bytes lie."""
    c = file_checks.c
    return [(sha256, place) for sha256, place in db.execute(select(c.sha256, c.file_id).order_by(c.sha256))]


def counts(db: Connection) -> dict[str, int]:
    """How many there are of each state; `waiting` are those without a verdict."""
    query = select(file_checks.c.state, func.count()).group_by(file_checks.c.state)
    return {str(state): int(count) for state, count in db.execute(query)}


def waiting(db: Connection) -> tuple[int, datetime | None]:
    """How many are without a verdict, and since when one is due; on PostgreSQL from the index that holds them alone."""
    due = file_checks.c.due_at
    query = select(func.count(due), func.min(due)).where(file_checks.c.state == text("'waiting'"))
    many, oldest = db.execute(query).one()
    return many, None if oldest is None else instant_of(oldest)


def last_error(db: Connection) -> str:
    """What kept the latest one that waits from being looked at."""
    c = file_checks.c
    query = select(c.last_error).where(c.state == "waiting", c.last_error != "").order_by(c.due_at.desc()).limit(1)
    return str(db.execute(query).scalar() or "")
