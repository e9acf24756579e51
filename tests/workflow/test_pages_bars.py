"""T38 on a page: decided by the province's lead, with its sheet, refused with what was typed kept, and lifted."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from directory.records import Directory
from directory.unit import Bar
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import UNIT, House

TYPED = {
    "unit": UNIT.code,
    "decision_number": "湘工信决〔2025〕3号",
    "starts": "2025-11-01",
    "until": "2027-10-31",
    "reason": "虚报投入",
}


@pytest.fixture
def house(tmp_path: Path) -> House:
    found = sqlite_house(tmp_path)
    found.at("2025-11-03 09:00")
    return found


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


def _decide(person: Person, status: int = 303, **changed: str) -> str:
    person.visit("/bars")
    return person.send("/bars", {"command_id": person.hidden("command_id"), **TYPED, **changed}, status)


def test_the_lead_bars_a_unit(app: Flask, house: House) -> None:
    lead = Person(app, "lead")
    assert "没有被禁止申报的单位" in lead.visit("/bars")
    assert _decide(lead) == "/bars?done=barred"
    page = lead.visit("/bars")
    assert "湘工信决〔2025〕3号" in page
    assert "禁止申报" in page
    with house.store.reading() as db:
        unit = Directory(db).unit(UNIT.code)
    assert unit is not None
    assert unit.bar == Bar(
        reason="虚报投入", decision_number="湘工信决〔2025〕3号", starts=date(2025, 11, 1), until=date(2027, 10, 31)
    )


def test_the_decision_is_a_sheet(app: Flask) -> None:
    lead = Person(app, "lead")
    _decide(lead)
    for format, head in (("pdf", b"%PDF"), ("docx", b"PK")):
        assert lead.client.get(f"/bars/{UNIT.code}/decision.{format}").data.startswith(head)
    assert lead.client.get("/bars/91430104MA4L2X7K9H/decision.pdf").status_code == 404


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unit": ""}, "统一社会信用代码"),
        ({"unit": "91440606MAXTE5U12F"}, "91440606MAXTE5U12F"),
        ({"until": "2025-10-01"}, "至（含当日）"),
        ({"until": "2029-01-01"}, "至（含当日）"),
        ({"starts": "soon"}, "自"),
        ({"reason": " "}, "事实和理由"),
    ],
)
def test_what_cannot_be_decided_is_said_beside_it_and_nothing_typed_is_lost(
    app: Flask, changed: dict[str, str], said: str
) -> None:
    lead = Person(app, "lead")
    page = _decide(lead, 422, **changed)
    assert said in page.partition('id="errors"')[2]
    assert 'value="湘工信决〔2025〕3号"' in page
    assert "没有被禁止申报的单位" in page


def test_a_bar_is_lifted_by_a_decision_with_a_reason(app: Flask) -> None:
    lead = Person(app, "lead")
    _decide(lead)
    lead.visit("/bars")
    key, place = lead.hidden("command_id", -1), f"/bars/{UNIT.code}/lifting"
    assert "决定文号" in lead.send(place, {"command_id": key, f"reason-{UNIT.code}": "复议撤销"}, 422)
    typed = {f"reason-{UNIT.code}": "复议撤销", f"decision-{UNIT.code}": "湘工信决〔2025〕9号"}
    assert lead.send(place, {"command_id": "k2", **typed}) == "/bars?done=lifted"
    assert "没有被禁止申报的单位" in lead.visit("/bars")


def test_others_of_the_province_read_and_nobody_else(app: Flask) -> None:
    _decide(Person(app, "lead"))
    clerk = Person(app, "clerk")
    assert UNIT.name in clerk.visit("/bars")
    assert 'action="/bars"' not in clerk.page
    clerk.send("/bars", {"command_id": "k", **TYPED}, 403)
    for who in ("editor", "yuelu-head", "expert-1"):
        Person(app, who).visit("/bars", 403)
