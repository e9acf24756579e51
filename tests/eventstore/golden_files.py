"""Golden files: one payload of every type and version ever released, which must be readable for ever.

A room that writes events keeps a folder of them and asks `must_read(codec, folder, examples)` in a test of its own.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from eventstore.codec import Codec
from eventstore.event import Event, Personal


def _commitment(_personal: Personal) -> str:
    return "0" * 64


def must_read(codec: Codec, folder: Path, examples: Iterable[Event]) -> None:
    """Every file of *folder* (`<type>.v<version>.json`) is still read; every type has one for its present version.

    With VERMILION_WRITE_GOLDEN=1 a missing file is written from its example; a present one is never touched.
    """
    missing = {name: codec.schema_version(name) for name in codec.types}
    for example in examples:
        name, version, payload = codec.encode(example, _commitment)
        path = folder / f"{name}.v{version}.json"
        if not path.exists() and os.environ.get("VERMILION_WRITE_GOLDEN") == "1":
            folder.mkdir(exist_ok=True)
            path.write_text(payload + "\n", encoding="utf-8")
    for path in sorted(folder.glob("*.json")):
        name, _, released = path.name.removesuffix(".json").rpartition(".v")
        _still_read(codec, name, int(released), path.read_text(encoding="utf-8").strip())
        if missing.get(name) == int(released):
            del missing[name]
    assert not missing, f"no golden file for {missing}: run once with VERMILION_WRITE_GOLDEN=1 and commit it"


def _still_read(codec: Codec, name: str, version: int, payload: str) -> None:
    event = codec.read(name, version, payload)
    if version != codec.schema_version(name):
        return
    _, _, again = codec.encode(event, _commitment)
    was = msgspec.json.decode(payload, type=dict[str, object])
    now = msgspec.json.decode(again, type=dict[str, object])
    lost = {key for key in was if now.get(key) != was[key]}
    assert not lost, f"{name} version {version} no longer says {lost}: it needs a new version and an upcaster"
