"""A writer whose every acknowledgement can be held against the log afterwards: INTENT before a write, ACK after it is durable."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from directory.events import UnitRegistered
from eventstore.dispatch import Context, Fold, Loaded
from eventstore.event import Event
from service.wiring import ROOF, House


@dataclass(frozen=True, slots=True)
class _Written:
    count: int = 0


_FOLD: Fold[_Written] = Fold(_Written(), lambda state, _: _Written(state.count + 1))


def write(house: House, stream: str, count: int) -> Iterator[str]:
    """Lines `INTENT n key` and `ACK n key version position`; a key that was acknowledged is in the log exactly once."""
    for number in range(1, count + 1):
        key = house.ids.uuid7().hex
        yield f"INTENT {number} {key}"

        def decide(_db: Connection, loaded: Loaded[_Written], _now: datetime, key: str = key) -> Sequence[Event]:
            return [
                UnitRegistered(
                    code=key[:18],
                    name=key,
                    kind="other",
                    registered_on=date(2020, 1, 1),
                    county="430104",
                )
            ]

        context = Context(actor=ROOF.id, correlation_id=house.ids.uuid7(), command_id=key, fingerprint=key.encode())
        outcome = house.dispatcher.dispatch(stream, _FOLD, decide, context)
        yield f"ACK {number} {key} {outcome.version} {outcome.positions[0]}"
