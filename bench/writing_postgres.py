"""The way into the log on PostgreSQL, beside one psycopg call of one function that writes the same rows.

The write part goes from the decision to the commit: canonical bytes, hash, every projection of the house, command key,
append, commit. The whole dispatch has stream lock, key look-up, load, fold and clock before that. The floor has everything ready beforehand, hash chain included, and is told by one autocommitted statement to update the
worklist's row, insert the command key and call the very same append_events().
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import Engine, make_url

from bench import places
from bench.figures import Figure, absent, at_least, per_second
from bench.house import CODEC, METADATA, SAVED, Watch, commands, dispatcher_of, open_one
from bench.progress import Progress
from bench.rounds import Timed, interleaved, timed
from bench.scale import Scale
from eventstore.dispatch import Dispatcher
from eventstore.event import NewEvent, RecordedEvent
from eventstore.store import prepared
from workflow.projections import stream_of

_PER_STREAM = 3
_CALL = "SELECT bench_write(%s, %s, %s::jsonb, %s, %s, %s)"
_FUNCTION = """
CREATE FUNCTION bench_write(_id text, _version integer, _events jsonb, _at bigint, _key text, _ids text)
RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  UPDATE applications_r1 SET version = _version, changed_at = _at, standing = '{}' WHERE id = _id;
  INSERT INTO command_keys (caller, key, fingerprint, stream, version, event_ids, result, created_at)
  VALUES ('person:editor', _key, decode(repeat('00', 32), 'hex'), 'application-' || _id, _version, _ids,
          '{"id":"' || _id || '"}', _at);
  RETURN append_events('application-' || _id, _version - 1, _events);
END $$
"""


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    with places.postgres() as url:
        if url is None:
            yield absent("PostgreSQL write path", "no server answers")
            return
        with places.opened(url) as engine:
            yield from _figures(scale, engine, progress)


def _figures(scale: Scale, engine: Engine, progress: Progress) -> Iterator[Figure]:
    dispatcher = dispatcher_of(engine)
    streams = -(-scale.commands // _PER_STREAM)
    fresh = iter(range(1, 10_000_000))
    watches: list[Watch] = []

    def ready() -> list[UUID]:
        return [open_one(dispatcher, next(fresh)) for _ in range(streams)]

    def ours(_round: int) -> float:
        applications = ready()
        order = (applications * _PER_STREAM)[: scale.commands]
        watches.append(commands(dispatcher, order))
        return watches[-1].whole

    with _bare(engine) as db:
        db.execute(_FUNCTION)

        def floor(_round: int) -> float:
            calls = _calls(dispatcher, ready(), scale.commands)
            return timed(lambda: [db.execute(_CALL, call).fetchone() for call in calls])

        seconds = dict(interleaved(scale.rounds, {"whole": ours, "floor": floor}, progress).seconds)
    found = Timed(seconds | {"write": [watch.write for watch in watches]})
    rates = {side: per_second(scale.commands / found.of(side)) for side in found.seconds}
    what, one_call = (
        "PostgreSQL write path: event + projections + key, from the decision to the commit",
        "psycopg, one call",
    )
    yield at_least(what, rates["write"], f"{one_call} {rates['floor']}", found.ratio("floor", "write"), 0.5)
    what = "  the whole dispatch beside the same one call, which loads and looks up nothing"
    yield at_least(what, rates["whole"], f"{one_call} {rates['floor']}", found.ratio("floor", "whole"))


def _bare(engine: Engine) -> "psycopg.Connection[Any]":
    url = make_url(engine.url).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def _calls(dispatcher: Dispatcher, applications: Sequence[UUID], commands: int) -> list[tuple[object, ...]]:
    """What the floor will say, hashed and in order: one event a call."""
    chains: list[list[RecordedEvent]] = []
    name, version, payload = CODEC.encode(SAVED)
    for application in applications:
        with dispatcher.store.reading() as db:
            reached, tip = dispatcher.store.tip(db, stream_of(application))
        new = [
            NewEvent(type=name, schema_version=version, payload=payload, metadata=METADATA, actor="person:editor")
            for _ in range(_PER_STREAM)
        ]
        chains.append(prepared(stream_of(application), reached, tip, new))
    in_turn = [chain[number] for number in range(_PER_STREAM) for chain in chains][:commands]
    return [_call(event) for event in in_turn]


def _call(event: RecordedEvent) -> tuple[object, ...]:
    fields = cast("dict[str, object]", event._asdict())
    fields |= {name: getattr(event, name).hex() for name in ("prev_hash", "hash")}
    application = event.stream.removeprefix("application-")
    ids = json.dumps([str(event.event_id)])
    return application, event.version, json.dumps([fields], default=str), event.recorded_at, secrets.token_hex(12), ids
