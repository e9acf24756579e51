"""The auditor's and the operator's pages in a real browser: accessible, quiet, and usable without JavaScript."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from directory import signin
from tests.admin.office import Office, opened
from tests.browser.site import served


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Generator[Office]:
    with opened(tmp_path_factory.mktemp("history")) as found:
        found.play()
        found.house.proofs.keep(now=True)
        yield found


@pytest.fixture(scope="module")
def address(office: Office) -> Generator[str]:
    with served(office.app) as base:
        yield base.replace("127.0.0.1", "localhost")


@contextmanager
def page_of(chromium: Browser, office: Office, base: str, who: str, **more: Any) -> Generator[Page]:
    theme, language = more.pop("theme", "light"), more.pop("language", "zh")
    context = chromium.new_context(**more)
    with office.house.store.begin() as db:
        secret = signin.open_session(db, who, office.house.wall.now(db), "browser")
    cookies = {"theme": theme, "lang": language, "sid": secret}
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies.items()])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []


def paths(office: Office) -> list[tuple[str, str]]:
    one = office.noticed
    recommended = office.version(one, "application.recommended")
    position = office.house.store.read_stream(f"application-{one}")[recommended - 1].position
    return [
        ("auditor", "/history"),
        ("auditor", f"/history/events/{position}"),
        ("auditor", f"/history/applications/{one}?at={recommended}"),
        ("auditor", f"/history/applications/{one}/as-of/{recommended}"),
        ("auditor", f"/history/applications/{one}/as-of/1"),
        ("auditor", f"/history/applications/{one}/compared?from={recommended}"),
        ("auditor", "/checkpoints"),
        ("admin", f"/applications/{one}/receipts/1"),
        ("operator", "/upkeep"),
    ]


@pytest.mark.parametrize(("theme", "width", "language"), [("light", 1280, "zh"), ("dark", 390, "en")])
def test_pages_are_accessible_and_quiet(
    chromium: Browser, address: str, office: Office, theme: str, width: int, language: str
) -> None:
    found: list[str] = []
    size: Any = {"width": width, "height": 900}
    for who, path in paths(office):
        with page_of(chromium, office, address, who, theme=theme, language=language, viewport=size) as page:
            page.goto(address + path)
            for violation in Axe().run(page).response["violations"]:
                nodes = "; ".join(str(node["html"])[:160] for node in violation["nodes"][:3])
                found.append(f"{path} {violation['id']}: {nodes}")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{path} scrolls sideways at {width}")
    assert found == []


def test_without_javascript_an_auditor_searches_looks_back_and_lifts_the_mask(
    chromium: Browser, address: str, office: Office
) -> None:
    with page_of(chromium, office, address, "auditor", java_script_enabled=False) as page:
        page.goto(f"{address}/history")
        page.get_by_label("申报编号").fill("HN-AI-2025-0001")
        page.get_by_role("button", name="搜索").click()
        page.get_by_role("link", name="单位盖章").click()
        page.get_by_role("link", name="打开当时的页面").click()
        assert "这是过去的页面" in page.get_by_role("status").first.inner_text()
        page.get_by_role("link", name="与现在比较").click()
        assert "公示" in page.locator("dl.diff").inner_text() or "异议核查中" in page.locator("dl.diff").inner_text()
        page.goto(f"{address}/history/applications/{office.noticed}")
        page.get_by_text("显示个人信息").click()
        page.get_by_label("理由").fill("专项审计")
        page.get_by_role("button", name="显示", exact=True).click()
        page.get_by_text("个人信息已显示").wait_for()
