"""What changed since an officer looked last: against the text they saw, field by field, and the same when the page is opened twice."""

from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import House
from workflow import commands as c
from workflow.events import ReturnItem

CARD = 'id="since"'


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


def _mended(house: House, application: UUID, text: str, day: str) -> None:
    """Returned for one field, which is written anew, and sealed again."""
    item = ReturnItem(kind="field", id="unit_profile", reason="请补充主营业务", material=False)
    house.do("yuelu-head", c.ReturnForCorrection(application_id=application, items=(item,)), f"{day} 10:00")
    house.do("editor", c.SaveSection(application_id=application, section="unit", answers={"unit_profile": text}))
    house.do("admin", c.Resubmit(application_id=application))


def test_an_officer_who_gets_a_file_again_sees_what_became_of_it(app: Flask, house: House) -> None:
    application = house.sealed()
    clerk, page = Person(app, "yuelu-clerk"), f"/applications/{application}"
    assert CARD not in clerk.visit(page), "the first time everything is new"
    _mended(house, application, "专注工程机械行业大模型，主营业务收入占比九成。", "2025-11-24")
    shown = clerk.visit(page)
    assert "与第 1 次盖章相比的改动" in shown
    assert "主营业务收入占比九成" in shown.partition(CARD)[2].partition("</section>")[0]
    assert clerk.visit(page).count("主营业务收入占比九成") == shown.count("主营业务收入占比九成"), (
        "the same, opened twice"
    )


def test_it_is_told_against_the_text_that_this_person_saw(app: Flask, house: House) -> None:
    """Who saw the second text sees what changed since; who never looked, what changed against the seal before."""
    application = house.sealed()
    clerk, head, page = Person(app, "yuelu-clerk"), Person(app, "changsha-head"), f"/applications/{application}"
    _mended(house, application, "第一稿补充。", "2025-11-21")
    assert "与第 1 次盖章相比的改动" in clerk.visit(page)
    _mended(house, application, "第二稿补充。", "2025-11-24")
    assert "自您上次查看（第 2 次盖章）以来的改动" in clerk.visit(page)
    assert "自您上次查看（第 2 次盖章）以来的改动" in clerk.visit(page)
    shown = head.visit(page)
    assert "与第 2 次盖章相比的改动" in shown
    assert "第<del>一</del><ins>二</ins>稿" in shown.partition(CARD)[2].partition("</section>")[0]


def test_the_unit_and_the_experts_are_told_nothing_of_it(app: Flask, house: House) -> None:
    application = house.sealed()
    Person(app, "admin").visit(f"/applications/{application}")
    _mended(house, application, "补充。", "2025-11-24")
    assert CARD not in Person(app, "admin").visit(f"/applications/{application}")


def test_looking_is_no_event(app: Flask, house: House) -> None:
    application = house.sealed()
    head = house.store.head_position()
    Person(app, "yuelu-clerk").visit(f"/applications/{application}")
    assert house.store.head_position() == head
