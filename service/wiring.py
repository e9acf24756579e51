"""The house put together: every object built once, from settings, when somebody asks for it. Nothing happens at import.

Whoever needs something gets it handed in here; rooms do not look for each other.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import SystemRandom

import dramatiq
from sqlalchemy import Engine

import migrations
from admin.erasure import Erasures
from admin.history import History
from admin.holding import Holding
from admin.log_index import LogIndex
from admin.notes import TYPES as NOTE_TYPES
from admin.notes import Noting
from admin.proof import Proofs, newest_line
from admin.sentences import Sentences
from admin.setting_apart import TYPES as ERASING_TYPES
from admin.setting_apart import SettingApart
from directory.access import Access
from directory.access_events import TYPES as ACCESS_TYPES
from directory.actor import Actor, Grant, Role
from directory.events import EVENTS as DIRECTORY_TYPES
from directory.passkeys import Passkeys
from directory.passwords import PROFILES, Hashing
from directory.projection import DirectoryProjection
from directory.records import Directory
from directory.register import Register
from directory.second_factor import Keys
from eventstore.clock import Clock, DatabaseClock, SettableClock
from eventstore.codec import Codec
from eventstore.dispatch import Context, Dispatcher
from eventstore.engine import open_engine
from eventstore.event import Event
from eventstore.facts import Reading, reading
from eventstore.ids import Ids, RandomIds
from eventstore.personal import PersonalData
from eventstore.projection import Projection, install
from eventstore.store import EventStore
from notifications import manuscripts
from notifications.delivery import Delivery
from notifications.editing import Editing
from notifications.lines import Pace
from notifications.listener import WITH_A_SECRET, Listener, secrets_of
from notifications.mail import Sender
from notifications.manuscripts import LetterTexts
from notifications.mending import Mending
from notifications.planning import Planning
from notifications.rendering import Rendering
from notifications.ringing import Ringing
from notifications.smtp import Relay
from notifications.stationery import Stationer
from notifications.text_events import TYPES as TEXT_TYPES
from notifications.texts_desk import TextsDesk
from programmes.catalogue import Catalogue
from service import broker as brokers
from service import own_account, publishing
from service.counting import Counted
from service.joiners import Joiners
from service.owners import Owners
from service.publishing import PublishedCalls
from service.settings import Settings
from webhooks.addresses import Table
from webhooks.events import TYPES as WEBHOOK_TYPES
from webhooks.post import Door
from webhooks.records import Endpoints
from webhooks.room import Hooks
from workflow import signed_files
from workflow.attempts import TYPES as ATTEMPT_TYPES
from workflow.bucket import Bucket, BucketFiles
from workflow.clamd import Clamd
from workflow.events import TYPES as APPLICATION_TYPES
from workflow.exceptions import TYPES as EXCEPTION_TYPES
from workflow.files import Files
from workflow.handling import Handling
from workflow.printing.room import PrintingRoom
from workflow.projections import kept
from workflow.scanning import Scanning

TYPES: Mapping[str, type[Event]] = {
    **DIRECTORY_TYPES,
    **ACCESS_TYPES,
    **publishing.TYPES,
    **APPLICATION_TYPES,
    **EXCEPTION_TYPES,
    **ATTEMPT_TYPES,
    **NOTE_TYPES,
    **ERASING_TYPES,
    **WEBHOOK_TYPES,
    **TEXT_TYPES,
}
ROOF = Actor("house", "系统", (Grant(Role.OPERATOR, "43"),))
"""Who acts where no person does yet: the roof itself, when it registers the first people and publishes a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Every object of the service; build one per process with `build`."""

    settings: Settings
    engine: Engine
    store: EventStore
    codec: Codec
    personal: PersonalData
    read: Reading
    clock: Clock
    wall: Clock
    ids: Ids
    calls: PublishedCalls
    projections: tuple[Projection, ...]
    dispatcher: Dispatcher
    register: Register
    access: Access
    passkeys: Passkeys
    handling: Handling
    files: Files
    scanning: Scanning
    printing: PrintingRoom
    sender: Sender
    relay: Relay
    rendering: Rendering
    listener: Listener
    ringing: Ringing
    delivery: Delivery
    mending: Mending
    texts: TextsDesk
    index: LogIndex
    noting: Noting
    history: History
    sentences: Sentences
    proofs: Proofs
    hooks: Hooks
    erasures: Erasures
    apart: SettingApart
    holding: Holding
    broker: dramatiq.Broker
    counted: Counted

    def as_roof(self) -> Context:
        """A context for what the roof itself does."""
        return Context(actor=ROOF.id, correlation_id=self.ids.uuid7())

    def prepare(self) -> None:
        """Bring the database up: numbered migrations, then the tables of projections. HistoryBroken where the log is of
        another hash than the settings say."""
        migrations.upgrade(self.engine)
        with self.store.reading() as db:
            self.store.agree(db)
        with self.store.begin() as db:
            install(db, self.projections)

    def close(self) -> None:
        self.engine.dispose()


def build(settings: Settings) -> House:
    """The whole house from *settings*. Opens nothing: the first question to the database does."""
    engine = open_engine(settings.database_url)
    store, ids, wall = EventStore(engine, settings.suite), RandomIds(), DatabaseClock()
    codec, personal = Codec(TYPES), PersonalData(settings.master_key_bytes)
    clock: Clock = SettableClock() if settings.clock_may_be_set else wall
    read = reading(codec, personal)
    calls = PublishedCalls(store, read)
    projections = projections_of(calls)
    dispatcher = Dispatcher(store, codec, personal, projections, clock, ids)
    sender = Sender(address=settings.mail_from, base_url=settings.base_url, bounce_key=settings.session_key_bytes)
    rendering, sending = Rendering(sender), Rendering(sender, secrets_of(store, personal))
    stationer = Stationer(newest_line)
    planning = Planning(sender, ids, timedelta(seconds=settings.batch_wait_s))
    relay = Relay.of(settings.smtp_url.get_secret_value(), connections=settings.mail_connections)
    files = files_of(settings, ids)
    handling = Handling(
        dispatcher,
        calls,
        Directory,
        clock,
        ids,
        os.urandom,
        scanning=bool(settings.clamd),
        signed_files=signed_files.reading(files, settings.signature_roots),
    )
    noting, register = Noting(dispatcher), Register(dispatcher)
    handling.on_refused.append(noting.refused)
    handling.on_read.append(noting.read)
    access = access_of(settings, dispatcher, wall)
    proofs = Proofs(store, settings.checkpoint_signer, wall, settings.checkpoints, settings.witness_keys)
    printing = PrintingRoom(
        handling, store, wall, files, settings.files / "papers", settings.base_url, proofs.line_over
    )
    apart = SettingApart(dispatcher, personal, printing.forget)
    scanner = Clamd(settings.clamd) if settings.clamd else None
    news = {**Owners(store, read).news, **Joiners(store, read).news, **own_account.news()}
    listener = Listener(store, read, calls, planning, clock, wall, news=news)
    ringing = Ringing(store, read, calls, planning, clock, wall, manuscripts.wording_in_force)
    hooks = Hooks.of(dispatcher, read, door_of(settings), wall, SystemRandom(), settings.base_url, newest_line)
    return House(
        settings=settings,
        engine=engine,
        store=store,
        codec=codec,
        personal=personal,
        read=read,
        clock=clock,
        wall=wall,
        ids=ids,
        calls=calls,
        projections=projections,
        dispatcher=dispatcher,
        register=register,
        access=access,
        passkeys=Passkeys(dispatcher, access, settings.base_url),
        handling=handling,
        printing=printing,
        files=files,
        scanning=Scanning(store, wall, files, scanner),
        sender=sender,
        relay=relay,
        rendering=rendering,
        listener=listener,
        ringing=ringing,
        delivery=Delivery(
            store,
            wall,
            relay,
            sending,
            SystemRandom(),
            held=WITH_A_SECRET,
            pace=Pace(settings.mail_per_domain_minute),
            stationery=stationer,
        ),
        mending=Mending(store, handling, sender, ids, clock, wall),
        texts=TextsDesk(store, Editing(dispatcher), rendering, stationer, partial(name_of, handling)),
        index=LogIndex(store, read),
        noting=noting,
        history=History(handling, noting),
        sentences=Sentences(store, read, calls, handling),
        erasures=Erasures(store, read, register, personal, wall, settings.checkpoints, apart),
        apart=apart,
        proofs=proofs,
        hooks=hooks,
        holding=Holding(store, wall, (listener.subscription, hooks.listener.subscription), ringing),
        broker=brokers.build(settings),
        counted=Counted.fresh(),
    )


def name_of(handling: Handling, actor: str) -> str:
    """A display name for whoever stands in an envelope."""
    return handling.names({actor}).get(actor, actor)


def projections_of(calls: Catalogue) -> tuple[Projection, ...]:
    """Every projection of the house, the register first: others may lean on what it refuses."""
    return (DirectoryProjection(), *kept(calls), Endpoints(), LetterTexts())


def files_of(settings: Settings, ids: Ids) -> Files:
    """Received files: in a folder of this machine, or in the bucket that the settings name."""
    if not settings.s3_bucket:
        return Files(settings.files, ids)
    bucket = Bucket(
        endpoint=settings.s3_endpoint,
        name=settings.s3_bucket,
        region=settings.s3_region,
        access_key=settings.s3_access_key.get_secret_value() if settings.s3_access_key else "",
        secret_key=settings.s3_secret_key.get_secret_value() if settings.s3_secret_key else "",
    )
    return BucketFiles(settings.files, ids, bucket)


def door_of(settings: Settings) -> Door:
    """The door of parcels: open to what is public, and to what the operator named."""
    return Door(table=Table(allowed=settings.webhook_networks_open), plain=settings.webhook_plain)


def access_of(settings: Settings, dispatcher: Dispatcher, wall: Clock) -> Access:
    """How people get in, by the profile that is in force."""
    return Access(
        dispatcher,
        wall,
        Keys(settings.master_key_bytes),
        Hashing(settings.password_memory_kib, settings.password_passes),
        PROFILES[settings.accounts],
        demanded=settings.second_factor == "demanded",
    )
