"""A clerk's last week by keyboard: move, tick, and take what was ticked; the page is fit for everybody."""

from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.test_pages import page_of
from tests.workflow.house import OTHER_UNIT, House


@pytest.fixture
def two(house: House) -> tuple[UUID, UUID]:
    found = house.sealed(), house.sealed("wenqu-", OTHER_UNIT)
    house.at("2025-11-26 10:00")
    return found


def test_files_are_ticked_and_taken_without_a_mouse(chromium: Browser, address: str, two: tuple[UUID, UUID]) -> None:
    with page_of(chromium, address, "yuelu-head") as page:
        page.goto(f"{address}/inbox")
        bar = page.locator("[data-bulk]")
        expect(bar).to_be_hidden()
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(bar).to_contain_text("2")
        page.keyboard.press("r")
        expect(page.locator("h1")).to_have_text("批量推荐 2 件")


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_a_batch_is_accessible(chromium: Browser, address: str, two: tuple[UUID, UUID], theme: str, width: int) -> None:
    with page_of(chromium, address, "yuelu-head", theme=theme, viewport={"width": width, "height": 900}) as page:
        for path in ("/inbox", f"/batches/recommendation?pick={two[0]}&pick={two[1]}"):
            page.goto(f"{address}{path}")
            found = Axe().run(page)
            assert found.violations_count == 0, (path, found.generate_report())
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
