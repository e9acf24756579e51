"""The pages as they are drawn: nothing inline, enough contrast, clean for axe, readable on a phone and without JavaScript."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from programmes import words
from tests.web import gallery, toy
from web.face import STATIC

PLACES = [
    *(f"/gallery/{name}" for name in gallery.PAGES),
    "/breaks/refused",
    "/breaks/internal",
    "/nope",
    "/api/v1/docs",
]
TEMPLATES = sorted(Path(STATIC).parent.glob("templates/**/*.html"))
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)|<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|\bjs:|\bhx-on|\bhx-vals|srcdoc\s*=",
    re.IGNORECASE,
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("speech", ["zh", "en"])
def test_no_page_holds_a_script_or_a_style(client: FlaskClient, place: str, speech: str) -> None:
    client.set_cookie("lang", speech)
    page = client.get(place).text
    assert INLINE.findall(page) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_script_or_a_style(template: Path) -> None:
    assert INLINE.findall(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", gallery.PAGES)
def test_english_pages_hold_no_chinese_words_of_ours(client: FlaskClient, name: str) -> None:
    client.set_cookie("lang", "en")
    page = client.get(f"/gallery/{name}").text
    for word in ("已完成", "选填", "上一页", "外观", "办理记录"):
        assert word not in page


# contrast, computed from the tokens

CSS = (STATIC / "app.css").read_text(encoding="utf-8")
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)", CSS)
}
FALLBACK = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6})(?=;)", CSS))
TEXT_ON = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", "brand") for ground in ("bg", "surface", "sunken")),
    ("on-brand", "brand"), ("ink", "brand-soft"), ("ink-2", "brand-soft"), ("ink-2", "grey-soft"), ("bg", "ink"),
    *((tone, f"{tone}-soft") for tone in ("brand", "error", "ok", "warn", "violet", "teal", "grey")),
    *((tone, "surface") for tone in ("error", "ok", "warn", "violet", "teal", "grey")),
    *(("ink", f"{tone}-soft") for tone in ("error", "ok", "warn")),
    ("error", "brand-soft"), ("warn", "brand-soft"), ("surface", "error"), ("surface", "ok"),
]  # fmt: skip


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_ON, ids=lambda name: name)
def test_text_stands_out(ink: str, ground: str, theme: int) -> None:
    assert contrast(TOKENS[ink][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["bg", "surface"])
def test_the_border_of_a_control_stands_out(ground: str, theme: int) -> None:
    assert contrast(TOKENS["line-strong"][theme], TOKENS[ground][theme]) >= 3


def test_old_browsers_get_the_light_tokens() -> None:
    assert {name: FALLBACK[name] for name in TOKENS} == {name: light for name, (light, _) in TOKENS.items()}


# in a real browser

SIZES = [(1440, "light"), (1440, "dark"), (768, "light"), (390, "light"), (390, "dark")]


@pytest.mark.parametrize(("width", "theme"), SIZES)
def test_every_page_is_clean_for_axe_silent_and_no_wider_than_the_screen(
    browser: Any, site: str, width: int, theme: str
) -> None:
    axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=False)
    context.add_cookies([{"name": "sid", "value": toy.EDITOR_TOKEN, "url": site}])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for place in PLACES if theme == "dark" else PLACES[:3]:
        page.goto(site + place)
        found = axe_playwright.Axe().run(page)
        assert found.violations_count == 0, f"{place} {width} {theme}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (place, width)
    context.close()
    assert [line for line in said if "Failed to load resource" not in line] == []


ZI = [
    "",
    "大模型",
    "AI大模型 2025 年",
    "你好，world！foo-bar",
    "𬭎𰻝 龑",
    "[[图1 系统架构]]前后",
    "a\u3000b c\td",
    "“引号”—…·",
    "①②",
    "한국어 かな",
]


def test_the_browser_counts_as_the_server(browser: Any, site: str) -> None:
    page = browser.new_page()
    page.goto(f"{site}/nope")
    source = f"async (texts) => {{ const m = await import('{site}/static/counter.js'); return texts.map(m.countZi); }}"
    assert page.evaluate(source, ZI) == [words.count_zi(text) for text in ZI]
    page.close()


def test_the_counter_holds_the_servers_patterns() -> None:
    script = (STATIC / "counter.js").read_text(encoding="utf-8")
    assert f"/{words.ZI_PATTERN}/gu" in script
    assert f"/{words.NOT_COUNTED_PATTERN}/gu" in script


def test_the_keys_move_select_and_stay_silent_while_somebody_writes(browser: Any, site: str) -> None:
    page = browser.new_page()
    page.goto(f"{site}/gallery/inbox")
    page.wait_for_selector(".bulk.shown")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.evaluate("document.querySelectorAll('[data-row] :checked').length") == 2
    assert "2" in page.text_content("[data-bulk] [role=status]")
    page.focus("#f-opinion")
    page.keyboard.press("x")
    page.keyboard.press("Control+j")
    assert page.evaluate("document.querySelectorAll('[data-row] :checked').length") == 2
    page.focus("body")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    assert page.is_visible("#shortcuts")
    page.uncheck("[data-keys-switch]")
    page.click("#shortcuts form button")
    page.keyboard.press("k")
    page.keyboard.press("x")
    assert page.evaluate("document.querySelectorAll('[data-row] :checked').length") == 2
    page.close()


def test_what_is_typed_offline_is_kept_and_saved_later(browser: Any, site: str) -> None:
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{site}/gallery/applicant")
    page.wait_for_selector("html.js")
    sent: list[str] = []
    page.route("**/seal", lambda route: route.abort())
    page.fill("#f-bank", "中国银行")
    page.wait_for_selector(".saved:has-text('已在本机暂存')")
    page.unroute("**/seal")

    def good(route: Any) -> None:
        sent.append(route.request.post_data)
        route.fulfill(json={"version": 8, "at": "14:32:08", "errors": []})

    page.route("**/seal", good)
    page.reload()
    page.wait_for_selector(".saved:has-text('14:32:08')")
    assert page.input_value("#f-bank") == "中国银行"
    assert page.input_value("#unit [name=version]") == "8"
    assert "csrf_token=" in sent[0]
    assert page.evaluate("localStorage.length") == 0
    context.close()


def test_a_closed_button_explains_itself_and_can_be_reached(browser: Any, site: str) -> None:
    page = browser.new_page()
    page.goto(f"{site}/gallery/applicant")
    page.wait_for_selector("html.js")
    page.click("#why button", force=True)  # Playwright will not press what says aria-disabled; people do
    assert page.url.endswith("/gallery/applicant")
    assert page.evaluate("document.activeElement.id") == "why"
    page.close()
