"""A small HTTP client of our own API: one kept connection, operations by their id as the API itself describes them."""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

TIMEOUT_S = 60.0
_PLACE = re.compile(r"\{(\w+)\}")


class Unreachable(Exception):
    """The service does not answer at this address."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent as one part of a form."""

    name: str
    content: bytes
    media_type: str = "application/pdf"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers in lower case, the body as JSON (None where it is not) and as it came."""

    status: int
    headers: Mapping[str, str]
    body: Any
    content: bytes = b""

    @property
    def is_file(self) -> bool:
        return self.ok and self.body is None and bool(self.content)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    words: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(_PLACE.findall(self.path))


@dataclass(slots=True)
class Client:
    """*base_url* names the service; the API is under /api/v1 and describes itself."""

    base_url: str
    _connection: HTTPConnection | None = None
    _operations: dict[str, Operation] = field(default_factory=dict[str, Operation])

    def call(
        self, operation: str, given: Mapping[str, Any], *, token: str = "", application: str = "", key: str = ""
    ) -> Answer:
        """Ask *operation*, of *application* where it is about one; under the same *key* it acts once.

        Values named in its path go there, a GET's others into the query, the rest into the body.
        """
        found = self.operations()[operation]
        if application and "application_id" in found.places:
            given = {**given, "application_id": application}
        rest = {name: value for name, value in given.items() if name not in found.places}
        path = _PLACE.sub(lambda place: quote(str(given[place[1]]), safe=""), found.path)
        if found.method == "GET":
            return self.request("GET", path + ("?" + urlencode(rest) if rest else ""), token=token)
        if any(isinstance(value, Upload) for value in rest.values()):
            kind, body = _form(rest)
        else:
            kind, body = "application/json", json.dumps(rest, ensure_ascii=False).encode()
        headers = {"Idempotency-Key": key} if key else {}
        return self.request(found.method, path, body=body, kind=kind, token=token, headers=headers)

    def operations(self) -> Mapping[str, Operation]:
        if not self._operations:
            described: dict[str, dict[str, dict[str, Any]]] = self.request("GET", "/api/v1/openapi.json").body["paths"]
            for path, methods in described.items():
                for method, said in methods.items():
                    self._operations[said["operationId"]] = _operation(said, method, path)
        return self._operations

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        kind: str = "",
        token: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"Accept": "application/json", **({"Content-Type": kind} if kind else {}), **(headers or {})}
        if method != "GET":
            sent.setdefault("Idempotency-Key", secrets.token_hex(12))
        if token:
            sent["Authorization"] = f"Bearer {token}"
        connection = self._connected()
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            content = response.read()
        except (OSError, HTTPException) as error:
            self.close()
            raise Unreachable(f"{self.base_url}{path}: {error or type(error).__name__}") from error
        got = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, got, _parsed(got.get("content-type", ""), content), content)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> HTTPConnection:
        if self._connection is None:
            parts = urlsplit(self.base_url)
            kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
            self._connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT_S)
        return self._connection


def _operation(said: Mapping[str, Any], method: str, path: str) -> Operation:
    """As the API describes it; the first line of a description is its Chinese name."""
    words = str(said.get("description", "")).partition("\n")[0]
    return Operation(said["operationId"], method.upper(), path, words)


def _parsed(kind: str, content: bytes) -> Any:
    return json.loads(content) if "json" in kind and content else None


def _form(values: Mapping[str, Any]) -> tuple[str, bytes]:
    boundary = secrets.token_hex(16)
    parts: list[bytes] = []
    for name, value in values.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        if isinstance(value, Upload):
            file = f'; filename="{value.name}"\r\nContent-Type: {value.media_type}\r\n\r\n'
            parts += [(head + file).encode(), value.content, b"\r\n"]
        else:
            parts.append(f"{head}\r\n\r\n{value}\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join([*parts, f"--{boundary}--\r\n".encode()])
