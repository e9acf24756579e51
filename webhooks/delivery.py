"""Parcels leave as the lane has room: claimed in batches, committed before any network, many in flight, marked in batches.

What takes long gives its place to others, and one endpoint never has more than a few; so a dead one costs the living next to
nothing. A parcel may come twice, always with the same `webhook-id`; it is never lost.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TypeAlias

import structlog
from sqlalchemy import Connection

from eventstore import outgoing
from eventstore.clock import Clock
from eventstore.dispatch import Context
from eventstore.ids import Ids
from eventstore.personal import PersonalData
from eventstore.refusal import Busy
from eventstore.store import EventStore
from webhooks import health, parcels, records
from webhooks.endpoint import ROBOTS, Endpoint
from webhooks.health import Beat
from webhooks.listener import DISABLED, sights_of
from webhooks.parcels import Claimed, Lanes, Outcome, Verdict
from webhooks.post import Door, Line
from webhooks.register import Register
from webhooks.robots import TOGETHER
from webhooks.sending import GONE, Attempt, Mail, attempt
from webhooks.signing import Keys

IN_FLIGHT = 16
IN_FLIGHT_SLOW = 64
SLOW_S = 0.25
AT_ONCE = 4
LONGEST_RUN_S = 300.0
_log = structlog.get_logger(__name__)

Ended: TypeAlias = tuple[Sequence[Claimed], Attempt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What goes out in one request: a parcel, or several for a robot."""

    mail: Mail
    parcels: tuple[Claimed, ...]


@dataclass(slots=True)
class Delivered:
    """What a run did, by outcome. *more*: it ended because it had run for long, not because nothing was left."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    more: bool = False

    @property
    def sent(self) -> int:
        return self.outcomes[Outcome.SENT.value]


class Delivery:
    """Delivers what is due. *clock* is the database's own time, never a clock that can be moved: leases run on it."""

    def __init__(
        self,
        store: EventStore,
        personal: PersonalData,
        register: Register,
        clock: Clock,
        ids: Ids,
        randomness: Random,
        base_url: str,
        *,
        in_flight: int = IN_FLIGHT,
        at_once: int = AT_ONCE,
    ) -> None:
        self._store, self._personal, self._register, self._clock, self._ids = store, personal, register, clock, ids
        self._randomness, self._base_url = randomness, base_url
        self.in_flight, self._at_once = in_flight, at_once
        self._alone, self._finishing = threading.Lock(), threading.Event()

    @property
    def door(self) -> Door:
        return self._register.door

    def drain(self) -> Delivered:
        """Deliver until nothing more is due. One at a time in a process: whoever comes second has nothing to do."""
        if not self._alone.acquire(blocking=False):
            return Delivered()
        try:
            return asyncio.run(_Lane(self).run())
        finally:
            self._alone.release()

    def finish(self) -> None:
        """Claim nothing any more; what is under way is seen through. For a process that ends."""
        self._finishing.set()

    @property
    def finishing(self) -> bool:
        return self._finishing.is_set()

    def claim(self, room: int) -> tuple[datetime, list[Bundle], Counter[str]]:
        """Take what is due, leave what may not go any more, unseal what the rest needs. One transaction."""
        with self._store.begin() as db:
            now = self._clock.now(db)
            if outgoing.held(db):
                return now, [], Counter()
            parcels.recover(db, now)
            endpoints = {kept.endpoint.id: kept.endpoint for kept in records.every(db)}
            claimed = parcels.claim(db, now, room, self._lanes(db, endpoints, now))
            if not claimed:
                return now, [], Counter()
            kept_back = self._kept_back(db, claimed, endpoints)
            parcels.settle(db, kept_back, now)
            held = {parcel.id for parcel, _ in kept_back}
            going = [parcel for parcel in claimed if parcel.id not in held]
            mails = mails_of(db, self._personal, [endpoints[parcel.endpoint] for parcel in going], now)
        told = Counter(verdict.outcome.value for _, verdict in kept_back)
        return now, _bundles(going, mails), told

    def _lanes(self, db: Connection, endpoints: Mapping[str, Endpoint], now: datetime) -> Lanes:
        found = health.of(db)
        return Lanes(
            resting=[id_ for id_, each in found.items() if each.rests(now) and id_ in endpoints],
            probing=[id_ for id_, each in found.items() if each.probing],
            ordered=[id_ for id_, each in endpoints.items() if each.ordered],
            together=[id_ for id_, each in endpoints.items() if each.kind in ROBOTS],
            at_once=self._at_once,
            at_most=TOGETHER,
        )

    def _kept_back(
        self, db: Connection, claimed: Sequence[Claimed], endpoints: Mapping[str, Endpoint]
    ) -> list[tuple[Claimed, Verdict]]:
        """Asked again now, as when it was planned: is the endpoint on, does it want this, may its owner see it."""
        concerned = [endpoints[id_] for id_ in {parcel.endpoint for parcel in claimed} if id_ in endpoints]
        sights = sights_of(db, concerned, {parcel.application for parcel in claimed})
        found: list[tuple[Claimed, Verdict]] = []
        for parcel in claimed:
            endpoint = endpoints.get(parcel.endpoint)
            if endpoint is None or not endpoint.enabled:
                reason = DISABLED if endpoint else "deleted"
            elif not endpoint.chooses(parcel.type, parcel.call, parcel.programme):
                reason = "not_chosen"
            elif parcel.application not in sights[endpoint.owner]:
                reason = "out_of_sight"
            else:
                continue
            found.append((parcel, Verdict(outcome=Outcome.SUPPRESSED, reason=reason)))
        return found

    async def carry(self, line: Line, bundle: Bundle, now: datetime) -> Ended:
        return bundle.parcels, await attempt(line, bundle.mail, bundle.parcels, self._base_url, now)

    def settle(self, ended: Sequence[Ended]) -> "Counter[str]":
        """Write what became of the attempts. A busy database is asked again; nothing is sent anew because of it."""
        verdicts = [
            (parcel, attempted.verdict(parcel, self._randomness)) for some, attempted in ended for parcel in some
        ]
        for _ in range(3):
            try:
                with self._store.begin() as db:
                    now = self._clock.now(db)
                    ours = {parcel.id for parcel in parcels.settle(db, verdicts, now)}
                    health.note(db, _beats(ended), now)
            except Busy:
                continue
            self._switch_off_the_gone(ended)
            return Counter(verdict.outcome.value for parcel, verdict in verdicts if parcel.id in ours)
        _log.error("parcels_not_marked", parcels=[parcel.id for parcel, _ in verdicts])
        return Counter()

    def _switch_off_the_gone(self, ended: Sequence[Ended]) -> None:
        for endpoint in {some[0].endpoint for some, attempted in ended if attempted.gone}:
            context = Context(actor="house", correlation_id=self._ids.uuid7())
            self._register.switch_off(context, endpoint, "gone", code=GONE)


class _Lane:
    """One run: places are given out as they come free, and what takes long counts no more."""

    def __init__(self, house: Delivery) -> None:
        self._house = house
        self._running: dict[asyncio.Task[Ended], float] = {}
        self._done = Delivered()
        self._until = 0.0

    async def run(self) -> Delivered:
        self._until = asyncio.get_running_loop().time() + LONGEST_RUN_S
        async with self._house.door.open() as line:
            while await self._fill(line) or self._running:
                await self._settle(await self._wait())
        return self._done

    async def _fill(self, line: Line) -> bool:
        """Claim as many as there is room for; answers whether there was anything."""
        room = self._room()
        self._done.more = asyncio.get_running_loop().time() > self._until
        if room <= 0 or self._done.more or self._house.finishing:
            return False
        try:
            now, bundles, told = await asyncio.to_thread(self._house.claim, room)
        except Busy:
            return False
        self._done.outcomes.update(told)
        clock = asyncio.get_running_loop().time
        for bundle in bundles:
            self._running[asyncio.create_task(self._house.carry(line, bundle, now))] = clock()
        return bool(bundles or told)

    def _room(self) -> int:
        clock = asyncio.get_running_loop().time()
        young = sum(clock - began < SLOW_S for began in self._running.values())
        return min(self._house.in_flight - young, IN_FLIGHT_SLOW - len(self._running))

    async def _wait(self) -> list[Ended]:
        if not self._running:
            return []
        done, _ = await asyncio.wait(self._running, timeout=SLOW_S, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            del self._running[task]
        return [task.result() for task in done]

    async def _settle(self, ended: list[Ended]) -> None:
        if ended:
            self._done.outcomes.update(await asyncio.to_thread(self._house.settle, ended))


def mails_of(db: Connection, personal: PersonalData, endpoints: Sequence[Endpoint], now: datetime) -> dict[str, Mail]:
    """Address and keys of *endpoints*, unsealed in one statement."""
    live = {endpoint.id: endpoint.live_secrets(now) for endpoint in endpoints}
    wanted = [endpoint.url for endpoint in endpoints]
    wanted += [value for secrets in live.values() for one in secrets for value in (one.secret, one.private) if value]
    plain = personal.reveal(db, [value.commitment for value in wanted if value.commitment])
    found: dict[str, Mail] = {}
    for endpoint in endpoints:
        secrets = live[endpoint.id]
        shared = [plain.get(one.secret.commitment or "", "") for one in secrets]
        private = [plain.get(one.private.commitment or "", "") for one in secrets if one.private]
        keys = Keys(secrets=[each for each in shared if each], private=[each for each in private if each])
        found[endpoint.id] = Mail(endpoint=endpoint, url=plain.get(endpoint.url.commitment or "", ""), keys=keys)
    return found


def _bundles(claimed: Sequence[Claimed], mails: Mapping[str, Mail]) -> list[Bundle]:
    """One parcel a request; a robot's together, as many as make one message."""
    bundles: list[Bundle] = []
    for_robots: dict[str, list[Claimed]] = {}
    for parcel in claimed:
        if mails[parcel.endpoint].endpoint.kind in ROBOTS:
            for_robots.setdefault(parcel.endpoint, []).append(parcel)
        else:
            bundles.append(Bundle(mail=mails[parcel.endpoint], parcels=(parcel,)))
    for endpoint, some in for_robots.items():
        bundles += [
            Bundle(mail=mails[endpoint], parcels=tuple(some[start : start + TOGETHER]))
            for start in range(0, len(some), TOGETHER)
        ]
    return bundles


def _beats(ended: Sequence[Ended]) -> dict[str, list[Beat]]:
    found: dict[str, list[Beat]] = {}
    for some, attempted in ended:
        found.setdefault(some[0].endpoint, []).append(attempted.beat)
    return found
