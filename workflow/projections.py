"""The tables that lists and set rules need, kept in the transaction of the events.

UNIQUE constraints here are the rules that no single application can see: one number a call, one slot a recommendation,
one bank reference for ever. Whoever loses such a race decides again on new facts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Connection, Select, Table, Update, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from consortium.events import TYPES as CONSORTIUM_TYPES
from eventstore.event import Fact, Unread
from eventstore.projection import TableProjection
from workflow import events as e
from workflow import schema
from workflow.attempts import RefusedAttempts
from workflow.exceptions import Exceptions
from workflow.judgements import Judgements
from workflow.members import Memberships
from workflow.places import ExclusivePlaces
from workflow.standing import Definitions, Row, Standing, advance
from workflow.state import FORM
from workflow.tallies import Tallies

STREAM = e.STREAM
_COLUMNS = tuple(field.name for field in fields(Row))
_encode = msgspec.json.Encoder().encode
_standing = msgspec.json.Decoder(Standing).decode
_CHUNK = 500
_ALONE = {
    *CONSORTIUM_TYPES.values(),
    e.FileAttached,
    e.FileRemoved,
    e.CommitmentRecorded,
    e.PaperIssued,
    e.ExpertDeclared,
    e.Scored,
}


def stream_of(application_id: object) -> str:
    return f"{STREAM}{application_id}"


def _id(fact: Fact) -> str:
    return fact.recorded.stream.removeprefix(STREAM)


class Applications(TableProjection):
    """The worklist: one row an application, its number and its places on recommendation lists among it."""

    name = "applications"
    revision = 1
    personal = False
    wanted = frozenset(e.TYPES.values()) - _ALONE  # of the rest a list shows the version and the moment
    declared = (schema.applications,)

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        mine = [fact for fact in facts if fact.recorded.stream.startswith(STREAM)]
        if not mine:
            return
        table = self.table(schema.applications)
        known = _rows(db, table, {_id(f) for f in mine} - {_id(f) for f in mine if f.recorded.version == 1})
        batch = _Batch(self._definitions, known)
        for fact in mine:
            batch.take(fact)
        _write(db, table, known, batch.rows, batch.standings)


class _Batch:
    """The rows that a run of facts touches, folded in memory and written once."""

    def __init__(self, definitions: Definitions, known: dict[str, dict[str, Any]]) -> None:
        self._definitions = definitions
        self.rows = {key: Row(**columns) for key, columns in known.items()}
        self.standings = {key: _standing(columns["standing"]) for key, columns in known.items()}

    def take(self, fact: Fact) -> None:
        key, event, at = _id(fact), fact.event, fact.recorded.recorded_at
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = Row(key)
            self.standings[key] = Standing()
        if not isinstance(event, Unread):
            match event:
                case e.Opened(call=call, definition_digest=digest):
                    definition = self._definitions.get(call, digest)
                case _:
                    definition = self._definitions.get(row.call, row.definition)
            advance(row, self.standings[key], event, at, definition)  # type: ignore[arg-type]
        row.version, row.changed_at = fact.recorded.version, at


def _rows(db: Connection, table: Table, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    ids, found = sorted(wanted), dict[str, dict[str, Any]]()
    for start in range(0, len(ids), _CHUNK):
        for row in db.execute(_selecting(table), {"ids": ids[start : start + _CHUNK]}):
            columns = dict(zip(_COLUMNS, row, strict=True))
            found[columns["id"]] = columns
    return found


@cache
def _selecting(table: Table) -> Select[Any]:
    """Made once: putting a statement together costs more than asking it."""
    return select(*(table.c[name] for name in _COLUMNS)).where(table.c.id.in_(bindparam("ids", expanding=True)))


@cache
def _updating(table: Table, names: tuple[str, ...]) -> Update:
    to: dict[str, BindParameter[Any]] = {name: bindparam(f"new_{name}") for name in names}
    return update(table).where(table.c.id == bindparam("of")).values(to)


def _write(
    db: Connection,
    table: Table,
    known: dict[str, dict[str, Any]],
    rows: dict[str, Row],
    standings: dict[str, Standing],
) -> None:
    """New rows are inserted; of known ones only what changed is written, so that an index is touched only when it must."""
    fresh: list[dict[str, Any]] = []
    changed: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for key, row in rows.items():
        row.standing = _encode(standings[key]).decode()
        columns = {name: getattr(row, name) for name in _COLUMNS}
        before = known.get(key)
        if before is None:
            fresh.append(columns)
            continue
        names = tuple(name for name in _COLUMNS if columns[name] != before[name])
        changed.setdefault(names, []).append({**{f"new_{n}": columns[n] for n in names}, "of": key})
    if fresh:
        db.execute(insert(table), fresh)
    for names, values in changed.items():
        if names:
            db.execute(_updating(table, names), values)


class BankReferences(TableProjection):
    """Every bank reference ever booked, once: of what was paid, repaid or handed on. One that a bank returned, or that
    was wrongly recorded, stays."""

    name = "bank_references"
    revision = 1
    personal = False
    wanted = frozenset({e.TranchePaid, e.RepaymentRecorded, e.HandedOn, e.BookingCorrected})
    declared = (schema.bank_references,)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        booked = [
            {"reference": reference, "application": _id(fact)} for fact in facts for reference in _references(fact)
        ]
        if booked:
            db.execute(insert(self.table(schema.bank_references)), booked)


def _references(fact: Fact) -> Iterable[str]:
    match fact.event:
        case e.TranchePaid(bank_reference=reference) | e.RepaymentRecorded(bank_reference=reference):
            yield reference
        case e.HandedOn(parts=parts):
            yield from (part.bank_reference for part in parts)
        case e.BookingCorrected(new_reference=reference) if reference:
            yield reference
        case _:
            return


class Assignments(TableProjection):
    """Which expert sits, or sat, on which panel: what an expert may see."""

    name = "assignments"
    revision = 1
    personal = False
    wanted = frozenset({e.PanelDrawn, e.ExpertDeclared})
    declared = (schema.assignments,)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        taken: list[dict[str, Any]] = []
        left: list[dict[str, Any]] = []
        for fact in facts:
            of, at = _id(fact), fact.recorded.recorded_at
            match fact.event:
                case e.PanelDrawn(drawn=drawn, replaces=replaced):
                    taken += [{"expert": expert, "application": of, "drawn_at": at} for expert in drawn]
                    left += [{"who": replaced, "of": of, "at": at}] if replaced else []
                case e.ExpertDeclared(expert=expert, conflict=True):
                    left.append({"who": expert, "of": of, "at": at})
                case _:
                    pass
        table = self.table(schema.assignments)
        if taken:  # nobody is drawn twice, so that whoever left stays away
            db.execute(insert(table), taken)
        if left:
            seat = (table.c.expert == bindparam("who")) & (table.c.application == bindparam("of"))
            db.execute(update(table).where(seat).values(left_at=bindparam("at")), left)


class AttachedFiles(TableProjection):
    """Every file that was ever part of an application; its bytes stay, because a sealed text may name it."""

    name = "attached_files"
    revision = 1
    personal = False
    wanted = frozenset({e.FileAttached})
    declared = (schema.attached_files,)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        files = [
            {
                "file_id": fact.event.file_id,
                "application": _id(fact),
                "slot": fact.event.slot,
                "sha256": fact.event.sha256,
                "size": fact.event.size,
            }
            for fact in facts
            if isinstance(fact.event, e.FileAttached)
        ]
        if files:
            db.execute(insert(self.table(schema.attached_files)), files)


class Papers(TableProjection):
    """Every paper that was printed or sealed, by its check code: of what, which version, at which stage, when."""

    name = "papers"
    revision = 1
    personal = False
    wanted = frozenset({e.PaperIssued, e.UnitSealed, e.Resubmitted})
    declared = (schema.papers,)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        table = self.table(schema.papers)
        made: dict[str, dict[str, Any]] = {}
        for row in (row for fact in facts for row in _printed(fact)):
            made.setdefault(row["code"], row)  # the first time counts
        if made:
            insert_new = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
            db.execute(insert_new(table).on_conflict_do_nothing(), list(made.values()))


def _printed(fact: Fact) -> Iterable[dict[str, Any]]:
    match fact.event:
        case e.PaperIssued(stage=stage, kind=kind, code=code, version=version):
            pass
        case e.UnitSealed(entered=stage, paper_code=code, paper_version=version) if code:
            kind = FORM
        case e.Resubmitted(entered=stage, paper_code=code, paper_version=version) if code:
            kind = FORM
        case _:
            return
    yield {
        "code": code,
        "application": _id(fact),
        "kind": kind,
        "version": version,
        "stage": stage.value,
        "at_version": fact.recorded.version,
        "issued_at": fact.recorded.recorded_at,
    }


def kept(definitions: Definitions) -> list[TableProjection]:
    """Every projection of this room, for the dispatcher."""
    return [
        Applications(definitions),
        BankReferences(),
        Assignments(),
        AttachedFiles(),
        Papers(),
        ExclusivePlaces(),
        Memberships(),
        Exceptions(),
        RefusedAttempts(),
        Judgements(),
        Tallies(definitions),
    ]
