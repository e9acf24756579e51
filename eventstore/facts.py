"""From envelopes to facts, personal values revealed in one statement a page."""

from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import Connection

from eventstore.codec import Codec, commitments
from eventstore.event import Fact, RecordedEvent
from eventstore.personal import PersonalData


class Reading(Protocol):
    """Turns envelopes into facts, on the connection of whoever reads."""

    def __call__(self, db: Connection, recorded: Sequence[RecordedEvent], revealed: bool = True) -> list[Fact]: ...


def reading(codec: Codec, personal: PersonalData) -> Reading:
    """How listeners, rebuilds and histories read: decoded to today's schema, erased values as None.

    Not *revealed*, every personal value reads as an erased one, and nothing is unsealed.
    """

    def read(db: Connection, recorded: Sequence[RecordedEvent], revealed: bool = True) -> list[Fact]:
        wanted = commitments(event.payload for event in recorded) if revealed else set[str]()
        reveal = personal.reveal(db, wanted) if wanted else {}
        decode = codec.decode
        return [Fact(event, decode(event, reveal)) for event in recorded]

    return read
