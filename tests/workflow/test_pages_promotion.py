"""The promotion-centre form on the page: the guide's own words beside the narrative, a share that nobody types, and the units."""

from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from eventstore.ids import uuid7
from programmes.catalogue import Catalogue
from tests.browser.site import Person, site, sqlite_house
from tests.filled import centre_by_section
from tests.workflow.house import UNIT, House
from workflow import commands as c
from workflow.answers import plain

CENTRE = Catalogue.packaged().get("hn-2025").programme("P")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    house.at("2025-11-05 10:00")
    return site(house)


def _begun(house: House) -> str:
    application = uuid7()
    house.do("editor", c.Open(application_id=application, call="hn-2025", direction="P", unit=UNIT.code))
    typed = centre_by_section()["centre"]
    house.do("editor", c.SaveSection(application_id=application, section="centre", answers=typed))
    return f"/applications/{application}"


@pytest.mark.rule("R-059", "R-060", "R-061", "R-062", "R-063", "R-064", "R-065", "R-066")
def test_the_eight_contents_are_read_beside_the_narrative(app: Flask, house: House) -> None:
    place = _begun(house)
    page = Person(app, "editor").visit(f"{place}/sections/build")
    for clause in CENTRE.quoted(CENTRE.section("build"), "P"):
        assert clause.text.zh in page
    assert "参考指引原文" not in Person(app, "editor").visit(f"{place}/sections/aims")


@pytest.mark.rule("R-175", "R-177", "R-178")
def test_the_share_is_shown_without_an_input_and_figures_have_their_units(app: Flask, house: House) -> None:
    place = _begun(house)
    person = Person(app, "editor")
    page = person.visit(f"{place}/sections/centre")
    assert "66.67" in page
    assert 'name="specialist_share"' not in page
    assert "服务数字化转型改造实施企业数量 <span" in page.replace("\n", " ")
    own = {"version": person.hidden("version"), "command_id": person.hidden("command_id")}
    person.send(f"{place}/sections/centre", {**own, "specialists": "5", "specialist_share": "99.00"}, 303)
    kept = plain(house.application(UUID(place.rpartition("/")[2])).answers)
    assert kept["specialists"] == 5
    assert "specialist_share" not in kept
    assert "83.33" in person.visit(f"{place}/sections/centre")


def test_the_programme_is_offered_beside_the_other_and_named_once(app: Flask, house: House) -> None:
    page = Person(app, "editor").visit("/applications")
    assert "hn-2025/P" in page
    assert "湖南省制造业数字化转型促进中心" in page
