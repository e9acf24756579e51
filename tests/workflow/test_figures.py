"""Figures come in from Excel: what is sound is saved in one step, what is not comes back marked; nothing foreign is shown."""

import io
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from openpyxl import Workbook, load_workbook

from paperwork import book
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import House
from web import texts

ROWS: list[list[Any]] = [
    ["经营指标", "2023年", "2024年"],
    ["总资产（万元）", 12345.678901, "15002.30"],
    ["营业收入（万元）", 6180, 8920.55],
    ["其中：AI业务收入（万元）", 3300, 8920.56],
    ["在职人员（人）", 168, "二百"],
]


def workbook(rows: list[list[Any]]) -> io.BytesIO:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    written = io.BytesIO()
    book.save(written)
    written.seek(0)
    return written


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = sqlite_house(tmp_path)
    made.at("2025-11-06 10:00")
    return made


@pytest.fixture
def application(house: House) -> UUID:
    return house.open()


def sent(
    house: House, application: UUID, file: io.BytesIO, name: str = "数据.xlsx", status: int = 200
) -> tuple[Person, str]:
    """The editor sends a file through the page; the page that comes back."""
    person = Person(site(house), "editor")
    place = f"/applications/{application}/figures"
    person.visit(place)
    fields = {"command_id": person.hidden("command_id"), "file": (file, name)}
    return person, person.send(place, fields, status)


def copy_in(page: str) -> str:
    return next(iter(re.findall(r'href="(/applications/[^"]+/figures/[0-9a-f]{32})"', page)))


def test_sound_figures_are_saved_in_one_step_and_exactly(house: House, application: UUID) -> None:
    before = house.application(application).version
    sent(house, application, workbook(ROWS))
    stands = house.application(application)
    assert stands.version == before + 1
    assert stands.answers["total_assets"] == {"2023": 12_345_678_901, "2024": 15_002_300_000}
    assert stands.answers["staff"] == {"2023": 168}
    assert "ai_revenue" not in stands.answers


def test_what_is_faulty_comes_back_marked_in_a_copy(house: House, application: UUID) -> None:
    person, page = sent(house, application, workbook(ROWS))
    assert ">C4<" in page
    assert ">C5<" in page
    copy = load_workbook(io.BytesIO(person.client.get(copy_in(page)).data))
    sheet = copy.worksheets[0]
    assert sheet["D1"].value == "错误"
    assert "大于营业收入" in str(sheet["D4"].value)
    assert sheet["D5"].value
    assert (sheet["C5"].value, sheet["D2"].value) == ("二百", None)


def test_the_workbook_to_fill_in_is_read_back_without_a_change(house: House, application: UUID) -> None:
    person, _ = sent(house, application, workbook(ROWS))
    filled = io.BytesIO(person.client.get(f"/applications/{application}/figures.xlsx").data)
    before = house.application(application).version
    _, page = sent(house, application, filled)
    assert "更新了 0 项" in page
    assert house.application(application).version == before


@pytest.mark.parametrize(
    ("name", "data"),
    [("数据.xls", b"x"), ("数据.xlsx", b"not a workbook"), ("", b"")],
    ids=["another kind", "no workbook", "no file"],
)
def test_a_file_that_is_no_workbook_is_refused_and_nothing_is_saved(
    house: House, application: UUID, name: str, data: bytes
) -> None:
    before = house.application(application).version
    _, page = sent(house, application, io.BytesIO(data), name, 422)
    assert 'href="#f-file"' in page
    assert house.application(application).version == before


def test_only_the_units_own_people_get_figures_and_copies(house: House, application: UUID) -> None:
    _, page = sent(house, application, workbook(ROWS))
    for who, status in (("wenqu-editor", 404), ("yuelu-clerk", 403), ("clerk", 403)):
        stranger = Person(site(house), who)
        stranger.visit(copy_in(page), status)
        stranger.visit(f"/applications/{application}/figures.xlsx", status)


def test_a_sealed_application_offers_no_import(house: House) -> None:
    sealed = house.sealed()
    person = Person(site(house), "editor")
    person.visit(f"/applications/{sealed}/figures", 303)


def test_the_api_imports_too_and_names_every_cell(house: House, application: UUID) -> None:
    api = house.client()
    place = f"/applications/{application}/figures"
    answer = api.ask("editor", "POST", place, data={"file": (workbook(ROWS), "数据.xlsx")})
    assert answer.status_code == 200, answer.text
    told = answer.json
    assert told["found"] == 4
    assert told["changed"] == ["revenue", "staff", "total_assets"]
    assert [(one["cell"], one["code"]) for one in told["faults"]] == [("C4", "AI_GT_REVENUE"), ("C5", "BAD_FORMAT")]
    copy = told["copy_href"].removeprefix("/api/v1")
    assert [api.ask(who, "GET", copy).status_code for who in ("editor", "clerk")] == [200, 403]


@pytest.mark.parametrize(
    "code", sorted(set(re.findall(r'BookRefused\("(\w+)"', Path(book.__file__).read_text("utf-8"))))
)
def test_every_reason_why_a_workbook_is_not_read_is_told_in_words(code: str) -> None:
    assert texts.has(f"refusal.{code}")
