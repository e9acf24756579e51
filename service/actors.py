"""What runs beside the requests: following the log, delivering letters, drawing papers, the clock's sweep. Shallow; run twice is run once.

Messages carry no facts. A wake-up that is lost is made good by the tick; a wake-up too many finds nothing to do.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import dramatiq
import structlog

from directory import guessing, passkeys, signin
from directory.inviting import Inviting
from eventstore.dispatch import Outcome
from eventstore.refusal import Busy
from notifications import bundles, correspondence
from service import chores, rebuilding
from service.keeping import Keeping
from service.past import until_known
from service.wiring import House

LOOK_AGAIN_S = 0.05
WAKE_AGAIN_S = 1.0
RELAY_S = 1.0
CHECKING_MS = 30 * 60 * 1000
RENDERING_MS = 60 * 60 * 1000
REBUILDING_MS = 12 * 60 * 60 * 1000
_WITH_BYTES = frozenset({"application.file_attached", "application.commitment_recorded", "application.recommended"})
_log = structlog.get_logger(__name__)


class Waker:
    """Sends wake-ups beside the requests, so that a broker that is away, or hangs, costs no command a moment.

    What is wanted while a message is on its way becomes one message. The thread begins with the first wish: never at
    import, never before a fork.
    """

    def __init__(self) -> None:
        self._wanted: dict[str, dramatiq.Actor[[], None]] = {}
        self._turn = threading.Condition()
        self._thread: threading.Thread | None = None

    def wake(self, actor: dramatiq.Actor[[], None]) -> None:
        with self._turn:
            self._wanted[actor.actor_name] = actor
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="waker", daemon=True)
                self._thread.start()
            self._turn.notify()

    def _run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._wanted)
                wanted, self._wanted = self._wanted, {}
            for actor in wanted.values():
                try:
                    actor.send()
                except Exception as error:  # the tick will find what this was about
                    _log.warning("wake_up_lost", actor=actor.actor_name, error=f"{type(error).__name__}: {error}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Actors:
    """The declared actors; `wake` starts the chain follow → deliver. *worked* is notified when one of this process has run."""

    house: House
    waker: Waker
    worked: threading.Condition
    follow: dramatiq.Actor[[], None]
    deliver_letters: dramatiq.Actor[[], None]
    deliver_parcels: dramatiq.Actor[[], None]
    check_files: dramatiq.Actor[[], None]
    render_papers: dramatiq.Actor[[], None]
    rebuild: dramatiq.Actor[[], None]
    tick: dramatiq.Actor[[], None]

    def wake(self, outcome: Outcome | None = None) -> None:
        """After a commit. A broker that is away never fails a command, nor holds it up: the tick will find the events."""
        self.waker.wake(self.follow)
        if self.house.settings.clamd and outcome is not None and _brings_bytes(outcome):
            self.waker.wake(self.check_files)

    def wake_the_printers(self) -> None:
        """After a paper was asked for; the tick finds what a lost message leaves."""
        self.waker.wake(self.render_papers)

    def settle(self, timeout_s: float, *, delivered: bool = False) -> bool:
        """Wait until every event so far was followed, and with *delivered* every letter that is due has left.

        False when that does not come in time.
        """
        began = woken = time.monotonic()
        self.wake()
        while not self._is_settled(delivered):
            now = time.monotonic()
            if now - began > timeout_s:
                return False
            if now - woken > WAKE_AGAIN_S:  # somebody else may have taken the message
                self.wake()
                self.deliver_letters.send()
                woken = now
            with self.worked:
                self.worked.wait(LOOK_AGAIN_S)
        return True

    def _is_settled(self, delivered: bool) -> bool:
        house = self.house
        followers = (house.listener.subscription, house.hooks.listener.subscription, house.index)
        if any(follower.standing().lag for follower in followers):
            return False
        if not delivered:
            return True
        with self.house.store.reading() as db:
            counted, open_ = correspondence.counts(db), bundles.batches_open(db)
        return not (counted.get("planned") or counted.get("leased") or open_)


def declare(house: House) -> Actors:
    """Declare the actors on the house's broker, and let every commit wake them."""

    worked = threading.Condition()

    def done() -> None:
        with worked:
            worked.notify_all()

    def letters_planned() -> None:
        if house.listener.follow() + house.ringing.ring():
            actors.deliver_letters.send()

    def parcels_planned() -> None:
        if house.hooks.listener.follow():
            actors.deliver_parcels.send()

    followers = (
        letters_planned,
        parcels_planned,
        house.index.follow,
        house.handling.catch_up,
        house.proofs.keep,
        house.erasures.keep,
    )

    def follow() -> None:
        each(house, followers)
        done()

    def deliver_letters() -> None:
        carry_letters(house)
        done()

    def deliver_parcels() -> None:
        if carry_parcels(house):
            actors.deliver_parcels.send()
        done()

    keeping = Keeping(house)

    def check_files() -> None:
        house.scanning.drain()
        done()

    def render_papers() -> None:
        house.printing.drain()
        done()

    def rebuild() -> None:
        rebuilding.work(house)
        done()

    def tick() -> None:
        ring(house, [partial(sweep, house), keeping.hourly, *followers])
        done()
        if rebuilding.waits(house):
            actors.rebuild.send()
        actors.deliver_letters.send()
        actors.deliver_parcels.send()
        if house.settings.clamd:
            actors.check_files.send()
        if house.printing.due():
            actors.render_papers.send()

    actors = Actors(
        house=house,
        waker=Waker(),
        worked=worked,
        follow=dramatiq.actor(broker=house.broker, actor_name="follow", max_retries=3)(follow),
        deliver_letters=dramatiq.actor(broker=house.broker, actor_name="deliver_letters", max_retries=3)(
            deliver_letters
        ),
        deliver_parcels=dramatiq.actor(broker=house.broker, actor_name="deliver_parcels", max_retries=0)(
            deliver_parcels
        ),
        check_files=dramatiq.actor(
            broker=house.broker, actor_name="check_files", max_retries=0, time_limit=CHECKING_MS
        )(check_files),
        render_papers=dramatiq.actor(
            broker=house.broker, actor_name="render_papers", max_retries=0, time_limit=RENDERING_MS
        )(render_papers),
        rebuild=dramatiq.actor(broker=house.broker, actor_name="rebuild", max_retries=0, time_limit=REBUILDING_MS)(
            rebuild
        ),
        tick=dramatiq.actor(broker=house.broker, actor_name="tick", max_retries=0)(tick),
    )
    house.printing.on_asked.append(actors.wake_the_printers)
    house.dispatcher.on_commit.append(actors.wake)
    return actors


def carry_letters(house: House) -> None:
    house.counted.delivered("letters", house.delivery.drain().outcomes)


def carry_parcels(house: House) -> bool:
    """Whether there is more to carry."""
    done = house.hooks.delivery.drain()
    house.counted.delivered("parcels", done.outcomes)
    return done.more


def _brings_bytes(outcome: Outcome) -> bool:
    """Whether a file or a sealed scan came with it, to be looked at for viruses."""
    events = outcome.result.get("events")
    return isinstance(events, Sequence) and not _WITH_BYTES.isdisjoint(cast("Sequence[str]", events))


def sweep(house: House) -> int:
    """What is due by the clock: remind whoever is to be reminded, lapse what is overdue, forget who never answered, clear away links and sessions that can never open anything again."""
    house.ringing.ring()
    house.handling.expire_due()
    lapsed = house.handling.lapse_due()
    with house.store.begin() as db:
        now = house.wall.now(db)
        signin.sweep(db, now)
        guessing.sweep(db, now)
        passkeys.sweep(db, now)
    house.printing.sweep(now)
    house.hooks.care.sweep()
    Inviting(house.dispatcher).sweep()
    return lapsed


@dataclass(slots=True)
class Ticker:
    """A thread that sends `tick` every so often, in a house with no other scheduler. The first comes after one pause."""

    actors: Actors
    every_s: float
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self.every_s):
            try:
                self.actors.tick.send()
            except Exception as error:
                _log.warning("tick_lost", error=f"{type(error).__name__}: {error}")


def relay(house: House, stop: threading.Event) -> None:
    """The same work without any broker, until *stop*: the log is followed as it grows, the rest is looked at each second.

    What fails, a database that is away for example, fails alone and is tried again in the next round. Only whether this is a
    restored log has to be known before anything leaves.
    """
    until_known(house, stop)
    keeping = Keeping(house)
    beside = [
        threading.Thread(target=house.listener.subscription.follow, args=(stop,), name="following", daemon=True),
        threading.Thread(target=house.hooks.listener.subscription.follow, args=(stop,), name="planning", daemon=True),
        threading.Thread(
            target=_rounds, args=(house, [partial(carry_parcels, house)], stop), name="parcels", daemon=True
        ),
        threading.Thread(
            target=_rounds, args=(house, [partial(rebuilding.work, house)], stop), name="building", daemon=True
        ),
    ]
    for thread in beside:
        thread.start()
    swept = [0.0]

    def sweeping() -> None:
        if time.monotonic() - swept[0] >= house.settings.tick_s:
            ring(house, [partial(sweep, house), keeping.hourly])
            swept[0] = time.monotonic()

    _rounds(
        house,
        [
            house.ringing.ring,
            partial(carry_letters, house),
            house.scanning.drain,
            house.printing.drain,
            house.index.follow,
            house.handling.catch_up,
            house.proofs.keep,
            house.erasures.keep,
            sweeping,
        ],
        stop,
    )
    for thread in beside:
        thread.join()


def _rounds(house: House, works: Sequence[Callable[[], object]], stop: threading.Event) -> None:
    """Do *works* each second. Parcels have a thread of their own: a server that lets parcels wait lets no letter wait."""
    while not stop.wait(RELAY_S):
        each(house, works)


def ring(house: House, works: Sequence[Callable[[], object]]) -> None:
    """Do what the clock asks for, and note when that was and what of it failed."""
    began = time.monotonic()
    failed = each(house, works)
    each(house, [partial(chores.note, house, chores.TICK, time.monotonic() - began, " ".join(failed))])


def each(house: House, works: Sequence[Callable[[], object]]) -> list[str]:
    """Do all of *works*. What fails is told and waits for the next time; none of the others waits for it. Answers what failed."""
    failed: list[str] = []
    for work in works:
        try:
            work()
        except Busy as busy:
            failed.append(_named(work))
            house.counted.failures.labels(_named(work)).inc()
            _log.warning("not_now", work=_named(work), error=str(busy))
        except Exception as error:
            failed.append(_named(work))
            house.counted.failures.labels(_named(work)).inc()
            _log.error("work_failed", work=_named(work), error=f"{type(error).__name__}: {error}")
    return failed


def _named(work: Callable[[], object]) -> str:
    """A name without what it is bound to: that holds settings."""
    return str(getattr(getattr(work, "func", work), "__qualname__", type(work).__name__))
