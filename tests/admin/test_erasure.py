"""A person's data are first restricted, then erased by another person; the log verifies, and a restore forgets them again."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from admin.erasure import LEDGER
from directory.actor import Actor, Grant, Role
from directory.records import Directory
from eventstore.verify import verify
from service.wiring import ROOF
from tests.admin.office import Office, opened

SECOND = Actor("security-2", "第二位安全管理员", (Grant(Role.SECURITY, "43"),))
WHO = "guanlan-editor"


@pytest.fixture
def fresh(tmp_path: Path) -> Generator[Office]:
    with opened(tmp_path) as found:
        yield found


def name_of(office: Office, person: str) -> str | None:
    with office.house.store.reading() as db:
        return Directory(db).names({person}).get(person)


def said_in_the_log(office: Office, person: str) -> list[str | None]:
    """What the log itself gives out about the person."""
    facts = office.house.dispatcher.history(f"person-{person}")
    return [fact.event.name.value for fact in facts if hasattr(fact.event, "name")]


def restricted(office: Office, person: str = WHO) -> None:
    answer = office.api("security", f"/people/{person}/restriction", "POST", json={"reason": "保存期满"})
    assert answer.status_code == 200, answer.text


def erased(office: Office, person: str = WHO) -> None:
    office.house.register.erase_restricted(office.house.as_roof(), SECOND, person, "保存期满")


def test_a_restricted_person_is_read_listed_and_let_in_nowhere_and_the_values_are_kept(fresh: Office) -> None:
    before = name_of(fresh, WHO)
    assert before
    restricted(fresh)
    assert name_of(fresh, WHO) in (None, "", WHO)
    assert said_in_the_log(fresh, WHO) == [None]
    assert fresh.api(WHO, "/me").status_code == 401
    with fresh.house.store.begin() as db:
        fresh.house.personal.release(db, f"person-{WHO}")
    assert said_in_the_log(fresh, WHO) == [before]


def test_the_same_person_cannot_do_both_steps_and_nothing_is_erased_that_was_not_restricted(fresh: Office) -> None:
    first = fresh.api("security", f"/people/{WHO}/erasure", "POST", json={"reason": "x"})
    assert [one["code"] for one in first.get_json()["refusals"]] == ["NOT_RESTRICTED"]
    restricted(fresh)
    same = fresh.api("security", f"/people/{WHO}/erasure", "POST", json={"reason": "x"})
    assert [one["code"] for one in same.get_json()["refusals"]] == ["SAME_PERSON"]
    unknown = fresh.api("security", "/people/nobody/restriction", "POST", json={"reason": "x"})
    assert [one["code"] for one in unknown.get_json()["refusals"]] == ["PERSON_UNKNOWN"]
    for who in ("auditor", "operator", "lead", "admin"):
        assert fresh.api(who, f"/people/{WHO}/restriction", "POST", json={"reason": "x"}).status_code == 403


def test_erased_by_another_the_values_are_gone_for_good_and_the_log_still_verifies(fresh: Office) -> None:
    restricted(fresh)
    erased(fresh)
    with fresh.house.store.begin() as db:
        fresh.house.personal.release(db, f"person-{WHO}")
    assert said_in_the_log(fresh, WHO) == [None]
    assert verify(fresh.house.engine).ok


def test_whoever_is_registered_anew_is_no_longer_restricted(fresh: Office) -> None:
    from directory.person import Identity

    restricted(fresh)
    again = Identity(name="新名", email="new@example.cn")
    fresh.house.register.register_person(fresh.house.as_roof(), again, WHO)
    assert name_of(fresh, WHO) == "新名"


def test_a_restored_backup_forgets_again_whom_the_ledger_names(tmp_path: Path) -> None:
    """The backup was made before; the ledger lies outside the database, with ids and nothing personal."""
    other = "wenqu-editor"
    with opened(tmp_path) as office:
        names = [name_of(office, WHO), name_of(office, other)]
        shutil.copy(tmp_path / "demo.db", tmp_path / "backup.db")
        restricted(office)
        erased(office)
        restricted(office, other)
        office.house.erasures.keep()
    written = (tmp_path / "checkpoints" / LEDGER).read_text("utf-8")
    assert not [name for name in names if name and name in written]
    (tmp_path / "demo.db-wal").unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", tmp_path / "demo.db")
    from service import wiring
    from tests.admin import office as rooms

    house = wiring.build(rooms._settings(tmp_path))  # pyright: ignore[reportPrivateUsage]
    again = list(house.erasures.apply_again(ROOF, house.as_roof()))
    house.erasures.sweep()
    assert [(one.person, one.state) for one in again] == [(WHO, "erased"), (other, "restricted")]
    assert list(house.erasures.apply_again(ROOF, house.as_roof())) == []
    with house.store.reading() as db:
        shown = Directory(db).names({WHO, other})
    assert not set(shown.values()) & set(names)
    assert verify(house.engine).ok
    house.close()


def test_a_security_administrator_restricts_on_a_page_and_is_told_why_not(fresh: Office) -> None:
    browser = fresh.browser("security")
    page = browser.get("/erasures").text
    token = page.split('name="csrf_token" value="')[-1].split('"')[0]
    headers = {"Sec-Fetch-Site": "same-origin"}
    wrong = browser.post("/erasures", data={"csrf_token": token, "person": WHO, "reason": ""}, headers=headers)
    assert (wrong.status_code, 'href="#f-reason"' in wrong.text) == (422, True)
    done = browser.post("/erasures", data={"csrf_token": token, "person": WHO, "reason": "到期"}, headers=headers)
    assert done.status_code == 303
    page = browser.get("/erasures").text
    assert "已限制" in page
    assert "须由另一人清除" in page
    assert "已限制" in fresh.page("auditor", "/erasures")
    assert [fresh.browser(who).get("/erasures").status_code for who in ("lead", "operator")] == [403, 403]
