"""The room put together: what keeps endpoints, what plans, what delivers, what tries, what cares. The roof builds one a process."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Self

from sqlalchemy import Connection

from eventstore.checkpoint import no_checkpoint
from eventstore.clock import Clock
from eventstore.dispatch import Dispatcher
from eventstore.facts import Reading
from webhooks.care import Care
from webhooks.delivery import Delivery
from webhooks.listener import Listener
from webhooks.post import Door
from webhooks.register import Register
from webhooks.replaying import Replaying
from webhooks.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """*wall* is the database's own time: what is due, leased or failing runs on it."""

    wall: Clock
    register: Register
    listener: Listener
    delivery: Delivery
    trial: Trial
    replaying: Replaying
    care: Care

    @classmethod
    def of(
        cls,
        dispatcher: Dispatcher,
        read: Reading,
        door: Door,
        wall: Clock,
        randomness: Random,
        base_url: str,
        checkpoint: Callable[[Connection], str] = no_checkpoint,
    ) -> Self:
        store, personal, ids = dispatcher.store, dispatcher.personal, dispatcher.ids
        register = Register(dispatcher, door)
        return cls(
            wall=wall,
            register=register,
            listener=Listener(store, read, dispatcher.clock, wall, checkpoint=checkpoint),
            delivery=Delivery(store, personal, register, wall, ids, randomness, base_url),
            trial=Trial(register, personal, wall, ids, base_url),
            replaying=Replaying(register, wall),
            care=Care(register, wall, ids),
        )
