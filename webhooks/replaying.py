"""Recorded parcels sent once more, with the same ids and the same bytes: counted first, then asked for, then a fact.

Whether the owner may still see what they tell is asked again when they are sent.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from directory.actor import Actor
from eventstore.clock import Clock
from eventstore.dispatch import Context, Loaded, Outcome
from eventstore.event import Event
from eventstore.refusal import Refusal, Refused
from webhooks import stretch as stretches
from webhooks.endpoint import ENDPOINT, Endpoint
from webhooks.events import ReplayAsked, stream_of
from webhooks.register import Register
from webhooks.stretch import Count, Stretch

MOST = 100_000


class Replaying:
    def __init__(self, register: Register, clock: Clock) -> None:
        self._register, self._clock = register, clock

    def count(self, actor: Actor, stretch: Stretch) -> Count:
        """How many parcels would be sent, and from where to where: nothing is changed."""
        self._register.mine(actor, stretch.endpoint)
        with self._register.dispatcher.store.reading() as db:
            return stretches.counted(db, stretch)

    def replay(self, actor: Actor, context: Context, stretch: Stretch) -> tuple[Outcome, Count]:
        """Let them be due, and say in the log that somebody asked. Raises WEBHOOK_DISABLED where nothing may leave."""
        self._register.mine(actor, stretch.endpoint)
        counted: list[Count] = []

        def decide(db: Connection, loaded: Loaded[Endpoint], _now: datetime) -> Sequence[Event]:
            counted[:] = [stretches.counted(db, stretch)]
            if not loaded.state.enabled:
                raise Refused(Refusal.of("WEBHOOK_DISABLED"))
            if counted[0].count > MOST:
                raise Refused(Refusal.of("WEBHOOK_REPLAY_TOO_LARGE", count=counted[0].count, limit=MOST))
            if not stretches.replay(db, stretch, self._clock.now(db)):
                return []
            return [ReplayAsked(first=counted[0].first, last=counted[0].last, count=counted[0].count)]

        outcome = self._register.dispatcher.dispatch(stream_of(stretch.endpoint), ENDPOINT, decide, context)
        return outcome, counted[0] if counted else Count(count=0, first=0, last=0)
