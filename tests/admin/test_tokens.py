"""API tokens on page, API and command line: shown once, scoped, ended by the owner, and each of it a fact of the log."""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from directory.events import TokenIssued, TokenRevoked
from tests.admin.office import Office, opened

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def fresh(tmp_path: Path) -> Generator[Office]:
    with opened(tmp_path) as found:
        yield found


def form(browser: FlaskClient) -> dict[str, str]:
    page = browser.get("/me/tokens").text
    return {name: re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("csrf_token", "command_id")}


def issued(office: Office, who: str, *scopes: str, days: str = "30") -> str:
    browser = office.browser(who)
    wish = {**form(browser), "label": "报表系统", "days": days, "scopes": list(scopes)}
    answer = browser.post("/me/tokens", data=wish, headers=OURS)
    assert answer.status_code == 201, answer.text
    return re.findall(r"vm_[0-9a-f]{64}", answer.text)[0]


def asked(office: Office, secret: str, path: str, method: str = "GET", **more: object) -> tuple[int, list[str]]:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "once"}
    answer = office.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **more)  # type: ignore[arg-type]
    answer.close()  # the server has sent it: what is noted beside it is noted now
    return answer.status_code, [one["code"] for one in (answer.get_json(silent=True) or {}).get("refusals", ())]


def facts(office: Office, who: str) -> list[object]:
    return [fact.event for fact in office.house.dispatcher.history(f"person-{who}")]


def test_a_token_is_shown_once_and_does_what_its_scopes_say(fresh: Office) -> None:
    fresh.played.at("2025-11-03 10:00")
    secret = issued(fresh, "admin", "read")
    assert asked(fresh, secret, "/applications") == (200, [])
    assert asked(fresh, secret, "/me/tokens") == (403, ["SCOPE_MISSING"])
    wish = {"call": "hn-2025", "direction": "L-V", "unit": "91430104MAXTE5T16B"}
    assert asked(fresh, secret, "/applications", "POST", json=wish) == (403, ["SCOPE_MISSING"])
    assert asked(fresh, secret, "/history") == (403, ["ROLE_FORBIDDEN"])
    assert asked(fresh, issued(fresh, "admin", "read", "draft"), "/applications", "POST", json=wish)[0] == 201
    page = fresh.page("admin", "/me/tokens")
    assert secret not in page
    assert "报表系统" in page
    assert secret[3:] not in str(facts(fresh, "admin"))
    assert [event.scopes for event in facts(fresh, "admin") if isinstance(event, TokenIssued)] == [
        ("read",),
        ("read", "draft"),
    ]


def test_a_missing_scope_is_said_before_anything_of_the_call_is_looked_at(fresh: Office) -> None:
    secret = issued(fresh, "admin", "read")
    broken = {"data": b'{"x": NaN', "content_type": "text/plain"}
    assert asked(fresh, secret, "/applications", "POST", **broken) == (403, ["SCOPE_MISSING"])


def test_no_token_issues_a_token(fresh: Office) -> None:
    wish = {"label": "x", "scopes": ["read"], "days": 30}
    assert asked(fresh, fresh.tokens["admin"], "/me/tokens", "POST", json=wish) == (403, ["NOT_BY_TOKEN"])
    session = fresh.browser("admin").post("/api/v1/me/tokens", json=wish, headers={**OURS, "Idempotency-Key": "k"})
    assert session.status_code == 201
    assert asked(fresh, session.get_json()["secret"], "/applications")[0] == 200


def test_the_same_wish_twice_issues_one_token_and_shows_it_once(fresh: Office) -> None:
    browser = fresh.browser("admin")
    wish = {**form(browser), "label": "x", "days": "30", "scopes": "read"}
    assert browser.post("/me/tokens", data=wish, headers=OURS).status_code == 201
    again = browser.post("/me/tokens", data=wish, headers=OURS)
    assert (again.status_code, "vm_" in again.text, "已经签发并显示过一次" in again.text) == (422, False, True)
    assert len([event for event in facts(fresh, "admin") if isinstance(event, TokenIssued)]) == 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": "字" * 101}, "label"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": ["audit"]}, "scopes"),
        ({"days": "366"}, "days"),
        ({"days": "0"}, "days"),
        ({"days": "９"}, "days"),
    ],
)
def test_an_odd_wish_is_told_beside_its_field_and_keeps_what_was_typed(
    fresh: Office, wish: dict[str, object], field: str
) -> None:
    browser = fresh.browser("admin")
    answer = browser.post(
        "/me/tokens",
        data={**form(browser), "label": "保留的用途", "days": "30", "scopes": ["read"], **wish},
        headers=OURS,
    )
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert "label" in wish or 'value="保留的用途"' in answer.text
    assert not any(isinstance(event, TokenIssued) for event in facts(fresh, "admin"))


def test_a_revoked_token_opens_nothing_and_another_persons_is_not_there(fresh: Office) -> None:
    secret = issued(fresh, "admin", "read", "account")
    [handle] = re.findall(r"/me/tokens/([0-9a-f]+)/revocation", fresh.page("admin", "/me/tokens"))[:1]
    assert handle not in fresh.page("editor", "/me/tokens")
    other = fresh.browser("editor")
    assert other.post(f"/me/tokens/{handle}/revocation", data=form(other), headers=OURS).status_code == 404
    assert asked(fresh, fresh.tokens["editor"], f"/me/tokens/{handle}", "DELETE")[0] == 404
    assert asked(fresh, secret, f"/me/tokens/{handle}", "DELETE")[0] == 204
    assert asked(fresh, secret, "/me")[0] == 401
    assert [event for event in facts(fresh, "admin") if isinstance(event, TokenRevoked)] == [
        TokenRevoked(person="admin", handle=handle)
    ]


def test_when_it_was_last_used_is_noted_to_the_minute(fresh: Office) -> None:
    secret = issued(fresh, "admin", "read", "account")
    assert asked(fresh, secret, "/me")[0] == 200
    listed = fresh.api("admin", "/me/tokens").get_json()["tokens"]
    assert [one["used_at"] is not None for one in listed if one["label"] == "报表系统"] == [True]


def test_a_person_has_twenty_good_tokens_at_most(fresh: Office) -> None:
    browser = fresh.browser("admin")
    answers = []
    for _ in range(21):
        wish = {**form(browser), "label": "x", "days": "30", "scopes": "read"}
        answers.append(browser.post("/me/tokens", data=wish, headers=OURS).status_code)
    assert answers == [201] * 19 + [422] * 2, "the world's own is one of the twenty"


def test_tokens_from_the_command_line(fresh: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from service import cli_tokens
    from service.cli import cli

    monkeypatch.setattr(cli_tokens, "settings_or_exit", lambda: fresh.house.settings)
    made = CliRunner().invoke(cli, ["tokens", "issue", "lead@example.cn", "对账", "--scope", "read", "--days", "7"])
    assert made.exit_code == 0, made.output
    secret = re.findall(r"vm_[0-9a-f]{64}", made.output)[0]
    assert asked(fresh, secret, "/applications")[0] == 200
    listed = CliRunner().invoke(cli, ["tokens", "list", "lead@example.cn"]).output
    assert "对账  read" in listed
    assert secret not in listed
    handle = next(line.split()[0] for line in listed.splitlines() if "对账" in line)
    assert CliRunner().invoke(cli, ["tokens", "revoke", "lead@example.cn", handle]).exit_code == 0
    assert asked(fresh, secret, "/me")[0] == 401
    refused = CliRunner().invoke(cli, ["tokens", "issue", "lead@example.cn", "x", "--scope", "audit"])
    assert (refused.exit_code, "审计" in refused.output) == (1, True)
