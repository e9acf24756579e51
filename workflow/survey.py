"""A call seen from above: how many got how far, how they moved, where they lay and how long, what was returned for, what was paid.

Adds up the figures of `tallies` that lie in somebody's sight: two statements, whatever the number of applications.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from directory.actor import Actor
from directory.policy import visible_to
from eventstore.projection import of_revision
from workflow import schema
from workflow.funded import PAYMENT, REPAYMENT
from workflow.stages import Stage
from workflow.tallies import Tallies
from workflow.tallying import CONFIRMED, FUNNEL, INSTRUCTED, PLANNED, RETURNED, SECOND, What
from workflow.worklist import of_offices

DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How many got to *stage* or beyond it, and how many stand there now."""

    stage: Stage
    reached: int
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How often an application went from *source* to *dest*. *back*: it lost ground, by a return or a recall."""

    source: Stage
    dest: Stage
    times: int
    back: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """How applications lay at *stage* in *office*: *ended* stays of *seconds* together, *in_time* and *late* of those that had
    a deadline, and how many lie there now, since *running_seconds* together."""

    stage: Stage
    office: str
    ended: int
    seconds: int
    in_time: int
    late: int
    running: int
    running_seconds: int

    @property
    def tenths(self) -> int:
        """Days on the average in tenths, rounded down, of the stays that ended."""
        return _tenths(self.seconds, self.ended)

    @property
    def running_tenths(self) -> int:
        return _tenths(self.running_seconds, self.running)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """How often *item* (of *kind*) was listed in a return from *stage*."""

    kind: str
    item: str
    stage: Stage
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """The awards that stand."""

    city: str
    direction: str
    number: int
    fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Sums by the Beijing month (2026-03) they were planned for, instructed in, paid, returned by a bank, repaid, confirmed."""

    month: str
    planned: int
    instructed: int
    paid: int
    returned: int
    repaid: int
    confirmed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    call: str
    funnel: tuple[Reached, ...] = ()
    now: Mapping[Stage, int]
    flows: tuple[Flow, ...] = ()
    stays: tuple[Stay, ...] = ()
    causes: tuple[Cause, ...] = ()
    awards: tuple[Award, ...] = ()
    months: tuple[Month, ...] = ()

    @property
    def empty(self) -> bool:
        return not any(one.reached for one in self.funnel)


@dataclass(frozen=True, slots=True)
class _Sum:
    what: str
    one: str
    other: str
    times: int
    amount: int
    in_time: int
    late: int


def survey(db: Connection, actor: Actor, call: str, now: int) -> Survey:
    """*call* as far as *actor* sees it as an office; *now* in microseconds, for stays that have not ended."""
    table = of_revision(schema.tallies, Tallies.revision)
    scopes = list(of_offices(table, visible_to(actor)))
    if not scopes:
        return Survey(call=call, now={})
    scope = (table.c.call == call) & or_(*scopes)
    sums = list(_sums(db, table, scope))
    stages = {Stage(each.one): each.times for each in _of(sums, What.NOW) if each.times}
    return Survey(
        call=call,
        funnel=tuple(_funnel(sums, stages)),
        now=stages,
        flows=tuple(sorted(_flows(sums), key=lambda flow: (_place(flow.source), _place(flow.dest)))),
        stays=tuple(sorted(_stays(sums, now // SECOND), key=lambda stay: (_place(stay.stage), stay.office))),
        causes=tuple(sorted(_causes(sums), key=lambda cause: (-cause.times, cause.kind, cause.item, cause.stage))),
        awards=tuple(_awards(db, table, scope)),
        months=tuple(_months(sums)),
    )


def _sums(db: Connection, table: Table, scope: ColumnElement[bool]) -> Iterator[_Sum]:
    keys = (table.c.what, table.c.one, table.c.other)
    added = [func.sum(table.c[name]) for name in ("times", "amount", "in_time", "late")]
    for row in db.execute(select(*keys, *added).where(scope).group_by(*keys)).all():
        what, one, other, times, amount, in_time, late = tuple[Any, ...](row)
        yield _Sum(what, one, other, int(times), int(amount), int(in_time), int(late))


def _awards(db: Connection, table: Table, scope: ColumnElement[bool]) -> Iterator[Award]:
    keys = (table.c.city, table.c.direction)
    added = select(*keys, func.sum(table.c.times), func.sum(table.c.amount))
    for city, direction, number, fen in db.execute(
        added.where(scope, table.c.what == What.AWARD.value).group_by(*keys).order_by(*keys)
    ):
        if number:
            yield Award(city=city, direction=direction, number=int(number), fen=int(fen))


def _of(sums: Iterable[_Sum], what: What) -> Iterator[_Sum]:
    return (each for each in sums if each.what == what.value)


def _funnel(sums: Iterable[_Sum], now: Mapping[Stage, int]) -> Iterator[Reached]:
    reached = {each.one: each.times for each in _of(sums, What.REACHED)}
    for stage in FUNNEL:
        yield Reached(stage=stage, reached=reached.get(stage, 0), now=now.get(stage, 0))


def _flows(sums: Iterable[_Sum]) -> Iterator[Flow]:
    for each in _of(sums, What.FLOW):
        source, dest = Stage(each.one), Stage(each.other)
        if each.times:
            yield Flow(source=source, dest=dest, times=each.times, back=dest in (Stage.RETURNED, Stage.DRAFT))


def _stays(sums: Iterable[_Sum], now_s: int) -> Iterator[Stay]:
    ended = {(each.one, each.other): each for each in _of(sums, What.STAY)}
    running = {(each.one, each.other): each for each in _of(sums, What.RUNNING)}
    nothing = _Sum("", "", "", 0, 0, 0, 0)
    for stage, office in ended.keys() | running.keys():
        done, still = ended.get((stage, office), nothing), running.get((stage, office), nothing)
        if done.times or (still.times and office):  # at an end nobody holds it
            yield Stay(
                stage=Stage(stage),
                office=office,
                ended=done.times,
                seconds=done.amount,
                in_time=done.in_time,
                late=done.late,
                running=still.times,
                running_seconds=still.times * now_s - still.amount,
            )


def _causes(sums: Iterable[_Sum]) -> Iterator[Cause]:
    for each in _of(sums, What.CAUSE):
        kind, _, item = each.one.partition("/")
        if each.times:
            yield Cause(kind=kind, item=item, stage=Stage(each.other), times=each.times)


def _months(sums: Iterable[_Sum]) -> Iterator[Month]:
    found: dict[str, dict[str, int]] = {}
    for each in _of(sums, What.MONEY):
        if each.times:
            found.setdefault(each.other, {})[each.one] = each.amount
    for month, fen in sorted(found.items()):
        yield Month(
            month=month,
            planned=fen.get(PLANNED, 0),
            instructed=fen.get(INSTRUCTED, 0),
            paid=fen.get(PAYMENT, 0),
            returned=fen.get(RETURNED, 0),
            repaid=fen.get(REPAYMENT, 0),
            confirmed=fen.get(CONFIRMED, 0),
        )


def _place(stage: Stage) -> int:
    return list(Stage).index(stage)


def _tenths(seconds: int, number: int) -> int:
    return seconds * 10 // (DAY_S * number) if number else 0
