"""Exceptions of one project a year: granted by the province with a reason, taken back while nobody uses them.

「原则上」 leaves the exception to the authority alone (reading A-23). A stream for each province, family and year. An
exception is one more place, and its id stays in the history of the application that was sealed under it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import Connection, Table, and_, exists, insert, or_, select, update

from eventstore.codec import named
from eventstore.dispatch import Fold
from eventstore.event import Event, Fact
from eventstore.projection import TableProjection, of_revision
from eventstore.refusal import Refusal, Refused
from programmes.call import Call
from workflow import places, schema
from workflow.exclusivity import EXCEPTION, Claim, scope_of
from workflow.facts import Granted

STREAM = "exceptions-"
SOURCE = "申报通知「原则上」"
_LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionGranted(Event):
    """The province lets unit or group *code* have one more live application of *family* this year."""

    exception: str
    call: str
    scope: str
    family: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionTakenBack(Event):
    """Nobody can be sealed under the exception any more; nobody was."""

    exception: str
    scope: str
    reason: str


ExceptionEvent = ExceptionGranted | ExceptionTakenBack
TYPES = named("exclusivity", (ExceptionGranted, ExceptionTakenBack))

Standing: TypeAlias = Mapping[str, ExceptionGranted]
"""The exceptions of a scope that stand, by id."""

_NONE: Standing = MappingProxyType({})


def evolve(standing: Standing, event: ExceptionEvent) -> Standing:
    match event:
        case ExceptionGranted(exception=id_):
            return {**standing, id_: event}
        case ExceptionTakenBack(exception=taken):
            return {id_: granted for id_, granted in standing.items() if id_ != taken}


EXCEPTIONS: Fold[Standing] = Fold(_NONE, evolve)


def stream_of(scope: str) -> str:
    return f"{STREAM}{scope}"


def waivable_in(call: Call, family: str) -> bool | None:
    """Whether the call lets the province except somebody in *family*; None where it has no such family."""
    rules = [rule for programme in call.programmes for rule in programme.exclusivity if rule.family == family]
    return any(rule.waivable for rule in rules) if rules else None


def grant(
    standing: Standing, id_: str, call: Call, family: str, code: str, reason: str, known: bool, free: frozenset[str]
) -> Sequence[ExceptionGranted]:
    """One more place for *code*. *known*: the register knows it; *free*: the exceptions that nobody uses."""
    refusals = _said(reason)
    if not known:
        refusals.append(Refusal.of("UNIT_UNKNOWN", unit=code))
    waivable = waivable_in(call, family)
    if not waivable:
        refusals.append(Refusal.of("NOT_WAIVABLE", source=SOURCE, family=family))
    if any(one.code == code and one.exception in free for one in standing.values()):
        refusals.append(Refusal.of("EXCEPTION_STANDS", source=SOURCE, unit=code))
    if refusals:
        raise Refused(refusals)
    scope = scope_of(call, family)
    return [ExceptionGranted(exception=id_, call=call.id, scope=scope, family=family, code=code, reason=reason.strip())]


def take_back(standing: Standing, id_: str, reason: str, used: bool) -> Sequence[ExceptionTakenBack]:
    """Once more is nothing to do; one that an application was sealed under stays."""
    refusals = _said(reason)
    if used:
        refusals.append(Refusal.of("EXCEPTION_IN_USE", source=SOURCE))
    if refusals:
        raise Refused(refusals)
    granted = standing.get(id_)
    if granted is None:
        return []
    return [ExceptionTakenBack(exception=id_, scope=granted.scope, reason=reason.strip())]


def _said(reason: str) -> list[Refusal]:
    if not reason.strip():
        return [Refusal.of("REASON_REQUIRED")]
    if len(reason.strip()) > _LONGEST_REASON:
        measure = len(reason.strip())
        return [Refusal.of("FIELD_TOO_LONG", field="reason", measure=measure, limit=_LONGEST_REASON)]
    return []


class Exceptions(TableProjection):
    """Every exception ever granted, and which were taken back."""

    name = "exceptions"
    revision = 1
    personal = False
    wanted = frozenset({ExceptionGranted, ExceptionTakenBack})
    declared = (schema.exceptions,)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        table = self.table(schema.exceptions)
        for fact in facts:
            match fact.event:
                case ExceptionGranted() as event:
                    db.execute(insert(table).values(_row(event, fact)))
                case ExceptionTakenBack(exception=id_, reason=reason):
                    ended = {"taken_back": reason, "taken_back_at": fact.recorded.recorded_at}
                    db.execute(update(table).where(table.c.id == id_).values(ended))
                case _:
                    pass


def _row(event: ExceptionGranted, fact: Fact) -> dict[str, Any]:
    return {
        "id": event.exception,
        "scope": event.scope,
        "call": event.call,
        "family": event.family,
        "code": event.code,
        "reason": event.reason,
        "granted_by": fact.recorded.actor,
        "granted_at": fact.recorded.recorded_at,
    }


def exceptions() -> Table:
    """The exceptions as the live revision is called."""
    return of_revision(schema.exceptions, Exceptions.revision)


def free_for(db: Connection, wanted: Sequence[Claim], application: str) -> tuple[Granted, ...]:
    """The exceptions that *wanted* may stand on: they stand, and no other application uses them. The oldest first."""
    table, taken = exceptions(), places.places()
    asked = [and_(table.c.scope == one.scope, table.c.code.in_(one.keys)) for one in wanted if one.rule.waivable]
    if not asked:
        return ()
    used = exists().where(
        taken.c.scope == table.c.scope,
        taken.c.per == EXCEPTION,
        taken.c.key == table.c.id,
        taken.c.holder != application,
    )
    query = select(table.c.id, table.c.scope, table.c.code).where(or_(*asked), table.c.taken_back_at.is_(None), ~used)
    rows = db.execute(query.order_by(table.c.granted_at, table.c.id))
    return tuple(Granted(id=id_, scope=scope, code=code) for id_, scope, code in rows)
