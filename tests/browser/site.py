"""The pages over a real house of applications, as the roof will put them together; whoever a test names is signed in."""

import html
import re
import threading
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from directory.actor import Actor
from directory.records import Directory
from eventstore.engine import open_engine
from programmes.call import Call
from tests.workflow.founded import founded_sqlite
from tests.workflow.house import House
from web.face import Furniture, Link, Visitor, furnish
from web.session import CookieOrToken
from workflow.application import Application
from workflow.pages import pages

WORDS = {
    "next_body": ("岳麓区工业和信息化局", "the Yuelu bureau"),
    "unit": ("申报单位联系人", "the applicant's contacts"),
}


def secret_of(who: str) -> str:
    """What the cookie `sid` holds for *who*."""
    return f"{who}.".ljust(24, "-")


def site(house: House) -> Flask:
    app = Flask("site", static_folder=None)
    app.config.update(SECRET_KEY="0" * 32, MAX_CONTENT_LENGTH=64 << 20)
    identity = CookieOrToken(
        secure=False, by_session=lambda secret: house.actor(secret.partition(".")[0]), by_token=lambda _: None
    )
    furniture = Furniture(identity=identity, now=house.handling.now, visitor=_visitor, secure=False)
    furnish(app, furniture)
    for blueprint in pages(house.handling, house.desk.catalogue.calls, house.files, house.printing, Directory, told):
        app.register_blueprint(blueprint)
    return app


def told(triggers: Collection[str], application: Application, call: Call) -> dict[str, list[dict[str, str]]]:
    """Stands in for the letters' own preview, which is a room above."""
    words = [{"zh": zh, "en": en} for zh, en in WORDS.values()]
    return {trigger: words if trigger in ("seal", "recommend", "return") else [] for trigger in triggers}


def _visitor(actor: Actor | None) -> Visitor:
    if actor is None:
        return Visitor(links=(Link(href="/notices", zh="公示", en="Notices"),))
    return Visitor(
        actor=actor,
        name=actor.name,
        links=(
            Link(href="/applications", zh="我的申报", en="Applications"),
            Link(href="/inbox", zh="待推荐", en="Inbox", count=12),
            Link(href="/notices", zh="公示", en="Notices"),
            Link(href="/lifecycle", zh="办理流程", en="Lifecycle"),
        ),
    )


def sqlite_house(folder: Path) -> House:
    return House(open_engine(founded_sqlite(folder)), folder / "files")


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def served(app: Flask) -> Generator[str]:
    """The address of *app* on loopback, for as long as it is needed."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Person:
    """A browser without JavaScript: keeps its cookies, sends the tokens of the page it is on."""

    def __init__(self, app: Flask, who: str | None = None, language: str = "zh") -> None:
        self.client = app.test_client()
        if who:
            self.client.set_cookie("sid", secret_of(who))
        self.client.set_cookie("lang", language)
        self.page = ""

    def visit(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.get_data(as_text=True)[:3000])
        self.page = answer.get_data(as_text=True)
        return self.page

    def hidden(self, name: str, nth: int = 0) -> str:
        """The value of a hidden field of the page, the last form's by default."""
        found = re.findall(rf'type="hidden" name="{re.escape(name)}" value="([^"]*)"', self.page)
        assert found, f"no hidden field {name}"
        return html.unescape(found[nth])

    def send(self, path: str, fields: dict[str, Any], status: int = 303, **more: Any) -> str:
        """Post *fields* with the page's token; the answer's place for a redirect, else its text."""
        given = {"csrf_token": self.hidden("csrf_token"), **fields}
        headers = {"Sec-Fetch-Site": "same-origin", **more.pop("headers", {})}
        answer = self.client.post(path, data=given, headers=headers, **more)
        text = answer.get_data(as_text=True)
        assert answer.status_code == status, (path, answer.status_code, re.sub(r"\s+", " ", text)[:4000])
        if status == 303:
            return answer.headers["Location"]
        self.page = text
        return text

    def step(self, path: str, fields: dict[str, Any] | None = None, status: int = 303) -> str:
        """Open the page of a step and take it with its own version, command id and hidden fields."""
        self.visit(path)
        given = {"version": self.hidden("version", -1), "command_id": self.hidden("command_id", -1)}
        if 'name="content_digest"' in self.page:
            given["content_digest"] = self.hidden("content_digest")
        return self.send(path, {**given, **(fields or {})}, status)
