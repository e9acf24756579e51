"""The figures of a call in a real browser: accessible in both themes, nothing blocked, and no sideways scrolling on a phone."""

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.site import served, site, sqlite_house
from tests.browser.test_pages import page_of
from tests.workflow.awarded import paid_out
from tests.workflow.test_tallies import played

PICTURES = os.environ.get("VERMILION_PICTURES", "")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    def filled(folder: Path) -> Any:
        house = sqlite_house(folder)
        played(house)
        paid_out(house, nth=50)
        return site(house)

    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        app = aside.submit(filled, tmp_path_factory.mktemp("survey")).result()
    with served(app) as at:
        yield at


@pytest.mark.parametrize(("theme", "width", "language"), [("light", 1280, "zh"), ("dark", 390, "en")])
def test_the_figures_are_accessible_and_fit(
    chromium: Browser, address: str, theme: str, width: int, language: str
) -> None:
    size: Any = {"width": width, "height": 900}
    with page_of(chromium, address, "clerk", theme=theme, language=language, viewport=size) as page:
        page.goto(f"{address}/figures/hn-2025")
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/figures-{theme}-{width}.png", full_page=True)
        for summary in page.locator(".survey summary").all():
            summary.click()
        found = [
            f"{violation['id']}: {'; '.join(str(node['html'])[:160] for node in violation['nodes'][:3])}"
            for violation in Axe().run(page).response["violations"]
        ]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"scrolls sideways at {width}")
        assert page.locator("svg.chart").count() == 6
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/figures-{theme}-{width}-tables.png", full_page=True)
    assert found == []
