"""What differs between two dossiers, field by field, as the reader may see both. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from workflow.dossier import Dossier

_LEFT_OUT = frozenset({
    "version", "section_versions", "hidden", "estimate", "call_title", "direction_title", "holder", "due_at", "id",
})  # fmt: skip
"""What follows from other fields, or only counts."""
_NAMED_BY = ("slot", "file_id", "unit", "body", "objection", "tranche", "document", "id", "version")
_WHOLE = "answers"
_UNSAID_PARTS = frozenset({"gaps", "findings", "covered", "standing"})
Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field: where it stands, what stood and what stands; None where nothing does."""

    path: Path
    before: Any
    after: Any


def differences(before: Dossier | None, after: Dossier | None) -> list[Change]:
    """Everything that stands otherwise, in the order of the dossier."""
    stood, stands = _flat_of(before), _flat_of(after)
    paths = [*stands, *(path for path in stood if path not in stands)]
    return [
        Change(path=path, before=stood.get(path), after=stands.get(path))
        for path in paths
        if stood.get(path) != stands.get(path)
    ]


def _flat_of(dossier: Dossier | None) -> dict[Path, Any]:
    if dossier is None:
        return {}
    found: dict[Path, Any] = {}
    for name, value in dossier.model_dump(mode="json").items():
        if name not in _LEFT_OUT:
            found.update((path, each) for path, each in _flat(value, (name,)) if each not in (None, "", [], {}))
    return found


def _flat(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """An answer is one field however deep it is; a list of things is told thing by thing, each by what names it."""
    if isinstance(value, Mapping) and path[:-1] != (_WHOLE,):
        for name, each in cast("Mapping[str, Any]", value).items():
            if name not in _UNSAID_PARTS:
                yield from _flat(each, (*path, str(name)))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping) and path[:-1] != (_WHOLE,):
        for number, each in enumerate(cast("Sequence[Mapping[str, Any]]", value), 1):
            naming = next((name for name in _NAMED_BY if each.get(name) not in (None, "")), "")
            rest = {name: part for name, part in each.items() if name != naming}
            yield from _flat(rest, (*path, str(each[naming]) if naming else str(number)))
    else:
        yield path, value
