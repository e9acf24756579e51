"""信函文稿 in a real browser: the preview follows as one types, a letter in it can do nothing, and everybody can use the page."""

import os
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from sqlalchemy import Engine

import migrations
from eventstore.engine import open_engine
from notifications.variables import house_text
from tests.browser.site import served
from tests.browser.test_pages import page_of
from tests.notifications.post import PostOffice
from tests.notifications.writing import OPERATOR, site

PICTURES = os.environ.get("VERMILION_PICTURES", "")
HERE, HOUSE = "/letters/texts/awarded/zh", house_text("awarded", "happened", "zh")
PATHS = ("/letters/texts", HERE, "/letters/texts/returned/en", "/letters/texts/digest/zh")


@pytest.fixture
def address(tmp_path: Path) -> Generator[str]:
    engine = open_engine(f"sqlite:///{tmp_path / 'post.db'}")
    with ThreadPoolExecutor(1) as aside:
        post = aside.submit(_filled, engine).result()  # Playwright's loop runs in this thread
        with served(site(post, OPERATOR)) as base:
            yield base
    engine.dispose()


def _filled(engine: Engine) -> PostOffice:
    """A text with two versions in force."""
    migrations.upgrade(engine)
    post = PostOffice(engine)
    post.publish("awarded", "zh", "您已立项", f"好消息：{HOUSE}", why="更亲切")
    post.publish("awarded", "zh", "您已立项", f"好消息！{HOUSE}\n\n请继续努力。", why="再亲切一点")
    return post


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_everybody_can_use_the_page_in_both_themes_and_on_a_phone(
    chromium: Browser, address: str, path: str, theme: str
) -> None:
    with page_of(chromium, address, None, theme=theme) as page:
        page.goto(address + path)
        found = Axe().run(page).response["violations"]
        assert [f"{each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}" for each in found] == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        if PICTURES:
            page.screenshot(path=f"{PICTURES}/texts{path.replace('/', '-')}-{theme}-390.png", full_page=True)


def test_the_preview_follows_what_is_typed_and_says_what_is_wrong(chromium: Browser, address: str) -> None:
    with page_of(chromium, address, None) as page:
        page.goto(address + HERE)
        letter = page.frame_locator("#preview iframe").locator("body")
        expect(letter).to_contain_text("请继续努力")
        page.fill("#f-body", f"{HOUSE}\n\n<script>parent.document.title = 'gone'</script>")
        expect(letter).to_contain_text("parent.document.title")
        page.fill("#f-body", f"{HOUSE} {{{{ gone }}}}")
        expect(page.locator("#preview")).to_contain_text("这种信函没有「gone」")
        page.fill("#f-body", HOUSE)
        page.select_option("#f-sample", index=1)
        page.select_option("#f-reader", "en")
        expect(letter).to_contain_text("was awarded")
        assert "gone" not in page.title()


def test_without_scripts_the_preview_is_a_button_and_nothing_typed_is_lost(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(address + HERE)
    page.fill("#f-body", f"换个说法：{HOUSE}")
    page.get_by_role("button", name="预览", exact=True).click()
    expect(page.locator("pre.letter")).to_contain_text("换个说法：")
    expect(page.locator("#f-body")).to_have_value(f"换个说法：{HOUSE}")
    page.fill("#f-why", "试试")
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.locator("#versions")).to_contain_text("试试")
    context.close()
