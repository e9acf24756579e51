"""Letters are planned here and nowhere else: made out to their recipient, and put where that person's choices want them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from eventstore.codec import canonical
from eventstore.ids import Ids
from notifications import bundles, choosing, letters, returned
from notifications.cadence import NONE, place
from notifications.contents import Param
from notifications.letters import Planned
from notifications.mail import Sender
from notifications.recipients import Recipient

BATCH_WAIT = timedelta(seconds=10)
"""How long a batch waits for the next of its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The event a letter comes from. *batch* names the command that did the same to many applications, *trace* the request."""

    event_id: str
    event_type: str
    position: int
    application_id: str
    batch: str = ""
    trace: str = ""


class Planning:
    """Makes letters of recipients, and their rows."""

    def __init__(self, sender: Sender, ids: Ids, batch_wait: timedelta = BATCH_WAIT) -> None:
        self._sender, self._ids, self._batch_wait = sender, ids, batch_wait

    def letter(
        self,
        recipient: Recipient,
        cause: Cause,
        key: str,
        params: Mapping[str, Param],
        at: datetime,
        due: datetime,
        stale: str = "",
    ) -> Planned:
        """A letter about something that happened *at*, to leave from *due* on; *key* is planned once per recipient."""
        told, letter_id = recipient.announcement, str(self._ids.uuid7())
        return Planned(
            id=letter_id,
            dedupe_key=f"{key}:{recipient.id}",
            event_id=cause.event_id,
            event_position=cause.position,
            event_type=cause.event_type,
            application_id=cause.application_id,
            kind=told.kind,
            audience=str(told.audience),
            because=told.because.value,
            asks=told.asks,
            deadline=told.deadline,
            recipient=recipient.id,
            name=recipient.name,
            address=recipient.address,
            language=recipient.language,
            params=canonical(params),
            message_id=self._sender.message_id(letter_id),
            due_at=due,
            created_at=at,
            reason=recipient.reason or stale,
            batch=cause.batch,
            trace=cause.trace,
        )

    def plan(self, db: Connection, due: Sequence[Planned], now: datetime) -> int:
        """Write the letters that are not there yet, each where its recipient's choices put it; answers how many."""
        new = _deliverable(db, letters.unplanned(db, due))
        chosen = choosing.choices_of(db, {one.recipient for one in new})
        placed: list[Planned] = []
        for one in new:
            where = place(
                one.kind, one.because, one.recipient, chosen.get(one.recipient, NONE), now, one.batch, self._batch_wait
            )
            if one.reason or not (where.base or where.reason):
                placed.append(one)
            elif where.reason:
                placed.append(replace(one, reason=where.reason))
            else:
                key = bundles.bundle(db, one.recipient, where, now)
                placed.append(replace(one, reason=bundles.TOGETHER, bundle=key))
        return letters.plan(db, placed)


def _deliverable(db: Connection, due: Sequence[Planned]) -> list[Planned]:
    """The same letters, to the addresses that were corrected; nothing to one that takes no mail."""
    right = returned.corrected(db, {one.application_id for one in due})
    to = [
        replace(one, address=right.get((one.application_id, (one.address or "").casefold()), one.address))
        for one in due
    ]
    closed = returned.suppressed(db, {one.address for one in to if one.address})
    return [
        replace(one, reason=one.reason or returned.SUPPRESSED) if (one.address or "").casefold() in closed else one
        for one in to
    ]
