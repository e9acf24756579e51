"""Two people meet in one section: what each of them changed since the version the slower one saw, question by question.

Pure. Nothing is decided here but what needs no decision: what only one of them changed is that one's.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from programmes.fields import Field


class Whose(StrEnum):
    """Who changed an answer: the one who writes, the others, or both and not alike."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One question. *mine* is canonical where what was typed could be read (*readable*), else what was typed."""

    field: Field
    whose: Whose
    base: Any
    theirs: Any
    mine: Any
    readable: bool = True


def differences(
    fields: Iterable[Field],
    *,
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    typed: Mapping[str, object],
    meant: Mapping[str, Any],
    open_to: Container[str] | None = None,
) -> Iterator[Difference]:
    """Where *theirs* or what was *typed* differs from *base*. *meant*: what was typed and could be read; *open_to*: the
    fields that may be written at all, None for every one. What both changed alike is no difference."""
    for field in fields:
        stood, stands = base.get(field.id), theirs.get(field.id)
        written = field.id in typed and (open_to is None or field.id in open_to)
        readable = not written or field.id in meant
        mine = (meant[field.id] if readable else typed[field.id]) if written else stood
        by_me, by_them = not readable or mine != stood, stands != stood
        if not (by_me or by_them) or (by_me and readable and mine == stands):
            continue
        whose = Whose.BOTH if by_me and by_them else Whose.MINE if by_me else Whose.THEIRS
        yield Difference(field=field, whose=whose, base=stood, theirs=stands, mine=mine, readable=readable)
