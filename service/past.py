"""Whether this is a restored log: known before anything leaves, and before a request can add to it, so that it never grows past
the head that would have shown it.
"""

import threading

import structlog
from flask import Flask, request
from sqlalchemy.exc import SQLAlchemyError

from eventstore.refusal import Busy
from service.wiring import House

LOOK_AGAIN_S = 1.0
_AT_ANY_TIME = frozenset({"health", "metrics", "web"})
"""Blueprints that answer without it."""
_log = structlog.get_logger(__name__)


def is_known(house: House) -> bool:
    """Ask once, and hold what would leave where it must be held; False while the database does not answer."""
    try:
        house.holding.hold_if_restored(house.proofs)
    except (Busy, SQLAlchemyError) as error:
        _log.warning("not_now", work="hold_if_restored", error=str(error))
        return False
    return True


def until_known(house: House, stop: threading.Event) -> bool:
    """Ask until the database answers; False when told to *stop* before that."""
    while not stop.is_set():
        if is_known(house):
            return True
        stop.wait(LOOK_AGAIN_S)
    return False


def ask_first(app: Flask, house: House) -> None:
    """Let *app* ask before its first answer. Until it knows, whoever comes is told Busy."""
    known = threading.Event()

    @app.before_request
    def ask() -> None:  # pyright: ignore[reportUnusedFunction]
        if known.is_set() or request.blueprint in _AT_ANY_TIME:
            return
        if not is_known(house):
            raise Busy("whether this is a restored log is not known yet")
        known.set()
