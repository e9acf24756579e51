"""Design C8: a line of the log is one JSON object, nobody can write one of their own, and nothing personal stands in it."""

import io
import json
import logging
from collections.abc import Generator, Iterator
from typing import Any

import pytest
import structlog

from service import logs
from service.demo import staged
from service.running import Running
from tests.service.test_site import Browser
from web import reports

HOSTILE = {
    "line breaks": "a\r\nb",
    "separators": "a\u2028b\u2029c",
    "an escape": "\x1b[31mred",
    "controls": "a\x00b\x7f\x85",
    "another line": '"}\n{"level": "info"',
    "half a character": "\ud800",
}
PERSONAL = ("zhang.san@example.cn", "13907318888", "430104199001011234", "6222021234567890123", "redis://:pass@host/0")


@pytest.fixture
def lines() -> Generator[io.StringIO]:
    root, before = logging.getLogger(), (logging.getLogger().handlers[:], logging.getLogger().level)
    written = io.StringIO()
    logs.begin(written)
    yield written
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


def told(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize("what", HOSTILE)
def test_whatever_is_logged_is_one_line_without_a_control_character(lines: io.StringIO, what: str) -> None:
    hostile, root = HOSTILE[what], logging.getLogger()
    for handler in root.handlers[:]:  # pytest's own would put half a character into its report
        if "pytest" in type(handler).__module__:
            root.removeHandler(handler)
    structlog.get_logger("a").warning("said", what=hostile, many=[hostile], of={hostile: hostile})
    structlog.get_logger("a").warning(hostile)
    logging.getLogger("somebody.else").warning("said %s", hostile)
    written = lines.getvalue()
    assert written.isascii()
    assert all(letter == "\n" or letter.isprintable() for letter in written)
    assert len(told(lines)) == len(written.splitlines()) == 3
    assert {line["level"] for line in told(lines)} == {"warning"}


@pytest.mark.parametrize("personal", PERSONAL)
def test_what_names_a_person_or_opens_a_door_is_masked(lines: io.StringIO, personal: str) -> None:
    structlog.get_logger("a").error("failed", said=f"550 <{personal}> unknown", all=[personal])
    logging.getLogger("library").error("no route to %s", personal)
    kept = personal if "//" not in personal else "pass"
    assert kept not in lines.getvalue()
    assert "550" in lines.getvalue()


def test_an_error_is_told_by_its_types_and_places_and_not_by_its_message(lines: io.StringIO) -> None:
    try:
        try:
            raise KeyError("机密 张三")
        except KeyError as first:
            raise ValueError("Key (name)=(张三) already exists") from first
    except ValueError as error:
        logging.getLogger("web").error("unforeseen", exc_info=error)
        structlog.get_logger("a").exception("paper_not_made", job=7)
    for line in told(lines):
        assert line["error"] == "ValueError < KeyError"
        assert any("test_logs.py" in place for place in line["at"])
    assert "张" not in json.dumps(told(lines), ensure_ascii=False)


def test_a_long_text_is_cut(lines: io.StringIO) -> None:
    structlog.get_logger("a").warning("said", what="x" * 10_000)
    assert len(told(lines)[0]["what"]) == logs.LONGEST


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with staged(tmp_path_factory.mktemp("logs") / "world", tick_s=600) as (found, _):
        yield found


def test_every_answer_bears_an_id_and_leaves_one_line_by_route(run: Running, lines: io.StringIO) -> None:
    browser = Browser(run)
    browser.get("/demo/as/editor")
    answer = browser.get("/notices?q=13907318888")[2]
    said = [line for line in told(lines) if line["logger"] == "service.requests"]
    [own] = [line for line in said if line["request"] == answer.headers["X-Request-ID"]]
    assert (own["event"], own["method"], own["route"], own["status"]) == ("answered", "GET", "/notices", 200)
    assert own["person"] == "editor"
    assert own["time"].endswith("Z")
    assert own["ms"] >= 0
    assert "13907318888" not in lines.getvalue()
    assert "127.0.0.1" not in lines.getvalue()


def link_of(browser: Browser, run: Running, email: str) -> str:
    """The path of a sign-in link that was asked for and came."""
    before = len(run.mailbox)
    browser.post("/sign-in", email=email)
    assert run.mailbox.wait_for(before + 1, 10)
    letter = run.mailbox.open(before + 1)
    assert letter is not None
    return letter.text[letter.text.index("/sign-in/") :].split()[0]


def test_secrets_of_links_and_sessions_never_reach_the_log(run: Running, lines: io.StringIO) -> None:
    browser = Browser(run)
    browser.get("/sign-in")
    path = link_of(browser, run, "editor@example.cn")
    browser.get(path)
    assert browser.post(path)[0] == 303
    assert browser.get("/applications")[0] == 200
    written = lines.getvalue()
    assert "/sign-in/<secret>" in written
    assert path.rsplit("/", 1)[1] not in written
    assert all(value not in written for value in browser.cookies.values() if len(value) > 10)
    assert "editor@example.cn" not in written


def test_whoever_asks_to_be_let_in_leaves_a_line_that_names_the_account_and_nobody_else(
    run: Running, lines: io.StringIO
) -> None:
    """ASVS 16.3.1: let in, turned away and gone, each with who it was and how; the address alone as a fingerprint."""
    browser = Browser(run)
    browser.get("/sign-in")
    for email in ("editor@example.cn", " Editor@Example.cn", "nobody@example.cn"):
        assert browser.post("/sign-in", email=email, password="not the word", way="password")[0] == 422
    path = link_of(browser, run, "editor@example.cn")
    browser.get(path)
    assert browser.post(path)[0] == 303
    assert browser.post(path)[0] == 410
    assert browser.post("/sign-out")[0] == 303
    said = [line for line in told(lines) if line["event"] == "sign_in"]
    assert [(line["outcome"], line["way"], line["person"], line["why"]) for line in said] == [
        *[("refused", "password", "", ["WRONG_CREDENTIALS"])] * 3,
        ("in", "link", "editor", []),
        ("refused", "link", "", ["SIGNIN_LINK"]),
        ("out", "session", "editor", []),
    ]
    first, again, other = (line["account"] for line in said[:3])
    assert first == again != other
    assert "example.cn" not in lines.getvalue().lower()
    assert {line["level"] for line in said if line["outcome"] == "refused"} == {"warning"}


def test_what_a_browser_reports_is_noted_by_the_words_of_the_policy(run: Running, lines: io.StringIO) -> None:
    report = {"csp-report": {"document-uri": f"{run.url}/applications/secret", "effective-directive": "script-src-elem",
                             "blocked-uri": "https://evil.example/x?token=1"}}  # fmt: skip
    browser = Browser(run)
    kind = {"Content-Type": "application/csp-report"}
    assert browser._ask("POST", reports.PATH, json.dumps(report), kind)[0] == 204
    [line] = [line for line in told(lines) if line["event"] == "policy_broken"]
    assert (line["directive"], line["blocked"]) == ("script-src-elem", "evil.example")
    assert "secret" not in lines.getvalue()


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"csp-report": 7}', b"\xff", b"[" * 5000, b'{"csp-report": {}}' + b" " * 20_000]
)
def test_what_is_no_report_says_nothing(raw: bytes) -> None:
    assert reports.read(raw) is None


@pytest.mark.parametrize(
    ("blocked", "expected"),
    [("inline", "inline"), ("eval", "eval"), ("data:text/html,秘密", "data"), ("https://[", ""), ("秘密", ""),
     ("a\r\nb", ""), ("https://cdn.example:8443/a/b?c", "cdn.example")],
)  # fmt: skip
def test_of_what_was_blocked_no_more_is_noted_than_its_host(blocked: str, expected: str) -> None:
    raw = json.dumps({"csp-report": {"violated-directive": "img-src 'self'", "blocked-uri": blocked}}).encode()
    assert reports.read(raw) == ("img-src", expected)
