"""Relays and workers killed with -9 at random points, while mail is cut, brokers are emptied and killed, and the database falls over.

Afterwards everything is counted: what was planned, what left, what came twice and why. Seeded; time that leases and waits take
passes between the lives, by moving the rows.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from json import dumps
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from eventstore.dispatch import Context
from eventstore.rebuild import rebuild
from eventstore.refusal import Busy
from eventstore.schema import checkpoints
from notifications.schema import letter_attempts, letters
from service.settings import Settings
from service.wiring import ROOF
from tests.adversary.serving import World, environment_of, peopled
from tests.faults import instances
from tests.faults.outside import Machine, MailServer
from tests.scenario import COUNTY, OPENED, SEALED
from webhooks.endpoint import Wanted
from webhooks.schema import parcels, webhook_health
from workflow.handling import FOLD

T = TypeVar("T")
LIFE_S, LONGEST_S, IDLE_S = 1.5, 1.5, 6.0
"""Some die at any time within LIFE_S; the others at a step of theirs, or when none came for so long: IDLE_S more for the first."""
AN_HOUR = 3600.0
CUTS = 0.03
BROKERS = ("none", "redis", "rabbitmq")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was seen. *lost* must be empty; every copy must be *in_doubt*; *left_to_a_person* are letters that say themselves they may have arrived."""

    seed: int
    kills: int
    killed_at: Mapping[str, int]
    cut_at: Mapping[str, int]
    restarts: int
    flushes: int
    broker_kills: int
    applications: int
    letters: int
    parcels: int
    copies: int
    parcel_copies: int
    left_to_a_person: int
    of_these_arrived: int
    lost: Sequence[str]
    twice_without_doubt: Sequence[str]
    differing: Sequence[str]
    strangers: Sequence[str]
    sent_by_a_rebuild: int
    seconds: float

    @property
    def sound(self) -> bool:
        wrong = (self.lost, self.twice_without_doubt, self.differing, self.strangers, self.sent_by_a_rebuild)
        return not any(wrong)


class Nursery:
    """Where lives begin. What they say is kept in *said*."""

    def __init__(self, said: Path) -> None:
        self._said = said.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True,
        )  # fmt: skip

    def born(self, role: str, settings: Settings) -> int:
        environment = {name: value for name, value in environment_of(settings).items() if name.startswith("VERMILION_")}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(dumps({"role": role, "environment": environment}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
        self._said.close()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass
class Reaper:
    """Who lives now, and at which step of which conversation one of them dies."""

    random: Random
    alive: list[int] = field(default_factory=list[int])
    killed_at: Counter[str] = field(default_factory=Counter[str])
    fatal: int = 0
    seen_at: float = 0.0
    lock: Any = field(default_factory=threading.RLock)

    def watch(self, where: str) -> Callable[[str], None]:
        def seen(stage: str) -> None:
            with self.lock:
                self.seen_at = time.monotonic()
                if self.fatal > 0:
                    self.fatal -= 1
                    if self.fatal == 0:
                        self.kill(f"{where} {stage}")

        return seen

    def kill(self, where: str) -> None:
        """-9 for one of them."""
        with self.lock:
            if self.alive:
                pid = self.alive.pop(self.random.randrange(len(self.alive)))
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                self.killed_at[where] += 1
                instances.until(lambda: not is_alive(pid), f"{pid} does not die")


@dataclass
class Chaos:
    world: World
    postgres: instances.Postgres
    brokers: Mapping[str, tuple[instances.Instance | None, Settings]]
    mail: MailServer
    machine: Machine
    random: Random
    nursery: Nursery
    reaper: Reaper
    port: int
    applications: list[UUID] = field(default_factory=list[UUID])
    restarts: int = 0
    flushes: int = 0
    broker_kills: int = 0

    def happen(self) -> None:
        """One application sealed and recommended: letters to several people, parcels to several machines."""
        house, application = self.world.house, self.world.house.ids.uuid7()
        opened = replace(
            OPENED,
            application_id=str(application),
            number=f"HN-AI-2025-{len(self.applications) + 1:04}",
            definition_digest=house.calls.get("hn-2025").digest,
            opened_by="editor",
        )
        context = Context(actor="person:editor", correlation_id=application)
        house.dispatcher.dispatch(f"application-{application}", FOLD, lambda *_: [opened, SEALED, COUNTY], context)
        self.applications.append(application)

    def round(self, weather: str) -> None:
        """Two or three lives at once, each to its own end."""
        broker = self.random.choice(list(self.brokers))
        server, settings = self.brokers[broker]
        roles = ["relay", "relay"] if broker == "none" else self.random.choice([["worker"] * 2, ["worker", "relay"]])
        for _ in range(self.random.randint(1, 3)):
            self.happen()
        for role in roles:
            self.reaper.alive.append(self.nursery.born(role, settings))
        born = time.monotonic()
        self.mail.cuts = self.machine.cuts = CUTS if weather == "cuts" else 0.0
        if weather == "database":
            time.sleep(self.random.uniform(0.0, 0.5))
            self.postgres.restart()
            self.restarts += 1
        if weather == "broker" and server is not None:
            self._trouble(broker, server)
        while self.reaper.alive:
            at_a_step = self.random.random() < 0.7
            with self.reaper.lock:
                self.reaper.fatal = self.random.randint(1, 12) if at_a_step else 0
            before, began, life = len(self.reaper.alive), time.monotonic(), self.random.uniform(0.0, LIFE_S)
            while len(self.reaper.alive) == before:
                worked = self.reaper.seen_at if self.reaper.seen_at > born else born + IDLE_S
                if time.monotonic() > (max(worked, began) + LONGEST_S if at_a_step else began + life):
                    break
                time.sleep(0.005)
            if len(self.reaper.alive) == before:
                self.reaper.kill("anywhere")
        self.pass_by(self.random.choice([200.0, 200.0, 1000.0, AN_HOUR]))

    def _trouble(self, broker: str, server: instances.Instance) -> None:
        """Empty it, or kill it and bring it back; a slow one is not waited for longer than a life lasts."""
        if broker == "redis" and self.random.random() < 0.6:
            subprocess.run(
                [instances.program("redis-cli"), "-p", str(server.port), "FLUSHALL"], check=True, capture_output=True
            )
            self.flushes += 1
            return
        server.stop()
        time.sleep(self.random.uniform(0.0, 0.3))
        server.start()
        server.ready()
        self.broker_kills += 1

    def pass_by(self, seconds: float) -> None:
        """Nobody lives; let so much time pass for leases, waits and rests. What the dead had begun may hold its rows a moment longer."""
        while True:
            try:
                self._pass_by(int(seconds * 1_000_000))
                return
            except (Busy, OperationalError):
                time.sleep(0.1)

    def _pass_by(self, us: int) -> None:
        with self.world.house.store.begin() as db:
            db.execute(
                update(letters).where(letters.c.state == "leased").values(lease_until=letters.c.lease_until - us)
            )
            db.execute(update(letters).where(letters.c.state == "planned").values(due_at=letters.c.due_at - us))
            db.execute(
                update(parcels).where(parcels.c.state == "leased").values(lease_until=parcels.c.lease_until - us)
            )
            db.execute(update(parcels).where(parcels.c.state == "planned").values(due_at=parcels.c.due_at - us))
            db.execute(update(checkpoints).values(lease_until=checkpoints.c.lease_until - us))
            db.execute(update(webhook_health).values(rests_until=webhook_health.c.rests_until - us))

    def settle(self) -> None:
        """Everything that can be done is done, in fair weather and by nobody who dies."""
        self.mail.cuts = self.machine.cuts = 0.0
        house = self.world.house
        works = (house.listener.follow, house.ringing.ring, house.hooks.listener.follow, house.delivery.drain)
        for _ in range(14):
            self.pass_by(24 * AN_HOUR)
            house.delivery.breaker.worked()
            for work in works:
                patiently(work)
            while patiently(house.hooks.delivery.drain).more:
                pass

    def sent_again(self) -> int:
        """How much leaves because of two rebuilds and cursors set back to the beginning: nothing may."""
        before, house = len(self.mail.taken) + len(self.machine.taken), self.world.house
        for _ in range(2):
            for projection in house.projections:
                rebuild(house.store, house.read, projection)
        with house.store.begin() as db:
            db.execute(update(checkpoints).values(position=0, lease_owner=None, lease_until=0))
        self.settle()
        return len(self.mail.taken) + len(self.machine.taken) - before


def patiently(work: Callable[[], T]) -> T:
    """On a machine where everybody waits, the database tells who looks after it to come back, too."""
    while True:
        try:
            return work()
        except (Busy, OperationalError):
            time.sleep(0.5)


def told(chaos: Chaos, seed: int, hooks: Sequence[str], began: float) -> Told:
    house = chaos.world.house
    with house.store.reading() as db:
        rows = list(db.execute(select(letters)).mappings())
        doubted = set(
            db.execute(select(letter_attempts.c.letter_id).where(letter_attempts.c.outcome == "unknown")).scalars()
        )
        boxes = list(db.execute(select(parcels).where(parcels.c.endpoint.in_(hooks))).mappings())
    took, boxed = Counter(one.message_id for one in chaos.mail.taken), Counter(id_ for id_, _ in chaos.machine.taken)
    by_message = {row["message_id"]: row for row in rows}
    lost = [f"letter {row['id']} {row['state']}" for row in rows if row["state"] in ("planned", "leased", "dead")]
    lost += [f"letter {row['id']} never came" for row in rows if row["state"] == "sent" and not took[row["message_id"]]]
    lost += _missing(rows, chaos.applications, ("event_type", "recipient"), "application_id", "letters")
    lost += [f"parcel {row['id']} {row['state']}" for row in boxes if row["state"] != "sent" or not boxed[row["id"]]]
    lost += _missing(boxes, chaos.applications, ("type", "endpoint"), "application", "parcels")
    digests = {(one.message_id, one.digest) for one in chaos.mail.taken}
    bodies = set(chaos.machine.taken)
    unknown = [row for row in rows if row["state"] == "unknown"]
    twice = [id_ for id_, count in took.items() if count > 1]
    found = Told(
        seed=seed,
        kills=chaos.reaper.killed_at.total(),
        killed_at=dict(chaos.reaper.killed_at),
        cut_at=dict(chaos.mail.cut_at),
        restarts=chaos.restarts,
        flushes=chaos.flushes,
        broker_kills=chaos.broker_kills,
        applications=len(chaos.applications),
        letters=len(rows),
        parcels=len(boxes),
        copies=took.total() - len(took),
        parcel_copies=boxed.total() - len(boxed),
        left_to_a_person=len(unknown),
        of_these_arrived=sum(took[row["message_id"]] > 0 for row in unknown),
        lost=lost,
        twice_without_doubt=[id_ for id_ in twice if by_message[id_]["id"] not in doubted],
        differing=[id_ for id_, count in Counter(id_ for id_, _ in digests | bodies).items() if count > 1],
        strangers=[id_ for id_ in took if id_ not in by_message]
        + [id_ for id_ in boxed if id_ not in {row["id"] for row in boxes}],
        sent_by_a_rebuild=0,
        seconds=time.monotonic() - began,
    )
    return replace(found, sent_by_a_rebuild=chaos.sent_again())


def _missing(rows: Sequence[Any], applications: Sequence[UUID], of: tuple[str, str], key: str, what: str) -> list[str]:
    """Every application went the same way: of each the same letters and parcels are there, each once."""
    found: dict[str, Counter[tuple[str, str]]] = {str(one): Counter() for one in applications}
    for row in rows:
        if row[key] in found:
            found[row[key]][row[of[0]], row[of[1]]] += 1
    kinds = Counter(frozenset(each.items()) for each in found.values())
    if len(kinds) == 1 and all(kinds) and all(count == 1 for each in found.values() for count in each.values()):
        return []
    return [f"{what} differ: {kinds}"]


WEATHER = ("calm", "calm", "cuts", "cuts", "broker", "database")


def run(
    kills: int,
    seed: int,
    folder: Path,
    *,
    brokers: Sequence[str] = BROKERS,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Told:
    """So many lives ended; raises NotHere where a server's program is not installed."""
    random, began = Random(seed), time.monotonic()
    with _chaos(random, folder, brokers) as chaos:
        hooks = _endpoints(chaos)
        rounds = 0
        while (done := chaos.reaper.killed_at.total()) < kills:
            progress(done, kills)
            chaos.round(
                WEATHER[rounds % len(WEATHER)] if rounds % 12 < 6 or kills < 50 else random.choice(("calm", "cuts"))
            )
            rounds += 1
        progress(kills, kills)
        _switch_off(chaos, hooks)
        chaos.settle()
        chaos.world.sound()
        return told(chaos, seed, hooks, began)


@contextmanager
def _chaos(random: Random, folder: Path, wanted: Sequence[str]) -> Generator[Chaos]:
    reaper = Reaper(Random(random.random()))
    mail, machine = MailServer(Random(random.random())), Machine(Random(random.random()))
    mail.watch, machine.watch = reaper.watch("mail"), reaper.watch("parcel")
    with ExitStack() as stack:
        postgres = stack.enter_context(instances.postgres())
        smtp = stack.enter_context(mail.running())
        port = stack.enter_context(machine.running())
        servers = {"redis": instances.redis, "rabbitmq": instances.rabbitmq}
        running = {name: stack.enter_context(servers[name]()) for name in wanted if name in servers}
        world = stack.enter_context(
            peopled(postgres.url, folder, smtp, webhook_plain=True, webhook_networks="127.0.0.0/8")
        )
        nursery = Nursery(folder / "said")
        stack.callback(nursery.close)
        chaos = Chaos(
            world, postgres, _settings(world.settings, running, wanted), mail, machine, random, nursery, reaper, port
        )
        stack.callback(_bury, reaper)
        yield chaos


def _bury(reaper: Reaper) -> None:
    while reaper.alive:
        reaper.kill("end")


def _settings(
    settings: Settings, running: Mapping[str, instances.Instance], wanted: Sequence[str]
) -> dict[str, tuple[instances.Instance | None, Settings]]:
    found: dict[str, tuple[instances.Instance | None, Settings]] = {}
    for name in wanted:
        server = running.get(name)
        if server is None:
            found[name] = (None, settings)
            continue
        url = f"redis://127.0.0.1:{server.port}/0" if name == "redis" else f"amqp://guest:guest@127.0.0.1:{server.port}"
        given = {**settings.model_dump(exclude_none=True), "broker": name, "broker_url": url}
        found[name] = (server, Settings(**given))
    return found


def _endpoints(chaos: Chaos) -> list[str]:
    """Two that take parcels, and three that are nothing but trouble: they drip, are silent, are not there."""
    house, made = chaos.world.house, list[str]()
    port = instances.free_port()
    for owner, url in (
        ("province:43", f"http://127.0.0.1:{chaos.port}/hook"),
        ("bureau:430104", f"http://127.0.0.1:{chaos.port}/hook"),
        ("province:43", f"http://127.0.0.1:{chaos.port}/drip"),
        ("province:43", f"http://127.0.0.1:{chaos.port}/dead"),
        ("province:43", f"http://127.0.0.1:{port}/hook"),
    ):
        wanted = Wanted(name="数据平台", types=("application.unit_sealed", "application.recommended"))
        one = house.hooks.register.create(ROOF, house.as_roof(), wanted, kind="standard", owner=owner, url=url)
        house.hooks.register.verified(ROOF, house.as_roof(), one.id, "trusted")
        made.append(one.id)
    return made[:2]


def _switch_off(chaos: Chaos, hooks: Sequence[str]) -> None:
    """The endpoints that are nothing but trouble, as the house does by itself after five days."""
    house = chaos.world.house
    with house.store.reading() as db:
        others = set(db.execute(select(parcels.c.endpoint).distinct()).scalars()) - set(hooks)
    for id_ in others:
        house.hooks.register.disable(ROOF, house.as_roof(), id_)
