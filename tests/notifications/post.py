"""A house with people, a listener and a delivery, and a mail server that does what a test tells it to."""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from random import Random
from uuid import UUID

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Connection, Engine, select, update

from directory.actor import CONSOLE, Grant, Role
from directory.bureau import bureaus_of
from directory.division import divisions
from directory.events import EVENTS
from directory.person import Identity
from directory.projection import DirectoryProjection
from directory.register import Register
from eventstore.codec import Codec
from eventstore.dispatch import Context, Dispatcher, Fold
from eventstore.event import instant_of
from eventstore.facts import reading
from eventstore.ids import RandomIds, uuid7
from eventstore.personal import PersonalData
from eventstore.projection import install
from eventstore.schema import checkpoints
from eventstore.store import EventStore
from notifications.delivery import Breaker, Delivery
from notifications.editing import Editing
from notifications.listener import Listener
from notifications.mail import Sender
from notifications.manuscripts import LetterTexts, wording_in_force
from notifications.planning import Planning
from notifications.rendering import Rendering
from notifications.ringing import Ringing
from notifications.schema import letters
from notifications.smtp import Relay
from notifications.stationery import Stationer
from notifications.text_events import TYPES as TEXTS
from programmes.catalogue import Catalogue
from service.owners import Owners
from tests.scenario import UNIT
from web.format import Language
from webhooks.endpoint import ENDPOINT
from webhooks.events import TYPES as WEBHOOKS
from webhooks.events import EndpointEvent, stream_of
from workflow.application import EMPTY, evolve
from workflow.events import TYPES, ApplicationEvent, Opened

SENDER = Sender(address="no-reply@vermilion.test", base_url="http://127.0.0.1:8000")
CATALOGUE = Catalogue.packaged()
FOLD = Fold(EMPTY, evolve)


class HandClock:
    """A clock a test moves by hand."""

    def __init__(self) -> None:
        self.at = datetime(2025, 11, 20, 2, 0, tzinfo=UTC)

    def now(self, db: Connection) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass
class Server:
    """A real SMTP server on a free loopback port. *answers*: address to reply at RCPT; *cut*: hang up after so many DATA."""

    answers: dict[str, str] = field(default_factory=dict[str, str])
    after_data: list[str] = field(default_factory=list[str])
    got: list[bytes] = field(default_factory=list[bytes])
    senders: list[str] = field(default_factory=list[str])
    sessions: set[int] = field(default_factory=set[int])
    cut: int = 0

    async def handle_RCPT(  # noqa: N802  the name aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        self.sessions.add(id(session))
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        self.got.append(content if isinstance(content, bytes) else (content or "").encode())
        self.senders.append(envelope.mail_from or "")
        if self.cut:
            self.cut -= 1
            assert server.transport is not None
            server.transport.abort()
            await asyncio.sleep(0)
        return self.after_data.pop(0) if self.after_data else f"250 OK queued as {len(self.got)}"

    def mail(self) -> list[EmailMessage]:
        found = [message_from_bytes(each, policy=policy.default) for each in self.got]
        return [each for each in found if isinstance(each, EmailMessage)]

    def recipients(self) -> list[str]:
        return sorted(str(each["To"].addresses[0].addr_spec) for each in self.mail())

    @contextmanager
    def running(self, port: int = 0) -> Generator[int]:
        controller = _Controller(self, hostname="127.0.0.1", port=port)
        controller.start()
        try:
            yield controller.port
        finally:
            controller.stop(no_assert=True)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="mail.test")

    def _trigger_server(self) -> None:
        if self.port == 0 and self.server is not None:
            self.port = int(self.server.sockets[0].getsockname()[1])
        super()._trigger_server()


class PostOffice:
    """Everything between the log and the mail server, on *engine*."""

    def __init__(self, engine: Engine) -> None:
        self.store = EventStore(engine)
        self.projection, self.texts = DirectoryProjection(), LetterTexts()
        with self.store.begin() as db:
            install(db, [self.projection, self.texts])
        self.codec = Codec({**EVENTS, **TYPES, **WEBHOOKS, **TEXTS})
        self.checkpoint = ""
        self.personal = PersonalData(bytes(range(32)))
        self.clock = HandClock()
        kept = [self.projection, self.texts]
        self.dispatcher = Dispatcher(self.store, self.codec, self.personal, kept, self.clock)
        self.editing = Editing(self.dispatcher)
        self.register = Register(self.dispatcher)
        self.read = reading(self.codec, self.personal)
        self.planning = Planning(SENDER, RandomIds())
        self.listener = self.listening()
        self.ringing = Ringing(
            self.store, self.read, CATALOGUE, self.planning, self.clock, self.clock, wording_in_force
        )
        self.people: dict[str, str] = {}

    def listening(self, **more: int) -> Listener:
        """A listener, as a process that starts anew has it."""
        return Listener(
            self.store,
            self.read,
            CATALOGUE,
            self.planning,
            self.clock,
            self.clock,
            news=Owners(self.store, self.read).news,
            **more,  # type: ignore[arg-type]
        )

    def delivery(self, port: int, *, held: Sequence[str] = (), first_s: float = 0.0, connections: int = 4) -> Delivery:
        relay = Relay(host="127.0.0.1", port=port, local_hostname="test", timeout_s=5, connections=connections)
        random = Random(7)
        return Delivery(
            self.store,
            self.clock,
            relay,
            Rendering(SENDER),
            random,
            Breaker(random, first_s=first_s),
            held,
            stationery=Stationer(lambda _db: self.checkpoint),
        )

    def publish(self, kind: str, language: Language, subject: str, body: str, why: str = "更清楚") -> None:
        """Let an administrator publish a text."""
        self.editing.publish(asked(), kind, language, (subject, body), why)

    def populate(self) -> None:
        """Hunan's bureaus, the unit, and somebody in every office of the main journey."""
        self.register.register_bureaus(asked(), bureaus_of("43", divisions()))
        self.register.register_unit(asked(), UNIT)
        for name, role, scope, language in (
            ("editor", Role.UNIT_EDITOR, UNIT.code, "zh"),
            ("admin", Role.UNIT_ADMIN, UNIT.code, "en"),
            ("yuelu-head", Role.BUREAU_HEAD, "430104", "zh"),
            ("yuelu-clerk", Role.BUREAU_CLERK, "430104", "zh"),
            ("yuhua-head", Role.BUREAU_HEAD, "430111", "zh"),
            ("changsha-head", Role.BUREAU_HEAD, "430100", "en"),
            ("province-clerk", Role.PROVINCE_CLERK, "43", "zh"),
            ("province-lead", Role.PROVINCE_LEAD, "43", "zh"),
            ("finance", Role.PROVINCE_FINANCE, "43", "zh"),
            ("judge", Role.DISCIPLINE_HEAD, "43", "zh"),
        ):
            self.person(name, Grant(role, scope), language=language)
        for n in range(1, 6):
            self.person(f"expert-{n}", Grant(Role.EXPERT, "43"))

    def person(self, name: str, *grants: Grant, language: str = "zh") -> str:
        identity = Identity(name=name, email=f"{name}@people.example", language=language)
        person = self.people[name] = self.register.register_person(asked(), identity)
        for grant in grants:
            self.register.give(asked(), CONSOLE, person, grant)
        return person

    def happen(self, *events: ApplicationEvent, application: UUID | None = None, batch: str = "") -> UUID:
        """Let *events* happen to an application in one transaction; they may begin a new one."""
        application = application or uuid7()
        facts = [
            replace(event, application_id=str(application)) if isinstance(event, Opened) else event for event in events
        ]
        self.dispatcher.dispatch(f"application-{application}", FOLD, lambda _db, _loaded, _now: facts, asked(batch))
        return application

    def befall(self, endpoint: str, *events: EndpointEvent) -> None:
        """Let *events* happen to a webhook endpoint in one transaction."""
        self.dispatcher.dispatch(stream_of(endpoint), ENDPOINT, lambda _db, _loaded, _now: events, asked())

    def rewind(self) -> None:
        """Set the cursor back to the beginning, as no command of the house can."""
        with self.store.begin() as db:
            db.execute(update(checkpoints).where(checkpoints.c.name == "letters").values(position=0, lease_owner=None))

    def copy(self, count: int) -> None:
        """So many more letters like the first one, each with its own key."""
        with self.store.begin() as db:
            (first, *_) = db.execute(select(letters)).mappings().all()
            made = [(str(uuid7()), n) for n in range(count)]
            rows = [
                {**first, "id": id_, "dedupe_key": f"copy:{n}", "message_id": SENDER.message_id(id_)} for id_, n in made
            ]
            db.execute(letters.insert(), rows)

    def rows(self, *columns: str) -> list[tuple[object, ...]]:
        chosen = [letters.c[column] for column in columns]
        with self.store.reading() as db:
            return [tuple(row) for row in db.execute(select(*chosen).order_by(letters.c.event_position, letters.c.id))]

    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for (state,) in self.rows("state"):
            found[str(state)] = found.get(str(state), 0) + 1
        return found


def asked(batch: str = "") -> Context:
    return Context(actor="console", correlation_id=uuid7(), metadata={"batch": batch} if batch else {})


def when(value: object) -> datetime:
    assert isinstance(value, int)
    return instant_of(value)
