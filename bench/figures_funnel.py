"""The figures of a call with few and with many applications: the page asks two statements of rows whose number the counties bound.

The rows are those that the projection's own sums give: every county, three roads through the stages. What it takes
to count one event, aside from the command that wrote it, stands beside.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

from sqlalchemy import Engine, Table, insert

from bench import places
from bench.figures import Figure, absent, at_most, time_of
from bench.house import CATALOGUE, dispatcher_of
from bench.progress import Progress
from bench.rounds import interleaved, repeated, timed
from bench.scale import Scale
from directory.actor import Actor, Grant, Role
from directory.division import divisions
from eventstore.event import Fact, RecordedEvent, microseconds
from eventstore.ids import uuid7
from eventstore.projection import of_revision
from workflow import events as e
from workflow import schema
from workflow.stages import Stage
from workflow.survey import survey
from workflow.tallies import MEASURES, Batch, Tallies

CALL = "hn-2025"
PROVINCE = Actor("clerk", "clerk", (Grant(Role.PROVINCE_CLERK, "43"),))
COUNTY = Actor("yuelu", "yuelu", (Grant(Role.BUREAU_HEAD, "430104"),))
_PAGE = 2_000
_DAY = 86_400_000_000
_START = microseconds(datetime(2025, 11, 1, tzinfo=UTC))
_NOW = _START + 120 * _DAY
_WANTED = 1.5
_KEY = ("call", "what", "county", "zone", "second_zone", "direction", "one", "other")


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    small, large = scale.few // 10, scale.many
    rows = [_summed(number, progress.step(f"figures, {number:,} applications")) for number in (small, large)]
    with places.folder() as place:
        urls = [places.sqlite_url(place) for _ in range(2)]
        with places.opened(urls[0]) as few, places.opened(urls[1]) as many:
            yield from _figures("SQLite", (few, many), rows, scale, progress)
    with places.postgres() as one, places.postgres() as other:
        if one is None or other is None:
            yield absent("PostgreSQL figures", "no server answers")
            return
        with places.opened(one) as few, places.opened(other) as many:
            yield from _figures("PostgreSQL", (few, many), rows, scale, progress)


def _figures(
    name: str,
    engines: tuple[Engine, Engine],
    rows: Sequence[Sequence[dict[str, Any]]],
    scale: Scale,
    progress: Progress,
) -> Iterator[Figure]:
    few, many = engines
    small, large = scale.few // 10, scale.many
    for engine, kept in zip(engines, rows, strict=True):
        fill(engine, list(kept))
    with few.connect() as one, many.connect() as other:
        for who, actor in (("the province", PROVINCE), ("a county", COUNTY)):
            sides = {
                "many": repeated(scale.repeats // 10, lambda: survey(other, actor, CALL, _NOW)),  # noqa: B023
                "few": repeated(scale.repeats // 10, lambda: survey(one, actor, CALL, _NOW)),  # noqa: B023
            }
            found = interleaved(scale.rounds, sides, progress)
            yield at_most(
                f"{name}, figures of a call for {who}, {large:,} applications",
                time_of(found.of("many")),
                f"at {small:,} {time_of(found.of('few'))}",
                found.ratio("many", "few"),
                _WANTED,
            )
    yield Figure(
        what=f"{name}, rows they are added up from", ours=f"{len(rows[1]):,}", floor=f"at {small:,} {len(rows[0]):,}"
    )
    yield Figure(what=f"{name}, what counting one event takes, aside", ours=time_of(_one_by_one(many)))


def _table() -> Table:
    return of_revision(schema.tallies, Tallies.revision)


def fill(engine: Engine, rows: Sequence[dict[str, Any]]) -> None:
    dispatcher_of(engine)
    with engine.begin() as db:
        db.execute(insert(_table()), rows)
        db.exec_driver_sql("ANALYZE")


def _summed(number: int, progress: Progress) -> list[dict[str, Any]]:
    """The rows that *number* applications leave, summed as a rebuild sums a page of the log."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    facts, call = _facts(number), CATALOGUE.get(CALL)
    while page := list(islice(facts, _PAGE)):
        batch = Batch({})
        for application, event, at in chain.from_iterable(page):
            batch.take(application, event, at, call)
        for row in batch.sums():
            kept = found.setdefault(tuple(row[name] for name in _KEY), {**row, **dict.fromkeys(MEASURES, 0)})
            for name in MEASURES:
                kept[name] += row[name]
        progress(sum(row["times"] for key, row in found.items() if key[1] == "now"), number)
    return list(found.values())


def _one_by_one(engine: Engine) -> float:
    """Fifty applications more, event by event: what a reader pays at the most, who follows a page of 500 at once."""
    projection = Tallies(CATALOGUE)
    facts = [
        Fact(_recorded(application, version, at), event)
        for history in _facts(50)
        for version, (application, event, at) in enumerate(history, 1)
    ]
    with engine.connect() as db, db.begin() as transaction:
        spent = timed(lambda: [projection.apply(db, [fact]) for fact in facts])
        transaction.rollback()
    return spent / len(facts)


def _facts(number: int) -> Iterator[list[tuple[str, e.OwnEvent, int]]]:
    """Application by application its events, each with its instant. Every county has its share."""
    chance = random.Random(number)
    counties = [one.code for city in divisions().cities_of("43") for one in divisions().counties_of(city.code)]
    digest = CATALOGUE.get(CALL).digest
    for serial in range(1, number + 1):
        application, county = str(uuid7()), counties[serial % len(counties)]
        at, history = _START + chance.randrange(20 * _DAY), list[tuple[str, e.OwnEvent, int]]()
        for event in _history(application, serial, county, digest, chance.randrange(3)):
            at += chance.randrange(_DAY, 5 * _DAY)
            history.append((application, event, at))
        yield history


def _history(application: str, serial: int, county: str, digest: str, road: int) -> Iterator[e.OwnEvent]:
    city, unit = county[:4] + "00", f"unit-{serial}"
    route = (e.RouteStep(body=county, level="county"), e.RouteStep(body=city, level="city"))
    yield e.Opened(
        entered=Stage.DRAFT, application_id=application, number=f"HN-AI-2025-{serial:06}", call=CALL, programme="L",
        direction=("L-V", "L-G")[serial % 2], definition_digest=digest, lead_unit=unit, unit_name=unit, region=county,
        opened_by=unit,
    )  # fmt: skip
    yield e.UnitSealed(entered=Stage.UNIT_SEALED, seal_version=1, content_digest="", route=route, route_rule="district")
    if road == 0:
        items = (e.ReturnItem(kind="attachment", id=f"L-{serial % 8 + 1}", reason=""),)
        until = datetime(2026, 2, 1, tzinfo=UTC)
        yield e.ReturnedForCorrection(
            entered=Stage.RETURNED, returned_from=Stage.UNIT_SEALED, body=county, items=items, deadline=until
        )
        yield e.Resubmitted(
            entered=Stage.UNIT_SEALED, seal_version=2, content_digest="", changed=("L-4",), renewed=False
        )
    first = e.Recommended(
        entered=Stage.COUNTY_RECOMMENDED, body=county, level="county", handler=_NOBODY, opinion="", letter_number="1",
        letter_scan="", content_digest="",
    )  # fmt: skip
    yield first
    if road == 2:
        yield replace(first, entered=Stage.CITY_RECOMMENDED, body=city, level="city")


_NOBODY: Any = None


def _recorded(application: str, version: int, at: int) -> RecordedEvent:
    nobody = uuid7()
    return RecordedEvent(
        0, f"{e.STREAM}{application}", version, nobody, "", 1, "", "", "", nobody, None, at, "", b"", b""
    )
