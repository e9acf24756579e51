"""A bank's statement as operations: what each row would be booked as, and the booking with a result a row."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from eventstore.dispatch import Outcome
from eventstore.refusal import Refusal
from web import texts
from web.operations import Answer, Asked, Operation
from web.reading import Request
from workflow import booking
from workflow import commands as c
from workflow.api.desk import Desk
from workflow.api.models import Because, NoFields, Told
from workflow.dossier import Words
from workflow.matching import Proposal, Target
from workflow.statement import Line

_Short = Annotated[str, Field(max_length=200)]


class StatementRow(Told):
    """A row that was read. *application*: what it would be booked on, as the payment of *tranche*, as its return by the bank where
    *returned*, or where *tranche* is 0 as a repayment of *unit*; empty where *refusal* says why it is none."""

    row: int
    on: date
    amount_fen: int
    direction: str
    reference: str
    account: str
    name: str
    remark: str
    application: str
    number: str
    tranche: int
    unit: str
    returned: bool = False
    refusal: Because | None


class UnreadableRow(Told):
    row: int
    refusals: tuple[Because, ...]


class StatementAnswer(Told):
    rows: tuple[StatementRow, ...]
    unreadable: tuple[UnreadableRow, ...]


class RowToBook(Request):
    """A row as it was answered, with what it is to be booked as."""

    row: Annotated[int, Field(ge=1, le=100_000)]
    on: date
    amount_fen: Annotated[int, Field(ge=1, lt=2**53)]
    direction: Literal["out", "in", ""]
    reference: Annotated[str, Field(min_length=1, max_length=200)]
    account: _Short = ""
    name: _Short = ""
    remark: _Short = ""
    application: Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    tranche: Annotated[int, Field(ge=0, le=10_000)]
    unit: _Short
    returned: bool = False


class RowsToBook(Request):
    rows: Annotated[tuple[RowToBook, ...], Field(min_length=1, max_length=500)]


class RowBooked(Told):
    """*stage*: of the application now; empty where *refusals* say why the row was not booked. The others stand."""

    row: int
    reference: str
    application: str
    stage: str
    replayed: bool
    refusals: tuple[Because, ...]


class RowsBooked(Told):
    rows: tuple[RowBooked, ...]


def statements(desk: Desk) -> Iterator[Operation]:
    asking = _Asking(desk)
    yield Operation(
        id="readStatement",
        method="POST",
        path="/bank-statements",
        action="statement.book",
        summary_zh="读取银行流水",
        summary_en="Read a bank statement and match it",
        perform=asking.read,
        request=NoFields,
        answer=StatementAnswer,
        upload=True,
        max_bytes=booking.MOST_BYTES,
    )
    yield Operation(
        id="bookStatement",
        method="POST",
        path="/bank-statements/bookings",
        action="statement.book",
        summary_zh="按银行流水登记",
        summary_en="Book rows of a bank statement",
        perform=asking.book,
        request=RowsToBook,
        answer=RowsBooked,
        command=True,
    )


class _Asking:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def read(self, asked: Asked) -> Answer:
        assert asked.file is not None, "an upload has its file"
        statement = booking.read(asked.file.stream, asked.file.filename or "")
        found = booking.proposed(self._desk.handling, asked.actor, statement.lines)
        unreadable = tuple(
            UnreadableRow(row=one.row, refusals=tuple(map(_because, one.refusals))) for one in statement.unreadable
        )
        return Answer(body=StatementAnswer(rows=tuple(map(_row, found)), unreadable=unreadable))

    def book(self, asked: Asked) -> Answer:
        def act(command: c.Command, line: Line) -> Outcome:
            context = booking.context_of(self._desk.handling, asked.actor, asked.command_id or "", line)
            return self._desk.handling.handle(command, asked.actor, context)

        chosen = [(_line(row), _target(row)) for row in asked.body_as(RowsToBook).rows]
        done = booking.book_lines(self._desk.handling, asked.actor, chosen, act)
        rows = tuple(
            RowBooked(
                row=one.line.row,
                reference=one.line.reference,
                application=one.target.application,
                stage=one.stage,
                replayed=one.replayed,
                refusals=tuple(map(_because, one.refusals)),
            )
            for one in done
        )
        return Answer(body=RowsBooked(rows=rows))


def _line(row: RowToBook) -> Line:
    values: Mapping[str, Any] = {name: getattr(row, name) for name in Line.__dataclass_fields__}
    return Line(**values)


def _target(row: RowToBook) -> Target:
    return Target(
        application=row.application, number="", tranche=row.tranche, unit=row.unit, name="", returned=row.returned
    )


def _row(one: Proposal) -> StatementRow:
    values: Mapping[str, Any] = {name: getattr(one.line, name) for name in Line.__dataclass_fields__}
    target = one.target
    return StatementRow(
        **values,
        application=target.application if target else "",
        number=target.number if target else "",
        tranche=target.tranche if target else 0,
        unit=target.unit if target else "",
        returned=target.returned if target else False,
        refusal=_because(one.refusal) if one.refusal else None,
    )


def _because(refusal: Refusal) -> Because:
    said = texts.explain(refusal)
    return Because(
        code=said.code,
        params=dict(said.params),
        reason=Words(zh=said.zh, en=said.en),
        source=said.source,
        who=said.who,
    )
