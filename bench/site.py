"""The whole site in this process, as people meet it: sessions, pages and API over one database, statements counted."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event

from directory import signin
from service import wiring, world
from service.running import publish_packaged
from service.settings import for_the_demo
from service.site import create_app
from tests.workflow import house as played
from web.session import cookie_name

AGENT = "bench"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: what came back, and every statement it took."""

    status: int
    body: bytes
    statements: tuple[str, ...]


@dataclass(slots=True)
class Site:
    """The site, and the same database as the tests of applications use it."""

    app: Flask
    house: wiring.House
    played: played.House
    _cookies: dict[str, str] = field(default_factory=dict[str, str])
    _keys: int = 0

    def ask(self, who: str, method: str, path: str, json: Any = None) -> Asked:
        """Once to be acquainted (templates, statements and sessions are fresh the first time) unless it changes things."""
        self.session(who)
        if method == "GET":
            self._once(who, method, path, json)
        said: list[str] = []

        def count(*args: Any) -> None:
            said.append(args[2])

        event.listen(self.house.engine, "before_cursor_execute", count)
        try:
            status, body = self._once(who, method, path, json)
        finally:
            event.remove(self.house.engine, "before_cursor_execute", count)
        return Asked(status, body, tuple(said))

    def _once(self, who: str, method: str, path: str, json: Any) -> tuple[int, bytes]:
        self._keys += 1
        headers = {"Idempotency-Key": f"key-{self._keys}", "User-Agent": AGENT, "Sec-Fetch-Site": "same-origin"}
        client = self.app.test_client()
        client.set_cookie(cookie_name(secure=False), self.session(who))
        answer = client.open(path, method=method, json=json, headers=headers)
        return answer.status_code, answer.get_data()

    def session(self, who: str) -> str:
        if who not in self._cookies:
            with self.house.store.begin() as db:
                self._cookies[who] = signin.open_session(db, who, self.house.wall.now(db), AGENT, "")
        return self._cookies[who]


@contextmanager
def site(folder: Path, url: str) -> Iterator[Site]:
    """A published call and everybody of the played world, on the database of *url*."""
    key = b64encode(played.MASTER).decode()
    asked = {"database_url": url, "master_key": key}
    settings = for_the_demo(folder, base_url="http://127.0.0.1", smtp_url="smtp://127.0.0.1:1", **asked)
    house = wiring.build(settings)
    try:
        house.prepare()
        publish_packaged(house)
        world.populate(house)
        yield Site(create_app(house), house, played.House(house.engine, folder / "played", first=False))
    finally:
        house.close()
