"""Printing in a real browser: with a script the page looks by itself, without one it refreshes; the check page tells anybody."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_pages import page_of
from tests.workflow.house import House
from workflow import commands as c
from workflow.state import FORM


def _print(page: Page, base: str, application: object) -> str:
    """Press the button on the application's page; answers where it leads."""
    page.goto(f"{base}/applications/{application}")
    page.locator("#papers form").first.locator("button[value=pdf]").click()
    expect(page).to_have_url(re.compile(r"/papers/[0-9A-Z-]{19}$"))
    return page.url


def test_a_paper_is_printed_without_a_script(chromium: Browser, address: str, house: House) -> None:
    application = house.filled()
    with page_of(chromium, address, "editor", java_script_enabled=False) as page:
        _print(page, address, application)
        expect(page.locator("#paper-state")).to_contain_text("排队中")
        assert page.locator("noscript meta[http-equiv=refresh]").count() == 1
        house.printing.drain()
        page.locator("#paper-state a", has_text="刷新").click()
        with page.expect_download() as taken:
            page.locator("#paper-state a", has_text="下载 PDF").click()
        assert re.fullmatch(r"申报书-HN-AI-2025-\d{4}-v1\.pdf", taken.value.suggested_filename)


def test_the_page_sees_by_itself_that_the_paper_is_there(chromium: Browser, address: str, house: House) -> None:
    application = house.filled()
    with page_of(chromium, address, "editor") as page:
        _print(page, address, application)
        expect(page.locator("#paper-state")).to_contain_text("排队中")
        house.printing.drain()
        expect(page.locator("#paper-state a", has_text="下载 PDF")).to_be_visible(timeout=8_000)


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_the_pages_of_papers_are_accessible(
    chromium: Browser, address: str, house: House, theme: str, width: int
) -> None:
    application = house.filled()
    house.do("editor", c.IssuePaper(application_id=application, kind=FORM))
    (paper,) = house.printing.papers(house.application(application))
    pages = (
        ("editor", f"/applications/{application}"),
        ("editor", f"/applications/{application}/papers/{paper.code}"),
        (None, f"/v/{paper.code}"),
        (None, "/v"),
    )
    for who, path in pages:
        with page_of(chromium, address, who, theme=theme, viewport={"width": width, "height": 900}) as page:
            page.goto(f"{address}{path}")
            found = Axe().run(page)
            assert found.violations_count == 0, (path, found.generate_report())
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_phone_sees_at_once_whether_the_paper_is_current(chromium: Browser, address: str, house: House) -> None:
    application = house.filled()
    house.do("editor", c.IssuePaper(application_id=application, kind=FORM))
    stands = house.application(application)
    (paper,) = house.printing.papers(stands)
    with page_of(chromium, address, None, viewport={"width": 390, "height": 700}) as page:
        page.goto(f"{address}/v?code={paper.code.lower().replace('-', '%20')}")
        expect(page.locator(".notice")).to_be_in_viewport()
        expect(page.locator(".notice")).to_contain_text("此纸为当前版本（v1）")
        text = page.content()
    for hidden in (stands.unit_name, stands.lead_unit, str(stands.answers["project_name"])):
        assert hidden not in text
