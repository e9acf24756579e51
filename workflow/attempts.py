"""Attempts that were refused because another application has the place: the applicant is not told whose, its bureau is told that.

A refusal writes nothing; the attempt is noted afterwards, in a stream of its own, so that neither application changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, and_, func, insert, select, update

from directory.records import Directory
from eventstore.codec import named
from eventstore.dispatch import Context, Dispatcher, Fold, Loaded
from eventstore.event import Event, Fact, microseconds
from eventstore.projection import TableProjection, of_revision
from eventstore.refusal import Refused
from programmes.call import Call
from workflow import places, schema
from workflow.application import Application
from workflow.events import ExclusivePlace
from workflow.exclusivity import claims, scope_of

STREAM = "attempts-"
NOTED_AGAIN_AFTER = timedelta(days=1)
"""Whoever presses the button all day is noted once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRefused(Event):
    """*application* of *unit* asked to be sealed and was refused: others have these *places*."""

    application: str
    unit: str
    scope: str
    places: tuple[ExclusivePlace, ...]


TYPES = named("exclusivity", (AttemptRefused,))


def stream_of(scope: str) -> str:
    return f"{STREAM}{scope}"


class RefusedAttempts(TableProjection):
    """How often which application met which place, and when last."""

    name = "refused_attempts"
    revision = 1
    personal = False
    wanted = frozenset({AttemptRefused})
    declared = (schema.refused_attempts,)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        table = self.table(schema.refused_attempts)
        for fact in facts:
            if not isinstance(fact.event, AttemptRefused):
                continue
            at = fact.recorded.recorded_at
            for place in fact.event.places:
                key = {
                    "scope": place.scope, "per": place.per, "key": place.key, "application": fact.event.application
                }  # fmt: skip
                here = and_(*(table.c[name] == value for name, value in key.items()))
                again = update(table).where(here).values(times=table.c.times + 1, last_at=at)
                if db.execute(again).rowcount != 1:
                    db.execute(insert(table).values(**key, times=1, last_at=at))


def attempts() -> Table:
    """The attempts as the live revision is called."""
    return of_revision(schema.refused_attempts, RefusedAttempts.revision)


_NOTHING: Fold[None] = Fold(None, lambda state, _: state)


def is_about_exclusivity(refused: Refused, application: Application, call: Call) -> bool:
    codes = {rule.code for rule in call.programme_of(application.direction).exclusivity}
    return any(refusal.code in codes for refusal in refused.refusals)


def note(
    dispatcher: Dispatcher,
    register: Callable[[Connection], Directory],
    application: Application,
    call: Call,
    context: Context,
) -> None:
    """After a refusal for exclusivity: who tried, and which places stood against it. In a transaction of its own."""
    for scope in sorted({scope_of(call, rule.family) for rule in call.programme_of(application.direction).exclusivity}):

        def decide(db: Connection, _loaded: Loaded[None], now: datetime, scope: str = scope) -> Sequence[Event]:
            wanted = claims(application, call, register(db).unit(application.lead_unit))
            holders = {(claim.scope, str(claim.rule.per)): claim.holder for claim in wanted}
            against = tuple(
                one
                for one in places.taken(db, wanted)
                if one.scope == scope and one.holder != holders[one.scope, one.per]
            )
            if not against or _noted_since(db, scope, application.id, now - NOTED_AGAIN_AFTER):
                return []
            return [AttemptRefused(application=application.id, unit=application.lead_unit, scope=scope, places=against)]

        dispatcher.dispatch(stream_of(scope), _NOTHING, decide, context)


def _noted_since(db: Connection, scope: str, application: str, since: datetime) -> bool:
    table = attempts()
    last = select(func.max(table.c.last_at)).where(table.c.scope == scope, table.c.application == application)
    return (db.execute(last).scalar() or 0) > microseconds(since)
