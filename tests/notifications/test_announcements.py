"""Who is told at each transition is the column "Notified" of the process, for every event, before and after the step."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from notifications.announcements import TOLD as TABLE
from notifications.announcements import Terms, announce, preview
from notifications.audiences import Who
from notifications.endpoints import KEPT
from notifications.joining import ASKED
from notifications.kinds import KINDS, kind_of, possible_kinds
from notifications.own_account import TOLD as OWN
from notifications.reminders import REMINDED
from programmes.calendar import end_of, instant
from tests.consortium import tale
from tests.notifications.moments import (
    DEMAND,
    FAILED,
    MOMENTS,
    OBJECTED,
    ON_NOTICE,
    REFUSED,
    RESUBMITTED,
    RETURNED,
    SEALED_ONCE,
    UNIT,
    Moment,
    name_of,
)
from tests.scenario import DRAWN, SEALED, at
from workflow.events import ApplicationEvent, DeadlineExtended, ReconsiderationDecided, UnitSealed
from workflow.lifecycle import LIFECYCLE
from workflow.stages import Stage

TERMS = Terms(
    deadlines={
        "applicant_close": instant("2025-11-28 17:00"),
        "county_close": instant("2025-12-05 17:00"),
        "city_close": instant("2025-12-12 17:00"),
    },
    reconsideration_days=5,
)
NOON = at("2025-11-26 12:00")


UNNAMED = {"expert": "expert:", "invited": "invited:", "signer": "signer:"}
"""Whom only the step itself names."""


def told(moment: Moment) -> list[str]:
    return [str(one.audience) for one in announce(moment.event, moment.before, moment.after, TERMS, NOON)]


def test_there_is_a_moment_for_every_event() -> None:
    assert {type(moment.event) for moment in MOMENTS} == set(get_args(ApplicationEvent))


@pytest.mark.parametrize("moment", MOMENTS, ids=name_of)
def test_the_right_ones_are_told_and_nobody_else(moment: Moment) -> None:
    """T01 to T37."""
    assert told(moment) == list(moment.told)


@pytest.mark.parametrize("moment", MOMENTS, ids=name_of)
def test_what_is_shown_before_the_step_is_what_happens_after_it(moment: Moment) -> None:
    """The preview names exactly whoever is told, where the step has one ending; otherwise it leaves nobody out."""
    sealed_route = moment.event.route if isinstance(moment.event, UnitSealed) else ()
    shown = {str(one.audience) for one in preview(moment.trigger, moment.before, TERMS, NOON, sealed_route)}
    copied = {f"body:{code}" for code in getattr(moment.event, "copied_to", ())}
    happened = {UNNAMED.get(one.partition(":")[0], one) for one in told(moment)} - copied
    assert happened <= shown
    if happened and len(possible_kinds(moment.trigger, moment.before)) == 1:
        assert happened == shown


@pytest.mark.parametrize("moment", [moment for moment in MOMENTS if moment.due], ids=name_of)
def test_whoever_must_act_by_a_day_is_told_the_day(moment: Moment) -> None:
    found = announce(moment.event, moment.before, moment.after, TERMS, NOON)
    assert any(one.deadline for one in found)


def test_a_bureau_is_given_its_own_deadline_and_an_extension_counts() -> None:
    """T03, T14."""
    moment = next(moment for moment in MOMENTS if moment.event == SEALED)
    first = announce(moment.event, moment.before, moment.after, TERMS, NOON)[0]
    assert (first.asks, first.deadline) == ("pass_on", instant("2025-12-05 17:00"))
    longer = DeadlineExtended(deadline="county_close", until=instant("2025-12-08 17:00"), body="43", reason="暴雨")
    extended = replace(moment, history=(*moment.history, longer))
    first = announce(SEALED, extended.before, extended.after, TERMS, NOON)[0]
    assert first.deadline == instant("2025-12-08 17:00")


def test_a_return_names_its_own_deadline_whatever_the_call_says() -> None:
    """T11: the call's close does not matter."""
    moment = next(moment for moment in MOMENTS if moment.event == RETURNED)
    (one,) = announce(RETURNED, moment.before, moment.after, TERMS, NOON)
    assert (one.asks, one.deadline, str(one.audience)) == ("correct", RETURNED.deadline, UNIT)


@pytest.mark.parametrize("event", [REFUSED, FAILED])
def test_a_refusal_may_be_contested_for_five_working_days_but_once(event: ApplicationEvent) -> None:
    """T09, T15, T16: 2025-11-26 and five working days is 2025-12-03."""
    moment = next(moment for moment in MOMENTS if moment.event == event)
    first = announce(event, moment.before, moment.after, TERMS, NOON)[0]
    assert (first.asks, first.deadline) == ("contest", end_of(NOON.date() + timedelta(days=7)))
    granted = ReconsiderationDecided(entered=Stage.FORMAL_REVIEW, granted=True, body="43", reason="")
    asked = next(moment for moment in MOMENTS if moment.trigger == "ask_reconsideration").event
    again = replace(moment, history=(*moment.history, asked, granted))
    first = announce(event, again.before, again.after, TERMS, NOON)[0]
    assert (first.asks, first.deadline) == ("", None)


def test_a_year_without_calendar_names_no_day() -> None:
    moment = next(moment for moment in MOMENTS if moment.event == REFUSED)
    late = announce(REFUSED, moment.before, moment.after, TERMS, at("2027-01-04 09:00"))
    assert late[0].deadline is None


def test_nobody_is_told_twice_of_one_event() -> None:
    for moment in MOMENTS:
        assert len(told(moment)) == len(set(told(moment)))


def test_the_bureau_that_returned_it_has_acted_even_if_it_never_recommended() -> None:
    """T05, T11."""
    withdrawn = next(moment for moment in MOMENTS if moment.trigger == "withdraw")
    after_a_return = replace(withdrawn, history=(*SEALED_ONCE, RETURNED, RESUBMITTED))
    assert told(after_a_return) == ["body:430104", UNIT]


def test_recipients_follow_from_the_event_and_not_from_how_things_stand_now() -> None:
    """Whoever is asked about an old event gets the old answer: later events are not looked at."""
    moment = next(moment for moment in MOMENTS if moment.event == DEMAND)
    assert moment.before.stage is Stage.DISBURSED
    assert told(moment) == list(moment.told)


def test_the_unit_never_learns_who_objected() -> None:
    """T25."""
    moment = next(moment for moment in MOMENTS if moment.event == OBJECTED)
    assert "objector:1" not in told(moment)
    assert moment.history == ON_NOTICE


def test_experts_to_be_drawn_are_announced_without_a_name() -> None:
    before = next(moment for moment in MOMENTS if moment.event == DRAWN).before
    assert [str(one.audience) for one in preview("draw", before, TERMS, NOON)] == ["expert:"]
    assert before.stage is Stage.EXPERT_REVIEW


def test_every_trigger_of_the_lifecycle_has_its_kinds_and_every_kind_its_line() -> None:
    assert {step.trigger for step in LIFECYCLE} == set(KINDS)
    assert {kind for kinds in KINDS.values() for kind in kinds} == set(TABLE)


WORDS = {
    "unit_without_the_objector": "unit",
}


@pytest.mark.parametrize("step", LIFECYCLE, ids=lambda step: f"{step.trigger}-{step.source}-{step.dest}")
def test_nobody_the_lifecycle_promises_to_tell_is_forgotten(step: object) -> None:
    """The column of the lifecycle's own table is held against the table of letters."""
    trigger, promised = str(getattr(step, "trigger", "")), getattr(step, "told", ())
    known = {line.who.value for kind in KINDS[trigger] for line in TABLE[kind]}
    assert {WORDS.get(word, word) for word in promised} <= known


def test_every_audience_of_the_table_is_used() -> None:
    lines = [line for table in (*TABLE.values(), *REMINDED.values()) for line in table]
    told = (*lines, *KEPT.values(), *ASKED.values(), *OWN.values())
    assert {line.who for line in told} == set(Who)


def test_an_event_that_is_announced_has_a_kind_of_its_trigger() -> None:
    for moment in MOMENTS:
        kind = kind_of(moment.event)
        assert not kind or kind in KINDS[moment.trigger]


def test_members_hear_of_the_money_and_of_the_end() -> None:
    """T24, T30 to T32, T34 to T37: lead and members."""
    together = [tale.invited(tale.M1), tale.accepted(tale.M1)]
    for moment in MOMENTS:
        if kind_of(
            moment.event
        ) != "recovery_signed" and moment.trigger in {  # of two signatures only the second demands
            "publish",
            "waive",
            "instruct",
            "confirm_paid",
            "close",
            "cancel_award",
            "demand_recovery",
        }:
            opened, *rest = moment.history
            joint = replace(moment, history=(opened, *together, *rest))
            assert f"member:{tale.M1}" in told(joint), moment.trigger


def test_whoever_is_to_sign_is_told_by_when() -> None:
    """Third parties sign against the application's own deadline, not against one the lead sets."""
    moment = next(moment for moment in MOMENTS if moment.trigger == "issue_agreement")
    (one,) = announce(moment.event, moment.before, moment.after, TERMS, NOON)
    assert (one.asks, one.deadline) == ("sign", instant("2025-11-28 17:00"))
