"""Who may apply for the large-model programme of 2025: what refuses while saving, what refuses the seal, what only warns."""

from collections.abc import Sequence
from typing import Any

import pytest

from eventstore.refusal import Refusal
from programmes.eligibility import completeness, cross_checks, judge, missing_attachments, warnings
from programmes.vocabulary import Facts
from tests.programmes.sample import ATTACHED, DIRECTION, FACTS, answers, the_call, the_guide


def refused(facts: Facts = FACTS, direction: str = DIRECTION, **typed: Any) -> Sequence[Refusal]:
    return judge(the_call(), direction, answers(**typed), facts)


def codes(refusals: Sequence[Refusal]) -> list[tuple[str, str]]:
    return [(one.code, str(one.params.get("field", ""))) for one in refusals]


def warned(direction: str = DIRECTION, facts: Facts = FACTS, **typed: Any) -> list[str]:
    return [one.code for one in warnings(the_call(), direction, answers(**typed), facts)]


def test_the_complete_application_may_be_sealed_without_a_warning() -> None:
    assert not refused()
    assert not missing_attachments(the_call(), DIRECTION, answers(), ATTACHED, FACTS)
    assert not warned()
    parts = completeness(the_call(), DIRECTION, answers(), ATTACHED, FACTS)
    assert all(part.done for part in parts)
    assert [part.id for part in parts][:3] == ["cover", "unit", "business"]


@pytest.mark.rule("R-101")
def test_ai_revenue_is_part_of_revenue() -> None:
    """「其中：AI业务收入（万元）」"""
    equal = answers(ai_revenue={"2023": "3300", "2024": "8920.55"})
    more = answers(ai_revenue={"2023": "3300", "2024": "8920.56"})
    assert not cross_checks(the_call(), DIRECTION, equal)
    (refusal,) = cross_checks(the_call(), DIRECTION, more)
    assert refusal.code == "AI_GT_REVENUE"
    assert dict(refusal.params) == {
        "field": "ai_revenue",
        "other": "revenue",
        "column": "2024",
        "measure": "8920.56",
        "limit": "8920.55",
    }
    assert "AI业务收入" in refusal.source


@pytest.mark.rule("R-106")
def test_research_staff_is_part_of_the_staff() -> None:
    equal = answers(rnd_staff={"2023": "168", "2024": "203"})
    more = answers(rnd_staff={"2023": "169", "2024": "204"})
    assert not cross_checks(the_call(), DIRECTION, equal)
    assert [one.params["column"] for one in cross_checks(the_call(), DIRECTION, more)] == ["2023", "2024"]


def test_a_comparison_with_an_empty_side_is_silent() -> None:
    assert not cross_checks(the_call(), DIRECTION, answers(revenue=None))


@pytest.mark.rule("R-039", "R-108")
def test_the_type_of_the_model_is_the_direction() -> None:
    """「申报范围包括：基础通用大模型、垂直领域大模型」"""
    assert [one.code for one in cross_checks(the_call(), "L-G", answers())] == ["DIRECTION_MISMATCH"]
    assert not cross_checks(the_call(), "L-G", answers(model_type="foundation"))
    assert ("REQUIRED", "model_type") in codes(refused(model_type=None))


@pytest.mark.rule("R-001")
@pytest.mark.parametrize(
    ("kind", "may"), [("enterprise", True), ("public_institution", True), ("social_organisation", False)]
)
def test_only_enterprises_and_public_institutions_apply(kind: str, may: bool) -> None:
    """「申报单位为开展人工智能大模型培育、研发和服务的企事业单位」"""
    found = codes(refused(FACTS.model_copy(update={"unit_kind": kind})))
    assert (("UNIT_KIND", "") not in found) is may
    assert ("DECLARATION_REFUSED", "kind_confirmed") in codes(refused(kind_confirmed=False))


DECLARED = [
    ("R-005", "无知识产权纠纷", "no_ip_dispute", False),
    ("R-012", "训练数据来源合法合规", "lawful_data", False),
    ("R-051", "严格遵守行业监管要求（如资质备案），建立内容审核机制", "supervision_obeyed", False),
    ("R-125", "是否包含侵害他人知识产权内容", "infringes_ip", True),
    ("R-126", "是否包含违法违规的个人信息内容", "unlawful_personal_info", True),
]


@pytest.mark.parametrize(
    ("clause", "field_id", "wrong"),
    [pytest.param(*rest, id=rule, marks=pytest.mark.rule(rule)) for rule, *rest in DECLARED],
)
def test_a_declaration_has_one_right_answer(clause: str, field_id: str, wrong: bool) -> None:
    assert clause in the_guide()
    typed: dict[str, Any] = {field_id: wrong}
    assert codes(refused(**typed)) == [("DECLARATION_REFUSED", field_id)]
    typed = {field_id: None}
    assert codes(refused(**typed)) == [("REQUIRED", field_id)]


@pytest.mark.rule("R-010", "R-117")
def test_evaluation_by_a_third_party_is_a_condition_but_a_draft_may_say_no() -> None:
    """「已通过第三方专业评测机构的水平评测」"""
    draft = answers(third_party_eval="否")
    assert draft["third_party_eval"] is False
    assert not cross_checks(the_call(), DIRECTION, draft)
    assert codes(refused(third_party_eval="否")) == [("EVALUATION_REQUIRED", "third_party_eval")]
    assert codes(refused(eval_org="")) == [("REQUIRED", "eval_org")]


@pytest.mark.rule("R-011", "R-114")
@pytest.mark.parametrize(("typed", "may"), [("7.9999", False), ("8", True), ("8.0000", True), ("72", True)])
def test_eight_hundred_million_parameters_and_more(typed: str, may: bool) -> None:
    """「大模型参数规模应达到8亿以上」"""
    found = refused(params_yi=typed)
    assert (not found) is may
    if not may:
        assert codes(found) == [("BELOW_MIN", "params_yi")]
        assert dict(found[0].params) == {"field": "params_yi", "measure": "7.9999", "limit": "8"}


@pytest.mark.rule("R-014")
def test_personal_data_in_the_training_data_need_protection() -> None:
    """「对训练数据中涉及个人信息、敏感数据的，有明确的脱敏、加密等安全防护措施」"""
    assert codes(refused(involves_personal_data=True)) == [("REQUIRED", "security_measures")]
    assert not refused(involves_personal_data=True, security_measures="脱敏后入库。")


@pytest.mark.rule("R-016", "R-112", "R-113")
def test_at_least_one_field_and_one_setting_of_use() -> None:
    """「已在至少1个领域实现落地应用」"""
    assert codes(refused(domains=[], scenarios=[])) == [("MIN_ITEMS", "domains"), ("MIN_ITEMS", "scenarios")]


@pytest.mark.rule("R-018")
@pytest.mark.parametrize(("registered_on", "may"), [("2021-06-18", True), ("2023-01-01", True), ("2023-01-02", False)])
def test_two_whole_accounting_years(registered_on: str, may: bool) -> None:
    """「申报单位成立已满至少2个完整会计年度」"""
    assert codes(refused(registered_on=registered_on)) == ([] if may else [("TOO_YOUNG", "registered_on")])


@pytest.mark.rule("R-040", "R-109")
def test_at_least_one_modality() -> None:
    assert codes(refused(modalities=[])) == [("MIN_ITEMS", "modalities")]
    assert codes(refused(modalities=["other"])) == [("REQUIRED", "modalities")]
    assert not refused(modalities={"chosen": ["other"], "other": {"other": "图像"}})


@pytest.mark.rule("R-110")
def test_each_source_of_the_base_model_names_it() -> None:
    """「□开源（模型名称：　）□商业（模型名称：　）□自研（模型名称：　）」"""
    found = refused(base_sources={"chosen": ["open", "own"], "other": {"open": "示例基座"}})
    assert [(one.code, one.params["option"]) for one in found] == [("REQUIRED", "own")]


@pytest.mark.rule("R-111")
def test_a_filed_model_has_number_and_date() -> None:
    """「□是（备案号：　备案时间：　）　□否」"""
    assert codes(refused(filing_no=None, filing_date=None)) == [("REQUIRED", "filing_no"), ("REQUIRED", "filing_date")]
    assert not refused(filed=False, filing_no=None, filing_date=None)


@pytest.mark.rule("R-081", "R-084")
def test_the_lead_unit_is_of_the_province_and_gives_its_own_code() -> None:
    assert codes(refused(county="440606")) == [("OUTSIDE_PROVINCE", "county")]
    assert codes(refused(credit_code="91430000183764483Y")) == [("UNIT_MISMATCH", "credit_code")]


@pytest.mark.rule("R-083", "R-111")
def test_a_day_to_come_is_refused_at_the_seal_too() -> None:
    assert ("IN_THE_FUTURE", "filing_date") in codes(refused(filing_date="2025-11-21"))
    assert ("IN_THE_FUTURE", "honours") in codes(refused(honours=[{"name": "奖", "obtained": "2025-12"}]))


@pytest.mark.rule("R-097")
def test_each_indicator_is_wanted_for_each_year() -> None:
    (refusal,) = refused(taxes={"2023": "1"})
    assert (refusal.code, refusal.params["field"], refusal.params["columns"]) == ("REQUIRED", "taxes", ["2024"])


@pytest.mark.rule("R-121", "R-122")
def test_who_rents_computing_power_says_how_much_and_for_how_much() -> None:
    found = refused(cloud_provider={"training": "示例云", "inference": "示例云"})
    assert [(one.params["field"], one.params["columns"]) for one in found] == [
        ("cloud_tflops", ["training"]),
        ("cloud_cost", ["training"]),
    ]
    assert not refused(cloud_provider=None, cloud_tflops=None, cloud_cost=None)


@pytest.mark.rule("R-094", "R-095", "R-129")
def test_conditional_and_optional_lines() -> None:
    assert not refused(assessment_score=None, assessment_level=None)
    assert codes(refused(assessment_level=None)) == [("REQUIRED", "assessment_level")]
    assert codes(refused(srdi=None)) == [("REQUIRED", "srdi")]
    assert codes(refused(base_model_note=None)) == [("REQUIRED", "base_model_note")]


def test_an_empty_application_is_told_everything_at_once() -> None:
    found = {one.params["field"] for one in judge(the_call(), DIRECTION, {}, FACTS)}
    programme = the_call().programme("L")
    wanted = {one.id for one in programme.fields if (one.required and not one.required_when) or one.min_items}
    assert wanted == found


WARNINGS = [
    ("R-003", "L-V", "NO_RND_STAFF", {"rnd_staff": {"2023": "0", "2024": "1"}}),
    ("R-006", "L-G", "NOT_SELF_DEVELOPED", {"model_type": "foundation"}),
    ("R-041", "L-V", "NO_COMPUTE", {"own_servers": None, "own_tflops": None, "cloud_provider": None}),
    ("R-119", "L-V", "NO_COMPUTE", {"own_servers": None, "own_tflops": None, "cloud_provider": None}),
    ("R-120", "L-V", "NO_COMPUTE", {"own_servers": None, "own_tflops": None, "cloud_provider": None}),
    ("R-042", "L-G", "NO_IP_NO_EVALUATION", {"model_type": "foundation", "property_items": None, "eval_org": None}),
    ("R-048", "L-V", "NO_IP_NO_EVALUATION", {"property_items": None, "eval_org": None}),
    ("R-096", "L-V", "NO_HONOURS", {"honours": None}),
    ("R-099", "L-V", "DEBT_OVER_100", {"debt_ratio": {"2023": "100.01", "2024": "100"}}),
]


@pytest.mark.parametrize(
    ("direction", "code", "typed"),
    [pytest.param(*rest, id=f"{rule}-{rest[1]}", marks=pytest.mark.rule(rule)) for rule, *rest in WARNINGS],
)
def test_a_warning_points_out_and_stops_nobody(direction: str, code: str, typed: dict[str, Any]) -> None:
    found = [one for one in warnings(the_call(), direction, answers(**typed), FACTS) if one.code == code]
    assert len(found) == 1
    assert found[0].params["zh"]
    assert found[0].params["en"]
    assert code not in {one.code for one in judge(the_call(), direction, answers(**typed), FACTS)}


@pytest.mark.rule("R-094", "R-115")
def test_what_an_attachment_proves_is_expected_with_it() -> None:
    """「企业数字化转型通用评估分数及等级（如有，请提供）」; the investment is compared with the special audit report."""
    bare = FACTS.model_copy(update={"attached": frozenset[str]()})
    assert warned(facts=bare) == ["ASSESSMENT_WITHOUT_PROOF", "INVESTMENT_WITHOUT_AUDIT"]
    assert warned(facts=bare, assessment_score=None, assessment_level=None) == ["INVESTMENT_WITHOUT_AUDIT"]


def test_more_than_seven_units_are_only_a_warning_for_large_models() -> None:
    assert warned(facts=FACTS.model_copy(update={"units": 7})) == []
    assert warned(facts=FACTS.model_copy(update={"units": 8})) == ["MANY_UNITS"]


def test_what_is_missing_is_listed_by_part() -> None:
    parts = completeness(the_call(), DIRECTION, answers(srdi=None), ATTACHED[:-1], FACTS)
    assert [(part.kind, part.id) for part in parts if not part.done] == [("section", "unit"), ("attachment", "L-10")]
