"""The figures of a call on page, in exports and through the API: the same numbers, each office's own part, nothing of a unit's."""

import csv
import html
import re
from io import BytesIO, StringIO

import pytest
from flask import Flask
from openpyxl import load_workbook

from tests.browser.site import Person, site, sqlite_house
from tests.workflow.awarded import paid_out
from tests.workflow.house import House
from tests.workflow.test_tallies import played, seen
from workflow.pages.pictures import NAMES

FIGURES = "/figures/hn-2025"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    house = sqlite_house(tmp_path_factory.mktemp("survey"))
    played(house)
    paid_out(house, nth=50)
    return house


@pytest.fixture(scope="module")
def app(house: House) -> Flask:
    return site(house)


def numbers_of(page: str, picture: str) -> list[tuple[str, str]]:
    """The linked numbers of a picture's table, each with where it leads."""
    section = page.split(f'aria-labelledby="{picture}"')[1].split("</section>")[0]
    found = re.findall(r'<td class="num"><a href="([^"]+)">([\d,.]+)</a>', section)
    return [(html.unescape(href), number.replace(",", "")) for href, number in found]


def listed(page: str) -> int:
    return page.count("data-row")


@pytest.mark.parametrize("who", ["clerk", "finance", "auditor", "changsha-head"])
def test_every_number_leads_to_as_many_applications(app: Flask, who: str) -> None:
    person = Person(app, who)
    page = person.visit(FIGURES)
    checked = 0
    for picture in ("funnel", "flow", "causes", "awards"):
        for href, number in numbers_of(page, picture):
            assert listed(person.visit(href)) == int(number), href
            checked += 1
    assert checked > 10
    for picture in ("stays", "money"):
        for href, _ in numbers_of(page, picture):
            assert listed(person.visit(href)) >= 1, href


def test_a_county_sees_its_own_and_a_unit_none(app: Flask) -> None:
    page = Person(app, "yuhua-head").visit(FIGURES)
    assert [number for _, number in numbers_of(page, "causes")] == ["1", "1"]
    assert numbers_of(page, "awards") == []
    assert numbers_of(Person(app, "yuelu-head").visit(FIGURES), "causes") == []
    Person(app, "admin").visit(FIGURES, 403)


def test_a_call_that_nobody_sealed_for_says_so(app: Flask) -> None:
    page = Person(app, "clerk").visit("/figures/gd-2026")
    assert "还没有盖章的申报" in page
    assert '<svg class="chart"' not in page
    Person(app, "clerk").visit("/figures/none", 404)
    Person(app, "clerk").visit(f"{FIGURES}/none.csv", 404)


def test_what_was_narrowed_stays_narrowed_while_somebody_searches(app: Flask) -> None:
    page = Person(app, "clerk").visit("/desk?all=1&call=hn-2025&figure=flow&one=unit_sealed&other=returned")
    assert listed(page) == 1
    assert '<input type="hidden" name="figure" value="flow">' in page
    assert listed(Person(app, "clerk").visit("/desk?all=1&figure=now&one=draft")) == 4, "no such figure: everything"


@pytest.mark.parametrize("name", NAMES)
def test_each_table_is_taken_away_with_the_numbers_of_the_page(app: Flask, name: str) -> None:
    client = Person(app, "clerk").client
    text = client.get(f"{FIGURES}/{name}.csv").get_data().decode("utf-8-sig")
    rows = list(csv.reader(StringIO(text)))
    book = load_workbook(BytesIO(client.get(f"{FIGURES}/{name}.xlsx").get_data()))
    kept = [[str(cell.value or "") for cell in row] for row in book.worksheets[0].iter_rows()]
    assert kept == rows
    assert len(rows) > 1
    assert all(cell.data_type != "f" for row in book.worksheets[0].iter_rows() for cell in row)


def test_the_api_answers_the_same_numbers(house: House) -> None:
    api = house.client()
    for who in ("clerk", "yuhua-head"):
        answer = api.ask(who, "GET", "/calls/hn-2025/figures")
        assert answer.status_code == 200
        found = seen(house, who)
        assert answer.json["now"] == {stage.value: n for stage, n in found.now.items()}
        assert [one["reached"] for one in answer.json["funnel"]] == [one.reached for one in found.funnel]
        assert [one["fen"] for one in answer.json["awards"]] == [one.fen for one in found.awards]
        assert [one["times"] for one in answer.json["causes"]] == [one.times for one in found.causes]
    assert api.ask("admin", "GET", "/calls/hn-2025/figures").status_code == 403
    assert api.ask("clerk", "GET", "/calls/none/figures").status_code == 404
    behind = "/applications?call=hn-2025&figure=cause&one=attachment/L-4&other=unit_sealed"
    assert len(api.ask("clerk", "GET", behind).json["items"]) == 1
    assert len(api.ask("yuelu-head", "GET", behind).json["items"]) == 0


def test_the_page_asks_few_statements_however_many_applications_there_are(app: Flask, house: House) -> None:
    from tests.workflow.test_pages_lists import statements

    house.handling.catch_up()
    with statements(house.engine) as asked:
        Person(app, "clerk").visit(FIGURES)
    assert len([each for each in asked if "tallies_r" in each]) == 2
    assert not [each for each in asked if "applications_r" in each]
    assert [each for each in asked if "FROM events" in each] == ["SELECT max(position) FROM events"]
