"""双人办理: what one person may give alone, what takes a second hand, and whose hand counts."""

from datetime import UTC, datetime, timedelta

import pytest

from directory.actor import CONSOLE, HOUSE_ROLES, Actor, Grant, Role
from directory.events import GrantGiven, GrantProposalClosed, GrantProposed, PersonEvent, PersonRegistered
from directory.offices import PROPOSAL_LASTS, alone, competent, offered
from directory.person import PERSON, PersonState, accept, close_proposal, confirm, give, propose
from eventstore.event import Personal
from eventstore.refusal import Refused

NOW = datetime(2025, 11, 3, 4, 0, tzinfo=UTC)
UNIT, OTHER = "91430104MAXTE5T16B", "91430111MAXTE6D44R"
KNOWN = PersonRegistered(person="p", name=Personal("王小明"), email=Personal("wang@example.cn"))


def who(id_: str, role: Role, scope: str = "43") -> Actor:
    return Actor(id_, "", (Grant(role, scope),))


FIRST, SECOND = who("s-1", Role.SECURITY), who("s-2", Role.SECURITY)
SYSTEM, AUDITOR = who("o", Role.OPERATOR), who("u", Role.AUDITOR)
ADMIN = who("a", Role.UNIT_ADMIN, UNIT)
YUELU, YUHUA = who("h", Role.BUREAU_HEAD, "430104"), who("g", Role.BUREAU_HEAD, "430111")
LEAD, GUANGDONG = who("l", Role.PROVINCE_LEAD), who("gd", Role.PROVINCE_LEAD, "44")
CLERK = Grant(Role.BUREAU_CLERK, "430104")


def after(*events: PersonEvent) -> PersonState:
    state = PERSON.initial
    for event in (KNOWN, *events):
        state = PERSON.evolve(state, event)
    return state


def proposed(grant: Grant = CLERK, by: Actor = YUELU, reason: str = "") -> GrantProposed:
    return GrantProposed(
        person="p", role=grant.role.value, scope=grant.scope, by=by.id, until=NOW + PROPOSAL_LASTS, reason=reason
    )


def codes(act: object) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()  # type: ignore[operator]
    return [one.code for one in refused.value.refusals]


@pytest.mark.parametrize(
    ("by", "grant", "may"),
    [
        (FIRST, Grant(Role.OPERATOR, "43"), True),
        (FIRST, Grant(Role.BUREAU_HEAD, "430104"), True),
        (SYSTEM, Grant(Role.UNIT_EDITOR, UNIT), False),  # 系统管理员 gives nothing any more
        (AUDITOR, Grant(Role.AUDITOR, "43"), False),
        (ADMIN, Grant(Role.UNIT_EDITOR, UNIT), True),
        (ADMIN, Grant(Role.UNIT_ADMIN, UNIT), True),
        (ADMIN, Grant(Role.UNIT_EDITOR, OTHER), False),
        (YUELU, CLERK, True),
        (YUHUA, CLERK, False),
        (LEAD, CLERK, True),  # the level above
        (GUANGDONG, CLERK, False),
        (LEAD, Grant(Role.PROVINCE_FINANCE, "43"), True),
        (LEAD, Grant(Role.EXPERT, "43"), True),
        (LEAD, Grant(Role.SECURITY, "43"), False),
        (LEAD, Grant(Role.DISCIPLINE_CLERK, "43"), False),
        (who("j", Role.DISCIPLINE_HEAD), Grant(Role.DISCIPLINE_CLERK, "43"), True),
    ],
)
def test_who_answers_for_which_role(by: Actor, grant: Grant, may: bool) -> None:
    assert competent(by, grant) is may


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.UNIT_EDITOR, Role.EXPERT, Role.CLOCK, Role.PUBLIC}))
def test_every_role_but_a_writers_and_an_experts_takes_two(role: Role) -> None:
    scope = {"unit": UNIT, "bureau": "430104"}.get(role.value.split(".")[0], "43")
    assert not alone(FIRST, Grant(role, scope))
    assert codes(lambda: give(after(), "p", Grant(role, scope), FIRST, scope_known=True)) == ["NEEDS_TWO"]


def test_a_units_administrator_gives_a_writer_of_the_unit_alone_and_another_administrator_not() -> None:
    assert give(after(), "p", Grant(Role.UNIT_EDITOR, UNIT), ADMIN, scope_known=True) == [
        GrantGiven(person="p", role="unit.editor", scope=UNIT)
    ]
    assert codes(lambda: give(after(), "p", Grant(Role.UNIT_ADMIN, UNIT), ADMIN, scope_known=True)) == ["NEEDS_TWO"]


def test_the_command_line_gives_the_first_ones_alone() -> None:
    for role in HOUSE_ROLES:
        assert len(give(after(), "p", Grant(role, "43"), CONSOLE, scope_known=True)) == 1


def test_one_proposes_and_another_confirms() -> None:
    [event] = propose(after(), "p", CLERK, YUELU, "新到岗", NOW, scope_known=True)
    assert event == proposed(reason="新到岗")
    for second in (FIRST, LEAD):
        assert confirm(after(event), "p", CLERK, second, NOW, YUELU) == [
            GrantGiven(person="p", role="bureau.clerk", scope="430104")
        ]
    given = after(event, GrantGiven(person="p", role="bureau.clerk", scope="430104"))
    assert (given.grants, given.proposals) == (frozenset({CLERK}), ())


def test_whoever_proposed_does_not_confirm() -> None:
    assert codes(lambda: confirm(after(proposed()), "p", CLERK, YUELU, NOW, YUELU)) == ["SAME_PERSON"]


def test_nobody_has_a_hand_in_a_role_of_their_own() -> None:
    self_ = Actor("p", "", (Grant(Role.SECURITY, "43"),))
    assert codes(lambda: propose(after(), "p", CLERK, self_, "", NOW, scope_known=True)) == ["SAME_PERSON"]
    assert codes(lambda: confirm(after(proposed()), "p", CLERK, self_, NOW, YUELU)) == ["SAME_PERSON"]


@pytest.mark.parametrize("second", [SYSTEM, AUDITOR, ADMIN, YUHUA, GUANGDONG])
def test_a_hand_that_does_not_answer_for_the_role_counts_for_nothing(second: Actor) -> None:
    assert codes(lambda: confirm(after(proposed()), "p", CLERK, second, NOW, YUELU)) == ["GRANT_FORBIDDEN"]
    assert codes(lambda: close_proposal(after(proposed()), "p", CLERK, second)) == ["GRANT_FORBIDDEN"]


def test_a_proposal_ends_after_fourteen_days_and_may_be_made_anew() -> None:
    state, last = after(proposed()), NOW + timedelta(days=14)
    assert len(confirm(state, "p", CLERK, FIRST, last - timedelta(microseconds=1), YUELU)) == 1
    assert codes(lambda: confirm(state, "p", CLERK, FIRST, last, YUELU)) == ["PROPOSAL_EXPIRED"]
    assert codes(lambda: propose(state, "p", CLERK, FIRST, "", NOW, scope_known=True)) == ["PROPOSAL_OPEN"]
    assert len(propose(state, "p", CLERK, FIRST, "", last, scope_known=True)) == 1


def test_an_accepted_invitation_stands_in_place_of_a_proposal_that_has_run_out_and_beside_no_running_one() -> None:
    state, last = after(proposed()), NOW + timedelta(days=14)
    assert accept(state, "p", CLERK, LEAD, last - timedelta(seconds=1), scope_known=True) == []
    [anew] = accept(state, "p", CLERK, LEAD, last, scope_known=True)
    assert isinstance(anew, GrantProposed)
    assert (anew.by, anew.until) == (LEAD.id, last + timedelta(days=14))
    writer = Grant(Role.UNIT_EDITOR, UNIT)
    assert accept(after(), "p", writer, ADMIN, NOW, scope_known=True) == [
        GrantGiven(person="p", role="unit.editor", scope=UNIT, by=ADMIN.id)
    ]


def test_a_proposal_of_somebody_who_lost_the_office_is_none() -> None:
    """B8: rights derive from what is held now."""
    former = Actor("h", "", ())
    assert codes(lambda: confirm(after(proposed()), "p", CLERK, FIRST, NOW, former)) == ["PROPOSER_GONE"]
    assert codes(lambda: confirm(after(proposed()), "p", CLERK, FIRST, NOW, None)) == ["PROPOSER_GONE"]


def test_it_is_withdrawn_by_who_proposed_and_refused_by_another() -> None:
    where = {"person": "p", "role": "bureau.clerk", "scope": "430104"}
    assert close_proposal(after(proposed()), "p", CLERK, YUELU) == [
        GrantProposalClosed(**where, by="h", why="withdrawn")
    ]
    [refused] = close_proposal(after(proposed()), "p", CLERK, FIRST)
    assert refused == GrantProposalClosed(**where, by="s-1", why="refused")
    assert codes(lambda: confirm(after(proposed(), refused), "p", CLERK, FIRST, NOW, YUELU)) == ["PROPOSAL_UNKNOWN"]


def test_the_three_administrators_exclude_each_other_when_proposed_and_again_when_confirmed() -> None:
    """三员分立: between the two hands the person may have been given another role."""
    audit = Grant(Role.AUDITOR, "43")
    held = GrantGiven(person="p", role="unit.editor", scope=UNIT)
    assert codes(lambda: propose(after(held), "p", audit, FIRST, "", NOW, scope_known=True)) == ["ROLES_EXCLUSIVE"]
    between = after(proposed(audit, FIRST), held)
    assert codes(lambda: confirm(between, "p", audit, SECOND, NOW, FIRST)) == ["ROLES_EXCLUSIVE"]


def test_every_broken_rule_of_a_proposal_is_named_at_once() -> None:
    self_ = Actor("p", "", (Grant(Role.UNIT_EDITOR, UNIT),))
    assert codes(lambda: propose(after(), "p", Grant(Role.CLOCK, "99"), self_, "", NOW, scope_known=False)) == [
        "GRANT_FORBIDDEN",
        "SAME_PERSON",
        "ROLE_NOT_FOR_PERSONS",
        "SCOPE_UNKNOWN",
    ]


def test_what_the_form_offers_is_what_somebody_answers_for() -> None:
    assert offered(ADMIN) == (Role.UNIT_EDITOR, Role.UNIT_ADMIN)
    assert offered(YUELU) == (Role.BUREAU_CLERK, Role.BUREAU_HEAD)
    assert Role.AUDITOR in offered(FIRST)
    assert not {Role.CLOCK, Role.PUBLIC} & set(offered(FIRST))
    assert offered(SYSTEM) == offered(AUDITOR) == ()
