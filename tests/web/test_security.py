"""Every answer carries the strict headers; no write is done for a page of another site."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web import toy
from web.security import CSP, own_path

EXPECTED_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri /csp-reports"
)
PLACES = [
    "/mine",
    "/nope",
    "/breaks/internal",
    "/breaks/refused",
    "/api/v1/calls",
    "/api/v1/nope",
    "/api/v1/docs",
    "/static/app.css",
]


@pytest.mark.parametrize("place", PLACES)
def test_the_headers_are_the_same_on_every_answer(client: FlaskClient, place: str) -> None:
    headers = client.get(place).headers
    assert headers["Content-Security-Policy"] == CSP == EXPECTED_CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_over_tls_the_cookies_are_bound_to_the_host_and_hsts_is_sent() -> None:
    client = toy.app(toy.Calls(), secure=True).test_client()
    answer = client.get("/nope", base_url="https://localhost")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    [cookie] = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-form=")
    for attribute in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert attribute in cookie


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/nope").text)
    assert found is not None
    return found[1]


SAME = {"Sec-Fetch-Site": "same-origin"}


def test_our_own_form_is_taken(client: FlaskClient) -> None:
    answer = client.post("/seal", data={"csrf_token": token(client), "title": "a"}, headers=SAME)
    assert answer.status_code == 303


def test_an_old_browser_is_known_by_its_origin(client: FlaskClient) -> None:
    answer = client.post("/seal", data={"csrf_token": token(client)}, headers={"Origin": "http://localhost"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {},
    ],
)
def test_a_forged_write_is_refused_even_with_a_token(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/seal", data={"csrf_token": token(client)}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("given", ["", "wrong"])
def test_a_write_without_our_token_is_refused_even_from_our_own_page(client: FlaskClient, given: str) -> None:
    token(client)
    answer = client.post("/seal", data={"csrf_token": given}, headers=SAME)
    assert answer.status_code == 400
    assert "页面已过期" in answer.text


def test_a_token_of_somebody_else_is_refused(app: Flask, client: FlaskClient) -> None:
    stolen = token(app.test_client())
    token(client)
    assert client.post("/seal", data={"csrf_token": stolen}, headers=SAME).status_code == 400


def seal_by_api(client: FlaskClient, headers: dict[str, str]) -> int:
    url = f"/api/v1/applications/{toy.MINE}/seal"
    body = {"title": "a", "count": 1}
    return client.post(url, json=body, headers={"Idempotency-Key": "k"} | headers).status_code


def test_the_api_by_cookie_needs_our_own_page_and_by_token_does_not(client: FlaskClient, calls: toy.Calls) -> None:
    bearer = {"Authorization": f"Bearer {toy.ADMIN_TOKEN}"}
    assert seal_by_api(client, bearer | {"Sec-Fetch-Site": "cross-site"}) == 200
    client.set_cookie("sid", toy.ADMIN_TOKEN)
    assert seal_by_api(client, {"Sec-Fetch-Site": "cross-site"}) == 403
    assert seal_by_api(client, {}) == 403
    assert seal_by_api(client, SAME) == 200
    assert len(calls.made) == 2


def test_a_bearer_call_ignores_the_cookie(client: FlaskClient) -> None:
    client.set_cookie("sid", toy.ADMIN_TOKEN)
    assert seal_by_api(client, {"Authorization": "Bearer " + "x" * 30}) == 401
    assert seal_by_api(client, {"Authorization": "Basic eDp5"}) == 401
    assert seal_by_api(client, {"Authorization": f"Bearer {toy.EDITOR_TOKEN}"}) == 403


@pytest.mark.parametrize("cookie", ["", "short", "x" * 201, "名" * 30, "a" * 20 + "\x7f"])
def test_a_cookie_that_is_none_of_ours_is_nobody(client: FlaskClient, cookie: str) -> None:
    client.set_cookie("sid", cookie)
    assert client.get("/mine").status_code == 401


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "/\tevil", "/a\r\nb", "",
     "evil", "///evil", "http:/evil", "/\x00", "data:text/html,x", "/\x7f"],
)  # fmt: skip
def test_no_redirect_leaves_the_site(target: str) -> None:
    assert own_path(target) == "/"


def test_a_path_of_our_own_is_kept() -> None:
    assert own_path("/applications/7?tab=2#a") == "/applications/7?tab=2#a"


def test_language_and_theme_are_chosen_by_post_and_kept(client: FlaskClient) -> None:
    given = {"csrf_token": token(client), "language": "en", "theme": "dark", "next": "/nope"}
    for place in ("/language", "/theme"):
        answer = client.post(place, data=given, headers=SAME)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/nope")
    page = client.get("/nope").text
    assert '<html lang="en" data-theme="dark">' in page


def test_the_browsers_language_is_followed_until_one_is_chosen(client: FlaskClient) -> None:
    assert 'lang="en"' in client.get("/nope", headers={"Accept-Language": "en-GB,en"}).text
    assert 'lang="zh-Hans"' in client.get("/nope", headers={"Accept-Language": "de"}).text


def test_text_is_compressed_and_files_of_ours_are_kept_by_browsers(client: FlaskClient) -> None:
    page = client.get("/gallery/inbox", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["Vary"]
    address = re.search(r'href="(/static/app.css\?v=[^"]+)"', client.get("/nope").text)
    assert address is not None
    style = client.get(address[1], headers={"Accept-Encoding": "gzip"})
    assert "immutable" in style.headers["Cache-Control"]
    assert len(style.data) + len(page.data) < 40_000
    assert "immutable" not in client.get("/static/app.css?v=0").headers["Cache-Control"]


def test_a_form_with_nul_is_refused_as_a_page(client: FlaskClient) -> None:
    answer = client.post("/seal", data={"csrf_token": token(client), "title": "a\x00"}, headers=SAME)
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


def test_an_address_with_nul_is_refused_before_any_page_asks_the_database_for_it(client: FlaskClient) -> None:
    for address, expected in (("/mine%00", 404), ("/static/%00", 404), ("/mine?q=%00", 400), ("/mine?%00=1&q=1", 400)):
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (expected, "text/html"), address


def test_a_form_that_saves_itself_is_answered_as_a_machine(client: FlaskClient, calls: toy.Calls) -> None:
    calls.fails = toy.troubles()["precondition-failed"]
    answer = client.post("/seal", data={"csrf_token": token(client)}, headers=SAME | {"X-Autosave": "1"})
    assert (answer.status_code, answer.content_type) == (412, "application/problem+json")


def test_an_error_after_a_form_leads_back_to_the_page_it_stood_on(client: FlaskClient, calls: toy.Calls) -> None:
    calls.fails = toy.troubles()["refused"]
    given = {"csrf_token": token(client)}
    ours = client.post("/seal", data=given, headers=SAME | {"Referer": "http://localhost/gallery/applicant"})
    assert 'class="button primary" href="/gallery/applicant"' in ours.text
    other = client.post("/seal", data=given, headers=SAME | {"Referer": "http://evil.example/x"})
    assert 'class="button primary" href="/"' in other.text
