"""Applications as these tests use them: the register of the played world, a clock that is set, and every command at hand."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from flask import Request as Incoming
from flask.testing import FlaskClient
from sqlalchemy import Engine

from directory.actor import CLOCK, CONSOLE, PUBLIC, Actor, Grant
from directory.bureau import bureaus_of
from directory.division import divisions
from directory.events import EVENTS, unit_stream
from directory.person import Identity
from directory.projection import DirectoryProjection
from directory.records import Directory
from directory.register import Register
from eventstore.clock import DatabaseClock, SettableClock
from eventstore.codec import Codec
from eventstore.dispatch import Context, Dispatcher, Outcome
from eventstore.ids import RandomIds, uuid7
from eventstore.personal import PersonalData
from eventstore.projection import install
from eventstore.refusal import Refused
from eventstore.store import EventStore
from programmes.catalogue import Catalogue
from service.world import UNITS, people
from tests.filled import FILES, answers_by_section, commitment
from tests.scenario import at
from web import problems
from web.operations import Registry
from workflow import commands as c
from workflow.api import Desk, operations
from workflow.application import Application
from workflow.attempts import TYPES as ATTEMPT_TYPES
from workflow.events import TYPES
from workflow.exceptions import TYPES as EXCEPTION_TYPES
from workflow.files import Files, Limits
from workflow.handling import FOLD, Handling, actor_name
from workflow.printing.room import PrintingRoom
from workflow.projections import kept

ALL = {**TYPES, **EXCEPTION_TYPES, **ATTEMPT_TYPES}
CATALOGUE = Catalogue.packaged()
MASTER = bytes(range(32))
CHECKLIST = ("form", *(slot.id for slot in CATALOGUE.get("hn-2025").programme("L").attachments))
UNIT, OTHER_UNIT, YUHUA_UNIT = UNITS[0], UNITS[1], UNITS[2]


class House:
    """Everything of this room over one database; a second house over the same database is a second process."""

    def __init__(self, engine: Engine, folder: Path, *, first: bool = True, catalogue: Catalogue = CATALOGUE) -> None:
        self.engine, self.store, self.clock = engine, EventStore(engine), SettableClock()
        self.projections = [DirectoryProjection(), *kept(catalogue)]
        self.dispatcher = Dispatcher(
            self.store, Codec({**EVENTS, **ALL}), PersonalData(MASTER), self.projections, self.clock, RandomIds()
        )
        self.handling = Handling(
            self.dispatcher, catalogue, Directory, self.clock, RandomIds(), lambda n: bytes(range(n))
        )
        self.files = Files(folder, RandomIds(), Limits(free_bytes=0))
        self.printing = PrintingRoom(
            self.handling, self.store, DatabaseClock(), self.files, folder / "papers", "https://vermilion.test"
        )
        self.desk = Desk(self.handling, catalogue, self.files, self.printing)
        if first and not self._is_founded():
            self._found()
        with self.store.reading() as db:
            register = Directory(db)
            self.actors = {one.id: register.actor(one.id) for one in people()}

    def _is_founded(self) -> bool:
        """A database that was copied from a founded one."""
        with self.store.reading() as db:
            return any(True for _ in self.store.stream_in(db, unit_stream(UNIT.code)))

    def _found(self) -> None:
        with self.store.begin() as db:
            install(db, self.projections)
        register = Register(self.dispatcher)
        for province in ("43", "44"):
            register.register_bureaus(_console(), bureaus_of(province, divisions()))
        for unit in UNITS[:3]:
            register.register_unit(_console(), unit)
        for one in people():
            grants = [Grant(role, scope) for role, scope in one.grants]
            if any(
                grant.role.startswith("unit.") and grant.scope not in {u.code for u in UNITS[:3]} for grant in grants
            ):
                continue
            register.register_person(_console(), Identity(name=one.name, email=one.email), one.id)
            if one.employer:
                register.list_expert(_console(), one.id, employer=one.employer, title="教授", fields=one.fields)
            for grant in grants:
                register.give(_console(), CONSOLE, one.id, grant)

    def at(self, when: str) -> None:
        with self.store.begin() as db:
            self.clock.set(db, at(when))

    def actor(self, who: str) -> Actor:
        if who in ("clock", "public"):
            return CLOCK if who == "clock" else PUBLIC
        found = self.actors[who]
        assert found is not None, who
        return found

    def do(self, who: str, command: c.Command, when: str | None = None, **more: Any) -> Outcome:
        if when is not None:
            self.at(when)
        actor = self.actor(who)
        return self.handling.handle(command, actor, Context(actor=actor_name(actor), correlation_id=uuid7(), **more))

    def refused(self, who: str, command: c.Command, when: str | None = None) -> set[str]:
        try:
            outcome = self.do(who, command, when)
        except Refused as refused:
            return {refusal.code for refusal in refused.refusals}
        raise AssertionError(f"accepted: {outcome}")

    def application(self, application: UUID) -> Application:
        return self.dispatcher.load(f"application-{application}", FOLD).state

    def open(self, who: str = "editor", unit: str = UNIT.code, when: str = "2025-11-03 09:00") -> UUID:
        application = uuid7()
        self.do(who, c.Open(application_id=application, call="hn-2025", direction="L-V", unit=unit), when)
        return application

    def filled(self, prefix: str = "", unit: Any = UNIT, when: str = "2025-11-12 10:00") -> UUID:
        """A draft with everything in it."""
        application = self.open(f"{prefix}editor", unit.code)
        self.at(when)
        for section, answers in answers_by_section(code=unit.code, county=unit.county).items():
            self.do(f"{prefix}editor", c.SaveSection(application_id=application, section=section, answers=answers))
        for number, file in enumerate(FILES):
            self.do(f"{prefix}editor", _of(application, file, file_id=f"{application.hex[:30]}{number:02}"))
        self.do(f"{prefix}admin", _of(application, commitment(), unit=unit.code))
        return application

    def sealed(self, prefix: str = "", unit: Any = UNIT) -> UUID:
        application = self.filled(prefix, unit)
        self.do(f"{prefix}admin", c.Seal(application_id=application), "2025-11-20 10:00")
        return application

    def recommend(self, application: UUID, number: str = "岳工信函〔2025〕11号", **more: Any) -> c.Recommend:
        return c.Recommend(
            application_id=application,
            content_digest=more.pop("content_digest", None) or self.application(application).content_digest,
            letter_number=number,
            letter_scan="sha256:" + "5c" * 32,
            handler="刘一鸣",
            handler_in_establishment=True,
            **more,
        )

    def recommended(self) -> UUID:
        """Through county and city."""
        application = self.sealed()
        self.do("yuelu-head", self.recommend(application), "2025-11-26 10:00")
        self.do("changsha-head", self.recommend(application, "长工信函〔2025〕7号", rank=2), "2025-12-10 10:00")
        return application

    def reviewed(self) -> UUID:
        """In expert review, nobody drawn."""
        application = self.recommended()
        self.do("clerk", c.Receive(application_id=application), "2025-12-15 10:00")
        self.do("clerk", c.PassForm(application_id=application, checklist=CHECKLIST), "2025-12-17 10:00")
        return application

    def judged(self) -> UUID:
        """Reviewed, marks in, review closed."""
        application = self.reviewed()
        self.do("clerk", c.DrawPanel(application_id=application), "2025-12-22 10:00")
        rubric = self.handling.call_of(self.application(application)).direction("L-V").rubric
        marks = {criterion.id: criterion.max * 80 for criterion in rubric}
        for expert in self.application(application).review.panel:
            self.do(expert, c.Declare(application_id=application, conflict=False))
            self.do(expert, c.Score(application_id=application, marks=marks), "2025-12-26 10:00")
        self.do("clerk", c.CloseReview(application_id=application))
        return application

    def noticed(self) -> UUID:
        """Proposed and in public notice since 30 December 2025."""
        application = self.judged()
        minutes = "会议纪要〔2025〕1号"
        self.do(
            "lead",
            c.Propose(application_id=application, amount_fen=100_000_000, minutes_number=minutes),
            "2025-12-29 10:00",
        )
        self.do("clerk", c.PublishNotice(application_id=application), "2025-12-30 10:00")
        return application

    def client(self) -> "Api":
        return Api(self)


class Api:
    """The operations over HTTP, as whoever is named."""

    def __init__(self, house: House) -> None:
        registry = Registry()
        registry.add(*operations(house.desk))
        self.registry = registry
        app = Flask(__name__)
        app.register_blueprint(registry.blueprint(_identity(house), house.handling.now))
        problems.install(app, new_id=lambda: "1")
        self._client: FlaskClient = app.test_client()
        self._keys = itertools.count(1)

    def ask(self, who: str, method: str, path: str, json: Any = None, **more: Any) -> Any:
        headers = {"X-Who": who, "Idempotency-Key": f"key-{next(self._keys)}", **more.pop("headers", {})}
        return self._client.open(f"/api/v1{path}", method=method, json=json, headers=headers, **more)


def _identity(house: House) -> Callable[[Incoming], Actor | None]:
    def identity(request: Incoming, /) -> Actor | None:
        who = request.headers.get("X-Who", "")
        return house.actor(who) if who else None

    return identity


def _console() -> Context:
    return Context(actor="console", correlation_id=uuid7())


def _of(application: UUID, command: c.Command, **more: Any) -> Any:
    return replace(command, application_id=application, **more)


__all__ = ["CATALOGUE", "OTHER_UNIT", "UNIT", "YUHUA_UNIT", "Api", "House"]
