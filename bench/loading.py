"""Twenty events of one application loaded and folded, beside the bare driver: select, the same decoding, the same fold.

The floor selects two columns; ours has the whole envelope, because the newest event is told to whoever comes second. The
second line has nine sealed personal values among the events, which the floor leaves sealed.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import partial, reduce
from typing import Any

import msgspec
import psycopg
from sqlalchemy import Engine, make_url

from bench import book, places
from bench.figures import Figure, absent, at_most, time_of
from bench.house import CODEC, PERSONAL, command
from bench.progress import Progress
from bench.rounds import interleaved, repeated
from bench.scale import Scale
from eventstore.dispatch import Dispatcher
from eventstore.event import Personal
from eventstore.ids import uuid7
from eventstore.store import EventStore
from workflow.application import EMPTY, evolve
from workflow.events import TYPES, ApplicationEvent
from workflow.handling import FOLD
from workflow.projections import stream_of

_EVENTS = 20
_WANTED = 3.0
_ROWS = "SELECT type, payload FROM events WHERE stream = {mark} ORDER BY version"


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    template = book.played()
    with places.folder() as place, places.opened(f"sqlite:///{place / 'load.db'}") as engine:
        lite = sqlite3.connect(place / "load.db")
        yield from _figures("SQLite", engine, template, _lite(lite), scale, progress)
        lite.close()
    with places.postgres() as url:
        if url is None:
            yield absent("PostgreSQL, load and fold", "no server answers")
            return
        bare = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with places.opened(url) as engine, psycopg.connect(bare, autocommit=True) as db:
            yield from _figures("PostgreSQL", engine, template, _post(db), scale, progress)


Rows = Callable[[str], Sequence[tuple[str, str]]]


def _lite(db: sqlite3.Connection) -> Rows:
    return lambda stream: db.execute(_ROWS.format(mark="?"), (stream,)).fetchall()


def _post(db: "psycopg.Connection[Any]") -> Rows:
    return lambda stream: db.execute(_ROWS.format(mark="%s"), (stream,)).fetchall()


def _figures(
    name: str, engine: Engine, template: book.Template, rows: Rows, scale: Scale, progress: Progress
) -> Iterator[Figure]:
    dispatcher = Dispatcher(
        EventStore(engine), CODEC, PERSONAL
    )  # the same file id twice would be refused by a projection
    decoders = {of: msgspec.json.Decoder(cls) for of, cls in TYPES.items()}

    def floor(stream: str) -> object:
        events: Iterator[ApplicationEvent] = (decoders[of].decode(payload) for of, payload in rows(stream))  # type: ignore[misc]
        return reduce(evolve, events, EMPTY)

    plain = [event for event in template.events if _anew(event) == event][:_EVENTS]
    for what, events, wanted in (
        (f"{name}, load and fold of 20 events", plain, _WANTED),
        ("  the same with nine personal values, which ours alone unseals", template.events[:_EVENTS], None),
    ):
        application = uuid7()
        command(dispatcher, application, *map(_anew, events))
        sides = {
            "ours": repeated(scale.repeats, partial(dispatcher.load, stream_of(application), FOLD)),
            "floor": repeated(scale.repeats, partial(floor, stream_of(application))),
        }
        found = interleaved(scale.rounds, sides, progress)
        bare = f"select + decode + fold {time_of(found.of('floor'))}"
        yield at_most(what, time_of(found.of("ours")), bare, found.ratio("ours", "floor"), wanted)


def _anew(value: Any) -> Any:
    """*value* with its personal values as they were before anybody sealed them."""
    match value:
        case Personal():
            return Personal(value.value)
        case dict():
            return {key: _anew(item) for key, item in value.items()}
        case list() | tuple():
            return type(value)(map(_anew, value))
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{field.name: _anew(getattr(value, field.name)) for field in fields(value)})
        case _:
            return value
