"""Lists: each sees what is theirs, soonest due first, a page at a time, and a page past the end is empty."""

from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest
from sqlalchemy import insert, select

from directory.actor import Actor, Grant, Role
from directory.policy import visible_to
from eventstore.refusal import Malformed
from tests.workflow.house import House
from workflow.schema import NEVER
from workflow.stages import Stage
from workflow.standing import Row
from workflow.worklist import Page, Question, applications, counts, cursor, page, place

COUNTIES = ("430104", "430111", "430202", "441900401")
PROVINCE = Actor("p", "p", (Grant(Role.PROVINCE_CLERK, "43"),))
CITY = Actor("c", "c", (Grant(Role.BUREAU_HEAD, "430100"),))
COUNTY = Actor("y", "y", (Grant(Role.BUREAU_HEAD, "430104"),))
TOWN = Actor("t", "t", (Grant(Role.BUREAU_HEAD, "441900401"),))
OTHER_TOWN = Actor("o", "o", (Grant(Role.BUREAU_HEAD, "441900402"),))
ABOVE = Actor("a", "a", (Grant(Role.BUREAU_HEAD, "441900"),))
ZONE = Actor("z", "z", (Grant(Role.BUREAU_CLERK, "430190"),))
UNIT = Actor("u", "u", (Grant(Role.UNIT_EDITOR, "U-1"), Grant(Role.UNIT_ADMIN, "U-2")))
NOBODY = Actor("n", "n", (Grant(Role.OPERATOR, "43"),))
EVERYBODY = (PROVINCE, CITY, COUNTY, TOWN, OTHER_TOWN, ABOVE, ZONE, UNIT, NOBODY)


def made(number: int) -> Row:
    region, sealed = COUNTIES[number % 4], number % 3 != 0
    return Row(
        f"{number:04}",
        call="hn-2025",
        number=f"HN-{number:04}",
        serial=number,
        programme="L",
        lead_unit=f"U-{number % 7}",
        unit_name=f"单位{number % 5}%_",
        project_name=f"项目{number}",
        stage="unit_sealed" if sealed else "draft",
        holder=region if sealed else f"U-{number % 7}",
        region=region,
        county=region if sealed else "",
        city=region[:4] + "00" if sealed else "",
        province=region[:2] if sealed else "",
        zone="430190" if sealed and number % 11 == 0 else "",
        due_at=NEVER if number % 10 == 0 else 1_000 + number // 8,
    )


@pytest.fixture
def rows(house: House) -> list[Row]:
    some = [made(number) for number in range(1, 200)]
    with house.store.begin() as db:
        db.execute(insert(applications()), [asdict(row) for row in some])
    return some


def pages(house: House, actor: Actor, question: Question) -> Iterator[Page]:
    with house.store.reading() as db:
        while True:
            found = page(db, actor, question)
            yield found
            if found.after is None:
                return
            question = replace(question, after=found.after)


def covered(actor: Actor, row: Row) -> bool:
    zones = tuple(zone for zone in (row.zone, row.second_zone) if zone)
    return visible_to(actor).covers(county=row.region, sealed=bool(row.province), units=(row.lead_unit,), route=zones)


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.id)
def test_the_query_sees_what_the_policy_covers(house: House, rows: list[Row], actor: Actor) -> None:
    expected = sorted((row.due_at, row.id) for row in rows if covered(actor, row))
    found = [item for one in pages(house, actor, Question(limit=7)) for item in one.items]
    assert [(NEVER if item.due_at is None else item.due_at, item.id) for item in found] == expected
    with house.store.reading() as db:
        for row in rows[:30]:
            stands = place(db, actor, row.id)
            assert stands is not None
            assert stands.visible is covered(actor, row)
        assert place(db, actor, "none") is None


def test_mine_is_what_waits_for_me(house: House, rows: list[Row]) -> None:
    for actor, holders in ((COUNTY, {"430104"}), (UNIT, {"U-1", "U-2"}), (PROVINCE, {"43"}), (NOBODY, set[str]())):
        found = {item.id for one in pages(house, actor, Question(mine=True, limit=9)) for item in one.items}
        assert found == {row.id for row in rows if row.holder in holders}


def test_a_page_past_the_end_is_empty(house: House, rows: list[Row]) -> None:
    with house.store.reading() as db:
        assert page(db, PROVINCE, Question(after=cursor(NEVER, "zzzz"))) == Page()


@pytest.mark.parametrize("after", ["", "nonsense", "!!!", "LTEuYQ", "é"])
def test_a_cursor_that_is_not_ours_is_malformed(house: House, after: str) -> None:
    with house.store.reading() as db, pytest.raises(Malformed) as malformed:
        page(db, PROVINCE, Question(after=after))
    assert malformed.value.faults[0].field == "after"


@pytest.mark.parametrize(
    ("search", "of"),
    [
        ("HN-001", "number"),
        ("单位1", "unit_name"),
        ("项目12", "project_name"),
        ("%", "number"),
        ("单位1%", "unit_name"),
    ],
)
def test_search_is_by_the_beginning_and_nothing_in_it_is_a_pattern(
    house: House, rows: list[Row], search: str, of: str
) -> None:
    with house.store.reading() as db:
        found = {item.id for item in page(db, PROVINCE, Question(search=search, limit=100)).items}
    assert found == {row.id for row in rows if covered(PROVINCE, row) and getattr(row, of).startswith(search)}


def test_tabs_are_counted_in_one_answer(house: House, rows: list[Row]) -> None:
    with house.store.reading() as db:
        found = counts(db, UNIT, Question())
    mine = [row for row in rows if covered(UNIT, row)]
    assert found == {stage: sum(row.stage == stage for row in mine) for stage in (Stage.DRAFT, Stage.UNIT_SEALED)}


def test_a_page_of_one_stage_holds_only_that_stage(house: House, rows: list[Row]) -> None:
    with house.store.reading() as db:
        found = page(db, UNIT, Question(stages=(Stage.DRAFT,), limit=100)).items
        assert {item.stage for item in found} == {"draft"}
        assert db.execute(select(applications().c.id)).all()


def test_page_ninety_five_walks_the_same_index_as_page_one(house: House, rows: list[Row]) -> None:
    if house.engine.dialect.name != "sqlite":
        return
    with house.store.reading() as db:
        table = applications().name
        sql = f"EXPLAIN QUERY PLAN SELECT id FROM {table} WHERE holder = 'x' AND (due_at, id) > (5, 'a') ORDER BY due_at, id LIMIT 51"
        plan = " ".join(str(row) for row in db.exec_driver_sql(sql))
    assert "applications_held" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("column", ["county", "city", "province", "zone", "second_zone", "holder"])
def test_a_stage_in_somebodys_sight_is_found_by_one_index_in_its_order(
    house: House, rows: list[Row], column: str
) -> None:
    if house.engine.dialect.name != "sqlite":
        return
    table = applications().name
    with house.store.begin() as db:
        db.exec_driver_sql("ANALYZE")
        scope = f"{column} = 'x'" + (f" AND {column} <> ''" if column.endswith("zone") else "")
        sql = (
            f"EXPLAIN QUERY PLAN SELECT id FROM {table} WHERE {scope} AND stage = 'draft' ORDER BY due_at, id LIMIT 51"
        )
        plan = " ".join(str(row) for row in db.exec_driver_sql(sql))
    name = "applications_held_stage" if column == "holder" else f"applications_{column}_stage"
    assert f"{name}_r" in plan
    assert "TEMP B-TREE" not in plan
