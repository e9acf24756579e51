"""A unit is barred by a decision for a time, and free again when it ends or is lifted (T38)."""

from dataclasses import replace
from datetime import date

import pytest

from directory.bars import LONGEST_YEARS
from directory.unit import Bar, UnitCode
from eventstore.event import RecordedEvent
from eventstore.refusal import Refused
from tests.directory.house import UNIT, House, asked

BAR = Bar(
    reason="申报材料弄虚作假",
    decision_number="湘工信罚〔2025〕3号",
    starts=date(2025, 10, 1),
    until=date(2028, 9, 30),
)
SISTERS = ("91430104MAXTE5U20F", "91430104MAXTE5U39C")


def refused(house: House, code: str, bar: Bar) -> set[str]:
    with pytest.raises(Refused) as refusal:
        house.register.bar_unit(asked(), code, bar)
    return {f"{one.code} {one.params.get('field', '')}".strip() for one in refusal.value.refusals}


def types(house: House) -> list[str]:
    with house.store.reading() as db:
        recorded: list[RecordedEvent] = house.store.stream_in(db, f"unit-{UNIT.code}")
    return [event.type.removeprefix("directory.") for event in recorded]


def test_a_bar_stands_until_it_is_lifted(house: House) -> None:
    house.register.register_unit(asked(), UNIT)
    house.register.bar_unit(asked(), UNIT.code, BAR)
    house.register.bar_unit(asked(), UNIT.code, BAR)
    with house.directory() as directory:
        barred = directory.unit(UNIT.code)
    assert barred is not None
    assert barred.bar == BAR
    house.register.unbar_unit(asked(), UNIT.code, "已经整改", "湘工信〔2026〕9号")
    house.register.unbar_unit(asked(), UNIT.code, "已经整改", "湘工信〔2026〕9号")
    with house.directory() as directory:
        assert directory.unit(UNIT.code) == UNIT
    assert types(house) == ["unit_registered", "unit_barred", "unit_unbarred"]


def test_the_newest_decision_holds_and_a_registration_lifts_nothing(house: House) -> None:
    house.register.register_unit(asked(), UNIT)
    house.register.bar_unit(asked(), UNIT.code, BAR)
    shorter = Bar(reason="减轻", decision_number="湘工信罚〔2025〕4号", starts=BAR.starts, until=date(2026, 9, 30))
    house.register.bar_unit(asked(), UNIT.code, shorter)
    house.register.register_unit(asked(), UNIT)
    with house.directory() as directory:
        found = directory.unit(UNIT.code)
    assert found is not None
    assert found.bar == shorter
    assert types(house) == ["unit_registered", "unit_barred", "unit_barred"]


def test_a_bar_needs_a_known_unit_a_reason_a_decision_and_a_period_that_the_law_allows(house: House) -> None:
    nothing = Bar(reason=" ", decision_number="", starts=date(2025, 10, 1), until=date(2025, 9, 30))
    assert refused(house, UNIT.code, nothing) == {
        "UNIT_UNKNOWN",
        "REQUIRED reason",
        "REQUIRED decision_number",
        "BELOW_MIN until",
    }
    house.register.register_unit(asked(), UNIT)
    over = Bar(reason="甲", decision_number="乙", starts=BAR.starts, until=date(2025 + LONGEST_YEARS, 10, 1))
    assert refused(house, UNIT.code, over) == {"ABOVE_MAX until"}
    long = Bar(reason="甲" * 1001, decision_number="乙", starts=BAR.starts, until=BAR.until)
    assert refused(house, UNIT.code, long) == {"FIELD_TOO_LONG reason"}
    leap = Bar(reason="甲", decision_number="乙", starts=date(2024, 2, 29), until=date(2027, 2, 28))
    house.register.bar_unit(asked(), UNIT.code, leap)


def test_kin_are_the_units_under_one_controller_whichever_is_asked(house: House) -> None:
    root = UNIT
    one, other = (replace(UNIT, code=UnitCode(code), group_root=root.code) for code in SISTERS)
    alone = replace(UNIT, code=UnitCode("91430102MAXTE5X09P"))
    for unit in (root, one, other, alone):
        house.register.register_unit(asked(), unit)
    everybody = sorted((root.code, one.code, other.code))
    with house.directory() as directory:
        assert {code: [unit.code for unit in directory.kin(code)] for code in everybody} == dict.fromkeys(
            everybody, everybody
        )
        assert [unit.code for unit in directory.kin(alone.code)] == [alone.code]
        assert directory.kin("91430103MAXTE5X08N") == []
