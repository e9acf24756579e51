"""The rows of letters: planned once per event and person, claimed under a lease, settled by whoever holds the lease.

The rows are the truth about what is due; wake-ups only hurry them. Every function works in the transaction it is handed.
On PostgreSQL a claim skips rows that others hold; on SQLite the write transaction itself (BEGIN IMMEDIATE) is the single lease.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Table, Text, Update, bindparam, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.event import instant_of, microseconds
from eventstore.outgoing import RESTORED
from eventstore.refusal import Busy
from notifications import bundles, returned
from notifications.schema import letter_attempts, letters

LEASE = timedelta(seconds=120)
SECOND_TRY_AFTER = timedelta(minutes=5)
SAID_KEPT = 2000


class Outcome(StrEnum):
    """How an attempt ended. *untouched* was not tried at all; *unknown* may have arrived, nobody can say."""

    SENT = "sent"
    LATER = "later"
    DEAD = "dead"
    UNKNOWN = "unknown"
    UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A letter due. *address* None needs a *reason*: it is kept as suppressed, so that one can ask why nothing came."""

    id: str
    dedupe_key: str
    event_id: str
    event_position: int
    event_type: str
    application_id: str
    kind: str
    audience: str
    because: str
    asks: str
    deadline: datetime | None
    recipient: str
    name: str
    address: str | None
    language: str
    params: str
    message_id: str
    due_at: datetime
    created_at: datetime
    reason: str = ""
    batch: str = ""
    bundle: str = ""
    asked_by: str = ""
    resends: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A letter leased to us until its lease runs out. *body* is there when it was sent, or nearly sent, before."""

    id: str
    token: str
    application_id: str
    kind: str
    because: str
    asks: str
    deadline: datetime | None
    name: str
    address: str | None
    language: str
    params: str
    message_id: str
    attempts: int
    doubts: int
    body: bytes | None
    created_at: datetime
    trace: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one attempt; *wait* before there is another."""

    outcome: Outcome
    code: int | None = None
    said: str = ""
    wait: timedelta = timedelta()


def plan(db: Connection, due: Sequence[Planned]) -> int:
    """Write the letters that are not there yet; answers how many. The same event and person are never planned twice."""
    if not due:
        return 0
    rows = [
        {
            "id": one.id,
            "dedupe_key": one.dedupe_key,
            "event_id": one.event_id,
            "event_position": one.event_position,
            "event_type": one.event_type,
            "application_id": one.application_id,
            "kind": one.kind,
            "audience": one.audience,
            "because": one.because,
            "asks": one.asks,
            "deadline": microseconds(one.deadline) if one.deadline else None,
            "recipient": one.recipient,
            "name": one.name,
            "address": one.address,
            "language": one.language,
            "params": one.params,
            "message_id": one.message_id,
            "state": "suppressed" if one.reason else "planned",
            "reason": one.reason,
            "due_at": microseconds(one.due_at),
            "created_at": microseconds(one.created_at),
            "bundle": one.bundle,
            "asked_by": one.asked_by,
            "resends": one.resends,
            "trace": one.trace,
        }
        for one in due
    ]
    return len(db.execute(_unless_there(db, letters).values(rows).returning(letters.c.id)).all())


def unplanned(db: Connection, due: Sequence[Planned]) -> list[Planned]:
    """Those of *due* that were not planned before, each once."""
    keys = {one.dedupe_key: one for one in reversed(due)}
    there = set(db.execute(select(letters.c.dedupe_key).where(letters.c.dedupe_key.in_(list(keys)))).scalars())
    return [one for one in due if one.dedupe_key not in there and keys[one.dedupe_key] is one]


def _unless_there(db: Connection, table: Table) -> Any:
    """INSERT … ON CONFLICT DO NOTHING in the dialect of *db*."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing(index_elements=["dedupe_key"])


def claim(db: Connection, now: datetime, limit: int) -> list[Claimed]:
    """Lease up to *limit* letters that are due. Commit before any network is touched."""
    at = microseconds(now)
    due = (
        select(letters.c.id)
        .where(letters.c.state == "planned", letters.c.due_at <= at)
        .order_by(letters.c.due_at, letters.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite leaves this out; there the transaction is the lock
    )
    token = uuid4().hex
    leased = (
        update(letters)
        .where(letters.c.id.in_(due))
        .values(state="leased", lease_token=token, lease_until=microseconds(now + LEASE))
        .returning(*_CLAIMED)
    )
    rows = [_claimed(row, token) for row in db.execute(leased).mappings()]
    return sorted(rows, key=lambda one: one.id)


_CLAIMED = (
    letters.c.id,
    letters.c.application_id,
    letters.c.kind,
    letters.c.because,
    letters.c.asks,
    letters.c.deadline,
    letters.c.name,
    letters.c.address,
    letters.c.language,
    letters.c.params,
    letters.c.message_id,
    letters.c.attempts,
    letters.c.doubts,
    letters.c.body,
    letters.c.created_at,
    letters.c.trace,
    letters.c.audience,
)


def _claimed(row: Mapping[Any, Any], token: str) -> Claimed:
    values: dict[str, Any] = {column.name: row[column] for column in _CLAIMED}
    deadline: int | None = values["deadline"]
    values["deadline"] = None if deadline is None else instant_of(deadline)
    values["created_at"] = instant_of(values["created_at"])
    values["name"] = values["name"] or ""
    return Claimed(**values, token=token)


def _held(letter: Claimed) -> Update:
    return update(letters).where(letters.c.id == letter.id, letters.c.lease_token == letter.token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The bytes of a letter that is about to leave. *wording*: the versions of the texts it says, *fault*: why the house's own
    stood in for one; both empty for bytes that were frozen before."""

    letter: Claimed
    subject: str
    body: bytes
    body_sha256: str
    wording: str = ""
    fault: str = ""


def start_data(db: Connection, frozen: Sequence[Frozen], now: datetime) -> set[str]:
    """Say that these bytes are about to leave, freeze them, renew the leases. Answers the ids that are ours to send."""
    if not frozen:
        return set()
    until = microseconds(now + LEASE)
    db.execute(
        _START,
        [
            {
                "this": one.letter.id,
                "token": one.letter.token,
                "new_body": one.body,
                "new_sha256": one.body_sha256,
                "new_subject": one.subject or None,
                "new_wording": one.wording or None,
                "new_fault": one.fault[:SAID_KEPT] or None,
                "until": until,
            }
            for one in frozen
        ],
    )
    c = letters.c
    ours = select(c.id).where(
        c.id.in_([one.letter.id for one in frozen]),
        c.lease_token.in_({one.letter.token for one in frozen}),
        c.state == "leased",
    )
    return set(db.execute(ours).scalars())


_START = (
    update(letters)
    .where(letters.c.id == bindparam("this"), letters.c.lease_token == bindparam("token"), letters.c.state == "leased")
    .values(
        stage="data_started",
        body=bindparam("new_body"),
        body_sha256=bindparam("new_sha256"),
        subject=func.coalesce(bindparam("new_subject", type_=Text), letters.c.subject),
        wording=func.coalesce(bindparam("new_wording", type_=Text), letters.c.wording),
        wording_fault=func.coalesce(bindparam("new_fault", type_=Text), letters.c.wording_fault),
        lease_until=bindparam("until"),
    )
)


def settle_all(
    db: Connection, settled: Sequence[tuple[Claimed, Verdict]], now: datetime, held: Collection[str] = ()
) -> None:
    """Write what became of many attempts. What was simply sent is written together, as it mostly was."""
    sent: dict[tuple[str, int | None], list[tuple[Claimed, Verdict]]] = defaultdict(list)
    for letter, verdict in settled:
        if verdict.outcome is Outcome.SENT:
            sent[letter.token, verdict.code].append((letter, verdict))
        else:
            settle(db, letter, verdict, now, held)
    for (token, code), some in sent.items():
        values = {"these": [letter.id for letter, _ in some], "token": token, "at": microseconds(now), "code": code}
        ours = set(db.execute(_SENT, values).scalars())
        noted = [_attempt(letter, verdict, now) for letter, verdict in some if letter.id in ours]
        if noted:
            db.execute(letter_attempts.insert(), noted)


_SENT = (
    update(letters)
    .where(letters.c.id.in_(bindparam("these", expanding=True)), letters.c.lease_token == bindparam("token"))
    .values(
        state="sent",
        stage="accepted",
        finished_at=bindparam("at"),
        attempts=letters.c.attempts + 1,
        last_code=bindparam("code"),
        last_error=None,
        lease_token=None,
        lease_until=None,
    )
    .returning(letters.c.id)
)
"""Built once: building it costs as much time as the database takes."""


def settle(db: Connection, letter: Claimed, verdict: Verdict, now: datetime, held: Collection[str] = ()) -> str:
    """Write what became of the attempt and give the lease back; answers the state it is in now, "" when the lease was lost.

    An unknown one is tried once more with the same bytes and the same Message-ID, unless its kind is *held* for a person.
    """
    values = {
        "lease_token": None,
        "lease_until": None,
        "last_code": verdict.code,
        "last_error": verdict.said[:SAID_KEPT],
    }
    changed = values | _after(letter, verdict, now, held)
    if db.execute(_held(letter).values(changed)).rowcount != 1:
        return ""
    if verdict.outcome is not Outcome.UNTOUCHED:
        db.execute(letter_attempts.insert().values(_attempt(letter, verdict, now)))
    return str(changed["state"])


def _after(letter: Claimed, verdict: Verdict, now: datetime, held: Collection[str]) -> dict[str, Any]:
    finished = microseconds(now)
    match verdict.outcome:
        case Outcome.SENT:
            done = {"state": "sent", "stage": "accepted", "finished_at": finished, "attempts": letter.attempts + 1}
            return done | {"last_error": None}
        case Outcome.DEAD:
            return {"state": "dead", "stage": "none", "finished_at": finished, "attempts": letter.attempts + 1}
        case Outcome.LATER:
            due = microseconds(now + verdict.wait)
            return {"state": "planned", "stage": "none", "due_at": due, "attempts": letter.attempts + 1}
        case Outcome.UNTOUCHED:
            return {"state": "planned", "stage": "none"} | (
                {"due_at": microseconds(now + verdict.wait)} if verdict.wait else {}
            )
        case Outcome.UNKNOWN if letter.doubts == 0 and letter.kind not in held:
            due = microseconds(now + SECOND_TRY_AFTER)
            return {"state": "planned", "stage": "none", "due_at": due, "doubts": 1}
        case Outcome.UNKNOWN:
            return {"state": "unknown", "doubts": letter.doubts + 1, "finished_at": finished}


def _attempt(letter: Claimed, verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "letter_id": letter.id,
        "n": letter.attempts + letter.doubts + 1,  # every try before this one counted one of the two
        "ended_at": microseconds(now),
        "outcome": verdict.outcome.value,
        "code": verdict.code,
        "said": verdict.said[:SAID_KEPT],
    }


def of_before(position: int) -> tuple[Any, ...]:
    """Letters about events up to *position* that have not left, or not so that anybody knew; those in an open bundle too."""
    waits = or_(letters.c.state.in_(("planned", "leased")), bundles.waits())
    return waits, letters.c.event_position <= position


def withhold(db: Connection, position: int, now: datetime) -> int:
    """Keep back for good what `of_before` finds: after a restore it may have left already. Answers how many.

    Raises Busy while some of it is leaving: whoever has its lease says what became of it.
    """
    mine = of_before(position)
    leaving = select(letters.c.id).where(*mine, letters.c.state == "leased", letters.c.lease_until >= microseconds(now))
    if db.execute(leaving.limit(1)).first():
        raise Busy("a letter of before is leaving", retry_after_s=LEASE.seconds)
    kept = {"state": "suppressed", "reason": RESTORED, "lease_token": None, "lease_until": None, "stage": "none"}
    return db.execute(update(letters).where(*mine).values(kept)).rowcount


def recover(db: Connection, now: datetime, held: Collection[str] = ()) -> int:
    """Take back letters whose lease ran out: what had not begun to leave is planned again, what had is in doubt."""
    at = microseconds(now)
    lost = (letters.c.state == "leased", letters.c.lease_until < at)
    again = update(letters).where(*lost, letters.c.stage == "none")
    count = db.execute(again.values(state="planned", lease_token=None, lease_until=None)).rowcount
    query = select(*_CLAIMED, letters.c.lease_token).where(*lost, letters.c.stage == "data_started")
    for row in db.execute(query.with_for_update(skip_locked=True)).mappings().all():
        letter = _claimed(row, row[letters.c.lease_token])
        said = "the process that was sending it went away"
        count += bool(settle(db, letter, Verdict(outcome=Outcome.UNKNOWN, said=said), now, held))
    return count


def forget(db: Connection, recipient: str) -> int:
    """Erase name, address and text of every letter to *recipient*; what is still due will not be sent. Answers how many."""
    mine = letters.c.recipient == recipient
    db.execute(update(letters).where(mine, letters.c.state == "planned").values(state="suppressed", reason="erased"))
    bundles.forget(db, recipient)
    returned.forget(
        db, set(db.execute(select(letters.c.address).where(mine, letters.c.address.is_not(None))).scalars())
    )
    said = letter_attempts.c.letter_id.in_(select(letters.c.id).where(mine))
    db.execute(update(letter_attempts).where(said).values(said=""))  # a server's answer may repeat the address
    return db.execute(update(letters).where(mine).values(name=None, address=None, body=None, last_error=None)).rowcount
