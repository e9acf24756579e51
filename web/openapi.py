"""The OpenAPI 3.1 document and the docs page, both read off the registry of operations."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from flask import Blueprint, Response, render_template
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from directory.policy import allowed
from web import texts
from web.operations import PREFIX, Operation, Registry
from web.problems import PROBLEM_JSON

_VARIABLE = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
_TYPES: Mapping[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer", "minimum": 0},
}
_BOTH = {
    "type": "object",
    "required": ["zh", "en"],
    "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
}
REFUSAL: dict[str, Any] = {
    "type": "object",
    "required": ["code", "params", "reason", "source", "who"],
    "properties": {
        "code": {"type": "string"},
        "params": {"type": "object"},
        "reason": _BOTH,
        "source": {"type": "string"},
        "who": {"type": "string"},
    },
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "refusals": {"type": "array", "items": {"$ref": "#/components/schemas/Refusal"}},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "pointer", "code", "params", "reason"],
                "properties": {
                    "field": {"type": "string"},
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "params": {"type": "object"},
                    "reason": _BOTH,
                },
            },
        },
        "current_version": {"type": "integer"},
        "winner": {"type": "object"},
        "id": {"type": "string"},
    },
}


class _Schema(GenerateJsonSchema):
    """pydantic's, without complaints about defaults that JSON cannot say."""

    ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012  as the base class has it


def document(registry: Registry, *, version: str = "1", server: str = "/") -> dict[str, Any]:
    """The whole description; every operation with its problem answers."""
    refs, models = _schemas(registry)
    paths: dict[str, dict[str, Any]] = {}
    for operation in registry:
        path = PREFIX + _VARIABLE.sub(r"{\2}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Vermilion 朱印",
            "version": version,
            "description": "申报、推荐、评审、公示、拨付的接口。The API of a province's grant programmes.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": {**models, "Refusal": REFUSAL, "Problem": PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
            },
        },
    }


_Refs = Mapping[tuple[Any, str], dict[str, Any]]


def _schemas(registry: Registry) -> tuple[_Refs, dict[str, Any]]:
    """Where each model's schema stands, and the schemas by name."""
    wanted: list[tuple[type[BaseModel], Any]] = []
    for operation in registry:
        wanted += [(model, "validation") for model in (operation.request,) if model is not None]
        wanted += [(model, "serialization") for model in (operation.answer,) if model is not None]
    if not wanted:
        return {}, {}
    unique = list(dict.fromkeys(wanted))
    refs, schema = models_json_schema(unique, ref_template="#/components/schemas/{model}", schema_generator=_Schema)
    return {key: dict(ref) for key, ref in refs.items()}, dict(schema.get("$defs", {}))


def _operation(operation: Operation, refs: _Refs) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.id.partition(".")[0]],
        "summary": operation.summary_en,
        "description": f"{operation.summary_zh}\n\nPolicy action: `{operation.action}`",
        "parameters": list(_parameters(operation)),
        "responses": _responses(operation, refs),
        "security": [{}] if operation.public else [{"token": []}, {"session": []}],
    }
    sent = refs[operation.request, "validation"] if operation.request is not None else None
    if operation.upload:
        found["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _with_file(operation)}}}
    elif sent is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": sent}}}
    return found


def _with_file(operation: Operation) -> dict[str, Any]:
    """The form of an upload: its fields and the file, in one schema because each is closed to what it does not name."""
    fields: dict[str, Any] = {"type": "object", "additionalProperties": False}
    if operation.request is not None:
        fields = operation.request.model_json_schema(schema_generator=_Schema)
    named = {**fields.get("properties", {}), "file": {"type": "string", "format": "binary"}}
    return {**fields, "properties": named, "required": [*fields.get("required", ()), "file"]}


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for kind, name in _VARIABLE.findall(operation.path):
        schema = _TYPES.get(kind, {"type": "string"})
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if operation.query is not None:
        schema = operation.query.model_json_schema(schema_generator=_Schema)
        needed = set(schema.get("required", ()))
        for name, each in schema.get("properties", {}).items():
            yield {"name": name, "in": "query", "required": name in needed, "schema": each}
    if operation.command:
        described = "A command id of your own; the same id with the same body answers the same."
        key = {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"}
        yield {"name": "Idempotency-Key", "in": "header", "required": True, "schema": key, "description": described}
        described = (
            "A name of your own for commands given together: whoever is told of them gets one letter, not one each."
        )
        yield {"name": "Batch", "in": "header", "required": False, "schema": key, "description": described}
    if operation.needs_version or operation.command:
        described = "The version you act on, as the ETag told it."
        tag = {"type": "string", "pattern": '^"[0-9]{1,18}"$'}
        required = operation.needs_version
        yield {"name": "If-Match", "in": "header", "required": required, "schema": tag, "description": described}


def problem_statuses(operation: Operation) -> tuple[int, ...]:
    """What else the operation may answer."""
    found = {403, 404, 422, 429, 500, *operation.also}
    if not operation.public:
        found.add(401)
    if operation.request is not None or operation.upload:
        found |= {400, 413, 415}
    if operation.upload:
        found.add(507)
    if operation.command:
        found |= {400, 409, 412, 503}
    if operation.needs_version:
        found |= {412, 428}
    if operation.query is not None:
        found |= {400}
    return tuple(sorted(found))


_MEANING: Mapping[int, str] = {
    400: "bad-request",
    401: "not-signed-in",
    403: "forbidden",
    404: "not-found",
    409: "refused",
    412: "precondition-failed",
    413: "too-large",
    415: "unsupported-media-type",
    422: "malformed",
    423: "locked",
    428: "precondition-required",
    429: "too-many-requests",
    500: "internal",
    503: "busy",
    507: "no-room",
}


def _responses(operation: Operation, refs: _Refs) -> dict[str, Any]:
    good: dict[str, Any] = {"description": operation.summary_en}
    if operation.answers_file:
        binary = {"schema": {"type": "string", "format": "binary"}}
        good["content"] = dict.fromkeys(operation.answers_file, binary)
    elif operation.status != 204:
        schema = refs[operation.answer, "serialization"] if operation.answer is not None else {}
        good["content"] = {"application/json": {"schema": schema}}
    if operation.needs_version or operation.command:
        good["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "The version now."}}
    problem = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    bad = {
        str(status): {"description": texts.t(f"problem.{_MEANING[status]}.title", "en"), "content": problem}
        for status in problem_statuses(operation)
    }
    return {str(operation.status): good, **bad}


def blueprint(registry: Registry, *, version: str = "1") -> Blueprint:
    """/api/v1/openapi.json and /api/v1/docs, open to everybody."""
    routes = Blueprint("api_description", __name__)

    @lru_cache(maxsize=1)
    def described() -> bytes:
        return msgspec.json.encode(document(registry, version=version))

    @routes.get(f"{PREFIX}/openapi.json")
    def openapi() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response(described(), content_type="application/json")

    @routes.get(f"{PREFIX}/docs")
    def docs() -> str:  # pyright: ignore[reportUnusedFunction]
        refs, schemas = _schemas(registry)
        return render_template(
            "docs.html",
            operations=list(registry),
            prefix=PREFIX,
            sent={operation.id: _fields(operation, refs, schemas) for operation in registry},
            statuses=problem_statuses,
            roles=_roles,
        )

    return routes


def _fields(operation: Operation, refs: _Refs, schemas: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Name, type and whether it is needed, of each field an operation takes."""
    if operation.request is None:
        return []
    schema = schemas[refs[operation.request, "validation"]["$ref"].rpartition("/")[2]]
    needed = set(schema.get("required", ()))
    return [(name, _type(each), name in needed) for name, each in schema.get("properties", {}).items()]


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_type(each) for each in schema["anyOf"])
    kind = str(schema.get("format") or schema.get("type") or "any")
    return f"{_type(schema['items'])}[]" if kind == "array" and "items" in schema else kind


def _roles(action: str) -> list[str]:
    return sorted(role.value for role in allowed(action))
