"""Who may be given which role, and by whom: decided on a person's stream alone."""

from collections.abc import Sequence

import pytest

from directory.actor import CONSOLE, Actor, Grant, Role
from directory.events import (
    ExpertListed,
    GrantGiven,
    GrantTakenBack,
    LanguageChosen,
    PersonErased,
    PersonEvent,
    PersonRegistered,
)
from directory.person import (
    PERSON,
    Identity,
    PersonState,
    choose_language,
    erase,
    give,
    list_expert,
    register,
    take_back,
)
from eventstore.event import Personal
from eventstore.refusal import Refused

KNOWN = PersonRegistered(person="p", name=Personal("王小明"), email=Personal("wang@example.cn"))
ADMIN = Actor("admin", "", (Grant(Role.UNIT_ADMIN, "UNIT"),))


def after(*events: PersonEvent) -> PersonState:
    state = PERSON.initial
    for event in events:
        state = PERSON.evolve(state, event)
    return state


def given(role: Role, scope: str = "43") -> GrantGiven:
    return GrantGiven(person="p", role=role.value, scope=scope)


def refused(state: PersonState, grant: Grant, by: Actor = CONSOLE, scope_known: bool = True) -> Sequence[str]:
    with pytest.raises(Refused) as no:
        give(state, "p", grant, by, scope_known)
    return [refusal.code for refusal in no.value.refusals]


def test_a_person_is_registered_once_and_again_only_when_something_changed() -> None:
    same = Identity(name="王小明", email="wang@example.cn")
    assert register(after(), "p", same, taken=False) == [KNOWN]
    assert register(after(KNOWN), "p", same, taken=False) == []
    other = Identity(name="王小明", email="wang@example.cn", phone="13800138000")
    assert len(register(after(KNOWN), "p", other, taken=False)) == 1


def test_an_address_belongs_to_one_person() -> None:
    with pytest.raises(Refused, match="EMAIL_TAKEN"):
        register(after(), "p", Identity(name="李", email="wang@example.cn"), taken=True)


def test_the_console_gives_a_role() -> None:
    assert give(after(KNOWN), "p", Grant(Role.PROVINCE_LEAD, "43"), CONSOLE, scope_known=True) == [
        given(Role.PROVINCE_LEAD)
    ]


def test_a_role_held_is_given_no_second_time() -> None:
    held = after(KNOWN, given(Role.PROVINCE_LEAD))
    assert give(held, "p", Grant(Role.PROVINCE_LEAD, "43"), CONSOLE, scope_known=True) == []


def test_a_role_taken_back_is_gone() -> None:
    held = after(KNOWN, given(Role.PROVINCE_LEAD))
    taken = take_back(held, "p", Grant(Role.PROVINCE_LEAD, "43"), CONSOLE, "调离")
    assert taken == [GrantTakenBack(person="p", role="province.lead", scope="43", reason="调离")]
    assert after(KNOWN, given(Role.PROVINCE_LEAD), *taken).grants == frozenset()
    assert take_back(after(KNOWN), "p", Grant(Role.PROVINCE_LEAD, "43"), CONSOLE, "") == []


def test_an_administrator_of_a_unit_gives_the_roles_of_that_unit_and_no_other() -> None:
    assert len(give(after(KNOWN), "p", Grant(Role.UNIT_EDITOR, "UNIT"), ADMIN, scope_known=True)) == 1
    assert refused(after(KNOWN), Grant(Role.UNIT_EDITOR, "OTHER"), ADMIN) == ["GRANT_FORBIDDEN"]
    assert refused(after(KNOWN), Grant(Role.PROVINCE_LEAD, "43"), ADMIN) == ["GRANT_FORBIDDEN"]
    with pytest.raises(Refused, match="GRANT_FORBIDDEN"):
        take_back(after(KNOWN, given(Role.PROVINCE_LEAD)), "p", Grant(Role.PROVINCE_LEAD, "43"), ADMIN, "")


def test_every_broken_rule_is_named_at_once() -> None:
    held = after(KNOWN, given(Role.AUDITOR))
    lead = Actor("p", "", (Grant(Role.PROVINCE_LEAD, "43"),))
    assert refused(held, Grant(Role.CLOCK, "99"), lead, scope_known=False) == [
        "GRANT_FORBIDDEN",
        "SAME_PERSON",
        "ROLE_NOT_FOR_PERSONS",
        "SCOPE_UNKNOWN",
        "ROLES_EXCLUSIVE",
    ]


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (Role.AUDITOR, Role.OPERATOR),
        (Role.OPERATOR, Role.AUDITOR),
        (Role.OPERATOR, Role.SECURITY),
        (Role.SECURITY, Role.AUDITOR),
        (Role.SECURITY, Role.UNIT_EDITOR),
        (Role.PROVINCE_LEAD, Role.SECURITY),
        (Role.PROVINCE_LEAD, Role.AUDITOR),
        (Role.OPERATOR, Role.PROVINCE_CLERK),
    ],
)
def test_whoever_operates_or_audits_holds_nothing_else(held: Role, wanted: Role) -> None:
    assert refused(after(KNOWN, given(held)), Grant(wanted, "43")) == ["ROLES_EXCLUSIVE"]


def test_an_operator_of_two_provinces_is_still_an_operator() -> None:
    held = after(KNOWN, given(Role.OPERATOR))
    assert len(give(held, "p", Grant(Role.OPERATOR, "44"), CONSOLE, scope_known=True)) == 1


def test_a_language_is_one_of_two() -> None:
    assert choose_language(after(KNOWN), "p", "en") == [LanguageChosen(person="p", language="en")]
    assert choose_language(after(KNOWN), "p", "zh") == []
    with pytest.raises(Refused, match="LANGUAGE_UNKNOWN"):
        choose_language(after(KNOWN), "p", "fr")


def test_an_expert_is_listed_once() -> None:
    listed = ExpertListed(person="p", employer="湖南大学", title="教授", fields=("人工智能",))
    assert list_expert(after(KNOWN), listed) == [listed]
    assert list_expert(after(KNOWN, listed), listed) == []


def test_an_erased_person_holds_nothing_and_takes_nothing() -> None:
    gone = after(KNOWN, given(Role.EXPERT), *erase(after(KNOWN), "p", "离职"))
    assert (gone.known, gone.erased, gone.grants, gone.name, gone.email) == (True, True, frozenset(), None, None)
    assert erase(gone, "p", "again") == []
    assert refused(gone, Grant(Role.EXPERT, "43")) == ["PERSON_ERASED"]
    with pytest.raises(Refused, match="PERSON_ERASED"):
        register(gone, "p", Identity(name="王", email="w@example.cn"), taken=False)


def test_nobody_is_given_nothing() -> None:
    assert refused(after(), Grant(Role.EXPERT, "43")) == ["PERSON_UNKNOWN"]
    with pytest.raises(Refused, match="PERSON_UNKNOWN"):
        erase(after(), "p", "")


def test_the_fold_is_total() -> None:
    assert after(KNOWN, PersonErased(person="p", reason="")).known
