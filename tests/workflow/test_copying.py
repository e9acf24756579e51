"""Beginning with last year's answers: in the same transaction, of the own unit alone, and honest about what did not come."""

from uuid import UUID

import pytest

from eventstore.ids import uuid7
from eventstore.refusal import Refused
from tests.workflow.house import OTHER_UNIT, UNIT, Api, House
from workflow import commands as c
from workflow.answers import plain
from workflow.dossier import view_of
from workflow.timeline import timeline


def _open(source: UUID, **more: str) -> c.Open:
    fields = {"call": "hn-2025", "direction": "L-V", "unit": UNIT.code} | more
    return c.Open(application_id=uuid7(), copy_from=source, **fields)


def _withdrawn(house: House) -> UUID:
    source = house.filled()
    house.do("admin", c.Withdraw(application_id=source, reason="战略调整"))
    return source


def test_a_withdrawn_application_lends_its_answers_and_no_files(house: House) -> None:
    source = _withdrawn(house)
    command = _open(source)
    house.do("editor", command)
    old, new = house.application(source), house.application(command.application_id)
    assert plain(new.answers) == plain(old.answers)
    assert (new.copied_from, new.not_copied, new.attachments, new.commitments) == (str(source), (), {}, {})
    assert set(new.section_versions.values()) == {1}


def test_with_what_a_draft_began_is_its_units_affair(house: House, api: Api) -> None:
    source = _withdrawn(house)
    draft = _open(source)
    house.do("editor", draft)
    application, facts = house.handling.history(draft.application_id, house.actor("editor"))
    readers = {
        who: view_of(house.actor(who), application)
        for who in ("editor", "admin", "yuelu-head", "clerk", "lead", "expert-1", "auditor")
    }
    told = {who: timeline(facts, view, lambda _: {})[0].summary for who, view in readers.items()}
    assert {who for who, summary in told.items() if str(source) in str(summary)} == {"editor", "admin", "auditor"}
    assert all(summary["number"] == application.number for summary in told.values())


def test_personal_values_lie_under_the_new_applications_own_keys(house: House) -> None:
    source = _withdrawn(house)
    command = _open(source)
    house.do("editor", command)
    with house.store.reading() as db:
        stream = house.store.stream_in(db, f"application-{command.application_id}")
    assert all("沈岳" not in event.payload and "林婉清" not in event.payload for event in stream)


def test_a_name_given_at_once_goes_before_the_copied_one(house: House) -> None:
    source = _withdrawn(house)
    command = c.Open(
        application_id=uuid7(), call="hn-2025", direction="L-V", unit=UNIT.code, project_name="新项目", copy_from=source
    )
    house.do("editor", command)
    answers = plain(house.application(command.application_id).answers)
    assert (answers["project_name"], answers["unit_name"]) == ("新项目", "湖南岳麓智模科技有限公司")


@pytest.mark.parametrize("whose", ["another's", "nobody's"])
def test_another_units_application_is_as_good_as_none(house: House, whose: str) -> None:
    source = house.filled("wenqu-", OTHER_UNIT) if whose == "another's" else uuid7()
    house.at("2025-11-13 10:00")
    command = _open(source)
    with pytest.raises(Refused) as refused:
        house.do("editor", command)
    assert [(one.code, dict(one.params)) for one in refused.value.refusals] == [("NOT_FOUND", {})]
    assert house.application(command.application_id).stage is None


def test_over_the_api_too(house: House, api: Api) -> None:
    source = _withdrawn(house)
    body = {"call": "hn-2025", "direction": "L-V", "unit": UNIT.code, "copy_from": str(source)}
    answer = api.ask("editor", "POST", "/applications", body)
    assert answer.status_code == 201
    assert answer.json["not_copied"] == []
    assert answer.json["section_versions"]["unit"] == 1
    foreign = house.filled("wenqu-", OTHER_UNIT)
    told = [api.ask("editor", "POST", "/applications", {**body, "copy_from": str(one)}) for one in (foreign, uuid7())]
    assert [one.status_code for one in told] == [404, 404]
    assert told[0].json == told[1].json
