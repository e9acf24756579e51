"""A real Chromium over real pages; skipped where there is none, unless services are demanded."""

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.site import served, site, sqlite_house
from tests.workflow.house import House


@pytest.fixture(scope="module")
def chromium() -> Generator[Browser]:
    """One browser for a file: Playwright keeps a loop running in this thread, which other tests must not meet."""
    path = os.environ.get("VERMILION_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("VERMILION_REQUIRE_SERVICES") == "1":
            pytest.fail("Chromium is demanded and not there")
        pytest.skip("Chromium is not there")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def address(house: House) -> Generator[str]:
    with served(site(house)) as base:
        yield base
