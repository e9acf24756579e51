"""Design C9: nobody fills this house. Every body is bounded by its page, and who only opens a connection holds up nobody."""

import ast
import socket
import ssl
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from service import limits
from service.site import create_app
from tests.adversary.site import PDF, Site, fresh_draft, multipart

ROOT = Path(__file__).parents[2]
HALF_OPEN = 64
HALF_A_HEAD = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"


def form_of(size: int) -> tuple[dict[str, str], bytes]:
    kind, body = multipart({"email": "a@example.cn"}, {"file": ("a.pdf", PDF + b"\0" * size)})
    return {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"}, body


@pytest.mark.parametrize("path", ["/sign-in", "/language", "/sign-out", "/applications"])
def test_a_stranger_sends_no_more_than_a_form(site: Site, path: str) -> None:
    headers, body = form_of(limits.STRANGERS_BYTES)
    answer = site.send("POST", path, body, headers)
    assert (answer.status, "256" in answer.text) == (413, True), answer.text[:500]
    spooled = site.house.settings.files / "arriving"
    assert not spooled.is_dir() or not any(spooled.iterdir())


def test_a_page_that_takes_no_file_takes_no_large_body(site: Site) -> None:
    browser = site.browser("editor")
    headers, body = form_of(limits.FORM_BYTES)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    assert site.send("POST", "/me/letters", body, {**headers, "Cookie": cookie}).status == 413


def test_a_page_that_takes_files_takes_them(site: Site) -> None:
    draft, browser = fresh_draft(site), site.browser("editor")
    browser.visit(f"/applications/{draft}")
    fields, content = {"csrf_token": browser.token()}, b"%PDF-1.4\n%" + b" " * limits.FORM_BYTES + b"\n" + PDF
    answer = browser.post(f"/applications/{draft}/attachments/L-1", fields, files={"file-L-1": ("a.pdf", content)})
    assert answer.status == 303, answer.text[:300]


def reads_files(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == "files" and isinstance(node.value, ast.Name) and node.value.id == "request"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )  # fmt: skip


def test_the_pages_that_take_files_are_those_that_are_let(site: Site) -> None:
    app = create_app(site.house, site.running.actors)
    assert set(app.view_functions) >= limits.UPLOADS
    modules = {app.view_functions[endpoint].__module__ for endpoint in limits.UPLOADS}
    reading = {path.stem for path in (ROOT / "workflow/pages").glob("*.py") if reads_files(path)}
    assert {name.rpartition(".")[2] for name in modules} - {"consortium"} == reading - {"signing"}
    other = [room for room in ("notifications", "webhooks", "admin", "directory", "service") for path in (ROOT / room).rglob("*.py") if reads_files(path)]  # fmt: skip
    assert not other


def still_waits(line: socket.socket) -> bool:
    """The other side has neither said anything nor gone."""
    line.setblocking(False)
    with suppress(BlockingIOError, ssl.SSLWantReadError):
        line.recv(1)
        return False
    return True


def test_connections_that_say_nothing_hold_up_nobody(site: Site) -> None:
    with ExitStack() as held:
        lines: list[socket.socket] = []
        for number in range(HALF_OPEN):
            line = held.enter_context(closing(socket.create_connection(site.address, timeout=10)))
            line.sendall(HALF_A_HEAD[: 20 + number % 40])
            lines.append(line)
        assert site.send("GET", "/healthz", None, {}).status == 200
        assert site.send("GET", "/notices", None, {}).status == 200
        assert all(still_waits(line) for line in lines), "each is waited for still, beside the others"


@pytest.mark.parametrize("name", ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"])
def test_no_statement_and_no_lock_is_waited_for_longer_than_five_seconds(postgres_site: Site, name: str) -> None:
    with postgres_site.house.store.reading() as db:
        assert db.exec_driver_sql(f"SHOW {name}").scalar() == "5s"
