"""The toy service, asked directly and served on loopback for a real browser."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from tests.web import gallery, toy


@pytest.fixture
def calls() -> toy.Calls:
    return toy.Calls()


@pytest.fixture
def app(calls: toy.Calls) -> Flask:
    return toy.app(calls, extra=(gallery.blueprint(),))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the toy and the gallery, served by a thread."""
    served = toy.app(toy.Calls(), extra=(gallery.blueprint(),))
    server = make_server("127.0.0.1", 0, served, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium; without it these tests are skipped, and the CI run has it."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        try:
            chromium = engine.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
            )  # fmt: skip
        except playwright.Error as error:
            pytest.skip(f"no Chromium here: {error}")
        yield chromium
        chromium.close()
