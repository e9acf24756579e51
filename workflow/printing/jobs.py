"""The rows of renderings: asked for once per paper and format, claimed under a lease, settled by whoever holds the lease.

The rows are the truth about what is due; wake-ups only hurry them. Every function works in the transaction it is handed.
On PostgreSQL a claim skips rows that others hold; on SQLite the write transaction itself is the single lease.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Update, delete, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.event import instant_of, microseconds
from workflow.printing.schema import paper_jobs

LEASE = timedelta(seconds=180)
"""Longer than a rendering may take; after it somebody else may try."""
ATTEMPTS = 3
"""The first and two more."""


class Format(StrEnum):
    """*veiled* is the PDF without what is personal."""

    PDF = "pdf"
    DOCX = "docx"
    VEILED = "veiled"

    @property
    def suffix(self) -> str:
        return "docx" if self is Format.DOCX else "pdf"


MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One rendering. *token* is there for whoever holds its lease."""

    id: str
    application_id: str
    at_version: int
    kind: str
    code: str
    format: Format
    state: State
    reason: str
    attempts: int
    sha256: str | None
    size: int | None
    pages: int | None
    asked_at: datetime
    token: str = ""


_SHOWN = (
    paper_jobs.c.id,
    paper_jobs.c.application_id,
    paper_jobs.c.at_version,
    paper_jobs.c.kind,
    paper_jobs.c.code,
    paper_jobs.c.format,
    paper_jobs.c.state,
    paper_jobs.c.reason,
    paper_jobs.c.attempts,
    paper_jobs.c.sha256,
    paper_jobs.c.size,
    paper_jobs.c.pages,
    paper_jobs.c.asked_at,
)


def _job(row: Mapping[Any, Any], token: str = "") -> Job:
    values: dict[str, Any] = {column.name: row[column] for column in _SHOWN}
    values["format"], values["state"] = Format(values["format"]), State(values["state"])
    values["asked_at"] = instant_of(values["asked_at"])
    return Job(**values, token=token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A rendering that is asked for."""

    id: str
    application_id: str
    at_version: int
    kind: str
    code: str
    format: Format
    by: str


def ask(db: Connection, wanted: Wanted, now: datetime) -> None:
    """Have the paper made, unless it was asked for before; one that failed is tried anew."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    fresh = insert(paper_jobs).values(
        id=wanted.id,
        application_id=wanted.application_id,
        at_version=wanted.at_version,
        kind=wanted.kind,
        code=wanted.code,
        format=wanted.format.value,
        state=State.WAITING.value,
        asked_by=wanted.by,
        asked_at=microseconds(now),
    )
    db.execute(fresh.on_conflict_do_nothing(index_elements=["application_id", "code", "format"]))
    failed = _of(wanted.application_id, wanted.code, wanted.format).where(paper_jobs.c.state == State.FAILED.value)
    db.execute(failed.values(state=State.WAITING.value, reason="", attempts=0, asked_at=microseconds(now)))


def lost(db: Connection, job: Job) -> None:
    """What was made is gone from the folder: make it again."""
    gone = _of(job.application_id, job.code, job.format).where(paper_jobs.c.state == State.DONE.value)
    db.execute(gone.values(state=State.WAITING.value, attempts=0))


def forget(db: Connection, application_id: str) -> list[str]:
    """Take back every rendering of an application that was made; answers the digests of what lies in the folder."""
    mine = (paper_jobs.c.application_id == application_id, paper_jobs.c.sha256.is_not(None))
    digests = [str(digest) for digest in db.execute(select(paper_jobs.c.sha256).where(*mine)).scalars()]
    db.execute(delete(paper_jobs).where(*mine))
    return digests


def _of(application_id: str, code: str, format: Format) -> Update:
    return update(paper_jobs).where(
        paper_jobs.c.application_id == application_id,
        paper_jobs.c.code == code,
        paper_jobs.c.format == format.value,
    )


def of_paper(db: Connection, application_id: str, code: str) -> dict[Format, Job]:
    """What was asked for of one paper, by format."""
    mine = (paper_jobs.c.application_id == application_id, paper_jobs.c.code == code)
    found = [_job(row) for row in db.execute(select(*_SHOWN).where(*mine)).mappings()]
    return {job.format: job for job in found}


def application_of(db: Connection, code: str) -> str | None:
    """Whose paper somebody asked for under *code*; None where nobody did."""
    return db.execute(select(paper_jobs.c.application_id).where(paper_jobs.c.code == code).limit(1)).scalar()


def claim(db: Connection, now: datetime) -> Job | None:
    """Lease the job that has waited longest. Commit before the rendering begins."""
    due = (
        select(paper_jobs.c.id)
        .where(paper_jobs.c.state == State.WAITING.value)
        .order_by(paper_jobs.c.asked_at, paper_jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)  # SQLite leaves this out; there the transaction is the lock
    )
    token = uuid4().hex
    leased = (
        update(paper_jobs)
        .where(paper_jobs.c.id.in_(due))
        .values(
            state=State.RUNNING.value,
            lease_token=token,
            lease_until=microseconds(now + LEASE),
            attempts=paper_jobs.c.attempts + 1,
        )
        .returning(*_SHOWN)
    )
    row = db.execute(leased).mappings().first()
    return _job(row, token) if row else None


def made(db: Connection, job: Job, now: datetime, sha256: str, size: int, pages: int | None) -> bool:
    """The paper is in the folder. False when the lease was lost meanwhile: somebody else made the same bytes."""
    values = {"sha256": sha256, "size": size, "pages": pages, "done_at": microseconds(now), "reason": ""}
    return db.execute(_held(job).values(state=State.DONE.value, **_RELEASED, **values)).rowcount == 1


def failed(db: Connection, job: Job, reason: str, *, for_good: bool = False) -> State:
    """It could not be made; it is tried twice more, then left with its reason."""
    state = State.FAILED if for_good or job.attempts >= ATTEMPTS else State.WAITING
    db.execute(_held(job).values(state=state.value, reason=reason, **_RELEASED))
    return state


def recover(db: Connection, now: datetime) -> int:
    """Take back what a worker left lying that went away; after the third time it has failed. Answers how many."""
    left = (paper_jobs.c.state == State.RUNNING.value, paper_jobs.c.lease_until < microseconds(now))
    worn_out = update(paper_jobs).where(*left, paper_jobs.c.attempts >= ATTEMPTS)
    count = db.execute(worn_out.values(state=State.FAILED.value, reason="lost", **_RELEASED)).rowcount
    again = update(paper_jobs).where(*left)
    return count + db.execute(again.values(state=State.WAITING.value, **_RELEASED)).rowcount


def due(db: Connection) -> bool:
    """Whether anything waits or is being made; asked before a write is begun."""
    return any(
        db.execute(select(paper_jobs.c.id).where(paper_jobs.c.state == text(f"'{state.value}'")).limit(1)).first()
        for state in (State.WAITING, State.RUNNING)
    )


def counts(db: Connection) -> dict[State, int]:
    rows = db.execute(select(paper_jobs.c.state, func.count()).group_by(paper_jobs.c.state))
    return {State(state): number for state, number in rows}


def waiting(db: Connection) -> tuple[int, datetime | None]:
    """How many papers nobody makes yet, and since when the first was asked for; from the index that holds them alone."""
    asked = paper_jobs.c.asked_at
    query = select(func.count(asked), func.min(asked)).where(paper_jobs.c.state == text("'waiting'"))
    many, oldest = db.execute(query).one()
    return many, None if oldest is None else instant_of(oldest)


_RELEASED: Mapping[str, Any] = {"lease_token": None, "lease_until": None}


def _held(job: Job) -> Update:
    return update(paper_jobs).where(paper_jobs.c.id == job.id, paper_jobs.c.lease_token == job.token)
