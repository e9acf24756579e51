"""The operator sees how far everything has read, what waits, whether the log is sound, and what is set: no secret among it."""

from collections.abc import Generator
from pathlib import Path

import pytest

from service.standing import HIDDEN, look, settings_shown
from tests.admin.office import KEYS, Office, opened


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Office]:
    with opened(tmp_path_factory.mktemp("upkeep")) as found:
        found.follow()
        yield found


@pytest.mark.parametrize("who", ["operator", "auditor"])
def test_operator_and_auditor_see_it_and_nobody_else(fresh: Office, who: str) -> None:
    page = fresh.page(who, "/upkeep")
    for word in ("log_index", "letters", "applications", "VERMILION_MODE", "Asia/Shanghai"):
        assert word in page
    assert fresh.browser("lead").get("/upkeep").status_code == 403
    assert "Settings in force" in fresh.page(who, "/upkeep", language="en")


def test_no_secret_is_shown(fresh: Office) -> None:
    page = fresh.page("operator", "/upkeep")
    assert next(iter(KEYS.values())) not in page
    shown = dict(settings_shown(fresh.house.settings))
    assert {name for name, value in shown.items() if value == HIDDEN} >= {
        "VERMILION_MASTER_KEY", "VERMILION_SESSION_KEY", "VERMILION_CHECKPOINT_KEY", "VERMILION_SMTP_URL",
        "VERMILION_DATABASE_URL",
    }  # fmt: skip


def test_what_lags_is_told(fresh: Office) -> None:
    fresh.played.open()
    assert {one.name: one.lag for one in look(fresh.house).cursors} == {"letters": 1, "log_index": 1}
    fresh.follow()
    assert {one.lag for one in look(fresh.house).cursors} == {0}


def test_the_last_verification_stands_there_and_a_bad_one_is_an_alarm(fresh: Office, tmp_path: Path) -> None:
    fresh.house.proofs.found("verify", sound=True, size=12)
    assert "上次核验" in fresh.page("operator", "/upkeep")
    fresh.house.proofs.found("verify", sound=False, size=12, position=7, said="edited")
    page = fresh.page("auditor", "/history")
    assert "第一个有问题的位置：7" in page
