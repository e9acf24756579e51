"""Marks and results as lists need them: what an expert has yet to score, and what a ranking is made of.

Kept in the transaction of the events; the record of one application is read off its own stream.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.event import Fact
from eventstore.projection import TableProjection, of_revision
from workflow import events as e
from workflow import schema
from workflow.events import STREAM
from workflow.review import Sheet, with_dropped
from workflow.stages import Stage


class Judgements(TableProjection):
    """The newest sheet of each expert, and the result of each closed review."""

    name = "judgements"
    revision = 2
    personal = False
    wanted = frozenset({e.Scored, e.ReviewClosed, e.SiteChecked, e.NotSelected})
    declared = (schema.sheets, schema.results)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        newest = {(_id(fact), fact.event.expert): fact for fact in facts if isinstance(fact.event, e.Scored)}
        if newest:
            _upsert(db, self.table(schema.sheets), [_sheet(fact) for fact in newest.values()])
        closed = [_result(fact) for fact in facts if isinstance(fact.event, e.ReviewClosed)]
        if closed:
            db.execute(insert(self.table(schema.results)), closed)
        for fact in facts:
            if isinstance(fact.event, e.SiteChecked | e.NotSelected):
                self._afterwards(db, _id(fact), fact.event)

    def _afterwards(self, db: Connection, application: str, event: e.SiteChecked | e.NotSelected) -> None:
        """What became of a result; of an application that was ended before it had one nothing is ranked."""
        table = self.table(schema.results)
        said = db.execute(select(table.c.said).where(table.c.application == application)).scalar()
        if said is None:
            return
        closed = msgspec.json.decode(said, type=Closed)
        if isinstance(event, e.SiteChecked):
            after = msgspec.structs.replace(closed, site=_site(event), site_findings=event.findings)
        else:
            after = msgspec.structs.replace(closed, not_selected=event.reason, minutes_number=event.minutes_number)
        db.execute(update(table).where(table.c.application == application).values(said=_json(after)))


def _id(fact: Fact) -> str:
    return fact.recorded.stream.removeprefix(STREAM)


def _sheet(fact: Fact) -> dict[str, Any]:
    event = fact.event
    assert isinstance(event, e.Scored), "asked for sheets alone"
    return {
        "application": _id(fact),
        "expert": event.expert,
        "total": event.total,
        "marks": _json(event.marks),
        "comment": event.comment,
        "scored_at": fact.recorded.recorded_at,
    }


def _result(fact: Fact) -> dict[str, Any]:
    event = fact.event
    assert isinstance(event, e.ReviewClosed), "asked for results alone"
    said = Closed(
        method=event.method,
        spread=event.spread,
        dropped=event.dropped,
        leader=event.leader,
        divergence_reason=event.divergence_reason,
        opinion=event.opinion,
    )
    return {
        "application": _id(fact),
        "result": event.result,
        "totals": _json(event.totals),
        "said": _json(said),
        "closed_at": fact.recorded.recorded_at,
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _upsert(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    made = (postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert)(table)
    changed = {name: made.excluded[name] for name in ("total", "marks", "comment", "scored_at")}
    db.execute(made.on_conflict_do_update(index_elements=["application", "expert"], set_=changed), rows)


def _site(event: e.SiteChecked) -> str:
    return "passed" if event.passed else "failed"


class Closed(msgspec.Struct, frozen=True):
    """What was said when a review was closed, and what became of the result: *site* is passed, failed, or empty."""

    method: str = ""
    spread: int = 0
    dropped: tuple[int, ...] = ()
    leader: str = ""
    divergence_reason: str = ""
    opinion: str = ""
    site: str = ""
    site_findings: str = ""
    not_selected: str = ""
    minutes_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A closed review: *sheets* are the panel's, in the order in which it was drawn."""

    result: int
    sheets: tuple[Sheet, ...]
    closed: Closed


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the files that wait for an expert's marks: how many are in."""

    scored: int
    of: int


def _sheets() -> Table:
    return of_revision(schema.sheets, Judgements.revision)


def _results() -> Table:
    return of_revision(schema.results, Judgements.revision)


def scored_by(db: Connection, expert: str, among: Collection[str]) -> dict[str, int]:
    """The totals that *expert* gave, by application, of *among*."""
    sheets = _sheets()
    query = select(sheets.c.application, sheets.c.total).where(
        sheets.c.expert == expert, sheets.c.application.in_(among)
    )
    return {str(application): int(total) for application, total in db.execute(query)}


def progress(db: Connection, expert: str, seats: Table, applications: Table) -> Progress:
    """How far *expert* is with the panels that are open; one statement."""
    sheets, results = _sheets(), _results()
    mine = (seats.c.expert == expert) & seats.c.left_at.is_(None)
    joined = (
        seats.join(applications, applications.c.id == seats.c.application)
        .outerjoin(sheets, (sheets.c.application == seats.c.application) & (sheets.c.expert == expert))
        .outerjoin(results, results.c.application == seats.c.application)
    )
    open_ = (applications.c.stage == Stage.EXPERT_REVIEW.value) & results.c.application.is_(None)
    query = select(func.count(sheets.c.application), func.count()).select_from(joined).where(mine, open_)
    scored, of = db.execute(query).one()
    return Progress(int(scored), int(of))


def closed() -> Select[tuple[str]]:
    """The applications whose review is closed."""
    return select(_results().c.application)


def judgements(db: Connection, among: Select[tuple[str]]) -> dict[str, Judgement]:
    """The closed reviews of *among*, by application; two statements."""
    results, sheets = _results(), _sheets()
    found = {
        str(row["application"]): row for row in _read(db, results, among)
    }  # first: of each the sheets are there by then
    given: dict[str, dict[str, Sheet]] = {}
    for row in _read(db, sheets, among):
        sheet = Sheet(
            expert=row["expert"],
            total=row["total"],
            marks=msgspec.json.decode(row["marks"], type=dict[str, int]),
            comment=row["comment"],
        )
        given.setdefault(row["application"], {})[sheet.expert] = sheet
    return {id_: _judgement(row, given.get(id_, {})) for id_, row in found.items()}


def _read(db: Connection, table: Table, among: Select[tuple[str]]) -> list[Mapping[str, Any]]:
    return [dict(row) for row in db.execute(select(table).where(table.c.application.in_(among))).mappings()]


def _judgement(row: Mapping[str, Any], sheets: Mapping[str, Sheet]) -> Judgement:
    panel, said = msgspec.json.decode(row["totals"], type=dict[str, int]), msgspec.json.decode(row["said"], type=Closed)
    of_it = [sheets[expert] for expert in panel if expert in sheets]
    return Judgement(result=row["result"], sheets=with_dropped(of_it, said.dropped), closed=said)
