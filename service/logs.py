"""What this program says while it works: one JSON object a line on standard error, for whoever collects it.

A line holds when, how bad, what, from where, and under which request. It never holds a body, a path somebody typed, a token or
a message of a database: what went wrong is told by types and places in the code. Addresses and numbers of people that
slip into a text are masked; control characters and line ends are escaped, so that nobody can write a line of their own.
"""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Mapping, MutableMapping, Sequence
from functools import partial
from hashlib import blake2b
from types import TracebackType
from typing import Any, Literal, TextIO, TypeAlias, cast
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from directory.projection import comparable
from eventstore.refusal import Refusal

LONGEST = 500
_MASK = "•••"
_PERSONAL = re.compile(
    r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"  # an address
    r"|(?<!\d)1[3-9]\d{9}(?!\d)"  # a mobile number
    r"|(?<!\d)\d{17}[\dXx](?![\dA-Za-z])"  # an identity card
    r"|(?<!\d)\d{16,19}(?!\d)"  # an account
)
_CREDENTIALS = re.compile(r"(?<=//)[^/\s@]+(?=@)")
_QUIET = {"dramatiq": logging.WARNING, "aiosmtpd": logging.WARNING, "werkzeug": logging.WARNING, "pika": logging.ERROR}

_FIELDS = ("method", "route", "status", "ms", "person", "caller", "outcome", "way", "account", "why")
_requests = logging.getLogger("service.requests")  # silent until `begin`, as in a demonstration
_sign_ins = logging.getLogger("service.sign_ins")

_Line: TypeAlias = MutableMapping[str, Any]


def begin(to: TextIO | None = None) -> None:
    """From now on every line of this process goes to *to* (standard error) as JSON; called by whatever starts a process."""
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def formatter() -> logging.Formatter:
    """Makes a line of any record, ours or a library's; gunicorn's configuration names it."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _told],
    )


def watch(app: Flask, salt: bytes) -> None:
    """Give every request of *app* an id, which its lines and its answer bear, and say one line when it was answered.

    *salt* keys the fingerprint that stands for the caller's address: the same caller is recognised, nobody is named.
    """

    @app.before_request
    def named() -> None:  # pyright: ignore[reportUnusedFunction]
        structlog.contextvars.clear_contextvars()
        g.request_id, g.asked_at = uuid4().hex, time.perf_counter()
        g.fingerprint = partial(_fingerprint, salt)
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def answered(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        if "request_id" not in g:  # a host that is refused before anything runs
            return response
        response.headers["X-Request-ID"] = g.request_id
        said = {
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule else "none",
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.asked_at) * 1000),
            "person": g.get("person", ""),
            "caller": g.fingerprint(request.remote_addr or ""),
        }
        _requests.info("answered", extra=said)
        return response


def _fingerprint(salt: bytes, text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), key=salt[:64], digest_size=6).hexdigest()


def sign_in(
    outcome: Literal["in", "half", "proved", "refused", "out"],
    way: str,
    person: str = "",
    *,
    address: str = "",
    why: Sequence[Refusal] = (),
) -> None:
    """One line for whatever came of somebody's asking to be let in (ASVS 16.3.1), inside of a request.

    `half` still owes its second factor, `proved` showed one anew. Where nobody is known by it the mail *address* that was typed
    stands as a fingerprint, as the caller does: the same one is recognised, nobody is named. *why*: the codes, never what was typed.
    """
    account = g.fingerprint(comparable(address.strip()) or "") if address else ""
    said = {"outcome": outcome, "way": way, "person": person, "account": account, "why": [one.code for one in why]}
    _sign_ins.log(logging.WARNING if outcome == "refused" else logging.INFO, "sign_in", extra=said)


def request_id() -> str:
    """The id of the request that is being answered; a new one outside of any."""
    found: str = g.get("request_id") or uuid4().hex
    return found


def _told(_logger: Any, _method: str, line: _Line) -> str:
    """The line as JSON in ASCII: an escape for a control character, a line end or a separator wherever it stands."""
    error = line.pop("exc_info", None)
    if error:
        line["error"], line["at"] = _error_of(error)
    return json.dumps({key: _safe(value) for key, value in line.items()}, ensure_ascii=True, default=str)


def _safe(value: Any) -> Any:
    """*value* without what names a person or opens a door, and not endless."""
    if isinstance(value, Mapping):
        return {str(key): _safe(each) for key, each in cast("Mapping[object, object]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_safe(each) for each in cast("Sequence[object]", value)[:50]]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _PERSONAL.sub(_MASK, _CREDENTIALS.sub(_MASK, str(value)))[:LONGEST]


def _error_of(given: Any) -> tuple[str, list[str]]:
    """The types of an error and of what caused it, and the places it passed: a message may repeat what somebody wrote."""
    error = _given(given)
    names: list[str] = []
    places: list[str] = []
    while error is not None and len(names) < 5:
        names.append(type(error).__name__)
        places += _places(error.__traceback__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " < ".join(names), places[:30]


def _given(given: Any) -> BaseException | None:
    """structlog is handed the error itself, the triple of `sys.exc_info`, or True for the one that is being handled."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return cast("tuple[object, BaseException | None, object]", given)[1]
    return sys.exc_info()[1]


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.StackSummary.extract(traceback.walk_tb(trace), lookup_lines=False)
    return [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames[-12:]]


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(allow=_FIELDS),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
]
