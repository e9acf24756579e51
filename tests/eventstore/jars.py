"""A small world to test the log with: jars, pebbles dropped into them, and notes people leave."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Column, Connection, Engine, Integer, Table, Text, insert, select, update
from sqlalchemy import MetaData as Tables

from eventstore.codec import Codec, named
from eventstore.dispatch import Context, Decide, Dispatcher, Fold, ForStream, Loaded
from eventstore.event import Event, Fact, NewEvent, Personal
from eventstore.ids import uuid7
from eventstore.personal import PersonalData
from eventstore.projection import TableProjection, install
from eventstore.refusal import Refusal, Refused
from eventstore.store import EventStore

MASTER = bytes(range(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class JarOpened(Event):
    """A jar stands on the shelf."""

    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PebbleDropped(Event):
    """A pebble lies in a jar."""

    grams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLeft(Event):
    """Somebody left a note in a jar."""

    author: Personal
    answers: dict[str, object]


CODEC = Codec(named("jar", [JarOpened, PebbleDropped, NoteLeft]))


@dataclass(frozen=True, slots=True)
class Jar:
    label: str = ""
    grams: int = 0
    pebbles: int = 0
    author: Personal | None = None


def evolve(jar: Jar, event: Event) -> Jar:
    match event:
        case JarOpened(label=label):
            return replace(jar, label=label)
        case PebbleDropped(grams=grams):
            return replace(jar, grams=jar.grams + grams, pebbles=jar.pebbles + 1)
        case NoteLeft(author=author):
            return replace(jar, author=author)
        case _:
            raise AssertionError(event)


FOLD = Fold(Jar(), evolve)

shelf = Table(
    "shelf",
    Tables(),
    Column("stream", Text, primary_key=True),
    Column("label", Text, unique=True),
    Column("grams", Integer, nullable=False),
    Column("pebbles", Integer, nullable=False),
)


class Shelf(TableProjection):
    """What stands on the shelf; no two jars with one label."""

    name = "shelf"
    revision = 1
    declared = (shelf,)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        table = self.table(shelf)
        for fact in facts:
            match fact.event:
                case JarOpened(label=label):
                    row = {"stream": fact.recorded.stream, "label": label, "grams": 0, "pebbles": 0}
                    db.execute(insert(table).values(row))
                case PebbleDropped(grams=grams):
                    jar = table.c.stream == fact.recorded.stream
                    more = {"grams": table.c.grams + grams, "pebbles": table.c.pebbles + 1}
                    db.execute(update(table).where(jar).values(more))
                case _:
                    pass


def rows(db: Connection, revision: int = 1) -> list[tuple[object, ...]]:
    table = Shelf().table(shelf) if revision == 1 else _shelf_of(revision)
    return [tuple(row) for row in db.execute(select(table).order_by(table.c.stream))]


def _shelf_of(revision: int) -> Table:
    kept = Shelf()
    kept.revision = revision
    return kept.table(shelf)


def house(engine: Engine, *kept: TableProjection) -> Dispatcher:
    """A dispatcher over the jars, its projections installed."""
    store = EventStore(engine)
    projections = kept or (Shelf(),)
    with store.begin() as db:
        install(db, projections)
    return Dispatcher(store, CODEC, PersonalData(MASTER), projections)


def asked(key: str | None = None, *, body: bytes = b"", if_match: int | None = None) -> Context:
    return Context(actor="ann", correlation_id=uuid7(), command_id=key, fingerprint=body, if_match=if_match)


def opening(label: str) -> Decide[Jar]:
    def decide(_db: Connection, loaded: Loaded[Jar], _now: datetime) -> Sequence[Event]:
        if loaded.version:
            raise Refused(Refusal.of("JAR_STANDS", label=loaded.state.label))
        return [JarOpened(label=label)]

    return decide


def dropping(grams: int, *, at_most: int = 10**9) -> Decide[Jar]:
    def decide(_db: Connection, loaded: Loaded[Jar], _now: datetime) -> Sequence[Event]:
        if loaded.state.grams + grams > at_most:
            raise Refused(Refusal.of("JAR_FULL", grams=loaded.state.grams))
        return [PebbleDropped(grams=grams)]

    return decide


def pouring(grams: int, into: str, at: int) -> Decide[Jar]:
    """A pebble here and one in another jar, together or not at all."""

    def decide(_db: Connection, _loaded: Loaded[Jar], _now: datetime) -> Sequence[Event | ForStream]:
        return [PebbleDropped(grams=grams), ForStream(into, at, PebbleDropped(grams=grams))]

    return decide


def noting(name: str, **answers: object) -> Decide[Jar]:
    def decide(_db: Connection, _loaded: Loaded[Jar], _now: datetime) -> Sequence[Event]:
        return [NoteLeft(author=Personal(name), answers=answers)]

    return decide


def pebble(grams: int = 1) -> NewEvent:
    return NewEvent(type="jar.pebble_dropped", payload={"grams": grams}, actor="ann")
