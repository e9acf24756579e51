"""A wish is carried into the log in one transaction, on facts gathered inside it."""

from uuid import uuid4

import pytest
from sqlalchemy import event, select, text

from eventstore.refusal import Refused
from tests.workflow.house import UNIT, YUHUA_UNIT, House
from workflow import commands as c
from workflow.events import ReturnItem
from workflow.stages import Stage
from workflow.worklist import applications


def test_an_application_travels_from_draft_to_the_province(house: House) -> None:
    application = house.recommended()
    stands = house.application(application)
    assert stands.stage is Stage.CITY_RECOMMENDED
    assert stands.number == "HN-AI-2025-0001"
    assert [step.body for step in stands.route] == ["430104", "430100", "43"]


def test_the_result_says_what_stands_now(house: House) -> None:
    application = house.sealed()
    outcome = house.do("yuelu-head", house.recommend(application), "2025-11-26 10:00")
    assert outcome.result["stage"] == "county_recommended"
    assert outcome.result["events"] == ["application.recommended"]
    assert outcome.result["version"] == outcome.version == house.application(application).version


def test_the_same_key_is_the_same_application(house: House) -> None:
    house.at("2025-11-03 09:00")
    first, second = (
        house.do(
            "editor",
            c.Open(application_id=uuid4(), call="hn-2025", direction="L-V", unit=UNIT.code),
            command_id="k-1",
            fingerprint=b"same",
        )
        for _ in range(2)
    )
    assert second.replayed
    assert second.result["id"] == first.result["id"]


def test_numbers_follow_each_other(house: House) -> None:
    numbers = [house.application(house.open()).number for _ in range(3)]
    assert numbers == ["HN-AI-2025-0001", "HN-AI-2025-0002", "HN-AI-2025-0003"]


def test_a_bureau_of_another_region_learns_only_that_it_is_not_its_own(house: House) -> None:
    application = house.sealed()
    assert house.refused("yuhua-head", house.recommend(application), "2025-11-25 10:00") == {"WRONG_BUREAU"}


def test_a_draft_is_nobodys_but_its_units(house: House) -> None:
    application = house.filled()
    for who in ("yuhua-head", "yuelu-head", "clerk", "wenqu-admin", "expert-1"):
        assert house.refused(who, c.Withdraw(application_id=application, reason="x")) == {"NOT_FOUND"}


def test_a_foreign_application_answers_like_a_missing_one(house: House) -> None:
    application = house.sealed()
    for there in (application, uuid4()):
        assert house.refused("wenqu-admin", c.Recall(application_id=there)) == {"NOT_FOUND"}


def test_whoever_was_slower_is_told_which_event_won_whose_and_when(house: House) -> None:
    application = house.sealed()
    house.do("admin", c.Recall(application_id=application), "2025-11-21 10:00")
    with pytest.raises(Refused) as refused:
        house.do("yuelu-head", house.recommend(application), "2025-11-21 10:01")
    params = refused.value.refusals[0].params
    assert refused.value.refusals[0].code == "WRONG_STAGE"
    assert params["event"] == "application.recalled"
    assert params["by"] == "周砚舟"
    assert str(params["at"]).startswith("2025-11-21T02:00")


def test_the_slot_of_a_withdrawn_application_is_free_again(house: House) -> None:
    application = house.recommended()
    assert house.application(application).recommendations[1].slot == 1
    house.do("admin", c.Withdraw(application_id=application, reason="不再申报"))
    table = applications()
    with house.store.reading() as db:
        assert db.execute(select(table.c.city_list, table.c.city_slot)).all() == [(None, None)]


def test_metadata_names_definition_workflow_and_trigger(house: House) -> None:
    application = house.sealed()
    notes = house.store.read_stream(f"application-{application}")[-1].notes
    assert notes["trigger"] == "seal"
    assert notes["workflow"]
    assert notes["definition"] == house.application(application).definition_digest


def test_the_clock_ends_what_is_overdue_and_nothing_else(house: House) -> None:
    overdue, sealed = house.open(), house.sealed("guanlan-", YUHUA_UNIT)
    house.at("2025-11-28 16:59")
    assert house.handling.lapse_due() == 0
    house.at("2025-11-28 17:01")
    assert house.handling.lapse_due() == 1
    assert house.application(overdue).stage is Stage.LAPSED
    assert house.application(sealed).stage is Stage.UNIT_SEALED
    assert house.handling.lapse_due() == 0


def test_a_return_lapses_at_its_own_midnight(house: House) -> None:
    application = house.sealed()
    item = ReturnItem(kind="attachment", id="L-4", reason="2024 tax proof lacks page 2")
    house.do("yuelu-clerk", c.ReturnForCorrection(application_id=application, items=(item,)), "2025-11-26 10:00")
    house.at("2025-12-01 23:59")
    assert house.handling.lapse_due() == 0
    house.at("2025-12-02 00:00")
    assert house.handling.lapse_due() == 1
    assert house.application(application).stage is Stage.LAPSED


def test_a_transition_takes_few_statements(house: House) -> None:
    application = house.sealed()
    wish = house.recommend(application)
    house.at("2025-11-26 10:00")
    counted: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    house.do("yuelu-head", wish)
    assert len(counted) <= 12, counted


def test_actions_answer_as_the_command_would(house: House) -> None:
    application = house.sealed()
    house.at("2025-11-25 10:00")
    found = {action.trigger: action for action in house.handling.actions(application, house.actor("yuelu-head"))}
    assert found["recommend"].open
    assert found["recommend"].entered is Stage.COUNTY_RECOMMENDED
    assert "seal" not in found


def test_personal_answers_never_reach_the_log(house: House) -> None:
    house.filled()
    with house.store.reading() as db:
        payloads = " ".join(db.execute(text("SELECT payload FROM events WHERE stream LIKE 'application-%'")).scalars())
    assert "沈岳" not in payloads
    assert "岳麓工程机械运维大模型" in payloads
