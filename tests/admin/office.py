"""A whole house in this process, played as far as a public notice with an objection, and seen by a client of the site."""

import re
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient

from directory import signin
from eventstore.clock import SettableClock
from service import actors, wiring, world
from service.running import publish_packaged
from service.settings import Settings, for_the_demo
from service.site import create_app
from service.wiring import House
from tests.adversary.site import Played
from workflow import commands as c

OBJECTOR, CONTACT = "甄实名", "13907319999"


class Office:
    """The house, everybody's token, and two applications: one on notice that was objected to, one still a draft."""

    def __init__(self, house: House, tokens: dict[str, str]) -> None:
        self.house, self.tokens = house, tokens
        assert isinstance(house.clock, SettableClock)
        self.played = Played(house)
        self.actors = actors.declare(house)
        self.app = create_app(house, self.actors)
        self.client: FlaskClient = self.app.test_client()

    def play(self) -> None:
        self.noticed = self.played.noticed()
        objection = c.Object(
            application_id=self.noticed, kind="person", objector=OBJECTOR, contact=CONTACT, grounds="成果归属有疑问"
        )
        self.played.do("wenqu-admin", objection, "2025-12-31 11:00")
        self.draft = self.played.open()
        self.played.at("2026-01-02 10:00")
        self.follow()

    def follow(self) -> None:
        self.house.listener.follow()
        self.house.index.follow()

    def api(self, who: str, path: str, method: str = "GET", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Idempotency-Key": secrets.token_hex(8)}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def browser(self, who: str, language: str = "zh") -> FlaskClient:
        browser = self.app.test_client()
        with self.house.store.begin() as db:
            browser.set_cookie("sid", signin.open_session(db, who, self.house.wall.now(db), "office"))
        browser.set_cookie("lang", language)
        return browser

    def page(self, who: str, path: str, status: int = 200, language: str = "zh") -> str:
        answer = self.browser(who, language).get(path)
        assert answer.status_code == status, (path, answer.status_code, _words(answer.text))
        return answer.text

    def version(self, application: UUID, type_: str) -> int:
        """The version of the newest event of this type."""
        events = self.house.store.read_stream(f"application-{application}")
        return max(event.version for event in events if event.type == type_)


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))[:1500]


KEYS = dict.fromkeys(("master_key", "session_key", "checkpoint_key"), "5a" * 32)


def found(house: House) -> dict[str, str]:
    """All tables, the packaged calls and everybody of the played world; answers a token for each."""
    house.prepare()
    publish_packaged(house)
    return world.populate(house)


@cache
def founded() -> tuple[bytes, dict[str, str]]:
    """A founded database file, made once and copied for each test, and everybody's tokens."""
    with TemporaryDirectory() as folder:
        house = wiring.build(_settings(Path(folder)))
        tokens = found(house)
        house.close()
        return (Path(folder) / "demo.db").read_bytes(), tokens


def _settings(folder: Path, **more: Any) -> Settings:
    given = {**KEYS, "mode": "test", **more}
    return for_the_demo(folder, base_url="http://localhost", smtp_url="smtp://127.0.0.1:1", **given)


@contextmanager
def opened(folder: Path, **more: Any) -> Generator[Office]:
    """A founded house in *folder*; on another database than SQLite it is founded there."""
    if "database_url" not in more:
        (folder / "demo.db").write_bytes(founded()[0])
    house = wiring.build(_settings(folder, **more))
    yield Office(house, found(house) if "database_url" in more else founded()[1])
    house.close()
