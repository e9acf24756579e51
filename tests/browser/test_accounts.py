"""The door and the account in a real browser: accessible in both languages and lights, narrow too, and silent."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from directory import signin
from service.demo import staged
from service.running import Running

LOOKS = [("zh", "light", 1280), ("en", "dark", 390)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with staged(tmp_path_factory.mktemp("accounts") / "world", tick_s=600) as (run, _):
        yield run


def looked_at(chromium: Browser, run: Running, who: str, path: str, look: tuple[str, str, int]) -> list[str]:
    """What axe finds wrong, what the page said to the console, and whether it is wider than the window."""
    language, theme, width = look
    context = chromium.new_context(viewport={"width": width, "height": 900})
    cookies = {"lang": language, "theme": theme}
    with run.house.store.begin() as db:
        now = run.house.wall.now(db)
        if who == "half":
            cookies["sid"] = signin.wait(db, "security", now)
        elif who:
            cookies["sid"] = signin.open_session(db, who, now, "Mozilla/5.0 (X11; Linux) Chrome/126.0 Safari/537.36")
    context.add_cookies([{"name": name, "value": value, "url": run.url} for name, value in cookies.items()])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{run.url}{path}")
    page.wait_for_load_state("networkidle")
    found = [f"{one['id']}: {one['nodes'][0]['html']}" for one in Axe().run(page).response["violations"]]
    if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
        found.append("wider than the window")
    context.close()
    return found + said


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("", "/sign-in"),
        ("half", "/sign-in/second"),
        ("editor", "/me/account"),
        ("editor", "/me/account/authenticator"),
        ("security", "/factor-resets"),
    ],
)
def test_nothing_is_wrong_with_the_page(
    chromium: Browser, run: Running, who: str, path: str, look: tuple[str, str, int]
) -> None:
    assert looked_at(chromium, run, who, path, look) == []
