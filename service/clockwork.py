"""Time in a played world: asking what time it is, moving it, and waiting until what was set off has come to rest.

Registered in demonstrations and tests only. Moving the clock runs what falls due by it, as time itself would.
"""

from collections.abc import Iterator
from datetime import datetime

from pydantic import AwareDatetime, BaseModel

from eventstore.clock import SettableClock
from service.actors import Actors, sweep
from service.wiring import House
from web.operations import Answer, Asked, Operation
from web.reading import Request

PATIENCE_S = 20.0


class SetClock(Request):
    now: AwareDatetime


class Drain(Request):
    """*delivered*: wait for the letters too, not only for their planning."""

    delivered: bool = False


class ClockAnswer(BaseModel):
    """*lapsed*: how many applications fell due by the move."""

    now: datetime
    lapsed: int = 0


class DrainAnswer(BaseModel):
    settled: bool


def now(house: House) -> datetime:
    with house.store.reading() as db:
        return house.clock.now(db)


def move(house: House, actors: Actors, instant: datetime) -> int:
    """Let it be *instant*; answers how many applications fell due. What happened before is followed first."""
    if not isinstance(house.clock, SettableClock):
        raise TypeError("only the clock of a demonstration or a test can be moved")
    actors.settle(PATIENCE_S)
    with house.store.begin() as db:
        house.clock.set(db, instant)
    return sweep(house)


def operations(house: House, actors: Actors) -> Iterator[Operation]:
    def read(asked: Asked) -> Answer:
        return Answer(body=ClockAnswer(now=asked.now))

    def set_clock(asked: Asked) -> Answer:
        instant = asked.body_as(SetClock).now
        lapsed = move(house, actors, instant)
        return Answer(body=ClockAnswer(now=instant, lapsed=lapsed))

    def drain(asked: Asked) -> Answer:
        settled = actors.settle(PATIENCE_S, delivered=asked.body_as(Drain).delivered)
        return Answer(body=DrainAnswer(settled=settled))

    yield Operation(
        id="getClock",
        method="GET",
        path="/clock",
        action="page.public",
        summary_zh="现在几点",
        summary_en="What time it is",
        perform=read,
        answer=ClockAnswer,
        public=True,
    )
    yield Operation(
        id="setClock",
        method="PUT",
        path="/clock",
        action="clock.move",
        summary_zh="调整时钟（仅演示与测试）",
        summary_en="Move the clock (demonstrations and tests only)",
        perform=set_clock,
        request=SetClock,
        answer=ClockAnswer,
    )
    yield Operation(
        id="drain",
        method="POST",
        path="/drain",
        action="clock.move",
        summary_zh="等后台办完（仅演示与测试）",
        summary_en="Wait until the work behind is done (demonstrations and tests only)",
        perform=drain,
        request=Drain,
        answer=DrainAnswer,
    )
