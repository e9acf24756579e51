"""How often one address may knock at the doors that ask for no sign-in, and how much may be sent to which page.

What an account may do is counted in the database.

Counted in memory for each process, or in Redis where that is the broker. Answered 429 with Retry-After.
"""

from typing import Any

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.constants import HeaderNames
from flask_limiter.util import get_remote_address

from service.settings import Settings

DOORS = {
    "api.object": "20 per hour",
    "public.object_to": "20 per hour",
    "links.answer": "30 per 5 minutes",
    "links.confirm": "30 per 5 minutes",
    "api.answerInvitation": "30 per 5 minutes",
    "api.confirmAgreement": "30 per 5 minutes",
    "api.turnOffLetters": "30 per 5 minutes",
    "choosing.turn_off": "30 per 5 minutes",
    "inviting.accept": "30 per 5 minutes",
    "api.join": "30 per 5 minutes",
    "reports.blocked": "60 per 5 minutes",
    "api.lookAtJoining": "120 per 5 minutes",
    "api.readInvitation": "120 per 5 minutes",
    "api.readConfirmation": "120 per 5 minutes",
}
"""Endpoint to limit: objecting to a notice, answering a letter's one-time link, turning letters off, a browser's report.
Signing in is counted in the database (directory/guessing): no restart forgets it, and where that is away nobody gets in."""
LOOKED_AT = {
    "printing.check": "120 per 5 minutes",
    "api.checkPaper": "120 per 5 minutes",
    "links.invitation": "120 per 5 minutes",
    "links.confirmation": "120 per 5 minutes",
    "inviting.look": "120 per 5 minutes",
}
"""The same for what is only read: a paper by its code, a one-time link, where a hall of people may stand behind one address."""

UPLOADS = frozenset({
    "acting.take", "batches.take", "consortium.agreement/confirmations", "consortium.agreement/documents",
    "consortium.commitments/<unit>", "experts.brought_in", "figures.take_over", "papers.attach", "papers.commit", "statements.look",
})  # fmt: skip
"""The pages that take a file from somebody who is signed in; every other body is a form."""
LARGEST_BODY = 64 * 1024 * 1024
FORM_BYTES = 9 * 1024 * 1024
STRANGERS_BYTES = 256 * 1024
"""In bytes: a body with a file, a form of somebody with a session (the largest section and its other fields), and one without.

Asked before the form's token is looked for, which reads the whole body. Operations of the API weigh their own bodies.
"""
_API = "api."

_UNTIL = "X-RateLimit-Retry-After"
"""What the limiter calls the end of its window; see `_say_when_to_come_back`."""


def weigh(app: Flask) -> None:
    """Bound every body by what its page can be sent; call before anything reads one."""

    @app.before_request
    def weighed() -> None:  # pyright: ignore[reportUnusedFunction]
        endpoint = request.endpoint or ""
        if not endpoint.startswith(_API):
            request.max_content_length = most_of(endpoint, known=any(name.endswith("sid") for name in request.cookies))


def most_of(endpoint: str, *, known: bool) -> int:
    """How many bytes a page takes; *known*: whether the browser holds a session's cookie, whosever it is."""
    if not known:
        return STRANGERS_BYTES
    return LARGEST_BODY if endpoint in UPLOADS else FORM_BYTES


def install(app: Flask, settings: Settings) -> Limiter:
    """Limit the doors of *app*; call when every blueprint is registered."""
    app.after_request(_say_when_to_come_back)  # before the limiter's own, so that it runs after it
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=settings.broker_url.get_secret_value()
        if settings.broker == "redis" and settings.broker_url
        else "memory://",
        strategy="moving-window",
        headers_enabled=True,
        header_name_mapping={HeaderNames.RETRY_AFTER: _UNTIL},
    )
    for doors, method in ((DOORS, "POST"), (LOOKED_AT, "GET")):
        for endpoint, limit in doors.items():
            view: Any = app.view_functions[endpoint]
            app.view_functions[endpoint] = limiter.limit(limit, methods=[method])(view)
    return limiter


def _say_when_to_come_back(response: Response) -> Response:
    """The limiter tells every answer of a door when its window ends; only whoever was turned away is to wait for it.

    An answer of another trouble (a busy database, a full disk) keeps its own word of when to come back.
    """
    seconds = response.headers.pop(_UNTIL, None)
    if seconds is not None and response.status_code == 429:
        response.headers["Retry-After"] = seconds
    return response
