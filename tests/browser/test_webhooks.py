"""The pages of endpoints in a real browser: accessible in both themes, quiet, and no sideways scrolling on a phone."""

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from sqlalchemy import Engine

import migrations
from eventstore.engine import open_engine
from tests.browser.site import served
from tests.browser.test_pages import page_of
from tests.webhooks.depot import OPERATOR, OWN, PROVINCE, YUELU, Depot, Receiver, answer
from tests.webhooks.site import Site

PICTURES = os.environ.get("VERMILION_PICTURES", "")


@pytest.fixture
def world(tmp_path: Path) -> Generator[tuple[str, dict[str, str]]]:
    """The site's address, and what is to be looked at there."""
    engine = open_engine(f"sqlite:///{tmp_path / 'depot.db'}")
    with Receiver().running() as receiver, ThreadPoolExecutor(1) as aside:
        depot, named = aside.submit(_filled, engine, receiver).result()  # Playwright's loop runs in this thread
        with served(Site(depot).app(OPERATOR)) as address:
            yield address, named
    engine.dispose()


def _filled(engine: Engine, receiver: Receiver) -> tuple[Depot, dict[str, str]]:
    """An endpoint that is well, one that fails, one that is not verified."""
    migrations.upgrade(engine)
    depot = Depot(engine)
    depot.populate()
    receiver.says["/broken"] = answer(503, b'{"error":"maintenance"}', Retry_After="120")
    well = depot.endpoint(receiver.url(), PROVINCE, asymmetric=True)
    failing = depot.endpoint(receiver.url("/broken"), YUELU, types=("application.recommended",))
    depot.endpoint(receiver.url(), OWN, kind="dingtalk", enabled=False)
    depot.recommended(3)
    depot.listener.follow()
    depot.delivery.drain()
    (parcel, *_) = [id_ for id_, endpoint in depot.rows("id", "endpoint") if endpoint == failing.id]
    return depot, {"well": well.id, "failing": failing.id, "parcel": parcel}


PATHS = (
    "/webhooks",
    "/webhooks/new",
    "/webhooks/{well}",
    "/webhooks/{failing}",
    "/webhooks/{failing}/parcels/{parcel}",
    "/webhooks/{well}/replay?first=0",
)


@pytest.mark.parametrize(
    ("theme", "width", "language"), [("light", 1280, "zh"), ("dark", 1280, "en"), ("light", 390, "zh")]
)
def test_pages_are_accessible_and_quiet(
    chromium: Browser, world: tuple[str, dict[str, str]], theme: str, width: int, language: str
) -> None:
    address, named = world
    found: list[str] = []
    size: Any = {"width": width, "height": 900}
    for number, path in enumerate(PATHS):
        with page_of(chromium, address, None, theme=theme, language=language, viewport=size) as page:
            page.goto(address + path.format(**named))
            for violation in Axe().run(page).response["violations"]:
                nodes = "; ".join(str(node["html"])[:160] for node in violation["nodes"][:3])
                found.append(f"{path} {violation['id']}: {nodes}")
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append(f"{path}: scrolls sideways at {width}")
            if PICTURES:
                page.screenshot(path=f"{PICTURES}/{theme}-{width}-{number}.png", full_page=True)
    assert found == []
