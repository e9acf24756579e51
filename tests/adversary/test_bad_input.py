"""Whatever is sent, the answer is 4xx problem+json with a code, a reason in both languages, its source and who can mend it.

Never a 5xx, never a word written, never what was sent repeated in the answer.
"""

import io
import json
import socket
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any
from uuid import UUID

import pytest

from tests.adversary.site import NOBODY, PDF, PROBLEM, STRANGER, Said, Site, fresh_draft, multipart

SECRET = "机密13907318888"
PLACES = ("/applications", "/applications/{draft}/sections/model", "/applications/{draft}/withdrawal")


def mended(answer: Said, *statuses: int) -> Any:
    """The problem, after everything that each of them must say was looked at."""
    assert answer.status in (statuses or range(400, 500)), (answer.status, answer.text[:2000])
    assert answer.headers["content-type"] == PROBLEM, answer.headers
    found = answer.json
    assert found["status"] == answer.status
    assert found["type"].startswith("/problems/")
    assert found["title"]
    assert found["refusals"], found
    for refusal in found["refusals"]:
        assert set(refusal) == {"code", "params", "reason", "source", "who"}
        assert refusal["code"]
        assert refusal["reason"]["zh"]
        assert refusal["reason"]["en"]
        assert refusal["reason"]["zh"] != refusal["reason"]["en"], refusal
        assert refusal["source"], refusal
        assert refusal["who"], refusal
    return found


@pytest.fixture
def unwritten(either: Site) -> Iterator[Site]:
    """The house, whose log is as long afterwards as before."""
    before = either.head()
    yield either
    assert either.head() == before


UNREADABLE: dict[str, bytes] = {
    "nothing at all": b"",
    "half an object": b'{"call": "hn-2025"',
    "two values": b"{}{}",
    "an array": b"[]",
    "a number": b"1",
    "null": b"null",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"call": "x"}'.encode("utf-16"),
    "latin-1": '{"call": "é"}'.encode("latin-1"),
    "overlong utf-8": b'{"call": "\xc0\xaf"}',
    "NUL in a text": b'{"call": "\\u0000"}',
    "NUL in a name": b'{"\\u0000": 1}',
    "raw NUL": b'{"call": "\x00"}',
    "lone surrogate": b'{"call": "\\ud800"}',
    "lone surrogate in a name": b'{"\\udfff": 1}',
    "raw surrogate": b'{"call": "\xed\xa0\x80"}',
    "NaN": b'{"call": NaN}',
    "Infinity": b'{"call": -Infinity}',
    "1e999": b'{"call": 1e999}',
    "a huge number": b'{"call": ' + b"9" * 5000 + b"}",
    "a long fraction": b'{"call": 0.' + b"3" * 400 + b"}",
    "duplicate keys": b'{"call": "a", "call": "b"}',
    "escaped duplicate": b'{"call": "a", "c\\u0061ll": "b"}',
    "a trailing comma": b'{"call": "a",}',
    "a comment": b'{/* */"call": "a"}',
    "single quotes": b"{'call': 'a'}",
    "deep arrays": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "deep within": b'{"answers": {"x": ' + b"[" * 60 + b"]" * 60 + b"}}",
    "open brackets": b"[" * 500_000,
    "quotes": b'"' * 500_001,
    "backslashes": b'"' + b"\\" * 500_001,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_json_is_refused_everywhere(unwritten: Site, name: str) -> None:
    for place in PLACES:
        method = "PUT" if "sections" in place else "POST"
        path = place.format(draft=unwritten.made["draft"])
        mended(unwritten.ask("admin", method, path, raw=UNREADABLE[name]), 400, 422)


WRONG: tuple[Any, ...] = (
    {},
    {"call": None, "direction": None, "unit": None},
    {"call": 1, "direction": True, "unit": 1.5},
    {"call": [], "direction": {}, "unit": [{}]},
    {"call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16B", "stage": "awarded"},
    {"call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16B", "opened_by": "lead"},
    {"call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16B", "application_id": STRANGER},
    {"call": "hn-2025", "direction": "L-V", "unit": "x" * 20_001},
    {"call": "nowhere", "direction": "L-V", "unit": "91430104MAXTE5T16B"},
    {"call": "hn-2025", "direction": "nowhere", "unit": "91430104MAXTE5T16B"},
    {"call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16A"},
    {"call": "../../etc/passwd", "direction": "L-V", "unit": "91430104MAXTE5T16B"},
    {"call": "hn-2025' OR 1=1 --", "direction": "L-V", "unit": "91430104MAXTE5T16B"},
    {"__proto__": {}, "call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16B"},
)


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_wrong_types_and_unknown_fields_are_named(unwritten: Site, number: int) -> None:
    mended(unwritten.ask("editor", "POST", "/applications", WRONG[number]), 409, 422, 403, 404)


def test_every_fault_of_a_body_is_named_at_once(unwritten: Site) -> None:
    found = mended(unwritten.ask("editor", "POST", "/applications", {"call": 1, "surplus": 2}), 422)
    assert {error["field"] for error in found["errors"]} == {"call", "direction", "unit", "surplus"}


def test_what_was_sent_is_not_repeated(unwritten: Site) -> None:
    """A rejected value may be personal; the name of a field nobody knows may be one too."""
    draft = unwritten.made["draft"]
    for method, path, body in (
        ("POST", "/applications", {"call": {"x": SECRET}, "direction": 1, "unit": SECRET * 3000}),
        ("PUT", f"/applications/{draft}/sections/model", {"answers": SECRET}),
        ("PUT", f"/applications/{draft}/sections/unit", {"answers": {"legal_person": {"a": SECRET}}}),
        ("PUT", f"/applications/{draft}/commitments/x", {"signer": [SECRET], "signed_on": SECRET}),
    ):
        answer = unwritten.ask("admin", method, path, body)
        mended(answer)
        assert SECRET not in answer.text


def test_a_huge_body_is_refused_declared_or_not(unwritten: Site) -> None:
    padding = b'{"call": "' + b"x" * (2 << 20) + b'"}'
    mended(unwritten.ask("editor", "POST", "/applications", raw=padding), 413)
    answer = unwritten.ask("editor", "POST", "/applications", raw=iter([padding[:1000]] * 2200))
    mended(answer, 413, 400)


def conversation(site: Site, *parts: bytes) -> bytes:
    """What the server says to bytes as they are; it may hang up on what is too long before it was sent to the end."""
    said = b""
    with closing(socket.create_connection(site.address, timeout=10)) as wire, suppress(OSError):
        for part in parts:
            wire.sendall(part)
        wire.shutdown(socket.SHUT_WR)
        while chunk := wire.recv(65536):
            said += chunk
    return said


def wire(site: Site, method: str, path: str, headers: tuple[str, ...], body: bytes = b"") -> int:
    """The status of a request put together by hand; 0 where the server hung up without a word."""
    head = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {site.tokens['editor']}", *headers]
    said = conversation(site, "\r\n".join([*head, "", ""]).encode("latin-1"), body)
    return int(said.split(b" ", 2)[1]) if said else 0


JSON = ("Content-Type: application/json", "Idempotency-Key: k")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (("Content-Length: -1",), b""),
        (("Content-Length: abc",), b"{}"),
        (("Content-Length: 99999999999999999999",), b"{}"),
        (("Content-Length: 10",), b"{}"),
        (("Content-Length: 2", "Content-Length: 3"), b"{}1"),
        (("Transfer-Encoding: chunked",), b"zz\r\n{}\r\n0\r\n\r\n"),
        (("Transfer-Encoding: chunked",), b"-5\r\n{}\r\n0\r\n\r\n"),
        (("Transfer-Encoding: chunked",), b"5\r\n{}"),
        (("Transfer-Encoding: chunked",), b"2\r\n{}\r\n"),
        (("Transfer-Encoding: chunked",), b"2\r\n{}XX0\r\n\r\n"),
        (("Transfer-Encoding: chunked",), b"ffffffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
        (("Transfer-Encoding: chunked", "Content-Length: 2"), b"2\r\n{}\r\n0\r\n\r\n"),
        (("Transfer-Encoding: gzip",), b"{}"),
        (("Content-Encoding: gzip", "Content-Length: 2"), b"{}"),
        (("Expect: nonsense", "Content-Length: 2"), b"{}"),
    ],
)
def test_a_body_of_doubtful_length_is_never_a_5xx(unwritten: Site, headers: tuple[str, ...], body: bytes) -> None:
    assert 400 <= wire(unwritten, "POST", "/api/v1/applications", (*JSON, *headers), body) < 500


@pytest.mark.parametrize(
    "header",
    ["X: " + "x" * 70_000, "Authorization: Bearer " + "x" * 60_000, "Accept-Language: " + "zh-Hans;q=0.1," * 4000,
     "Cookie: " + "a=b; " * 10_000, "X-Forwarded-Host: evil", "Accept: \xff\xfe", "If-None-Match: \"" + "x" * 5000,
     "Range: bytes=0-0,-1", "Cookie: sid=\xff\x00", "Accept-Encoding: gzip;q=nan"],
)  # fmt: skip
def test_odd_headers_are_never_a_5xx(unwritten: Site, header: str) -> None:
    assert wire(unwritten, "GET", "/api/v1/me", (header,)) < 500
    assert wire(unwritten, "GET", "/sign-in", (header,)) < 500
    assert wire(unwritten, "POST", "/api/v1/applications", (*JSON, header, "Content-Length: 2"), b"{}") < 500


@pytest.mark.parametrize("line", [b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET //evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n", b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n"])  # fmt: skip
def test_what_is_no_http_does_not_hurt(unwritten: Site, line: bytes) -> None:
    said = conversation(unwritten, line)
    assert not said or not said.startswith(b"HTTP") or int(said.split(b" ", 2)[1]) < 500, said[:200]
    assert unwritten.ask(NOBODY, "GET", "/calls").status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "a b", "x:99999999", "[::1", "x\x7f", "\xe4\xb8", "x" * 5000, "@", ""]
)
def test_a_host_that_is_not_ours_is_refused(unwritten: Site, host: str) -> None:
    """Design C5: an address that somebody made up is never built upon."""
    for line in ("GET /sign-in", "GET /api/v1/calls", "GET /", "GET /nowhere", "POST /sign-in", "POST /language"):
        more = f"Host: {host}\r\nReferer: http://[x/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        said = conversation(unwritten, f"{line} HTTP/1.1\r\n{more}".encode("latin-1"))
        assert int(said.split(b" ", 2)[1]) in (400, 403), (host, line, said[:300])
        assert b"Content-Security-Policy" in said


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "application/jsonx", "text/json", "multipart/form-data", "application/x-www-form-urlencoded", "\"", "application/json/x", "é"])  # fmt: skip
def test_another_content_type_is_415(unwritten: Site, kind: str) -> None:
    mended(unwritten.ask("editor", "POST", "/applications", raw=b"{}", kind=kind), 415)


def test_another_method_is_405_and_says_which_there_are(unwritten: Site) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"):
        answer = unwritten.ask("admin", method, f"/applications/{unwritten.made['draft']}/seal")
        mended(answer, 405)
        assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "path",
    ["/applications/1", "/applications/", "/applications/null", "/applications/%00", "/applications/" + "a" * 5000,
     "/applications/{0}x", "/applications/{0}/../../../etc/passwd", "/applications/..%2f..%2fetc%2fpasswd",
     "/applications/{0}/attachments/..%2f..%2f/x", "/applications/{0}/attachments/L-1/..%2f..%2f..%2fetc%2fpasswd",
     "/applications/{0}/attachments/L-1/%00", "/applications/{0}/attachments/%ff%fe/x", "/calls/%ff", "/calls/%00",
     "/calls/%ed%a0%80", "/calls/../me", "/calls/hn-2025/directions/%0d%0a/form", "/applications/{{{0}}}",
     "/applications/urn:uuid:{0}", "/letters/x", "//me", "/calls/hn-2025;x=1", "/%2e%2e/%2e%2e/static/app.css"],
)  # fmt: skip
def test_a_path_that_leads_nowhere_is_404(unwritten: Site, path: str) -> None:
    answer = unwritten.ask("admin", "GET", path.format(unwritten.made["draft"]))
    if answer.status in (301, 308):
        assert answer.headers["location"].startswith(("/", unwritten.running.url)), answer.headers
        return
    mended(answer, 404)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "limit=-1", "limit=x", "limit=1.5", "limit=99999999999999999999", "limit=", "limit=1&limit=2",
     "after=%00", "after=%ed%a0%80", "after=***", "after=" + "A" * 201, "after=AAAA", "stage=nowhere", "stage=%00",
     "holder=me", "surplus=1", "search=" + "x" * 101, "search=%00", "counts=2", "limit=%EF%BC%91%EF%BC%90%EF%BC%90%EF%BC%90",
     "after=MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMC54", "limit=١٢٣"],
)  # fmt: skip
def test_a_query_that_cannot_be_read_is_4xx(unwritten: Site, query: str) -> None:
    from urllib.parse import quote

    answer = unwritten.ask("admin", "GET", f"/applications?{quote(query, safe='%&=*')}")
    mended(answer, 400, 422)


@pytest.mark.parametrize(
    "query", ["search=%25", "search='", 'search="', "search=%5c", "search=_", "stage=,,,", "after=MTAuJw"]
)
def test_an_odd_query_finds_nothing_and_breaks_nothing(unwritten: Site, query: str) -> None:
    assert unwritten.ask("wenlan-admin", "GET", f"/applications?{query}").json["items"] == []


@pytest.mark.parametrize("key", [None, "", " ", "x" * 129, "a b", "\x7f", "é", '""', "a\tb"])
def test_a_command_without_a_good_key_is_400(unwritten: Site, key: str | None) -> None:
    path = f"/applications/{unwritten.made['draft']}/seal"
    mended(unwritten.ask("admin", "POST", path, {}, headers={"Idempotency-Key": key}), 400)


@pytest.mark.parametrize("tag", ["7", "W/\"7\"", "*", "\"x\"", "\"-1\"", "\"1\", \"2\"", "\"" + "9" * 19 + "\"", "\"\"", "\"٣\"".encode().decode("latin-1"), "'7'"])  # fmt: skip
def test_an_if_match_that_is_none_is_422(unwritten: Site, tag: str) -> None:
    path = f"/applications/{unwritten.made['draft']}/withdrawal"
    mended(unwritten.ask("admin", "POST", path, {"reason": "x"}, headers={"If-Match": tag}), 422)


# files


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"\0" * (64 << 20))
    return packed.getvalue()


def archive(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return packed.getvalue()


HOSTILE: dict[str, tuple[str, bytes]] = {
    "empty": ("a.pdf", b""),
    "no extension": ("a", PDF),
    "an executable": ("a.exe", b"MZ" + b"\0" * 100),
    "html called pdf": ("a.pdf", b"<html><script>alert(1)</script>"),
    "html before the mark": ("a.pdf", b"<html>\n\n%PDF-1.4\n%%EOF"),
    "svg": ("a.svg", b"<svg onload='alert(1)'/>"),
    "png called pdf": ("a.pdf", b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
    "pdf called png": ("a.png", PDF),
    "half a png": ("a.png", b"\x89PNG\r\n\x1a\n"),
    "half a jpeg": ("a.jpg", b"\xff\xd8\xff"),
    "any zip called docx": ("a.docx", archive(x=b"y")),
    "a zip bomb": ("a.docx", bomb()),
    "members with ..": ("a.docx", archive(**{"[Content_Types].xml": b"", "word/document.xml": b"", "../../x": b""})),
    "macros": ("a.docx", archive(**{"[Content_Types].xml": b"", "word/document.xml": b"", "word/vbaProject.bin": b""})),
    "docx called xlsx": ("a.xlsx", archive(**{"[Content_Types].xml": b"", "word/document.xml": b""})),
    "a broken zip": ("a.docx", b"PK\x03\x04" + b"\xff" * 200),
    "a cut directory": ("a.docx", archive(**{"word/document.xml": b"x"})[:-10]),
    "two extensions": ("a.pdf.exe", PDF),
    "NUL in the name": ("a.pdf\x00.exe", PDF),
    "only an extension": (".pdf", PDF[:3]),
    "a zip at the end": ("a.pdf", b"junk" + archive(x=b"y")),
}


def attach(site: Site, draft: UUID, name: str, content: bytes, slot: str = "L-1", **fields: str) -> Said:
    kind, body = multipart(fields, {"file": (name, content)})
    return site.ask("editor", "POST", f"/applications/{draft}/attachments/{slot}", raw=body, kind=kind)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_and_not_kept(unwritten: Site, name: str) -> None:
    folder = unwritten.house.settings.files
    before = {path for path in folder.rglob("*") if path.is_file()}
    mended(attach(unwritten, unwritten.made["draft"], *HOSTILE[name]))
    assert {path for path in folder.rglob("*") if path.is_file()} == before


def test_a_file_beyond_the_limit_is_refused(unwritten: Site) -> None:
    mended(attach(unwritten, unwritten.made["draft"], "a.pdf", PDF + b"\0" * (51 << 20)), 413, 422)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../../etc/passwd.pdf", "passwd.pdf"), ("..\\\\..\\\\a.pdf", "a.pdf"), ("C:\\\\x\\\\b.pdf", "b.pdf"),
     ("完税 证明（2024）.pdf", "完税 证明（2024）.pdf"), ("a\u202efdp.exe.pdf", "afdp.exe.pdf"), ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
     ("=cmd|'x'.pdf", "=cmd_'x'.pdf"), ("😀.pdf", "😀.pdf"), ("a;b=c.pdf", "a;b=c.pdf")],
)  # fmt: skip
def test_a_file_name_is_data_and_never_a_path(site: Site, name: str, kept: str) -> None:
    draft = fresh_draft(site)
    answer = attach(site, draft, name, PDF)
    assert answer.status == 201, answer.text
    (slot,) = [one for one in site.ask("editor", "GET", f"/applications/{draft}").json["attachments"] if one["files"]]
    (held,) = slot["files"]
    assert held["name"] == kept
    got = site.ask("editor", "GET", f"/applications/{draft}/attachments/L-1/{held['file_id']}")
    assert got.raw == PDF
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert got.headers["x-content-type-options"] == "nosniff"
    root = site.house.settings.files
    assert all(len(path.name) == 32 for path in root.rglob("*") if path.is_file())


MULTIPART: dict[str, tuple[str, bytes]] = {
    "no boundary": ("multipart/form-data", b"--x\r\n\r\n--x--"),
    "an empty boundary": ("multipart/form-data; boundary=", b"--\r\n\r\n----"),
    "a long boundary": ("multipart/form-data; boundary=" + "x" * 5000, b"--x--"),
    "no end": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'),
    "no head": ("multipart/form-data; boundary=x", b"--x\r\n\r\nabc\r\n--x--"),
    "a bad disposition": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: \xff\xfe;;;=\r\n\r\nabc\r\n--x--"),
    "a long head": ("multipart/form-data; boundary=x", b"--x\r\nX: " + b"y" * 100_000 + b"\r\n\r\nabc\r\n--x--"),
    "many parts": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 5000 + b"--x--"),
    "two files": multipart({}, {"file": ("a.pdf", PDF), "other": ("b.pdf", PDF)}),
    "file as a text": multipart({"file": "x"}, {}),
    "an unknown field": multipart({"surplus": "x"}, {"file": ("a.pdf", PDF)}),
    "a huge field": multipart({"label": "x" * 600_000}, {"file": ("a.pdf", PDF)}),
    "NUL in a field": multipart({"label": "\x00"}, {"file": ("a.pdf", PDF)}),
    "a charset nobody knows": ("multipart/form-data; boundary=x; charset=klingon", multipart({}, {})[1]),
    "nothing": ("multipart/form-data; boundary=x", b""),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a parser that gave up drops its file
@pytest.mark.parametrize("name", MULTIPART)
def test_a_form_that_is_none_is_4xx(unwritten: Site, name: str) -> None:
    kind, body = MULTIPART[name]
    path = f"/applications/{unwritten.made['draft']}/attachments/L-1"
    mended(unwritten.ask("editor", "POST", path, raw=body, kind=kind), 400, 413, 422)


def test_an_unknown_slot_or_a_locked_application_takes_no_file(unwritten: Site) -> None:
    mended(attach(unwritten, unwritten.made["draft"], "a.pdf", PDF, "nowhere"))
    mended(attach(unwritten, unwritten.made["sealed"], "a.pdf", PDF), 409)


def test_problems_are_json_in_the_language_asked_for(unwritten: Site) -> None:
    for language, expected in (("zh-CN,zh;q=0.9", "zh-Hans"), ("en", "en"), ("fr", "en"), ("\x01", "en")):
        answer = unwritten.ask(NOBODY, "GET", "/me", headers={"Accept-Language": language, "Accept": "text/html"})
        mended(answer, 401)
        assert answer.headers["content-language"] == expected
        assert json.loads(answer.raw)["title"]
