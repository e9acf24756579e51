"""Whoever takes a step sees before what it needs and whom it tells; whoever comes second learns who was first."""

import html
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service.paper import pdf
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import House
from workflow import commands as c


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


def _letter(**changed: Any) -> dict[str, Any]:
    return {
        "opinion": "材料齐全，同意推荐。",
        "letter_number": "岳工信函〔2025〕11号",
        "letter_scan": (io.BytesIO(pdf("推荐函")), "推荐函.pdf"),
        "handler": "刘一鸣",
        "handler_in_establishment": "1",
        **changed,
    }


def test_a_head_recommends_from_the_dossier(app: Flask, house: House) -> None:
    application = house.sealed()
    house.at("2025-11-26 10:00")
    head = Person(app, "yuelu-head")
    page = head.visit(f"/applications/{application}")
    assert f'action="/applications/{application}/recommendation"' in page
    assert "将通知" in page
    place = head.step(f"/applications/{application}/recommendation", _letter())
    assert place.endswith("?done=recommend")
    made = house.application(application).recommendations[0]
    assert (made.body, made.opinion, made.handler.value) == ("430104", "材料齐全，同意推荐。", "刘一鸣")
    assert made.letter_scan.startswith("sha256:")
    page = head.visit(f"/applications/{application}")
    assert "陈守正（长沙市岳麓区工业和信息化局）推荐，推荐函 岳工信函〔2025〕11号" in page


def test_every_reason_against_a_recommendation_stands_beside_its_question_and_what_was_typed_stays(
    app: Flask, house: House
) -> None:
    application = house.sealed()
    house.at("2025-11-26 10:00")
    head = Person(app, "yuelu-head")
    fields = _letter(handler="", handler_in_establishment="", letter_number="", opinion="请保留我写的这段话")
    page = head.step(f"/applications/{application}/recommendation", fields, 422)
    assert 'id="f-handler-error"' in page
    assert 'id="f-letter_number-error"' in page
    assert "请保留我写的这段话" in page
    assert house.application(application).stage == "unit_sealed"


def test_the_slower_of_two_officers_learns_which_event_won_whose_and_when(app: Flask, house: House) -> None:
    application = house.sealed()
    house.at("2025-11-26 10:00")
    clerk = Person(app, "yuelu-clerk")
    path = f"/applications/{application}/returns"
    clerk.visit(path)
    seen = {"version": clerk.hidden("version", -1), "command_id": clerk.hidden("command_id", -1)}
    house.do("yuelu-head", house.recommend(application), "2025-11-26 10:01")
    fields = {**seen, "item": "field:params_yi", "reason.field:params_yi": "与评测报告不一致"}
    page = clerk.send(path, fields, 412)
    assert "陈守正" in page
    assert "10:01" in page
    assert "推荐" in page
    assert house.application(application).stage == "county_recommended"


def test_a_bureau_returns_fields_and_slots_each_with_its_reason(app: Flask, house: House) -> None:
    application = house.sealed()
    house.at("2025-11-26 10:00")
    clerk = Person(app, "yuelu-clerk")
    path = f"/applications/{application}/returns"
    page = clerk.step(path, {"item": ["attachment:L-4"], "reason.attachment:L-4": " "}, 422)
    assert 'id="f-items-error"' in page
    fields = {
        "item": ["attachment:L-4", "field:params_yi"],
        "reason.attachment:L-4": "2024 年完税证明缺第 2 页",
        "reason.field:params_yi": "与评测报告不一致",
        "material.field:params_yi": "1",
        "working_days": "3",
    }
    clerk.step(path, fields)
    returned = house.application(application).returned
    assert returned is not None
    assert [(item.kind, item.id, item.material) for item in returned.items] == [
        ("attachment", "L-4", False),
        ("field", "params_yi", True),
    ]


def test_another_regions_dossier_is_as_if_it_were_not_there(app: Flask, house: House) -> None:
    application = house.sealed()
    Person(app, "yuhua-head").visit(f"/applications/{application}", 404)
    Person(app, "wenqu-editor").visit(f"/applications/{application}", 404)


def test_an_expert_declares_and_scores_and_an_impossible_mark_is_named_by_its_criterion(
    app: Flask, house: House
) -> None:
    application = house.reviewed()
    house.do("clerk", c.DrawPanel(application_id=application), "2025-12-22 10:00")
    expert = Person(app, house.application(application).review.panel[0])
    assert str(application) in expert.visit("/reviews")
    page = expert.visit(f"/applications/{application}")
    assert "declarations" in page
    assert "13800138000" not in page
    expert.step(f"/applications/{application}/declarations", {"conflict": "false"})
    rubric = house.handling.call_of(house.application(application)).direction("L-V").rubric
    marks = {f"mark.{criterion.id}": "20" for criterion in rubric}
    first = rubric[0]
    page = expert.step(f"/applications/{application}/scores", {**marks, f"mark.{first.id}": "101"}, 422)
    assert f'id="f-mark.{first.id}-error"' in page
    assert first.label.zh in page
    expert.step(f"/applications/{application}/scores", {**marks, f"mark.{first.id}": "18.5"})
    [total] = house.application(application).review.totals.values()
    assert total == 1850 + 2000 * (len(rubric) - 1)


def test_the_unit_reads_no_expert_in_the_history(app: Flask, house: House) -> None:
    application = house.judged()
    page = Person(app, "admin").visit(f"/applications/{application}")
    panel = house.application(application).review.panel
    names = [person.name for person in map(house.actor, panel)]
    assert not any(name in page for name in names)
    assert all(name in Person(app, "clerk").visit(f"/applications/{application}") for name in names)


def test_the_form_is_passed_with_a_whole_checklist_only(app: Flask, house: House) -> None:
    application = house.recommended()
    house.do("clerk", c.Receive(application_id=application), "2025-12-15 10:00")
    clerk = Person(app, "clerk")
    page = clerk.step(f"/applications/{application}/form-pass", {"checklist": ["form"]}, 422)
    assert 'name="checklist" value="form" checked' in page
    slots = house.handling.call_of(house.application(application)).programme("L").attachments
    everything = ["form", *(slot.id for slot in slots if slot.required)]
    clerk.step(f"/applications/{application}/form-pass", {"checklist": everything})
    assert house.application(application).stage == "expert_review"


def test_an_amount_is_typed_in_yuan_and_kept_to_the_fen(app: Flask, house: House) -> None:
    application = house.judged()
    lead = Person(app, "lead")
    fields = {"amount_fen": "1,000,000.001", "minutes_number": "会议纪要〔2025〕1号"}
    page = lead.step(f"/applications/{application}/proposal", fields, 422)
    assert 'value="1,000,000.001"' in page
    lead.step(f"/applications/{application}/proposal", {**fields, "amount_fen": "1,000,000.10"})
    assert house.application(application).amount_fen == 100_000_010


@pytest.mark.rule("T25")
def test_anybody_may_object_by_name_and_the_applicant_never_reads_whose_it_was(app: Flask, house: House) -> None:
    application = house.noticed()
    house.at("2026-01-05 10:00")
    public = Person(app)
    page = public.visit("/notices")
    assert "湖南岳麓智模科技有限公司" in page
    path = f"/notices/{application}/objections"
    public.visit(path)
    own = {"command_id": public.hidden("command_id")}
    page = public.send(path, {**own, "kind": "person", "objector": "", "contact": "", "grounds": "业绩不实"}, 422)
    assert 'id="f-objector-error"' in page
    assert "业绩不实" in page
    public.visit(path)
    own = {"command_id": public.hidden("command_id")}
    fields = {**own, "kind": "person", "objector": "方可鉴", "contact": "13900000000", "grounds": "业绩不实"}
    assert public.send(path, fields) == "/notices?objected=1"
    for who in ("admin", "yuelu-head"):
        page = Person(app, who).visit(f"/applications/{application}")
        assert "业绩不实" in page
        assert "方可鉴" not in page
    Person(app).visit(f"/notices/{house.sealed('wenqu-', _other())}/objections", 404)


def _other() -> Any:
    from tests.workflow.house import OTHER_UNIT

    return OTHER_UNIT


def test_two_persons_award_and_finance_pays_from_its_desk(app: Flask, house: House) -> None:
    application = house.noticed()
    house.at("2026-01-12 10:00")
    path = f"/applications/{application}"
    Person(app, "lead").step(f"{path}/award", {"document_number": "湘工信立〔2026〕1号"})
    finance = Person(app, "finance")
    assert str(application) in finance.visit("/payments")
    finance.step(f"{path}/award")
    assert house.application(application).stage == "awarded"
    page = finance.step(f"{path}/tranches", {"amount_fen": "1,000,000.01"}, 422)
    assert 'id="f-amount_fen-error"' in page
    finance.step(f"{path}/tranches", {"amount_fen": "1,000,000.00"})
    finance.step(f"{path}/payments", {"bank_reference": "20260122-001", "paid_on": "2026-01-22"})
    assert house.application(application).stage == "disbursed"
    page = Person(app, "admin").visit(path)
    assert "20260122-001" in page


def test_a_step_that_is_not_there_says_why(app: Flask, house: House) -> None:
    application = house.sealed()
    answer = Person(app, "yuelu-head").client.get(f"/applications/{application}/reconsideration-decision")
    assert answer.status_code == 409
    assert "已盖章" in html.unescape(answer.get_data(as_text=True))
