"""What an auditor waits for: a search in the whole log, a proof out of it, and the page of the past beside the present one.

The log is one real application of 42 events copied, and is indexed as the house does it. A search is asked in every way the
page offers, hits and misses, first page and deep; the slowest of a hundred counts.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from sqlalchemy import Connection, Engine

from admin.log_index import LogIndex
from admin.search import Question, page
from bench import book, places
from bench.figures import Figure, absent, at_most, limit, per_second, time_of
from bench.house import CODEC, PERSONAL
from bench.progress import Progress
from bench.rounds import interleaved, repeated
from bench.scale import Scale
from eventstore.checkpoint import StoredTree, prove_inclusion
from eventstore.facts import reading
from eventstore.store import EventStore
from tests.admin.office import opened

PROVINCES = frozenset({"43"})
_SEARCH_MS, _PROOF_MS, _PAST = 50.0, 5.0, 1.5
_SEED = 20251203


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    template = book.played()
    with places.folder() as place, places.opened(places.sqlite_url(place)) as engine:
        yield from _of_the_log("SQLite", engine, template, scale.events, scale, progress)
    with places.postgres() as url:
        if url is None:
            yield absent("PostgreSQL search", "no server answers")
        else:
            with places.opened(url) as engine:
                yield from _of_the_log("PostgreSQL", engine, template, scale.events_postgres, scale, progress)
    yield _past_beside_present(scale, progress)


def _of_the_log(
    name: str, engine: Engine, template: book.Template, events: int, scale: Scale, progress: Progress
) -> Iterator[Figure]:
    book.write(engine, template, events, progress.step(f"audit, {name}, writing the log"))
    store = EventStore(engine)
    start = perf_counter()
    LogIndex(store, reading(CODEC, PERSONAL)).follow()
    yield Figure(what=f"{name}, indexing the log", ours=per_second(events / (perf_counter() - start)))
    with engine.begin() as db:
        db.exec_driver_sql("ANALYZE")
        StoredTree(db).grow(events)
    chance = random.Random(_SEED)
    with engine.connect() as db:
        for what, question in _questions(events):
            asked = _asked(db, question, scale.repeats)
            yield limit(f"{name}, search p99: {what}, {events:,} events", asked * 1000, _SEARCH_MS, " ms", 2)
    proved: list[float] = []
    with engine.connect() as db:
        for _ in range(scale.repeats):
            position = chance.randint(1, events)
            start = perf_counter()
            prove_inclusion(db, position, events)
            proved.append(perf_counter() - start)
    slowest = sorted(proved)[len(proved) * 99 // 100]
    yield limit(f"{name}, an inclusion proof p99, {events:,} events", slowest * 1000, _PROOF_MS, " ms", 2)


def _questions(events: int) -> Iterator[tuple[str, Question]]:
    yield "everything, newest", Question()
    yield "everything, deep", Question(before=events // 2)
    yield "one application", Question(number="HN-AI-2025-0000007")
    yield "a person who did much", Question(actor="person:editor")
    yield "a rare type", Question(type="application.notice_published")
    yield "words found everywhere", Question(text="大模型")
    yield "words found nowhere", Question(text="不曾有过的话")
    yield "a person, and words found nowhere", Question(actor="person:editor", text="不曾有过的话")
    yield "a county", Question(region="430104")


def _asked(db: Connection, question: Question, repeats: int) -> float:
    """Seconds of the slowest of a hundred."""
    took: list[float] = []
    for _ in range(repeats):
        start = perf_counter()
        page(db, question, PROVINCES)
        took.append(perf_counter() - start)
    return sorted(took)[len(took) * 99 // 100]


def _past_beside_present(scale: Scale, progress: Progress) -> Figure:
    with TemporaryDirectory() as place, opened(Path(place)) as office:
        office.play()
        version = office.played.application(office.noticed).version
        browser = office.browser("auditor")

        def shown(path: str) -> Callable[[], None]:
            def ask() -> None:
                assert browser.get(path).status_code == 200

            return ask

        past, present = (
            shown(f"/history/applications/{office.noticed}/as-of/{version}"),
            shown(f"/applications/{office.noticed}"),
        )
        past(), present()  # templates are read once
        times = max(scale.repeats // 10, 1)
        sides = {"past": repeated(times, past, process_time), "present": repeated(times, present, process_time)}
        found = interleaved(scale.rounds, sides, progress.step("audit, the page of the past"))
    return at_most(
        "the page as of an event, beside the present one",
        time_of(found.of("past")),
        time_of(found.of("present")),
        found.ratio("past", "present"),
        _PAST,
    )
