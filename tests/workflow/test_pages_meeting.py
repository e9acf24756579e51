"""Pages of a draft that several people share: what they meet, who is told of whom, and where each reason leads."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from eventstore.refusal import Refusal
from programmes import eligibility
from programmes.call import Call
from programmes.fields import Field, FieldType
from programmes.vocabulary import Facts
from tests.browser.site import Person, site, sqlite_house
from tests.scenario import at
from tests.workflow.house import CATALOGUE, UNIT, House
from workflow import commands as c
from workflow.pages.reasons import field_href


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    house.at("2025-11-05 10:00")
    return site(house)


def _save(house: House, draft: UUID, section: str, who: str = "editor", **answers: Any) -> None:
    house.do(who, c.SaveSection(application_id=draft, section=section, answers=answers))


def _own(person: Person) -> dict[str, str]:
    return {"version": person.hidden("version"), "command_id": person.hidden("command_id")}


def _met(house: House, app: Flask) -> tuple[Person, str, UUID]:
    """The administrator before the page that compares: both changed the name, the editor alone the address."""
    draft = house.open(when="2025-11-05 10:00")
    place = f"/applications/{draft}/sections/unit"
    admin = Person(app, "admin")
    admin.visit(place)
    own = _own(admin)
    _save(house, draft, "unit", unit_name="他们的名称", address="长沙市岳麓区")
    admin.send(place, {**own, "unit_name": "我的名称", "address": "", "bank": "岳麓支行"}, 422)
    return admin, place, draft


def _again(person: Person, **chosen: Any) -> dict[str, Any]:
    """The compared form as it stands on the page, with what is *chosen*."""
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', person.page)
    fields: dict[str, Any] = {}
    for name, value in inputs:
        fields.setdefault(name, []).append(value)
    return {**fields, **chosen}


def test_what_one_person_changed_alone_is_theirs_without_a_question(app: Flask, house: House) -> None:
    admin, place, draft = _met(house, app)
    assert "_pick.unit_name" in admin.page
    assert "_pick.address" not in admin.page
    assert "_pick.bank" not in admin.page
    admin.send(f"{place}/merge", _again(admin, **{"_pick.unit_name": "mine"}))
    stands = house.application(draft).answers
    assert (stands["unit_name"], stands["address"], stands["bank"]) == ("我的名称", "长沙市岳麓区", "岳麓支行")


def test_a_third_person_during_the_comparison_is_met_again(app: Flask, house: House) -> None:
    admin, place, draft = _met(house, app)
    chosen = _again(admin, **{"_pick.unit_name": "mine"})
    _save(house, draft, "unit", unit_name="第三人的名称", credit_code=UNIT.code)
    page = admin.send(f"{place}/merge", chosen, 422)
    assert "第三人的名称" in re.sub(r"<del>[^<]*</del>|</?ins>", "", page)
    assert "我的名称" in page
    admin.send(f"{place}/merge", _again(admin, **{"_pick.unit_name": "edit", "unit_name": "商量后的名称"}))
    stands = house.application(draft).answers
    assert (stands["unit_name"], stands["bank"], stands["credit_code"]) == ("商量后的名称", "岳麓支行", UNIT.code)


def test_what_was_written_anew_and_is_refused_stays_on_the_page(app: Flask, house: House) -> None:
    admin, place, _ = _met(house, app)
    page = admin.send(f"{place}/merge", _again(admin, **{"_pick.unit_name": "edit", "unit_name": "名" * 101}), 422)
    assert "名" * 101 in page
    assert "我的名称" in page
    assert 'href="#f-unit_name"' in page


def test_whoever_typed_what_stands_has_nothing_to_compare(app: Flask, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    place = f"/applications/{draft}/sections/cover"
    admin = Person(app, "admin")
    admin.visit(place)
    own = _own(admin)
    _save(house, draft, "cover", project_name="同一名称")
    admin.send(place, {**own, "project_name": "同一名称"})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"_base": "x", "_asked": "nothing", "_pick.unit_name": "what"},
        {
            "_base": "99999",
            "_mine.unit_name": "甲",
            "_mine.honours.x.y": "1",
            "_mine.": "1",
            "_asked": ["unit_name"] * 50,
        },
        {"_asked": "honours", "_pick.honours": "edit", "honours.0.name": ["甲", "乙"], "honours.nan.name": "丙"},
        {"_up": "honours.99999999", "_down": "honours.-1", "_drop": "....", "_add": "\u202e"},
    ],
)
def test_a_bent_form_is_answered_and_never_breaks(app: Flask, house: House, fields: dict[str, Any]) -> None:
    draft = house.open(when="2025-11-05 10:00")
    person = Person(app, "editor")
    for place in (f"/applications/{draft}/sections/unit/merge", f"/applications/{draft}/sections/unit"):
        person.visit(f"/applications/{draft}/sections/unit")
        token = person.hidden("csrf_token")
        for version in ("0", "5"):
            given = {"csrf_token": token, "version": version, **fields}
            answer = person.client.post(place, data=given, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code in (303, 422), answer.get_data(as_text=True)[:2000]


def test_rows_change_places_without_javascript(app: Flask, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    place, person = f"/applications/{draft}/sections/model", Person(app, "editor")
    rows = {f"scenarios.{number}.scenario": word for number, word in enumerate("甲乙丙")}
    for button, value, order in (
        ("_up", "scenarios.2", "甲丙乙"),
        ("_down", "scenarios.0", "乙甲丙"),
        ("_up", "scenarios.0", "甲乙丙"),
        ("_down", "scenarios.2", "甲乙丙"),
    ):
        person.visit(place)
        onward = person.send(place, {**_own(person), **rows, button: value})
        assert "#r-scenarios." in onward
        assert "".join(row["scenario"] for row in house.application(draft).answers["scenarios"]) == order


def test_the_changes_are_told_field_by_field_to_the_units_own_people(app: Flask, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    _save(house, draft, "cover", project_name="旧名称", contact_name="林婉清")
    _save(house, draft, "cover", "admin", project_name="新名称")
    _save(house, draft, "business", revenue={"2023": "12345.678901"})
    place, admin = f"/applications/{draft}/changes", Person(app, "admin")
    page = re.sub(r"\s+", " ", admin.visit(place))
    assert "周砚舟 在「封面」改了 1 项" in page
    assert "<del>旧</del><ins>新</ins>名称" in page
    assert "2023年：12345.678901 万元" in page
    assert "林婉清 在" not in admin.visit(f"{place}?person=person:admin")
    assert "新名称" not in admin.visit(f"{place}?section=business").partition("<ol")[2]
    assert "还没有保存过任何内容" in admin.visit(f"{place}?section=nowhere&person=%E2%80%AE&before=99999999999999")
    for stranger in ("wenqu-editor", "yuelu-head", "clerk", "lead"):
        Person(app, stranger).visit(place, 404)


def test_no_authority_learns_who_writes_or_what_was_written_before_the_seal(app: Flask, house: House) -> None:
    sealed = house.sealed()
    for reader in ("yuelu-head", "lead", "wenqu-editor"):
        person = Person(app, reader)
        person.visit(f"/applications/{sealed}/changes", 404)
        answer = person.client.get(f"/applications/{sealed}/presence")
        assert answer.status_code in (403, 404)
        assert "林婉清" not in answer.get_data(as_text=True)


def test_presence_is_told_beside_the_part_and_in_the_panel(app: Flask, house: House) -> None:
    draft = house.open(when="2025-11-05 10:00")
    Person(app, "editor").visit(f"/applications/{draft}/sections/model")
    page = Person(app, "admin").visit(f"/applications/{draft}")
    assert "林婉清 正在填写" in page
    assert "林婉清" not in Person(app, "editor").visit(f"/applications/{draft}/side")
    house.at("2025-11-05 10:02")
    assert "正在填写</span>" not in Person(app, "admin").visit(f"/applications/{draft}")


def test_beginning_with_an_earlier_application_on_the_page(app: Flask, house: House) -> None:
    source = house.filled()
    house.do("admin", c.Withdraw(application_id=source, reason="战略调整"))
    person = Person(app, "editor")
    assert "带入以往申报的内容" in person.visit("/applications")
    form = {name: person.hidden(name) for name in ("application_id", "command_id", "unit")}
    place = person.send("/applications", {**form, "direction": "hn-2025/L-V", "copy_from": str(source)})
    page = person.visit(place)
    assert "填过的内容都已带入" in page
    assert "面向工程机械运维的垂直领域大模型" in page
    person.visit("/applications")
    form = {name: person.hidden(name) for name in ("application_id", "command_id", "unit")}
    for foreign in ("not-an-id", str(UUID(int=7))):
        person.visit("/applications")
        person.send("/applications", {**form, "direction": "hn-2025/L-V", "copy_from": foreign}, 404)


def test_what_did_not_come_along_is_named(app: Flask, house: House) -> None:
    source = house.filled()
    house.do("admin", c.Withdraw(application_id=source, reason="战略调整"))
    person = Person(app, "editor")
    person.visit("/applications")
    form = {name: person.hidden(name) for name in ("application_id", "command_id", "unit")}
    place = person.send("/applications", {**form, "direction": "hn-2025/P", "copy_from": str(source)})
    left = house.application(UUID(place.rpartition("/")[2])).not_copied
    page = person.visit(place)
    assert left
    assert f"未带入 {len(left)} 项：" in page


DIRECTIONS = [(call.id, direction) for call in CATALOGUE.calls() for direction in call.directions]


@pytest.mark.parametrize(("call_id", "direction"), DIRECTIONS)
def test_every_reason_leads_to_something_that_is_there(call_id: str, direction: str, house: House) -> None:
    """Each refusal the judge can give about the form, and each shape a refusal can have, points to an id of its page."""
    call = CATALOGUE.get(call_id)
    app = site(house)
    with app.test_request_context():
        ids = {one.id: _ids(call, direction, one) for one in call.programme_of(direction).sections(direction)}
    lost: set[str] = set()
    for refusal in (*_judged(call, direction), *_shapes(call, direction)):
        programme = call.programme_of(direction)
        field_id = str(refusal.params.get("field", ""))
        if not any(field.id == field_id for field in programme.fields):
            continue
        section = programme.section_of(field_id)
        fragment = field_href("", section, refusal, call).partition("#")[2]
        if fragment not in ids[section.id]:
            lost.add(f"{refusal.code} {dict(refusal.params)} -> {fragment}")
    assert lost == set()


def _ids(call: Call, direction: str, section: Any) -> set[str]:
    """The ids of a section's page, its tables with one row."""
    from flask import render_template_string

    from workflow.pages.fields import Showing, groups

    source = '{% from "workflow/questions.html" import questions %}{{ questions(groups) }}'
    page = render_template_string(source, groups=groups(section, direction, Showing(call=call, answers={})))
    return set(re.findall(r'\bid="([^"]+)"', re.sub(r"(?s)<template>.*?</template>", "", page)))


def _judged(call: Call, direction: str) -> Iterator[Refusal]:
    facts = Facts(today=at("2025-11-20 10:00").date(), unit_code=UNIT.code)
    fields = [one for part in call.programme_of(direction).sections(direction) for one in part.asked(direction)]
    yield from eligibility.judge(call, direction, {}, facts)
    for empty in (
        {},
        {field.id: _odd(field, call, 1) for field in fields},
        {f.id: _odd(f, call, 10**12) for f in fields},
    ):
        answers = {name: value for name, value in empty.items() if value is not None}
        yield from eligibility.judge(call, direction, answers, facts)
        yield from eligibility.cross_checks(call, direction, answers)


def _odd(field: Field, call: Call, number: int) -> Any:
    """An answer that most rules dislike."""
    if field.computed is not None:
        return None
    if field.type is FieldType.TABLE:
        return [{column.id: _odd(column, call, number) for column in field.columns[:1]}]
    columns = call.columns(field)
    match field.type:
        case FieldType.MONEY | FieldType.INTEGER | FieldType.PERCENT:
            value: Any = number
        case FieldType.DECIMAL:
            value = str(number)
        case FieldType.BOOLEAN:
            value = False
        case FieldType.MULTI:
            value = {"chosen": [option.id for option in field.options], "other": {}}
        case FieldType.SINGLE:
            value = field.options[-1].id
        case FieldType.DATE:
            value = "2030-01-01"
        case FieldType.MONTH:
            value = "2030-01"
        case _:
            value = "1"
    return {column.id: value for column in columns[-1:]} if columns else value


def _shapes(call: Call, direction: str) -> Iterator[Refusal]:
    for section in call.programme_of(direction).sections(direction):
        for field in section.asked(direction):
            yield Refusal.of("REQUIRED", field=field.id)
            for column in call.columns(field):
                yield Refusal.of("REQUIRED", field=field.id, column=column.id)
                yield Refusal.of("REQUIRED", field=field.id, columns=[column.id])
            for inner in field.columns:
                yield Refusal.of("REQUIRED", field=field.id, row=1, column=inner.id)
            if field.columns:
                yield Refusal.of("MIN_ITEMS", field=field.id, row=1)
            for option in field.options:
                yield Refusal.of("REQUIRED", field=field.id, option=option.id)
