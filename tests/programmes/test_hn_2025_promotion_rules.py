"""Who may apply for the promotion centres of 2025: what refuses while saving, what refuses the seal, what only warns."""

from collections.abc import Sequence
from typing import Any

import pytest

from eventstore.refusal import Refusal
from programmes.documents import Attachment, SignedCommitment, judge_commitment, missing_commitments
from programmes.eligibility import completeness, cross_checks, judge, missing_attachments, warnings
from programmes.vocabulary import Facts
from tests.programmes.centre import ATTACHED, FACTS, PROGRAMME, TYPED, answers, field, parse, the_guide
from tests.programmes.sample import flat, the_call

PERSON = TYPED["team"]["team"][0]


def refused(facts: Facts = FACTS, **typed: Any) -> Sequence[Refusal]:
    return judge(the_call(), "P", answers(**typed), facts)


def codes(refusals: Sequence[Refusal]) -> list[tuple[str, str]]:
    return [(one.code, str(one.params.get("field", ""))) for one in refusals]


def warned(facts: Facts = FACTS, **typed: Any) -> list[str]:
    return [one.code for one in warnings(the_call(), "P", answers(**typed), facts)]


def knowing(**known: Any) -> Facts:
    return FACTS.model_copy(update=known)


def test_the_complete_application_may_be_sealed_without_a_warning() -> None:
    assert not refused()
    assert not missing_attachments(the_call(), "P", answers(), ATTACHED, FACTS)
    assert not warned()
    parts = completeness(the_call(), "P", answers(), ATTACHED, FACTS)
    assert all(part.done for part in parts)
    assert [part.id for part in parts][:4] == ["cover", "unit", "business", "centre"]


@pytest.mark.rule("R-020")
def test_the_applicant_is_a_legal_person_of_its_own() -> None:
    """「申报单位为依法注册的独立法人单位」: a branch is none, and the unit declares it too."""
    assert codes(refused(knowing(legal_person=False))) == [("NOT_LEGAL_PERSON", "")]
    assert not refused(knowing(legal_person=True))
    assert not refused(knowing(legal_person=None))
    assert codes(refused(legal_person=False)) == [("DECLARATION_REFUSED", "legal_person")]
    assert codes(refused(legal_person=None)) == [("REQUIRED", "legal_person")]


@pytest.mark.rule("R-021", "R-198")
def test_units_that_apply_together_attach_their_agreement() -> None:
    """「以联合体申报的，牵头单位与成员单位应签订联合建设协议」「6.联合体协议书（如适用）」"""
    together = knowing(consortium=True, units=2)
    (refusal,) = missing_attachments(the_call(), "P", answers(), ATTACHED, together)
    assert (refusal.code, refusal.params["slots"]) == ("MISSING_ATTACHMENT", ["P-6"])
    assert not missing_attachments(the_call(), "P", answers(), [*ATTACHED, Attachment("P-6")], together)
    assert PROGRAMME.slot("P-6").made_from == "consortium"
    assert PROGRAMME.consortium == "optional"


@pytest.mark.rule("R-022")
def test_duties_and_benefits_are_the_agreement_s_and_judged() -> None:
    """「明确责任、义务及利益分配机制」"""
    assert flat("明确责任、义务及利益分配机制") in the_guide()
    (clause,) = [one for one in PROGRAMME.guide.clauses if "R-022" in one.rule]
    assert "明确责任、义务及利益分配机制" in clause.text.zh


@pytest.mark.rule("R-023")
@pytest.mark.parametrize(("units", "may"), [(2, True), (7, True), (8, False)])
def test_seven_units_at_most_the_lead_included(units: int, may: bool) -> None:
    """「成员单位数量不超过7家」, the lead among them (reading A-01)."""
    others = [{"name": f"第{number}家", "kind": "provider"} for number in range(2, min(units, 7) + 1)]
    found = refused(knowing(consortium=True, units=units), applicant_mode="together", other_members=others)
    assert codes(found) == ([] if may else [("UNIT_LIMIT", "")])
    if not may:
        assert (found[0].params["measure"], found[0].params["limit"]) == (8, 7)
    assert (the_call().units.max, the_call().units.count_lead) == (7, True)


@pytest.mark.rule("R-052")
def test_a_centre_is_carried_by_one_legal_person_or_by_a_consortium() -> None:
    """「依托独立法人单位或法人单位联合体组建」"""
    alone, together = field("applicant_mode").options
    assert f"依托{alone.label.zh}或{together.label.zh}组建" in the_guide()
    members = [{"name": "某研究院", "kind": "institute"}]
    both = knowing(consortium=True, units=2)
    assert not refused(both, applicant_mode="together", other_members=members)
    assert codes(refused(applicant_mode="together")) == [("APPLICANT_MODE", "applicant_mode")]
    assert codes(refused(both, other_members=members)) == [("APPLICANT_MODE", "applicant_mode")]
    assert codes(refused(applicant_mode=None)) == [("REQUIRED", "applicant_mode")]
    assert parse({"applicant_mode": ["alone", "together"]}) == ({}, ["SINGLE_CHOICE"])


@pytest.mark.rule("R-160")
def test_the_other_units_are_named_where_there_are_any() -> None:
    """「联合体其他成员单位名称与类型」"""
    both = knowing(consortium=True, units=2)
    assert codes(refused(both, applicant_mode="together")) == [("REQUIRED", "other_members")]
    half = refused(both, applicant_mode="together", other_members=[{"name": "某研究院"}])
    assert [(one.code, one.params["row"], one.params["column"]) for one in half] == [("REQUIRED", 1, "kind")]


@pytest.mark.rule("R-028")
def test_small_manufacturers_have_been_served() -> None:
    """「且为制造业中小微企业提供过服务」"""
    assert "为制造业中小微企业提供过服务" in the_guide()
    assert codes(refused(served_small=False)) == [("DECLARATION_REFUSED", "served_small")]
    assert codes(refused(served_small=None)) == [("REQUIRED", "served_small")]
    assert "R-028" in PROGRAMME.slot("P-9").rule


@pytest.mark.rule("R-030", "R-175")
@pytest.mark.parametrize(
    ("specialists", "total", "may"),
    [(12, 24, True), (12, 25, False), (13, 25, True), (10000, 20001, False), (10001, 20001, True), (0, 1, False)],
)
def test_half_of_the_technical_team_are_specialists_by_their_numbers(specialists: int, total: int, may: bool) -> None:
    """「技术团队中行业技术人才与数字化专业人才总占比不低于50%」: 10 000 of 20 001 round to 50.00 % and are still too few."""
    found = refused(specialists=specialists, team_total=total)
    assert codes(found) == ([] if may else [("SPECIALIST_SHARE", "specialists")])
    if not may:
        assert dict(found[0].params) == {
            "field": "specialists",
            "other": "team_total",
            "measure": str(specialists),
            "whole": str(total),
            "limit": 50,
        }
        assert "不低于50%" in found[0].source


@pytest.mark.rule("R-030", "R-173", "R-174")
def test_the_share_is_silent_until_both_numbers_are_there() -> None:
    assert codes(refused(specialists=None)) == [("REQUIRED", "specialists")]
    assert codes(refused(team_total=None)) == [("REQUIRED", "team_total")]


@pytest.mark.rule("R-174")
def test_specialists_are_part_of_the_team() -> None:
    """「总共　人，其中行业技术人才与数字化专业人才　人」"""
    assert not cross_checks(the_call(), "P", answers(specialists=6))
    (refusal,) = cross_checks(the_call(), "P", answers(specialists=7))
    assert (refusal.code, refusal.params["measure"], refusal.params["limit"]) == ("SPECIALISTS_GT_TEAM", "7", "6")


@pytest.mark.rule("R-170")
def test_research_staff_is_part_of_the_staff() -> None:
    assert not cross_checks(the_call(), "P", answers(rnd_staff={"2023": "61", "2024": "74"}))
    more = cross_checks(the_call(), "P", answers(rnd_staff={"2023": "61", "2024": "75"}))
    assert [(one.code, one.params["column"]) for one in more] == [("RND_GT_STAFF", "2024")]


@pytest.mark.rule("R-031", "R-176")
def test_a_centre_serves_one_main_industry() -> None:
    """「聚焦1个主要行业领域」「（选择1个主要行业）」"""
    assert "聚焦1个主要行业领域" in the_guide()
    assert parse({"service_industry": ["coal", "food"]}) == ({}, ["SINGLE_CHOICE"])
    assert parse({"service_industry": ["coal"]}) == ({"service_industry": "coal"}, [])
    assert codes(refused(service_industry=None)) == [("REQUIRED", "service_industry")]
    assert codes(refused(service_industry="other")) == [("REQUIRED", "service_industry_other")]
    assert not refused(service_industry="other", service_industry_other="花炮")


@pytest.mark.rule("R-159")
def test_another_type_of_lead_unit_says_which() -> None:
    """「□其它(请标明)」"""
    assert codes(refused(lead_kind="other")) == [("REQUIRED", "lead_kind_other")]
    assert not refused(lead_kind="other", lead_kind_other="行业协会")


@pytest.mark.rule("R-033", "R-189")
@pytest.mark.parametrize(("ticked", "may"), [(0, False), (2, False), (3, True), (8, True)])
def test_at_least_three_of_the_eight_contents(ticked: int, may: bool) -> None:
    """「8方面建设内容中的至少3项」"""
    items = [option.id for option in field("build_items").options][:ticked]
    found = refused(build_items=items)
    assert codes(found) == ([] if may else [("MIN_ITEMS", "build_items")])
    if not may:
        assert (found[0].params["measure"], found[0].params["limit"]) == (ticked, 3)
    assert "8方面建设内容中的至少3项" in the_guide()


@pytest.mark.rule("R-148", "R-151")
def test_the_lead_unit_is_of_the_province_and_gives_its_own_code() -> None:
    assert codes(refused(county="440606")) == [("OUTSIDE_PROVINCE", "county")]
    assert codes(refused(credit_code="91430104MAXTE5T16B")) == [("UNIT_MISMATCH", "credit_code")]


@pytest.mark.rule("R-150", "R-161")
def test_a_day_to_come_is_refused_at_the_seal_too() -> None:
    assert codes(refused(registered_on="2025-11-21")) == [("IN_THE_FUTURE", "registered_on")]
    assert codes(refused(honours=[{"name": "奖", "obtained": "2025-12"}])) == [("IN_THE_FUTURE", "honours")]


@pytest.mark.rule("R-162")
def test_each_figure_is_wanted_for_each_year() -> None:
    (refusal,) = refused(taxes={"2023": "1"})
    assert (refusal.code, refusal.params["field"], refusal.params["columns"]) == ("REQUIRED", "taxes", ["2024"])


REQUIRED = [
    *(f"R-{number}" for number in (144, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159)),
    *(f"R-{number}" for number in (*range(163, 175), *range(176, 184), 184, 185, 186, 188, 191, 192)),
]


@pytest.mark.parametrize("rule", [pytest.param(one, marks=pytest.mark.rule(one)) for one in REQUIRED])
def test_no_line_of_the_form_may_stay_empty_at_the_seal(rule: str) -> None:
    wanted = [
        one
        for one in PROGRAMME.fields
        if rule in one.rule and one.required_when is None and one.id not in ("honours", "county")
    ]
    assert wanted
    for one in wanted:
        typed: dict[str, Any] = {one.id: None}
        assert codes(refused(**typed)) == [("REQUIRED", one.id)]


@pytest.mark.rule("R-199")
def test_the_team_is_listed_and_every_line_of_it_whole() -> None:
    """「需提供人员姓名、年龄、专业和主要职责等」"""
    assert codes(refused(team=None)) == [("MIN_ITEMS", "team")]
    for column in PERSON:
        lacking = {key: value for key, value in PERSON.items() if key != column}
        found = refused(team=[lacking, *TYPED["team"]["team"][1:]])
        assert [(one.code, one.params["row"], one.params["column"]) for one in found] == [("REQUIRED", 1, column)]


@pytest.mark.rule("R-145")
def test_every_unit_signs_a_commitment() -> None:
    """「联合申报的，所有申报单位均需提供真实性承诺书」"""
    text = PROGRAMME.commitment
    signed = SignedCommitment(str(FACTS.unit_code), text.version, "legal_representative", FACTS.today)
    assert not missing_commitments(text, [signed.unit], [signed])
    (refusal,) = missing_commitments(text, [signed.unit, "91430104MAXTE5T16B"], [signed])
    assert refusal.params["units"] == ["91430104MAXTE5T16B"]


@pytest.mark.rule("R-146")
def test_only_the_legal_representative_signs_it_and_only_this_programme_s_text() -> None:
    """「申报单位法定代表人（签名）」"""
    text = PROGRAMME.commitment
    unit = str(FACTS.unit_code)
    delegate = SignedCommitment(unit, text.version, "delegate", FACTS.today)
    other = SignedCommitment(unit, the_call().programme("L").commitment.version, "legal_representative", FACTS.today)
    assert [one.code for one in judge_commitment(text, delegate, FACTS.today)] == ["COMMITMENT_SIGNER"]
    assert [one.code for one in judge_commitment(text, other, FACTS.today)] == ["COMMITMENT_VERSION"]


WANTED = [
    ("R-193", "P-1", ["P-1"]),
    ("R-195", "P-3", ["P-3:2023", "P-3:2024"]),
    ("R-196", "P-4", ["P-4:2023", "P-4:2024"]),
    ("R-197", "P-5", ["P-5"]),
    ("R-199", "P-7", ["P-7"]),
    ("R-200", "P-8", ["P-8"]),
    ("R-201", "P-9", ["P-9"]),
    ("R-202", "P-10", ["P-10"]),
]


@pytest.mark.parametrize(
    ("slot", "parts"), [pytest.param(*rest, id=rule, marks=pytest.mark.rule(rule)) for rule, *rest in WANTED]
)
def test_what_must_be_attached(slot: str, parts: list[str]) -> None:
    there = [file for file in ATTACHED if file.slot != slot]
    (refusal,) = missing_attachments(the_call(), "P", answers(), there, FACTS)
    assert (refusal.code, refusal.params["slots"], refusal.params["parts"]) == ("MISSING_ATTACHMENT", [slot], parts)
    assert "附件4" in refusal.source


@pytest.mark.rule("R-194", "R-193")
def test_further_evidence_is_as_the_applicant_sees_fit_and_members_need_none_of_the_lead_s() -> None:
    """「等申报单位认为有必要提交的」; 1, 3 and 4 say 「牵头单位」 (reading A-14)."""
    assert "P-2" not in {file.slot for file in ATTACHED}
    assert not missing_attachments(the_call(), "P", answers(), ATTACHED, FACTS)
    assert all("牵头单位" in PROGRAMME.slot(slot).label.zh for slot in ("P-1", "P-3", "P-4"))


@pytest.mark.rule("R-197")
def test_the_special_audit_report_comes_with_its_code() -> None:
    """「经财政部统一监管平台生成可查验真伪的二维码」"""
    there = [Attachment("P-5") if file.slot == "P-5" else file for file in ATTACHED]
    (refusal,) = missing_attachments(the_call(), "P", answers(), there, FACTS)
    assert (refusal.code, refusal.params["slots"]) == ("MISSING_CHECK_CODE", ["P-5"])


@pytest.mark.rule("R-024", "R-025", "R-028", "R-029", "R-034")
@pytest.mark.parametrize(
    ("slot", "rules"), [("P-7", {"R-029"}), ("P-8", {"R-024", "R-025"}), ("P-9", {"R-028", "R-034"})]
)
def test_conditions_of_the_guide_are_proved_by_their_attachment(slot: str, rules: set[str]) -> None:
    assert rules <= set(PROGRAMME.slot(slot).rule)
    assert PROGRAMME.slot(slot).required


def test_an_empty_application_is_told_everything_at_once() -> None:
    found = {one.params["field"] for one in judge(the_call(), "P", {}, FACTS)}
    wanted = {
        one.id
        for one in PROGRAMME.fields
        if not one.computed and ((one.required and not one.required_when) or one.min_items)
    }
    assert wanted == found


NONE = {"2023": "0", "2024": "0"}
WARNINGS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("R-027", "NO_ENTERPRISE_SERVED", {"served_enterprises": NONE}, {"served_enterprises": {"2023": "0", "2024": "1"}}),
    ("R-161", "NO_HONOURS", {"honours": None}, {}),
    ("R-164", "DEBT_OVER_100", {"debt_ratio": {"2023": "100.01", "2024": "1"}}, {"debt_ratio": {"2023": "100"}}),
    ("R-172", "OVER_THE_PLAN", {"completed_investment": "1800.01"}, {"completed_investment": "1800"}),
    ("R-203", "TEAM_COUNT", {"team": [*TYPED["team"]["team"], {**PERSON, "specialist": False}]}, {}),
    (
        "R-203",
        "SPECIALIST_COUNT",
        {"team": [*TYPED["team"]["team"][:5], {**PERSON, "name": "另一人"}]},
        {"team": TYPED["team"]["team"]},
    ),
]


@pytest.mark.parametrize(
    ("code", "wrong", "right"),
    [pytest.param(*rest, id=f"{rule}-{rest[0]}", marks=pytest.mark.rule(rule)) for rule, *rest in WARNINGS],
)
def test_a_warning_points_out_and_stops_nobody(code: str, wrong: dict[str, Any], right: dict[str, Any]) -> None:
    found = [one for one in warnings(the_call(), "P", answers(**wrong), FACTS) if one.code == code]
    assert len(found) == 1
    assert found[0].params["zh"]
    assert found[0].params["en"]
    assert code not in {one.code for one in judge(the_call(), "P", answers(**wrong), FACTS)}
    assert code not in warned(**right)


@pytest.mark.rule("R-203")
def test_the_list_of_the_team_is_counted_against_both_numbers() -> None:
    """「技术团队人员构成……专职人员需重点标明」: as many people, and as many specialists, as part 2 says."""
    shorter = TYPED["team"]["team"][:3]
    assert warned(team=shorter) == ["TEAM_COUNT", "SPECIALIST_COUNT"]
    assert warned(team=shorter, team_total=3, specialists=3) == []
    assert warned(team=None) == []


@pytest.mark.rule("R-172")
def test_the_completed_investment_is_compared_with_the_special_audit() -> None:
    assert warned(knowing(attached=frozenset[str]())) == ["INVESTMENT_WITHOUT_AUDIT"]
    assert warned(knowing(attached=frozenset[str]()), completed_investment=None) == []


AIMS = "服务成效目标：服务企业一百家。\n经济效益目标：增收三亿元。\n社会效益目标：培训三千人。"


@pytest.mark.rule("R-187")
@pytest.mark.parametrize(
    ("written", "missing"),
    [
        (AIMS, []),
        (AIMS.replace("经济效益目标：增收三亿元。", ""), ["经济效益目标"]),
        ("社会效益目标：培训三千人。服务成效目标：", ["服务成效目标", "经济效益目标"]),
        ("围绕服务成效目标、经济效益目标和社会效益目标三方面推进。", ["服务成效目标", "经济效益目标"]),
        ("围绕服务成效目标、经济效益目标、社会效益目标三方面。" + AIMS, []),
        ("三年建成。", ["服务成效目标", "经济效益目标", "社会效益目标"]),
    ],
)
def test_the_aims_have_three_parts_each_with_something_under_it(written: str, missing: list[str]) -> None:
    """「主要目标应包括服务成效目标、经济效益目标，社会效益目标三方面」"""
    found = warnings(the_call(), "P", answers(goals=written), FACTS)
    assert [one.params["missing"] for one in found] == ([missing] if missing else [])
    assert all(one.code == "GOALS_INCOMPLETE" for one in found)
