"""The register as the tests use it: short words for registering, giving, and reading."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from sqlalchemy import Engine

from directory.actor import CONSOLE, Actor, Grant, Role
from directory.bureau import bureaus_of
from directory.division import divisions
from directory.events import EVENTS
from directory.person import Identity
from directory.projection import DirectoryProjection
from directory.records import Directory
from directory.register import Register
from directory.unit import Unit, UnitCode, UnitKind
from eventstore.codec import Codec
from eventstore.dispatch import Context, Dispatcher
from eventstore.ids import uuid7
from eventstore.personal import PersonalData
from eventstore.projection import install
from eventstore.store import EventStore

NOON = datetime(2025, 11, 3, 4, 0, tzinfo=UTC)
UNIT = Unit(
    code=UnitCode("91430104MAXTE5T16B"),
    name="湖南岳麓智模科技有限公司",
    kind=UnitKind.ENTERPRISE,
    registered_on=date(2021, 6, 18),
    county="430104",
)


def asked(key: str | None = None) -> Context:
    return Context(actor="console", correlation_id=uuid7(), command_id=key)


class House:
    """A dispatcher over the register's facts on *engine*."""

    def __init__(self, engine: Engine) -> None:
        self.store = EventStore(engine)
        self.projection = DirectoryProjection()
        with self.store.begin() as db:
            install(db, [self.projection])
        self.codec = Codec(EVENTS)
        self.personal = PersonalData(bytes(range(32)))
        self.dispatcher = Dispatcher(self.store, self.codec, self.personal, [self.projection])
        self.register = Register(self.dispatcher)

    @contextmanager
    def directory(self) -> Generator[Directory]:
        with self.store.reading() as db:
            yield Directory(db)

    def person(self, name: str, email: str, *grants: Grant, phone: str | None = None, language: str = "zh") -> str:
        identity = Identity(name=name, email=email, phone=phone, language=language)
        person = self.register.register_person(asked(), identity)
        for grant in grants:
            self.give(person, grant)
        return person

    def give(self, person: str, grant: Grant, by: Actor = CONSOLE) -> None:
        self.register.give(asked(), by, person, grant)

    def actor(self, person: str) -> Actor | None:
        with self.directory() as directory:
            return directory.actor(person)

    def hunan(self) -> None:
        self.register.register_bureaus(asked(), bureaus_of("43", divisions()))


LEAD = Grant(Role.PROVINCE_LEAD, "43")
EXPERT = Grant(Role.EXPERT, "43")
ADMIN = Grant(Role.UNIT_ADMIN, UNIT.code)
EDITOR = Grant(Role.UNIT_EDITOR, UNIT.code)
YUELU = Grant(Role.BUREAU_CLERK, "430104")
