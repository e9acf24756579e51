"""Who may be asked to join a consortium, and what an answer is worth."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium import events as e
from consortium.membership import counted, may_be_accepted, may_be_answered, may_be_invited, succeeds
from consortium.state import ALONE, Consortium, Member, Standing, evolve
from eventstore.event import Personal
from programmes.catalogue import Catalogue
from tests.consortium.tale import AFTER, BEFORE, EXPIRES, LEAD, M1, M2, M3, accepted, after, invited, joined

CALL = Catalogue.packaged().get("hn-2025")
PROGRAMME = CALL.programme("L")
MANY = tuple(f"unit-{number}" for number in range(9))


def codes(refusals: Any) -> list[str]:
    return [refusal.code for refusal in refusals]


def test_a_unit_is_asked_once_and_never_the_lead_itself() -> None:
    asked = after(invited(M1))
    assert codes(may_be_invited(asked, CALL, PROGRAMME, LEAD, M1)) == ["ALREADY_MEMBER"]
    assert codes(may_be_invited(joined(M1), CALL, PROGRAMME, LEAD, M1)) == ["ALREADY_MEMBER"]
    assert codes(may_be_invited(ALONE, CALL, PROGRAMME, LEAD, LEAD)) == ["ALREADY_MEMBER"]
    assert may_be_invited(asked, CALL, PROGRAMME, LEAD, M2) == []


@pytest.mark.parametrize("ending", [e.InvitationExpired, e.InvitationWithdrawn])
def test_a_unit_whose_invitation_ended_is_asked_anew(ending: Any) -> None:
    """A declined or expired invitation is final; the same unit needs a new one."""
    ended = after(invited(M1), ending(invitation=f"i-{M1}"))
    assert may_be_invited(ended, CALL, PROGRAMME, LEAD, M1) == []
    assert codes(may_be_answered(ended.invitation(f"i-{M1}"), "s3cret", BEFORE)) == ["INVITATION_CLOSED"]


@pytest.mark.rule("R-023")
def test_seven_units_are_the_most_with_the_lead_and_those_who_were_only_asked() -> None:
    """「成员单位数量不超过7家」: lead and six others, pending invitations counted (A-01)."""
    six = after(*(invited(unit) for unit in MANY[:5]), accepted(MANY[0]))
    assert counted(six, CALL.units) == 6
    assert may_be_invited(six, CALL, PROGRAMME, LEAD, MANY[5]) == []
    (refusal,) = may_be_invited(after(invited(MANY[5]), start=six), CALL, PROGRAMME, LEAD, MANY[6])
    assert (refusal.code, refusal.params["measure"], refusal.params["limit"]) == ("UNIT_LIMIT", 8, 7)


@pytest.mark.rule("R-252")
def test_a_programme_that_takes_no_joint_applications_says_so() -> None:
    """「不接受联合申报」."""
    alone = PROGRAMME.model_copy(update={"consortium": "forbidden"})
    assert codes(may_be_invited(ALONE, CALL, alone, LEAD, M1)) == ["CONSORTIUM_FORBIDDEN"]


def test_an_invitation_is_answered_by_whoever_has_its_link_until_it_expires() -> None:
    member = after(invited(M1)).invitation(f"i-{M1}")
    assert may_be_answered(member, "s3cret", BEFORE) == []
    assert may_be_answered(member, "s3cret", EXPIRES) == []
    assert codes(may_be_answered(member, "s3cret", AFTER)) == ["INVITATION_CLOSED"]


def test_a_wrong_secret_and_no_invitation_are_told_alike() -> None:
    member = after(invited(M1)).invitation(f"i-{M1}")
    assert may_be_answered(member, "guess", BEFORE) == may_be_answered(None, "s3cret", BEFORE)
    assert codes(may_be_answered(member, "", BEFORE)) == ["INVITATION_UNKNOWN"]


def test_an_answered_invitation_is_closed() -> None:
    declined = after(invited(M1), e.InvitationDeclined(invitation=f"i-{M1}", by=Personal("某人"), reason="忙"))
    (refusal,) = may_be_answered(declined.invitation(f"i-{M1}"), "s3cret", BEFORE)
    assert (refusal.code, refusal.params["state"]) == ("INVITATION_CLOSED", "declined")


def test_a_member_that_leaves_takes_its_shares_and_its_task_along() -> None:
    both = after(
        e.RatiosSet(columns={"grant": {LEAD: 5000, M1: 5000}}), e.TermsSet(tasks={M1: "研发"}), start=joined(M1)
    )
    left = after(e.MemberLeft(unit=M1, reason="合并"), start=both)
    assert left.ratios == {"grant": {LEAD: 5000}}
    assert (left.tasks, left.units(LEAD)) == ({}, (LEAD,))


def test_whoever_replaces_a_member_takes_its_place_its_shares_and_its_task() -> None:
    """T-process: accepted → removed; 「替换」 keeps the row, so that nothing has to be typed again."""
    said = after(
        e.RatiosSet(columns={"grant": {LEAD: 5000, M1: 3000, M2: 2000}}),
        e.TermsSet(tasks={M1: "研发", M2: "推广"}),
        start=joined(M1, M2),
    )
    asked = after(replace(invited(M3), replaces=M1), start=said)
    assert asked.units(LEAD) == (LEAD, M1, M2)  # nobody is out before the newcomer is in
    assert asked.heir(M1) is not None
    passed_on = after(e.MemberReplaced(unit=M1, invitation=f"i-{M3}", by=Personal("某人")), start=asked)
    assert passed_on.units(LEAD) == (LEAD, M3, M2)
    assert passed_on.ratios == {"grant": {LEAD: 5000, M3: 3000, M2: 2000}}
    assert passed_on.tasks == {M3: "研发", M2: "推广"}
    assert [member.standing for member in passed_on.members if member.unit == M1] == [Standing.REPLACED]


def test_a_replacement_makes_them_no_more_and_each_place_has_one_heir() -> None:
    full = joined(*MANY[:6])
    assert codes(may_be_invited(full, CALL, PROGRAMME, LEAD, MANY[6])) == ["UNIT_LIMIT"]
    assert may_be_invited(full, CALL, PROGRAMME, LEAD, MANY[6], replaces=MANY[0]) == []
    asked = after(replace(invited(MANY[6]), replaces=MANY[0]), start=full)
    assert counted(asked, CALL.units) == 7
    assert codes(may_be_invited(asked, CALL, PROGRAMME, LEAD, MANY[7], replaces=MANY[0])) == ["ALREADY_MEMBER"]
    assert codes(may_be_invited(asked, CALL, PROGRAMME, LEAD, MANY[7], replaces=MANY[8])) == ["MEMBER_UNKNOWN"]
    gone = after(e.MemberLeft(unit=MANY[0], reason="退出"), start=asked)
    assert counted(gone, CALL.units) == 7  # the place is free, and the newcomer simply joins
    newcomer = gone.invitation(f"i-{MANY[6]}")
    assert newcomer is not None
    assert may_be_accepted(gone, CALL, newcomer, "s3cret", BEFORE) == []


def joining(standing: Consortium, member: Member) -> e.ConsortiumEvent:
    if succeeds(standing, member):
        return e.MemberReplaced(unit=member.replaces, invitation=member.invitation, by=Personal("x"))
    return e.InvitationAccepted(invitation=member.invitation, by=Personal("x"))


_WISHES = st.lists(
    st.tuples(
        st.sampled_from(["invite", "replace", "accept", "decline", "expire", "uninvite", "leave"]), st.integers(0, 8)
    ),
    max_size=60,
)


@given(_WISHES, st.booleans())
def test_no_sequence_of_wishes_overruns_the_limit(wishes: list[tuple[str, int]], pending_counts: bool) -> None:
    call = CALL.model_copy(update={"units": CALL.units.model_copy(update={"count_pending": pending_counts})})
    standing = ALONE
    for number, (wish, which) in enumerate(wishes):
        unit = MANY[which]
        member = standing.member(unit)
        if wish == "invite":
            if not may_be_invited(standing, call, PROGRAMME, LEAD, unit):
                standing = evolve(standing, invited(unit, f"i-{number}"))
        elif wish == "replace":
            out = standing.accepted[which % len(standing.accepted)].unit if standing.accepted else "nobody"
            if not may_be_invited(standing, call, PROGRAMME, LEAD, unit, replaces=out):
                standing = evolve(standing, replace(invited(unit, f"i-{number}"), replaces=out))
        elif wish == "leave":
            if member is not None and member.standing is Standing.ACCEPTED:
                standing = evolve(standing, e.MemberLeft(unit=unit, reason=""))
        elif member is not None and member.standing is Standing.INVITED:
            match wish:
                case "accept" if not may_be_accepted(standing, call, member, "s3cret", BEFORE):
                    standing = evolve(standing, joining(standing, member))
                case "expire":
                    standing = evolve(standing, e.InvitationExpired(invitation=member.invitation))
                case "uninvite":
                    standing = evolve(standing, e.InvitationWithdrawn(invitation=member.invitation))
                case _:
                    pass
        assert len(standing.units(LEAD)) <= call.units.max
        assert len(set(standing.units(LEAD))) == len(standing.units(LEAD))
