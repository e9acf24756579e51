"""One table says which role may do what; queries are scoped by the same grants."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from directory.actor import (
    CLOCK,
    GIVEN_TO_NOBODY,
    HOUSE_ROLES,
    PERSONS,
    PUBLIC,
    Actor,
    Grant,
    Role,
)
from directory.policy import (
    COMMANDS,
    NOTHING,
    POLICY,
    ActionUnknown,
    Sight,
    may,
    proven,
    visible_to,
)
from workflow.roster import READERS

SCOPES = {
    Role.UNIT_EDITOR: "91430104MAXTE5T16B",
    Role.UNIT_ADMIN: "91430104MAXTE5T16B",
    Role.BUREAU_CLERK: "430104",
    Role.BUREAU_HEAD: "430104",
}

# One letter a role; a line an action. Written out by hand, so that a change of the table is a change of two files.
LETTERS = {
    "e": Role.UNIT_EDITOR, "a": Role.UNIT_ADMIN, "b": Role.BUREAU_CLERK, "h": Role.BUREAU_HEAD,
    "c": Role.PROVINCE_CLERK, "l": Role.PROVINCE_LEAD, "f": Role.PROVINCE_FINANCE, "x": Role.EXPERT,
    "r": Role.DISCIPLINE_CLERK, "j": Role.DISCIPLINE_HEAD, "u": Role.AUDITOR, "o": Role.OPERATOR,
    "s": Role.SECURITY,     "k": Role.CLOCK, "p": Role.PUBLIC,
}  # fmt: skip
TABLE = """
application.create ea | application.save ea | application.print ea | application.seal a | application.recall a | application.withdraw a
application.invite ea | application.uninvite ea | application.answer_invitation p | application.expire_invitation k
application.remove_member ea | application.leave a | application.set_ratios ea | application.set_terms ea
application.issue_agreement ea | application.sign_agreement ea | application.ask_confirmation ea | application.confirm_agreement p
application.lapse k | application.recommend h | application.not_recommend h | application.receive c
application.return bhcl | application.resubmit a | application.extend hl | application.form_fail cl
application.ask_reconsideration a | application.reconsider hl | application.form_pass c | application.draw c
application.declare x | application.score x
application.close_review c | application.site_result cl | application.not_select l | application.propose l
application.enter_audit cl | application.check_audit cl
application.publish c | application.object crp | application.dismiss j
application.uphold jl | application.reserve l | application.award lf | application.waive a
application.return_payment f | application.change_account clf | application.verify_account clf
application.plan f | application.instruct f | application.confirm_paid f | application.hand_on a | application.confirm_hand_on a
application.self_evaluate a | application.close c | application.cancel_award l | application.demand_recovery lf
application.record_repayment f | statement.book f | unit.bar l | exception.grant l | application.correct lf | application.confirm_correction lf
application.list eabhclfxrju | application.read eabhclfxrju | application.actions eabhclfxrju
application.figures ea | application.file.read eabhclfxrju | scan.keep eabhclfrj | paper.read eabhclfxrju | application.history eabhclfrju | inbox.read bhclfxrju
recommendation_list.read bhclfu | figures.read bhclfu | exception.read clfu | related.read bhclfu | review.record clfrju | ranking.read clfrju | objection.read clrj | payment.read eaclfu
letter.read eabhclfxrjuos | letter.list ou | receipt.read eau | checkpoint.read eabhclfxrjuosp | notice.read eabhclfxrjuosp | call.read eabhclfxrjuosp
policy.read eabhclfxrjuos | policy.read_all uos | document.check eabhclfxrjuosp | page.public eabhclfxrjuosp
session.list eabhclfxrjuos
session.revoke eabhclfxrjuos | credential.change eabhclfxrjuos | factor.ask_reset sa | factor.confirm_reset s | token.issue eabhclfxrjuos | token.list eabhclfxrjuos | token.revoke eabhclfxrjuos | token.revoke_of s
account.read eabhclfxrjuos | person.read sahlju | erasure.read su | person.invite sahlj | invitation.answer eabhclfxrjuosp | person.restrict s | person.erase s
expert.list sc | expert.read sclrju | grant.give sahlj | grant.confirm sahlj | grant.take_back sahlj
unit.read oseabhclfrju | history.read u
history.unmask u | evidence.export u | projection.rebuild o | upkeep.read ou | outgoing.hold o | letter.resend oea
letter.remind ea | letter.choose eabhclfxrjuos | letter.text.read ou | letter.text.publish o | letter.bounce o | letter.suppress o
webhook.read ahlou | webhook.manage ahlo | webhook.trust o | webhook.types eabhclfxrjuosp | clock.move o
"""
EXPECTED = {
    action: frozenset(LETTERS[letter] for letter in letters)
    for action, letters in (cell.split() for cell in TABLE.replace("\n", "|").split("|") if cell.strip())
}


def actor(*roles: Role) -> Actor:
    return Actor("p-1", "某人", tuple(Grant(role, SCOPES.get(role, "43")) for role in roles))


def test_the_table_names_every_action_and_no_other() -> None:
    assert set(POLICY) == set(EXPECTED)


@pytest.mark.parametrize("action", sorted(EXPECTED))
@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_do_what_the_table_says_and_nothing_else(action: str, role: Role) -> None:
    everybody = Role.PUBLIC in EXPECTED[action] and role is not Role.CLOCK
    refusal = may(actor(role), action)
    if role in EXPECTED[action] or everybody:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.code == "ROLE_FORBIDDEN"
        assert refusal.params["role"] == (role.value,)
        assert refusal.params["allowed"] == tuple(r.value for r in Role if r in EXPECTED[action])


PROVED = """
application.award application.cancel_award application.instruct application.confirm_paid application.return_payment
application.verify_account application.demand_recovery application.confirm_correction statement.book
grant.give grant.confirm grant.take_back person.invite person.restrict person.erase token.issue
credential.change factor.ask_reset factor.confirm_reset
"""


@pytest.mark.parametrize("action", sorted(EXPECTED))
def test_legal_and_money_acts_and_what_opens_doors_want_a_fresh_second_factor(action: str) -> None:
    """Design A9. Nothing else does, and nobody who proved themselves just now, has no factor, or came by a token."""
    someone = actor(Role.PROVINCE_LEAD)
    refusal = proven(replace(someone, must_prove=True), action)
    assert (refusal is not None) is (action in PROVED.split())
    assert refusal is None or (refusal.code, refusal.params["minutes"]) == ("STEP_UP_REQUIRED", 5)
    assert proven(someone, action) is None


def test_an_editor_does_not_seal() -> None:
    refusal = may(actor(Role.UNIT_EDITOR), "application.seal")
    assert refusal is not None
    assert dict(refusal.params) == {
        "action": "application.seal",
        "role": ("unit.editor",),
        "allowed": ("unit.admin",),
    }


def test_somebody_without_any_role_is_the_public() -> None:
    nobody = Actor("p-2", "某人")
    assert may(nobody, "call.read") is None
    assert may(nobody, "account.read") is not None
    assert visible_to(nobody).nothing


def test_two_roles_add_up() -> None:
    both = actor(Role.UNIT_EDITOR, Role.EXPERT)
    assert may(both, "application.save") is None
    assert may(both, "application.score") is None


def test_no_action_of_an_application_is_open_to_any_of_the_three_administrators() -> None:
    acting = {action for action in COMMANDS if not HOUSE_ROLES.isdisjoint(COMMANDS[action])}
    assert acting == set()  # T39 is the province's: two of lead and finance


def test_every_role_that_persons_hold_may_do_something() -> None:
    for role in PERSONS:
        assert any(role in roles for roles in POLICY.values())
    assert frozenset({Role.CLOCK, Role.PUBLIC}) == GIVEN_TO_NOBODY


def test_an_action_that_nobody_knows_stops_everything() -> None:
    with pytest.raises(ActionUnknown):
        may(PUBLIC, "application.teleport")


@pytest.mark.parametrize(
    ("who", "sight"),
    [
        (actor(Role.UNIT_EDITOR), Sight(units=frozenset({"91430104MAXTE5T16B"}))),
        (
            actor(Role.BUREAU_CLERK),
            Sight(regions=frozenset({"430104"}), bureaus=frozenset({"430104"})),
        ),
        (
            Actor("p", "", (Grant(Role.BUREAU_HEAD, "430100"),)),
            Sight(regions=frozenset({"4301"}), bureaus=frozenset({"430100"})),
        ),
        (actor(Role.PROVINCE_FINANCE), Sight(provinces=frozenset({"43"}))),
        (actor(Role.DISCIPLINE_HEAD), Sight(provinces=frozenset({"43"}))),
        (actor(Role.AUDITOR), Sight(provinces=frozenset({"43"}))),
        (actor(Role.EXPERT), Sight(expert="p-1")),
        (actor(Role.OPERATOR), NOTHING),
        (actor(Role.SECURITY), NOTHING),
        (CLOCK, NOTHING),
        (PUBLIC, NOTHING),
    ],
)
def test_what_an_actor_sees_follows_from_the_grants(who: Actor, sight: Sight) -> None:
    assert visible_to(who) == sight
    assert sight.nothing is (sight == NOTHING)


@pytest.mark.parametrize(
    ("sight", "drafts", "sealed"),
    [
        (Sight(units=frozenset({"LEAD"})), True, True),
        (Sight(units=frozenset({"MEMBER"})), True, True),
        (Sight(units=frozenset({"OTHER"})), False, False),
        (Sight(regions=frozenset({"430104"})), False, True),
        (Sight(regions=frozenset({"4301"})), False, True),
        (Sight(regions=frozenset({"4302"})), False, False),
        (Sight(bureaus=frozenset({"430171"})), False, True),
        (Sight(provinces=frozenset({"43"})), False, True),
        (Sight(provinces=frozenset({"44"})), False, False),
        (Sight(expert="E1"), False, True),
        (Sight(expert="E2"), False, False),
        (NOTHING, False, False),
    ],
)
def test_a_draft_is_seen_by_its_units_and_the_rest_sees_what_was_sealed(
    sight: Sight, drafts: bool, sealed: bool
) -> None:
    def seen(sealed: bool) -> bool:
        units: Collection[str] = ("LEAD", "MEMBER")
        return sight.covers(
            county="430104",
            sealed=sealed,
            units=units,
            route=("430171", "43"),
            panel=("E1",),
        )

    assert (seen(sealed=False), seen(sealed=True)) == (drafts, sealed)


def test_whoever_may_read_the_pool_of_experts_reads_the_one_of_a_province() -> None:
    """The policy and the pool's own list of readers say the same: nobody is let in and then not known."""
    assert set(READERS) == POLICY["expert.read"] | POLICY["expert.list"]
