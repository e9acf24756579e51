"""The province grants exceptions, takes them back and reads them.

Whether the actor may ask at all is the policy's business; that the call is of their province is asked here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from directory.actor import Actor, Role
from directory.records import Directory
from directory.unit import credit_code
from eventstore.dispatch import Context, Dispatcher, Loaded, Outcome
from eventstore.event import Event, instant_of
from eventstore.refusal import Refusal, Refused
from programmes.call import Call
from workflow import exceptions as rules
from workflow import places
from workflow.exceptions import EXCEPTIONS, Standing
from workflow.exclusivity import EXCEPTION, scope_of
from workflow.handling import NotFound
from workflow.standing import Definitions
from workflow.worklist import applications

_READERS = (Role.PROVINCE_CLERK, Role.PROVINCE_LEAD, Role.PROVINCE_FINANCE, Role.AUDITOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionView:
    """An exception as the province reads it. *used_by*: the id and number of the application that stands on it."""

    id: str
    call: str
    family: str
    code: str
    name: str
    reason: str
    granted_by: str
    granted_at: datetime
    taken_back: str | None
    taken_back_at: datetime | None
    used_by: str
    number: str


class Granting:
    """Everything handed in: *catalogue* answers the current calls, *register* opens the directory on a connection."""

    def __init__(
        self, dispatcher: Dispatcher, catalogue: Definitions, register: Callable[[Connection], Directory]
    ) -> None:
        self._dispatcher, self._catalogue, self._register = dispatcher, catalogue, register

    def grant(self, actor: Actor, context: Context, *, call: str, family: str, code: str, reason: str) -> Outcome:
        """One more place for unit or group *code*. Raises NotFound, NOT_WAIVABLE, UNIT_UNKNOWN, EXCEPTION_STANDS…"""
        known = self._call(actor, call)
        id_ = str(self._dispatcher.ids.uuid7())

        def decide(db: Connection, loaded: Loaded[Standing], _now: datetime) -> Sequence[Event]:
            free = frozenset(one for one in loaded.state if not places.in_use(db, scope_of(known, family), one))
            in_register = not isinstance(credit_code(code), Refusal) and bool(self._register(db).group(code))
            return rules.grant(loaded.state, id_, known, family, code, reason, in_register, free)

        if rules.waivable_in(known, family) is None:
            raise Refused(Refusal.of("NOT_WAIVABLE", source=rules.SOURCE, family=family))
        stream = rules.stream_of(scope_of(known, family))
        return self._dispatcher.dispatch(stream, EXCEPTIONS, decide, context, {"id": id_})

    def take_back(self, actor: Actor, context: Context, id_: str, reason: str) -> Outcome:
        """Nobody may be sealed under it any more. Raises NotFound, EXCEPTION_IN_USE, REASON_REQUIRED."""
        scope = self._scope_of(actor, id_)

        def decide(db: Connection, loaded: Loaded[Standing], _now: datetime) -> Sequence[Event]:
            return rules.take_back(loaded.state, id_, reason, places.in_use(db, scope, id_))

        return self._dispatcher.dispatch(rules.stream_of(scope), EXCEPTIONS, decide, context, {"id": id_})

    def all(self, actor: Actor) -> list[ExceptionView]:
        """Every exception of the actor's provinces, the newest first; two statements."""
        table, taken, apps = rules.exceptions(), places.places(), applications()
        used = and_(taken.c.scope == table.c.scope, taken.c.per == EXCEPTION, taken.c.key == table.c.id)
        query = (
            select(table, taken.c.holder, apps.c.number)
            .outerjoin_from(table, taken, used)
            .outerjoin(apps, apps.c.id == taken.c.holder)
            .order_by(table.c.granted_at.desc(), table.c.id.desc())
        )
        provinces = actor.scopes(*_READERS)
        with self._dispatcher.store.reading() as db:
            rows = [row for row in db.execute(query).mappings() if row["scope"][:2] in provinces]
            names = {code: unit.name for code, unit in self._register(db).units([r["code"] for r in rows]).items()}
        return [_view(row, names) for row in rows]

    def families(self, actor: Actor, calls: Sequence[Call]) -> list[tuple[Call, str]]:
        """In which calls of the actor's province, and in which of their families, an exception can be granted."""
        mine = [call for call in calls if call.province in actor.scopes(Role.PROVINCE_LEAD)]
        return [
            (call, family)
            for call in mine
            for family in dict.fromkeys(rule.family for one in call.programmes for rule in one.exclusivity)
            if rules.waivable_in(call, family)
        ]

    def _call(self, actor: Actor, call_id: str) -> Call:
        try:
            call = self._catalogue.get(call_id)
        except KeyError:
            raise NotFound from None
        if not actor.holds(Role.PROVINCE_LEAD, call.province):
            raise NotFound
        return call

    def _scope_of(self, actor: Actor, id_: str) -> str:
        table = rules.exceptions()
        with self._dispatcher.store.reading() as db:
            scope = db.execute(select(table.c.scope).where(table.c.id == id_)).scalar()
        if scope is None or not actor.holds(Role.PROVINCE_LEAD, str(scope)[:2]):
            raise NotFound
        return str(scope)


def _view(row: Mapping[Any, Any], names: Mapping[str, str]) -> ExceptionView:
    return ExceptionView(
        id=row["id"],
        call=row["call"],
        family=row["family"],
        code=row["code"],
        name=names.get(row["code"], ""),
        reason=row["reason"],
        granted_by=row["granted_by"],
        granted_at=instant_of(row["granted_at"]),
        taken_back=row["taken_back"],
        taken_back_at=None if row["taken_back_at"] is None else instant_of(row["taken_back_at"]),
        used_by=row["holder"] or "",
        number=row["number"] or "",
    )
