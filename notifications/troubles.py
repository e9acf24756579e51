"""The rows of letters that died or are in doubt: planned anew, set aside, told of. In the transaction that is handed in."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from eventstore.event import microseconds
from notifications.schema import letters

RESENT, SET_ASIDE = "resent", "set_aside"
"""What people did about a letter in trouble."""


def resend(
    db: Connection, letter_id: str, new_id: str, message_id: str, address: str, asked_by: str, now: datetime
) -> bool:
    """Plan a dead or doubtful letter anew as *new_id*; the old one is in trouble no longer. False when it was not.

    The words are made again, from the same values; a frozen copy of the old bytes would carry the old address.
    """
    mine = (letters.c.id == letter_id, letters.c.state.in_(("dead", "unknown")), letters.c.reason == "")
    row = db.execute(select(letters).where(*mine).with_for_update()).mappings().first()
    if row is None:
        return False
    db.execute(update(letters).where(letters.c.id == letter_id).values(reason=RESENT))
    count = select(func.count()).where(letters.c.resends == letter_id)
    fresh = {"state": "planned", "stage": "none", "reason": "", "attempts": 0, "doubts": 0, "trouble_told": 0}
    fresh |= {"wording": "", "wording_fault": ""}
    empty: dict[str, Any] = dict.fromkeys(("body", "body_sha256", "subject", "finished_at", "last_code", "last_error"))
    new = {
        "id": new_id,
        "dedupe_key": f"{row['dedupe_key']}:r{(db.scalar(count) or 0) + 1}",
        "message_id": message_id,
        "address": address,
        "due_at": microseconds(now),
        "resends": letter_id,
        "asked_by": asked_by,
    }
    db.execute(letters.insert().values({**row, **fresh, **empty, **new}))
    return True


def set_aside(db: Connection, letter_id: str, by: str) -> bool:
    """Leave a dead or doubtful letter as it is, for good. False when it was in no trouble."""
    mine = (letters.c.id == letter_id, letters.c.state.in_(("dead", "unknown")), letters.c.reason == "")
    return db.execute(update(letters).where(*mine).values(reason=SET_ASIDE, asked_by=by)).rowcount == 1


def is_untold(db: Connection, now: datetime) -> bool:
    """Whether a dead letter waits for somebody to be told of it, at once whatever the clock says."""
    query = select(letters.c.id).where(letters.c.state == "dead", letters.c.trouble_told == 0)
    return db.execute(query.limit(1)).first() is not None


def untold(db: Connection, limit: int, by: datetime | None = None) -> list[str]:
    """Ids of dead letters (of those that died *by* then) that nobody was told of yet, held until the transaction ends and told
    by this very question."""
    query = select(letters.c.id).where(letters.c.state == "dead", letters.c.trouble_told == 0)
    if by is not None:
        query = query.where(letters.c.finished_at <= microseconds(by))
    found = list(
        db.execute(query.order_by(letters.c.finished_at).limit(limit).with_for_update(skip_locked=True)).scalars()
    )
    if found:
        db.execute(update(letters).where(letters.c.id.in_(found)).values(trouble_told=1))
    return found
