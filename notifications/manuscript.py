"""The text of one kind of letter as it stands, and what may be done to it. Pure: facts in, events or every reason why not out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType
from typing import assert_never

from eventstore.dispatch import Fold
from eventstore.event import Event
from eventstore.refusal import Fault, Malformed, Refusal, Refused
from notifications.proofreading import proofread
from notifications.text_events import TextEvent, TextPublished, TextWithdrawn
from notifications.variables import house_text
from web.format import Language

LONGEST_REASON = 500
Written = tuple[str, str]
"""Subject and body."""


@dataclass(frozen=True, slots=True)
class Manuscript:
    """Every version of a kind's texts, the newest last; None where it was the house's own again."""

    versions: Mapping[str, tuple[Written | None, ...]] = field(
        default_factory=lambda: MappingProxyType(dict[str, tuple[Written | None, ...]]())
    )

    def of(self, language: Language) -> tuple[Written | None, ...]:
        return self.versions.get(language, ())

    def in_force(self, language: Language) -> Written | None:
        """What was published last; None where the house's own text is in force."""
        versions = self.of(language)
        return versions[-1] if versions else None


def evolve(manuscript: Manuscript, event: TextEvent) -> Manuscript:
    match event:
        case TextPublished():
            written: Written | None = (event.subject, event.body)
        case TextWithdrawn():
            written = None
        case _:
            assert_never(event)
    versions = (*manuscript.versions.get(event.language, ()), written)
    return replace(manuscript, versions=MappingProxyType({**manuscript.versions, event.language: versions}))


MANUSCRIPT = Fold(Manuscript(), evolve)


def tidy(text: str) -> str:
    """A text with one kind of line end and nothing blank around it."""
    return "\n".join(text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n"))


def house(kind: str, language: Language) -> Written:
    return house_text(kind, "title", language), house_text(kind, "happened", language)


def digest(written: Written) -> str:
    """Of a text, so that a newer house can say that its own has changed."""
    return sha256("\n".join(written).encode()).hexdigest()


def publish(
    manuscript: Manuscript, kind: str, language: Language, written: Written, why: str, restores: int = 0
) -> Sequence[Event]:
    """The text in force from now on; nothing where it is already. The house's own words, published, are a withdrawal.

    Raises Malformed with every fault and its place, Refused: REASON_REQUIRED.
    """
    subject, body = tidy(written[0]), tidy(written[1])
    faults = [marked.fault() for marked in proofread(kind, language, subject, body)]
    if faults:
        raise Malformed(faults)
    if (subject, body) == house(kind, language):
        return withdraw(manuscript, kind, language, why)
    reason = _reason(why)
    if manuscript.in_force(language) == (subject, body):
        return []
    return [
        TextPublished(
            kind=kind,
            language=language,
            version=len(manuscript.of(language)) + 1,
            subject=subject,
            body=body,
            why=reason,
            restores=restores,
            house=digest(house(kind, language)),
        )
    ]


def restore(manuscript: Manuscript, kind: str, language: Language, version: int, why: str) -> Sequence[Event]:
    """An earlier version again, judged anew: what a kind has to say may have changed since. Raises NO_SUCH_VERSION, too."""
    versions = manuscript.of(language)
    if not 0 < version <= len(versions):
        raise Refused(Refusal.of("NO_SUCH_VERSION", version=version))
    written = versions[version - 1]
    if written is None:
        return withdraw(manuscript, kind, language, why)
    return publish(manuscript, kind, language, written, why, restores=version)


def withdraw(manuscript: Manuscript, kind: str, language: Language, why: str) -> Sequence[Event]:
    """The house's own text again. Raises REASON_REQUIRED."""
    reason = _reason(why)
    if manuscript.in_force(language) is None:
        return []
    return [TextWithdrawn(kind=kind, language=language, version=len(manuscript.of(language)) + 1, why=reason)]


def _reason(why: str) -> str:
    reason = " ".join(why.split())
    if not reason:
        raise Refused(Refusal.of("REASON_REQUIRED", field="why"))
    if len(reason) > LONGEST_REASON:
        raise Malformed(
            Fault("why", "FIELD_TOO_LONG", {"field": "why", "measure": len(reason), "limit": LONGEST_REASON})
        )
    return reason
