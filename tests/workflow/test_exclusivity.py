"""One project a year of a unit, one unit of a group: as constraints in the transaction of the seal (A-23, A-24)."""

import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from directory.register import Register
from directory.unit import Bar
from eventstore.engine import open_engine
from eventstore.facts import reading
from eventstore.rebuild import rebuild
from eventstore.refusal import Refused
from service.world import UNITS
from tests.workflow.exclusive import PREFIXES, ROOT, Exclusive, console
from workflow import commands as c
from workflow.events import UnitSealed
from workflow.exceptions import exceptions
from workflow.places import places, standing_claims

ONE, GROUP = {"ONE_PROJECT_PER_YEAR"}, {"GROUP_ALREADY_APPLIED"}
FIRST, SISTER, THIRD = 0, 1, 2


@pytest.fixture
def house(engine: Engine, tmp_path: Path) -> Exclusive:
    return Exclusive(engine, tmp_path / "files")


def withdraw(house: Exclusive, number: int, application: UUID) -> None:
    house.do(f"{PREFIXES[number]}admin", c.Withdraw(application_id=application, reason="不再申报"))


def recall(house: Exclusive, number: int, application: UUID) -> None:
    house.do(f"{PREFIXES[number]}admin", c.Recall(application_id=application))


def rows(house: Exclusive) -> set[tuple[str, str, str, int]]:
    table = places()
    with house.store.reading() as db:
        found = db.execute(select(table.c.per, table.c.key, table.c.exception, table.c.claims))
        return {(per, key, exception, claims) for per, key, exception, claims in found}


def refusals(house: Exclusive, who: str, command: c.Command) -> dict[str, dict[str, Any]]:
    with pytest.raises(Refused) as refused:
        house.do(who, command)
    return {refusal.code: dict(refusal.params) for refusal in refused.value.refusals}


@pytest.mark.rule("R-251", "R-276")
def test_a_unit_has_one_project_a_year(house: Exclusive) -> None:
    """「同一申报主体同一年度原则上只能申报一个项目」: sealed counts, a draft does not."""
    first, second = house.draft(FIRST), house.draft(FIRST)
    assert house.seal(FIRST, first) == set()
    assert house.seal(FIRST, second) == ONE
    withdraw(house, FIRST, first)
    assert house.seal(FIRST, second) == set()


@pytest.mark.rule("R-253", "R-276")
def test_a_group_has_one_unit_that_applies(house: Exclusive) -> None:
    """「集团性质企（事）业单位，集团或下属单位只能有一家主体进行申报」: by the register, by the form, whichever says so."""
    first, sister = house.draft(FIRST), house.draft(SISTER)
    declaring, silent = house.draft(THIRD, controller_code=ROOT), house.draft(THIRD)
    assert house.seal(FIRST, first) == set()
    assert house.seal(SISTER, sister) == GROUP
    assert house.seal(THIRD, declaring) == GROUP
    assert house.seal(THIRD, silent) == set()
    recall(house, FIRST, first)
    assert house.seal(SISTER, sister) == set()
    assert house.seal(FIRST, first) == GROUP


@pytest.mark.rule("R-253")
def test_the_root_itself_is_of_its_group(house: Exclusive) -> None:
    """The third unit is the controller that the first two name."""
    root = UNITS[THIRD]
    for unit in UNITS[:2]:
        house.register(replace(unit, group_root=root.code))
    sister, controller = house.draft(SISTER), house.draft(THIRD)
    assert house.seal(THIRD, controller) == set()
    assert house.seal(SISTER, sister) == GROUP


def test_the_refusal_says_nothing_about_the_other(house: Exclusive) -> None:
    first, sister = house.draft(FIRST), house.draft(SISTER)
    house.seal(FIRST, first)
    found = refusals(house, "wenqu-admin", c.Seal(application_id=sister))
    assert found == {"GROUP_ALREADY_APPLIED": {}}
    shown = [a for a in house.handling.actions(sister, house.actor("wenqu-admin")) if a.trigger == "seal"]
    assert [refusal.params for refusal in shown[0].refusals if refusal.code in GROUP] == [{}]
    other = house.application(first)
    assert not any(secret in repr(shown) for secret in (other.id, other.number, other.lead_unit, other.unit_name))


def test_what_lapses_frees_its_place_and_what_is_returned_keeps_it(house: Exclusive) -> None:
    """A-23: sealed and not withdrawn, lapsed, or returned and lapsed."""
    first, sister = house.draft(FIRST), house.draft(SISTER)
    house.seal(FIRST, first)
    item = c.ReturnItem(kind="field", id="unit_profile", reason="补充", material=False)
    house.do("yuelu-head", c.ReturnForCorrection(application_id=first, items=(item,)), "2025-11-24 10:00")
    assert house.seal(SISTER, sister, "2025-11-25 10:00") == GROUP
    changed = {"unit_profile": "专注工程机械行业大模型，已经补充。"}
    house.do("editor", c.SaveSection(application_id=first, section="unit", answers=changed))
    before = rows(house)
    house.do("admin", c.Resubmit(application_id=first))
    assert rows(house) == before
    house.do("yuelu-head", c.ReturnForCorrection(application_id=first, items=(item,)), "2025-11-26 10:00")
    house.at("2026-01-05 10:00")
    assert house.handling.lapse_due() >= 1
    assert rows(house) == set()


def test_an_exception_is_one_more_place_for_one_application(house: Exclusive) -> None:
    first, second, third = (house.draft(FIRST) for _ in range(3))
    assert house.seal(FIRST, first) == set()
    exception = house.grant(UNITS[FIRST].code)
    assert house.seal(FIRST, second) == set()
    sealed = [fact.event for fact in house.dispatcher.history(f"application-{second}")]
    assert [event.exception for event in sealed if isinstance(event, UnitSealed)] == [exception]
    assert house.seal(FIRST, third) == ONE
    withdraw(house, FIRST, second)
    assert house.seal(FIRST, third) == set()


def test_an_exception_for_a_group_lets_one_more_unit_in(house: Exclusive) -> None:
    first, sister, declaring = house.draft(FIRST), house.draft(SISTER), house.draft(THIRD, controller_code=ROOT)
    house.seal(FIRST, first)
    house.grant(ROOT)
    assert house.seal(SISTER, sister) == set()
    assert house.seal(THIRD, declaring) == GROUP
    house.grant(UNITS[THIRD].code)
    assert house.seal(THIRD, declaring) == set()


def test_the_second_project_of_a_unit_keeps_its_groups_place(house: Exclusive) -> None:
    """The group's one applicant may have two projects by exception; the place is free when the last is gone."""
    first, second, sister = house.draft(FIRST), house.draft(FIRST), house.draft(SISTER)
    house.seal(FIRST, first)
    house.grant(UNITS[FIRST].code)
    house.seal(FIRST, second)
    assert ("group", ROOT, "", 2) in rows(house)
    withdraw(house, FIRST, first)
    assert house.seal(SISTER, sister) == GROUP
    withdraw(house, FIRST, second)
    assert house.seal(SISTER, sister) == set()


def test_who_does_not_collide_uses_no_exception(house: Exclusive) -> None:
    exception = house.grant(UNITS[FIRST].code)
    first = house.draft(FIRST)
    house.seal(FIRST, first)
    house.take_back(exception)
    assert house.seal(FIRST, house.draft(FIRST)) == ONE


def test_an_exception_in_use_stays(house: Exclusive) -> None:
    first, second = house.draft(FIRST), house.draft(FIRST)
    house.seal(FIRST, first)
    exception = house.grant(UNITS[FIRST].code)
    house.seal(FIRST, second)
    with pytest.raises(Refused) as refused:
        house.take_back(exception)
    assert [refusal.code for refusal in refused.value.refusals] == ["EXCEPTION_IN_USE"]
    withdraw(house, FIRST, second)
    house.take_back(exception)
    house.take_back(exception)
    with house.store.reading() as db:
        assert [row.taken_back for row in db.execute(select(exceptions()))] == ["不再需要"]


@pytest.mark.parametrize(
    ("code", "reason", "refused"),
    [
        (UNITS[FIRST].code, " ", {"REASON_REQUIRED"}),
        (UNITS[FIRST].code, "甲" * 1001, {"FIELD_TOO_LONG"}),
        ("91430102MAXTE5X09P", "有理由", {"UNIT_UNKNOWN"}),
        ("没有", "", {"UNIT_UNKNOWN", "REASON_REQUIRED"}),
    ],
)
def test_an_exception_needs_a_known_unit_and_a_reason(
    house: Exclusive, code: str, reason: str, refused: set[str]
) -> None:
    with pytest.raises(Refused) as found:
        house.grant(code, reason)
    assert {refusal.code for refusal in found.value.refusals} == refused


def test_a_second_exception_is_granted_when_the_first_is_used(house: Exclusive) -> None:
    house.grant(UNITS[FIRST].code)
    with pytest.raises(Refused) as found:
        house.grant(UNITS[FIRST].code)
    assert {refusal.code for refusal in found.value.refusals} == {"EXCEPTION_STANDS"}


def test_where_the_call_allows_no_exception_none_is_granted(engine: Engine, tmp_path: Path) -> None:
    house = Exclusive(engine, tmp_path / "files", waivable=False)
    with pytest.raises(Refused) as found:
        house.grant(UNITS[FIRST].code)
    assert {refusal.code for refusal in found.value.refusals} == {"NOT_WAIVABLE"}


def test_the_places_built_anew_are_the_places_kept(house: Exclusive) -> None:
    first, second, third = house.draft(FIRST), house.draft(FIRST), house.draft(THIRD)
    house.seal(FIRST, first)
    house.grant(UNITS[FIRST].code)
    house.seal(FIRST, second)
    house.seal(THIRD, third)
    house.seal(SISTER, house.draft(SISTER))
    withdraw(house, FIRST, first)
    read = reading(house.dispatcher.codec, house.dispatcher.personal)
    for projection in house.projections:
        if projection.name in ("exclusive_places", "exceptions", "refused_attempts"):
            assert rebuild(house.store, read, projection, repair=False).equal is True, projection.name


def test_nothing_is_kept_of_what_is_free(house: Exclusive) -> None:
    first = house.draft(FIRST)
    house.seal(FIRST, first)
    recall(house, FIRST, first)
    assert rows(house) == set()
    with house.store.reading() as db:
        assert db.execute(select(standing_claims())).all() == []


@pytest.mark.rule("R-243")
def test_a_barred_unit_seals_nothing_until_the_bar_ends(house: Exclusive) -> None:
    from datetime import date

    bar = Bar(
        reason="弄虚作假", decision_number="湘工信罚〔2025〕3号", starts=date(2025, 10, 1), until=date(2025, 11, 20)
    )
    Register(house.dispatcher).bar_unit(console(), UNITS[FIRST].code, bar)
    first = house.draft(FIRST)
    assert house.seal(FIRST, first, "2025-11-20 23:59") == {"UNIT_BARRED"}
    assert house.seal(FIRST, first, "2025-11-21 00:00") == set()


@pytest.mark.rule("R-020")
def test_a_branch_seals_nothing(house: Exclusive) -> None:
    """「申报单位为依法注册的独立法人单位」"""
    house.register(replace(UNITS[THIRD], legal_person=False))
    assert house.seal(THIRD, house.draft(THIRD)) == {"NOT_LEGAL_PERSON"}


@pytest.fixture
def second(engine: Engine, house: Exclusive, tmp_path: Path) -> Generator[Exclusive]:
    """Another house over the same database, with connections of its own."""
    other = open_engine(engine.url.render_as_string(hide_password=False))
    yield Exclusive(other, tmp_path / "files", first=False)
    other.dispose()


def together(*wishes: Callable[[], set[str]]) -> list[set[str]]:
    start, answers = threading.Barrier(len(wishes)), [set[str]() for _ in wishes]

    def run(place: int) -> None:
        start.wait()
        answers[place] = wishes[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(wishes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.rule("R-251", "R-253")
def test_of_two_that_seal_in_the_same_instant_one_wins(house: Exclusive, second: Exclusive) -> None:
    """Two connections, nothing shared but the database: the constraint decides, and the loser is told the reason."""
    first, again, sister = house.draft(FIRST), house.draft(FIRST), house.draft(SISTER)
    house.at("2025-11-20 10:00")
    won = set[int]()
    for turn in range(12):
        number, other, reason = (SISTER, sister, GROUP) if turn % 2 else (FIRST, again, ONE)
        answers = together(
            lambda: house.seal(FIRST, first, None),
            lambda number=number, other=other: second.seal(number, other, None),  # type: ignore[misc]
        )
        assert sorted(answers, key=len) == [set(), reason], turn
        winner = answers.index(set())
        won.add(winner)
        recall(house, number if winner else FIRST, other if winner else first)
        assert rows(house) == set()


def test_of_two_under_one_exception_one_wins(house: Exclusive, second: Exclusive) -> None:
    first, one, other = (house.draft(FIRST) for _ in range(3))
    house.seal(FIRST, first)
    house.grant(UNITS[FIRST].code)
    for turn in range(8):
        answers = together(lambda: house.seal(FIRST, one, None), lambda: second.seal(FIRST, other, None))
        assert sorted(answers, key=len) == [set(), ONE], turn
        recall(house, FIRST, one if not answers[0] else other)
