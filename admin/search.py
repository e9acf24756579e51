"""Looking through the log: filters, newest first, a page at a time. A page looks at a bounded number of events, however long the log.

The narrowest filter leads along its own index; the others sieve what it brings. Where the events a page may look at
hold too few, it says how far it looked, and goes on from there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from admin.log_index import day_of
from admin.schema import log_days, log_index, log_streams
from directory.bureau import prefix_of
from eventstore.event import instant_of, microseconds

LOOKED_AT = 5_000
_AT_FIRST = 500
PAGE = 50
_NOTHING = (1, 0)
_LEADS = ("application", "actor", "unit", "type", "call", "city", "kind")
"""The narrowest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is looked for; "" where it does not matter. *region*: the code of a town, a county, a city or a province."""

    kind: str = ""
    type: str = ""
    actor: str = ""
    unit: str = ""
    application: str = ""
    number: str = ""
    call: str = ""
    region: str = ""
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""
    before: int | None = None
    limit: int = PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One event of the log, as the index has it."""

    position: int
    stream: str
    version: int
    kind: str
    type: str
    actor: str
    at: datetime
    application: str
    number: str
    unit: str
    unit_name: str
    call: str
    definition: str
    direction: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """*older*: where the next page begins, None on the last. *reached*: the page is short because it may look no further."""

    items: tuple[Found, ...]
    older: int | None
    reached: int | None = None


def page(db: Connection, question: Question, provinces: frozenset[str]) -> Page:
    """One page of what *question* asks for, within the auditor's *provinces*."""
    asked = _with_application(db, question)
    if asked is None:
        return Page(items=(), older=None)
    low, high = _bounds(db, asked)
    for size in (_AT_FIRST, LOOKED_AT):  # most questions are answered by what is near
        window = _window(asked, low, high, size)
        rows = _rows(db, window, asked, provinces)
        if len(rows) > asked.limit:
            shown = rows[: asked.limit]
            return Page(items=tuple(shown), older=shown[-1].position)
        looked, edge = db.execute(select(func.count(), func.min(window.c.position))).one()
        if looked < size:
            return Page(items=tuple(rows), older=None)
    return Page(items=tuple(rows), older=edge, reached=edge)


def one(db: Connection, position: int, provinces: frozenset[str]) -> Found | None:
    """The event at *position*, where it is to be seen."""
    here = select(log_index).where(log_index.c.position == position).subquery("looked_at")
    return next(iter(_rows(db, here, Question(), provinces)), None)


def types(db: Connection) -> list[str]:
    """The types of event there are, found by hopping along their index."""
    known: list[str] = []
    while True:
        following = select(func.min(log_index.c.type)).where(log_index.c.type > (known[-1] if known else ""))
        name = db.scalar(following)
        if name is None:
            return known
        known.append(name)


def _with_application(db: Connection, question: Question) -> Question | None:
    """*question* with the application its number names; None where there is none."""
    if not question.number:
        return question
    named = select(log_streams.c.application).where(log_streams.c.number == question.number.strip().upper())
    application = db.scalar(named)
    if application is None or question.application not in ("", application):
        return None
    return replace(question, application=application)


def _bounds(db: Connection, question: Question) -> tuple[int, int]:
    """Between which positions the days of the asked instants lie."""
    if question.since is None and question.until is None:
        return 1, 2**62
    c = log_days.c
    days: list[ColumnElement[bool]] = []
    if question.since is not None:
        days.append(c.day >= day_of(microseconds(question.since)))
    if question.until is not None:
        days.append(c.day <= day_of(microseconds(question.until)))
    first, last = db.execute(select(func.min(c.first), func.max(c.last)).where(*days)).one()
    return _NOTHING if first is None else (first, last)


def _window(question: Question, low: int, high: int, size: int) -> Any:
    """The newest events that the leading filter brings; at most so many."""
    c = log_index.c
    leading = _lead(question)
    where = [c.position >= low, c.position <= high]
    if question.before is not None:
        where.append(c.position < question.before)
    if leading:
        name, value = leading
        where.append(c[name] == value)
    return select(log_index).where(*where).order_by(c.position.desc()).limit(size).subquery("looked_at")


def _lead(question: Question) -> tuple[str, str] | None:
    values = {name: str(getattr(question, name, "")) for name in _LEADS}
    values["city"] = prefix_of(question.region)[:4] if len(prefix_of(question.region)) >= len("4301") else ""
    return next(((name, values[name]) for name in _LEADS if values[name]), None)


def _rows(db: Connection, window: Any, question: Question, provinces: frozenset[str]) -> list[Found]:
    s = log_streams.c
    columns = [
        window.c[name] for name in ("position", "stream", "version", "kind", "type", "actor", "at", "application")
    ]
    columns += [func.coalesce(s.number, ""), window.c.unit, func.coalesce(s.unit_name, ""), window.c.call]
    columns += [func.coalesce(s.definition, ""), func.coalesce(s.direction, ""), window.c.region]
    joined = window.outerjoin(log_streams, s.application == window.c.application)
    query: Any = select(*columns).select_from(joined).where(*_sieve(window.c, question, provinces))
    names = tuple(Found.__dataclass_fields__)
    found: list[Found] = []
    for row in db.execute(query.order_by(window.c.position.desc()).limit(question.limit + 1)):
        values: dict[str, Any] = dict(zip(names, row, strict=True))
        values["at"] = instant_of(values["at"])
        found.append(Found(**values))
    return found


def _sieve(c: Any, question: Question, provinces: frozenset[str]) -> Iterator[ColumnElement[bool]]:
    yield c.shown == 1
    yield or_(c.region == "", *(c.region.startswith(province, autoescape=True) for province in sorted(provinces)))
    for name in ("application", "actor", "unit", "type", "call", "kind"):
        if value := getattr(question, name):
            yield c[name] == value
    if question.region:
        yield c.region.startswith(prefix_of(question.region), autoescape=True)
    if question.since is not None:
        yield c.at >= microseconds(question.since)
    if question.until is not None:
        yield c.at <= microseconds(question.until)
    if question.text:
        yield c.words.contains(question.text.lower(), autoescape=True)
