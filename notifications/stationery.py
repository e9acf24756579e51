"""What letters are written on: the texts in force, the mailboxes of bureaus, the newest signed head of the log.

Read once for a batch, in the transaction that claims it; what was frozen before keeps what it had.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from sqlalchemy import Connection

from directory.bureau import Bureau
from directory.records import Directory
from eventstore.checkpoint import no_checkpoint
from notifications import manuscripts
from notifications.letters import Claimed
from notifications.wording import HOUSE, Wording

_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Stationery:
    """*bureaus* by their codes; *checkpoint* in one line, "" where there is none."""

    wording: Wording = HOUSE
    bureaus: Mapping[str, Bureau] = field(default_factory=dict[str, Bureau])
    checkpoint: str = ""

    def in_the_houses_words(self) -> "Stationery":
        return replace(self, wording=HOUSE)

    def answered_by(self, office: str, audience: str) -> Bureau | None:
        """Whom a reply goes to: the bureau *office*, where it has a mailbox and is not itself who is written to."""
        bureau = self.bureaus.get(office)
        return bureau if bureau and bureau.email and audience.partition(":")[2] != office else None


PLAIN = Stationery()


class Stationer:
    """Lays out the stationery of a batch. *checkpoint*: how the newest head is read, by the room above that signs it."""

    def __init__(self, checkpoint: Callable[[Connection], str] = no_checkpoint) -> None:
        self._checkpoint = checkpoint

    def __call__(self, db: Connection, batch: Collection[Claimed]) -> Stationery:
        """Three statements, whatever the size of the batch."""
        offices = {office_of(_DECODE(letter.params)) for letter in batch} - {""}
        return Stationery(
            wording=manuscripts.wording_in_force(db),
            bureaus=Directory(db).bureaus(offices) if offices else {},
            checkpoint=self._checkpoint(db),
        )


def plain(_db: Connection, _batch: Collection[Claimed]) -> Stationery:
    """For whoever has none of it."""
    return PLAIN


def the_houses(_db: Connection) -> Wording:
    """For whoever knows no published texts."""
    return HOUSE


def office_of(params: Mapping[str, Any]) -> str:
    """The code of the bureau that answers for a letter, "" where none does (rows from before it was noted)."""
    return str(params.get("office", ""))
