"""What a table says about people lies out of line, cell by cell: the log never holds a name, whoever may not know it is
shown the row without it, and once it is erased the row still stands."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from eventstore.event import Personal
from eventstore.ids import uuid7
from eventstore.personal import PersonalData
from eventstore.verify import verify
from tests.browser.site import Person, site, sqlite_house
from tests.filled import CENTRE_FILES, centre_by_section, commitment
from tests.workflow.house import MASTER, UNIT, House
from workflow import commands as c
from workflow.answers import content_digest, plain
from workflow.dossier import View, present

NAMES = [row["name"] for row in centre_by_section()["team"]["team"]]
TYPED = {"code": UNIT.code, "county": UNIT.county}


def drafted(house: House, when: str = "2025-11-12 10:00") -> UUID:
    application = uuid7()
    house.do("editor", c.Open(application_id=application, call="hn-2025", direction="P", unit=UNIT.code), when)
    for section, answers in centre_by_section(**TYPED).items():
        house.do("editor", c.SaveSection(application_id=application, section=section, answers=answers))
    return application


def sealed(house: House) -> UUID:
    application = drafted(house)
    for number, file in enumerate(CENTRE_FILES):
        own = replace(file, application_id=application, file_id=f"{application.hex[:30]}{number:02}")
        house.do("editor", own)
    house.do("admin", replace(commitment(signer="邹渌江"), application_id=application, unit=UNIT.code))
    house.do("admin", c.Seal(application_id=application), "2025-11-20 10:00")
    return application


def save_team(house: House, application: UUID, rows: list[dict[str, Any]]) -> int:
    answered = house.do("editor", c.SaveSection(application_id=application, section="team", answers={"team": rows}))
    return len(answered.positions)


def everything_written(house: House) -> str:
    """Every cell of every table, as text."""
    with house.store.reading() as db:
        tables = inspect(db).get_table_names()
        return " ".join(
            str(cell) for table in tables for row in db.execute(text(f"SELECT * FROM {table}")) for cell in row
        )


@pytest.mark.rule("R-199")
def test_no_table_of_the_database_holds_a_name_of_the_team(house: House) -> None:
    """「需提供人员姓名、年龄、专业和主要职责等」"""
    sealed(house)
    written = everything_written(house)
    assert [name for name in NAMES if name in written] == []
    assert "硅酸盐工程" in written


def test_the_fold_gives_the_rows_back_and_the_same_again_changes_nothing(house: House) -> None:
    application = drafted(house)
    rows = plain(house.application(application).answers)["team"]
    assert [row["name"] for row in rows] == NAMES
    assert all(isinstance(row["name"], Personal) for row in house.application(application).answers["team"])
    assert save_team(house, application, rows) == 0
    assert save_team(house, application, rows[:5]) == 1
    assert [row["name"] for row in plain(house.application(application).answers)["team"]] == NAMES[:5]


def test_the_digest_of_the_text_changes_with_a_name_and_not_with_the_erasing(house: House) -> None:
    application = sealed(house)
    stands = house.application(application)
    assert content_digest(stands) == stands.content_digest
    with house.store.begin() as db:
        assert PersonalData(MASTER).erase(db, f"application-{application}") >= len(NAMES)
    erased = house.application(application)
    assert [row["name"] for row in plain(erased.answers)["team"]] == [""] * len(NAMES)
    assert [row["age"] for row in plain(erased.answers)["team"]] == [46, 38, 33, 41, 29, 35]
    assert content_digest(erased) == stands.content_digest
    assert verify(house.engine).ok
    other = drafted(house)
    before = content_digest(house.application(other))
    rows = plain(house.application(other).answers)["team"]
    save_team(house, other, [{**rows[0], "name": "另一人"}, *rows[1:]])
    assert content_digest(house.application(other)) != before


@pytest.mark.rule("R-199", "R-029")
def test_whoever_may_not_know_the_names_reads_the_rows_without_them(house: House) -> None:
    application = sealed(house)
    call = house.handling.call_of(house.application(application))
    known = present(house.application(application), call, View(personal=True))
    blind = present(house.application(application), call, View())
    assert [row["name"] for row in known.answers["team"]] == NAMES
    assert "team.name" in blind.hidden
    assert known.hidden == ()
    assert blind.answers["team"][0] == {
        "age": 46,
        "specialty": "硅酸盐工程",
        "duty": "技术负责人",
        "full_time": True,
        "specialist": True,
    }
    assert not any(name in str(blind) for name in NAMES)
    assert known.answers["honours"] == blind.answers["honours"]


@pytest.fixture
def paged(tmp_path: Path) -> tuple[House, Flask]:
    house = sqlite_house(tmp_path)
    return house, site(house)


def test_the_page_of_the_dossier_says_that_a_name_is_not_shown(paged: tuple[House, Flask]) -> None:
    house, app = paged
    application = sealed(house)
    house.at("2025-11-26 10:00")
    seen = Person(app, "auditor").visit(f"/applications/{application}")
    assert "硅酸盐工程" in seen
    assert [name for name in NAMES if name in seen] == []
    assert seen.count("不向您显示") >= len(NAMES)
    own = Person(app, "yuelu-head").visit(f"/applications/{application}")
    assert [name for name in NAMES if name not in own] == []
