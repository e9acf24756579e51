"""An invitation opens for one person, once, for seven days; and never for a role that who invited could not have a hand in."""

from datetime import UTC, datetime, timedelta

import pytest

from directory.actor import Actor, Grant, Role
from directory.events import (
    InvitationEvent,
    PersonInvitationAccepted,
    PersonInvitationResent,
    PersonInvitationWithdrawn,
    PersonInvited,
)
from directory.invitation import (
    INVITATION,
    LASTS,
    OPEN_AT_MOST,
    RESENT_AT_MOST,
    Invitation,
    Standing,
    digest_of,
    may_invite,
    may_resend,
    may_withdraw,
    opens,
    the_inviter_still_may,
)
from eventstore.event import Personal
from eventstore.refusal import Refused

NOW = datetime(2025, 11, 3, 4, 0, tzinfo=UTC)
UNIT = "91430104MAXTE5T16B"
EDITOR = Grant(Role.UNIT_EDITOR, UNIT)
ADMIN = Actor("a", "", (Grant(Role.UNIT_ADMIN, UNIT),))
OTHER = Actor("b", "", (Grant(Role.UNIT_ADMIN, "OTHER"),))
KEY, NEWER = "k" * 64, "n" * 64
INVITED = PersonInvited(
    invitation="i",
    name=Personal("王小明"),
    email=Personal("wang@example.cn"),
    role="unit.editor",
    scope=UNIT,
    by="a",
    expires_at=NOW + LASTS,
    secret_digest=digest_of(KEY),
)
AGAIN = PersonInvitationResent(invitation="i", expires_at=NOW + 2 * LASTS, secret_digest=digest_of(NEWER))


def after(*events: InvitationEvent) -> Invitation:
    state = INVITATION.initial
    for event in events:
        state = INVITATION.evolve(state, event)
    return state


def codes(act: object) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()  # type: ignore[operator]
    return [one.code for one in refused.value.refusals]


def test_the_link_opens_for_seven_days_to_its_own_key_alone() -> None:
    one = after(INVITED)
    opens(one, KEY, NOW + LASTS - timedelta(microseconds=1))
    assert codes(lambda: opens(one, KEY, NOW + LASTS)) == ["JOINING_CLOSED"]
    for wrong in ("", "x", KEY[:-1], KEY + "k", KEY.upper(), "\ud800"):
        assert codes(lambda wrong=wrong: opens(one, wrong, NOW)) == ["JOINING_UNKNOWN"]
    assert codes(lambda: opens(after(), KEY, NOW)) == ["JOINING_UNKNOWN"], "no such link, told alike"


@pytest.mark.parametrize(
    "end", [PersonInvitationWithdrawn(invitation="i", by="a"), PersonInvitationAccepted(invitation="i", person="p")]
)
def test_what_has_ended_opens_no_more_and_keeps_no_name(end: InvitationEvent) -> None:
    one = after(INVITED, end)
    assert codes(lambda: opens(one, KEY, NOW)) == ["JOINING_CLOSED"]
    assert codes(lambda: opens(one, "wrong", NOW)) == ["JOINING_UNKNOWN"]
    assert (one.name, one.email) == (None, None)
    assert codes(lambda: may_resend(one, ADMIN)) == codes(lambda: may_withdraw(one, ADMIN)) == ["JOINING_CLOSED"]


def test_sent_anew_the_former_link_opens_nothing_and_the_new_one_has_its_own_days() -> None:
    one = after(INVITED, AGAIN)
    opens(one, NEWER, NOW + LASTS)
    assert codes(lambda: opens(one, KEY, NOW)) == ["JOINING_UNKNOWN"]
    assert after(INVITED).standing(NOW + LASTS) is Standing.EXPIRED
    may_resend(after(INVITED, *[AGAIN] * (RESENT_AT_MOST - 1)), ADMIN)
    assert codes(lambda: may_resend(after(INVITED, *[AGAIN] * RESENT_AT_MOST), ADMIN)) == ["RESEND_LIMIT"]


def test_only_whoever_answers_for_the_role_invites_resends_and_withdraws() -> None:
    may_invite(ADMIN, EDITOR, 0, scope_known=True)
    assert codes(lambda: may_invite(OTHER, EDITOR, 0, scope_known=True)) == ["GRANT_FORBIDDEN"]
    assert codes(lambda: may_resend(after(INVITED), OTHER)) == ["GRANT_FORBIDDEN"]
    assert codes(lambda: may_withdraw(after(INVITED), OTHER)) == ["GRANT_FORBIDDEN"]
    assert codes(lambda: may_invite(ADMIN, Grant(Role.CLOCK, "x"), OPEN_AT_MOST, scope_known=False)) == [
        "GRANT_FORBIDDEN",
        "ROLE_NOT_FOR_PERSONS",
        "SCOPE_UNKNOWN",
        "INVITATION_LIMIT",
    ]


def test_what_was_offered_by_somebody_who_lost_the_office_is_offered_no_more() -> None:
    assert the_inviter_still_may(after(INVITED), ADMIN) is None
    for former in (None, Actor("a", "", ()), OTHER):
        refusal = the_inviter_still_may(after(INVITED), former)
        assert refusal is not None
        assert refusal.code == "INVITER_GONE"
