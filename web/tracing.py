"""W3C Trace Context: the trace that a request came with is the correlation id of whatever it causes, and goes on from there.

A request that names none, or names it wrongly, begins a trace of its own. What the roof and the clock do has no request.
"""

import re
from collections.abc import Callable
from uuid import UUID

from flask import has_request_context, request

HEADER = "traceparent"
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?", re.ASCII)
_FIRST_VERSION = 55
"""Characters of version 00, which has no further parts."""


def correlation(new: Callable[[], UUID]) -> UUID:
    """The trace of the request that is being answered; *new* where there is no request, or it names no trace."""
    given = request.headers.getlist(HEADER) if has_request_context() else []
    return (trace_of(given[0]) if len(given) == 1 else None) or new()


def trace_of(header: str) -> UUID | None:
    """The trace-id of a traceparent; None for what is none (W3C Trace Context §3.2: zeros name nothing)."""
    found = _PARENT.fullmatch(header.strip())
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return None
    if header.strip().startswith("00") and len(header.strip()) != _FIRST_VERSION:
        return None
    return UUID(hex=found[1])


def parent(trace: str, span: str) -> str:
    """The traceparent of something that *trace* (a UUID as text) caused; *span*: hexadecimal digits of its own id."""
    try:
        whole = UUID(trace).hex
    except ValueError:
        whole = "0"
    number, span_number = int(whole, 16) or 1, int(span[:16] or "0", 16) or 1
    return f"00-{number:032x}-{span_number:016x}-01"
