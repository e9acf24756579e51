"""The texts of letters as they were published: a table of every version kept in step with the log, and what reads it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    func,
    insert,
    select,
    tuple_,
)

from eventstore.event import Fact, instant_of
from eventstore.projection import TableProjection, of_revision
from eventstore.schema import BIG
from notifications import wording
from notifications.text_events import TYPES, TextPublished, TextWithdrawn
from notifications.wording import Wording
from web.format import Language

letter_texts = Table(
    "letter_texts",
    MetaData(),
    Column("kind", Text),
    Column("language", Text),
    Column("version", Integer),
    Column("subject", Text),  # null where the house's own text came back into force
    Column("body", Text),
    Column("why", Text, nullable=False),
    Column("restores", Integer, nullable=False),
    Column("house", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BIG, nullable=False),
    Column("stream_version", Integer, nullable=False),
    PrimaryKeyConstraint("kind", "language", "version", name="letter_texts_key"),
)


class LetterTexts(TableProjection):
    """Every version of every text, as it was published."""

    name = "letter_texts"
    revision = 1
    personal = False
    wanted = frozenset(TYPES.values())
    declared = (letter_texts,)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        rows = [_row(fact) for fact in facts if isinstance(fact.event, TextPublished | TextWithdrawn)]
        if rows:
            db.execute(insert(self.table(letter_texts)), rows)


def _row(fact: Fact) -> dict[str, Any]:
    recorded, event = fact.recorded, cast("TextPublished | TextWithdrawn", fact.event)
    words: dict[str, Any] = {"subject": None, "body": None, "restores": 0, "house": ""}
    if isinstance(event, TextPublished):
        words = {"subject": event.subject, "body": event.body, "restores": event.restores, "house": event.house}
    return {
        "kind": event.kind,
        "language": event.language,
        "version": event.version,
        "why": event.why,
        "by": recorded.actor,
        "at": recorded.recorded_at,
        "stream_version": recorded.version,
        **words,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version as people read of it. *subject* and *body* are None where the house's own text came back into force."""

    kind: str
    language: Language
    version: int
    subject: str | None
    body: str | None
    why: str
    restores: int
    house: str
    by: str
    at: datetime
    stream_version: int


def live() -> Table:
    return of_revision(letter_texts, LetterTexts.revision)


def in_force(db: Connection) -> list[Version]:
    """The newest version of each kind and language that has any; one statement."""
    c = live().c
    newest = select(c.kind, c.language, func.max(c.version)).group_by(c.kind, c.language)
    query = select(live()).where(tuple_(c.kind, c.language, c.version).in_(newest)).order_by(c.kind, c.language)
    return [_version(row) for row in db.execute(query)]


def versions(db: Connection, kind: str) -> list[Version]:
    """Every version of a kind, the newest first."""
    c = live().c
    query = select(live()).where(c.kind == kind).order_by(c.stream_version.desc(), c.version.desc())
    return [_version(row) for row in db.execute(query)]


def wording_in_force(db: Connection) -> Wording:
    """The texts that letters are written with now."""
    return wording_of(in_force(db))


def wording_as_of(db: Connection, kind: str, written_with: str) -> Wording:
    """The texts that a letter of *kind* was written with, by what its row says of them ("zh:2 en:0")."""
    wanted = {tuple(each.partition(":")[::2]) for each in written_with.split()}
    found = [one for one in versions(db, kind) if (one.language, str(one.version)) in wanted] if wanted else []
    return wording_of(found)


def wording_of(found: Collection[Version]) -> Wording:
    return Wording(texts_of(found))


def texts_of(found: Collection[Version]) -> list[wording.Text]:
    """As letters are written with them; what gave the text back to the house is none."""
    return [
        wording.Text(kind=one.kind, language=one.language, version=one.version, subject=one.subject, body=one.body)
        for one in found
        if one.subject is not None and one.body is not None
    ]


def _version(row: Row[Any]) -> Version:
    values: dict[str, Any] = dict(zip(live().c.keys(), row, strict=True))
    values["at"] = instant_of(values["at"])
    return Version(**values)
