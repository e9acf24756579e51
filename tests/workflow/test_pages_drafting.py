"""A unit writes its application: begun once, saved part by part, nothing typed is lost, and the reasons are the guards' own."""

import io
import json
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from service.paper import pdf
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import House
from workflow import commands as c
from workflow.events import ReturnItem


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    house.at("2025-11-05 10:00")
    return site(house)


def _begun(app: Flask, who: str = "editor") -> tuple[Person, str]:
    person = Person(app, who)
    person.visit("/applications")
    place = person.send(
        "/applications",
        {
            "application_id": person.hidden("application_id"),
            "command_id": person.hidden("command_id"),
            "unit": person.hidden("unit"),
            "direction": "hn-2025/L-V",
        },
    )
    return person, place


def _write(person: Person, place: str, section: str, fields: dict[str, object], status: int = 303) -> str:
    address = f"{place}/sections/{section}"
    person.visit(address)
    own = {"version": person.hidden("version"), "command_id": person.hidden("command_id")}
    return person.send(address, {**own, **fields}, status)


def test_a_unit_without_applications_is_shown_the_open_calls(app: Flask) -> None:
    page = Person(app, "editor").visit("/applications")
    assert "还没有申报。1 个征集正在开放" in page
    assert "垂直领域大模型" in page


@pytest.mark.rule("R-039")
def test_choosing_a_direction_opens_one_draft_however_often_it_is_pressed(app: Flask) -> None:
    person = Person(app, "editor")
    person.visit("/applications")
    form = {name: person.hidden(name) for name in ("application_id", "command_id", "unit")}
    first = person.send("/applications", {**form, "direction": "hn-2025/L-V"})
    again = person.send("/applications", {**form, "direction": "hn-2025/L-V"})
    assert first == again
    assert person.visit("/applications").count("<code>HN-AI-2025-") == 1


def test_without_a_direction_nothing_is_begun(app: Flask) -> None:
    person = Person(app, "editor")
    person.visit("/applications")
    form = {name: person.hidden(name) for name in ("application_id", "command_id", "unit")}
    assert "征集方向" in person.send("/applications", form, 422)


def test_a_part_is_saved_and_shown_again_as_it_was_typed(app: Flask) -> None:
    person, place = _begun(app)
    _write(person, place, "business", {"total_assets.2023": "12345.678901", "net_profit.2023": "-215.40", "_next": "1"})
    page = person.visit(f"{place}/sections/business")
    assert 'value="12345.678901"' in page
    assert 'value="-215.40"' in page


@pytest.mark.rule("R-093")
def test_a_text_that_is_too_long_stays_on_the_page_with_its_measure(app: Flask) -> None:
    person, place = _begun(app)
    page = _write(person, place, "unit", {"unit_profile": "智" * 501, "unit_name": "湖南岳麓智模"}, 422)
    assert "智" * 501 in page
    assert 'value="湖南岳麓智模"' in page
    assert "已写 501 字，上限 500 字" in page
    assert 'href="#f-unit_profile"' in page
    assert "<title>错误：" in page


def test_while_typing_what_is_sound_is_saved_and_the_rest_is_named(app: Flask, house: House) -> None:
    person, place = _begun(app)
    fields = {"unit_name": "湖南岳麓智模", "credit_code": "91430104MAXTE5T16A"}
    person.visit(f"{place}/sections/unit")
    own = {"version": "0", "command_id": "autosave-1"}
    headers = {"X-Autosave": "1", "Accept": "application/json"}
    told = json.loads(person.send(f"{place}/sections/unit", {**own, **fields}, 200, headers=headers))
    assert told["version"] == 1
    assert [error["field"] for error in told["errors"]] == ["credit_code"]
    assert house.application(_id(place)).answers["unit_name"] == "湖南岳麓智模"


def _id(place: str) -> UUID:
    return UUID(place.removeprefix("/applications/")[:36])


def test_two_people_in_one_part_never_overwrite_each_other(app: Flask, house: House) -> None:
    person, place = _begun(app)
    other = Person(app, "admin")
    other.visit(f"{place}/sections/cover")
    seen = {"version": other.hidden("version"), "command_id": other.hidden("command_id")}
    _write(person, place, "cover", {"project_name": "先写的名称"})
    page = other.send(f"{place}/sections/cover", {**seen, "project_name": "后写的名称"}, 422)
    assert "后写的名称" in page
    assert "<ins>先写的名称</ins>" in page
    assert house.application(_id(place)).answers["project_name"] == "先写的名称"


def test_a_person_is_not_in_the_way_of_their_own_save_while_typing(app: Flask, house: House) -> None:
    person, place = _begun(app)
    path = f"{place}/sections/cover"
    person.visit(path)
    headers = {"X-Autosave": "1"}
    csrf_page = person.page
    person.send(path, {"version": "0", "command_id": "auto-7", "project_name": "名"}, 200, headers=headers)
    person.page = csrf_page
    person.send(path, {"version": "0", "command_id": "press-7", "project_name": "名称"})
    assert house.application(_id(place)).answers["project_name"] == "名称"
    house.at("2025-11-05 10:01")
    person.page = csrf_page
    person.send(path, {"version": "1", "command_id": "stale-7", "project_name": "另一标签页"}, 422)


def test_rows_are_added_and_removed_without_javascript(app: Flask, house: House) -> None:
    person, place = _begun(app)
    row = {"scenarios.0.scenario": "泵车臂架故障预警"}
    onward = _write(person, place, "model", {**row, "_add": "scenarios"})
    assert onward.endswith("?row=scenarios#f-scenarios")
    page = person.visit(onward.partition("#")[0])
    assert 'name="scenarios.1.scenario"' in page
    both = {**row, "scenarios.1.scenario": "塔机远程诊断"}
    _write(person, place, "model", both)
    _write(person, place, "model", {**both, "_drop": "scenarios.0"})
    assert house.application(_id(place)).answers["scenarios"] == [{"scenario": "塔机远程诊断"}]


def test_boxes_that_are_all_unticked_are_taken_out(app: Flask, house: House) -> None:
    person, place = _begun(app)
    _write(person, place, "data", {"data_sources": ["", "open"]})
    assert house.application(_id(place)).answers["data_sources"]["chosen"] == ["open"]
    _write(person, place, "data", {"data_sources": ""})
    assert "data_sources" not in house.application(_id(place)).answers


def test_the_reasons_on_the_page_are_the_reasons_of_the_guards(app: Flask, house: House) -> None:
    _person, place = _begun(app, "editor")
    page = Person(app, "admin").visit(place)
    codes = house.refused("admin", c.Seal(application_id=_id(place)))
    assert {"MISSING_ATTACHMENT", "MISSING_COMMITMENT", "REQUIRED"} <= codes
    assert "为什么还不能盖章？" in page
    assert "缺少附件" in page
    assert "缺少真实性承诺书" in page
    assert "（一）单位基本信息：「单位名称、注册地址、注册地所在县市区」等" in page
    assert f'href="{place}/sections/unit#f-unit_name"' in page
    assert 'aria-disabled="true"' in page


def test_an_editor_sees_that_only_the_administrator_seals(app: Flask, house: House) -> None:
    application = house.filled()
    page = Person(app, "editor").visit(f"/applications/{application}")
    assert "须由单位管理员办理" in page
    person = Person(app, "editor")
    person.visit("/applications")
    person.send(f"/applications/{application}/seal", {"version": "1", "command_id": "x"}, 403)


def test_who_seals_reads_before_who_will_be_told_and_seals_once(app: Flask, house: House) -> None:
    application = house.filled()
    person = Person(app, "admin")
    page = person.visit(f"/applications/{application}/seal")
    assert "将通知" in page
    assert "岳麓区工业和信息化局" in page
    fields = {"version": person.hidden("version", -1), "command_id": person.hidden("command_id", -1)}
    for _ in range(2):
        assert person.send(f"/applications/{application}/seal", fields).endswith("?done=seal")
    assert house.application(application).stage == "unit_sealed"
    assert "已盖章，申报已转到推荐部门" in person.visit(f"/applications/{application}?done=seal")


def test_a_file_is_put_in_its_slot_read_back_and_taken_out(app: Flask, house: House) -> None:
    person, place = _begun(app)
    person.visit(place)
    file = (io.BytesIO(pdf("完税证明")), "完税证明 2024.pdf")
    fields = {"command_id": "file-1", "file-L-4": file, "label-L-4": "2024"}
    person.send(f"{place}/attachments/L-4", fields, content_type="multipart/form-data")
    page = person.visit(place)
    assert "完税证明 2024.pdf" in page
    held = house.application(_id(place)).attachments["L-4"][0]
    assert held.label == "2024"
    with person.client.get(f"{place}/attachments/L-4/{held.file_id}") as answer:
        assert answer.data.startswith(b"%PDF")
    person.send(f"{place}/attachments/L-4/{held.file_id}/removal", {"command_id": "gone-1"})
    assert house.application(_id(place)).attachments["L-4"] == ()


def test_a_file_of_no_kind_we_take_is_named_beside_its_slot(app: Flask) -> None:
    person, place = _begun(app)
    person.visit(place)
    fields = {"command_id": "file-2", "file-L-9": (io.BytesIO(b"MZ"), "setup.exe")}
    page = person.send(f"{place}/attachments/L-9", fields, 422, content_type="multipart/form-data")
    assert 'id="f-file-L-9-error"' in page


@pytest.mark.rule("R-077")
def test_a_delegates_commitment_is_refused_beside_the_question(app: Flask, house: House) -> None:
    person, place = _begun(app, "editor")
    person = Person(app, "admin")
    person.visit(place)
    scan = (io.BytesIO(pdf("承诺书")), "承诺书.pdf")
    fields = {
        "command_id": "commit-1",
        "signer": "沈岳",
        "signed_on": "2025-11-05",
        "signer_kind": "delegate",
        "scan": scan,
    }
    page = person.send(f"{place}/commitment", fields, 422, content_type="multipart/form-data")
    assert 'id="f-signer_kind-error"' in page
    fields |= {"command_id": "commit-2", "signer_kind": "legal_representative"}
    fields["scan"] = (io.BytesIO(pdf("承诺书")), "承诺书.pdf")
    person.send(f"{place}/commitment", fields, content_type="multipart/form-data")
    assert "沈岳 已于 2025 年 11 月 5 日 签署" in person.visit(place)


def test_after_a_return_only_the_listed_items_are_open(app: Flask, house: House) -> None:
    application = house.sealed()
    items = (ReturnItem(kind="field", id="params_yi", reason="与评测报告不一致"),)
    house.do("yuelu-clerk", c.ReturnForCorrection(application_id=application, items=items), "2025-11-26 10:00")
    person = Person(app, "editor")
    page = person.visit(f"/applications/{application}")
    assert "与评测报告不一致" in page
    assert "参数量（亿）" in page
    page = person.visit(f"/applications/{application}/sections/model")
    assert 'name="params_yi" aria-required="true" value="72"' in page
    assert 'name="model_name" aria-required="true" readonly' in page
    place = f"/applications/{application}"
    _write(person, place, "model", {"params_yi": "80"})
    assert house.application(application).answers["params_yi"] == "80"
    page = _write(person, place, "model", {"params_yi": "80", "model_name": "改名"}, 422)
    assert 'href="#f-model_name"' in page or "大模型名称" in page


def test_nobody_else_sees_a_draft(app: Flask) -> None:
    _, place = _begun(app)
    for stranger in ("wenqu-editor", "yuelu-head", "lead"):
        Person(app, stranger).visit(place, 404)
        Person(app, stranger).visit(f"{place}/sections/unit", 404)
