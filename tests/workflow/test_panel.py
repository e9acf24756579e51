"""The pool is sifted by who employs whom, the panel drawn by seed and mix, and the record is enough to draw again (T18)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium import events as k
from directory.unit import UnitCode
from programmes.call import FieldShare, Review
from tests.scenario import (
    CLEARED,
    DRAWN,
    ID,
    PANEL,
    POOL,
    PROVINCE_CLERK,
    SCORED,
    UNDER_REVIEW,
    UNIT,
    UNIT_CODE,
    Given,
    call_of_2025,
    facts,
)
from tests.workflow.joint import agreeing
from workflow import commands as c
from workflow import events as e
from workflow.decisions import decide
from workflow.facts import Expert, Former
from workflow.panel import draw, in_seeded_order, lacking, sift
from workflow.stages import Stage

RULE = call_of_2025().review
JOINED = agreeing(1)
DRAW = c.DrawPanel(application_id=ID)
THIS_YEAR = 2025


def rule(**changed: object) -> Review:
    return RULE.model_copy(update=changed)


def who(number: int, *fields: str, employer: str = "") -> e.Candidate:
    return e.Candidate(expert=f"e{number:03}", fields=fields, employer=employer)


# who may be drawn


@pytest.mark.parametrize("employer", [UNIT_CODE, UNIT.name])
def test_nobody_whom_the_applicant_employs_is_drawn(employer: str) -> None:
    """By credit code or, of an expert whose employer has none in the pool, by name."""
    pool = (*POOL[:5], Expert(id="person:own", employer=employer))
    parted = sift(pool, Given(*UNDER_REVIEW).application, RULE, THIS_YEAR)
    assert [one.expert for one in parted.candidates] == [one.id for one in POOL[:5]]
    assert parted.left_out == (e.LeftOut(expert="person:own", why="employer", unit=UNIT_CODE),)


def test_any_member_of_the_consortium_counts() -> None:
    """联合体任何一家成员单位的人员都回避。"""
    application = Given(*JOINED).application
    lead, member = application.units
    pool = (Expert(id="a", employer=lead), Expert(id="b", employer=member), Expert(id="c"))
    parted = sift(pool, application, RULE, THIS_YEAR)
    assert [one.expert for one in parted.candidates] == ["c"]
    assert [one.unit for one in parted.left_out] == [lead, member]


@pytest.mark.parametrize(
    ("until", "years", "drawn"),
    [(2025, 3, False), (2022, 3, False), (2021, 3, True), (2022, 2, True), (2025, 0, False)],
)
def test_whoever_was_employed_within_the_programmes_years_is_not_drawn(until: int, years: int, drawn: bool) -> None:
    expert = Expert(id="x", former=(Former(employer=UNIT_CODE, until=until),))
    parted = sift((expert,), Given(*UNDER_REVIEW).application, rule(avoid_years=years), THIS_YEAR)
    assert bool(parted.candidates) is drawn
    if not drawn:
        assert parted.left_out == (e.LeftOut(expert="x", why="former_employer", unit=UNIT_CODE, until=until),)


@pytest.mark.parametrize("root", ["91430000MAXTE6R01D", UNIT_CODE])
def test_nobody_whom_a_company_of_the_same_group_employs_is_drawn(root: str) -> None:
    """Parent, sister or daughter, by code or by name; the record names the unit that applies."""
    own = replace(UNIT, group_root="" if root == UNIT_CODE else root)
    sister = replace(UNIT, code=UnitCode("91430111MAXTE6S02K"), name="某集团数据有限公司", group_root=root)
    stranger = replace(UNIT, code=UnitCode("91430111MAXTE6S19Z"), name="无关公司", group_root="")
    pool = [Expert(id=f"{n}", employer=at) for n, at in enumerate((sister.code, sister.name, root, stranger.code))]
    parent = replace(UNIT, code=UnitCode(root), name="某集团", group_root="")
    for kin in ((own, sister, stranger), (own, sister, stranger, parent)):
        parted = sift(pool, Given(*UNDER_REVIEW).application, RULE, THIS_YEAR, kin if root != UNIT_CODE else kin[:3])
        assert [one.expert for one in parted.candidates] == ["3"]
        of_the_root = "employer" if root == UNIT_CODE else "group"
        assert [(one.why, one.unit) for one in parted.left_out] == [
            ("group", UNIT_CODE),
            ("group", UNIT_CODE),
            (of_the_root, UNIT_CODE),
        ]


def test_who_was_drawn_or_stepped_aside_is_left_out_and_the_record_says_why() -> None:
    stepped_aside = e.ExpertDeclared(expert=PANEL[2], conflict=True, ground="曾提供咨询")
    parted = sift(POOL, Given(*UNDER_REVIEW, DRAWN, stepped_aside).application, RULE, THIS_YEAR)
    reasons = {one.expert: one.why for one in parted.left_out}
    assert reasons == {**dict.fromkeys(PANEL, "drawn_before"), PANEL[2]: "conflict"}


# the draw


def test_the_draw_depends_on_seed_and_pool_alone() -> None:
    pool = [who(number) for number in range(9)]
    assert draw(pool, "s", 5, RULE) == draw(pool[::-1], "s", 5, RULE)
    assert {draw(pool, str(seed), 1, RULE) for seed in range(200)} == {(one.expert,) for one in pool}


def test_without_a_mix_the_first_of_the_seeded_order_are_drawn() -> None:
    pool = [who(number) for number in range(9)]
    assert draw(pool, "4f3a", 5, RULE) == tuple(one.expert for one in in_seeded_order(pool, "4f3a")[:5])


FIELDS = ("模型", "算力", "财务")
people = st.lists(
    st.tuples(st.sets(st.sampled_from(FIELDS)), st.sampled_from(["", "甲", "乙", "丙", "丁", "戊"])),
    min_size=5,
    max_size=24,
)


@given(people, st.integers(0, 2), st.integers(0, 2), st.booleans(), st.text("0123456789abcdef", min_size=1, max_size=8))
def test_a_panel_keeps_mix_and_employers_apart_whenever_one_can(
    pool: list[tuple[set[str], str]], models: int, money: int, apart: bool, seed: str
) -> None:
    """A law: what is drawn fits the rule, and a draw comes short only where every other panel would."""
    from itertools import combinations

    candidates = [who(n, *sorted(fields), employer=at) for n, (fields, at) in enumerate(pool)]
    mix = tuple(FieldShare(field=f, at_least=n) for f, n in (("模型", models), ("财务", money)) if n)
    asked = rule(panel=3, mix=mix, one_per_employer=apart)
    by_id = {one.expert: one for one in candidates}

    def fits(panel: tuple[e.Candidate, ...]) -> bool:
        at = [one.employer for one in panel if one.employer]
        whole = all(sum(share.field in one.fields for one in panel) >= share.at_least for share in mix)
        return whole and (not apart or len(set(at)) == len(at))

    drawn = tuple(by_id[expert] for expert in draw(candidates, seed, 3, asked))
    if len(drawn) == 3:
        assert fits(drawn)
    else:
        assert not any(fits(panel) for panel in combinations(candidates, 3))


def test_the_mix_counts_who_is_seated() -> None:
    asked = rule(mix=(FieldShare(field="财务", at_least=1),))
    pool = [who(number, "模型") for number in range(5)]
    assert draw(pool, "s", 1, asked) == ()
    assert len(draw(pool, "s", 1, asked, [who(99, "财务")])) == 1
    assert [(share.field, there) for share, there in lacking(pool, 1, asked)] == [("财务", 0)]


def test_a_large_pool_that_cannot_make_the_mix_is_known_at_once() -> None:
    """Two of each of three fields among five, and nobody knows two: told without trying every panel."""
    asked = rule(mix=tuple(FieldShare(field=field, at_least=2) for field in FIELDS), one_per_employer=True)
    pool = [who(n, FIELDS[n % 3], employer=f"单位{n}") for n in range(600)]
    assert draw(pool, "s", 5, asked) == ()


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize(("knowing", "least", "drawn"), [(1, 4, 0), (2, 7, 0), (2, 6, 9), (3, 7, 9)])
def test_a_pool_of_hundreds_is_drawn_from_without_trying_every_panel(
    knowing: int, least: int, drawn: int, apart: bool
) -> None:
    """Nine who know so many fields each: 2 of 4 fields make 18 of the 24 or 28 that are sought, 3 make 27."""
    fields = ("模型", "算力", "财务", "法律") if knowing != 2 else FIELDS
    asked = rule(
        panel=9, mix=tuple(FieldShare(field=field, at_least=least) for field in fields[:3]), one_per_employer=apart
    )
    known = [[fields[(n + k) % len(fields)] for k in range(knowing)] for n in range(400)]
    pool = [who(n, *of, employer=f"单位{n // 2}") for n, of in enumerate(known)]
    assert len(draw(pool, "s", 9, asked)) == drawn


def test_a_wide_mix_is_drawn_from_a_pool_of_hundreds() -> None:
    fields = tuple("甲乙丙丁戊己庚辛")
    asked = rule(panel=13, mix=tuple(FieldShare(field=field, at_least=3) for field in fields), one_per_employer=True)
    known = [[fields[(n * 3 + k) % 8] for k in range(3)] for n in range(400)]
    pool = [who(n, *of, employer=f"单位{n // 2}") for n, of in enumerate(known)]
    assert len(draw(pool, "s", 13, asked)) == 13


# the step


def known(**changed: object):  # type: ignore[no-untyped-def]
    found = facts(PROVINCE_CLERK, "2025-12-01 10:00")
    return replace(found, call=found.call.model_copy(update={"review": rule(**changed)}))


def test_the_record_is_enough_to_draw_again() -> None:
    employed = Expert(id="person:own", employer=UNIT_CODE)
    (drawn,) = (
        Given(*UNDER_REVIEW)
        .when(DRAW, PROVINCE_CLERK, expert_pool=(*POOL, employed), seed="7c")
        .then_entered(Stage.EXPERT_REVIEW)
    )
    assert isinstance(drawn, e.PanelDrawn)
    assert drawn.drawn == draw(drawn.candidates, drawn.seed, 5, RULE, drawn.seated)
    assert drawn.pool == tuple(one.expert for one in drawn.candidates)
    assert [(one.expert, one.why) for one in drawn.left_out] == [("person:own", "employer")]


def test_a_mix_that_the_pool_lacks_is_refused_by_its_field() -> None:
    asked = known(mix=(FieldShare(field="财务", at_least=1),))
    from eventstore.refusal import Refused

    with pytest.raises(Refused) as refused:
        decide(Given(*UNDER_REVIEW).application, DRAW, asked)
    (why,) = refused.value.refusals
    assert (why.code, why.params["expertise"], why.params["measure"], why.params["limit"]) == (
        "EXPERT_MIX",
        "财务",
        0,
        1,
    )


def test_two_of_one_employer_are_refused_where_the_programme_says_so() -> None:
    from eventstore.refusal import Refused

    pool = tuple(replace(expert, employer=f"单位{n % 4}") for n, expert in enumerate(POOL))
    asked = replace(known(one_per_employer=True), expert_pool=pool)
    with pytest.raises(Refused) as refused:
        decide(Given(*UNDER_REVIEW).application, DRAW, asked)
    (why,) = refused.value.refusals
    assert (why.code, why.params["measure"], why.params["limit"]) == ("EXPERT_POOL_TOO_SMALL", 4, 5)


def test_an_expert_who_cannot_judge_is_replaced_with_a_reason() -> None:
    given_ = Given(*UNDER_REVIEW, DRAWN, *CLEARED, SCORED[0])
    ill = c.DrawPanel(application_id=ID, replaces=PANEL[1], reason="因病不能参加")
    (drawn,) = given_.when(ill, PROVINCE_CLERK).then_entered(Stage.EXPERT_REVIEW)
    assert isinstance(drawn, e.PanelDrawn)
    assert (drawn.replaces, drawn.reason, len(drawn.drawn)) == (PANEL[1], "因病不能参加", 1)
    assert PANEL[1] not in Given(*given_.events, drawn).application.review.panel


def test_who_stepped_aside_can_be_named_as_replaced_without_another_reason() -> None:
    """A23: E3 declared a conflict; the clerk draws in the place of E3."""
    aside = e.ExpertDeclared(expert=PANEL[2], conflict=True, ground="曾提供咨询")
    again = c.DrawPanel(application_id=ID, replaces=PANEL[2])
    (drawn,) = Given(*UNDER_REVIEW, DRAWN, aside).when(again, PROVINCE_CLERK).then_entered(Stage.EXPERT_REVIEW)
    assert isinstance(drawn, e.PanelDrawn)
    assert len(drawn.drawn) == 1


def test_nobody_is_replaced_for_the_marks_they_gave_nor_without_a_reason() -> None:
    given_ = Given(*UNDER_REVIEW, DRAWN, *CLEARED, SCORED[0])
    scored = c.DrawPanel(application_id=ID, replaces=PANEL[0], reason="不合适")
    given_.when(scored, PROVINCE_CLERK).then_refused("EXPERT_HAS_SCORED")
    stranger = c.DrawPanel(application_id=ID, replaces="somebody", reason="不合适")
    given_.when(stranger, PROVINCE_CLERK).then_refused_among("EXPERT_NOT_ON_PANEL")
    silent = c.DrawPanel(application_id=ID, replaces=PANEL[1])
    given_.when(silent, PROVINCE_CLERK).then_refused("REASON_REQUIRED")


def test_a_member_of_a_consortium_is_one_that_joined() -> None:
    """So that the test above would notice: the member is there by its acceptance alone."""
    assert any(isinstance(event, k.InvitationAccepted) for event in JOINED)
