"""How often one address may knock at the doors that ask for no sign-in. What an account may do is counted in the database.

Counted in memory for each process, or in Redis where that is the broker. Answered 429 with Retry-After.
"""

from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from service.settings import Settings

DOORS = {
    "entrance.send": "10 per 5 minutes",
    "entrance.use": "30 per 5 minutes",
    "api.object": "20 per hour",
    "public.object_to": "20 per hour",
}
"""Endpoint to limit: asking for a sign-in link, using one, objecting to a notice."""
LOOKED_AT = {"printing.check": "120 per 5 minutes", "api.checkPaper": "120 per 5 minutes"}
"""The same for what is only read: asking after a paper by its code, where a hall of people may stand behind one address."""


def install(app: Flask, settings: Settings) -> Limiter:
    """Limit the doors of *app*; call when every blueprint is registered."""
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=settings.broker_url.get_secret_value()
        if settings.broker == "redis" and settings.broker_url
        else "memory://",
        strategy="moving-window",
        headers_enabled=True,
    )
    for doors, method in ((DOORS, "POST"), (LOOKED_AT, "GET")):
        for endpoint, limit in doors.items():
            view: Any = app.view_functions[endpoint]
            app.view_functions[endpoint] = limiter.limit(limit, methods=[method])(view)
    return limiter
