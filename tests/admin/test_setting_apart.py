"""What was typed about somebody into a form is kept from everybody, then erased by another person: in the log, in the database, on paper."""

import json
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import inspect, text

from admin.erasure import LEDGER
from admin.setting_apart import TYPES, ValuesErased, ValuesRestricted
from directory.actor import Actor, Grant, Role
from eventstore.codec import Codec
from eventstore.refusal import Refused
from eventstore.verify import verify
from service import wiring
from service.wiring import ROOF
from service.world import UNITS
from tests.admin import office as rooms
from tests.admin.office import Office, opened
from tests.eventstore.golden_files import must_read
from workflow.answers import content_digest, plain
from workflow.printing.room import Format

SECOND = Actor("security-2", "第二位安全管理员", (Grant(Role.SECURITY, "43"),))
PHONE = "13800138000"


@pytest.fixture
def fresh(tmp_path: Path) -> Generator[Office]:
    with opened(tmp_path) as found:
        yield found


def test_every_event_of_it_that_was_released_is_read_for_ever() -> None:
    restricted = ValuesRestricted(application="a", by="security", reason="本人要求", commitments=("0" * 64,))
    erased = ValuesErased(application="a", by="security-2", reason="本人要求")
    must_read(Codec(TYPES), Path(__file__).parent / "golden_erasing", (restricted, erased))


def typed(office: Office, one: UUID) -> dict[str, str]:
    """The personal answers of a form, by field, as they read now."""
    application = office.played.application(one)
    call = office.house.handling.call_of(application)
    fields = [field for section in call.programme_of(application.direction).form for field in section.fields]
    answers = plain(application.answers)
    return {field.id: answers[field.id] for field in fields if field.personal and field.id in answers}


def asked(office: Office, one: UUID, *values: str, **more: Any) -> Any:
    number = office.played.application(one).number
    body = {"about": number, "values": list(values), "reason": "本人要求删除", **more}
    return office.api("security", "/erasures", "POST", json=body)


def erased(office: Office, case: str) -> int:
    return office.house.apart.erase(office.house.as_roof(), SECOND, case, "本人要求删除")


def holding(office: Office, value: str) -> list[str]:
    """The tables that hold *value* in any cell."""
    with office.house.store.reading() as db:
        tables = inspect(db).get_table_names()
        return [
            table
            for table in tables
            for row in db.execute(text(f'SELECT * FROM "{table}"'))
            if any(value in str(cell) for cell in row)
        ]


def test_named_values_are_read_nowhere_and_all_others_stay(fresh: Office) -> None:
    one = fresh.played.sealed()
    fresh.follow()
    before = typed(fresh, one)
    field, value = next((name, said) for name, said in before.items() if said == PHONE)
    answer = asked(fresh, one, f" {value} ", "谁也没有填过的话")
    assert answer.status_code == 200, answer.text
    assert (answer.get_json()["state"], answer.get_json()["values"]) == ("restricted", 1)
    after = typed(fresh, one)
    assert after[field] == ""
    assert {name: said for name, said in after.items() if name != field} == {
        name: said for name, said in before.items() if name != field
    }
    application = fresh.played.application(one)
    assert content_digest(application) == application.content_digest, "the sealed text is the one that was sealed"
    assert value not in fresh.page("yuelu-head", f"/applications/{one}")


def test_erased_by_another_the_value_is_gone_for_good_and_the_log_verifies(fresh: Office) -> None:
    one = fresh.played.sealed()
    fresh.follow()
    value = next(said for said in typed(fresh, one).values() if said == PHONE)
    case = asked(fresh, one, value).get_json()["case"]
    same = fresh.api("security", f"/erasures/{case}/erasure", "POST", json={"reason": "x"})
    assert [each["code"] for each in same.get_json()["refusals"]] == ["SAME_PERSON"]
    assert erased(fresh, case) == 1
    assert erased(fresh, case) == 1  # done is done
    with fresh.house.store.begin() as db:
        fresh.house.personal.release(db, case)
    assert PHONE not in typed(fresh, one).values()
    assert holding(fresh, PHONE) == []
    assert verify(fresh.house.engine).ok


def test_what_is_refused_says_why_and_nothing_is_written(fresh: Office) -> None:
    one = fresh.played.sealed()
    fresh.follow()
    head = fresh.house.store.head_position()
    for answer, code in (
        (asked(fresh, one, "没有填过"), "VALUE_NOT_FOUND"),
        (asked(fresh, one, PHONE, about="HN-AI-2025-9999"), "APPLICATION_UNKNOWN"),
        (asked(fresh, one, PHONE, reason=" "), "REASON_REQUIRED"),
        (fresh.api("security", "/erasures/erasing-x/erasure", "POST", json={"reason": "x"}), "NOT_RESTRICTED"),
    ):
        assert [each["code"] for each in answer.get_json()["refusals"]] == [code]
    for who in ("auditor", "lead", "admin"):
        assert (
            fresh.api(who, "/erasures", "POST", json={"about": "a", "values": ["b"], "reason": "c"}).status_code == 403
        )
    assert fresh.house.store.head_position() == head


def test_papers_that_were_drawn_are_taken_back_and_drawn_without_it(fresh: Office) -> None:
    one = fresh.played.sealed()
    fresh.follow()
    [paper] = [each for each in fresh.house.printing.papers(fresh.played.application(one)) if each.sealed]
    fresh.house.printing.ask(paper, Format.DOCX, "admin")
    fresh.house.printing.drain()
    folder = fresh.house.settings.files / "papers"
    assert list(folder.iterdir())
    asked(fresh, one, PHONE)
    assert fresh.house.printing.open(paper, Format.DOCX) is None
    assert list(folder.iterdir()) == []


def test_a_restored_backup_forgets_the_values_again(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        one, other = office.played.sealed(), office.played.sealed("guanlan-", UNITS[2])
        office.follow()
        with office.house.engine.connect() as db:
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy(tmp_path / "demo.db", tmp_path / "backup.db")
        erased(office, asked(office, one, PHONE).get_json()["case"])
        asked(office, other, PHONE)
        office.house.erasures.keep()
    written = (tmp_path / "checkpoints" / LEDGER).read_text("utf-8")
    assert PHONE not in written
    assert [json.loads(line)["state"] for line in written.splitlines()] == ["erased", "restricted"]
    (tmp_path / "demo.db-wal").unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", tmp_path / "demo.db")
    house = wiring.build(rooms._settings(tmp_path))  # pyright: ignore[reportPrivateUsage]
    restored = Office(house, {})
    assert PHONE in typed(restored, one).values()
    again = list(house.erasures.apply_again(ROOF, house.as_roof()))
    house.erasures.sweep()
    assert [each.state for each in again] == ["erased", "restricted"]
    assert list(house.erasures.apply_again(ROOF, house.as_roof())) == []
    for each in (one, other):
        assert PHONE not in typed(restored, each).values()
    assert verify(house.engine).ok
    house.close()


def test_an_operator_does_it_on_a_page_and_another_erases(fresh: Office) -> None:
    one = fresh.played.sealed()
    fresh.follow()
    browser = fresh.browser("security")
    number = fresh.played.application(one).number
    token = browser.get("/erasures").text.split('name="csrf_token" value="')[-1].split('"')[0]
    headers = {"Sec-Fetch-Site": "same-origin"}
    given = {"csrf_token": token, "about": number, "values": "没有填过\n", "reason_values": "本人要求"}
    wrong = browser.post("/erasures/values", data=given, headers=headers)
    assert (wrong.status_code, 'href="#f-values"' in wrong.text, number in wrong.text) == (422, True, True)
    wrong = browser.post("/erasures/values", data={**given, "reason_values": ""}, headers=headers)
    assert (wrong.status_code, 'href="#f-reason_values"' in wrong.text) == (422, True)
    done = browser.post("/erasures/values", data={**given, "values": f"{PHONE}\r\n"}, headers=headers)
    assert done.status_code == 303
    page = browser.get("/erasures").text
    assert f"{number} <span" in page
    assert "1 项" in page
    assert PHONE not in page
    fresh.follow()
    told = fresh.api("auditor", f"/history?kind=erasing&application={one}").get_json()["events"]
    assert ["限制了申报中填写的个人信息" in each["sentence"] for each in told] == [True]


def test_whoever_asks_with_nothing_is_refused_before_anything_is_looked_up(fresh: Office) -> None:
    with pytest.raises(Refused, match="REASON_REQUIRED"):
        fresh.house.apart.restrict(fresh.house.as_roof(), ROOF, "", [], "")
