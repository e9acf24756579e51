"""One registry of operations: the routes of /api/v1, the OpenAPI document and the docs page are all read off it.

Each call goes the same way: authenticate → authorise → validate → precondition → act. What an operation does is handed in.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar, cast
from urllib.parse import quote

import msgspec
from flask import Blueprint, Response, request
from flask import Request as Incoming
from pydantic import BaseModel
from werkzeug.datastructures import FileStorage

from directory.actor import PUBLIC, Actor
from directory.policy import allowed, may, proven
from eventstore.refusal import Fault, Malformed, Refused
from web import reading
from web.problems import CommandIdMissing, NotFound, NotSignedIn, TooLarge, VersionRequired, WrongContentType, in_words
from web.security import SAFE_METHODS

PREFIX = "/api/v1"
MAX_JSON_BYTES = 1 << 20
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
M = TypeVar("M", bound=BaseModel)
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_ETAG = re.compile(r'"(\d{1,18})"')
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Identity(Protocol):
    """Who is calling: the room above knows sessions and tokens. None where nobody is signed in."""

    def __call__(self, request: Incoming, /) -> Actor | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call, checked as far as its form goes. `path` holds the values of the route, converted; `batch` names the commands
    that were given together, so that whoever is told of them gets one letter."""

    actor: Actor
    path: Mapping[str, Any]
    clock: Callable[[], datetime]
    body: BaseModel | None = None
    query: BaseModel | None = None
    file: FileStorage | None = None
    if_match: int | None = None
    command_id: str | None = None
    fingerprint: bytes | None = None
    batch: str = ""

    @property
    def now(self) -> datetime:
        """What time it is by the house's clock; asking takes a statement."""
        return self.clock()

    def body_as(self, model: type[M]) -> M:
        """The body, as the model its operation declares."""
        if not isinstance(self.body, model):
            raise TypeError(f"the operation does not take {model.__name__}")
        return self.body

    def query_as(self, model: type[M]) -> M:
        if not isinstance(self.query, model):
            raise TypeError(f"the operation has no query {model.__name__}")
        return self.query


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an operation gives back. `version` becomes the ETag; `content` is a file instead of JSON."""

    body: BaseModel | Mapping[str, Any] | Sequence[Any] | None = None
    status: int = 200
    version: int | None = None
    location: str = ""
    replayed: bool = False
    content: bytes | Iterator[bytes] | None = None
    media_type: str = "application/octet-stream"
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked of the service.

    `path` is a Flask rule below /api/v1 (`/applications/<uuid:application_id>/seal`). `admit` runs right after the policy
    check, before the body is read, and raises NotFound or Refused where this object is not the actor's to see.
    `upload`: multipart with the fields of `request` and one part `file` of at most `max_bytes`. `answers_file`: the media
    types of the file it answers with. `also`: statuses of trouble that it may answer beside those that follow from the rest.
    """

    id: str
    method: Method
    path: str
    action: str
    summary_zh: str
    summary_en: str
    perform: Callable[[Asked], Answer]
    request: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    needs_version: bool = False
    public: bool = False
    command: bool = False
    upload: bool = False
    max_bytes: int = MAX_JSON_BYTES
    answers_file: tuple[str, ...] = ()
    also: tuple[int, ...] = ()
    admit: Callable[[Actor, Mapping[str, Any]], None] | None = None


class OperationsDisagree(Exception):
    """Two operations share an id or a route, or one names an action the policy does not have."""


@dataclass(slots=True)
class Registry:
    """The operations of the service, in the order they were added."""

    operations: list[Operation] = field(default_factory=list[Operation])

    def add(self, *operations: Operation) -> None:
        """Refuses a second operation of the same id or route, and an action that the policy does not know."""
        for operation in operations:
            allowed(operation.action)
            for other in self.operations:
                if operation.id == other.id or (operation.method, operation.path) == (other.method, other.path):
                    raise OperationsDisagree(f"{operation.id} and {other.id} are the same")
            self.operations.append(operation)

    def __getitem__(self, operation_id: str) -> Operation:
        for operation in self.operations:
            if operation.id == operation_id:
                return operation
        raise KeyError(operation_id)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.operations)

    def blueprint(self, identity: Identity, now: Callable[[], datetime]) -> Blueprint:
        """The routes. Register it without a prefix of its own; exempt it from form tokens (security does that)."""
        routes = Blueprint("api", __name__)
        for operation in self.operations:
            routes.add_url_rule(
                PREFIX + operation.path,
                endpoint=operation.id.replace(".", "_"),
                view_func=_view(operation, identity, now),
                methods=[operation.method],
                provide_automatic_options=False,
            )
        return routes


def _view(operation: Operation, identity: Identity, now: Callable[[], datetime]) -> Callable[..., Response]:
    def view(**path: Any) -> Response:
        actor = _authenticate(operation, identity)
        _authorise(operation, actor, path)
        asked = _precondition(operation, _validate(operation, Asked(actor=actor, path=path, clock=now)))
        return respond(operation, operation.perform(asked))

    return view


def _authenticate(operation: Operation, identity: Identity) -> Actor:
    actor = identity(request)
    if actor is None and not operation.public:
        raise NotSignedIn
    return actor or PUBLIC


def _authorise(operation: Operation, actor: Actor, path: Mapping[str, Any]) -> None:
    refusal = may(actor, operation.action)
    if refusal is not None:
        raise Refused(refusal)
    for value in path.values():
        if (isinstance(value, str) and _CONTROL.search(value)) or (isinstance(value, int) and value >= 2**63):
            raise NotFound
    if operation.admit is not None:
        operation.admit(actor, path)
    if request.method not in SAFE_METHODS and (unproved := proven(actor, operation.action)):
        raise Refused(unproved)


def _validate(operation: Operation, asked: Asked) -> Asked:
    if operation.query is not None or request.args:
        model = operation.query or _NoQuery
        asked = _with(asked, query=reading.query(model, request.args.to_dict(flat=False)))
    if operation.upload:
        return _validate_upload(operation, asked)
    if operation.request is None:
        return _with(asked, fingerprint=_fingerprint(operation, asked, None)) if operation.command else asked
    if request.mimetype != "application/json":
        raise WrongContentType(expected="application/json")
    body, value = reading.body(operation.request, _raw(operation.max_bytes))
    return _with(asked, body=body, fingerprint=_fingerprint(operation, asked, value))


def _raw(limit: int) -> bytes:
    if (request.content_length or 0) > limit:
        raise TooLarge(limit=in_words(limit))
    raw = request.stream.read(limit + 1)
    if len(raw) > limit:
        raise TooLarge(limit=in_words(limit))
    return raw


def _validate_upload(operation: Operation, asked: Asked) -> Asked:
    request.max_content_length = operation.max_bytes + MAX_JSON_BYTES
    if request.mimetype != "multipart/form-data":
        raise WrongContentType(expected="multipart/form-data")
    fields, file = reading.form(request.form.to_dict(flat=False)), request.files.get("file")
    if file is None or len(request.files) > 1:
        raise Malformed(Fault("file", "REQUIRED", {"field": "file"}))
    reading.refuse_bad_text(file.filename or "")
    digest = hashlib.file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]
    if file.stream.tell() > operation.max_bytes:
        raise TooLarge(limit=in_words(operation.max_bytes))
    file.stream.seek(0)
    body = None if operation.request is None else reading.query(operation.request, fields)
    fingerprint = _fingerprint(operation, asked, [fields, file.filename, digest])
    return _with(asked, body=body, file=file, fingerprint=fingerprint)


def _precondition(operation: Operation, asked: Asked) -> Asked:
    if operation.command:
        key = request.headers.get("Idempotency-Key", "").strip().strip('"')
        if not _KEY.fullmatch(key):
            raise CommandIdMissing
        batch = request.headers.get("Batch", "")
        if batch and not _KEY.fullmatch(batch):
            raise Malformed(Fault("Batch", "BAD_FORMAT", {"field": "Batch"}))
        asked = _with(asked, command_id=key, batch=batch)
    header = request.headers.get("If-Match", "").strip()
    if operation.needs_version and not header:
        raise VersionRequired
    if not header or not (operation.needs_version or operation.command):
        return asked
    found = _ETAG.fullmatch(header)
    if found is None:
        raise Malformed(Fault("If-Match", "BAD_FORMAT", {"field": "If-Match", "expected": '"7"'}))
    return _with(asked, if_match=int(found[1]))


class _NoQuery(reading.Request):
    """For operations that take nothing in the query: whatever comes is unknown."""


def _with(asked: Asked, **changed: Any) -> Asked:
    values = {name: getattr(asked, name) for name in Asked.__dataclass_fields__}
    return Asked(**{**values, **changed})


def _fingerprint(operation: Operation, asked: Asked, value: object) -> bytes:
    """The same for the same wish: operation, path and content, whatever the order of its fields."""
    whole = [operation.id, {name: str(each) for name, each in asked.path.items()}, value]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).digest()


def respond(operation: Operation, answer: Answer) -> Response:
    """The answer as HTTP. Private and never stored: what an actor sees today may not be theirs tomorrow."""
    status = operation.status if answer.status == 200 else answer.status
    if answer.content is not None:
        response = file_response(answer.content, answer.media_type, answer.filename, status=status)
    elif status == 204:
        response = Response(status=204)
    else:
        response = Response(msgspec.json.encode(_plain(answer.body)), status, content_type="application/json")
    if answer.version is not None:
        response.headers["ETag"] = f'"{answer.version}"'
    if answer.location:
        response.headers["Location"] = answer.location
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    response.headers["Cache-Control"] = "no-store" if answer.content is None else "private, no-store"
    return response


def file_response(
    content: bytes | Iterator[bytes], media_type: str, name: str, *, inline: bool = False, status: int = 200
) -> Response:
    """Somebody's file, under the name it came with whatever its letters (RFC 6266), and powerless in the browser."""
    response = Response(content, status, content_type=media_type)
    shape = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f"{shape}; filename*=UTF-8''{quote(name or 'file', safe='')}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if not inline:
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in cast("Mapping[object, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in cast("Sequence[object]", value)]
    return value
