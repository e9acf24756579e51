"""The figures of a call are those that anybody counts from its log by hand; built anew they are the same."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select

from eventstore.event import Fact, microseconds
from eventstore.facts import reading
from eventstore.projection import at_revision, of_revision
from eventstore.rebuild import rebuild
from tests.browser.site import sqlite_house
from tests.scenario import PROVINCE_CLERK, at
from tests.workflow.awarded import paid_out
from tests.workflow.by_hand import counted_by_hand, told_by
from tests.workflow.house import OTHER_UNIT, YUHUA_UNIT, House
from tests.workflow.test_pages_lists import statements
from workflow import commands as c
from workflow import events as e
from workflow import schema, worklist
from workflow.events import ReturnItem
from workflow.projections import kept
from workflow.stages import Stage
from workflow.survey import Survey, survey
from workflow.tallies import Tallies

CALL = "hn-2025"
ITEMS = (
    ReturnItem(kind="attachment", id="L-4", reason="page 2"),
    ReturnItem(kind="attachment", id="L-4", reason="page 3"),
    ReturnItem(kind="field", id="project_name", reason="too long"),
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


def seen(house: House, who: str = "clerk", when: str = "2026-03-01 09:00") -> Survey:
    house.handling.catch_up()
    with house.store.reading() as db:
        return survey(db, house.actor(who), CALL, microseconds(at(when)))


def played(house: House) -> None:
    """One on public notice, one returned and handed in again, one recalled to a draft, one that was never sealed."""
    house.noticed()
    returned = house.sealed("guanlan-", YUHUA_UNIT)
    house.do("yuhua-clerk", c.ReturnForCorrection(application_id=returned, items=ITEMS), "2026-01-04 10:00")
    recalled = house.sealed("wenqu-", OTHER_UNIT)
    house.do("wenqu-admin", c.Recall(application_id=recalled))
    house.open()


def facts_of(house: House) -> list[Fact]:
    with house.store.begin() as db:
        read = reading(house.dispatcher.codec, house.dispatcher.personal)
        return read(db, house.store.all_in(db, limit=10_000), revealed=False)


def test_the_figures_are_those_counted_from_the_log_by_hand(house: House) -> None:
    played(house)
    paid_out(house, nth=50)
    found = seen(house)
    assert told_by(found) == counted_by_hand(facts_of(house), CALL)
    assert [(flow.source, flow.dest) for flow in found.flows if flow.back] == [
        (Stage.UNIT_SEALED, Stage.DRAFT),
        (Stage.UNIT_SEALED, Stage.RETURNED),
    ]


def test_time_is_counted_where_it_was_spent_and_held_against_its_deadline(house: House) -> None:
    application = house.sealed()  # minutes of slack everywhere: the clock goes on while the test does
    house.do("yuelu-head", house.recommend(application), "2025-11-26 11:00")
    house.do("changsha-head", house.recommend(application, "长工信函〔2025〕7号", rank=2), "2025-12-10 10:00")
    returned = house.sealed("guanlan-", YUHUA_UNIT)
    house.do("yuhua-clerk", c.ReturnForCorrection(application_id=returned, items=ITEMS), "2025-11-24 23:00")
    stays = {(stay.stage, stay.office): stay for stay in seen(house, when="2025-12-12 11:00").stays}
    county = stays[Stage.UNIT_SEALED, "430104"]
    assert (county.ended, county.tenths, county.in_time, county.late, county.running) == (1, 60, 1, 0, 0)
    yuhua = stays[Stage.UNIT_SEALED, "430111"]
    assert (yuhua.ended, yuhua.tenths) == (1, 45)
    province = stays[Stage.CITY_RECOMMENDED, "43"]
    assert (province.ended, province.running, province.running_tenths) == (0, 1, 20)
    unit = stays[Stage.DRAFT, "unit"]
    assert (unit.ended, unit.in_time) == (2, 2)
    assert stays[Stage.RETURNED, "unit"].running == 1


def test_nobody_is_late_who_waited_for_the_end_of_the_notice(house: House) -> None:
    application = house.noticed()
    house.do("lead", c.Award(application_id=application, document_number="湘工信〔2026〕1号"), "2026-01-12 10:00")
    house.do("finance", c.Award(application_id=application))
    stays = {(stay.stage, stay.office): stay for stay in seen(house).stays}
    waited = stays[Stage.PUBLIC_NOTICE, "43"]
    assert (waited.ended, waited.in_time, waited.late) == (1, 0, 0)
    assert stays[Stage.PUBLIC_NOTICE, "finance"].ended == 1


def test_a_return_counts_each_listed_thing_once(house: House) -> None:
    returned = house.sealed("guanlan-", YUHUA_UNIT)
    house.do("yuhua-clerk", c.ReturnForCorrection(application_id=returned, items=ITEMS), "2025-11-24 22:00")
    causes = [(cause.kind, cause.item, cause.stage, cause.times) for cause in seen(house).causes]
    assert causes == [
        ("attachment", "L-4", Stage.UNIT_SEALED, 1),
        ("field", "project_name", Stage.UNIT_SEALED, 1),
    ]


def test_a_draft_is_in_no_figure(house: House) -> None:
    house.filled()
    assert seen(house).empty
    assert not seen(house).now


def test_awards_and_money_stand_by_city_direction_and_month(house: House) -> None:
    application = paid_out(house)
    (award,) = seen(house).awards
    assert (award.city, award.direction, award.number, award.fen) == ("430100", "L-V", 1, 100_000_000)
    (month,) = seen(house).months
    assert (month.month, month.instructed, month.paid, month.planned) == ("2026-01", 100_000_000, 100_000_000, 0)
    wrong = c.Correct(
        application_id=application, bank_reference="20260122-001", on=date(2025, 12, 31), reason="录入有误"
    )
    house.do("finance", wrong, "2026-02-02 10:00")
    house.do("lead", c.ConfirmCorrection(application_id=application, accepted=True))
    december, january = seen(house).months
    assert (december.month, december.paid) == ("2025-12", 100_000_000)
    assert (january.month, january.paid, january.instructed) == ("2026-01", 0, 100_000_000)


def test_a_new_plan_takes_the_place_of_what_was_not_instructed() -> None:
    from tests.scenario import AWARDED, ON_NOTICE
    from workflow.tallying import Tallied, What, counted

    def plan(*parts: tuple[int, date]) -> e.TranchesPlanned:
        return e.TranchesPlanned(parts=tuple(e.PlannedTranche(amount_fen=fen, due_on=day) for fen, day in parts))

    state, planned = Tallied(), Counter[str]()
    first, second = plan((30, date(2026, 2, 1)), (70, date(2026, 5, 1))), plan((100, date(2026, 6, 1)))
    cancelled = e.AwardCancelled(entered=Stage.AWARD_CANCELLED, reason_code="X", decision_number="1")
    awards = 0
    from tests.scenario import call_of_2025

    for event in (*ON_NOTICE, AWARDED, first, second):
        for count in counted(state, event, microseconds(at("2026-01-20 09:00")), call_of_2025()):
            awards += count.times if count.what is What.AWARD else 0
            planned[count.other] += count.amount if count.one == "planned" else 0
    assert (awards, +planned) == (1, {"2026-06": 100})
    for count in counted(state, cancelled, microseconds(at("2026-01-21 09:00")), call_of_2025()):
        awards += count.times if count.what is What.AWARD else 0
        planned[count.other] += count.amount if count.one == "planned" else 0
    assert (awards, +planned) == (0, {})


def test_a_bureau_counts_its_own_region_and_a_unit_nothing(house: House) -> None:
    played(house)
    assert seen(house, "yuhua-head").now == {Stage.RETURNED: 1}
    assert {stay.office for stay in seen(house, "yuhua-head").stays} == {"unit", "430111"}
    assert sum(seen(house, "yuelu-head").now.values()) == 2
    assert sum(seen(house, "changsha-head").now.values()) == 3
    assert seen(house, "admin").empty


def test_behind_each_figure_are_as_many_applications_as_it_counts(house: House) -> None:
    played(house)
    paid_out(house, nth=50)

    def behind(*figure: str) -> int:
        with house.store.reading() as db:
            return len(worklist.page(db, PROVINCE_CLERK, worklist.Question(call=CALL, behind=figure)).items)  # type: ignore[arg-type]

    found = seen(house)
    for one in found.funnel:
        assert behind("reached", one.stage, "") == one.reached
    for flow in found.flows:
        assert behind("flow", flow.source, flow.dest) == flow.times
    for cause in found.causes:
        assert behind("cause", f"{cause.kind}/{cause.item}", cause.stage) == cause.times


def test_both_databases_count_alike(engine: Engine, tmp_path: Path) -> None:
    house = House(engine, tmp_path / "files")
    house.recommended()
    found = seen(house, "yuelu-head", "2025-12-12 11:00")
    assert found.now == {Stage.CITY_RECOMMENDED: 1}
    assert [(stay.office, stay.ended, stay.running, stay.running_tenths) for stay in found.stays] == [
        ("unit", 1, 0, 0),
        ("430104", 1, 0, 0),
        ("430100", 1, 0, 0),
        ("43", 0, 1, 20),
    ]
    with house.store.reading() as db:
        question = worklist.Question(behind=("flow", "draft", "unit_sealed"), city="430100")
        assert len(worklist.page(db, house.actor("yuelu-head"), question).items) == 1


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_built_anew_they_are_what_was_kept(house: House, size: int) -> None:
    played(house)
    paid_out(house, nth=50)
    house.handling.catch_up()
    projection = next(each for each in kept(house.desk.catalogue) if isinstance(each, Tallies))
    anew, facts = at_revision(projection, 9), facts_of(house)
    with house.store.begin() as db:
        anew.create(db)
        for start in range(0, len(facts), size):
            anew.apply(db, facts[start : start + size])
        for declared in (schema.tallied, schema.tallies, schema.tally_traces):
            live, built = (
                sorted(map(tuple, db.execute(select(each.table(declared))).all()), key=repr)
                for each in (projection, anew)
            )
            assert live == built
            assert live


def test_the_parts_of_the_applications_add_up_to_the_figure(house: House) -> None:
    played(house)
    house.handling.catch_up()
    tallies, traces = (of_revision(table, Tallies.revision) for table in (schema.tallies, schema.tally_traces))

    def sums(table: Any) -> list[Any]:
        keys = (table.c.what, table.c.one, table.c.other)
        with house.store.reading() as db:
            query = select(*keys, func.sum(table.c.times)).where(table.c.what.not_in(["now", "running"]))
            return list(map(tuple, db.execute(query.group_by(*keys).order_by(*keys))))

    assert sums(tallies) == sums(traces)


def test_no_command_waits_for_a_figure(house: House) -> None:
    """They are kept beside the commands, and brought up before they are read (decision 0028)."""
    application = house.sealed()
    house.handling.catch_up()
    with statements(house.engine) as asked:
        house.do("yuelu-head", house.recommend(application), "2025-11-26 10:00")
    assert not [each for each in asked if "tall" in each]
    assert seen(house, "yuelu-head").now == {Stage.COUNTY_RECOMMENDED: 1}
    assert house.handling.catch_up() == 0


def test_of_those_who_bring_them_up_at_once_each_event_counts_once(engine: Engine, tmp_path: Path) -> None:
    house = House(engine, tmp_path / "files")
    played(house)
    with ThreadPoolExecutor(4) as pool:
        gone = list(pool.map(lambda _: house.handling.catch_up(), range(4)))
    assert sum(gone) == house.store.head_position()
    assert told_by(seen(house)) == counted_by_hand(facts_of(house), CALL)


def test_a_rebuild_finds_them_as_they_are_and_mends_them_where_they_are_not(house: House) -> None:
    played(house)
    projection = next(each for each in house.projections if isinstance(each, Tallies))
    read = reading(house.dispatcher.codec, house.dispatcher.personal)
    assert rebuild(house.store, read, projection).equal is True
    before = seen(house)
    with house.store.begin() as db:
        db.execute(delete(projection.table(schema.tallies)))
    assert rebuild(house.store, read, projection, repair=False).equal is False
    assert rebuild(house.store, read, projection).equal is False
    assert seen(house) == before
    assert house.handling.catch_up() == 0
