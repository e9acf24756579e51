"""A province's clerk keeps its pool of experts: enlisted by address, changed, struck off, searched; nobody's identity moves."""

from typing import Any

import pytest

from directory import pool
from directory.actor import CONSOLE, Actor, Grant, Role
from directory.events import Employment
from directory.person import Identity
from directory.pool import Entry, Pool
from directory.records import Directory
from eventstore.refusal import Malformed, Refused
from tests.directory.house import House, asked

CLERK = Actor("clerk", "蒋文博", (Grant(Role.PROVINCE_CLERK, "43"),))
ENTRY = Entry(
    name="顾怀瑾",
    email="gu@example.cn",
    employer="湖南大学",
    title="教授",
    fields=("大模型", "算力"),
    former=(Employment(employer="中南大学", until=2021, since=2015), Employment(employer="某公司", until=2023)),
)


@pytest.fixture
def keeping(house: House) -> Pool:
    return Pool(house.dispatcher)


def enlisted(house: House, keeping: Pool, entry: Entry = ENTRY, by: Actor = CLERK) -> str:
    return str(keeping.enlist(asked(), by, "43", entry, 2025).result["person"])


def test_somebody_new_is_known_listed_and_an_expert_of_the_province_at_once(house: House, keeping: Pool) -> None:
    person = enlisted(house, keeping)
    with house.store.reading() as db:
        (found,) = Directory(db).experts(province="43")
        assert (found.person.name, found.employer, found.fields) == ("顾怀瑾", "湖南大学", {"大模型", "算力"})
        assert [one.until for one in found.former] == [2023, 2021], "the last one first"
        assert Directory(db).grants(person) == (Grant(Role.EXPERT, "43"),)
        assert Directory(db).experts(province="44") == [], "of another province nobody is drawn"


def test_the_same_address_again_changes_fields_and_employers_alone(house: House, keeping: Pool) -> None:
    """Or whoever keeps the pool could send somebody else's sign-in links to themselves."""
    person = enlisted(house, keeping)
    other = Entry(name="冒名", email="GU@example.cn", phone="1", employer="湘潭大学", fields=("财务",))
    assert enlisted(house, keeping, other) == person
    with house.store.reading() as db:
        (found,) = Directory(db).experts()
    assert (found.person.name, found.person.email, found.employer) == ("顾怀瑾", "gu@example.cn", "湘潭大学")


def test_somebody_of_another_office_can_be_listed_but_not_who_audits_or_oneself(house: House, keeping: Pool) -> None:
    register = house.register
    register.register_person(asked(), Identity(name="审计", email="a@example.cn"), "auditor-1")
    register.give(asked(), CONSOLE, "auditor-1", Grant(Role.AUDITOR, "43"))
    with pytest.raises(Refused, match="ROLES_EXCLUSIVE"):
        enlisted(house, keeping, Entry(name="x", email="a@example.cn", employer="某大学", fields=("财务",)))
    register.register_person(asked(), Identity(name="蒋文博", email="clerk@example.cn"), "clerk")
    with pytest.raises(Refused, match="SAME_PERSON"):
        enlisted(house, keeping, Entry(name="x", email="clerk@example.cn", employer="某大学", fields=("财务",)))
    with house.store.reading() as db:
        assert Directory(db).experts() == [], "nothing half done"


def test_a_clerk_gives_the_role_of_expert_in_the_own_province_alone(house: House, keeping: Pool) -> None:
    with pytest.raises(Refused, match="GRANT_FORBIDDEN"):
        keeping.enlist(asked(), CLERK, "44", ENTRY, 2025)


def test_who_is_struck_off_is_drawn_no_more_and_can_be_listed_again(house: House, keeping: Pool) -> None:
    person = enlisted(house, keeping)
    with pytest.raises(Refused, match="REASON_REQUIRED"):
        keeping.strike(asked(), CLERK, "43", person, " ")
    keeping.strike(asked(), CLERK, "43", person, "本人申请退出")
    with house.store.reading() as db:
        assert Directory(db).experts() == []
        assert Directory(db).grants(person), "panels go on"
    assert enlisted(house, keeping) == person


def test_who_is_struck_off_in_one_province_is_still_drawn_in_another(house: House, keeping: Pool) -> None:
    person = enlisted(house, keeping)
    other = Actor("gd-clerk", "粤", (Grant(Role.PROVINCE_CLERK, "44"),))
    keeping.enlist(asked(), other, "44", ENTRY, 2025)
    with pytest.raises(Refused, match="REASON_REQUIRED"):
        keeping.strike(asked(), CLERK, "43", person, " ")
    keeping.strike(asked(), CLERK, "43", person, "本人申请退出")
    with house.store.reading() as db:
        assert Directory(db).experts(province="43") == []
        assert [one.person.id for one in Directory(db).experts(province="44")] == [person]
        assert Directory(db).grants(person) == (Grant(Role.EXPERT, "44"),), "panels of both go on under it"
    keeping.strike(asked(), other, "44", person, "本人申请退出")
    with house.store.reading() as db:
        assert Directory(db).experts() == []
    enlisted(house, keeping)
    with house.store.reading() as db:
        assert [one.person.id for one in Directory(db).experts(province="43")] == [person]
        assert Directory(db).experts(province="44") == [], "the list of another province brings nobody back"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"email": "x"}, "email"),
        ({"employer": " "}, "employer"),
        ({"fields": ()}, "fields"),
        ({"employer": "长" * 61}, "employer"),
        ({"former": (Employment(employer="某大学", until=2026),)}, "former"),
        ({"former": (Employment(employer="某大学", until=2019, since=2020),)}, "former"),
        ({"former": (Employment(employer="某大学", until=1949),)}, "former"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    house: House, keeping: Pool, changed: dict[str, Any], field: str
) -> None:
    whole: dict[str, Any] = {name: getattr(ENTRY, name) for name in Entry.__dataclass_fields__}
    with pytest.raises(Malformed) as wrong:
        enlisted(house, keeping, Entry(**{**whole, **changed}))
    assert [fault.field for fault in wrong.value.faults] == [field]


def test_the_pool_is_searched_by_name_employer_title_and_field(house: House, keeping: Pool) -> None:
    enlisted(house, keeping)
    enlisted(house, keeping, Entry(name="沈既白", email="shen@example.cn", employer="湖南师大", fields=("大模型",)))
    with house.store.reading() as db:
        assert [one.name for one in pool.search(db, "43", "湖南").experts] == ["沈既白", "顾怀瑾"]
        assert [one.name for one in pool.search(db, "43", "教授").experts] == ["顾怀瑾"]
        assert [one.name for one in pool.search(db, "43", field="算力").experts] == ["顾怀瑾"]
        assert pool.search(db, "43", "%").experts == (), "a sign is no pattern"
        assert pool.search(db, "43", size=1).number == 2
        assert pool.search(db, "43").fields == ("大模型", "算力")
        assert pool.search(db, "44").number == 0
