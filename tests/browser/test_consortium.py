"""A consortium's pages in a real browser: shares tell their sum while they are typed, and the pages are fit for everybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.test_pages import page_of
from tests.workflow.house import OTHER_UNIT, UNIT, YUHUA_UNIT, House
from tests.workflow.test_consorting import ELSEWHERE, agreed, invite, joined, sign
from workflow import commands as c


def test_a_column_tells_what_is_left_while_it_is_typed(chromium: Browser, address: str, house: House) -> None:
    application = house.open()
    house.at("2025-11-12 10:00")
    joined(house, application, OTHER_UNIT.code)
    with page_of(chromium, address, "editor") as page:
        page.goto(f"{address}/applications/{application}/consortium/shares")
        total = page.locator('[data-sum="grant"]')
        expect(total).to_have_text("未填写")
        cell = page.locator(f'[name="share.grant.{UNIT.code}"]')
        cell.fill("66.67")
        expect(total).to_have_text("合计 66.67%，还差 33.33%")
        other = page.locator(f'[name="share.grant.{OTHER_UNIT.code}"]')
        other.fill("33.34")
        expect(total).to_have_text("合计 100.01%，多出 0.01%")
        other.fill("33.333")
        expect(total).to_have_text("有一格不是两位小数以内的百分数")
        other.fill("３３.３３ %")  # full width, as an input method leaves it
        expect(total).to_have_text("合计 100.00%")
        widths = page.locator('[data-bar="grant"] rect:not(.rest)')
        assert [widths.nth(n).get_attribute("width") for n in range(2)] == ["6667", "3333"]
        page.keyboard.press("Enter")
        expect(other).to_have_value("33.33")  # as it is kept
    assert house.application(application).consortium.ratios["grant"] == {UNIT.code: 6667, OTHER_UNIT.code: 3333}


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_the_pages_of_a_consortium_are_accessible(
    chromium: Browser, address: str, house: House, theme: str, width: int
) -> None:
    application = house.open()
    house.at("2025-11-12 10:00")
    joined(house, application, OTHER_UNIT.code, YUHUA_UNIT.code)
    invite(house, application, ELSEWHERE, unit_name="广东粤顺")
    digest = agreed(house, application)
    house.do("editor", sign(application, digest, UNIT.code, OTHER_UNIT.code))
    house.do(
        "editor",
        c.AskConfirmation(application_id=application, unit=YUHUA_UNIT.code, signer="唐观澜", address="t@x.test"),
    )
    for who in ("admin", "wenqu-admin"):
        with page_of(chromium, address, who, theme=theme, viewport={"width": width, "height": 900}) as page:
            for tab in ("", "/shares", "/text", "/signing"):
                page.goto(f"{address}/applications/{application}/consortium{tab}")
                found = Axe().run(page)
                assert found.violations_count == 0, (tab, found.generate_report())
                assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), tab
