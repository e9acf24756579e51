"""People and roles on page and API: two hands on a role, and nothing of other offices' people."""

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from directory.events import GrantGiven, GrantProposalClosed, person_stream
from tests.admin.office import Office, opened

OURS = {"Sec-Fetch-Site": "same-origin"}
CLERK = {"role": "bureau.clerk", "scope": "430104"}


@pytest.fixture
def fresh(tmp_path: Path) -> Generator[Office]:
    with opened(tmp_path) as found:
        yield found


def posted(office: Office, who: str, place: str, **fields: str) -> tuple[int, str]:
    browser = office.browser(who)
    page = browser.get("/me/tokens").text
    hidden = {name: re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("csrf_token", "command_id")}
    answer = browser.post(f"/people/{place}", data={**hidden, **fields}, headers=OURS)
    return answer.status_code, answer.text


def roles_of(office: Office, person: str) -> list[tuple[str, str, str]]:
    found = office.api("security", f"/people/{person}").get_json()["person"]["roles"]
    return [(one["role"], one["proposed_by"], one["given_by"]) for one in found]


def codes(answer: Any) -> list[str]:
    return [one["code"] for one in answer.get_json()["refusals"]]


def test_a_clerk_is_made_by_two_persons_on_pages(fresh: Office) -> None:
    """The head of the bureau proposes, a security administrator confirms."""
    assert posted(fresh, "yuelu-head", "yuelu-clerk/roles", role="bureau.head", scope="430104", reason="接任")[0] == 303
    assert roles_of(fresh, "yuelu-clerk") == [("bureau.clerk", "", "house")]
    assert "须由另一人确认" in fresh.page("yuelu-head", "/people")
    status, page = posted(fresh, "yuelu-head", "yuelu-clerk/roles/confirmation", role="bureau.head", scope="430104")
    assert (status, "同一人" in page or "须由" in page) == (422, True)
    waiting = fresh.page("security", "/people")
    assert "接任" in waiting
    assert "陈守正" in waiting, "who proposed it"
    assert posted(fresh, "security", "yuelu-clerk/roles/confirmation", role="bureau.head", scope="430104")[0] == 303
    assert ("bureau.head", "yuelu-head", "security") in roles_of(fresh, "yuelu-clerk")
    page = fresh.page("security", "/people/yuelu-clerk")
    assert "陈守正" in page
    assert "卫子衡" in page
    assert "bureau.head" in str(fresh.api("yuelu-clerk", "/me").get_json()["grants"]), "with the very next request"


def test_a_role_is_taken_back_by_one_and_gone_with_the_next_request(fresh: Office) -> None:
    assert posted(fresh, "yuelu-head", "yuelu-clerk/roles/return", **CLERK)[0] == 303
    assert fresh.api("yuelu-clerk", "/applications").status_code == 403


def test_what_takes_somebody_out_of_sight_is_told_as_done(fresh: Office) -> None:
    """The last role that an office answers for: whoever took it back sees the person no more, and is told that it is gone."""
    assert posted(fresh, "yuelu-head", "yuelu-clerk/roles", role="bureau.head", scope="430104")[0] == 303
    done = fresh.api("yuelu-head", "/people/yuelu-clerk/roles/return", "POST", json=CLERK)
    assert [one["role"] for one in done.get_json()["proposals"]] == ["bureau.head"], (
        "still in sight, for what is proposed"
    )
    wish = {"role": "bureau.head", "scope": "430104"}
    gone = fresh.api("yuelu-head", "/people/yuelu-clerk/roles/closing", "POST", json=wish)
    assert (gone.status_code, gone.get_json()) == (
        200,
        {"person": {"id": "yuelu-clerk", "name": "", "email": "", "roles": []}, "proposals": []},
    )
    assert fresh.browser("yuelu-head").get("/people/yuelu-clerk").status_code == 404
    wenqu = fresh.browser("wenqu-admin")
    token = re.findall(r'name="csrf_token" value="([^"]+)"', wenqu.get("/me/tokens").text)[-1]
    [held] = fresh.api("wenqu-admin", "/people/wenqu-editor").get_json()["person"]["roles"]
    role = {"role": held["role"], "scope": held["scope"]}
    sent = wenqu.post("/people/wenqu-editor/roles/return", data={"csrf_token": token, **role}, headers=OURS)
    assert (sent.status_code, sent.headers["Location"]) == (303, "/people?done=1")
    assert "已办理" in wenqu.get("/people?done=1").text


def test_a_unit_sees_its_own_people_and_nobody_elses(fresh: Office) -> None:
    page = fresh.page("admin", "/people")
    assert "林婉清" in page
    assert "韩知远" not in page
    missing = fresh.browser("admin").get("/people/nobody")
    other = fresh.browser("admin").get("/people/wenqu-editor")
    assert (missing.status_code, other.status_code) == (404, 404)
    assert fresh.api("admin", "/people/wenqu-editor").get_data() != b""
    assert posted(fresh, "admin", "wenqu-editor/roles", role="unit.editor", scope="91430104MAXTE5T16B")[0] == 404
    listed = fresh.api("admin", "/people").get_json()["people"]
    assert [one["id"] for one in listed] == ["admin", "editor"]


def test_an_auditor_sees_who_holds_what_but_no_address_and_changes_nothing(fresh: Office) -> None:
    page = fresh.page("auditor", "/people?q=周砚舟")
    assert "周砚舟" in page
    assert "admin@example.cn" not in page
    assert '<form method="post" action="/people' not in fresh.page("auditor", "/people/admin")
    assert fresh.api("auditor", "/people/admin").get_json()["person"]["email"] == ""
    for part in ("admin@", "admin@example.cn", "example"):
        assert fresh.api("auditor", f"/people?q={part}").get_json()["people"] == [], (
            "an address is not spelled out by search"
        )
        assert fresh.api("security", f"/people?q={part}").get_json()["people"] != []
    assert fresh.api("auditor", "/people/editor/roles", "POST", json=CLERK).status_code == 403
    assert fresh.browser("operator").get("/people").status_code == 403
    assert fresh.browser("editor").get("/people").status_code == 403


def test_the_api_takes_the_same_two_hands(fresh: Office) -> None:
    wish = {"role": "province.clerk", "scope": "43", "reason": "借调"}
    asked = fresh.api("lead", "/people/finance/roles", "POST", json=wish)
    assert [one["proposed_by"] for one in asked.get_json()["proposals"]] == ["lead"]
    assert codes(fresh.api("lead", "/people/finance/roles/confirmation", "POST", json=wish)) == ["SAME_PERSON"]
    assert codes(fresh.api("security", "/people/finance/roles", "POST", json=wish)) == ["PROPOSAL_OPEN"]
    confirmed = fresh.api("security", "/people/finance/roles/confirmation", "POST", json=wish)
    assert confirmed.get_json()["proposals"] == []
    assert ("province.clerk", "lead", "security") in roles_of(fresh, "finance")
    back = fresh.api("security", "/people/finance/roles/return", "POST", json=wish)
    assert [one["role"] for one in back.get_json()["person"]["roles"]] == ["province.finance"]


def test_why_a_role_was_confirmed_or_refused_is_kept(fresh: Office) -> None:
    wish = {"role": "province.clerk", "scope": "43"}
    for place, why, expected in (
        (
            "closing",
            "编制已满",
            GrantProposalClosed(person="finance", **wish, by="security", why="refused", reason="编制已满"),
        ),
        ("confirmation", "已核对任命文件", GrantGiven(person="finance", **wish, reason="已核对任命文件")),
    ):
        assert fresh.api("lead", "/people/finance/roles", "POST", json=wish).status_code == 200
        answer = fresh.api("security", f"/people/finance/roles/{place}", "POST", json={**wish, "reason": f" {why} "})
        assert answer.status_code == 200
        assert fresh.house.dispatcher.history(person_stream("finance"))[-1].event == expected
    fresh.follow()
    assert "已核对任命文件" in fresh.page("auditor", "/history")


def test_the_three_administrators_exclude_each_other(fresh: Office) -> None:
    """三员分立, GB/T 22239-2019 8.1.5."""
    wish = {"role": "security", "scope": "43"}
    assert codes(fresh.api("security", "/people/operator/roles", "POST", json=wish)) == ["ROLES_EXCLUSIVE"]
    assert codes(fresh.api("security", "/people/auditor/roles", "POST", json={**wish, "role": "operator"})) == [
        "ROLES_EXCLUSIVE"
    ]
    assert codes(
        fresh.api(
            "security", "/people/security-2/roles", "POST", json={"role": "unit.editor", "scope": "91430104MAXTE5T16B"}
        )
    ) == ["ROLES_EXCLUSIVE"]


def test_whoever_may_not_is_told_before_the_body_is_read_and_a_foreign_person_is_not_there(fresh: Office) -> None:
    broken = {"data": b'{"x": NaN', "content_type": "text/plain"}
    assert fresh.api("clerk", "/people/admin/roles", "POST", **broken).status_code == 403
    missing = fresh.api("admin", "/people/nobody/roles", "POST", **broken)
    other = fresh.api("admin", "/people/wenqu-editor/roles", "POST", **broken)
    assert (missing.status_code, other.status_code) == (404, 404)
    assert missing.get_data() == other.get_data()


def test_an_odd_wish_is_told_beside_its_field_and_kept(fresh: Office) -> None:
    for wish, expected in (
        ({"role": "", "scope": ""}, 'href="#f-role"'),
        ({"role": "emperor", "scope": "43"}, 'href="#f-role"'),
        ({"role": "clock", "scope": "43"}, "不授予个人"),
        ({"role": "bureau.clerk", "scope": "999999"}, "没有这个单位或部门"),
    ):
        status, page = posted(fresh, "security", "editor/roles", reason="保留的理由", **wish)
        assert (status, expected in page, "保留的理由" in page) == (422, True, True), wish


def test_a_security_administrator_ends_somebodys_token(fresh: Office) -> None:
    [handle] = re.findall(r"/people/lead/tokens/([0-9a-f]+)/revocation", fresh.page("security", "/people/lead"))
    assert handle not in fresh.page("yuelu-head", "/people")
    assert posted(fresh, "lead", f"lead/tokens/{handle}/revocation")[0] == 403
    assert posted(fresh, "security", f"lead/tokens/{handle}/revocation")[0] == 303
    assert fresh.api("lead", "/me").status_code == 401
