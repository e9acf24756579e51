"""An expert at the score sheet, and the province's pages of the review, in a real browser: kept while typed, fit for everybody."""

from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.test_pages import page_of
from tests.workflow.house import House
from workflow import commands as c


@pytest.fixture
def application(house: House) -> UUID:
    application = house.reviewed()
    house.do("clerk", c.DrawPanel(application_id=application), "2025-12-22 10:00")
    for expert in house.application(application).review.panel:
        house.do(expert, c.Declare(application_id=application, conflict=False))
    return application


def test_the_total_follows_and_what_is_typed_is_there_again(
    chromium: Browser, address: str, house: House, application: UUID
) -> None:
    who = house.application(application).review.panel[0]
    with page_of(chromium, address, who) as page:
        page.goto(f"{address}/applications/{application}/scores")
        marks = page.locator("[data-mark]")
        marks.nth(0).fill("22.5")
        marks.nth(1).fill("99")
        expect(page.locator("[data-total]")).to_have_text("121.50")
        expect(marks.nth(1)).to_have_attribute("aria-invalid", "true")
        page.locator("#f-comment").fill("技术路线清楚")
        expect(page.locator("form[data-sheet]")).to_have_attribute("data-stands", "saved")
    with page_of(chromium, address, who) as page:
        page.goto(f"{address}/applications/{application}/scores")
        expect(page.locator("#f-comment")).to_have_value("技术路线清楚")
        expect(page.locator("[data-mark]").nth(0)).to_have_value("22.5")
    assert house.application(application).review.totals == {}


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_the_pages_of_the_review_are_accessible(
    chromium: Browser, address: str, house: House, application: UUID, theme: str, width: int
) -> None:
    who = house.application(application).review.panel[0]
    judged = house.judged()
    seen = {
        who: (f"/applications/{application}/scores", f"/applications/{application}/scores#marks", "/reviews"),
        "clerk": (
            "/experts",
            "/experts/expert-1",
            f"/applications/{judged}/review",
            f"/applications/{application}/panel",
        ),
        "lead": ("/rankings/hn-2025/L-V?places=1", "/reserves/hn-2025"),
    }
    for person, paths in seen.items():
        with page_of(chromium, address, person, theme=theme, viewport={"width": width, "height": 900}) as page:
            for path in paths:
                page.goto(f"{address}{path}")
                found = Axe().run(page)
                assert found.violations_count == 0, (path, found.generate_report())
                assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
