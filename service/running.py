"""A whole house running in this process: mail sink, broker, workers, ticker and a threaded web server on loopback.

For demonstrations and tests, and for a small office that runs one process. Everything started here is stopped here.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from werkzeug.serving import make_server

from programmes.catalogue import Catalogue
from service import actors as acting
from service import metrics, past, publishing, wiring
from service.actors import Actors, Ticker
from service.broker import Workers
from service.chunks import Handler
from service.client import Client
from service.settings import Settings, for_the_demo
from service.sink import Mailbox, Sink
from service.site import create_app
from service.wiring import House

REQUEST_S = 30.0
"""A connection that says nothing for so long is hung up on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What runs: where it answers, and its parts."""

    url: str
    house: House
    actors: Actors
    mailbox: Mailbox

    def client(self) -> Client:
        return Client(self.url)


class _Quiet(Handler):
    """The development server's handler with a limit on silence and without a line for each request."""

    timeout = REQUEST_S

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return None


@contextmanager
def running(folder: Path, *, port: int = 0, host: str = "127.0.0.1", **settings: Any) -> Generator[Running]:
    """A fresh or kept world in *folder*, with real SMTP to a sink of its own; *settings* go over the demo's."""
    with ExitStack() as stack:
        mailbox = Mailbox(folder / "mail")
        sink = Sink(mailbox, host=host)
        sink.start()
        stack.callback(sink.stop)
        server = _server(host, port)
        stack.callback(server.server_close)
        url = f"http://{host}:{server.server_port}"
        house = wiring.build(for_the_demo(folder, base_url=url, smtp_url=sink.url, **settings))
        stack.callback(house.close)
        house.prepare()
        actors = acting.declare(house)
        server.app = create_app(house, actors, mailbox)
        _start(stack, actors, server.serve_forever, server.shutdown)
        yield Running(url=url, house=house, actors=actors, mailbox=mailbox)


def _server(host: str, port: int) -> Any:
    """The listening server, before there is an application: its port goes into the settings."""

    def not_yet(environ: object, start_response: Any) -> list[bytes]:
        start_response("503 Service Unavailable", [("Retry-After", "1")])
        return [b""]

    return make_server(host, port, not_yet, threaded=True, request_handler=_Quiet)


def _start(
    stack: ExitStack,
    actors: Actors,
    serve: Callable[[], None],
    shutdown: Callable[[], None],
) -> None:
    _work(stack, actors)
    thread = threading.Thread(target=serve, name="web", daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(shutdown)


def _work(stack: ExitStack, actors: Actors, threads: int = 2) -> None:
    workers = Workers(actors.house.broker, threads=threads)
    workers.start()
    stack.callback(workers.stop)
    stack.callback(actors.house.hooks.delivery.finish)
    ticker = Ticker(actors, actors.house.settings.tick_s)
    ticker.start()
    stack.callback(ticker.stop)


def publish_packaged(house: House) -> list[str]:
    """Publish the calls that come with the program; answers their ids. A draft for approval stays a draft."""
    issued = [call for call in Catalogue.packaged().calls() if call.status == "issued"]
    for call in issued:
        publishing.publish(house.dispatcher, call, house.as_roof())
    return [call.id for call in issued]


@contextmanager
def serve_alone(settings: Settings, host: str, port: int) -> Generator[str]:
    """One process for everything: the web, the workers of the local broker and the ticker. Yields the address."""
    with ExitStack() as stack:
        house = wiring.build(settings)
        stack.callback(house.close)
        house.prepare()
        house.holding.hold_if_restored(house.proofs)
        actors = acting.declare(house)
        server = _server(host, port)
        stack.callback(server.server_close)
        server.app = create_app(house, actors)
        _start(stack, actors, server.serve_forever, server.shutdown)
        yield f"http://{host}:{server.server_port}"


@contextmanager
def working(settings: Settings, threads: int, stop: threading.Event, measured_at: str = "") -> Generator[None]:
    """Workers and ticker without a web server, for Redis or RabbitMQ. *measured_at*: host:port that monitoring reads.

    With the database away they begin when it is back, or not at all when *stop* comes first.
    """
    with ExitStack() as stack:
        house = wiring.build(settings)
        stack.callback(house.close)
        if measured_at:
            stack.enter_context(metrics.beside(house, measured_at))
        if past.until_known(house, stop):
            _work(stack, acting.declare(house), threads)
        yield
