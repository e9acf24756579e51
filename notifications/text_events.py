"""What happened to the texts of letters: the facts on the streams letter-text-<kind>. Published facts: add a field with a
default, never change one. A text is no personal value: it is written for everybody."""

from dataclasses import dataclass

from eventstore.codec import named
from eventstore.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPublished(Event):
    """Letters of *kind* say this in *language* from now on. *version* counts from 1 within kind and language.

    *restores* is the earlier version whose words these are, 0 where they are new; *house* the digest of the house's own text
    that they take the place of.
    """

    kind: str
    language: str
    version: int
    subject: str
    body: str
    why: str
    restores: int = 0
    house: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWithdrawn(Event):
    """Letters of *kind* say in *language* what the house says of itself from now on; that, too, is a *version*."""

    kind: str
    language: str
    version: int
    why: str


TextEvent = TextPublished | TextWithdrawn
TYPES = named("letter", TextEvent.__args__)
STREAM = "letter-text-"


def stream_of(kind: str) -> str:
    return f"{STREAM}{kind}"
