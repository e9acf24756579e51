"""How often one address may knock at the doors that ask for no sign-in. What an account may do is counted in the database.

Counted in memory for each process, or in Redis where that is the broker. Answered 429 with Retry-After.
"""

from typing import Any

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.constants import HeaderNames
from flask_limiter.util import get_remote_address

from service.settings import Settings

DOORS = {
    "entrance.send": "10 per 5 minutes",
    "entrance.use": "30 per 5 minutes",
    "api.object": "20 per hour",
    "public.object_to": "20 per hour",
    "links.answer": "30 per 5 minutes",
    "links.confirm": "30 per 5 minutes",
    "api.answerInvitation": "30 per 5 minutes",
    "api.confirmAgreement": "30 per 5 minutes",
    "api.turnOffLetters": "30 per 5 minutes",
    "choosing.turn_off": "30 per 5 minutes",
    "api.readInvitation": "120 per 5 minutes",
    "api.readConfirmation": "120 per 5 minutes",
}
"""Endpoint to limit: asking for a sign-in link, using one, objecting to a notice, answering a letter's one-time link, turning letters off."""
LOOKED_AT = {
    "printing.check": "120 per 5 minutes",
    "api.checkPaper": "120 per 5 minutes",
    "links.invitation": "120 per 5 minutes",
    "links.confirmation": "120 per 5 minutes",
}
"""The same for what is only read: a paper by its code, a one-time link, where a hall of people may stand behind one address."""

_UNTIL = "X-RateLimit-Retry-After"
"""What the limiter calls the end of its window; see `_say_when_to_come_back`."""


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
