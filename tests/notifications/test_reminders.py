"""Reminders are planned, moved and cancelled by what happens, rung by the clock, and asked for once more before they are sent."""

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from functools import reduce
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from consortium import events as k
from eventstore.event import Personal
from eventstore.refusal import Refused
from notifications import words
from notifications.listener import terms_of
from notifications.reminders import REMINDED, Rule, awaited, reminders
from notifications.schema import reminders as table
from notifications.story import Story
from programmes.calendar import instant
from tests.consortium import tale
from tests.databases import postgres_database, sqlite_url
from tests.notifications.conftest import opened
from tests.notifications.moments import (
    ASKED,
    ASKED_TO_JOIN,
    BY_COUNTY,
    DRAFT,
    FAILED,
    IN_FORCE,
    IN_FORMAL_REVIEW,
    INVITED,
    REFUSED,
    RETURNED,
    SEALED_ONCE,
    SIGNED_TOGETHER,
    TOGETHER,
)
from tests.notifications.post import PostOffice, when
from tests.scenario import COUNTY, SEALED, at, call_of_2025
from workflow import events as e
from workflow.application import EMPTY, evolve
from workflow.events import ApplicationEvent
from workflow.parties import agreement_digest
from workflow.stages import Stage


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Engine]:
    """SQLite; PostgreSQL where a test asks for it."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield from opened(sqlite_url(tmp_path))
    else:
        with postgres_database() as url:
            yield from opened(url)


BOTH = pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
CLOSE = instant("2025-11-28 17:00")


def issued(*history: ApplicationEvent, version: int = 1) -> k.AgreementIssued:
    """The text of *history*, fixed under its own hash."""
    application = reduce(evolve, history, EMPTY)
    return k.AgreementIssued(version=version, digest=agreement_digest(application), units=application.units)


def standing(post: PostOffice) -> dict[tuple[str, int], tuple[str, datetime, datetime]]:
    """(rule, days) to state, due time and deadline."""
    with post.store.reading() as db:
        return {
            (row.rule, row.days): (row.state, when(row.due_at), when(row.deadline))
            for row in db.execute(table.select()).all()
        }


def waiting(post: PostOffice) -> set[tuple[str, int]]:
    return {key for key, (state, _, _) in standing(post).items() if state == "waiting"}


def told(post: PostOffice, kind: str) -> list[str]:
    return sorted(str(to) for to, of in post.rows("audience", "kind") if of == kind)


@BOTH
def test_a_draft_is_reminded_of_the_close_and_a_seal_ends_that(post: PostOffice) -> None:
    post.clock.at = at("2025-11-10 10:00")
    application = post.happen(*DRAFT)
    post.listener.follow()
    assert standing(post)["draft", 7] == ("waiting", at("2025-11-21 09:00"), CLOSE)
    assert post.ringing.ring() == 0
    post.clock.at = at("2025-11-21 09:00")
    assert post.ringing.ring() == 3
    assert told(post, "remind_draft") == ["unit:91430104MAXTE5T16B"] * 3
    assert post.ringing.ring() == 0, "a second sweep reminds nobody again"
    post.happen(SEALED, application=application)
    post.listener.follow()
    assert {state for (rule, _), (state, _, _) in standing(post).items() if rule == "draft"} == {"cancelled"}
    post.clock.at = at("2025-11-27 09:00")
    assert told(post, "remind_draft") == ["unit:91430104MAXTE5T16B"] * 3


def test_an_extension_moves_the_reminder_with_the_deadline(post: PostOffice) -> None:
    """A-34: a deadline extended for one application is that application's deadline."""
    post.clock.at = at("2025-11-10 10:00")
    application = post.happen(*DRAFT)
    later = e.DeadlineExtended(
        deadline="applicant_close", until=instant("2025-12-03 17:00"), body="430104", reason="停电"
    )
    post.listener.follow()
    post.happen(later, application=application)
    post.listener.follow()
    assert standing(post)["draft", 1] == ("waiting", at("2025-12-02 09:00"), later.until)
    post.clock.at = at("2025-11-27 09:30")
    assert post.ringing.ring() == 3, "seven days before the new close"
    post.clock.at = at("2025-12-02 09:00")
    assert post.ringing.ring() == 3


@pytest.mark.rule("R-206")
def test_an_invitation_reminds_the_contact_with_the_link_and_the_lead(post: PostOffice) -> None:
    """Decision 0012: the row holds the commitment; whoever sends the letter looks the key up."""
    post.clock.at = at("2025-11-10 10:00")
    invited = replace(INVITED, secret=Personal("s3cret", subject="link-1"), expires_at=instant("2025-11-20 18:00"))
    application = post.happen(*DRAFT, invited)
    post.listener.follow()
    assert ("invitation", 3) in waiting(post)
    post.clock.at = at("2025-11-17 09:00")
    assert post.ringing.ring() == 4
    assert sorted(set(told(post, "remind_invitation"))) == [f"invited:{invited.invitation}", "unit:91430104MAXTE5T16B"]
    params = {str(p) for audience, p in post.rows("audience", "params") if str(audience).startswith("invited:")}
    assert not any("s3cret" in one for one in params)
    assert all(f'"path":"/invitations/{invited.invitation}"' in one and '"secret":"' in one for one in params)
    commitments = {one.partition('"secret":"')[2].partition('"')[0] for one in params}
    with post.store.reading() as db:
        assert post.personal.reveal(db, commitments) == {next(iter(commitments)): "s3cret"}
    post.happen(tale.accepted(tale.M1), application=application)
    post.listener.follow()
    assert not any(rule == "invitation" for rule, _ in waiting(post))


@pytest.mark.parametrize(
    "ending",
    [
        k.InvitationAccepted(invitation=INVITED.invitation, by=Personal("某人")),
        k.InvitationDeclined(invitation=INVITED.invitation, by=Personal("某人"), reason="人手不足"),
        k.InvitationExpired(invitation=INVITED.invitation),
        k.InvitationWithdrawn(invitation=INVITED.invitation),
        e.Withdrawn(entered=Stage.WITHDRAWN, reason="计划有变"),
        e.Lapsed(entered=Stage.LAPSED, deadline=CLOSE),
    ],
    ids=lambda event: type(event).__name__,
)
def test_whatever_ends_an_invitation_ends_its_reminders(ending: ApplicationEvent) -> None:
    assert Rule.INVITATION in rules(*ASKED_TO_JOIN)
    assert Rule.INVITATION not in rules(*ASKED_TO_JOIN, ending)


def rules(*history: ApplicationEvent) -> set[Rule]:
    return {one.awaited.rule for one in reminders(story(*history), terms_of(call_of_2025()))}


def story(*history: ApplicationEvent) -> Story:
    return Story(application=reduce(evolve, history, EMPTY), since=at("2025-11-26 12:00"))


def test_an_agreement_reminds_the_units_that_have_not_signed_and_a_new_version_starts_anew(post: PostOffice) -> None:
    post.clock.at = at("2025-11-10 10:00")
    three = (*TOGETHER, tale.invited(tale.M2), tale.accepted(tale.M2))
    first = issued(*three)
    application = post.happen(*three, first)
    hands = (replace(SIGNED_TOGETHER.signatories[0]), SIGNED_TOGETHER.signatories[1])
    post.happen(replace(SIGNED_TOGETHER, digest=first.digest, signatories=hands), application=application)
    post.listener.follow()
    post.clock.at = at("2025-11-21 09:00")
    post.ringing.ring()
    assert sorted(set(told(post, "remind_signing"))) == [f"member:{tale.M2}", "unit:91430104MAXTE5T16B"]
    changed = k.TermsSet(copies=5, voids=1)
    second = issued(*three, first, changed, version=2)
    post.happen(changed, second, application=application)
    post.listener.follow()
    assert waiting(post) >= {("signing", 2)}
    post.clock.at = at("2025-11-26 09:00")
    post.ringing.ring()
    assert f"member:{tale.M1}" in told(post, "remind_signing"), "the new text binds nobody yet"


def test_an_agreement_in_force_reminds_nobody() -> None:
    first = issued(*TOGETHER)
    assert Rule.SIGNING in rules(*TOGETHER, first)
    assert Rule.SIGNING not in rules(*TOGETHER, first, replace(IN_FORCE, digest=first.digest))
    assert Rule.SIGNING not in rules(*TOGETHER, first, k.TermsSet(copies=9)), "a changed text cannot be signed"


def test_a_correction_a_refusal_and_files_in_hand_are_awaited_and_end_with_the_deed() -> None:
    assert rules(*SEALED_ONCE) == rules(*BY_COUNTY) == {Rule.HOLDING}
    assert rules(*SEALED_ONCE, RETURNED) == {Rule.CORRECTION}
    assert rules(*SEALED_ONCE, REFUSED) == {Rule.RECONSIDERATION}
    assert rules(*SEALED_ONCE, REFUSED, ASKED) == set()
    assert rules(*IN_FORMAL_REVIEW) == set()
    assert rules(*IN_FORMAL_REVIEW, FAILED) == {Rule.RECONSIDERATION}


def test_the_time_to_contest_is_counted_from_the_refusal() -> None:
    """T16: five working days; 2025-11-26 and five is 2025-12-03."""
    refused = story(*SEALED_ONCE, REFUSED)
    (one,) = awaited(refused, terms_of(call_of_2025()))
    assert one.deadline == instant("2025-12-03 24:00")


@BOTH
def test_a_body_gets_one_letter_a_day_with_the_number_of_its_files(post: PostOffice) -> None:
    post.clock.at = at("2025-11-26 10:00")
    sealed = [post.happen(*DRAFT, SEALED) for _ in range(3)]
    post.listener.follow()
    post.happen(COUNTY, application=sealed[0])
    post.listener.follow()
    post.clock.at = at("2025-12-02 09:00")
    post.ringing.ring()
    counted = [
        params
        for kind, params, to in post.rows("kind", "params", "audience")
        if kind == "remind_holding" and to == "body:430104"
    ]
    assert len(counted) == 2, "head and clerk, one letter each"
    assert all('"count":2' in str(params) for params in counted)


def test_a_reminder_that_is_due_is_asked_for_once_more(post: PostOffice) -> None:
    """The listener may lag behind: what was done meanwhile is not asked for."""
    post.clock.at = at("2025-11-10 10:00")
    application = post.happen(*DRAFT)
    post.listener.follow()
    post.happen(SEALED, application=application)
    post.clock.at = at("2025-11-21 09:00")
    assert post.ringing.ring() == 0
    assert standing(post)["draft", 7][0] == "cancelled"


def test_what_would_be_due_already_does_not_ring_and_neither_does_what_is_long_past(post: PostOffice) -> None:
    post.clock.at = at("2025-11-25 10:00")
    post.happen(*DRAFT)
    post.listener.follow()
    assert standing(post)["draft", 7][0] == "passed"
    post.clock.at = at("2025-11-28 17:01")
    assert post.ringing.ring() == 0
    assert standing(post)["draft", 1][0] == "passed"


def test_reading_the_log_again_reminds_nobody_again(post: PostOffice) -> None:
    post.clock.at = at("2025-11-10 10:00")
    post.happen(*DRAFT)
    post.listener.follow()
    post.clock.at = at("2025-11-21 09:00")
    post.ringing.ring()
    before = post.rows("id")
    with post.store.begin() as db:
        db.execute(delete(table))
    post.rewind()
    post.listening().follow()
    assert post.ringing.ring() == 0
    assert post.rows("id") == before


def test_the_lead_asks_a_member_once_a_day(post: PostOffice) -> None:
    """Issue 4.7: the letter is the member's; nobody is pressed twice on one day."""
    post.clock.at = at("2025-11-10 10:00")
    application = str(post.happen(*ASKED_TO_JOIN))
    post.listener.follow()
    assert post.ringing.remind(application, tale.M1, "person:admin") == 1
    assert told(post, "remind_invitation") == [f"invited:{INVITED.invitation}"]
    assert post.rows("asked_by")[-1] == ("person:admin",)
    with pytest.raises(Refused) as refused:
        post.ringing.remind(application, tale.M1, "person:admin")
    assert [one.code for one in refused.value.refusals] == ["REMINDED_TODAY"]
    post.clock.pass_by(days=1)
    assert post.ringing.remind(application, tale.M1, "person:admin") == 1
    with pytest.raises(Refused) as refused:
        post.ringing.remind(application, tale.M3, "person:admin")
    assert [one.code for one in refused.value.refusals] == ["NOTHING_AWAITED"]


def test_a_member_that_joined_is_asked_for_its_signature(post: PostOffice) -> None:
    post.clock.at = at("2025-11-10 10:00")
    history = (*TOGETHER, issued(*TOGETHER))
    application = str(post.happen(*history))
    post.listener.follow()
    post.ringing.remind(application, tale.M1, "person:admin")
    assert told(post, "remind_signing") == [f"member:{tale.M1}"]


def test_a_call_that_wants_no_reminders_has_none() -> None:
    silent = replace(terms_of(call_of_2025()), reminders={})
    assert reminders(story(*DRAFT), silent) == ()


def test_every_rule_has_its_lines_and_its_words() -> None:
    for rule in Rule:
        assert REMINDED[rule]
        for line in REMINDED[rule]:
            assert words.has(f"asks.{line.asks}")
            assert words.has(f"because.{line.who}")
        assert words.title(rule.kind, "zh") != words.title(rule.kind, "en")
