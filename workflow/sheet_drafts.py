"""A score sheet while it is being filled in: the expert's own, nobody else's to read, and no fact until it is submitted.

One row an expert and application, as it was typed. It goes with the submission, however that comes, and with the seat.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, Text, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.event import Event, instant_of, microseconds
from workflow import events as e
from workflow.schema import BIG, CODE

MOST_CHARACTERS = 60_000

sheet_drafts = Table(
    "sheet_drafts",
    MetaData(),
    Column("application", CODE, primary_key=True),
    Column("expert", CODE, primary_key=True),
    Column("typed", Text, nullable=False),  # JSON: name of the control to what stands in it
    Column("saved_at", BIG, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SheetDraft:
    typed: Mapping[str, str]
    saved_at: datetime


def keep(db: Connection, application: str, expert: str, typed: Mapping[str, str], now: datetime) -> None:
    """Every character as it was typed, in the place of what stood there."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    said = {"typed": msgspec.json.encode(dict(typed)).decode(), "saved_at": microseconds(now)}
    made = insert(sheet_drafts).values(application=application, expert=expert, **said)
    db.execute(made.on_conflict_do_update(index_elements=["application", "expert"], set_=said))


def draft_of(db: Connection, application: str, expert: str) -> SheetDraft | None:
    row = db.execute(
        select(sheet_drafts.c.typed, sheet_drafts.c.saved_at).where(*_of(application, expert))
    ).one_or_none()
    if row is None:
        return None
    typed, saved_at = row
    return SheetDraft(msgspec.json.decode(typed, type=dict[str, str]), instant_of(saved_at))


def forget_settled(db: Connection, application: str, events: Sequence[Event]) -> None:
    """Forget the drafts that *events* left without a use: of whoever submitted, stepped aside or was replaced; of everybody once
    the review is over."""
    for event in events:
        match event:
            case e.Scored(expert=expert) | e.ExpertDeclared(expert=expert, conflict=True):
                db.execute(delete(sheet_drafts).where(*_of(application, expert)))
            case e.PanelDrawn(replaces=expert) if expert:
                db.execute(delete(sheet_drafts).where(*_of(application, expert)))
            case e.ReviewClosed() | e.NotSelected() | e.Withdrawn():
                db.execute(delete(sheet_drafts).where(sheet_drafts.c.application == application))
            case _:
                pass


def _of(application: str, expert: str) -> tuple[ColumnElement[bool], ...]:
    return sheet_drafts.c.application == application, sheet_drafts.c.expert == expert
