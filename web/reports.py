"""What browsers report: something a page of ours tried to load or run against its own policy. Noted in a line of the log.

A report comes without a form's token and may be invented, so that it changes nothing: bounded, limited, and told by words of
the policy alone. Not the address of the page and not what was blocked beyond its host: both may be somebody's.
"""

import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, request

PATH = "/csp-reports"
MOST_BYTES = 16 * 1024
_WORD = 60
_log = structlog.get_logger(__name__)


def reports() -> Blueprint:
    """Exempt it from form tokens: a browser sends none with a report."""
    blueprint = Blueprint("reports", __name__)

    @blueprint.post(PATH)
    def blocked() -> Response:  # pyright: ignore[reportUnusedFunction]
        told = read(request.stream.read(MOST_BYTES + 1))
        if told is not None:
            _log.warning("policy_broken", directive=told[0], blocked=told[1])
        return Response(status=204)

    return blueprint


def read(raw: bytes) -> tuple[str, str] | None:
    """The directive and what it kept out: a word (inline, eval, data) or a host. None for what is no report."""
    if len(raw) > MOST_BYTES:
        return None
    try:
        sent: object = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    body = cast("Mapping[str, Any]", sent).get("csp-report") if isinstance(sent, dict) else None
    if not isinstance(body, dict):
        return None
    report = cast("Mapping[str, Any]", body)
    directive = report.get("effective-directive") or report.get("violated-directive") or ""
    return _word(directive), _kept_out(str(report.get("blocked-uri") or ""))


def _kept_out(blocked: str) -> str:
    try:
        return _word(urlsplit(blocked).hostname or blocked.split(":", 1)[0])
    except ValueError:
        return ""


def _word(value: object) -> str:
    text = str(value).split(" ", 1)[0][:_WORD]
    return text if text.isascii() and text.isprintable() else ""
