"""The parts of the house that are measured, put together as the roof does it: every projection, the database's clock."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from directory.events import EVENTS
from directory.projection import DirectoryProjection
from eventstore.codec import Codec
from eventstore.dispatch import Context, Dispatcher, Loaded, Outcome
from eventstore.ids import uuid7
from eventstore.personal import PersonalData
from eventstore.projection import Projection, install
from eventstore.store import EventStore
from programmes.call import Call
from programmes.catalogue import Catalogue
from tests.scenario import OPENED
from workflow import events as e
from workflow import lifecycle
from workflow.application import Application
from workflow.handling import FOLD
from workflow.projections import kept, stream_of

CATALOGUE = Catalogue.packaged()
CALL = CATALOGUE.get("hn-2025")
CODEC = Codec({**EVENTS, **e.TYPES})
PERSONAL = PersonalData(bytes(range(32)))
METADATA = {"definition": CALL.digest, "workflow": lifecycle.REVISION, "trigger": "save"}
SAVED = e.SectionSaved(
    section="business",
    section_version=1,
    answers={
        "ai_revenue": {"2023": 3_300_000_000, "2024": 5_610_200_000},
        "debt_ratio": {"2023": 4820, "2024": 5105},
        "net_profit": {"2023": -215_400_000, "2024": 402_180_000},
        "revenue": {"2023": 6_180_000_000, "2024": 8_920_550_000},
        "rnd_spending": {"2023": 1_980_000_000, "2024": 2_455_310_000},
        "rnd_staff": {"2023": 92, "2024": 118},
        "staff": {"2023": 168, "2024": 203},
        "total_assets": {"2023": 12_345_678_901, "2024": 15_002_300_000},
    },
)
"""A section as it is saved most often: about 450 bytes, nothing personal in it."""


def projections() -> list[Projection]:
    return [DirectoryProjection(), *kept(CATALOGUE)]


def dispatcher_of(engine: Engine) -> Dispatcher:
    """The dispatcher over *engine*, whose projections are made when nobody made them yet."""
    dispatcher = Dispatcher(EventStore(engine), CODEC, PERSONAL, projections())
    with dispatcher.store.begin() as db:
        install(db, dispatcher.projections)
    return dispatcher


class Watch:
    """How long commands took, and how much of that was the write part: from the decision to the commit's return."""

    def __init__(self) -> None:
        self.whole = self.write = self._asked = self._decided = 0.0

    def asked(self) -> None:
        self._asked = perf_counter()

    def decided(self) -> None:
        self._decided = perf_counter()

    def done(self) -> None:
        now = perf_counter()
        self.whole += now - self._asked
        self.write += now - self._decided


def command(
    dispatcher: Dispatcher, application: UUID, *events: e.ApplicationEvent, watch: Watch | None = None
) -> Outcome:
    """A command whose decision is nothing: what is left is the way into the log, key and projections included."""
    watch = watch or Watch()

    def decide(_db: Connection, _loaded: Loaded[Application], _now: datetime) -> Sequence[Any]:
        watch.decided()
        return events

    context = Context(
        actor="person:editor",
        correlation_id=uuid7(),
        command_id=secrets.token_hex(12),
        fingerprint=bytes(32),
        metadata=METADATA,
    )
    watch.asked()
    outcome = dispatcher.dispatch(stream_of(application), FOLD, decide, context, {"id": str(application)})
    watch.done()
    return outcome


def commands(dispatcher: Dispatcher, applications: Iterable[UUID]) -> Watch:
    """A section saved in each of *applications*, one after the other."""
    watch = Watch()
    for application in applications:
        command(dispatcher, application, SAVED, watch=watch)
    return watch


def open_one(dispatcher: Dispatcher, serial: int, call: Call = CALL) -> UUID:
    """A fresh application with nothing in it."""
    application = uuid7()
    opened = replace(
        OPENED, application_id=str(application), number=f"HN-AI-2025-{serial:07}", definition_digest=call.digest
    )
    command(dispatcher, application, opened)
    return application
