"""The consortium's steps without a database: who may, when it is frozen, what a return unlocks, what the text's change does."""

from dataclasses import replace
from typing import Any

import pytest

from consortium import events as k
from consortium.membership import digest_of
from directory.actor import CLOCK, PUBLIC, Role
from eventstore.event import Personal
from tests.consortium import tale
from tests.scenario import ADMIN, DIGEST, EDITOR, ID, OPENED, SEALED, UNIT_CODE, Given, at, call_of_2025, facts, person
from workflow import commands as c
from workflow import events as e
from workflow.answers import content_digest, differences
from workflow.application import evolve
from workflow.decisions import decide
from workflow.guards.consorting import the_consortium_is_sealed_together
from workflow.stages import Stage

MEMBER = person("member-admin", (Role.UNIT_ADMIN, tale.M1))
INVITED = replace(tale.invited(tale.M1), expires_at=at("2025-12-20 23:59"))
JOINED = (INVITED, tale.accepted(tale.M1))
ON = "2025-11-12 10:00"


def returned(*items: e.ReturnItem) -> e.ReturnedForCorrection:
    return e.ReturnedForCorrection(
        entered=Stage.RETURNED,
        returned_from=Stage.UNIT_SEALED,
        body="430104",
        items=items,
        deadline=at("2025-12-20 23:59"),
    )


CHANGES: tuple[tuple[Any, Any], ...] = (
    (c.SetTerms(application_id=ID, copies=4), EDITOR),
    (c.RemoveMember(application_id=ID, unit=tale.M1, reason="r"), ADMIN),
    (c.Leave(application_id=ID, unit=tale.M1, reason="r"), MEMBER),
)


@pytest.mark.parametrize(("command", "who"), CHANGES)
def test_frozen_from_the_seal_and_open_again_where_the_return_says_so(command: c.Command, who: Any) -> None:
    """「退回补正」 unlocks what it lists, and nothing else."""
    Given(OPENED, *JOINED, SEALED).when(command, who).then_refused("FROZEN")
    field = e.ReturnItem(kind="field", id="x", reason="r")
    Given(OPENED, *JOINED, SEALED, returned(field)).when(command, who).then_refused("FROZEN")
    joint = e.ReturnItem(kind="consortium", id="consortium", reason="r")
    then = Given(OPENED, *JOINED, SEALED, returned(joint)).when(command, who)
    assert len(then.then_entered(Stage.RETURNED)) == 1


def test_a_return_that_unlocked_it_is_answered_by_a_change_of_the_consortium() -> None:
    joint = e.ReturnItem(kind="consortium", id="consortium", reason="r")
    before = Given(OPENED, *JOINED, SEALED, returned(joint)).application
    assert differences(before) == ()
    assert differences(evolve(before, k.TermsSet(copies=4))) == ("consortium",)


def test_the_digest_that_bureaus_sign_covers_the_consortium_and_only_where_there_is_one() -> None:
    alone, together = Given(OPENED).application, Given(OPENED, *JOINED).application
    assert content_digest(alone) != content_digest(together)
    assert content_digest(together) != content_digest(evolve(together, k.TermsSet(copies=4)))
    gone = evolve(together, k.MemberLeft(unit=tale.M1, reason="r"))
    assert content_digest(gone) == content_digest(alone)


def test_a_programme_that_takes_none_refuses_to_ask() -> None:
    """「不接受联合申报」 (5-scenarios, C1)."""
    call = call_of_2025()
    closed = tuple(one.model_copy(update={"consortium": "forbidden"}) for one in call.programmes)
    known = replace(facts(EDITOR, ON), call=call.model_copy(update={"programmes": closed}), unit=None)
    ask = c.Invite(application_id=ID, unit=tale.M1, contact="x", address="x@y.test", unit_name="某公司")
    with pytest.raises(Exception, match="CONSORTIUM_FORBIDDEN"):
        decide(Given(OPENED).application, ask, known)


@pytest.mark.rule("R-023")
def test_an_invitation_keeps_a_hash_of_its_secret_and_where_the_unit_is() -> None:
    """「成员单位数量不超过7家」: asking is one event, and the limit counts it from then on."""
    ask = c.Invite(application_id=ID, unit=tale.M1, contact="某人", address="m@unit.test", unit_name="某公司")
    (asked,) = Given(OPENED).when(ask, EDITOR, ON, unit=None, link_id="i-1", secret="s3cret").then_entered(Stage.DRAFT)
    assert isinstance(asked, k.MemberInvited)
    assert (asked.secret_digest, asked.in_province) == (digest_of("s3cret"), True)
    assert asked.secret == Personal("s3cret", subject="link-i-1")
    assert asked.expires_at <= at("2025-11-28 17:00")  # not beyond the call's own close


def test_the_clock_ends_an_invitation_and_not_before_its_time() -> None:
    given, expire = Given(OPENED, INVITED), c.ExpireInvitation(application_id=ID, invitation=INVITED.invitation)
    given.when(expire, CLOCK, "2025-12-19 10:00").then_refused("NOT_YET_DUE")
    given.when(expire, CLOCK, "2025-12-21 10:00").then(k.InvitationExpired(invitation=INVITED.invitation))
    given.when(expire, PUBLIC, "2025-12-21 10:00").then_refused("ROLE_FORBIDDEN")


@pytest.mark.rule("R-215")
def test_the_agreement_is_in_force_from_its_last_hand() -> None:
    """「本协议书自签署之日起生效」: the day of the last signature that was missing, and it says so once."""
    given = Given(OPENED, *JOINED)
    digest = DIGEST
    from workflow.parties import agreement_digest

    digest = agreement_digest(given.application)
    issued = Given(*given.events, k.AgreementIssued(version=1, digest=digest, units=(UNIT_CODE, tale.M1)))
    hands = tuple(
        c.Hand(unit=unit, signer="某人", signer_kind="legal_representative", signed_on=tale.TODAY, sealed=True)
        for unit in (UNIT_CODE, tale.M1)
    )
    sign = c.SignAgreement(application_id=ID, digest=digest, hands=hands, scan_sha256=tale.SCAN)
    signed, effective = issued.when(sign, MEMBER, "2025-11-20 10:00").then_entered(Stage.DRAFT)
    assert isinstance(signed, k.AgreementSigned)
    assert effective == k.AgreementEffective(version=1, digest=digest, effective_from=tale.TODAY)
    again = Given(*issued.events, signed, effective).when(sign, MEMBER, "2025-11-20 10:00")
    assert len(again.then_entered(Stage.DRAFT)) == 1
    later = Given(*issued.events, signed, effective).when(
        c.SetTerms(application_id=ID, copies=9), EDITOR, "2025-11-20 10:00"
    )
    (changed,) = later.then_entered(Stage.DRAFT)
    assert isinstance(changed, k.TermsSet)
    assert changed.voids == 1


@pytest.mark.rule("R-208", "R-211", "R-214")
def test_the_divisions_of_clause_three_are_six_texts_of_their_own_and_change_the_hash() -> None:
    """「内部的职责分工主要包括建设内容、管理及运行、公共服务、人员、利益分配及知识产权合作」"""
    given, names = Given(OPENED, *JOINED), ("build", "operation", "service", "people", "benefit", "property")
    written = c.SetTerms(application_id=ID, clauses={name: f"{name} 条" for name in names})
    (set_terms,) = given.when(written, EDITOR, ON).then_entered(Stage.DRAFT)
    assert isinstance(set_terms, k.TermsSet)
    assert set(set_terms.clauses or {}) == set(names)
    too_long = c.SetTerms(application_id=ID, clauses={"build": "长" * 2001}, tasks={tale.M1: "长" * 501})
    refusals = given.when(too_long, EDITOR, ON).then_refused("FIELD_TOO_LONG", "FIELD_TOO_LONG")
    assert [refusal.params["limit"] for refusal in refusals] == [500, 2000]


def test_a_programme_that_takes_consortia_only_is_not_sealed_alone() -> None:
    """No call of today asks it; a definition may."""
    call = call_of_2025()
    joint = tuple(one.model_copy(update={"consortium": "required"}) for one in call.programmes)
    known = replace(facts(ADMIN, ON), call=call.model_copy(update={"programmes": joint}))
    alone = Given(OPENED).application
    refusals = the_consortium_is_sealed_together(alone, None, known)
    assert [one.code for one in refusals] == ["CONSORTIUM_REQUIRED"]
    together = the_consortium_is_sealed_together(Given(OPENED, *JOINED).application, None, known)
    assert "CONSORTIUM_REQUIRED" not in {one.code for one in together}
