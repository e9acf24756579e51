"""Whether the process lives, and whether it can serve: for whoever restarts and routes. No secret, no name, no path in it."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress

from flask import Blueprint, Response

from eventstore.refusal import Busy
from service.wiring import House
from workflow.bucket import BucketFiles

LAG_LIMIT = 10_000
Check = Callable[[House], str]


def database(house: House) -> str:
    try:
        house.store.head_position()
    except Busy:
        return "busy"
    return "ok"


def letters(house: House) -> str:
    standing = house.listener.subscription.standing()
    if standing.failed_position is not None:
        return f"stands at {standing.failed_position}"
    return "ok" if standing.lag <= LAG_LIMIT else f"{standing.lag} behind"


def parcels(house: House) -> str:
    standing = house.hooks.listener.subscription.standing()
    if standing.failed_position is not None:
        return f"stands at {standing.failed_position}"
    return "ok" if standing.lag <= LAG_LIMIT else f"{standing.lag} behind"


def files(house: House) -> str:
    folder = house.settings.files
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if isinstance(house.files, BucketFiles):
            house.files.look()
        return "ok"
    return "not writable"


CHECKS: Mapping[str, Check] = {"database": database, "letters": letters, "parcels": parcels, "files": files}


def look(house: House) -> dict[str, str]:
    """Each check's word; what a check cannot even ask is away."""
    found: dict[str, str] = {}
    for name, check in CHECKS.items():
        try:
            found[name] = check(house)
        except Exception:  # whatever keeps a check from asking is its answer
            found[name] = "away"
    return found


def pages(house: House) -> Blueprint:
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def lives() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response("ok\n", mimetype="text/plain")

    @blueprint.get("/readyz")
    def ready() -> Response:  # pyright: ignore[reportUnusedFunction]
        found = look(house)
        status = 200 if set(found.values()) == {"ok"} else 503
        return Response(json.dumps(found) + "\n", status, mimetype="application/json")

    return blueprint
