"""Every trouble as an answer: RFC 9457 for machines, a page in the person's language for people, the same refusals in both.

Which trouble is whose stands in the table of `problem_of`. An error we did not foresee says only an id.
"""

import errno
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec
from flask import Flask, Response, current_app, render_template, request
from flask_wtf.csrf import CSRFError  # pyright: ignore[reportMissingTypeStubs]
from werkzeug.exceptions import HTTPException

from directory.guessing import TooManyTries
from eventstore.event import RecordedEvent, instant_of
from eventstore.refusal import (
    Busy,
    ConcurrencyConflict,
    Damaged,
    Fault,
    KeyReused,
    Malformed,
    NoRoom,
    PreconditionFailed,
    Refusal,
    Refused,
)
from web import language, texts
from web.format import Language
from web.texts import Reason

PROBLEM_JSON = "application/problem+json"
_log = logging.getLogger(__name__)


class Trouble(Exception):
    """The request cannot be met, and the room `web` knows why. `kind` names its problem type."""

    kind = "bad-request"
    status = 400
    refusal = "BAD_REQUEST"

    def __init__(self, **params: str | int) -> None:
        self.params: dict[str, str | int] = params
        super().__init__(self.kind)


class Unreadable(Trouble):
    """The body is no JSON that we take; *why* is a key of `problem.bad-json.*`."""

    kind = "bad-json"
    refusal = "MALFORMED"

    def __init__(self, why: str, **params: str | int) -> None:
        super().__init__(**params)
        self.why = why


class NotFound(Trouble):
    """Not there, or not yours to see: the same answer, to the byte."""

    kind, status, refusal = "not-found", 404, "NOT_FOUND"


class NotSignedIn(Trouble):
    kind, status, refusal = "not-signed-in", 401, "NOT_SIGNED_IN"


class VersionRequired(Trouble):
    """A conditional write without If-Match (RFC 6585 §3)."""

    kind, status, refusal = "precondition-required", 428, "VERSION_REQUIRED"


class CommandIdMissing(Trouble):
    kind, refusal = "command-id-missing", "COMMAND_ID_MISSING"


class WrongContentType(Trouble):
    """`expected` names the media type that is taken."""

    kind, status, refusal = "unsupported-media-type", 415, "WRONG_CONTENT_TYPE"


class TooLarge(Trouble):
    """`limit` is said in words: 1 MiB."""

    kind, status, refusal = "too-large", 413, "TOO_LARGE"


class CrossSite(Trouble):
    """A write that a page of another site may have caused."""

    kind, status, refusal = "cross-site", 403, "CROSS_SITE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One trouble, ready to be answered. `kind` is the last part of its RFC 9457 type."""

    kind: str
    status: int
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    detail: str = ""  # the key of another sentence than <kind>.detail
    reasons: tuple[Reason, ...] = ()
    faults: tuple[Fault, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict[str, object])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def told_twice(self) -> bool:
        """Whether its one reason says all that its detail says: a page shows it once."""
        return self.kind in _SAID_IN_THE_DETAIL

    def title_in(self, speech: Language) -> str:
        key = f"problem.{self.kind}.title"
        return texts.t(key, speech) if texts.has(key) else HTTPStatus(self.status).phrase

    def detail_in(self, speech: Language) -> str:
        key = self.detail or f"problem.{self.kind}.detail"
        return texts.t(key, speech, **self.params) if texts.has(key) else ""

    def as_json(self, speech: Language) -> dict[str, object]:
        found: dict[str, object] = {
            "type": f"/problems/{self.kind}",
            "title": self.title_in(speech),
            "status": self.status,
            "detail": self.detail_in(speech),
            **self.more,
        }
        if self.reasons:
            found["refusals"] = [reason.as_json() for reason in self.reasons]
        if self.faults:
            found["errors"] = [_fault_as_json(fault) for fault in self.faults]
        return found


def _fault_as_json(fault: Fault) -> dict[str, object]:
    reason = reason_of(fault)
    pointer = "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in fault.field.split(".") if part)
    return {
        "field": fault.field,
        "pointer": pointer,
        "code": fault.code,
        "params": dict(fault.params),
        "reason": {"zh": reason.zh, "en": reason.en},
    }


def reason_of(fault: Fault) -> Reason:
    """A field's fault told like a refusal; a code without a text of its own is told as MALFORMED."""
    known = fault.code if texts.has(f"refusal.{fault.code}") else "MALFORMED"
    told = texts.explain(Refusal(known, {"field": fault.field, **fault.params}))
    return Reason(fault.code, told.params, told.zh, told.en, told.source, told.who)


def problem_of(error: Exception, name_of: Callable[[str], str] = str) -> Problem | None:
    """The problem that *error* is, None where it is nobody's but ours. *name_of* turns an actor's id into a name."""
    match error:
        case TooManyTries():
            return _too_many(error)
        case Refused():
            return _refused(error.refusals)
        case Malformed():
            reasons = tuple(reason_of(fault) for fault in error.faults)
            count = {"n": len(error.faults)}
            return Problem(kind="malformed", status=422, params=count, reasons=reasons, faults=error.faults)
        case PreconditionFailed():
            return _overtaken(error.version, error.latest, name_of)
        case ConcurrencyConflict():
            return Problem(kind="changed-meanwhile", status=409, reasons=_said("CONFLICT"))
        case KeyReused():
            return Problem(kind="key-reused", status=422, reasons=_said("KEY_REUSED"))
        case NoRoom():
            return _no_room(error.retry_after_s)
        case OSError() if error.errno in _DISK_FULL:
            return _no_room(NO_ROOM_S)
        case Damaged():
            _log.error("stored bytes are damaged: %s", error)
            return Problem(kind="damaged", status=500, reasons=_said("FILE_DAMAGED"))
        case Busy():
            return _busy(error)
        case Unreadable():
            why = f"problem.bad-json.{error.why}"
            return Problem(kind="bad-json", status=400, params=error.params, detail=why, reasons=_said("MALFORMED"))
        case Trouble():
            return _trouble(error)
        case CSRFError():
            return Problem(kind="form-expired", status=400, reasons=_said("FORM_EXPIRED"))
        case HTTPException():
            return _from_http(error)
        case _:
            return None


def _too_many(error: TooManyTries) -> Problem:
    told, wait = {"seconds": error.retry_after_s}, {"Retry-After": str(error.retry_after_s)}
    return Problem(kind="too-many-requests", status=429, params=told, reasons=_told(error), headers=wait)


def _told(refused: Refused) -> tuple[Reason, ...]:
    return tuple(texts.explain(refusal) for refusal in refused.refusals)


def _said(code: str, **params: str | int) -> tuple[Reason, ...]:
    return (texts.explain(Refusal(code, params)),)


def _busy(error: Busy) -> Problem:
    wait: dict[str, str | int] = {"seconds": error.retry_after_s}
    headers = {"Retry-After": str(error.retry_after_s)}
    detail = "" if error.code == Busy.code else f"refusal.{error.code}"
    return Problem(
        kind="busy", status=503, params=wait, detail=detail, reasons=_said(error.code, **wait), headers=headers
    )


def _no_room(seconds: int) -> Problem:
    """507 with when to come back: a full disk is nobody's mistake, and reading goes on."""
    wait: dict[str, str | int] = {"seconds": seconds}
    headers = {"Retry-After": str(seconds)}
    return Problem(kind="no-room", status=507, params=wait, reasons=_said("NO_ROOM", **wait), headers=headers)


def _refused(refusals: Sequence[Refusal]) -> Problem:
    codes = {refusal.code for refusal in refusals}
    if "NOT_FOUND" in codes:
        return _trouble(NotFound())
    reasons = _told(Refused(refusals))
    kind, status = ("forbidden", 403) if codes & _FORBIDDEN else ("refused", 409)
    if "STEP_UP_REQUIRED" in codes:
        kind, status = "step-up-required", 403
    if codes <= _LOCKED:
        kind, status = "locked", 423
    return Problem(kind=kind, status=status, params={"n": len(reasons)}, reasons=reasons)


def _overtaken(version: int, latest: RecordedEvent | None, name_of: Callable[[str], str]) -> Problem:
    """Says which event won, whose and when, so that the loser can look at it."""
    more: dict[str, object] = {"current_version": version}
    params: dict[str, str | int] = {}
    if latest is not None:
        at = instant_of(latest.recorded_at).isoformat().replace("+00:00", "Z")
        who = name_of(latest.actor)
        more["winner"] = {"event": latest.type, "actor": who, "at": at, "position": latest.position}
        params = {"who": who, "who_acted": who, "at": at, "event": latest.type}
    headers = {"ETag": f'"{version}"'}
    reasons = _said("CONFLICT", **params)
    return Problem(kind="precondition-failed", status=412, params=params, reasons=reasons, more=more, headers=headers)


def _trouble(error: Trouble) -> Problem:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    reasons = _said(error.refusal, **error.params)
    return Problem(kind=error.kind, status=error.status, params=error.params, reasons=reasons, headers=headers)


NO_ROOM_S = 600
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = frozenset({"ROLE_FORBIDDEN", "SCOPE_MISSING", "NOT_BY_TOKEN"})
_LOCKED = frozenset({"FILE_QUARANTINED", "FILE_INFECTED"})
_BY_STATUS: Mapping[int, tuple[str, str]] = {
    405: ("method-not-allowed", "METHOD_NOT_ALLOWED"),
    413: ("too-large", "TOO_LARGE"),
    415: ("unsupported-media-type", "WRONG_CONTENT_TYPE"),
    429: ("too-many-requests", "TOO_MANY_REQUESTS"),
}
_SAID_IN_THE_DETAIL = frozenset(
    {
        *(kind for kind, _ in _BY_STATUS.values()),
        "bad-request",
        "busy",
        "damaged",
        "no-room",
        "command-id-missing",
        "cross-site",
        "form-expired",
        "not-signed-in",
        "step-up-required",
    }
)


def _from_http(error: HTTPException) -> Problem | None:
    status = error.code or 500
    if status == 404:
        return _trouble(NotFound())
    kept = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After", "WWW-Authenticate")}
    params: dict[str, str | int] = {}
    if status == 429:
        params["seconds"] = kept.setdefault("Retry-After", "60")
    if status == 413:
        params["limit"] = in_words(request.max_content_length or 1 << 20)
    if status >= 500:
        return None
    kind, code = _BY_STATUS.get(status, ("bad-request", "BAD_REQUEST"))
    return Problem(kind=kind, status=status, params=params, reasons=_said(code, **params), headers=kept)


def in_words(size: int) -> str:
    """A number of bytes: 1 MiB, 512 KiB."""
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


def for_machines() -> bool:
    """The API, and a form that saves itself."""
    return request.path.startswith("/api/") or "X-Autosave" in request.headers


def answer(problem: Problem) -> Response:
    """As problem+json under /api, as a page everywhere else."""
    if for_machines():
        speech = language.for_machines(request)
        body: bytes | str = msgspec.json.encode(problem.as_json(speech))
        response = Response(body, problem.status, content_type=PROBLEM_JSON)
        response.content_language.add("zh-Hans" if speech == "zh" else "en")
    else:
        response = Response(_page(problem), problem.status)
    response.headers.update(dict(problem.headers))
    return response


def _page(problem: Problem) -> str:
    """The problem in the house's frame; bare where who is looking, or what time it is, cannot be asked for either."""
    try:
        if problem.kind == "step-up-required" and request.method == "POST":
            return render_template("step_up.html", reason=problem.reasons[0], faults=())
        return render_template("error.html", problem=problem)
    except Busy:
        bare = current_app.jinja_env.get_template("error_bare.html")
        return bare.render(problem=problem, lang=language.of(request))


def install(app: Flask, *, name_of: Callable[[str], str] = str, new_id: Callable[[], str]) -> None:
    """Let every error of *app* be answered here. *new_id* names an unforeseen one; the log has the rest."""

    @app.errorhandler(Exception)
    def troubled(error: Exception) -> Response | HTTPException:  # pyright: ignore[reportUnusedFunction]
        if isinstance(error, HTTPException) and (error.code or 500) < 400:
            return error  # a redirect of the routing
        problem = problem_of(error, name_of)
        if problem is not None:
            return answer(problem)
        name = new_id()
        _log.error("unforeseen error %s", name, exc_info=error)
        return answer(Problem(kind="internal", status=500, params={"id": name}, more={"id": name}))
