"""People are invited by their office: a link by mail, looked at as often as one likes, used once; on page and API."""

import re
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from directory.events import PersonInvitationResent, PersonInvitationWithdrawn, PersonInvited, invitation_stream
from directory.records import Directory
from eventstore.schema import personal_data
from eventstore.verify import verify
from notifications.schema import letters
from service.actors import sweep
from tests.admin.office import Office, opened

OURS = {"Sec-Fetch-Site": "same-origin"}
UNIT = "91430104MAXTE5T16B"
WISH = {"name": "新同事", "email": "new@example.cn", "role": "unit.editor", "scope": UNIT, "language": "zh"}


@pytest.fixture
def fresh(tmp_path: Path) -> Generator[Office]:
    with opened(tmp_path) as found:
        yield found


def posted(office: Office, who: str, path: str, **fields: str) -> Any:
    browser = office.browser(who) if who else office.app.test_client()
    page = browser.get("/me/tokens" if who else "/sign-in").text
    hidden = {"csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', page)[-1]}
    return browser.post(path, data={**hidden, **fields}, headers=OURS)


def invited(office: Office, who: str = "admin", **wish: str) -> str:
    answer = office.api(who, "/people/invitations", "POST", json={**WISH, **wish})
    assert answer.status_code == 201, answer.text
    office.follow()
    return str(answer.get_json()["id"])


def key_of(office: Office, id_: str) -> str:
    """What stands in the link of the newest letter, as the rendering that sends it finds it."""
    facts = office.house.dispatcher.history(invitation_stream(id_))
    told = [fact.event for fact in facts if isinstance(fact.event, PersonInvited | PersonInvitationResent)]
    secret = told[-1].secret
    assert secret is not None
    return str(secret.value)


def accepted(office: Office, id_: str, key: str) -> Any:
    headers = {"Idempotency-Key": key[:16]}
    return office.app.test_client().post(f"/api/v1/joining/{id_}/acceptance", json={"key": key}, headers=headers)


def codes(answer: Any) -> list[str]:
    return [one["code"] for one in answer.get_json()["refusals"]]


def test_a_letter_goes_to_the_address_with_a_link_whose_key_stands_nowhere_else(fresh: Office) -> None:
    id_ = invited(fresh)
    with fresh.house.store.reading() as db:
        [row] = db.execute(
            select(letters.c.kind, letters.c.address, letters.c.params).where(letters.c.kind == "staff_invited")
        )
        sealed = str(db.exec_driver_sql("SELECT payload FROM events").all())
    key = key_of(fresh, id_)
    assert tuple(row)[:2] == ("staff_invited", "new@example.cn")
    assert key not in row[2] + sealed
    assert "new@example.cn" not in sealed
    assert "新同事" not in sealed
    assert key not in fresh.page("operator", "/outbox")


def test_looking_uses_nothing_up_and_accepting_does_once(fresh: Office) -> None:
    id_ = invited(fresh)
    key, stranger = key_of(fresh, id_), fresh.app.test_client()
    for _ in range(3):
        page = stranger.get(f"/join/{id_}?key={key}")
        assert (page.status_code, "新同事" in page.text, "申报经办人" in page.text) == (200, True, True)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
    assert posted(fresh, "", f"/join/{id_}", key=key).status_code == 303
    with fresh.house.store.reading() as db:
        found = Directory(db).person_by_email("new@example.cn")
        assert found is not None
        assert [str(grant.role) for grant in Directory(db).grants(found.id)] == ["unit.editor"]
    assert stranger.get(f"/join/{id_}?key={key}").status_code == 410
    assert codes(accepted(fresh, id_, key)) == ["JOINING_CLOSED"]
    assert verify(fresh.house.engine).ok
    page = fresh.page("admin", f"/people/{found.id}")
    assert "周砚舟" in page, "who invited"
    assert "已接受" in fresh.page("admin", "/people/invitations")
    assert "new@example.cn" not in fresh.page("admin", "/people/invitations")
    with fresh.house.store.reading() as db:
        kept = select(personal_data.c.sealed).where(personal_data.c.stream == invitation_stream(id_))
        assert set(db.execute(kept).scalars()) == {None}, "nothing of name, address and key is left with the invitation"


def test_of_many_at_once_one_accepts(fresh: Office) -> None:
    id_ = invited(fresh)
    key = key_of(fresh, id_)

    def once(number: int) -> int:
        headers = {"Idempotency-Key": f"try-{number}"}
        answer = fresh.app.test_client().post(f"/api/v1/joining/{id_}/acceptance", json={"key": key}, headers=headers)
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(once, range(20)))
    assert sorted(answers)[:1] == [200]
    assert answers.count(200) == 1


def test_a_role_that_takes_two_waits_for_the_second_hand(fresh: Office) -> None:
    id_ = invited(fresh, "yuelu-head", role="bureau.clerk", scope="430104")
    person = accepted(fresh, id_, key_of(fresh, id_)).get_json()["person"]
    found = fresh.api("security", f"/people/{person}").get_json()
    assert found["person"]["roles"] == []
    assert [(one["role"], one["proposed_by"]) for one in found["proposals"]] == [("bureau.clerk", "yuelu-head")]
    role = {"role": "bureau.clerk", "scope": "430104"}
    assert codes(fresh.api("yuelu-head", f"/people/{person}/roles/confirmation", "POST", json=role)) == ["SAME_PERSON"]
    assert fresh.api("security", f"/people/{person}/roles/confirmation", "POST", json=role).status_code == 200


def test_an_address_that_is_somebodys_gives_that_person_the_role_and_tells_the_inviter_nothing(fresh: Office) -> None:
    """A3: no enumeration. The answer to the inviter is the same, whoever has the address."""
    id_ = invited(fresh, email="Wenqu-Editor@example.cn", name="随便写的")
    assert accepted(fresh, id_, key_of(fresh, id_)).get_json() == {"person": "wenqu-editor"}
    with fresh.house.store.reading() as db:
        assert Directory(db).names({"wenqu-editor"}) == {"wenqu-editor": "韩知远"}, "the name stays"
        assert len(Directory(db).grants("wenqu-editor")) == 2


def test_who_gave_the_role_is_who_invited_and_more_rights_end_the_sessions_of_before(fresh: Office) -> None:
    before = fresh.browser("wenqu-editor")
    id_ = invited(fresh, email="wenqu-editor@example.cn")
    assert accepted(fresh, id_, key_of(fresh, id_)).status_code == 200
    held = fresh.api("security", "/people/wenqu-editor").get_json()["person"]["roles"]
    [given] = [(one["given_by"], one["proposed_by"]) for one in held if one["scope"] == UNIT]
    assert given == ("admin", "")
    assert before.get("/me/account").status_code == 401, "ASVS 5.0, 7.2.4"


def test_sent_anew_the_old_key_opens_nothing_and_withdrawn_none_does(fresh: Office) -> None:
    id_ = invited(fresh)
    old = key_of(fresh, id_)
    assert fresh.api("admin", f"/people/invitations/{id_}/resending", "POST").get_json()["resent"] == 1
    fresh.follow()
    new = key_of(fresh, id_)
    assert codes(accepted(fresh, id_, old)) == ["JOINING_UNKNOWN"]
    with fresh.house.store.reading() as db:
        kinds = db.execute(select(letters.c.kind).where(letters.c.kind == "staff_invited")).all()
    assert len(kinds) == 2
    assert fresh.api("admin", f"/people/invitations/{id_}/withdrawal", "POST").get_json()["standing"] == "withdrawn"
    assert codes(accepted(fresh, id_, new)) == ["JOINING_CLOSED"]


def test_who_never_answered_is_forgotten_thirty_days_after_the_link_ran_out(fresh: Office) -> None:
    fresh.played.at("2025-11-03 12:00")
    id_ = invited(fresh)
    for now, kept in (("2025-12-10 11:59", "new@example.cn"), ("2025-12-10 12:30", "")):  # the clock goes on in between
        fresh.played.at(now)
        sweep(fresh.house)
        [shown] = fresh.api("admin", "/people/invitations").get_json()["invitations"]
        assert (shown["email"], shown["standing"]) == (kept, "expired" if kept else "withdrawn")
    with fresh.house.store.reading() as db:
        sealed = select(personal_data.c.sealed).where(personal_data.c.stream == invitation_stream(id_))
        assert set(db.execute(sealed).scalars()) == {None}
    sweep(fresh.house)
    last = fresh.house.dispatcher.history(invitation_stream(id_))[-1]
    assert (last.event, last.recorded.actor) == (PersonInvitationWithdrawn(invitation=id_, by="clock"), "clock")


def test_an_invitation_of_somebody_who_lost_the_office_is_worth_nothing(fresh: Office) -> None:
    from directory.actor import Grant, Role
    from service.wiring import ROOF

    id_ = invited(fresh)
    fresh.house.register.take_back(fresh.house.as_roof(), ROOF, "admin", Grant(Role.UNIT_ADMIN, UNIT))
    assert codes(accepted(fresh, id_, key_of(fresh, id_))) == ["INVITER_GONE"]


def test_an_office_sees_and_ends_its_own_invitations_and_no_others(fresh: Office) -> None:
    id_ = invited(fresh)
    missing = "00000000-0000-7000-8000-00000000dead"
    other = fresh.api("wenqu-admin", f"/people/invitations/{id_}/withdrawal", "POST")
    nobody = fresh.api("wenqu-admin", f"/people/invitations/{missing}/withdrawal", "POST")
    assert (other.status_code, other.get_data()) == (404, nobody.get_data())
    assert fresh.api("wenqu-admin", "/people/invitations").get_json()["invitations"] == []
    assert "new@example.cn" not in fresh.page("yuelu-head", "/people/invitations")
    assert posted(fresh, "wenqu-admin", f"/people/invitations/{id_}/withdrawal").status_code == 404
    for who in ("editor", "clerk", "auditor", "operator"):
        assert fresh.browser(who).get("/people/invitations").status_code == 403


def test_a_page_tells_why_not_beside_the_field_and_keeps_what_was_typed(fresh: Office) -> None:
    for wish, told in (
        ({"email": "nonsense"}, 'href="#f-email"'),
        ({"name": ""}, 'href="#f-name"'),
        ({"role": ""}, 'href="#f-role"'),
        ({"role": "province.lead", "scope": "43"}, 'href="#f-role"'),
        ({"scope": "91430111MAXTE6D44R"}, 'href="#f-role"'),
    ):
        answer = posted(fresh, "admin", "/people/invitations", **{**WISH, **wish})
        assert (answer.status_code, told in answer.text) == (422, True), wish
        assert "name" in wish or 'value="新同事"' in answer.text
    assert fresh.api("admin", "/people/invitations").get_json()["invitations"] == []
    assert posted(fresh, "admin", "/people/invitations", **WISH).status_code == 303
    assert "等待接受" in fresh.page("admin", "/people/invitations")


def test_a_link_without_its_key_says_nothing_of_anybody(fresh: Office) -> None:
    id_ = invited(fresh)
    for path in (f"/join/{id_}", f"/join/{id_}?key=wrong", "/join/00000000-0000-7000-8000-00000000dead?key=x"):
        answer = fresh.app.test_client().get(path)
        assert (answer.status_code, "新同事" in answer.text) == (410, False)
        assert "没有这个邀请" in answer.text
