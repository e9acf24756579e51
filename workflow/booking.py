"""A bank's statement taken in: read, matched with what is due, and booked row by row, each in its own transaction.

What is proposed is looked at by a person; a row that is booked goes through the same command as one typed by hand.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO
from uuid import UUID

from sqlalchemy import Connection

from directory.actor import Actor
from eventstore.dispatch import Context, Outcome
from eventstore.event import Personal
from eventstore.refusal import Fault, Malformed, Refusal, Refused
from paperwork import book, separated
from paperwork.book import BookRefused
from programmes.workbook import Value
from web import tracing
from workflow import commands as c
from workflow import set_rules, worklist
from workflow.application import Application
from workflow.files import clean_name
from workflow.guards.funding import payees_account
from workflow.handling import FOLD, Handling, actor_name
from workflow.matching import Due, Owed, Proposal, Sent, Target, fitting, is_a_return, matched
from workflow.projections import stream_of
from workflow.shares import name_of
from workflow.stages import Stage
from workflow.statement import Line, Statement, read_statement, references_of
from workflow.worklist import Question

MOST_BYTES = book.MOST_BYTES
KINDS = (".csv", ".txt", ".xlsx")
_PAGE = 100
Act = Callable[[c.Command, Line], Outcome]
"""Carries a command out for one line, under a key of that line's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What became of a line that was to be booked: the stage its application is in now, or why it was not."""

    line: Line
    target: Target
    stage: str = ""
    replayed: bool = False
    refusals: tuple[Refusal, ...] = ()


def read(stream: IO[bytes], name: str) -> Statement:
    """The statement in a file. Malformed where it is none that is read (FILE_TYPE, FILE_MACRO, STATEMENT_COLUMN, …)."""
    cleaned = clean_name(name)
    if not cleaned.lower().endswith(KINDS):
        raise Malformed(Fault("file", "FILE_TYPE", {"name": cleaned, "allowed": list(KINDS)}))
    try:
        rows: Sequence[Sequence[Value]] = (
            book.read_rows(stream) if cleaned.lower().endswith(".xlsx") else separated.read_separated(stream)
        )
    except BookRefused as refused:
        limit = {"limit": refused.most} if refused.most else {}
        raise Malformed(Fault("file", refused.code, {"name": cleaned, **limit})) from None
    return read_statement(rows)


def proposed(handling: Handling, actor: Actor, lines: Sequence[Line]) -> list[Proposal]:
    """Each line with what it would be booked as, among the applications that *actor* sees."""
    due, owed, sent = _known(handling, actor, lines)
    return matched(lines, due, owed, sent, _booked_before(handling, actor, lines))


def book_lines(handling: Handling, actor: Actor, chosen: Sequence[tuple[Line, Target]], act: Act) -> Iterator[Booked]:
    """Book each line as it was shown; ROW_CHANGED where it no longer fits. One fails, the others stand."""
    for line, target in chosen:
        booked = _booked_before(handling, actor, (line,))
        if not booked and not any(_same(target, one) for one in fitting(line, *_known(handling, actor, (line,)))):
            refusal = Refusal.of("ROW_CHANGED", source="银行流水导入", number=target.number)
            yield Booked(line=line, target=target, refusals=(refusal,))
        else:
            yield _booked(
                line, target, act
            )  # what was booked under this key answers again, under another it is refused


def _same(one: Target, other: Target) -> bool:
    return _told(one) == _told(other)


def _told(target: Target) -> tuple[str, int, str, bool]:
    return target.application, target.tranche, target.unit, target.returned


def context_of(handling: Handling, actor: Actor, key: str, line: Line) -> Context:
    """The envelope of one line: under a key of its own, so that asking again for all of them acts once on each."""
    return Context(
        actor=actor_name(actor),
        correlation_id=tracing.correlation(handling.ids.uuid7),
        command_id=hashlib.sha256(f"{key}/{line.reference}".encode()).hexdigest(),
        fingerprint=hashlib.sha256(repr(line).encode()).digest(),
    )


def _booked(line: Line, target: Target, act: Act) -> Booked:
    """A line that was booked under this very key before answers as it did then."""
    try:
        outcome = act(_command(line, target), line)
    except Refused as refused:
        return Booked(line=line, target=target, refusals=refused.refusals)
    return Booked(line=line, target=target, stage=str(outcome.result["stage"]), replayed=outcome.replayed)


def _command(line: Line, target: Target) -> c.Command:
    application = UUID(target.application)
    if target.returned:
        reason = f"银行退汇（流水号 {line.reference}）：{line.remark}"
        return c.ReturnPayment(application_id=application, tranche=target.tranche, reason=reason, returned_on=line.on)
    if target.tranche:
        return c.ConfirmPaid(
            application_id=application, bank_reference=line.reference, paid_on=line.on, tranche=target.tranche
        )
    return c.RecordRepayment(
        application_id=application,
        amount_fen=line.amount_fen,
        bank_reference=line.reference,
        unit=target.unit,
        received_on=line.on,
    )


_MOVING = (Stage.DISBURSING, Stage.RECOVERING)


def _in(db: Connection, handling: Handling, actor: Actor, stages: Sequence[Stage]) -> Iterator[Application]:
    """The applications in sight that are in one of *stages*."""
    for stage in stages:
        after: str | None = None
        while True:
            page = worklist.page(db, actor, Question(stages=(stage,), after=after, limit=_PAGE))
            yield from (handling.dispatcher.load_in(db, stream_of(item.id), FOLD).state for item in page.items)
            if page.after is None:
                break
            after = page.after


def _known(handling: Handling, actor: Actor, lines: Sequence[Line]) -> tuple[list[Due], list[Owed], list[Sent]]:
    """What is due, what is owed, and, where a line says that a payment came back, what was sent: that asks those paid in full too."""
    returns = any(is_a_return(line) for line in lines)
    with handling.store.reading() as db:
        found = list(_in(db, handling, actor, (*_MOVING, Stage.DISBURSED) if returns else _MOVING))
    return (
        [one for each in found for one in _due(each)],
        [one for each in found for one in _owed(each)],
        [one for each in found for one in _sent(each)] if returns else [],
    )


def _sent(application: Application) -> Iterator[Sent]:
    account = payees_account(application)
    for tranche in application.tranches:
        if tranche.bank_reference:
            yield Sent(
                application=application.id,
                number=application.number,
                tranche=tranche.number,
                amount_fen=tranche.amount_fen,
                unit=application.lead_unit,
                name=application.unit_name,
                account=(account.value or "") if account else "",
                reference=tranche.bank_reference,
                paid_on=tranche.paid_on,
                returned=tranche.returned,
            )


def _booked_before(handling: Handling, actor: Actor, lines: Sequence[Line]) -> dict[str, str]:
    """References that were booked, each with the number of its application where *actor* may see it."""
    with handling.store.reading() as db:
        booked = set_rules.booked(db, list(references_of(lines)))
        numbers = worklist.numbers(db, actor, set(booked.values()))
    return {reference: numbers.get(application, "") for reference, application in booked.items()}


def _due(application: Application) -> Iterator[Due]:
    account = payees_account(application)
    for tranche in application.tranches if application.stage is Stage.DISBURSING else ():
        if not tranche.bank_reference:
            yield Due(
                application=application.id,
                number=application.number,
                tranche=tranche.number,
                amount_fen=tranche.amount_fen,
                unit=application.lead_unit,
                name=application.unit_name,
                account=(account.value or "") if isinstance(account, Personal) else "",
            )


def _owed(application: Application) -> Iterator[Owed]:
    left = application.recovery_due_fen - application.recovered_now_fen
    if application.stage is Stage.RECOVERING and left > 0:
        units = {unit: name_of(application, unit) for unit in application.units}
        yield Owed(application=application.id, number=application.number, amount_fen=left, units=units)
