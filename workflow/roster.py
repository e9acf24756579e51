"""The pool of experts as a table: a file that came, row by row, and the pool written out the same way.

Columns are found by their heads in either language. Each row is a command of its own; what became of it is told by row.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from directory.actor import DISCIPLINE_ROLES, Actor, Role
from directory.events import Employment
from directory.pool import Entry, Listed, Pool
from eventstore.dispatch import Context, Outcome
from eventstore.refusal import Fault, Malformed, Refusal, Refused
from paperwork import book, separated
from paperwork.book import BookRefused
from programmes.calendar import beijing_date
from programmes.workbook import Value
from web import tracing
from workflow.files import clean_name
from workflow.handling import Handling, actor_name

KEEPERS = (Role.SECURITY, Role.PROVINCE_CLERK)
READERS = (*KEEPERS, Role.PROVINCE_LEAD, Role.AUDITOR, *DISCIPLINE_ROLES)
KINDS = (".xlsx", ".csv", ".txt")
MOST_BYTES = 4 << 20
MOST_ROWS = 500  # each is a transaction of its own
MOST_OUT = 5_000
HEADS: Mapping[str, tuple[str, str]] = {
    "name": ("姓名", "Name"),
    "email": ("电子邮箱", "E-mail"),
    "phone": ("电话", "Phone"),
    "employer": ("工作单位", "Employer"),
    "title": ("职称", "Title"),
    "fields": ("专业领域", "Fields"),
    "former": ("曾任职单位", "Employers before"),
}
_ALSO = {"邮箱": "email", "手机": "phone", "单位": "employer", "职务职称": "title", "专业": "fields", "领域": "fields"}
_NEEDED = ("name", "email", "employer", "fields")
_APART = re.compile(r"[、，,;；/\n]+")
_LINES = re.compile(r"[;；\n]+")
_FORMER = re.compile(r"(?P<employer>.+?)[\s:：]+(?:(?P<since>\d{4})\s*年?\s*[-–—~至]+\s*)?(?P<until>\d{4})\s*年?")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file, by its number there, and what it says, or why it can't be read."""

    number: int
    entry: Entry | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a row: *person* where it was taken, else the refusals."""

    number: int
    name: str
    person: str = ""
    refusals: tuple[Refusal, ...] = ()


def read(stream: IO[bytes], name: str) -> list[Row]:
    """The rows of a file. Malformed where it is none that is read, or lacks a column (FILE_TYPE, ROSTER_COLUMN, …)."""
    cleaned = clean_name(name)
    if not cleaned.lower().endswith(KINDS):
        raise Malformed(Fault("file", "FILE_TYPE", {"name": cleaned, "allowed": list(KINDS)}))
    try:
        cells: Sequence[Sequence[Value]] = (
            book.read_rows(stream) if cleaned.lower().endswith(".xlsx") else separated.read_separated(stream)
        )
    except BookRefused as refused:
        limit = {"limit": refused.most} if refused.most else {}
        raise Malformed(Fault("file", refused.code, {"name": cleaned, **limit})) from None
    return list(rows_of(cells))


def rows_of(cells: Sequence[Sequence[Value]]) -> Iterator[Row]:
    """Below the row of heads each row that says something."""
    heads = ((place, _columns(row)) for place, row in enumerate(cells))
    place, columns = next((one for one in heads if one[1].keys() >= set(_NEEDED)), (-1, dict[str, int]()))
    if not columns:
        lacking = "、".join(HEADS[name][0] for name in _NEEDED)
        raise Malformed(Fault("file", "ROSTER_COLUMN", {"columns": lacking}))
    below = cells[place + 1 :]
    if len(below) > MOST_ROWS:
        raise Malformed(Fault("file", "TOO_MANY_ROWS", {"limit": MOST_ROWS}))
    for number, row in enumerate(below, place + 2):
        said = {name: _text(row[at]) if at < len(row) else "" for name, at in columns.items()}
        if any(said.values()):
            yield _row(number, said)


def _columns(row: Sequence[Value]) -> dict[str, int]:
    known = {head.lower(): name for name, heads in HEADS.items() for head in heads} | _ALSO
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        name = known.get(re.sub(r"[\s*＊（(].*", "", _text(cell)).lower()) or known.get(_text(cell).lower())
        if name:
            found.setdefault(name, place)
    return found


def _text(cell: Value) -> str:
    return "" if cell is None else str(cell).strip()


def _row(number: int, said: Mapping[str, str]) -> Row:
    former, wrong = former_of(said.get("former", ""))
    faults = tuple(Fault("former", "BAD_FORMAT", {"expected": "某大学 2015-2021", "row": one}) for one in wrong)
    return Row(
        number,
        Entry(
            name=said.get("name", ""),
            email=said.get("email", ""),
            phone=said.get("phone", ""),
            employer=said.get("employer", ""),
            title=said.get("title", ""),
            fields=fields_of(said.get("fields", "")),
            former=former,
        ),
        faults,
    )


def fields_of(text: str) -> tuple[str, ...]:
    """大模型、算力 as a list."""
    return tuple(one.strip() for one in _APART.split(text) if one.strip())


def former_of(text: str) -> tuple[tuple[Employment, ...], tuple[str, ...]]:
    """「某大学 2015-2021；某公司 2014」: each employer with its years, and the parts that can't be read so."""
    found, wrong = list[Employment](), list[str]()
    for part in (one.strip() for one in _LINES.split(text)):
        read_ = _FORMER.fullmatch(part)
        if read_:
            since, until = int(read_["since"] or 0), int(read_["until"])
            found.append(Employment(employer=read_["employer"].strip(), until=until, since=since))
        elif part:
            wrong.append(part)
    return tuple(found), tuple(wrong)


def former_words(former: Iterable[Employment]) -> str:
    """The same the other way, so that what was written can be read again."""
    return "；".join(f"{one.employer} {f'{one.since}-' if one.since else ''}{one.until}" for one in former)


def province_of(actor: Actor) -> str:
    """The province whose pool this person keeps; of whoever keeps none the one whose pool they read."""
    return min(actor.scopes(*KEEPERS) or actor.scopes(*READERS))


def enlisting(handling: Handling, keeping: Pool, actor: Actor, key: str | None) -> Callable[[Row, Entry], Outcome]:
    """Enlist the expert of a row, under a key of the row's own: the same file sent twice enlists nobody twice."""
    province, year = province_of(actor), beijing_date(handling.now()).year

    def act(row: Row, entry: Entry) -> Outcome:
        said = f"{key}/{row.number}/{entry!r}"
        context = Context(
            actor=actor_name(actor),
            correlation_id=tracing.correlation(handling.ids.uuid7),
            command_id=hashlib.sha256(said.encode()).hexdigest(),
            fingerprint=hashlib.sha256(repr(entry).encode()).digest(),
        )
        return keeping.enlist(context, actor, province, entry, year)

    return act


def take(rows: Iterable[Row], enlist: Callable[[Row, Entry], Outcome]) -> Iterator[Taken]:
    """Each row by itself: one that is refused leaves the others as they are."""
    for row in rows:
        assert row.entry is not None, "a row that was read has what it says"
        try:
            if row.faults:
                raise Malformed(row.faults)
            yield Taken(row.number, row.entry.name, str(enlist(row, row.entry).result["person"]))
        except Malformed as wrong:
            refusals = tuple(Refusal(one.code, {"field": one.field, **one.params}) for one in wrong.faults)
            yield Taken(row.number, row.entry.name, refusals=refusals)
        except Refused as refused:
            yield Taken(row.number, row.entry.name, refusals=tuple(refused.refusals))


@dataclass(frozen=True, slots=True)
class PoolSheet:
    """The pool as a sheet that can be brought back: heads in both languages would be no heads, so in Chinese."""

    experts: Sequence[Listed]
    name: str = "专家库"
    heads: tuple[int, ...] = (0,)

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        return [[zh for zh, _ in HEADS.values()], *(_cells(one) for one in self.experts)]


def _cells(one: Listed) -> list[str]:
    former = former_words(one.former)
    return [one.name, one.email, one.phone, one.employer, one.title, "、".join(one.fields), former]
