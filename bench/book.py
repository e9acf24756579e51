"""A log of any length, made of one real application played from draft to public notice and copied under new names.

Written in bulk, but as the log itself would have written it: chained, personal values sealed, positions without a gap.
Events of many applications lie mixed, as they would in a year when many write at once.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, Engine

from bench import places
from bench.house import METADATA, PERSONAL
from bench.progress import Progress
from eventstore.chain import event_hash
from eventstore.event import NO_HASH, Event, Fact, Personal, RecordedEvent
from eventstore.ids import uuid7
from eventstore.schema import events as table
from eventstore.suite import SHA256
from tests.workflow.house import House
from workflow.projections import stream_of

_ABREAST = 200
_COLUMNS = tuple(column.name for column in table.columns)
_PD = re.compile(r'\{"pd":"([0-9a-f]{64})"\}')
Row: TypeAlias = tuple[Any, ...]
_metadata = msgspec.json.Encoder(order="sorted").encode(METADATA).decode()


@dataclass(frozen=True, slots=True)
class Template:
    """The events of one application, and what its personal values say."""

    application: str
    recorded: tuple[RecordedEvent, ...]
    facts: tuple[Fact, ...]
    said: dict[str, str]

    @property
    def events(self) -> tuple[Event, ...]:
        return tuple(fact.event for fact in self.facts)


def played() -> Template:
    """One application in public notice: opened, twelve sections, nine files, sealed, recommended twice, reviewed, proposed."""
    with places.folder() as place, places.opened(places.sqlite_url(place)) as engine:
        house = House(engine, place / "files")
        application = house.noticed()
        stream = stream_of(application)
        with house.store.reading() as db:
            said = house.dispatcher.personal.reveal_stream(db, stream)
        facts = tuple(house.dispatcher.history(stream))
        return Template(str(application), tuple(fact.recorded for fact in facts), facts, said)


def write(engine: Engine, template: Template, length: int, progress: Progress) -> None:
    """Fill the empty log of *engine* with *length* events."""
    written, numbers = 0, itertools.count(1)
    while written < length:
        block = [_Copy(template, next(numbers)) for _ in range(_ABREAST)]
        mixed = itertools.chain.from_iterable(zip(*(copy.rows() for copy in block), strict=True))
        rows = [(position, *row) for position, row in enumerate(itertools.islice(mixed, length - written), written + 1)]
        with engine.begin() as db:
            for copy in block:
                copy.concealing.write(db)
            _insert(db, rows)
        written += len(rows)
        progress(written, length)
    with engine.begin() as db:
        db.exec_driver_sql("ANALYZE")


def _insert(db: Connection, rows: list[Row]) -> None:
    raw: Any = db.connection.dbapi_connection
    names = ", ".join(_COLUMNS)
    if db.dialect.name == "sqlite":
        raw.executemany(f"INSERT INTO events ({names}) VALUES ({', '.join('?' * len(_COLUMNS))})", rows)
        return
    with raw.cursor().copy(f"COPY events ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


class _Copy:
    """One application under a name of its own."""

    def __init__(self, template: Template, number: int) -> None:
        application = str(uuid7())
        self._template, self._stream = template, stream_of(application)
        self.concealing = PERSONAL.concealing(self._stream)
        self._names = (
            (template.application, application),
            (template.application.replace("-", "")[:30], application.replace("-", "")[:30]),
            ("HN-AI-2025-0001", f"HN-AI-2025-{number:07}"),
            ('"slot":1}', f'"slot":{number}}}'),
        )

    def rows(self) -> Iterator[Row]:
        tip = NO_HASH
        for event in self._template.recorded:
            event_id = str(uuid7())
            fields = (
                event.type, event.schema_version, self._renamed(event.payload), _metadata, event.actor, str(uuid7()), None,
                event.recorded_at,
            )  # fmt: skip
            digest = event_hash(SHA256.new, tip, self._stream, event.version, event_id, *fields)
            yield self._stream, event.version, event_id, *fields, SHA256.name, tip, digest
            tip = digest

    def _renamed(self, payload: str) -> str:
        for before, now in self._names:
            payload = payload.replace(before, now)
        return _PD.sub(self._sealed, payload) if '"pd"' in payload else payload

    def _sealed(self, found: "re.Match[str]") -> str:
        return found[0].replace(found[1], self.concealing(Personal(self._template.said[found[1]])))
