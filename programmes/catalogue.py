"""The calls this house knows, each by its id and each frozen text by its digest.

An application keeps the definition it was opened under for ever, so a call's canonical text is all that must be kept:
`call_of(document)` makes the same call from it again.
"""

import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from programmes.call import Call
from programmes.check import check, check_source
from programmes.source import Fault, Source, read_folder


class DefinitionFaulty(Exception):
    """A definition has faults and cannot be published; each is named."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class Catalogue:
    """Calls by id and by digest. Of several revisions of one call the highest is current."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self._by_digest = {call.digest: call for call in calls}
        ordered = sorted(self._by_digest.values(), key=lambda call: call.revision)
        self._current = {call.id: call for call in ordered}

    @classmethod
    def packaged(cls) -> "Catalogue":
        """The calls that come with the program."""
        folders = files("programmes").joinpath("calls").iterdir()
        return cls(load(folder) for folder in sorted(folders, key=lambda one: one.name) if folder.is_dir())

    def get(self, call_id: str, digest: str | None = None) -> Call:
        """The current call of this id, or the one frozen under *digest*. KeyError when there is none."""
        call = self._current[call_id] if digest is None else self._by_digest[digest]
        if call.id != call_id:
            raise KeyError(call_id)
        return call

    def by_digest(self, digest: str) -> Call:
        return self._by_digest[digest]

    def beginning(self, digest: str) -> tuple[Call, ...]:
        """Every known text whose digest begins so."""
        return tuple(call for known, call in self._by_digest.items() if known.startswith(digest))

    def calls(self) -> tuple[Call, ...]:
        """The current calls, newest opening first."""
        return tuple(sorted(self._current.values(), key=lambda call: call.opens_at, reverse=True))

    def with_call(self, call: Call) -> "Catalogue":
        """A catalogue that also knows *call*; what was known stays known by its digest."""
        return Catalogue((*self._by_digest.values(), call))


def load(folder: Path | Traversable) -> Call:
    """The call written in *folder*. DefinitionFaulty with every fault where it has any."""
    source = read_folder(folder)
    faults = check_source(source)
    if faults:
        raise DefinitionFaulty(faults)
    return _frozen(source.data)


def faults_of(document: str) -> list[Fault]:
    """What is wrong with a canonical text, whoever made the call from it."""
    data: dict[str, Any] = json.loads(document)
    return check_source(Source(data=data))


def call_of(document: str) -> Call:
    """The call whose canonical text is *document*, with the same digest."""
    data: dict[str, Any] = json.loads(document)
    return _frozen(data)


def canonical(data: object) -> str:
    """The one JSON text of *data*: keys sorted, no spaces, no floats."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _frozen(data: dict[str, Any]) -> Call:
    document = canonical(data)
    digest = hashlib.sha256(document.encode()).hexdigest()
    return Call.model_validate({**data, "digest": digest, "document": document})


__all__ = ["Catalogue", "DefinitionFaulty", "call_of", "canonical", "check", "faults_of", "load"]
