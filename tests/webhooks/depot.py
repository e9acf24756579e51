"""A house with people, endpoints, a planner and a lane, and a receiver that does what a test tells it to."""

import json
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from random import Random
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Connection, Engine, select, update

from directory.actor import Actor, Grant, Role
from directory.bureau import bureaus_of
from directory.division import divisions
from directory.events import EVENTS as DIRECTORY
from directory.projection import DirectoryProjection
from directory.register import Register as People
from eventstore.codec import Codec
from eventstore.dispatch import Context, Dispatcher, Fold
from eventstore.facts import reading
from eventstore.ids import RandomIds, uuid7
from eventstore.personal import PersonalData
from eventstore.projection import install
from eventstore.schema import checkpoints
from eventstore.store import EventStore
from programmes.catalogue import Catalogue
from tests.scenario import COUNTY, OPENED, SEALED, UNIT, call_of_2025
from webhooks import events as w
from webhooks.addresses import Table
from webhooks.care import Care
from webhooks.delivery import Delivery
from webhooks.endpoint import Wanted
from webhooks.listener import NAME, Listener
from webhooks.post import Door
from webhooks.records import Endpoints
from webhooks.register import Made, Register
from webhooks.replaying import Replaying
from webhooks.schema import parcel_attempts, parcels
from webhooks.trial import Trial
from workflow.application import EMPTY, evolve
from workflow.events import TYPES, ApplicationEvent, Opened
from workflow.projections import kept

LOOPBACK = Table(allowed=(ip_network("127.0.0.0/8"), ip_network("::1/128")))
OPERATOR = Actor("person:operator", "操作员", (Grant(Role.OPERATOR, "43"),))
PROVINCE, YUELU, YUHUA, OWN = "province:43", "bureau:430104", "bureau:430111", f"unit:{UNIT.code}"
FOLD = Fold(EMPTY, evolve)
BASE_URL = "https://vermilion.test"


class HandClock:
    """A clock a test moves by hand."""

    def __init__(self) -> None:
        self.at = datetime(2025, 11, 20, 2, 0, tzinfo=UTC)

    def now(self, db: Connection) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass(frozen=True)
class Got:
    """A request as it came over the wire."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Says = Callable[[Got], tuple[int, Mapping[str, str], bytes]]


def ok(_got: Got) -> tuple[int, Mapping[str, str], bytes]:
    return 200, {}, b"{}"


def echo(got: Got) -> tuple[int, Mapping[str, str], bytes]:
    """What a receiver that wants to be verified answers."""
    challenge = got.json["data"].get("challenge", "")
    return 200, {}, json.dumps({"challenge": challenge}).encode()


def answer(code: int, body: bytes = b"", **headers: str) -> Says:
    return lambda _got: (code, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@dataclass
class Receiver:
    """A real HTTP server on a free loopback port; *says* by path, the echo of a challenge otherwise."""

    got: list[Got] = field(default_factory=list[Got])
    says: dict[str, Says] = field(default_factory=dict[str, Says])
    port: int = 0
    connections: int = 0
    most_at_once: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _now: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def parcels(self, path: str = "/hook") -> list[Got]:
        """What came there, without tests and challenges."""
        return [one for one in self.got if one.path == path and not one.json["type"].startswith("endpoint.")]

    def answered(self, got: Got) -> tuple[int, Mapping[str, str], bytes]:
        with self._lock:
            self.got.append(got)
            self._now[got.path] += 1
            self.most_at_once[got.path] = max(self.most_at_once[got.path], self._now[got.path])
        try:
            return self.says.get(got.path.partition("?")[0], echo)(got)
        finally:
            with self._lock:
                self._now[got.path] -= 1

    @contextmanager
    def running(self) -> "Generator[Receiver]":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version: ClassVar[str] = "HTTP/1.1"  # type: ignore[misc]

            def setup(self) -> None:
                super().setup()
                receiver.connections += 1

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                heads = {name.lower(): value for name, value in self.headers.items()}
                code, headers, body = receiver.answered(Got(self.path, heads, self.rfile.read(length)))
                self.send_response(code)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                return None

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                return None  # a client that hangs up is what some tests are about

        server = Server(("127.0.0.1", 0), Handler)
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


class Depot:
    """Everything between the log and the wire, on *engine*."""

    def __init__(self, engine: Engine, door: Door | None = None) -> None:
        self.engine, self.store = engine, EventStore(engine)
        self.projections = (DirectoryProjection(), *kept(Catalogue.packaged()), Endpoints())
        with self.store.begin() as db:
            install(db, self.projections)
        codec = Codec({**DIRECTORY, **TYPES, **w.TYPES})
        self.personal, self.clock, self.ids = PersonalData(bytes(range(32))), HandClock(), RandomIds()
        self.dispatcher = Dispatcher(self.store, codec, self.personal, self.projections, self.clock)
        self.read = reading(codec, self.personal)
        self.door = door or Door(table=LOOPBACK, plain=True, connect_s=2, total_s=2)
        self.register = Register(self.dispatcher, self.door)
        self.trial = Trial(self.register, self.personal, self.clock, self.ids, BASE_URL)
        self.replaying = Replaying(self.register, self.clock)
        self.care = Care(self.register, self.clock, self.ids)
        self.listener, self.delivery = self.listening(), self.delivering()
        self.numbers = iter(range(1, 10**6))

    def listening(self, **more: Any) -> Listener:
        """A planner, as a process that starts anew has it."""
        return Listener(self.store, self.read, self.clock, self.clock, **more)

    def delivering(self, **more: Any) -> Delivery:
        return Delivery(self.store, self.personal, self.register, self.clock, self.ids, Random(7), BASE_URL, **more)

    def populate(self) -> None:
        """Hunan's bureaus and the unit that applies."""
        people = People(self.dispatcher)
        people.register_bureaus(self.asked(), bureaus_of("43", divisions()))
        people.register_unit(self.asked(), UNIT)

    def asked(self, **more: Any) -> Context:
        return Context(actor="person:operator", correlation_id=uuid7(), **more)

    def endpoint(
        self, url: str, owner: str = PROVINCE, kind: Any = "standard", enabled: bool = True, **wanted: Any
    ) -> Made:
        """A new endpoint, vouched for and so enabled."""
        more = {name: wanted.pop(name) for name in ("secret", "asymmetric") if name in wanted}
        chosen = Wanted(name="数据平台", **wanted)
        made = self.register.create(OPERATOR, self.asked(), chosen, kind=kind, owner=owner, url=url, **more)
        if enabled:
            self.register.verified(OPERATOR, self.asked(), made.id, "trusted")
        return made

    def happen(self, *events: ApplicationEvent, application: UUID | None = None) -> UUID:
        """Let *events* happen to an application in one transaction; they may begin a new one."""
        application = application or uuid7()
        facts = [self._begun(event, application) for event in events]
        stream = f"application-{application}"
        self.dispatcher.dispatch(stream, FOLD, lambda _db, _loaded, _now: facts, self.asked())
        return application

    def _begun(self, event: ApplicationEvent, application: UUID) -> ApplicationEvent:
        if not isinstance(event, Opened):
            return event
        number, digest = f"HN-AI-2025-{next(self.numbers):04}", call_of_2025().digest
        return replace(event, application_id=str(application), number=number, definition_digest=digest)

    def recommended(self, count: int = 1) -> list[UUID]:
        """So many applications opened, sealed and recommended by their county."""
        return [self.happen(OPENED, SEALED, COUNTY) for _ in range(count)]

    def rewind(self) -> None:
        """Set the cursor back to the beginning, as no command of the house can."""
        with self.store.begin() as db:
            db.execute(update(checkpoints).where(checkpoints.c.name == NAME).values(position=0, lease_owner=None))

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        chosen = [parcels.c[column] for column in columns]
        with self.store.reading() as db:
            return [tuple(row) for row in db.execute(select(*chosen).order_by(parcels.c.position, parcels.c.id))]

    def states(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for (state,) in self.rows("state"):
            found[state] += 1
        return dict(found)

    def attempts(self) -> Sequence[Mapping[Any, Any]]:
        with self.store.reading() as db:
            return db.execute(select(parcel_attempts).order_by(parcel_attempts.c.ended_at)).mappings().all()


def nobody_listens() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def within(seconds: float) -> "Callable[[], bool]":
    """A question that is true until the time is over."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until
