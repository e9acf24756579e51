"""Experts are drawn by a stored seed, step aside when they must, and their marks make a trimmed mean (T18–T22)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstore.event import Personal
from eventstore.refusal import Refused
from tests.scenario import (
    CLEARED,
    DRAWN,
    EXPERTS,
    ID,
    PANEL,
    POOL,
    PROVINCE_CLERK,
    REVIEW_DONE,
    REVIEWED,
    SCORED,
    UNDER_REVIEW,
    UNIT,
    UNIT_CODE,
    Given,
    call_of_2025,
    facts,
)
from workflow import commands as c
from workflow import events as e
from workflow.decisions import decide
from workflow.panel import draw
from workflow.review import result_of
from workflow.stages import Stage

DRAW = c.DrawPanel(application_id=ID)
CONFLICT = e.ExpertDeclared(expert=PANEL[2], conflict=True, ground="2024 年曾为申报单位提供咨询")


def marks_of(total: int) -> dict[str, int]:
    """Marks by criterion that add up to *total* points."""
    left, marks = total * 100, dict[str, int]()
    for criterion in call_of_2025().direction("L-V").rubric:
        marks[criterion.id] = min(left, criterion.max * 100)
        left -= marks[criterion.id]
    return marks


def test_a_panel_of_five_is_drawn_and_the_draw_can_be_repeated() -> None:
    (drawn,) = Given(*UNDER_REVIEW).when(DRAW, PROVINCE_CLERK, seed="4f3a").then_entered(Stage.EXPERT_REVIEW)
    assert isinstance(drawn, e.PanelDrawn)
    assert len(drawn.drawn) == 5
    assert drawn.drawn == draw(drawn.candidates, drawn.seed, 5, call_of_2025().review)
    assert drawn.pool == tuple(sorted(expert.id for expert in POOL))


def test_a_pool_that_is_too_small_is_refused() -> None:
    Given(*UNDER_REVIEW).when(DRAW, PROVINCE_CLERK, expert_pool=POOL[:4]).then_refused("EXPERT_POOL_TOO_SMALL")


def test_a_whole_panel_is_not_drawn_again() -> None:
    Given(*UNDER_REVIEW, DRAWN).when(DRAW, PROVINCE_CLERK).then_refused("PANEL_SIZE")


def test_an_expert_with_a_conflict_never_judges() -> None:
    """A23: E3 advised the unit in 2024."""
    declare = c.Declare(application_id=ID, conflict=True, ground=CONFLICT.ground)
    Given(*UNDER_REVIEW, DRAWN).when(declare, EXPERTS[2]).then(CONFLICT)
    score = c.Score(application_id=ID, marks=marks_of(80))
    Given(*UNDER_REVIEW, DRAWN, CONFLICT).when(score, EXPERTS[2]).then_refused("CONFLICT_OF_INTEREST")


def test_four_of_five_close_nothing_and_the_place_is_drawn_anew() -> None:
    stepped_aside = Given(*UNDER_REVIEW, DRAWN, CONFLICT)
    stepped_aside.when(c.CloseReview(application_id=ID), PROVINCE_CLERK).then_refused_among("PANEL_SIZE")
    (drawn,) = stepped_aside.when(DRAW, PROVINCE_CLERK).then_entered(Stage.EXPERT_REVIEW)
    assert isinstance(drawn, e.PanelDrawn)
    assert len(drawn.drawn) == 1
    assert not set(drawn.drawn) & set(PANEL)


def test_an_expert_signs_no_conflict_before_judging() -> None:
    score = c.Score(application_id=ID, marks=marks_of(80))
    Given(*UNDER_REVIEW, DRAWN).when(score, EXPERTS[0]).then_refused("DECLARATION_MISSING")


def test_a_mark_above_its_criterion_is_out_of_range() -> None:
    """A24: 101 of 100."""
    marks = marks_of(100)
    first = next(iter(marks))
    score = c.Score(application_id=ID, marks={**marks, first: marks[first] + 100})
    (refusal,) = Given(*UNDER_REVIEW, DRAWN, *CLEARED).when(score, EXPERTS[0]).then_refused("SCORE_RANGE")
    assert refusal.params["criterion"] == first


def test_only_the_panel_judges() -> None:
    score = c.Score(application_id=ID, marks=marks_of(80))
    Given(*UNDER_REVIEW, DRAWN, *CLEARED).when(score, EXPERTS[8]).then_refused("EXPERT_NOT_ON_PANEL")


def test_the_review_closes_when_every_mark_is_in_with_the_trimmed_mean() -> None:
    """A24: 86, 91, 78.5, 88, 83 → (86 + 88 + 83) / 3 = 85.67."""
    close = c.CloseReview(application_id=ID)
    Given(*UNDER_REVIEW, DRAWN, *CLEARED, *SCORED[:4]).when(close, PROVINCE_CLERK).then_refused("SCORES_OPEN")
    Given(*UNDER_REVIEW, DRAWN, *CLEARED, *SCORED).when(close, PROVINCE_CLERK).then(REVIEWED)


def test_a_closed_review_takes_no_more_marks() -> None:
    score = c.Score(application_id=ID, marks=marks_of(80))
    Given(*REVIEW_DONE).when(score, EXPERTS[0]).then_refused("REVIEW_CLOSED")


def test_a_site_check_is_made_by_two() -> None:
    checked = Given(*UNDER_REVIEW, DRAWN, *CLEARED, *SCORED)
    closed = checked.when(c.CloseReview(application_id=ID, site_check=True), PROVINCE_CLERK)
    events = closed.then_entered(Stage.SITE_CHECK)
    site = Given(*checked.events, *events)
    alone = c.RecordSiteCheck(application_id=ID, passed=True, team=("甲", "甲"), findings="")
    site.when(alone, PROVINCE_CLERK).then_refused("SAME_PERSON")
    for same in (("甲", "", " \u3000"), ("甲\u3000省工信厅", "甲\t某大学")):
        site.when(replace(alone, team=same), PROVINCE_CLERK).then_refused("SAME_PERSON")
    passed = c.RecordSiteCheck(application_id=ID, passed=True, team=("甲", "乙", ""), findings="属实")
    (checked_by,) = site.when(passed, PROVINCE_CLERK).then_entered(Stage.EXPERT_REVIEW)
    assert isinstance(checked_by, e.SiteChecked)
    assert checked_by.team == ("甲", "乙")
    failed = c.RecordSiteCheck(application_id=ID, passed=False, team=("甲", "乙"), findings="不属实")
    site.when(failed, PROVINCE_CLERK).then_entered(Stage.NOT_SELECTED)


@pytest.mark.parametrize(
    "checker",
    [f"甲 {UNIT.name}", f"甲 {UNIT_CODE}", "沈岳", "沈岳 某大学", f"甲\u3000{UNIT.name}", f"甲\t{UNIT_CODE}"],
    ids=["by name", "by code", "a person named", "x", "after a wide gap", "after a tab"],
)
def test_a_checker_is_no_one_of_the_unit_that_applies(checker: str) -> None:
    legal = e.SectionSaved(section="unit", section_version=2, answers={"legal_representative": Personal("沈岳")})
    site = Given(*UNDER_REVIEW, legal, DRAWN, *CLEARED, *SCORED, replace(REVIEWED, entered=Stage.SITE_CHECK))
    check = c.RecordSiteCheck(application_id=ID, passed=True, team=(checker, "乙 省工信厅"), findings="属实")
    (refusal,) = site.when(check, PROVINCE_CLERK).then_refused("CHECKER_CONFLICT")
    assert refusal.params["checker"] == checker.split()[0]
    clear = c.RecordSiteCheck(application_id=ID, passed=True, team=("丙 某大学", "乙 省工信厅"), findings="属实")
    site.when(clear, PROVINCE_CLERK).then_entered(Stage.EXPERT_REVIEW)


def test_marks_far_apart_are_explained_by_the_panels_leader_before_the_close() -> None:
    """The definition flags 12 points; the marks lie 12.50 apart."""
    scored = Given(*UNDER_REVIEW, DRAWN, *CLEARED, *SCORED).application
    known = facts(PROVINCE_CLERK, "2025-12-26 10:00")
    rule = known.call.review.model_copy(update={"divergence": 12})
    flagged = replace(known, call=known.call.model_copy(update={"review": rule}))
    with pytest.raises(Refused) as refused:
        decide(scored, c.CloseReview(application_id=ID), flagged)
    (why,) = refused.value.refusals
    assert (why.code, why.params["measure"], why.params["limit"]) == ("DIVERGENCE_UNEXPLAINED", "12.50", "12.00")
    stranger = c.CloseReview(application_id=ID, leader="somebody", divergence_reason="对产业化前景看法不同")
    with pytest.raises(Refused, match="EXPERT_NOT_ON_PANEL"):
        decide(scored, stranger, flagged)
    explained = c.CloseReview(
        application_id=ID, leader=PANEL[0], divergence_reason="对产业化前景看法不同", opinion="同意"
    )
    (closed,) = decide(scored, explained, flagged)
    assert closed == replace(REVIEWED, leader=PANEL[0], divergence_reason="对产业化前景看法不同", opinion="同意")


def test_marks_less_far_apart_than_the_definition_says_ask_no_reason() -> None:
    scored = Given(*UNDER_REVIEW, DRAWN, *CLEARED, *SCORED).application
    known = facts(PROVINCE_CLERK, "2025-12-26 10:00")
    rule = known.call.review.model_copy(update={"divergence": 13})
    flagged = replace(known, call=known.call.model_copy(update={"review": rule}))
    assert decide(scored, c.CloseReview(application_id=ID), flagged) == [REVIEWED]


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=15))
def test_a_result_lies_between_the_marks_it_is_made_of(totals: list[int]) -> None:
    result = result_of(totals)
    assert min(totals) <= result.value <= max(totals)
    assert len(result.dropped) == (2 if len(totals) >= 5 else 0)


@pytest.mark.parametrize(
    ("totals", "value"), [((8600, 9100, 7850, 8800, 8300), 8567), ((1, 2), 2), ((8333, 8333, 8334), 8333)]
)
def test_a_mean_is_rounded_half_up(totals: tuple[int, ...], value: int) -> None:
    assert result_of(totals).value == value


@pytest.mark.parametrize(("decimals", "value"), [(2, 8567), (1, 8570), (0, 8600)])
def test_a_result_has_as_many_decimals_as_the_call_says(decimals: int, value: int) -> None:
    assert result_of((8600, 9100, 7850, 8800, 8300), decimals=decimals).value == value


def test_the_call_says_from_how_many_marks_on_the_mean_is_trimmed() -> None:
    known = facts(PROVINCE_CLERK, "2025-12-01 10:00")
    review = known.call.review.model_copy(update={"trim_from": len(SCORED) + 1})
    other = replace(known, call=known.call.model_copy(update={"review": review}))
    application = Given(*UNDER_REVIEW, DRAWN, *CLEARED, *SCORED).application
    (closed,) = decide(application, c.CloseReview(application_id=ID), other)
    assert isinstance(closed, e.ReviewClosed)
    assert (closed.method, closed.dropped) == ("mean", ())
