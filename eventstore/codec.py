"""Facts to canonical bytes and back: sorted JSON without floats, one schema version per type, upcasters at read.

The text made here is the text that is hashed, so nothing may pass that two machines could write differently.
"""

import base64
import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias, cast
from uuid import UUID

import msgspec

from eventstore.event import Event, Personal, RecordedEvent
from eventstore.refusal import HistoryBroken

Json: TypeAlias = bool | int | str | list["Json"] | dict[str, "Json"] | None
Upcaster: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
Conceal: TypeAlias = Callable[[Personal], str]
Reveal: TypeAlias = Mapping[str, str]

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder().decode


class Canonical(str):
    """A JSON object that was written here, said to be so by whoever had it written: nobody writes it again."""

    __slots__ = ()


def canonical(value: object) -> str:
    """*value* as canonical JSON text. Floats, NaN, naive instants and unknown types raise TypeError."""
    return _written(plain(value, _already_concealed))


def canonical_text(text: str) -> str:
    """JSON *text* written canonically. Floats raise TypeError, anything but an object ValueError."""
    if isinstance(text, Canonical):
        return str(text)
    value = _decode(text)
    if not isinstance(value, dict):
        raise ValueError("a payload is a JSON object")
    return canonical(cast("dict[str, object]", value))


def _written(value: Json) -> str:
    try:
        return _encode(value).decode()
    except UnicodeEncodeError as error:
        raise ValueError("text holds a lone surrogate") from error


def plain(value: object, conceal: Conceal) -> Json:
    """*value* in JSON's own kinds; each personal value replaced by the commitment *conceal* answers."""
    match value:
        case None | bool():
            return value
        case Enum():
            return plain(value.value, conceal)
        case str():
            return str(value)
        case int():
            return _whole(value)
        case Personal():
            return {"pd": conceal(value)}
        case Mapping():
            return {_key(key): plain(item, conceal) for key, item in cast("Mapping[object, object]", value).items()}
        case list() | tuple():
            return [plain(item, conceal) for item in cast("Sequence[object]", value)]
        case _:
            return _plain_object(value, conceal)


def _whole(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise ValueError("a number in an event fits 64 bits")
    return int(value)


def _plain_object(value: object, conceal: Conceal) -> Json:
    match value:
        case UUID():
            return str(value)
        case datetime():
            if value.tzinfo is None:
                raise TypeError("an instant in an event needs its zone")
            return value.isoformat()
        case date():
            return value.isoformat()
        case Decimal() if value.is_finite():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode()
        case AbstractSet():
            return sorted((plain(item, conceal) for item in cast("AbstractSet[object]", value)), key=_encode)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name), conceal) for field in dataclasses.fields(value)}
        case _:
            raise TypeError(f"an event cannot hold {type(value).__name__}")  # float among them: 0.1 is no amount


def _key(key: object) -> str:
    match key:
        case Enum():
            return _key(key.value)
        case str():
            return str(key)
        case UUID():
            return str(key)
        case _:
            raise TypeError(f"a key is text, not {type(key).__name__}")


def _already_concealed(personal: Personal) -> str:
    if personal.commitment is None:
        raise TypeError("a personal value must be concealed before it is written")
    return personal.commitment


def named(prefix: str, classes: Iterable[type[Event]]) -> dict[str, type[Event]]:
    """`UnitSealed` becomes `prefix.unit_sealed`."""
    return {f"{prefix}.{_WORD.sub('_', cls.__name__).lower()}": cls for cls in classes}


def commitments(payloads: Iterable[str]) -> set[str]:
    """Every commitment the payloads point to."""
    found: set[str] = set()
    for payload in payloads:
        if '"pd"' in payload:
            _collect(_decode(payload), found)
    return found


def _collect(value: object, found: set[str]) -> None:
    match value:
        case dict():
            mapping = cast("dict[str, object]", value)
            commitment = _commitment(mapping)
            if commitment is not None:
                found.add(commitment)
            for item in mapping.values():
                _collect(item, found)
        case list():
            for item in cast("list[object]", value):
                _collect(item, found)
        case _:
            pass


def _commitment(value: dict[str, object]) -> str | None:
    commitment = value.get("pd")
    return commitment if len(value) == 1 and isinstance(commitment, str) else None


def _reveal(value: object, reveal: Reveal) -> object:
    match value:
        case dict():
            mapping = cast("dict[str, object]", value)
            commitment = _commitment(mapping)
            if commitment is not None:
                return Personal(reveal.get(commitment), commitment)
            return {key: _reveal(item, reveal) for key, item in mapping.items()}
        case list():
            return [_reveal(item, reveal) for item in cast("list[object]", value)]
        case _:
            return value


class Codec:
    """Knows every type ever written. A type's schema version is one more than its newest upcaster's."""

    def __init__(
        self, types: Mapping[str, type[Event]], upcasters: Mapping[tuple[str, int], Upcaster] | None = None
    ) -> None:
        self.types = dict(types)
        self._upcasters = dict(upcasters or {})
        self._names = {cls: name for name, cls in self.types.items()}
        if len(self._names) != len(self.types):
            raise ValueError("one event class has two names")
        self._versions = {name: self._newest(name) for name in self.types}
        self._decoders = {name: msgspec.json.Decoder(cls) for name, cls in self.types.items()}

    def _newest(self, name: str) -> int:
        return max((version + 1 for type_, version in self._upcasters if type_ == name), default=1)

    def name_of(self, event: Event | type[Event]) -> str:
        cls = event if isinstance(event, type) else type(event)
        try:
            return self._names[cls]
        except KeyError:
            raise TypeError(f"{cls.__name__} is not a known event") from None

    def schema_version(self, name: str) -> int:
        return self._versions[name]

    def encode(self, event: Event, conceal: Conceal = _already_concealed) -> tuple[str, int, str]:
        """(type, schema version, canonical payload). *conceal* answers the commitment of a personal value."""
        name = self.name_of(event)
        return name, self._versions[name], _written(plain(event, conceal))

    def decode(self, recorded: RecordedEvent, reveal: Reveal | None = None) -> Event:
        """The fact in *recorded*, brought to today's schema. *reveal*: commitment to value; missing means erased."""
        return self.read(recorded.type, recorded.schema_version, recorded.payload, reveal)

    def read(self, name: str, schema_version: int, payload: str, reveal: Reveal | None = None) -> Event:
        decoder = self._decoders.get(name)
        if decoder is None:
            raise HistoryBroken(f"the log holds {name}, which nobody knows")
        newest = self._versions[name]
        try:
            if schema_version == newest and '"pd"' not in payload:
                return decoder.decode(payload)
            return self._read_with_care(name, schema_version, _decode(payload), reveal or {})
        except msgspec.ValidationError as error:
            raise HistoryBroken(f"{name} version {schema_version} cannot be read: {error}") from error

    def _read_with_care(self, name: str, schema_version: int, value: dict[str, Any], reveal: Reveal) -> Event:
        for version in range(schema_version, self._versions[name]):
            upcaster = self._upcasters.get((name, version))
            if upcaster is None:
                raise HistoryBroken(f"nobody can bring {name} from version {version} to {version + 1}")
            value = upcaster(value)
        if schema_version > self._versions[name]:
            raise HistoryBroken(f"{name} version {schema_version} is newer than this code")
        return msgspec.convert(_reveal(value, reveal), self.types[name])
