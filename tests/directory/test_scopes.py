"""A token does a part of what its person may: the scopes cover the policy and open nothing beyond it."""

import pytest

from directory.actor import Actor, Grant, Role
from directory.policy import POLICY, may
from directory.scopes import EVERY, IN_PERSON, SCOPES, Scope, reaches, read, scopes_of, written

BY_PERSONS = {action for action, roles in POLICY.items() if Role.PUBLIC not in roles and roles != {Role.CLOCK}}


def holder(role: Role, *through: Scope) -> Actor:
    return Actor("p", "", (Grant(role, "43"),), frozenset(through))


def test_every_action_that_needs_a_person_is_in_a_scope_or_done_in_person() -> None:
    assert {action for actions in SCOPES.values() for action in actions} | IN_PERSON == BY_PERSONS
    assert not any(scopes_of(action) for action in IN_PERSON)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CLOCK, Role.PUBLIC}))
def test_a_token_never_lets_through_what_the_person_may_not(role: Role) -> None:
    """Over the whole policy: allowed with a token means allowed to the person and held by one of its scopes."""
    in_person = Actor("p", "", (Grant(role, "43"),))
    for action, roles in POLICY.items():
        for scope in Scope:
            through = may(holder(role, scope), action) is None
            expected = may(in_person, action) is None and (action in SCOPES[scope] or Role.PUBLIC in roles)
            assert through == expected, (role, action, scope)


def test_why_not_names_the_scopes_that_would_do() -> None:
    refusal = may(holder(Role.UNIT_ADMIN, Scope.READ, Scope.DRAFT), "application.seal")
    assert refusal is not None
    assert (refusal.code, refusal.params["needed"], refusal.params["scopes"]) == (
        "SCOPE_MISSING",
        ("act",),
        ("draft", "read"),
    )


def test_whoever_may_not_is_told_of_the_role_and_not_of_the_scope() -> None:
    refusal = may(holder(Role.UNIT_EDITOR), "application.seal")
    assert refusal is not None
    assert refusal.code == "ROLE_FORBIDDEN"


@pytest.mark.parametrize("action", sorted(IN_PERSON))
def test_no_token_makes_a_token_or_ends_a_session(action: str) -> None:
    refusal = may(holder(min(POLICY[action]), *Scope), action)
    assert refusal is not None
    assert refusal.code == "NOT_BY_TOKEN"


def test_what_everybody_may_needs_no_scope() -> None:
    assert may(holder(Role.UNIT_ADMIN), "call.read") is None


def test_scopes_are_written_in_one_order_and_read_back() -> None:
    assert written({Scope.MONEY, Scope.READ}) == "read money"
    assert read(written(EVERY)) == EVERY
    assert read("") == frozenset()
    assert not reaches((), "application.read")
