"""A table of thousands of rows: a leaf of it to be read, never sent back by the form, and never drawn as inputs."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from eventstore.ids import uuid7
from eventstore.refusal import Refusal
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import UNIT, House
from workflow import commands as c
from workflow.answers import plain
from workflow.pages.fields import AT_A_TIME, BY_HAND
from workflow.pages.reasons import field_href

MOST = 5000
PAGE_BYTES = 400_000


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    house.at("2025-09-12 10:00")
    return site(house)


def line(number: int) -> dict[str, Any]:
    return {
        "number": f"C{number}",
        "kind": "hardware",
        "supplier": f"供应方{number}",
        "gross": "113.00",
        "ex_tax": "100.00",
    }


def begun(house: House, lines: int | list[dict[str, Any]]) -> tuple[UUID, str]:
    application = uuid7()
    house.do("editor", c.Open(application_id=application, call="gd-2026", direction="B1", unit=UNIT.code))
    rows = lines if isinstance(lines, list) else [line(number) for number in range(1, lines + 1)]
    house.do("editor", c.SaveSection(application_id=application, section="costs", answers={"cost_lines": rows}))
    return application, f"/applications/{application}/sections/costs"


def test_five_thousand_rows_are_read_leaf_by_leaf(app: Flask, house: House) -> None:
    _, place = begun(house, MOST)
    person = Person(app, "editor")
    page = person.visit(place)
    assert 'name="cost_lines' not in page
    assert "第 1 至 100 行，共 5000 行" in page.replace(",", "")
    assert page.count('id="f-cost_lines.') == AT_A_TIME * 12
    assert len(page.encode()) < PAGE_BYTES
    assert "硬件购置租赁费" in page
    assert "供应方4901" in person.visit(f"{place}?leaf=cost_lines.50")


def test_a_leaf_that_is_not_there_is_the_nearest(app: Flask, house: House) -> None:
    _, place = begun(house, 2 * BY_HAND)
    person = Person(app, "editor")
    for foreign in ("cost_lines.999", "cost_lines.-1", "cost_lines.x", "payments.2", "²", "."):
        assert person.visit(f"{place}?leaf={foreign}").count('id="f-cost_lines.') == AT_A_TIME * 12


def test_the_rest_of_the_part_is_saved_and_the_table_stays(app: Flask, house: House) -> None:
    application, place = begun(house, BY_HAND + 1)
    person = Person(app, "editor")
    page = person.visit(place)
    sent = dict(re.findall(r'<input[^>]* name="([a-z_]+)"[^>]* value="([^"]*)"', page))
    sent |= dict.fromkeys(re.findall(r'<textarea[^>]* name="([a-z_]+)"', page), "写在旁边的话")
    person.send(place, sent | {"_save": "1"})
    kept = plain(house.application(application).answers)["cost_lines"]
    assert len(kept) == BY_HAND + 1
    assert kept[-1]["supplier"] == f"供应方{BY_HAND + 1}"


def test_as_many_rows_as_a_page_can_hold_are_written_by_hand(app: Flask, house: House) -> None:
    _, place = begun(house, BY_HAND)
    page = Person(app, "editor").visit(place)
    assert f'name="cost_lines.{BY_HAND - 1}.number"' in page
    assert re.search(r'name="_add" value="cost_lines" disabled', page)
    assert "超过 200 行请用 Excel 导入" in page


def test_a_fault_of_many_rows_is_told_once(app: Flask, house: House) -> None:
    rows = [{**line(number), "purpose": "检测"} for number in range(1, BY_HAND + 101)]
    _, place = begun(house, rows)
    page = Person(app, "editor").visit(place)
    assert page.count("供应方统一社会信用代码") < AT_A_TIME + 10
    assert "（另有 299 行同样）" in page


def test_whoever_may_not_write_reads_the_same_leaf(app: Flask, house: House) -> None:
    application, _ = begun(house, MOST)
    house.do("admin", c.Withdraw(application_id=application, reason="不再申报"))
    page = Person(app, "editor").visit(f"/applications/{application}?leaf=cost_lines.2")
    assert "供应方101<" in page
    assert "供应方100<" not in page
    assert len(page.encode()) < PAGE_BYTES


def test_a_fault_of_a_later_row_leads_to_its_leaf(house: House) -> None:
    house.at("2025-09-12 10:00")
    call = house.handling.call_of(house.application(begun(house, 1)[0]))
    section = call.programme_of("B1").section("costs")
    at = {row: Refusal.of("REQUIRED", field="cost_lines", row=row, column="supplier") for row in (100, 101, 4999)}
    assert field_href("", section, at[100], call) == "/sections/costs#f-cost_lines.99.supplier"
    assert field_href("", section, at[101], call) == "/sections/costs?leaf=cost_lines.2#f-cost_lines.100.supplier"
    assert field_href("", section, at[4999], call).startswith("/sections/costs?leaf=cost_lines.50#")
