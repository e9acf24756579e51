"""Who else is in a draft: there while they are, forgotten by themselves, and nobody else's business."""

from datetime import timedelta

import migrations
from tests.scenario import at
from tests.workflow.house import House
from workflow import presence

NOW = at("2025-11-05 10:00")


def test_whoever_opens_a_part_is_there_until_they_are_not(house: House) -> None:
    with house.store.begin() as db:
        presence.seen(db, "A", "lin", "unit", NOW)
        presence.seen(db, "A", "shen", "cover", NOW + timedelta(seconds=10))
        presence.seen(db, "A", "lin", "model", NOW + timedelta(seconds=20))
        presence.seen(db, "B", "zhou", "unit", NOW)
    with house.store.reading() as db:
        there = presence.others(db, "A", "shen", NOW + timedelta(seconds=30))
        assert [(one.person, one.section) for one in there] == [("lin", "model")]
        assert presence.others(db, "A", "shen", NOW + timedelta(seconds=111)) == []


def test_whoever_has_gone_is_forgotten(house: House) -> None:
    with house.store.begin() as db:
        presence.seen(db, "A", "lin", "unit", NOW)
        presence.seen(db, "B", "zhou", "unit", NOW + timedelta(seconds=91))
        assert db.execute(presence.presence.select()).scalars().all() == ["B"]


def test_a_clock_set_back_keeps_nobody_there(house: House) -> None:
    with house.store.begin() as db:
        presence.seen(db, "A", "lin", "unit", NOW + timedelta(days=1))
        assert presence.others(db, "A", "shen", NOW) == []


def test_the_table_goes_and_comes(house: House) -> None:
    migrations.downgrade(house.engine, "0005")
    migrations.upgrade(house.engine)
    with house.store.begin() as db:
        presence.seen(db, "A", "lin", "unit", NOW)
        assert [one.person for one in presence.others(db, "A", "shen", NOW)] == ["lin"]


def test_presence_is_no_event(house: House) -> None:
    draft = house.open()
    before = house.application(draft).version
    with house.store.begin() as db:
        presence.seen(db, str(draft), "lin", "unit", NOW)
    assert house.application(draft).version == before
