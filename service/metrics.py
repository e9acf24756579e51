"""`/metrics` for whoever monitors: what this service answered, and how the house stands, in the text format of Prometheus.

Read with a token of its own; without the setting there is no such page. Nothing in it is about a person or an application.
What was answered is counted in memory, or, where PROMETHEUS_MULTIPROC_DIR names a folder, by all processes together.
"""

import hmac
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.serving import WSGIRequestHandler, make_server

from eventstore.refusal import Busy
from service import gauges, health
from service.settings import host_and_port
from service.wiring import House

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NOWHERE = "none"
"""The route of a request that met none: a path somebody typed is never a label."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What one application answered; every application has a registry of its own."""

    registry: CollectorRegistry
    answers: Counter
    seconds: Histogram
    scrapes: Counter


def watch(app: Flask) -> Watched:
    """Count and time every answer of *app*; call first, so that nothing that runs before a page goes unseen."""
    registry = CollectorRegistry()
    watched = Watched(
        registry,
        Counter("vermilion_requests", "Answers by route and status.", ("method", "route", "status"), registry=registry),
        Histogram(
            "vermilion_request_seconds",
            "Time until an answer was ready to be sent, by route.",
            ("method", "route"),
            registry=registry,
            buckets=SECONDS,
        ),
        # Without labels its file is made here: a folder that cannot be written to is told at the start, not to a visitor.
        Counter("vermilion_scrapes", "How often this page was read.", registry=registry),
    )

    @app.before_request
    def begin() -> None:  # pyright: ignore[reportUnusedFunction]
        g.began = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:  # pyright: ignore[reportUnusedFunction]
        method = request.method if request.method in METHODS else NOWHERE
        route = request.url_rule.rule if request.url_rule else NOWHERE
        watched.answers.labels(method, route, str(response.status_code)).inc()
        if "began" in g:
            watched.seconds.labels(method, route).observe(time.perf_counter() - g.began)
        return response

    return watched


def pages(house: House, watched: Watched) -> Blueprint:
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def shown() -> Response:  # pyright: ignore[reportUnusedFunction]
        token = house.settings.metrics_token
        if token is None:
            return Response("not found\n", 404, mimetype="text/plain")
        if not _holds(token):
            return Response("token\n", 401, {"WWW-Authenticate": 'Bearer realm="metrics"'}, mimetype="text/plain")
        watched.scrapes.inc()
        told = b"".join(
            generate_latest(each) for each in (*counted(watched.registry, house.counted.registry), _of(_stands(house)))
        )
        return Response(told, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return blueprint


def _holds(token: SecretStr) -> bool:
    """Whether the caller sent *token*. Not the caller's address: behind a proxy everybody comes from this machine."""
    sent = request.headers.get("Authorization", "").encode()
    return hmac.compare_digest(sent, f"Bearer {token.get_secret_value()}".encode())


def counted(*registries: CollectorRegistry) -> tuple[CollectorRegistry, ...]:
    """What this process counted; what all of them did where the library was told a folder to count in."""
    every = CollectorRegistry()
    try:
        MultiProcessCollector(every)  # type: ignore[no-untyped-call]
    except ValueError:  # no folder
        return registries
    return (every,)


@contextmanager
def beside(house: House, bind: str) -> Generator[int]:
    """`/metrics`, `/healthz` and `/readyz` of a process that serves nobody else, on *bind* (host:port); yields the port.

    Whoever is slow to ask or to listen keeps nobody else waiting. ValueError where *bind* is something else.
    """
    app = Flask("beside", static_folder=None)
    watched = watch(app)
    app.register_blueprint(pages(house, watched))
    app.register_blueprint(health.pages(house))
    server = make_server(*host_and_port(bind), app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    timeout = 10.0

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return None


def _stands(house: House) -> list[Metric]:
    """How the house stands. With the database away it says so: what was answered meanwhile is worth most just then."""
    try:
        return [gauges.up(True), *gauges.look(house)]
    except (Busy, SQLAlchemyError):
        return [gauges.up(False)]


class _Told(Collector):
    """Values that were looked up already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = tuple(metrics)

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _of(metrics: Iterable[Metric]) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(metrics))
    return registry
