"""Holding back what would leave, and letting it go: after a restore, or when an operator wants quiet.

After a restore nobody knows what left after the backup: what is about events of before is shown as a number and either kept
back for good or sent once more; what came later leaves either way.
"""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from admin.proof import Proofs
from eventstore import outgoing
from eventstore.clock import Clock
from eventstore.outgoing import RESTORED, Hold
from eventstore.refusal import Busy
from eventstore.store import EventStore
from eventstore.subscription import Fenced, Subscription
from notifications import letters
from notifications.ringing import Ringing
from notifications.schema import letters as letter_rows
from webhooks import parcels
from webhooks.schema import parcels as parcel_rows

FOREIGN_HEAD, _FOREIGN = "foreign_head", -1
"""Why things are held where the head outside is not ours, and the size by which that is remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A hold, and how many letters and parcels about events of before it wait."""

    hold: Hold
    letters: int
    parcels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What was kept back for good when the rest was let go."""

    letters: int = 0
    parcels: int = 0


class Holding:
    """*followers* plan letters and parcels; before a release they have planned everything of before the hold. *ringing* rings
    what falls due by the clock."""

    def __init__(self, store: EventStore, wall: Clock, followers: tuple[Subscription, ...], ringing: Ringing) -> None:
        self._store, self._wall, self._followers, self._ringing = store, wall, followers, ringing

    def standing(self) -> Waiting | None:
        """None when things may leave."""
        with self._store.reading() as db:
            hold = outgoing.held(db)
            return None if hold is None else _waiting(db, hold)

    def hold(self, by: str, because: str = "") -> Hold:
        """Let nothing leave; twice is once."""
        with self._store.begin() as db:
            return outgoing.hold(db, self._wall.now(db), because, by)

    def hold_if_restored(self, proofs: Proofs) -> Hold | None:
        """Hold when the head that is kept outside knows more events than the log, or is not ours, so that nobody knows how
        many there were: once for each longer one, and once for all that are not ours or cannot be read."""
        size = proofs.outside_size()
        outside, because = (_FOREIGN, FOREIGN_HEAD) if size is None else (size, RESTORED)
        with self._store.begin() as db:
            if 0 <= outside <= self._store.head_in(db) or outgoing.shown_by(db, outside):
                return None
            return outgoing.hold(db, self._wall.now(db), because, "house", outside)

    def release(self, by: str, *, send: bool) -> Released:
        """Let things leave. Not *send*: what is about events of before the hold, or fell due before it, is kept back for good.

        Nothing that is not held is released again. Raises Busy while a follower has not planned all of before, or some of
        what would be kept back is leaving; nothing is released then.
        """
        waiting = self.standing()
        if waiting is None:
            return Released()
        for follower in self._followers:
            with suppress(Fenced):
                follower.run()
            if follower.standing().position < waiting.hold.position:
                raise Busy(f"{follower.name} has not read all of it yet", retry_after_s=30)
        with self._store.begin() as db:
            now = self._wall.now(db)
            freed = outgoing.release(db, now, by)
            if freed is None or send:
                return Released()
            mail = letters.withhold(db, freed.position, now) + self._ringing.withhold(db, freed.since)
            return Released(letters=mail, parcels=parcels.withhold(db, freed.position, now))


def _waiting(db: Connection, hold: Hold) -> Waiting:
    mail = select(func.count()).select_from(letter_rows).where(*letters.of_before(hold.position))
    boxes = select(func.count()).select_from(parcel_rows).where(*parcels.of_before(hold.position))
    return Waiting(hold=hold, letters=db.scalar(mail) or 0, parcels=db.scalar(boxes) or 0)
