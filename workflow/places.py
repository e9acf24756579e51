"""Exclusive places as rows: taken at the seal, free again when the application is recalled, withdrawn or lapses.

The primary key is the rule. Whoever loses the race for a place decides again, and is then refused on what the other wrote.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, insert, or_, select, update

from eventstore.event import Fact
from eventstore.projection import TableProjection, of_revision
from workflow import events as e
from workflow import schema
from workflow.events import STREAM, ExclusivePlace
from workflow.exclusivity import EXCEPTION, Claim

_CHUNK = 400
_KEY = ("scope", "per", "key", "exception")


class ExclusivePlaces(TableProjection):
    """Who has which place, and which application stands on it. Rows of what was freed are not kept."""

    name = "exclusive_places"
    revision = 1
    personal = False
    wanted = frozenset({e.UnitSealed, e.Resubmitted, e.Recalled, e.Withdrawn, e.Lapsed})
    declared = (schema.exclusive_places, schema.exclusive_claims)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        for fact in facts:
            application = fact.recorded.stream.removeprefix(STREAM)
            match fact.event:
                case e.UnitSealed(places=places) if places:
                    self._take(db, application, places)
                case e.Resubmitted(places=places) if places:
                    self._free(db, application)
                    self._take(db, application, places)
                case e.Recalled() | e.Withdrawn() | e.Lapsed():
                    self._free(db, application)
                case _:
                    pass

    def _take(self, db: Connection, application: str, places: Iterable[ExclusivePlace]) -> None:
        """A place that the holder has already is stood on once more; one that another has breaks the key.

        Always in one order, so that two who want the same places do not wait for each other.
        """
        table, claims = self.table(schema.exclusive_places), self.table(schema.exclusive_claims)
        keys: list[dict[str, Any]] = []
        for place in sorted(places, key=lambda one: (one.scope, one.per, one.key, one.exception)):
            key = {"scope": place.scope, "per": place.per, "key": place.key, "exception": place.exception}
            mine = and_(_at(table, key), table.c.holder == place.holder)
            once_more = update(table).where(mine).values(claims=table.c.claims + 1)
            if place.per != "group" or db.execute(once_more).rowcount != 1:
                db.execute(insert(table).values(**key, holder=place.holder, claims=1))
            keys.append(key)
        db.execute(insert(claims), [{"application": application, **key} for key in keys])

    def _free(self, db: Connection, application: str) -> None:
        table, claims = self.table(schema.exclusive_places), self.table(schema.exclusive_claims)
        own = claims.c.application == application
        for row in db.execute(select(*(claims.c[name] for name in _KEY)).where(own)).mappings().all():
            here = _at(table, dict(row))
            db.execute(update(table).where(here).values(claims=table.c.claims - 1))
            db.execute(delete(table).where(here, table.c.claims == 0))
            db.execute(delete(claims).where(own, _at(claims, dict(row))))


def _at(table: Table, key: Mapping[str, Any]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == key[name] for name in _KEY))


def places() -> Table:
    """The places as the live revision is called."""
    return of_revision(schema.exclusive_places, ExclusivePlaces.revision)


def standing_claims() -> Table:
    return of_revision(schema.exclusive_claims, ExclusivePlaces.revision)


def taken(db: Connection, wanted: Sequence[Claim]) -> tuple[ExclusivePlace, ...]:
    """Who has the places that *wanted* asks for; one statement."""
    table = places()
    asked = [and_(table.c.scope == one.scope, table.c.per == one.rule.per, table.c.key.in_(one.keys)) for one in wanted]
    columns = (table.c.scope, table.c.per, table.c.key, table.c.holder, table.c.exception)
    rows = db.execute(select(*columns).where(or_(*asked), table.c.exception == "")) if asked else ()
    return tuple(
        ExclusivePlace(scope=scope, per=per, key=key, holder=holder, exception=exception)
        for scope, per, key, holder, exception in rows
    )


def in_use(db: Connection, scope: str, exception: str) -> bool:
    """Whether a live application stands on this exception."""
    table = places()
    used = and_(table.c.scope == scope, table.c.per == EXCEPTION, table.c.key == exception)
    return bool(db.execute(select(exists().where(used))).scalar())
