"""Pages in the hands of somebody who means ill, and of somebody unlucky: forged writes, bad forms, two in one section."""

import re
from collections.abc import Mapping
from uuid import UUID

import pytest

from tests.adversary.site import NOBODY, PDF, STRANGER, Browser, Said, Site, fresh_draft

FORGED: Mapping[str, Mapping[str, str | None]] = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a sister site": {"Sec-Fetch-Site": "same-site"},
    "typed by hand": {"Sec-Fetch-Site": "none"},
    "a foreign origin": {"Sec-Fetch-Site": None, "Origin": "https://evil.example"},
    "the null origin": {"Sec-Fetch-Site": None, "Origin": "null"},
    "our name as a prefix": {"Sec-Fetch-Site": None, "Origin": "http://127.0.0.1.evil.example"},
    "says nothing": {"Sec-Fetch-Site": None},
    "lies in Origin only": {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
}


def at_section(
    site: Site, draft: UUID, who: str = "editor", section: str = "model"
) -> tuple[Browser, str, dict[str, str]]:
    """Somebody who has the form of a section open: their browser, its address and what its hidden fields say."""
    browser, path = site.browser(who), f"/applications/{draft}/sections/{section}"
    browser.visit(path)
    hidden = {name: browser.hidden(name) for name in ("version", "command_id")}
    return browser, path, {"csrf_token": browser.token(), **hidden}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_write_is_refused(site: Site, forgery: str) -> None:
    draft = fresh_draft(site)
    browser, path, hidden = at_section(site, draft)
    before = site.head()
    for target, fields in ((path, {**hidden, "params_yi": "72"}), ("/language", hidden), ("/sign-out", hidden),
                           ("/sign-in", {**hidden, "email": "admin@example.cn"}), (f"/applications/{draft}/seal", hidden)):  # fmt: skip
        answer = browser.post(target, fields, headers=FORGED[forgery])
        assert answer.status == 403, (target, answer.status)
    assert site.head() == before
    assert browser.get("/applications").status == 200, "still signed in"


@pytest.mark.parametrize("token", [None, "", "x", "another's"])
def test_a_write_without_the_pages_token_is_refused(site: Site, token: str | None) -> None:
    draft = fresh_draft(site)
    browser, path, hidden = at_section(site, draft)
    other = site.browser("wenqu-editor")
    other.visit("/notices")
    before = site.head()
    sent = {**hidden, "params_yi": "72", "csrf_token": other.token() if token == "another's" else token}
    answer = browser.post(path, {name: value for name, value in sent.items() if value is not None})
    assert (answer.status, "页面已过期" in answer.text) == (400, True)
    assert site.head() == before


def test_the_api_by_cookie_takes_no_write_from_elsewhere(site: Site) -> None:
    browser = site.browser("editor")
    body = b'{"call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16B"}'
    cookie = {"Cookie": f"sid={browser.cookies['sid']}", "Content-Type": "application/json", "Idempotency-Key": "k1"}
    before = site.head()
    for forgery in FORGED.values():
        headers = {**cookie, **{name: value for name, value in forgery.items() if value is not None}}
        assert site.send("POST", "/api/v1/applications", body, headers).status == 403
    assert site.head() == before
    ours = {**cookie, "Sec-Fetch-Site": "same-origin"}
    assert site.send("POST", "/api/v1/applications", body, ours).status == 201
    by_form = {**ours, "Content-Type": "text/plain", "Idempotency-Key": "k2"}
    assert site.send("POST", "/api/v1/applications", body, by_form).status == 415


def test_a_good_write_is_answered_with_303_and_sent_twice_is_done_once(site: Site) -> None:
    draft = fresh_draft(site)
    browser, path, hidden = at_section(site, draft)
    before = site.head()
    first = browser.post(path, {**hidden, "params_yi": "72"})
    assert (first.status, site.head()) == (303, before + 1), first.text
    again = browser.post(path, {**hidden, "params_yi": "72"})
    assert (again.status, site.head()) == (303, before + 1)
    assert first.headers["location"].startswith("/applications/")


def values(page: str) -> str:
    return re.sub(r"\s+", " ", page)


def test_a_refused_form_keeps_what_was_typed_and_sums_up_the_errors(site: Site) -> None:
    draft = fresh_draft(site)
    browser, path, hidden = at_section(site, draft, section="unit")
    page = browser.page
    names = set(re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"', page)) - {
        "csrf_token",
        "version",
        "command_id",
        "next",
    }
    assert "credit_code" in names
    typed = {"credit_code": "91430104MAXTE5T16A", "unit_profile": "<script>alert('一')</script>“引号”&amp;"}
    before = site.head()
    answer = browser.post(path, {**hidden, **typed})
    assert answer.status == 422
    assert site.head() == before
    assert 'value="91430104MAXTE5T16A"' in answer.text
    assert "&lt;script&gt;alert(&#39;一&#39;)&lt;/script&gt;“引号”&amp;amp;" in answer.text
    assert "<script>alert" not in answer.text
    assert 'href="#f-credit_code"' in answer.text, "the summary leads to the field"
    assert 'aria-invalid="true"' in answer.text
    assert browser.page
    assert f'value="{hidden["version"]}"' in answer.text


@pytest.mark.parametrize(
    "sent",
    [{"version": ""}, {"version": "x"}, {"version": "9" * 30}, {"version": "-1"}, {"params_yi": "\x00"}, {"params_yi": "1" * 100_000},
     {"params_yi": ["1", "2"]}, {"params_yi.0.x": "1"}, {"params_yi.99999999": "1"}, {"_add": "a\r\nSet-Cookie: x=y"},
     {"_add": "../../x"}, {"_add": "中\u2028"}, {"_drop": "x.1"}, {"_drop": "\r\n"}, {"_next": "//evil.example"}, {"a" * 5000: "x"},
     {"command_id": "x" * 500}, {"command_id": "é"}, {"surplus": "x"}, {"model_name": "x" * 600_000}],
)  # fmt: skip
def test_an_odd_form_is_never_a_5xx(site: Site, sent: Mapping[str, object]) -> None:
    draft = fresh_draft(site)
    browser, path, hidden = at_section(site, draft)
    answer = browser.post(path, {**hidden, **sent})
    assert answer.status < 500, answer.text[:500]
    assert "x=y" not in answer.headers.get("set-cookie", "")
    location = answer.headers.get("location", "")
    assert not location or re.match(rf"/applications/{draft}[/#?]", location), location


@pytest.mark.parametrize("page", ["seal", "withdrawal", "recommendation", "returns", "panel", "scores", "proposal", "award", "extensions", "payments", "objections", "form-pass"])  # fmt: skip
def test_an_odd_step_is_never_a_5xx(site: Site, page: str) -> None:
    before = site.head()
    for who, name in (
        ("admin", "draft"),
        ("yuelu-head", "sealed"),
        ("clerk", "reviewed"),
        ("lead", "noticed"),
        ("finance", "awarded"),
    ):
        browser = site.browser(who)
        browser.visit("/notices")
        for odd in (
            {},
            {"version": "1"},
            {"version": "x"},
            {"version": "99", "reason": "\x00"},
            {"amount_fen": "九", "items": "x", "marks": "y", "until": "z"},
        ):
            path = f"/applications/{site.made[name]}/{page}"
            answer = browser.post(path, {"csrf_token": browser.token(), **odd})
            assert 400 <= answer.status < 500, (who, page, odd, answer.status, answer.text[-1500:])
    assert site.head() == before


def test_a_file_by_form_is_kept_or_refused_with_its_reason(site: Site) -> None:
    draft = fresh_draft(site)
    browser = site.browser("editor")
    browser.visit(f"/applications/{draft}")
    hidden = {
        "csrf_token": browser.token(),
        "version": browser.hidden("version", 0) if 'name="version"' in browser.page else "1",
    }
    path = f"/applications/{draft}/attachments/L-1"
    for name, content in (("a.exe", b"MZ"), ("a.pdf", b"no pdf"), ("a.pdf", b""), ("", b"")):
        before = site.head()
        answer = browser.post(path, hidden, files={"file-L-1": (name, content)})
        assert answer.status == 422, (name, answer.status)
        assert site.head() == before
        assert 'role="alert"' in answer.text or "error" in answer.text
    assert browser.post(path, hidden, files={"file-L-1": ("计划书.pdf", PDF)}).status == 303


def test_two_people_in_one_section_the_later_keeps_the_text_and_is_told(either: Site) -> None:
    draft = fresh_draft(either)
    first, path, one = at_section(either, draft, "editor")
    later, _, other = at_section(either, draft, "admin")
    assert first.post(path, {**one, "model_name": "先存的名字"}).status == 303
    before = either.head()
    answer = later.post(path, {**other, "model_name": "后写的名字"})
    assert answer.status in (409, 412, 422)
    assert either.head() == before
    assert 'value="后写的名字"' in answer.text
    assert "先存的名字" in answer.text, "what stands is shown beside it"
    assert "林婉清" in answer.text, "whose it is"
    assert either.ask("admin", "GET", f"/applications/{draft}").json["answers"]["model_name"] == "先存的名字"


def test_the_autosave_of_the_later_is_told_in_json(site: Site) -> None:
    draft = fresh_draft(site)
    first, path, one = at_section(site, draft, "editor")
    later, _, other = at_section(site, draft, "admin")
    assert first.post(path, {**one, "model_name": "先存的名字"}, headers={"X-Autosave": "1"}).status == 200
    answer = later.post(path, {**other, "model_name": "后写的名字"}, headers={"X-Autosave": "1"})
    assert answer.status == 412
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.codes == ["SECTION_CHANGED"]


HOPS = ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:alert(1)",
        " //evil.example", "/\n/evil.example", "http:evil.example", "///evil.example", "/%0d%0aSet-Cookie:x=y", "/..//evil.example",
        "@evil.example", "\x01//evil.example", "https:/evil.example", "//evil.example@localhost"]  # fmt: skip


@pytest.mark.parametrize("hop", HOPS)
def test_a_redirect_stays_on_the_site(site: Site, hop: str) -> None:
    browser = site.browser()
    browser.visit("/sign-in")
    for path, fields in (("/language", {"language": "en"}), ("/theme", {"theme": "dark"})):
        answer = browser.post(path, {"csrf_token": browser.token(), "next": hop, **fields})
        location = answer.headers.get("location", "/")
        assert answer.status in (303, 400), answer.status
        assert location.startswith("/"), location
        assert not location.startswith(("//", "/\\", "/\t", "/\n")), location
        assert "x=y" not in answer.headers.get("set-cookie", "")


def test_the_language_is_switched_and_kept(site: Site) -> None:
    browser = site.browser("editor")
    assert 'lang="zh-Hans"' in browser.visit("/applications")
    answer = browser.post("/language", {"csrf_token": browser.token(), "language": "en", "next": "/letters"})
    assert (answer.status, answer.headers["location"]) == (303, "/letters")
    assert '<html lang="en"' in browser.visit("/applications")
    odd = browser.post("/language", {"csrf_token": browser.token(), "language": "klingon", "next": "/letters"})
    assert odd.status == 303
    assert browser.get("/applications").status == 200


def everywhere(site: Site) -> list[tuple[str, Said]]:
    """A page of each kind, errors among them."""
    made, found = site.made, []
    for who, paths in {
        NOBODY: ("/", "/sign-in", "/sign-in/" + "x" * 40, "/notices", "/lifecycle", "/nowhere", "/applications", "/api/v1/docs",
                 "/api/v1/openapi.json", "/api/v1/me", "/api/v1/calls", "/healthz", "/readyz", "/metrics", "/static/app.css",
                 f"/notices/{made['noticed']}/objections", f"/notices/{STRANGER}/objections"),
        "admin": ("/applications", f"/applications/{made['draft']}", f"/applications/{made['draft']}/sections/model",
                  f"/applications/{made['draft']}/seal", f"/applications/{made['sealed']}", "/letters", "/outbox",
                  f"/applications/{made['awarded']}", f"/applications/{made['draft']}/side"),
        "yuelu-head": ("/inbox", "/inbox?all=1", f"/applications/{made['sealed']}", f"/applications/{made['sealed']}/recommendation"),
        "clerk": ("/desk", f"/applications/{made['reviewed']}", f"/applications/{made['noticed']}"),
        "expert-1": ("/reviews",),
        "finance": ("/payments", f"/applications/{made['awarded']}"),
        "operator": ("/outbox", "/letters"),
    }.items():  # fmt: skip
        browser = site.browser(who)
        found += [(f"{who} {path}", browser.get(path)) for path in paths]
    browser = site.browser("admin")
    found.append(("forged", browser.post("/language", {}, headers={"Sec-Fetch-Site": "cross-site"})))
    found.append(("expired", browser.post("/language", {})))
    found.append(("method", site.send("DELETE", "/sign-in", None, {"Sec-Fetch-Site": "same-origin"})))
    return found


GUARDS = ("content-security-policy", "x-content-type-options", "cross-origin-opener-policy", "cross-origin-resource-policy",
          "referrer-policy", "permissions-policy")  # fmt: skip


def test_every_answer_carries_the_same_guards_and_no_page_anything_inline(site: Site) -> None:
    seen: set[tuple[str, ...]] = set()
    for place, answer in everywhere(site):
        assert answer.status < 500, (place, answer.text[:2000])
        seen.add(tuple(answer.headers.get(name, f"nothing at {place}") for name in GUARDS))
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page = answer.text
        assert answer.headers["cache-control"] == "no-store", place
        assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>\s*\S", page), place
        assert not re.search(r"<style|\sstyle\s*=|<[^>]+\son\w+\s*=|javascript:", page), place
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//(?!127\.0\.0\.1|localhost)', page), place
        assert re.search(r'<html lang="(zh-Hans|en)"', page) or "<html" not in page, place
        assert "Traceback" not in page, place
    assert len(seen) == 1, seen
    (guards,) = seen
    assert "unsafe" not in guards[0]
    assert "default-src 'none'" in guards[0]


@pytest.mark.parametrize(
    "after", ["OTk5OTk5OTk5OTk5OTk5OTk5Lno", "MjAzMDAxMDEueg", "not ours", "%00", "x" * 5000, "2030-01-01T00:00:00|x"]
)
def test_a_page_past_the_end_is_empty_and_an_odd_one_is_4xx(site: Site, after: str) -> None:
    from urllib.parse import quote

    for who, path in (("clerk", "/desk?all=1&"), ("editor", "/applications?"), ("yuelu-head", "/inbox?all=1&"), ("editor", "/letters?"),
                      (NOBODY, "/notices?"), ("expert-1", "/reviews?all=1&"), ("finance", "/payments?all=1&")):  # fmt: skip
        answer = site.browser(who).get(f"{path}after={quote(after, safe='%')}")
        assert answer.status in (200, 400, 422), (path, answer.status, answer.text[-1000:])
    for who, path in (("clerk", "/applications?"), (NOBODY, "/notices?")):
        answer = site.ask(
            who, "GET", f"{path}after=OTk5OTk5OTk5OTk5OTk5OTk5Lno" if path[1] == "a" else f"{path}after=MA"
        )
        assert (answer.status, answer.json["items"], answer.json["after"]) == (200, [], None)


def test_looking_at_a_sign_in_link_does_not_use_it_up_and_a_stranger_is_not_told_who_lives_here(site: Site) -> None:
    def ask(email: str) -> str:
        browser = site.browser()
        browser.visit("/sign-in")
        answer = browser.post("/sign-in", {"csrf_token": browser.token(), "email": email})
        assert answer.status == 200, answer.status
        return re.sub(r'value="[^"]*"|<time.*?</time>', "", answer.text).replace(email, "")

    assert ask("wenlan-admin@example.cn") == ask("nobody@example.cn")
    for odd in (
        "",
        "x",
        "a@b",
        "x" * 400 + "@example.cn",
        "a@example.cn\nBcc: b@example.cn",
        "\x00@example.cn",
        "😀@example.cn",
    ):
        browser = site.browser()
        browser.visit("/sign-in")
        answer = browser.post("/sign-in", {"csrf_token": browser.token(), "email": odd})
        assert answer.status < 500, (odd, answer.text)


def test_a_session_that_was_closed_opens_nothing(site: Site) -> None:
    browser = site.browser("wenlan-admin")
    browser.visit("/applications")
    kept = dict(browser.cookies)
    assert browser.post("/sign-out", {"csrf_token": browser.token()}).status == 303
    browser.cookies = kept
    assert browser.get("/applications").status == 401
