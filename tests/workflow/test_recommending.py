"""A bureau recommends the applications of its own region, in its own turn, under its handler's name (T07–T11, T14)."""

from dataclasses import replace
from datetime import datetime

import pytest

from programmes.calendar import end_of
from tests.scenario import (
    BEIJING,
    CHANGSHA_HEAD,
    CITY,
    COUNTY,
    DIGEST,
    EDITOR,
    ID,
    OPENED,
    PROVINCE_CLERK,
    PROVINCE_LEAD,
    RECEIVED,
    ROUTE,
    SCAN,
    SEALED,
    YUELU_CLERK,
    YUELU_HEAD,
    YUHUA_HEAD,
    Given,
    at,
)
from workflow import commands as c
from workflow import events as e
from workflow.stages import Stage

RECOMMEND = c.Recommend(
    application_id=ID,
    content_digest=DIGEST,
    letter_number="岳工信函〔2025〕11号",
    letter_scan=SCAN,
    handler="王经办",
    handler_in_establishment=True,
)
RANKED = replace(RECOMMEND, rank=1)
ITEM = e.ReturnItem(kind="attachment", id="L-4", reason="2024 年缴税证明缺第 2 页")


def test_a_county_bureau_recommends_a_sealed_application() -> None:
    Given(OPENED, SEALED).when(RECOMMEND, YUELU_HEAD).then(COUNTY)


def test_a_city_bureau_recommends_after_the_county_and_takes_a_place_of_its_quota() -> None:
    Given(OPENED, SEALED, COUNTY).when(replace(RECOMMEND, rank=2), CHANGSHA_HEAD, free_slot=1).then(CITY)


@pytest.mark.rule("R-225")
def test_a_city_ranks_what_it_passes_on() -> None:
    """T08: rank set."""
    (refusal,) = Given(OPENED, SEALED, COUNTY).when(RECOMMEND, CHANGSHA_HEAD).then_refused("REQUIRED")
    assert refusal.params["field"] == "rank"
    Given(OPENED, SEALED, COUNTY).when(replace(RECOMMEND, rank=0), CHANGSHA_HEAD).then_refused("BELOW_MIN")


def test_another_districts_bureau_is_refused() -> None:
    """A15: 雨花区 recommends an application of 岳麓区."""
    (refusal,) = Given(OPENED, SEALED).when(RECOMMEND, YUHUA_HEAD).then_refused("WRONG_BUREAU")
    assert refusal.params["holder"] == "430104"


def test_the_city_waits_for_the_county() -> None:
    Given(OPENED, SEALED).when(RANKED, CHANGSHA_HEAD).then_refused("WRONG_BUREAU")


def test_a_bureau_that_has_recommended_is_told_what_happened() -> None:
    (refusal,) = Given(OPENED, SEALED, COUNTY).when(RECOMMEND, YUELU_HEAD).then_refused("WRONG_STAGE")
    assert refusal.params["by"] == "somebody"


def test_a_level_that_the_route_does_not_have_is_no_step() -> None:
    """省直管县: county → province; the city gets the copy and has no step."""
    direct = replace(SEALED, route=(ROUTE[0], ROUTE[2]), route_rule="direct-county")
    Given(OPENED, direct).when(RANKED, CHANGSHA_HEAD).then_refused("NO_SUCH_STEP")


def test_a_recommendation_needs_a_named_handler_in_establishment() -> None:
    """实名推荐: 「经办人签字」, in establishment (A19)."""
    Given(OPENED, SEALED).when(replace(RECOMMEND, handler=""), YUELU_HEAD).then_refused("MISSING_HANDLER")
    loose = replace(RECOMMEND, handler_in_establishment=False)
    Given(OPENED, SEALED).when(loose, YUELU_HEAD).then_refused("MISSING_HANDLER")


def test_who_prepares_is_not_who_signs() -> None:
    own = replace(RECOMMEND, handler=YUELU_HEAD.name)
    Given(OPENED, SEALED).when(own, YUELU_HEAD).then_refused("SAME_PERSON")


def test_a_bureau_signs_the_text_that_stands() -> None:
    old = replace(RECOMMEND, content_digest="sha256:" + "00" * 32)
    (refusal,) = Given(OPENED, SEALED).when(old, YUELU_HEAD).then_refused("STALE_VERSION")
    assert refusal.params["version"] == 1


def test_every_broken_rule_is_named_at_once() -> None:
    wrong = c.Recommend(application_id=ID, content_digest="", letter_number="", letter_scan="")
    Given(OPENED, SEALED).when(wrong, YUHUA_HEAD, "2025-12-05 17:00:01").then_refused(
        "WRONG_BUREAU", "MISSING_HANDLER", "LETTER_MISSING", "STALE_VERSION", "DEADLINE_PASSED"
    )


def test_the_fourth_of_a_quota_of_three_is_refused() -> None:
    (refusal,) = Given(OPENED, SEALED, COUNTY).when(RANKED, CHANGSHA_HEAD, free_slot=4).then_refused("QUOTA_EXCEEDED")
    assert refusal.params["quota"] == 3


@pytest.mark.parametrize(("when", "codes"), [("2025-12-12 17:00", ()), ("2025-12-12 17:00:01", ("DEADLINE_PASSED",))])
def test_the_citys_deadline_is_in_until_its_last_instant(when: str, codes: tuple[str, ...]) -> None:
    """A21, and reading A-34."""
    outcome = Given(OPENED, SEALED, COUNTY).when(RANKED, CHANGSHA_HEAD, when)
    assert tuple(outcome.codes) == codes


def test_an_editor_never_recommends() -> None:
    Given(OPENED, SEALED).when(RECOMMEND, EDITOR).then_refused("ROLE_FORBIDDEN")


def test_a_bureau_refuses_with_a_reason() -> None:
    refuse = c.NotRecommend(application_id=ID, reason="不符合推荐条件")
    Given(OPENED, SEALED).when(refuse, YUELU_HEAD).then(
        e.NotRecommended(entered=Stage.NOT_RECOMMENDED, body="430104", level="county", reason="不符合推荐条件")
    )
    Given(OPENED, SEALED).when(replace(refuse, reason=" "), YUELU_HEAD).then_refused("REASON_REQUIRED")


def test_the_province_takes_in_what_every_body_recommended() -> None:
    Given(OPENED, SEALED, COUNTY, CITY).when(c.Receive(application_id=ID), PROVINCE_CLERK).then(RECEIVED)
    Given(OPENED, SEALED, COUNTY).when(c.Receive(application_id=ID), PROVINCE_CLERK).then_refused("WRONG_BUREAU")


def test_a_return_lists_items_and_has_a_deadline_of_its_own() -> None:
    """A16: 3 working days from 2025-11-26, the day itself not counted, until 24:00 of 12-01."""
    back = c.ReturnForCorrection(application_id=ID, items=(ITEM,), working_days=3)
    Given(OPENED, SEALED).when(back, YUELU_CLERK, "2025-11-26 10:00").then(
        e.ReturnedForCorrection(
            entered=Stage.RETURNED,
            returned_from=Stage.UNIT_SEALED,
            body="430104",
            items=(ITEM,),
            deadline=end_of(datetime(2025, 12, 1, tzinfo=BEIJING).date()),
        )
    )


def test_a_return_without_items_or_reasons_is_refused() -> None:
    empty = c.ReturnForCorrection(application_id=ID, items=())
    Given(OPENED, SEALED).when(empty, YUELU_CLERK).then_refused("NOTHING_TO_RETURN")
    silent = c.ReturnForCorrection(application_id=ID, items=(replace(ITEM, reason=" "),))
    Given(OPENED, SEALED).when(silent, YUELU_CLERK).then_refused("NOTHING_TO_RETURN")


def test_a_return_gives_at_most_the_days_the_call_says() -> None:
    """T11: 1..N working days."""
    long = c.ReturnForCorrection(application_id=ID, items=(ITEM,), working_days=4)
    Given(OPENED, SEALED).when(long, YUELU_CLERK).then_refused("ABOVE_MAX")
    none = c.ReturnForCorrection(application_id=ID, items=(ITEM,), working_days=0)
    Given(OPENED, SEALED).when(none, YUELU_CLERK).then_refused("BELOW_MIN")


def test_a_stage_returns_at_most_twice() -> None:
    back = c.ReturnForCorrection(application_id=ID, items=(ITEM,))
    returned = e.ReturnedForCorrection(
        entered=Stage.RETURNED,
        returned_from=Stage.UNIT_SEALED,
        body="430104",
        items=(ITEM,),
        deadline=at("2025-12-01 23:59"),
    )
    again = e.Resubmitted(
        entered=Stage.UNIT_SEALED, seal_version=2, content_digest=DIGEST, changed=("attachment:L-4",), renewed=False
    )
    twice = (OPENED, SEALED, returned, again, returned, again)
    Given(*twice).when(back, YUELU_CLERK).then_refused("RETURN_LIMIT")


def test_an_extension_moves_one_applications_deadline() -> None:
    later = at("2025-12-08 17:00")
    extend = c.Extend(application_id=ID, deadline="county_close", until=later, reason="系统故障")
    granted = e.DeadlineExtended(deadline="county_close", until=later, body="43", reason="系统故障")
    Given(OPENED, SEALED).when(extend, PROVINCE_LEAD).then(granted)
    Given(OPENED, SEALED, granted).when(RECOMMEND, YUELU_HEAD, "2025-12-08 16:00").then(COUNTY)
    earlier = replace(extend, until=at("2025-12-05 16:00"))
    Given(OPENED, SEALED).when(earlier, PROVINCE_LEAD).then_refused("EXTENSION_NOT_LATER")
    Given(OPENED, SEALED).when(extend, YUHUA_HEAD).then_refused("WRONG_BUREAU")


REFUSED = e.NotRecommended(entered=Stage.NOT_RECOMMENDED, body="430104", level="county", reason="不符合")
ASKED = e.ReconsiderationAsked(about=Stage.NOT_RECOMMENDED, reason="已补充证明")


def test_a_refusal_is_reconsidered_once_by_the_next_higher_body() -> None:
    """T16 and the variant of journey A."""
    from tests.scenario import ADMIN

    ask = c.AskReconsideration(application_id=ID, reason="已补充证明")
    Given(OPENED, SEALED, REFUSED).when(ask, ADMIN).then(ASKED)
    grant = c.DecideReconsideration(application_id=ID, granted=True, reason="理由成立")
    Given(OPENED, SEALED, REFUSED, ASKED).when(grant, YUELU_HEAD).then_refused("WRONG_BUREAU")
    granted = e.ReconsiderationDecided(entered=Stage.UNIT_SEALED, granted=True, body="430100", reason="理由成立")
    Given(OPENED, SEALED, REFUSED, ASKED).when(grant, CHANGSHA_HEAD).then(granted)
    Given(OPENED, SEALED, REFUSED, ASKED, granted, REFUSED).when(ask, ADMIN).then_refused("RECONSIDER_ONCE")


def test_reconsideration_is_asked_within_five_working_days() -> None:
    from tests.scenario import ADMIN
    from workflow.facts import Latest

    ask = c.AskReconsideration(application_id=ID, reason="已补充证明")
    refused_on = Latest(event="application.not_recommended", actor="岳麓区", at=at("2025-12-01 10:00"))
    given = Given(OPENED, SEALED, REFUSED)
    assert given.when(ask, ADMIN, "2025-12-08 23:00", latest=refused_on).codes == []
    given.when(ask, ADMIN, "2025-12-09 00:00", latest=refused_on).then_refused("RECONSIDER_LATE")


def test_a_dismissed_reconsideration_leaves_the_refusal() -> None:
    dismiss = c.DecideReconsideration(application_id=ID, granted=False, reason="维持原意见")
    Given(OPENED, SEALED, REFUSED, ASKED).when(dismiss, CHANGSHA_HEAD).then_entered(Stage.NOT_RECOMMENDED)
