"""What was written to whom, and why: a person's own letters, an application's, one letter's reason, the state of the outbox.

Reads only. "Why did I get this" is answered from the row: the event that caused it and the part the person had in it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, literal_column, or_, select, tuple_

from eventstore.event import instant_of
from notifications import manuscripts, words
from notifications.schema import letter_attempts, letters
from notifications.wording import Said, Wording, blamed, with_deadline
from web.format import Language

PAGE = 50
TROUBLED = ("unknown", "dead")
_TROUBLED = and_(
    letters.c.state.in_([literal_column(f"'{state}'") for state in TROUBLED]), letters.c.reason == literal_column("''")
)
_PLANNED = letters.c.state == literal_column("'planned'")
"""Written out, not bound: only so does SQLite find the index that holds these letters alone."""
_CURSOR = re.compile(r"([0-9]{1,18})\.([0-9a-f-]{36})")
_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A letter as people see it in a list. *name* and *address* are None once erased."""

    id: str
    event_id: str
    event_position: int
    event_type: str
    application_id: str
    kind: str
    audience: str
    because: str
    asks: str
    deadline: datetime | None
    recipient: str
    name: str | None
    address: str | None
    language: str
    params: Mapping[str, Any]
    message_id: str
    state: str
    reason: str
    attempts: int
    created_at: datetime
    finished_at: datetime | None
    last_code: int | None
    last_error: str | None
    bundle: str
    asked_by: str
    wording: str

    @property
    def number(self) -> str:
        return str(self.params.get("number", ""))

    @property
    def about(self) -> str:
        """What one looks it up by: the number of an application, the name of an endpoint, "" for several things."""
        return self.number or str(self.params.get("endpoint", ""))

    @property
    def place(self) -> str:
        """Where the letter leads; one that is about several applications leads to where they lie."""
        return f"/applications/{self.application_id}" if self.application_id else str(self.params.get("page", "/inbox"))

    @property
    def stage(self) -> str:
        """The stage its event entered."""
        return str(self.params.get("stage", ""))

    @property
    def cursor(self) -> str:
        """Where a page that ends here goes on."""
        return f"{self.event_position}.{self.id}"

    def title(self, language: Language) -> str:
        return words.title(self.kind, language, self.params)

    def happened(self, language: Language) -> str:
        return words.happened(self.kind, language, self.params)

    def said(self, wording: Wording, language: Language) -> Said:
        """What it says, in the texts it was written with."""
        return wording.said(self.kind, language, with_deadline(self.params, self.deadline))

    def why(self, language: Language) -> str:
        """The part of the recipient that made them one."""
        return words.say(f"because.{self.because}", language, **self.params)

    def what_to_do(self, language: Language) -> str:
        return words.say(f"asks.{self.asks or 'nothing'}", language)

    def standing(self, language: Language) -> str:
        """What became of the mail, with the reason where none was sent."""
        said = words.say(f"state.{self.state}", language)
        return f"{said}: {words.say(f'reason.{self.reason}', language)}" if self.reason else said


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to deliver a letter, and what the server said."""

    n: int
    ended_at: datetime
    outcome: str
    code: int | None
    said: str


_SHOWN = tuple(letters.c[name] for name in Shown.__dataclass_fields__)


def to_person(db: Connection, recipient: str, after: str = "", limit: int = PAGE) -> list[Shown]:
    """The letters of one person, newest first; *after* is the cursor of the last one seen."""
    return _page(db, after, limit, letters.c.recipient == recipient)


def about(
    db: Connection, application_id: str, after: str = "", limit: int = PAGE, only: str | None = None
) -> list[Shown]:
    """What was written about one application, newest first; with *only*, to that person."""
    mine = () if only is None else (letters.c.recipient == only,)
    return _page(db, after, limit, letters.c.application_id == application_id, *mine)


def caused_by(db: Connection, application_id: str, position: int, limit: int = PAGE) -> list[Shown]:
    """The letters that one event of an application caused."""
    return _page(db, "", limit, letters.c.application_id == application_id, letters.c.event_position == position)


def everything(db: Connection, after: str = "", limit: int = PAGE) -> list[Shown]:
    """All letters, newest first; for the operator and the auditor."""
    return _page(db, after, limit)


def one(db: Connection, letter_id: str) -> Shown | None:
    row = db.execute(select(*_SHOWN).where(letters.c.id == letter_id)).first()
    return None if row is None else _shown(row)


def attempts(db: Connection, letter_id: str) -> list[Attempt]:
    """Every try, oldest first."""
    c = letter_attempts.c
    query = select(c.n, c.ended_at, c.outcome, c.code, c.said).where(c.letter_id == letter_id).order_by(c.n)
    return [
        Attempt(n=n, ended_at=instant_of(ended_at), outcome=outcome, code=code, said=said)
        for n, ended_at, outcome, code, said in db.execute(query)
    ]


def counts(db: Connection) -> dict[str, int]:
    """How many letters are in each state; what an operator looks at first."""
    query = select(letters.c.state, func.count()).group_by(letters.c.state).order_by(letters.c.state)
    return {str(state): int(count) for state, count in db.execute(query)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Letters in trouble that the server answered alike; *code* 0 where nobody answered."""

    state: str
    code: int
    letters: int


def causes(db: Connection) -> list[Cause]:
    """What is in trouble, the most frequent cause first."""
    c, count = letters.c, func.count()
    query = select(c.state, c.last_code, count).where(_TROUBLED)
    found = db.execute(query.group_by(c.state, c.last_code).order_by(count.desc(), c.state))
    return [Cause(state=state, code=int(code or 0), letters=int(many)) for state, code, many in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Misworded:
    """Letters that were put into the house's own words because a text failed that is still in force; *said*: why, the last time."""

    letters: int
    said: str


def misworded(db: Connection) -> dict[str, Misworded]:
    """By kind of text, from the index that holds them alone. Another version of the text ends it."""
    texts = {text.named: text.kind for text in manuscripts.texts_of(manuscripts.in_force(db))}
    fault, newest = letters.c.wording_fault, func.max(letters.c.id)
    failed = (fault != literal_column("''"), or_(false(), *(fault.contains(named, autoescape=True) for named in texts)))
    found: dict[str, Misworded] = {}
    for said, many in db.execute(select(fault, func.count()).where(*failed).group_by(fault).order_by(newest)):
        for kind in {texts[named] for named in blamed(said) if named in texts}:
            before = found[kind].letters if kind in found else 0
            found[kind] = Misworded(letters=before + int(many), said=said)
    return found


def oldest_due(db: Connection) -> datetime | None:
    """Since when the letter is due that waits longest; None when none waits."""
    found = db.scalar(select(func.min(letters.c.due_at)).where(_PLANNED))
    return None if found is None else instant_of(int(found))


def waiting(db: Connection) -> tuple[int, datetime | None]:
    """How many letters are planned, and `oldest_due`; from the index that holds them alone."""
    due = letters.c.due_at
    many, oldest = db.execute(select(func.count(due), func.min(due)).where(_PLANNED)).one()
    return many, None if oldest is None else instant_of(oldest)


def troubled(db: Connection, limit: int = PAGE) -> list[Shown]:
    """Letters a person must look at, newest first."""
    return _page(db, "", limit, _TROUBLED)


def _page(db: Connection, after: str, limit: int, *where: ColumnElement[bool]) -> list[Shown]:
    query = select(*_SHOWN).where(*where)
    cursor = _CURSOR.fullmatch(after)
    if cursor:
        seen = tuple_(letters.c.event_position, letters.c.id)
        query = query.where(seen < (int(cursor[1]), cursor[2]))
    query = query.order_by(letters.c.event_position.desc(), letters.c.id.desc()).limit(limit)
    return [_shown(row) for row in db.execute(query)]


def _shown(row: Row[Any]) -> Shown:
    values: dict[str, Any] = dict(zip(Shown.__dataclass_fields__, row, strict=True))
    for name in ("deadline", "created_at", "finished_at"):
        values[name] = None if values[name] is None else instant_of(values[name])
    values["params"] = _DECODE(values["params"])
    return Shown(**values)
