"""From envelopes to facts, personal values revealed in one statement a page."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from sqlalchemy import Connection

from eventstore.codec import Codec, commitments
from eventstore.event import Event, Fact, RecordedEvent, Unread
from eventstore.personal import PersonalData

Wanted: TypeAlias = frozenset[type[Event]] | None
_UNREAD = Unread()


class Reading(Protocol):
    """Turns envelopes into facts, on the connection of whoever reads."""

    def __call__(
        self, db: Connection, recorded: Sequence[RecordedEvent], revealed: bool = True, wanted: Wanted = None
    ) -> list[Fact]: ...


def reading(codec: Codec, personal: PersonalData) -> Reading:
    """How listeners, rebuilds and histories read: decoded to today's schema, erased values as None.

    Not *revealed*, every personal value reads as an erased one, and nothing is unsealed. Known facts that are none of
    *wanted* stay `Unread`.
    """

    def read(
        db: Connection, recorded: Sequence[RecordedEvent], revealed: bool = True, wanted: Wanted = None
    ) -> list[Fact]:
        pointed = commitments(event.payload for event in recorded) if revealed else set[str]()
        reveal = personal.reveal(db, pointed) if pointed else {}
        decode, passed = codec.decode, _passed(codec, wanted)
        return [Fact(event, _UNREAD if event.type in passed else decode(event, reveal)) for event in recorded]

    return read


def _passed(codec: Codec, wanted: Wanted) -> frozenset[str]:
    """The names of what is not decoded. A name that nobody knows is not among them: it is met and told."""
    if wanted is None:
        return frozenset()
    return frozenset(name for name, cls in codec.types.items() if cls not in wanted)
