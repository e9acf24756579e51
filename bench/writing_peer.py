"""PostgreSQL with 1, 4 and 16 writing threads, beside the `eventsourcing` package in its safe mode (LOCK TABLE).

Three lines for each number of writers: our whole dispatch (event, projections, key) beside their whole command (get the
aggregate, trigger, save: the event alone); the same beside their save alone; our bare append beside their save alone.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.postgres import PostgresFactory
from sqlalchemy import Engine, make_url

from bench import places
from bench.figures import Figure, absent, at_least, per_second
from bench.house import CODEC, METADATA, SAVED, command, dispatcher_of, open_one
from bench.progress import Progress
from bench.rounds import Side, interleaved, timed
from bench.scale import Scale
from eventstore.event import NewEvent
from eventstore.ids import uuid7

_WRITERS = (1, 4, 16)
_WANTED = 2.0
_PER_STREAM = 3


class Grant(Aggregate):
    """The same thing as the peer would have it."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.answers: dict[str, Any] = {}

    @event("SectionSaved")
    def save_section(self, section: str, section_version: int, answers: dict[str, Any]) -> None:
        self.answers = {**self.answers, **answers}


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    with places.postgres() as url, places.postgres() as theirs:
        if url is None or theirs is None:
            yield absent("PostgreSQL beside eventsourcing", "no server answers")
            return
        with places.opened(url) as engine:
            peer = _peer(theirs)
            try:
                for writers in _WRITERS:
                    yield from _figures(writers, scale, engine, peer, progress)
            finally:
                peer.close()


def _peer(url: str) -> "Application[UUID]":
    at = make_url(url)
    settings = {
        "PERSISTENCE_MODULE": PostgresFactory.__module__,
        "POSTGRES_DBNAME": at.database or "",
        "POSTGRES_HOST": at.host or "127.0.0.1",
        "POSTGRES_PORT": str(at.port or 5432),
        "POSTGRES_USER": at.username or "postgres",
        "POSTGRES_PASSWORD": at.password or "",
        "POSTGRES_POOL_SIZE": str(max(_WRITERS)),
        "POSTGRES_MAX_OVERFLOW": str(max(_WRITERS)),
    }
    return Application(env=settings)


def _figures(
    writers: int, scale: Scale, engine: Engine, peer: "Application[UUID]", progress: Progress
) -> Iterator[Figure]:
    dispatcher = dispatcher_of(engine)
    serials = iter(range(writers * 1_000_000, 10**9))
    each = max(scale.commands // writers, 2 * _PER_STREAM)

    def ours() -> UUID:
        return open_one(dispatcher, next(serials))

    def append(applications: Sequence[UUID]) -> None:
        name, version, payload = CODEC.encode(SAVED)
        for number, application in enumerate(applications):
            new = NewEvent(type=name, schema_version=version, payload=payload, metadata=METADATA, actor="person:editor")
            dispatcher.store.append(f"bare-{application}", number // (len(applications) // _PER_STREAM), [new])

    def save(aggregates: Sequence[Grant]) -> None:
        for aggregate in aggregates:
            aggregate.save_section(SAVED.section, SAVED.section_version, dict(SAVED.answers))
            peer.save(aggregate)

    sides: dict[str, Side] = {
        "dispatch": _side(writers, each, ours, lambda some: [command(dispatcher, one, SAVED) for one in some]),
        "their command": _side(writers, each, lambda: _saved(peer).id, lambda some: _commands(peer, some)),
        "append": _side(writers, each, uuid7, append),
        "their save": _side(writers, each, lambda: _saved(peer), save),
    }
    found = interleaved(scale.rounds, sides, progress.step(f"write-peer, {writers} writers"))
    rates = {side: per_second(each * writers / found.of(side)) for side in sides}
    for what, one, other, wanted in (
        ("command beside command", "dispatch", "their command", _WANTED),
        ("event beside event", "append", "their save", _WANTED),
        ("whole command beside their save alone", "dispatch", "their save", None),
    ):
        yield at_least(
            f"PostgreSQL, {writers} writers: {what}",
            f"{one} {rates[one]}",
            f"{other} {rates[other]}",
            found.ratio(other, one),
            wanted,
        )


def _saved(peer: "Application[UUID]") -> Grant:
    aggregate = Grant(number="HN-AI-2025-0001")
    peer.save(aggregate)
    return aggregate


def _commands(peer: "Application[UUID]", ids: Sequence[UUID]) -> None:
    for each in ids:
        aggregate: Grant = peer.repository.get(each)
        aggregate.save_section(SAVED.section, SAVED.section_version, dict(SAVED.answers))
        peer.save(aggregate)


def _side(writers: int, each: int, fresh: Callable[[], Any], work: Callable[[Sequence[Any]], object]) -> Side:
    """Every writer has streams of its own, each written three times."""

    def side(_round: int) -> float:
        shares = [[fresh() for _ in range(each // _PER_STREAM)] * _PER_STREAM for _ in range(writers)]
        with ThreadPoolExecutor(writers) as pool:
            seconds = timed(lambda: list(pool.map(work, shares)))
        return seconds * each / (each // _PER_STREAM * _PER_STREAM)

    return side
