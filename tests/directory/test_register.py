"""What the register says is what the log says: people, roles, experts, units, bureaus."""

import re
import threading
from dataclasses import replace

import pytest
from sqlalchemy import inspect, select, text

from directory import schema
from directory.actor import CONSOLE, Actor, Grant, Role
from directory.bureau import Bureau
from directory.division import Level
from directory.person import Identity
from directory.projection import REVISION, DirectoryProjection
from directory.records import Person
from directory.unit import UnitCode, UnitTag
from eventstore.chain import first_break
from eventstore.facts import reading
from eventstore.projection import at_revision
from eventstore.refusal import Malformed, Refused
from tests.directory.house import ADMIN, EDITOR, EXPERT, LEAD, UNIT, YUELU, House, asked


def test_a_person_can_be_found_by_id_and_by_address(house: House) -> None:
    wang = house.person("王小明", "Wang@Example.cn", phone="0731-88955549", language="en")
    with house.directory() as directory:
        found = directory.person(wang)
        assert found == Person(id=wang, name="王小明", email="Wang@example.cn", phone="0731-88955549", language="en")
        assert directory.person_by_email(" wang@EXAMPLE.cn ") == found
        assert directory.person_by_email("li@example.cn") is None
        assert directory.person("nobody") is None
        assert directory.names([wang, "nobody"]) == {wang: "王小明"}


def test_the_actor_holds_what_was_given_and_not_what_was_taken_back(house: House) -> None:
    lead = house.person("李处长", "li@example.cn", LEAD)
    assert house.actor(lead) == Actor(lead, "李处长", (LEAD,))
    house.register.take_back(asked(), CONSOLE, lead, LEAD)
    assert house.actor(lead) == Actor(lead, "李处长", ())
    assert house.actor("nobody") is None


def test_a_scope_must_be_known(house: House) -> None:
    wang = house.person("王小明", "wang@example.cn")
    for grant in (ADMIN, YUELU, Grant(Role.PROVINCE_LEAD, "99")):
        with pytest.raises(Refused, match="SCOPE_UNKNOWN"):
            house.give(wang, grant)
    house.hunan()
    house.register.register_unit(asked(), UNIT)
    for grant in (ADMIN, YUELU):
        house.give(wang, grant)
    assert house.actor(wang) == Actor(wang, "王小明", (YUELU, ADMIN))


def test_people_are_found_by_role_and_scope(house: House) -> None:
    house.register.register_unit(asked(), UNIT)
    a = house.person("甲", "a@example.cn", ADMIN, EDITOR)
    b = house.person("乙", "b@example.cn", EDITOR)
    house.person("丙", "c@example.cn")
    with house.directory() as directory:
        assert [person.id for person in directory.people(Role.UNIT_EDITOR, UNIT.code)] == [a, b]
        assert [person.id for person in directory.people(Role.UNIT_EDITOR)] == [a, b]
        assert directory.people(Role.UNIT_EDITOR, "other") == []
        both = directory.people_of([(Role.UNIT_ADMIN, UNIT.code), (Role.EXPERT, None)])
        assert {key: [p.name for p in people] for key, people in both.items()} == {
            (Role.UNIT_ADMIN, UNIT.code): ["甲"],
            (Role.EXPERT, None): [],
        }


def test_experts_are_those_listed_who_hold_the_role(house: House) -> None:
    drawn = house.person("专家一", "e1@example.cn", EXPERT)
    listed_only = house.person("专家二", "e2@example.cn")
    for person, fields in ((drawn, ["人工智能", "软件"]), (listed_only, ["人工智能"])):
        house.register.list_expert(asked(), person, employer="湖南大学", title="教授", fields=fields)
    with house.directory() as directory:
        [expert] = directory.experts()
        assert (expert.person.id, expert.employer, expert.title) == (drawn, "湖南大学", "教授")
        assert expert.fields == {"人工智能", "软件"}
        assert directory.experts("软件") == [expert]
        assert directory.experts("医学") == []


@pytest.mark.rule("R-081", "R-084")
def test_a_unit_is_kept_as_registered_and_the_newest_holds(house: House) -> None:
    house.register.register_unit(asked(), UNIT)
    tagged = replace(UNIT, name="湖南岳麓智模股份有限公司", tags=frozenset({UnitTag.AI_ENTERPRISE}), group_root="ROOT")
    house.register.register_unit(asked(), tagged)
    assert not house.register.register_unit(asked(), tagged).positions  # nothing changed, nothing written
    with house.directory() as directory:
        assert directory.unit(UNIT.code) == tagged
        assert directory.units([UNIT.code, "none"]) == {UNIT.code: tagged}
        assert directory.group("ROOT") == [tagged]
        assert directory.unit("none") is None


@pytest.mark.rule("R-081", "R-084")
def test_a_unit_with_a_wrong_code_and_county_is_told_both(house: House) -> None:
    wrong = replace(UNIT, code=UnitCode("91430104MAXTE5T16A"), county="430100")
    with pytest.raises(Refused) as no:
        house.register.register_unit(asked(), wrong)
    assert [refusal.code for refusal in no.value.refusals] == ["USCC_CHECK", "DIVISION_NOT_COUNTY"]
    assert house.store.head_position() == 0


def test_the_bureaus_of_a_province_are_registered_at_once_and_once(house: House) -> None:
    house.hunan()
    assert house.store.head_position() == 137
    house.hunan()
    assert house.store.head_position() == 137
    with house.directory() as directory:
        yuelu = directory.bureau("430104")
        assert yuelu is not None
        assert yuelu.answers_for("430104")
        assert directory.bureau("999999") is None
        assert len(directory.bureaus()) == 137
        assert set(directory.bureaus(["43", "430100", "none"])) == {"43", "430100"}


def test_a_zone_becomes_a_bureau_of_its_own(house: House) -> None:
    zone = Bureau(code="430671", name_zh="岳阳市屈原管理区产业发展局", name_en="Quyuan", level=Level.COUNTY, region="")
    house.register.register_bureau(asked(), zone)
    with house.directory() as directory:
        assert directory.bureau("430671") == zone


def test_an_address_goes_to_one_of_two_who_want_it_at_once(house: House) -> None:
    won: list[str] = []
    lost: list[str] = []
    gate = threading.Barrier(8)

    def register() -> None:
        gate.wait()
        try:
            won.append(house.person("王", "one@example.cn"))
        except Refused as no:
            lost.extend(refusal.code for refusal in no.refusals)

    threads = [threading.Thread(target=register) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), lost) == (1, ["EMAIL_TAKEN"] * 7)


def test_the_same_command_registers_one_person(house: House) -> None:
    wang = Identity(name="王", email="wang@example.cn")
    first = house.register.register_person(asked("key"), wang)
    assert house.register.register_person(asked("key"), wang) == first
    assert house.store.head_position() == 1


def test_what_is_written_wrong_is_named_field_by_field(house: House) -> None:
    wrong = Identity(name=" ", email="no address", phone="1" * 41, language="fr")
    with pytest.raises(Malformed) as no:
        house.register.register_person(asked(), wrong)
    assert {fault.field: fault.code for fault in no.value.faults} == {
        "name": "REQUIRED",
        "phone": "FIELD_TOO_LONG",
        "language": "BAD_FORMAT",
        "email": "BAD_FORMAT",
    }


def test_a_language_is_remembered(house: House) -> None:
    wang = house.person("王", "wang@example.cn")
    house.register.choose_language(asked(), wang, "en")
    with house.directory() as directory:
        person = directory.person(wang)
        assert person is not None
        assert person.language == "en"


SECRETS = ("王小明", "wang@example.cn", "13800138000")


def everything(house: House) -> str:
    """All that every table holds, as text."""
    with house.store.reading() as db:
        tables = inspect(db).get_table_names()
        return "\n".join(str(row) for table in tables for row in db.execute(text(f'SELECT * FROM "{table}"')))


def log(house: House) -> str:
    return "\n".join(event.payload + event.metadata for event in house.store.read_all())


def test_the_log_never_holds_what_is_personal(house: House) -> None:
    house.person("王小明", "wang@example.cn", phone="13800138000")
    assert not [secret for secret in SECRETS if secret in log(house)]
    assert all(secret in everything(house) for secret in SECRETS)  # the register does: letters go out


def test_an_erased_person_is_gone_and_the_chain_still_verifies(house: House) -> None:
    wang = house.person("王小明", "wang@example.cn", LEAD, phone="13800138000")
    house.register.list_expert(asked(), wang, employer="湖南大学", title="教授", fields=["软件"])
    before = [event.hash for event in house.store.read_all()]
    house.register.erase(asked(), wang, "本人要求")
    assert not [secret for secret in SECRETS if secret in everything(house)]
    assert [event.hash for event in house.store.read_all()][:-1] == before
    assert first_break(house.store.read_all()) is None
    assert house.actor(wang) is None
    with house.directory() as directory:
        assert directory.person(wang) is None
        assert directory.people(Role.PROVINCE_LEAD) == []
    again = house.person("王小明", "wang@example.cn")  # the address is free
    assert again != wang


def test_a_register_rebuilt_is_the_register_kept(house: House) -> None:
    house.hunan()
    house.register.register_unit(asked(), UNIT)
    gone = house.person("赵", "zhao@example.cn", LEAD)
    stays = house.person("王", "wang@example.cn", ADMIN, EXPERT, language="en")
    house.register.list_expert(asked(), stays, employer="湖南大学", title="教授", fields=["软件"])
    house.register.choose_language(asked(), stays, "zh")
    house.register.erase(asked(), gone, "")
    beside = at_revision(DirectoryProjection(), REVISION + 1)
    with house.store.begin() as db:
        beside.create(db)
        read = reading(house.codec, house.personal)
        beside.apply(db, read(db, house.store.all_in(db)))
        for table in DirectoryProjection.declared:
            kept, rebuilt = (p.table(table) for p in (house.projection, beside))
            assert set(db.execute(select(kept))) == set(db.execute(select(rebuilt))), table.name
        beside.drop(db)
    with house.store.reading() as db:
        left = {f"{table.name}_r{REVISION}" for table in schema.register.sorted_tables}
        assert {name for name in inspect(db).get_table_names() if re.search(r"_r\d+$", name)} == left
