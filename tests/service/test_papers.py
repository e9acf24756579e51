"""The worker that makes papers: woken after asking, found again by the tick, and never in the way of the rest."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service import world
from service.running import Running, publish_packaged, running
from tests.scenario import UNIT_CODE

PATIENCE_S = 60.0


@pytest.fixture
def ran(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "world", mode="test", tick_s=3600) as run:
        publish_packaged(run.house)
        yield run


@pytest.fixture
def draft(ran: Running) -> tuple[str, str]:
    """A token, and an application with nothing in it but its name."""
    tokens = world.populate(ran.house)
    client = ran.client()
    client.call("setClock", {"now": "2025-11-03T09:00:00+08:00"}, token=tokens["operator"])
    given = {"call": "hn-2025", "direction": "L-V", "unit": UNIT_CODE, "project_name": "大模型"}
    opened = client.call("openApplication", given, token=tokens["editor"])
    assert opened.ok, opened.body
    client.close()
    return tokens["editor"], opened.body["id"]


def _asked(ran: Running, draft: tuple[str, str], kind: str = "commitment") -> str:
    token, application = draft
    client = ran.client()
    answer = client.call("issuePaper", {"kind": kind, "format": "pdf"}, token=token, application=application)
    client.close()
    assert answer.status == 202, answer.body
    return str(answer.body["code"])


def _state(ran: Running, draft: tuple[str, str], code: str) -> dict[str, Any]:
    token, application = draft
    client = ran.client()
    answer = client.call("getPaper", {"code": code}, token=token, application=application)
    client.close()
    return dict(answer.body["files"][0])


def _waited(ran: Running, draft: tuple[str, str], code: str) -> dict[str, Any]:
    until = time.monotonic() + PATIENCE_S
    while (told := _state(ran, draft, code))["state"] in ("waiting", "running"):
        assert time.monotonic() < until, told
        time.sleep(0.1)
    return told


def test_asking_wakes_the_worker(ran: Running, draft: tuple[str, str]) -> None:
    told = _waited(ran, draft, _asked(ran, draft))
    assert (told["state"], told["pages"]) == ("done", 1)


def test_a_lost_wake_up_is_made_good_by_the_tick(ran: Running, draft: tuple[str, str]) -> None:
    ran.house.printing.on_asked.clear()
    code = _asked(ran, draft)
    time.sleep(1.0)
    assert _state(ran, draft, code)["state"] == "waiting"
    ran.actors.tick.send()
    assert _waited(ran, draft, code)["state"] == "done"


def test_letters_are_followed_while_a_paper_is_made(ran: Running, draft: tuple[str, str]) -> None:
    with ran.house.printing._making:  # somebody draws, and does not end
        code = _asked(ran, draft)
        assert ran.actors.settle(PATIENCE_S)
        assert _state(ran, draft, code)["state"] == "waiting"
    ran.actors.wake_the_printers()
    assert _waited(ran, draft, code)["state"] == "done"


def test_what_nobody_reads_is_swept_by_the_tick_and_made_again(ran: Running, draft: tuple[str, str]) -> None:
    code = _asked(ran, draft)
    made = _waited(ran, draft, code)
    with ran.house.store.reading() as db:
        now = ran.house.wall.now(db)
    assert ran.house.printing.sweep(now.replace(year=now.year + 1)) == 1
    token, application = draft
    client = ran.client()
    given = {"code": code, "format": "pdf"}
    assert not client.call("downloadPaper", given, token=token, application=application).ok
    assert _waited(ran, draft, code)["sha256"] == made["sha256"]
    assert client.call("downloadPaper", given, token=token, application=application).ok
    client.close()
