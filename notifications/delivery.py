"""Letters leave in batches over a few kept connections, each marked before its bytes go and after they were taken.

A transition never waits for this and never fails by it. What cannot be reached waits; what is refused for good is dead;
what broke off after DATA is in doubt and is tried once more with the same bytes, or left to a person.
"""

import asyncio
import hashlib
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from random import Random

import structlog
from jinja2 import TemplateError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from eventstore import outgoing
from eventstore.clock import Clock
from eventstore.refusal import Busy
from eventstore.store import EventStore
from notifications import letters
from notifications.letters import Claimed, Frozen, Outcome, Verdict
from notifications.lines import Lines, Pace
from notifications.mail import Unsendable, Written
from notifications.marks import Marks
from notifications.rendering import Rendering
from notifications.smtp import Line, LineLost, Relay, RelayDown, TurnedDown
from notifications.stationery import PLAIN, Stationery, plain

BATCH = 50
MARK_HOLDS_S = 45.0
"""For so long a mark is relied on; a lease lasts two minutes, a step of the dialogue twenty seconds."""
AHEAD_S = 0.25
"""What leaves within it is marked ahead, and would be in doubt if the process died."""
SCHEDULE = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""Waits after a temporary refusal, each a fifth longer or shorter; after the last one (two days in all) it is dead."""

UNWRITABLE = (Unsendable, TemplateError, KeyError, ValueError)
"""What makes a letter one that cannot be written."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Breaker:
    """Opens when the server cannot be reached, for longer each time; while it is open nobody knocks."""

    randomness: Random
    first_s: float = 5.0
    longest_s: float = 300.0
    _failures: int = 0
    _until: float = 0.0

    @property
    def open(self) -> bool:
        return time.monotonic() < self._until

    def failed(self) -> None:
        pause = min(self.longest_s, self.first_s * 2.0**self._failures)
        self._failures = min(self._failures + 1, 16)
        self._until = time.monotonic() + pause * self.randomness.uniform(0.8, 1.2)

    def worked(self) -> None:
        self._failures, self._until = 0, 0.0


class Tempo:
    """How many letters a second left of late, taken or not; nothing is known after a rest."""

    def __init__(self) -> None:
        self._ends: deque[float] = deque(maxlen=24)

    def one(self) -> None:
        self._ends.append(time.monotonic())

    def within(self, seconds: float) -> int:
        """As many as leave in so many *seconds* at this tempo."""
        if len(self._ends) < 2:
            return 0
        return int(seconds * len(self._ends) / max(time.monotonic() - self._ends[0], 1e-3))


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did. *blocked*: the server could not be reached, or was not asked because of that."""

    claimed: int = 0
    blocked: bool = False
    outcomes: Counter[str] = field(default_factory=Counter[str])

    @property
    def sent(self) -> int:
        return self.outcomes[Outcome.SENT.value]


class Delivery:
    """Delivers what is due. *clock* is the database's own time, never a clock that can be moved: leases run on it.

    *held*: kinds of letter that are never tried twice when in doubt (those with a secret in them). *stationery* is laid out
    for each batch.
    """

    def __init__(
        self,
        store: EventStore,
        clock: Clock,
        relay: Relay,
        rendering: Rendering,
        randomness: Random,
        breaker: Breaker | None = None,
        held: Collection[str] = (),
        pace: Pace | None = None,
        stationery: Callable[[Connection, Collection[Claimed]], Stationery] = plain,
    ) -> None:
        self._store, self._clock, self._relay, self._rendering = store, clock, relay, rendering
        self._randomness, self.held, self._stationery = randomness, frozenset(held), stationery
        self.breaker, self.pace, self.tempo = breaker or Breaker(randomness), pace or Pace(), Tempo()

    def deliver(self, limit: int = BATCH) -> Delivered:
        """One round: take back lost leases, claim what is due, deliver it. Safe to run in several processes at once."""
        return asyncio.run(self._rounds(limit, once=True))

    def drain(self) -> Delivered:
        """Rounds until nothing more is due, or the server cannot be reached; conversations are kept from one to the next."""
        return asyncio.run(self._rounds(BATCH, once=False))

    async def _rounds(self, limit: int, *, once: bool) -> Delivered:
        """While one batch is carried the next is claimed and frozen."""
        lines, marks = Lines(self._relay), Marks(self._store, self._clock)
        claimed, outcomes, blocked = 0, Counter[str](), self.breaker.open
        batch = None if blocked else await self._next(limit, lines, marks)
        try:
            while batch is not None:
                following = None if once else asyncio.create_task(self._next(limit, lines, marks))
                try:
                    done = await batch.run()
                finally:
                    batch = await following if following else None
                claimed += done.claimed
                outcomes += done.outcomes
                blocked = done.blocked
                if blocked:
                    break
        finally:
            try:
                if batch is not None:
                    await batch.give_back()
            finally:
                await lines.close()
        return Delivered(claimed, blocked, outcomes)

    async def _next(self, limit: int, lines: Lines, marks: Marks) -> "_Round | None":
        """The next batch, ready to leave; None when nothing is due."""
        claimed, stationery = await asyncio.to_thread(self._claim, limit)
        if not claimed:
            return None
        batch = _Round(self, claimed, stationery, lines, marks)
        batch.freeze()
        return batch

    def _claim(self, limit: int) -> tuple[list[Claimed], Stationery]:
        with self._store.begin() as db:
            now = self._clock.now(db)
            if outgoing.held(db):
                return [], PLAIN
            letters.recover(db, now, self.held)
            claimed = letters.claim(db, now, limit)
            return claimed, self._stationery(db, claimed) if claimed else PLAIN

    @property
    def connections(self) -> int:
        return self._relay.connections

    def return_path(self, letter: Claimed) -> str:
        return self._rendering.sender.return_path(letter.id)

    def made(self, letter: Claimed, stationery: Stationery) -> tuple[Written | None, bytes]:
        """The bytes of *letter*: those frozen before, if there are any. A published text that no mail can carry is put into the
        house's own words."""
        if letter.body is not None:
            return None, letter.body
        try:
            return self._made(letter, stationery)
        except UNWRITABLE as error:
            if stationery.wording.is_the_houses:
                raise
            written, body = self._made(letter, stationery.in_the_houses_words())
            named = stationery.wording.named(letter.kind)
            return replace(written, fault=f"{named} {type(error).__name__}: {error}".strip()), body

    def _made(self, letter: Claimed, stationery: Stationery) -> tuple[Written, bytes]:
        written = self._rendering.written(letter, stationery)
        return written, self._rendering.bytes_of(written)

    async def start_data(self, marks: Marks, frozen: Sequence[Frozen]) -> set[str]:
        """Committed before the first byte leaves. Answers the ids of those that are ours (still) to send."""
        try:
            return await marks.set(lambda db, now: letters.start_data(db, frozen, now))
        except Busy:
            return set()

    async def settle(self, marks: Marks, settled: Sequence[tuple[Claimed, Verdict]]) -> None:
        """Write the verdicts. Where the database stays busy the leases run out; no sending is repeated because of it."""
        try:
            await marks.set(lambda db, now: letters.settle_all(db, settled, now, self.held))
        except Busy:
            _log.error("letters_not_marked", letters=[letter.id for letter, _ in settled])

    def turned_down(self, letter: Claimed, answer: TurnedDown) -> Verdict:
        """5xx is for good, 4xx comes back by the schedule until that is used up."""
        if answer.for_good or letter.attempts >= len(SCHEDULE):
            return Verdict(outcome=Outcome.DEAD, code=answer.code, said=answer.said)
        return self.later(letter, answer.said, answer.code)

    def later(self, letter: Claimed, said: str, code: int | None = None) -> Verdict:
        if letter.attempts >= len(SCHEDULE):
            return Verdict(outcome=Outcome.DEAD, code=code, said=said)
        wait = SCHEDULE[letter.attempts] * self._randomness.uniform(0.8, 1.2)
        return Verdict(outcome=Outcome.LATER, code=code, said=said, wait=wait)


class _Round:
    """One batch over a few connections. A connection that fails is thrown away; when none is left, the rest waits.

    What leaves within AHEAD_S at the tempo of late, and no less than one letter a connection, is marked together while those
    before leave; verdicts are written together as they come. So a process that dies leaves in doubt what was on its way and a
    quarter of a second beside, and a fast server waits for no commit. A letter that must never be sent twice is marked by
    itself, when its recipient was accepted; so is one whose turn comes late.
    """

    def __init__(
        self, house: Delivery, claimed: list[Claimed], stationery: Stationery, lines: Lines, marks: Marks
    ) -> None:
        self._house, self._stationery, self._lines, self._marks = house, stationery, lines, marks
        self._due = deque(claimed)
        self._count = len(claimed)
        self._outcomes: Counter[str] = Counter()
        self._frozen: dict[str, Frozen] = {}
        self._marked: dict[str, float] = {}
        self._marking: asyncio.Task[None] | None = None
        self._settled: list[tuple[Claimed, Verdict]] = []
        self._settling: asyncio.Task[None] | None = None
        self._unwritten: SQLAlchemyError | None = None
        self._down = ""

    async def run(self) -> Delivered:
        """Carry it; answers what became of it."""
        carriers = min(self._house.connections, self._count)
        self._mark_ahead()
        ended = await asyncio.gather(*(self._carry() for _ in range(carriers)), return_exceptions=True)
        blocked = bool(self._due)
        ended += await asyncio.gather(self.give_back(), return_exceptions=True)
        for trouble in filter(None, ended):
            raise trouble  # only now, when no other connection is in the middle of a letter
        if blocked:
            self._house.breaker.failed()
            _log.warning("mail_server_unreachable", said=self._down, waiting=self._outcomes[Outcome.UNTOUCHED.value])
        else:
            self._house.breaker.worked()
        return Delivered(self._count, blocked, self._outcomes)

    async def give_back(self) -> None:
        """Whatever was not begun waits again, no attempt used up; ends when every mark and verdict is written."""
        if self._marking is not None:
            await self._marking
        while self._due:
            self._settle(self._due.popleft(), Verdict(outcome=Outcome.UNTOUCHED, said=self._down))
        while self._settling is not None and not self._settling.done():
            await self._settling
        if self._unwritten is not None:
            raise self._unwritten

    def freeze(self) -> None:
        """Write every letter of the batch; what cannot be written is dead and leaves the pile."""
        for letter in tuple(self._due):
            frozen = self._written(letter)
            if frozen is None:
                self._due.remove(letter)
            else:
                self._frozen[letter.id] = frozen

    async def _carry(self) -> None:
        """Take letters off the pile until it is empty or the server cannot be reached."""
        while self._due:
            letter = self._due.popleft()
            wait_s = self._house.pace.wait_s(letter.address or "")
            if wait_s:
                wait = timedelta(seconds=wait_s)
                self._settle(letter, Verdict(outcome=Outcome.UNTOUCHED, said="its domain gets no more now", wait=wait))
                continue
            try:
                await self._one(letter)
            except RelayDown as down:
                self._down = str(down)
                self._due.append(letter)
                return

    async def _one(self, letter: Claimed) -> None:
        """One letter to its end; a line that is still good rests for the next."""
        line = await self._offer(letter)
        if line is None:
            return
        ours = False
        try:
            ours = await self._is_marked(letter)
        finally:
            if not ours:
                await line.close()
        if not ours:
            return
        try:
            receipt = await line.send(self._frozen[letter.id].body)
        except TurnedDown as answer:
            self._settle(letter, self._house.turned_down(letter, answer))
            await self._again(line)
        except LineLost as lost:
            self._settle(letter, Verdict(outcome=Outcome.UNKNOWN, said=str(lost)))
            await line.close()
        else:
            self._settle(letter, Verdict(outcome=Outcome.SENT, code=receipt.code, said=receipt.said))
            await self._lines.give(line)
        finally:
            self._house.tempo.one()

    async def _is_marked(self, letter: Claimed) -> bool:
        """Whether it stands committed that this letter leaves, and not so long ago that its lease could have run out."""
        if letter.id not in self._marked and self._marking is not None:
            await self._marking
        self._mark_ahead()
        if time.monotonic() - self._marked.get(letter.id, -MARK_HOLDS_S) < MARK_HOLDS_S:
            return True
        return letter.id in await self._house.start_data(self._marks, [self._frozen[letter.id]])

    def _mark_ahead(self) -> None:
        """Say of those that come next that they leave, while those before them do."""
        if self._marking is not None and not self._marking.done():
            return
        at_once = max(self._house.connections, self._house.tempo.within(AHEAD_S))
        coming = [letter for letter in islice(self._due, 2 * at_once) if letter.kind not in self._house.held]
        unmarked = [letter for letter in coming if letter.id not in self._marked]
        if unmarked and len(coming) - len(unmarked) <= at_once // 2:
            self._marking = asyncio.create_task(self._mark(unmarked[:at_once]))

    async def _mark(self, several: Sequence[Claimed]) -> None:
        """Where one of them cannot be marked none is, and each is marked by itself when its turn comes."""
        at = time.monotonic()
        try:
            ours = await self._house.start_data(self._marks, [self._frozen[letter.id] for letter in several])
        except SQLAlchemyError as error:
            _log.warning("letters_not_marked_ahead", letters=len(several), error=type(error).__name__)
            return
        self._marked.update(dict.fromkeys(ours, at))

    def _written(self, letter: Claimed) -> Frozen | None:
        """Subject and bytes; a letter that cannot be made is dead and blocks nobody."""
        try:
            written, body = self._house.made(letter, self._stationery)
        except UNWRITABLE as error:
            said = f"cannot be written: {type(error).__name__}: {error}"
            _log.error("letter_cannot_be_written", letter=letter.id, kind=letter.kind, said=said)
            self._settle(letter, Verdict(outcome=Outcome.DEAD, said=said))
            return None
        digest = hashlib.sha256(body).hexdigest()
        if written is None:
            return Frozen(letter=letter, subject="", body=body, body_sha256=digest)
        if written.fault:
            _log.error("letter_text_failed", letter=letter.id, kind=letter.kind, said=written.fault)
        return Frozen(
            letter=letter,
            subject=written.subject,
            body=body,
            body_sha256=digest,
            wording=written.wording,
            fault=written.fault,
        )

    async def _offer(self, letter: Claimed) -> Line | None:
        """A line on which the recipient was accepted; a line that broke before DATA costs nothing and is tried anew once."""
        for fresh in (False, True):
            line = await self._lines.take()
            try:
                await line.offer(self._house.return_path(letter), letter.address or "")
            except LineLost as lost:
                await line.close()
                if fresh:
                    self._settle(letter, self._house.later(letter, str(lost)))
            except TurnedDown as answer:
                self._settle(letter, self._house.turned_down(letter, answer))
                await self._again(line)
                return None
            else:
                return line
        return None

    async def _again(self, line: Line) -> None:
        """After a no the conversation goes on, if the server lets it."""
        if await line.reset():
            await self._lines.give(line)
        else:
            await line.close()

    def _settle(self, letter: Claimed, verdict: Verdict) -> None:
        """Written together with others while the next letter is on its way; the round ends when all are."""
        self._outcomes[verdict.outcome.value] += 1
        self._settled.append((letter, verdict))
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._write())

    async def _write(self) -> None:
        """Where several verdicts cannot be written together, each is tried by itself."""
        while self._settled:
            settled, self._settled = self._settled, []
            try:
                await self._house.settle(self._marks, settled)
            except SQLAlchemyError:
                for one in settled:
                    await self._write_alone(one)

    async def _write_alone(self, settled: tuple[Claimed, Verdict]) -> None:
        """One that cannot be written leaves its letter leased; the round goes on and raises at its end."""
        try:
            await self._house.settle(self._marks, [settled])
        except SQLAlchemyError as error:
            _log.error("letters_not_marked", letters=[settled[0].id], error=type(error).__name__)
            self._unwritten = error
