"""Exceptions, what runs beside an application, and bars: over HTTP and on the pages, each only for whom it is meant."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from service.world import UNITS
from tests.browser.site import Person, site
from tests.workflow.exclusive import ROOT, Exclusive
from tests.workflow.house import Api
from workflow.exceptions import exceptions

FIRST, SISTER, THIRD = 0, 1, 2
GRANT = {"call": "hn-2025", "family": "large_model", "unit": UNITS[FIRST].code, "reason": "重大专项配套"}


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Exclusive:
    return Exclusive(engine, tmp_path / "files")


@pytest.fixture
def api(house: Exclusive) -> Api:
    house.at("2025-11-20 10:00")
    return house.client()


@pytest.fixture
def met(house: Exclusive) -> tuple[UUID, UUID]:
    """The first unit is sealed; its sister tried and was refused."""
    first, sister = house.draft(FIRST), house.draft(SISTER)
    assert house.seal(FIRST, first) == set()
    assert house.seal(SISTER, sister) == {"GROUP_ALREADY_APPLIED"}
    return first, sister


def codes(answer: Any) -> set[str]:
    return {refusal["code"] for refusal in answer.json["refusals"]}


def test_the_bureau_that_holds_the_other_is_told_who_tried(house: Exclusive, met: tuple[UUID, UUID]) -> None:
    first, sister = met
    assert house.seal(SISTER, sister, "2025-11-20 10:05") == {"GROUP_ALREADY_APPLIED"}
    for who in ("yuelu-head", "clerk", "auditor"):
        told = house.client().ask(who, "GET", f"/applications/{first}/related").json
        assert [(one["unit"], one["times"]) for one in told["attempts"]] == [(UNITS[SISTER].code, 1)], who
        assert told["attempts"][0]["number"] == house.application(sister).number
        assert told["applications"] == []
    house.seal(SISTER, sister, "2025-11-21 10:06")
    assert house.client().ask("clerk", "GET", f"/applications/{first}/related").json["attempts"][0]["times"] == 2


@pytest.mark.parametrize(
    ("who", "status"),
    [("editor", 403), ("admin", 403), ("wenqu-admin", 403), ("expert-1", 403), ("liling-head", 404), ("operator", 403)],
)
def test_nobody_else_is_told(house: Exclusive, met: tuple[UUID, UUID], who: str, status: int) -> None:
    answer = house.client().ask(who, "GET", f"/applications/{met[0]}/related")
    assert answer.status_code == status
    assert UNITS[SISTER].code not in answer.get_data(as_text=True)


def test_what_runs_beside_is_named_with_its_tie(house: Exclusive, api: Api) -> None:
    first, second, third = house.draft(FIRST), house.draft(FIRST), house.draft(THIRD)
    house.seal(FIRST, first)
    assert api.ask("lead", "POST", "/exceptions", GRANT).status_code == 201
    house.seal(FIRST, second)
    house.seal(THIRD, third)
    told = api.ask("yuelu-head", "GET", f"/applications/{first}/related").json["applications"]
    assert [(one["id"], one["why"], one["stage"]) for one in told] == [(str(second), "unit", "unit_sealed")]
    assert api.ask("clerk", "GET", f"/applications/{third}/related").json == {"applications": [], "attempts": []}


def test_exceptions_over_http(house: Exclusive, api: Api) -> None:
    for who in ("clerk", "admin", "yuelu-head", "auditor", "operator"):
        assert api.ask(who, "POST", "/exceptions", GRANT).status_code == 403, who
    assert api.ask("lead", "POST", "/exceptions", {**GRANT, "call": "xx-2025"}).status_code == 404
    assert codes(api.ask("lead", "POST", "/exceptions", {**GRANT, "family": "other"})) == {"NOT_WAIVABLE"}
    assert codes(api.ask("lead", "POST", "/exceptions", {**GRANT, "unit": "𠀀" * 90})) == {"UNIT_UNKNOWN"}
    assert api.ask("lead", "POST", "/exceptions", {**GRANT, "more": 1}).status_code == 422
    key = {"Idempotency-Key": "the-same"}
    granted = api.ask("lead", "POST", "/exceptions", GRANT, headers=key)
    assert granted.status_code == 201
    again = api.ask("lead", "POST", "/exceptions", GRANT, headers=key)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (granted.json, "true")
    exception = granted.json["id"]
    assert api.ask("admin", "GET", "/exceptions").status_code == 403
    for who in ("clerk", "finance", "auditor"):
        items = api.ask(who, "GET", "/exceptions").json["items"]
        assert [(one["id"], one["unit_name"], one["used_by"]) for one in items] == [(exception, UNITS[0].name, "")]
    taken = api.ask("lead", "POST", f"/exceptions/{exception}/taking-back", {"reason": "不再需要"})
    assert taken.status_code == 200
    assert api.ask("clerk", "GET", "/exceptions").json["items"][0]["taken_back"] == "不再需要"
    nobody = "00000000-0000-7000-8000-000000000000"
    assert api.ask("lead", "POST", f"/exceptions/{nobody}/taking-back", {"reason": "无"}).status_code == 404


def test_a_bar_over_http(house: Exclusive, api: Api) -> None:
    code = UNITS[FIRST].code
    bar = {
        "reason": "弄虚作假",
        "decision_number": "湘工信罚〔2025〕3号",
        "starts": "2025-10-01",
        "until": "2026-09-30",
    }
    for who in ("clerk", "admin", "finance", "auditor", "operator"):
        assert api.ask(who, "POST", f"/units/{code}/bar", bar).status_code == 403, who
    assert api.ask("lead", "POST", "/units/91430102MAXTE5X09P/bar", bar).status_code == 404
    assert codes(api.ask("lead", "POST", f"/units/{code}/bar", {**bar, "until": "2099-01-01"})) == {"ABOVE_MAX"}
    assert api.ask("lead", "POST", f"/units/{code}/bar", {**bar, "until": "soon"}).status_code == 422
    assert api.ask("lead", "POST", f"/units/{code}/bar", bar).json["bar"] == bar
    assert api.ask("admin", "GET", f"/units/{code}").json["bar"]["until"] == str(date(2026, 9, 30))
    assert api.ask("wenqu-admin", "GET", f"/units/{code}").status_code == 404
    lifted = api.ask(
        "lead", "POST", f"/units/{code}/bar/lifting", {"reason": "整改", "decision_number": "湘工信〔2026〕9号"}
    )
    assert lifted.json["bar"] is None


def test_the_lead_grants_and_takes_back_on_the_page(house: Exclusive) -> None:
    house.at("2025-11-20 10:00")
    lead = Person(site(house), "lead")
    assert "还没有准予过例外" in lead.visit("/exceptions")
    fields = {"family": "hn-2025/large_model", "unit": UNITS[FIRST].code, "reason": ""}
    assert lead.send("/exceptions", {"family": "", "unit": "", "reason": ""}, 422).count("还没有填写。请填写。") == 6
    lead.visit("/exceptions")
    wrong = lead.send("/exceptions", {**fields, "unit": "不对", "reason": "有理由"}, 422)
    assert "没有登记的单位" in wrong
    assert 'value="不对"' in wrong
    assert "有理由</textarea>" in wrong
    lead.visit("/exceptions")
    assert lead.send("/exceptions", {**fields, "reason": "重大专项配套"}) == "/exceptions?done=granted"
    page = lead.visit("/exceptions?done=granted")
    assert "已准予例外" in page
    assert UNITS[FIRST].name in page
    clerk = Person(site(house), "clerk").visit("/exceptions")
    assert "重大专项配套" in clerk
    assert 'action="/exceptions' not in clerk
    with house.store.reading() as db:
        exception = str(db.execute(exceptions().select()).one().id)
    lead.visit("/exceptions")
    refused = lead.send(f"/exceptions/{exception}/taking-back", {}, 422)
    assert f'href="#f-reason-{exception}"' in refused
    lead.visit("/exceptions")
    taken = {f"reason-{exception}": "不再需要"}
    assert lead.send(f"/exceptions/{exception}/taking-back", taken) == "/exceptions?done=taken_back"
    assert "已收回：不再需要" in lead.visit("/exceptions")
    Person(site(house), "admin").visit("/exceptions", 403)


def test_the_dossier_shows_the_card_to_officers_alone(house: Exclusive, met: tuple[UUID, UUID]) -> None:
    first, sister = met
    for who in ("yuelu-head", "clerk", "auditor"):
        page = Person(site(house), who).visit(f"/applications/{first}")
        assert "关联申报" in page
        assert house.application(sister).number in page
    page = Person(site(house), "admin").visit(f"/applications/{first}")
    assert "关联申报" not in page
    assert house.application(sister).number not in page
    panel = Person(site(house), "wenqu-admin").visit(f"/applications/{sister}")
    assert "同一集团已有单位申报" in panel
    assert house.application(first).number not in panel


def test_findings_about_the_unit_stand_on_the_officers_page(house: Exclusive, met: tuple[UUID, UUID]) -> None:
    """The form names no controller, the register does."""
    page = Person(site(house), "yuelu-head").visit(f"/applications/{met[0]}")
    assert "与登记不一致" in page
    declared = house.draft(THIRD, controller_code=ROOT)
    assert house.seal(THIRD, declared) == {"GROUP_ALREADY_APPLIED"}
