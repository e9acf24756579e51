"""Lists of a hundred thousand and of a million applications: what an inbox costs, what page 95 costs, how big a page is.

Rows are written straight into the worklist's table: ten years of calls, every county, every stage, deadlines shared by
whole calls as real ones are. Pages are asked as the API asks them; sizes are what it would send, compressed.
"""

import gzip
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import OperationalError

from bench import places
from bench.figures import Figure, absent, at_most, limit, time_of
from bench.house import dispatcher_of
from bench.progress import Progress
from bench.rounds import interleaved, repeated
from bench.scale import Scale
from directory.actor import Actor, Grant, Role
from directory.division import divisions
from eventstore.ids import uuid7
from workflow.api import models
from workflow.api.reads import _listed as listed
from workflow.schema import NEVER
from workflow.stages import ENDS, Stage
from workflow.worklist import PAGE, Item, Question, applications, counts, cursor, page

_AT_ONCE = 20_000
_DAY = 86_400_000_000
_START = 1_448_928_000_000_000  # 2015-12-01
_PAGES = 95
_KB = 1024
COUNTY = Actor("yuelu", "yuelu", (Grant(Role.BUREAU_HEAD, "430104"),))
CITY = Actor("changsha", "changsha", (Grant(Role.BUREAU_HEAD, "430100"),))
PROVINCE = Actor("clerk", "clerk", (Grant(Role.PROVINCE_CLERK, "43"),))
UNIT = Actor("editor", "editor", (Grant(Role.UNIT_EDITOR, "unit-1"),))
Ask = Callable[[Connection], object]
_LISTS: tuple[tuple[str, Ask], ...] = (
    ("inbox of a county bureau", lambda db: page(db, COUNTY, Question(mine=True))),
    ("inbox of the province, a stage", lambda db: page(db, PROVINCE, Question(mine=True, stages=(Stage.PROPOSED,)))),
    ("all of a city, a stage", lambda db: page(db, CITY, Question(stages=(Stage.UNIT_SEALED,)))),
    ("all that a unit has", lambda db: page(db, UNIT, Question())),
    ("counts by stage of a county bureau's inbox", lambda db: counts(db, COUNTY, Question(mine=True))),
    ("counts by stage of all in a county", lambda db: counts(db, COUNTY, Question())),
)
_WANTED = 1.5


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    with places.folder() as place, ExitStack() as stack:
        urls = [places.sqlite_url(place) for _ in range(2)]
        few, many = (stack.enter_context(places.opened(url)) for url in urls)
        yield from _figures("SQLite", few, many, scale, progress)
    with ExitStack() as stack:
        servers = [stack.enter_context(places.postgres()) for _ in range(2)]
        if None in servers:
            yield absent("PostgreSQL lists", "no server answers")
            return
        few, many = (stack.enter_context(places.opened(url)) for url in servers if url)
        yield from _figures("PostgreSQL", few, many, scale, progress)


def _figures(name: str, few: Engine, many: Engine, scale: Scale, progress: Progress) -> Iterator[Figure]:
    fill(few, scale.few, progress.step(f"lists, {name}, {scale.few:,} rows"))
    fill(many, scale.many, progress.step(f"lists, {name}, {scale.many:,} rows"))
    for what, ask in _LISTS:
        with few.connect() as small, many.connect() as large:
            sides = {
                "many": repeated(scale.repeats // 5, lambda: ask(large)),  # noqa: B023
                "few": repeated(scale.repeats // 5, lambda: ask(small)),  # noqa: B023
            }
            said = f"{name}, {what}, {scale.many:,} applications"
            try:
                found = interleaved(scale.rounds, sides, progress)
            except OperationalError:
                yield Figure(what=said, ours="ran into the time limit", wanted=f"<= {_WANTED:g}", reached=False)
                continue
        yield at_most(
            said,
            time_of(found.of("many")),
            f"at {scale.few:,} {time_of(found.of('few'))}",
            found.ratio("many", "few"),
            _WANTED,
        )
    yield from _keyset(name, many, scale, progress)


def _keyset(name: str, engine: Engine, scale: Scale, progress: Progress) -> Iterator[Figure]:
    with engine.connect() as db:
        after, seen = None, list[Item]()
        for _ in range(_PAGES - 1):
            found = page(db, PROVINCE, Question(after=after))
            seen, after = [*seen, *found.items], found.after
        assert len({item.id for item in seen}) == (_PAGES - 1) * PAGE
        sides = {
            "last": repeated(scale.repeats // 5, lambda: page(db, PROVINCE, Question(after=after))),
            "first": repeated(scale.repeats // 5, lambda: page(db, PROVINCE, Question())),
        }
        times = interleaved(scale.rounds, sides, progress)
        beyond = page(db, PROVINCE, Question(after=cursor(NEVER, "z" * 36)))
        size = _compressed(page(db, PROVINCE, Question(after=after)).items, after)
    what = f"{name}, page {_PAGES} of the province's list by keyset"
    yield at_most(
        what, time_of(times.of("last")), f"page 1 {time_of(times.of('first'))}", times.ratio("last", "first"), 1.2
    )
    yield limit(f"{name}, rows of a page past the end", len(beyond.items), 0)
    yield limit(f"{name}, page of {PAGE} as JSON, compressed", size / _KB, 40, " kB", 1)


def _compressed(items: tuple[Item, ...], after: str | None) -> int:
    answer = models.ListAnswer(items=tuple(map(listed, items)), after=after)
    return len(gzip.compress(answer.model_dump_json().encode()))


def fill(engine: Engine, number: int, progress: Progress) -> None:
    """Write *number* rows of the worklist, its indexes afterwards."""
    dispatcher_of(engine)
    table = applications()
    rows = _rows(number)
    with engine.begin() as db:
        for index in table.indexes:
            index.drop(db)
        for start in range(0, number, _AT_ONCE):
            _write(db, table, [next(rows) for _ in range(min(_AT_ONCE, number - start))])
            progress(start, number)
        if db.dialect.name == "postgresql":
            db.exec_driver_sql("SET LOCAL statement_timeout = 0")
        for index in table.indexes:
            index.create(db)
        db.exec_driver_sql("ANALYZE")


def _write(db: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    raw: Any = db.connection.dbapi_connection
    names = list(rows[0])
    into = f"{table.name} ({', '.join(names)})".replace("(call,", '("call",').replace(" call,", ' "call",')
    values = [tuple(row.values()) for row in rows]
    if db.dialect.name == "sqlite":
        raw.executemany(f"INSERT INTO {into} VALUES ({', '.join('?' * len(names))})", values)
        return
    with raw.cursor().copy(f"COPY {into} FROM STDIN") as copy:
        for row in values:
            copy.write_row(row)


def _rows(number: int) -> Iterator[dict[str, Any]]:
    """The same rows for the same *number*."""
    chance = random.Random(number)
    counties = [one.code for city in divisions().cities_of("43") for one in divisions().counties_of(city.code)]
    stages, zh = list(Stage), "面向工程机械运维的垂直领域大模型研发与应用示范"
    weights = [8 if stage is Stage.UNIT_SEALED else 1 for stage in stages]  # a full page in every inbox
    for serial in range(1, number + 1):
        county, stage = chance.choice(counties), chance.choices(stages, weights)[0]
        year, unit = chance.randrange(10), f"unit-{chance.randrange(max(number // 10, 1))}"
        opened = _START + year * 365 * _DAY + chance.randrange(28 * _DAY)
        sealed = stage is not Stage.DRAFT
        yield {
            "id": str(uuid7()),
            "call": f"hn-{2016 + year}",
            "number": f"HN-AI-{2016 + year}-{serial:07}",
            "serial": serial,
            "programme": "L",
            "direction": "L-V",
            "definition": "e84a1fed21e601dee6d9b3a911f8c5081c8118820eac49c8dc94605e8edae532",
            "lead_unit": unit,
            "unit_name": f"湖南{chance.randrange(10**6):06}智模科技有限公司",
            "project_name": zh[: chance.randrange(10, len(zh))] + str(serial),
            "stage": stage.value,
            "holder": _holder(stage, county, unit),
            "region": county,
            "county": county if sealed else "",
            "city": county[:4] + "00" if sealed else "",
            "province": "43" if sealed else "",
            "due_at": _due(stage, year),
            "content_digest": "sha256:" + f"{chance.getrandbits(256):064x}",
            "version": chance.randrange(20, 45),
            "opened_at": opened,
            "changed_at": opened + chance.randrange(90 * _DAY),
        }


def _holder(stage: Stage, county: str, unit: str) -> str:
    if stage in (Stage.DRAFT, Stage.RETURNED):
        return unit
    if stage is Stage.UNIT_SEALED:
        return county
    if stage is Stage.COUNTY_RECOMMENDED:
        return county[:4] + "00"
    return "" if stage in ENDS else "43"


def _due(stage: Stage, year: int) -> int:
    """The call's own deadline: many share it."""
    days = {Stage.DRAFT: 28, Stage.UNIT_SEALED: 35, Stage.COUNTY_RECOMMENDED: 42, Stage.RETURNED: 38}
    return _START + (year * 365 + days[stage]) * _DAY if stage in days else NEVER
