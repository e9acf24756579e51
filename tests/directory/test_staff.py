"""An office sees its own people, with who gave them what; the register keeps it in step with the log."""

import pytest
from sqlalchemy import select

from directory import schema
from directory.actor import Actor, Grant, Role
from directory.granting import Granting
from directory.offices import PROPOSAL_LASTS
from directory.records import live
from directory.staff import Found, Proposed, Staff
from eventstore.clock import DatabaseClock
from eventstore.refusal import Refused
from tests.directory.house import ADMIN, EDITOR, LEAD, UNIT, YUELU, House, asked


@pytest.fixture
def peopled(house: House) -> House:
    house.hunan()
    house.register.register_unit(asked(), UNIT)
    return house


def acting(house: House, person: str) -> Actor:
    found = house.actor(person)
    assert found is not None
    return found


def seen(house: House, by: Actor, *wanted: object) -> Found:
    with house.store.reading() as db:
        return Staff(db, by).found(*wanted)  # type: ignore[arg-type]


def waiting(house: House, by: Actor) -> list[Proposed]:
    with house.store.reading() as db:
        return Staff(db, by).proposals(DatabaseClock().now(db))


def test_a_role_by_two_persons_tells_who_proposed_and_who_gave_it(peopled: House) -> None:
    granting = Granting(peopled.dispatcher)
    one, two = (peopled.person(name, f"{name}@example.cn", Grant(Role.SECURITY, "43")) for name in ("甲", "乙"))
    new = peopled.person("丙", "c@example.cn")
    granting.ask(asked(), acting(peopled, one), new, YUELU, "新到岗")
    [proposal] = waiting(peopled, acting(peopled, two))
    assert (proposal.person, proposal.grant, proposal.proposed_by, proposal.reason) == (new, YUELU, one, "新到岗")
    assert proposal.until - proposal.proposed_at == PROPOSAL_LASTS
    assert peopled.actor(new) == Actor(new, "丙", ()), "nothing is held yet"
    with pytest.raises(Refused, match="SAME_PERSON"):
        granting.confirm(asked(), acting(peopled, one), new, YUELU)
    granting.confirm(asked(), acting(peopled, two), new, YUELU)
    [held] = seen(peopled, acting(peopled, two), "丙").held[new]
    assert (held.grant, held.given_by, held.proposed_by) == (YUELU, "console", one), "the envelope says who confirmed"
    assert waiting(peopled, acting(peopled, two)) == []


def test_what_one_person_may_give_is_given_at_once(peopled: House) -> None:
    head = peopled.person("甲", "a@example.cn", ADMIN)
    new = peopled.person("乙", "b@example.cn")
    Granting(peopled.dispatcher).ask(asked(), acting(peopled, head), new, EDITOR)
    assert peopled.actor(new) == Actor(new, "乙", (EDITOR,))


def test_an_office_sees_its_own_people_and_the_security_administrator_everybody(peopled: House) -> None:
    admin = peopled.person("管理员", "a@example.cn", ADMIN)
    editor = peopled.person("经办人", "e@example.cn", EDITOR)
    clerk = peopled.person("区经办", "c@example.cn", YUELU)
    lead = peopled.person("厅领导", "l@example.cn", LEAD)
    keeper = peopled.person("安全员", "s@example.cn", Grant(Role.SECURITY, "43"))
    ids = {
        who: {one.id for one in seen(peopled, acting(peopled, who)).people}
        for who in (admin, editor, clerk, lead, keeper)
    }
    assert ids == {
        admin: {admin, editor},
        editor: set(),
        clerk: set(),
        lead: {clerk, lead},
        keeper: {admin, editor, clerk, lead, keeper},
    }


def test_people_are_found_by_a_part_of_name_or_address_and_by_role(peopled: House) -> None:
    keeper = acting(peopled, peopled.person("安全员", "s@example.cn", Grant(Role.SECURITY, "43")))
    wang = peopled.person("王小明", "Wang.100%@example.cn", YUELU)

    def found(*wanted: object) -> list[str]:
        return [one.id for one in seen(peopled, keeper, *wanted).people]

    assert found("小明") == found("wang.") == found(wang) == found("", Role.BUREAU_CLERK) == [wang]
    assert found("0%@") == [wang]
    assert found("1%e") == [], "a percent sign is one, and no wildcard"
    assert found("", None, wang) == [one for one in found() if one > wang]


def test_a_role_taken_back_withdrawn_or_erased_leaves_nothing_open(peopled: House) -> None:
    granting = Granting(peopled.dispatcher)
    one = acting(peopled, peopled.person("甲", "a@example.cn", Grant(Role.SECURITY, "43")))
    new = peopled.person("乙", "b@example.cn")
    granting.ask(asked(), one, new, YUELU)
    granting.close(asked(), one, new, YUELU)
    assert waiting(peopled, one) == []
    granting.ask(asked(), one, new, YUELU)
    peopled.register.erase(asked(), new, "离职")
    with peopled.store.reading() as db:
        assert db.execute(select(live(schema.proposals))).all() == []
