"""Every page in a real browser: accessible in both themes, nothing in the console, no sideways scrolling on a phone."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import secret_of
from tests.workflow.house import OTHER_UNIT, House
from workflow import commands as c
from workflow.events import ReturnItem


@contextmanager
def page_of(chromium: Browser, base: str, who: str | None, **more: Any) -> Generator[Page]:
    """A page for *who*; whatever the browser complains of fails the test."""
    theme, language = more.pop("theme", "light"), more.pop("language", "zh")
    context = chromium.new_context(**more)
    cookies = {"theme": theme, "lang": language} | ({"sid": secret_of(who)} if who else {})
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [each for each in said if "status of 422" not in each] == []


@pytest.fixture
def world(house: House) -> dict[str, str]:
    """One application at each place that has a page of its own."""
    house.at("2025-11-03 09:00")
    draft = house.open()
    sealed = house.sealed("wenqu-", OTHER_UNIT)
    returned = house.sealed()
    items = (ReturnItem(kind="field", id="params_yi", reason="与评测报告不一致"),)
    house.do("yuelu-clerk", c.ReturnForCorrection(application_id=returned, items=items), "2025-11-26 10:00")
    noticed = house.noticed()
    review = house.reviewed()
    house.do("clerk", c.DrawPanel(application_id=review), "2025-12-22 10:00")
    expert = house.application(review).review.panel[0]
    house.at("2025-11-27 10:00")
    return {name: str(each) for name, each in locals().items() if name != "house" and name != "items"}


PAGES = [
    ("editor", "/applications"),
    ("editor", "/applications/{draft}"),
    ("editor", "/applications/{draft}/sections/unit"),
    ("editor", "/applications/{draft}/sections/business"),
    ("editor", "/applications/{draft}/sections/model"),
    ("editor", "/applications/{draft}/sections/property"),
    ("editor", "/applications/{returned}"),
    ("editor", "/applications/{returned}/sections/model"),
    ("yuelu-head", "/inbox"),
    ("yuelu-head", "/applications/{sealed}"),
    ("yuelu-head", "/applications/{sealed}/returns"),
    ("lead", "/applications/{noticed}"),
    ("clerk", "/desk?all=1"),
    ("{expert}", "/applications/{review}"),
    (None, "/notices"),
    (None, "/notices/{noticed}/objections"),
    (None, "/lifecycle"),
]


@pytest.mark.parametrize(
    ("theme", "width", "language"), [("light", 1280, "zh"), ("dark", 1280, "en"), ("light", 390, "zh")]
)
def test_pages_are_accessible_and_quiet(
    chromium: Browser, address: str, world: dict[str, str], theme: str, width: int, language: str
) -> None:
    found: list[str] = []
    for who, path in PAGES:
        person = who.format(**world) if who else None
        size: Any = {"width": width, "height": 900}
        with page_of(chromium, address, person, theme=theme, language=language, viewport=size) as page:
            page.goto(address + path.format(**world))
            for violation in Axe().run(page).response["violations"]:
                nodes = "; ".join(str(node["html"])[:160] for node in violation["nodes"][:3])
                found.append(f"{path} {violation['id']}: {nodes}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{path} scrolls sideways at {width}")
    assert found == []


def test_without_javascript_a_unit_drafts_saves_and_sees_the_reasons(
    chromium: Browser, address: str, house: House
) -> None:
    house.at("2025-11-05 10:00")
    with page_of(chromium, address, "admin", java_script_enabled=False) as page:
        page.goto(f"{address}/applications")
        page.get_by_label("垂直领域大模型").check()
        page.get_by_role("button", name="新建申报").click()
        page.get_by_role("link", name="继续填写").click()
        page.get_by_label("项目名称").fill("面向工程机械运维的垂直领域大模型")
        page.get_by_label("联系人").fill("林婉清")
        page.get_by_label("联系电话").fill("0731-88955549")
        page.get_by_label("联系电话").press("Enter")
        assert page.get_by_role("heading", level=1).inner_text() == "面向工程机械运维的垂直领域大模型"
        page.get_by_role("button", name="保存并继续").click()
        page.get_by_label("单位简介").fill("智" * 501)
        page.get_by_role("button", name="保存并继续").click()
        assert "已写 501 字，上限 500 字" in page.get_by_role("alert").inner_text()
        assert page.get_by_label("单位简介").input_value() == "智" * 501
        page.get_by_label("单位简介").fill("智" * 500)
        page.get_by_role("button", name="添加一行").click()
        assert page.get_by_role("row").count() == 3
        assert page.get_by_role("heading", name="为什么还不能盖章？").is_visible()
        page.get_by_text("其余").click()
        assert page.get_by_text("缺少真实性承诺书").is_visible()


def test_typing_saves_itself_and_the_panel_follows(chromium: Browser, address: str, house: House) -> None:
    house.at("2025-11-05 10:00")
    draft = house.open(when="2025-11-05 10:00")
    with page_of(chromium, address, "editor") as page:
        page.goto(f"{address}/applications/{draft}/sections/cover")
        assert "封面" in page.locator("#why").inner_text()
        page.get_by_label("项目名称").fill("岳麓大模型")
        page.get_by_label("联系人").fill("林婉清")
        page.get_by_label("联系电话").fill("0731-88955549")
        expect(page.locator("[data-saved]")).to_contain_text("已保存")
        expect(page.locator("#why")).not_to_contain_text("封面：")
        assert house.application(draft).answers["project_name"] == "岳麓大模型"


def test_questions_that_do_not_apply_step_back(chromium: Browser, address: str, house: House) -> None:
    draft = house.open()
    with page_of(chromium, address, "editor") as page:
        page.goto(f"{address}/applications/{draft}/sections/model")
        assert not page.get_by_label("备案号").is_visible()
        page.get_by_role("group", name="是否通过大模型备案").get_by_label("是", exact=True).check()
        assert page.get_by_label("备案号").is_visible()


def test_a_closed_button_explains_itself(chromium: Browser, address: str, house: House) -> None:
    draft = house.open()
    with page_of(chromium, address, "admin") as page:
        page.goto(f"{address}/applications/{draft}")
        page.get_by_role("button", name="去盖章").click(force=True)
        assert page.evaluate("document.activeElement.id") == "why"
        assert page.url == f"{address}/applications/{draft}"


def test_the_inbox_is_walked_by_keys(chromium: Browser, address: str, house: House) -> None:
    sealed = house.sealed()
    with page_of(chromium, address, "yuelu-head") as page:
        page.goto(f"{address}/inbox")
        page.wait_for_load_state("networkidle")
        page.bring_to_front()
        page.keyboard.press("/")
        expect(page.locator("#f-q")).to_be_focused()
        page.keyboard.type("jk")
        assert page.get_by_role("searchbox").input_value() == "jk"
        page.locator("h1").click()
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/applications/{sealed}")
