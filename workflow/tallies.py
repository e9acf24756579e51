"""The figures of each call, kept beside the commands: an event costs a few rows and nobody's time, a question a few.

A figure is kept by county and direction and added up when it is asked. That bounds the rows by how many counties, directions
and stages there are, however many applications, and two bureaus never wait for one row (decision 0028).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.aside import Aside
from eventstore.event import Event, Fact, Unread
from eventstore.projection import of_revision
from programmes.call import Call
from workflow import events as e
from workflow import schema
from workflow.standing import Definitions
from workflow.tallying import Count, Tallied, What, counted

_encode = msgspec.json.Encoder().encode
_state = msgspec.json.Decoder(Tallied).decode
_CHUNK = 500
MEASURES = ("times", "amount", "in_time", "late")
_UNTRACED = frozenset({What.NOW, What.RUNNING})
"""Who stands where is in the worklist itself."""

TRACED = frozenset(what.value for what in What) - {what.value for what in _UNTRACED}
"""The kinds of figures behind which applications can be asked for."""

_COUNTED: frozenset[type[Event]] = frozenset(e.OwnEvent.__args__) - {
    e.SectionSaved,
    e.FileAttached,
    e.FileRemoved,
    e.CommitmentRecorded,
    e.PaperIssued,
    e.ExpertDeclared,
    e.Scored,
}


class Tallies(Aside):
    """What `tallying` counts, added up; and of every figure which applications are behind it."""

    name = "tallies"
    revision = 2
    personal = False
    wanted = _COUNTED
    place = schema.tally_place
    declared = (schema.tallied, schema.tallies, schema.tally_traces, schema.tally_place)

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def take(self, db: Connection, facts: Sequence[Fact]) -> None:
        mine = [fact for fact in facts if self._counts(fact)]
        if not mine:
            return
        table = self.table(schema.tallied)
        batch = Batch(_states(db, table, {_id(fact) for fact in mine}))
        for fact in mine:
            event: Any = fact.event
            batch.take(_id(fact), event, fact.recorded.recorded_at, self._definition(batch, fact))
        states = [{"application": key, "state": _encode(state).decode()} for key, state in batch.states.items()]
        _upsert(db, table, states, ("state",), adding=False)
        _upsert(db, self.table(schema.tallies), batch.sums(), MEASURES, adding=True)
        _upsert(db, self.table(schema.tally_traces), batch.traces(), ("times",), adding=True)

    def _counts(self, fact: Fact) -> bool:
        """A rebuild hands over what is not wanted too, unread."""
        return (
            fact.recorded.stream.startswith(e.STREAM)
            and not isinstance(fact.event, Unread)
            and type(fact.event) in _COUNTED
        )

    def _definition(self, batch: "Batch", fact: Fact) -> Call:
        match fact.event:
            case e.Opened(call=call, definition_digest=digest):
                return self._definitions.get(call, digest)
            case _:
                state = batch.states[_id(fact)]
                return self._definitions.get(state.call, state.definition)


def counted_in(what: str, one: str, other: str) -> Select[str]:
    """The ids of the applications behind a figure."""
    traces = of_revision(schema.tally_traces, Tallies.revision)
    figure = (traces.c.what == what) & (traces.c.one == one) & (traces.c.other == other)
    return select(traces.c.application).where(figure, traces.c.times > 0)


class Batch:
    """What a run of facts adds, summed in memory and written once, in the order of the keys so that nobody waits in a circle."""

    def __init__(self, states: dict[str, Tallied]) -> None:
        self.states = states
        self._sums: dict[tuple[str, ...], list[int]] = {}
        self._traces: Counter[tuple[str, ...]] = Counter()

    def take(self, application: str, event: Any, at: int, call: Call) -> None:
        state = self.states.setdefault(application, Tallied())
        for count in counted(state, event, at, call):
            self._add(application, state, count)

    def _add(self, application: str, state: Tallied, count: Count) -> None:
        key = (state.call, count.what.value, *count.area, state.direction, str(count.one), str(count.other))
        sums = self._sums.setdefault(key, [0, 0, 0, 0])
        for place, name in enumerate(MEASURES):
            sums[place] += getattr(count, name)
        if count.what not in _UNTRACED:
            self._traces[(count.what.value, str(count.one), str(count.other), application)] += count.times

    def sums(self) -> list[dict[str, Any]]:
        names = ("call", "what", "county", "zone", "second_zone", "direction", "one", "other")
        return [
            {
                **(row := dict(zip(names, key, strict=True))),
                "city": row["county"][:4] + "00",
                "province": row["county"][:2],
                **dict(zip(MEASURES, sums, strict=True)),
            }
            for key, sums in sorted(self._sums.items())
        ]

    def traces(self) -> list[dict[str, Any]]:
        return [
            {"what": what, "one": one, "other": other, "application": application, "times": times}
            for (what, one, other, application), times in sorted(self._traces.items())
        ]


def _id(fact: Fact) -> str:
    return fact.recorded.stream.removeprefix(e.STREAM)


def _states(db: Connection, table: Table, wanted: Iterable[str]) -> dict[str, Tallied]:
    ids, found = sorted(wanted), dict[str, Tallied]()
    for start in range(0, len(ids), _CHUNK):
        for key, state in db.execute(_selecting(table), {"ids": ids[start : start + _CHUNK]}):
            found[key] = _state(state)
    return found


@cache
def _selecting(table: Table) -> Select[str, str]:
    return select(table.c.application, table.c.state).where(table.c.application.in_(bindparam("ids", expanding=True)))


def _upsert(
    db: Connection, table: Table, rows: Sequence[Mapping[str, Any]], values: tuple[str, ...], *, adding: bool
) -> None:
    if rows:
        db.execute(_upserting(table, db.dialect.name, values, adding), rows)


@cache
def _upserting(table: Table, dialect: str, values: tuple[str, ...], adding: bool) -> Any:
    new = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    changed = {name: table.c[name] + new.excluded[name] if adding else new.excluded[name] for name in values}
    return new.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changed)
