"""JSON Schema and an example of every published type, made from the same table as the payloads. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, get_type_hints

from webhooks.payloads import PUBLISHED, TEST, VERIFY, named_fields
from workflow.stages import Stage

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Mapping[str, Any] = {"type": "string"}
_COMMON: Mapping[str, Mapping[str, Any]] = {
    "application_id": {"type": "string", "format": "uuid"},
    "number": _TEXT,
    "call": _TEXT,
    "programme": _TEXT,
    "direction": _TEXT,
    "lead_unit": {"type": "string", "description": "统一社会信用代码 · GB 32100 credit code"},
    "region": {"type": "string", "description": "GB/T 2260, 申报单位所在区县 · the unit's county"},
    "stage": {"enum": [*(stage.value for stage in Stage), None]},
    "version": {"type": "integer", "minimum": 1, "description": "同一申报内的顺序 · the order within one application"},
    "position": {"type": "integer", "minimum": 1, "description": "全局顺序 · the order within the whole log"},
    "checkpoint": {
        "type": ["string", "null"],
        "description": "存证：当时最新的签发点，事件数和根 · the newest signed head: size and root, as at /checkpoints",
    },
}
_EXAMPLES: Mapping[str, Any] = {
    "application_id": "01997f6e-2c00-7a31-8000-000000000001",
    "number": "HN-AI-2025-0001",
    "call": "hn-2025",
    "programme": "L",
    "direction": "L-V",
    "lead_unit": "91430104MAXTE5T16B",
    "region": "430104",
    "version": 12,
    "position": 3801,
    "checkpoint": "3790 q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
    "body": "430104",
    "level": "county",
    "unit": "91430104MAXTE5T16B",
    "amount_fen": 100_000_000,
    "tranche": 1,
    "objection": 1,
    "seal_version": 1,
    "agreement_version": 1,
    "document_number": "湘工信〔2026〕1号",
    "content_digest": "sha256:" + "a1" * 32,
    "digest": "sha256:" + "a1" * 32,
}
_AT, _ON = "2025-12-05T09:00:00+00:00", "2026-01-06"


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a whole payload of type *name*. KeyError for one that is not published."""
    data = {**_COMMON, **_own(name)} if name in PUBLISHED else _OUTSIDE[name]
    return {
        "$schema": DIALECT,
        "title": name,
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "additionalProperties": False,
        "properties": {
            "type": {"const": name},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"type": "object", "required": list(data), "properties": data, "additionalProperties": True},
        },
    }


def example_of(name: str) -> dict[str, Any]:
    """A payload of type *name* as it may come."""
    data = {**_COMMON, **_own(name)} if name in PUBLISHED else _OUTSIDE[name]
    return {"type": name, "timestamp": _AT, "data": {key: _example(key, schema) for key, schema in data.items()}}


_OUTSIDE: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    TEST: {"endpoint": {"type": "string", "format": "uuid"}},
    VERIFY: {"endpoint": {"type": "string", "format": "uuid"}, "challenge": _TEXT},
}
NAMES = (*PUBLISHED, *_OUTSIDE)


def _own(name: str) -> dict[str, Mapping[str, Any]]:
    event = PUBLISHED[name]
    hints = get_type_hints(event)
    return {told: _kind(hints[field]) for field, told in named_fields(event)}


def _kind(hint: Any) -> Mapping[str, Any]:
    if hint is bool:
        return {"type": "boolean"}
    if hint is int:
        return {"type": "integer"}
    if hint is datetime:
        return {"type": "string", "format": "date-time"}
    if hint is date:
        return {"type": "string", "format": "date"}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [each.value for each in hint]}
    return _TEXT


def _example(name: str, schema: Mapping[str, Any]) -> Any:
    if name in _EXAMPLES:
        return _EXAMPLES[name]
    if "enum" in schema:
        return schema["enum"][1]
    match schema.get("type"), schema.get("format"):
        case "boolean", _:
            return True
        case "integer", _:
            return 1
        case _, "date-time":
            return _AT
        case _, "date":
            return _ON
        case _, "uuid":
            return _EXAMPLES["application_id"]
        case _:
            return name
