"""Guangdong's benchmark call as a whole: the guide's own words, its directions, dates, routes, form and papers."""

from typing import Any

import pytest

from programmes.calendar import instant
from programmes.catalogue import call_of
from programmes.costs import Costs
from programmes.documents import missing
from programmes.eligibility import completeness, judge, missing_attachments, warnings
from programmes.fields import Field
from programmes.form import present
from programmes.summary import suggested_industry
from tests.programmes.benchmark import (
    ATTACHED,
    FACTS,
    KINDS,
    TYPED,
    answers,
    costs,
    flat,
    parse,
    programme,
    the_call,
    the_guide,
)

CALL, PROGRAMME = the_call(), programme()
B1, B2 = PROGRAMME.direction("B1"), PROGRAMME.direction("B2")


def field(field_id: str) -> Field:
    return PROGRAMME.field(field_id)


def options(asked: Field) -> list[str]:
    return [option.label.zh for option in asked.options]


def quoted(direction: Any, rule: str) -> str:
    """The guide's words that the definition has for *rule*."""
    clauses = [clause for clause in direction.guide.clauses if rule in clause.rule]
    assert clauses, rule
    return flat("".join(clause.text.zh for clause in clauses))


def considered(direction: Any, rule: str) -> list[str]:
    """What reviewers are told to consider for *rule*, and under which criterion of their score sheet."""
    return [one.text.zh for criterion in direction.rubric for one in criterion.considers if rule in one.rule]


def test_a_complete_application_of_either_direction_may_be_sealed_without_a_gap() -> None:
    assert not judge(CALL, "B1", answers(), FACTS)
    assert not missing_attachments(CALL, "B1", answers(), ATTACHED, FACTS)
    assert all(part.done for part in completeness(CALL, "B1", answers(), ATTACHED, FACTS))
    second = answers(technologies=["deep_learning"], gains=[_gain("cost")])
    maker = FACTS.model_copy(update={"unit_tags": frozenset({"manufacturer"})})
    assert not judge(CALL, "B2", second, maker)
    late = [one.code for one in warnings(CALL, "B1", answers(), FACTS)]
    assert late == ["EVIDENCE_OUTSIDE_WINDOW"]  # the late invoice and its payment, and a rest paid in September


def _gain(gain: str) -> dict[str, str]:
    return {"gain": gain, "metric": "单位成本", "unit": "元", "before": "12.5", "after": "9.8"}


@pytest.mark.parametrize(
    ("place", "rule", "clause"),
    [
        pytest.param(place, rule, clause, marks=pytest.mark.rule(rule), id=rule)
        for place, rule, clause in (
            (PROGRAMME, "R-234", "支持推动人工智能赋能新型工业化标杆项目申报指南"),
            (PROGRAMME, "R-235", "（送审稿）"),
            (PROGRAMME, "R-236", "打造一批工业领域人工智能大模型及解决方案（工业智能体）应用示范标杆"),
            (PROGRAMME, "R-237", "制造业研发设计、生产运营、运维服务、供应链管理等各个环节"),
            (PROGRAMME, "R-238", "重点从两个方向支持人工智能技术产品研发及推广应用"),
            (B1, "R-239", "构建“数据采集-模型训练-场景适配-动态优化”的模型进化体系"),
            (B1, "R-240", "工业领域人工智能应用解决方案（工业智能体）"),
            (B1, "R-241", "申报单位为具有独立法人资格的人工智能企业或科研机构"),
            (B1, "R-242", "近3年来无重大商业或法律纠纷"),
            (B1, "R-243", "在专项资金管理、专项审计、绩效评价、监督检查等方面未出现严重违法违规情况"),
            (B1, "R-244", "在质量、安全、环保等方面未发生重大及以上事故"),
            (B1, "R-245", "项目应于申报通知发布前三年内启动实施（2022年7月至2025年7月期间）"),
            (B1, "R-246", "已经完工并取得显著成效"),
            (B1, "R-247", "绩效目标应可考核、可量化，且符合省财政专项资金和地市的绩效目标要求"),
            (B1, "R-248", "项目产品须提供产品销售合同、发票和支付凭证等"),
            (B1, "R-249", "佐证材料时间均须在2025年7月31日前"),
            (B1, "R-250", "项目原则上未获得过省财政资金专项支持"),
            (B1, "R-251", "同一申报主体同一年度原则上只能申报一个项目"),
            (B1, "R-252", "不接受联合申报"),
            (B1, "R-253", "集团性质企（事）业单位，集团或下属单位只能有一家主体进行申报"),
            (B1, "R-254", "使用具有合法来源的数据和基础模型，采取有效措施提高训练数据质量"),
            (B1, "R-255", "应具备自主知识产权"),
            (B1, "R-256", "已在不少于3个工业应用场景使用"),
            (B1, "R-257", "已签订合同数不少于3个"),
            (B1, "R-258", "采用高质量数据集和先进的工具箱"),
            (B1, "R-259", "通过方案应用前后的关键数据对比"),
            (B1, "R-260", "采取事后奖补方式"),
            (B1, "R-261", "按照单个项目不超过支持范围投入费用（不含税）30%的比例予以支持"),
            (B1, "R-262", "单个项目奖补资金原则上不少于300万元"),
            (B1, "R-263", "最高800万元"),
            (B1, "R-264", "硬件购置租赁费、软件购置费、云服务租赁费、合规测评服务费、应用软件外协开发费"),
            (B1, "R-265", "需提供所购产品清单，相关发票、合同、支付凭证、银行对账单"),
            (B1, "R-266", "系统集成适配费：包括系统集成实施费、软硬件适配调试费"),
            (B1, "R-267", "申报单位人员的适配工时，不计入项目适配工作服务费"),
            (B1, "R-268", "需提供所购相关发票、合同、支付凭证、银行对账单"),
            (B1, "R-269", "数据资源开发费：包括数据集采购费、数据处理与建模服务费"),
            (B1, "R-270", "需提供所购相关发票、合同、支付凭证、银行对账单"),
            (B2, "R-271", "机器学习、深度学习、计算机视觉、自然语言处理、知识表示与推理、智能决策与规划等AI技术"),
            (B2, "R-272", "申报单位为具有独立法人资格的制造业企业"),
            (B2, "R-273", "近3年来无重大商业或法律纠纷"),
            (B2, "R-274", "2022年7月至2025年7月期间），已经完工"),
            (B2, "R-275", "有明确、量化的经济效益、社会效益，绩效目标应可考核、可量化"),
            (B2, "R-276", "不接受联合申报。集团性质企（事）业单位，集团或下属单位只能有一家主体进行申报"),
            (B2, "R-277", "保护知识产权和个人信息安全"),
            (B2, "R-278", "在扩能增量、提质增品、降本增利、增效增值等方面效果显著"),
            (B2, "R-279", "不超过投入费用支持范围（不含税）30%的比例予以支持"),
            (B2, "R-280", "软硬件建设投资费：包括硬件购置租赁费"),
            (B2, "R-281", "申报单位人员的适配工时，不计入项目适配工作服务费"),
            (B2, "R-282", "数据资源开发费：包括数据集采购费、数据处理与建模服务费"),
            (PROGRAMME, "R-283", "计入支持范围的费用必须是用于本项目的合理费用"),
            (PROGRAMME, "R-284", "以有资质的会计师事务所提供的项目开支专项审计报告为准"),
            (PROGRAMME, "R-285", "相关发票、支付凭证和银行对账单的时间要对应"),
            (
                PROGRAMME,
                "R-286",
                "申报单位应如实提供相应说明（包括交易双方（多方）股权结构等关联情况、交易产品价格公允性说明）",
            ),
            (PROGRAMME, "R-287", "不得虚报产品价格"),
            (PROGRAMME, "R-288", "并签署价格真实性承诺函"),
        )
    ],
)
def test_each_row_is_quoted_from_the_guide_word_for_word(place: Any, rule: str, clause: str) -> None:
    assert flat(clause) in the_guide()
    found = quoted(place, rule)
    assert flat(clause) in found


def test_every_clause_of_the_definition_is_the_guides_own_sentence() -> None:
    clauses = [one for place in (PROGRAMME, B1, B2) for one in place.guide.clauses]
    assert len(clauses) == 5 + 12 + 11
    assert [one.text.zh for one in clauses if flat(one.text.zh) not in the_guide()] == []
    assert all(one.text.en for one in clauses)


def test_every_row_of_the_guide_has_a_place_in_the_definition() -> None:
    def rules(thing: Any) -> set[str]:
        if isinstance(thing, dict):
            own = thing.get("rule") or ()
            return set(own) | {one for value in thing.values() for one in rules(value)}
        return {one for value in thing for one in rules(value)} if isinstance(thing, list | tuple) else set()

    named = rules(CALL.model_dump(mode="python", exclude={"document"}))
    assert [f"R-{row}" for row in range(234, 289) if f"R-{row}" not in named] == []


@pytest.mark.rule("R-235")
def test_a_draft_for_approval_opens_nothing() -> None:
    """「（送审稿）」 (A-44)"""
    draft = CALL.model_copy(update={"status": "draft_for_approval"})
    assert [one.code for one in draft.closed_to(instant("2025-09-10 09:00"))] == ["CALL_NOT_OPEN"]
    assert not CALL.closed_to(instant("2025-09-08 09:00"))
    assert [one.code for one in CALL.closed_to(instant("2025-09-08 08:59"))] == ["CALL_NOT_OPEN"]
    assert not CALL.closed_to(instant("2025-09-30 17:00"))
    assert [one.code for one in CALL.closed_to(instant("2025-09-30 17:01"))] == ["DEADLINE_PASSED"]


@pytest.mark.rule("R-234", "R-238")
def test_the_call_has_one_programme_of_two_directions() -> None:
    """「重点从两个方向支持」"""
    assert (CALL.province, CALL.year, CALL.directions) == ("44", 2026, ("B1", "B2"))
    assert [flat(one.title.zh) in the_guide() for one in PROGRAMME.directions] == [True, True]
    assert PROGRAMME.application_number(2026, 7) == "GD-BG-2026-0007"
    assert (PROGRAMME.award_mode, PROGRAMME.consortium) == ("ratio", "forbidden")
    assert [sum(one.max for one in direction.rubric) for direction in PROGRAMME.directions] == [100, 100]
    assert call_of(CALL.document) == CALL


@pytest.mark.parametrize(
    ("county", "tags", "bodies", "rule", "absent"),
    [
        ("440606", (), ["440606", "440600", "44"], "GD-R4", ()),
        ("440606", ("city_direct",), ["440600", "44"], "GD-R3", ("county",)),
        ("440606", ("provincial",), ["44"], "GD-R1", ("county", "city")),
        ("441900", (), ["441900", "44"], "GD-R2", ("county",)),
        ("441900119", (), ["441900119", "441900", "44"], "GD-R5", ()),
        ("442000118", (), ["442000118", "442000", "44"], "GD-R5", ()),
        ("441900119", ("city_direct",), ["441900", "44"], "GD-R3", ("county",)),
        ("441900119", ("provincial",), ["44"], "GD-R1", ("county", "city")),
        ("442000", (), ["442000", "44"], "GD-R2", ("county",)),
    ],
)
def test_guangdong_recommends_by_its_own_table(
    county: str, tags: tuple[str, ...], bodies: list[str], rule: str, absent: tuple[str, ...]
) -> None:
    route = CALL.route(county, tags)
    assert ([step.body for step in route.steps], route.rule, route.not_applicable) == (bodies, rule, absent)


@pytest.mark.rule("R-252", "R-276")
def test_there_is_no_consortium() -> None:
    """「不接受联合申报」: scenario C1. The room of consortia asks the same."""
    (refusal,) = PROGRAMME.closed_to_members()
    assert (refusal.code, refusal.source) == ("CONSORTIUM_FORBIDDEN", PROGRAMME.source)
    together = FACTS.model_copy(update={"consortium": True, "units": 2})
    assert [one.code for one in judge(CALL, "B1", answers(), together)] == ["CONSORTIUM_FORBIDDEN"]
    assert CALL.units.max == 1


@pytest.mark.rule("R-237")
def test_the_four_links_of_manufacturing_are_asked_in_their_order() -> None:
    """「研发设计、生产运营、运维服务、供应链管理」"""
    links = field("support_links")
    assert "、".join(options(links)) in the_guide()
    assert (links.type.value, links.min_items) == ("multi", 1)
    assert parse({"support_links": ["design", "everything"]}) == ({}, ["BAD_FORMAT"])


@pytest.mark.rule("R-239", "R-240")
def test_direction_one_says_which_of_the_two_products_it_is() -> None:
    kind = field("product_kind")
    assert [flat(label) in the_guide() for label in options(kind)] == [True, True]
    assert (kind.type.value, kind.directions) == ("single", ("B1",))
    assert parse({"product_kind": "agent"}, "B2") == ({}, ["UNKNOWN_FIELD"])
    assert considered(B1, "R-239")
    assert considered(B1, "R-240")


@pytest.mark.rule("R-271")
def test_direction_two_says_which_techniques_it_uses() -> None:
    """「机器学习、深度学习、计算机视觉、自然语言处理、知识表示与推理、智能决策与规划等AI技术，或部署本行业领域人工智能大模型」"""
    techniques = field("technologies")
    assert "、".join(options(techniques)[:6]) in the_guide()
    assert options(techniques)[6] in the_guide()
    assert (len(techniques.options), techniques.min_items, techniques.directions) == (7, 1, ("B2",))
    assert considered(B2, "R-271")


@pytest.mark.parametrize(
    ("direction", "rule", "words"),
    [
        pytest.param(direction, rule, words, marks=pytest.mark.rule(rule), id=rule)
        for direction, rule, words in (
            (B1, "R-247", "可考核、可量化"),
            (B1, "R-254", "合法来源的数据和基础模型"),
            (B1, "R-258", "高质量数据集和先进的工具箱"),
            (B1, "R-259", "较强的可复制推广性"),
            (B1, "R-283", "用于本项目的合理费用"),
            (B2, "R-275", "可考核、可量化"),
            (B2, "R-277", "安全合规要求"),
            (B2, "R-278", "扩能增量、提质增品、降本增利、增效增值"),
            (B2, "R-283", "用于本项目的合理费用"),
        )
    ],
)
def test_reviewers_are_told_what_to_consider_in_the_guides_words(direction: Any, rule: str, words: str) -> None:
    found = considered(direction, rule)
    assert any(words in one for one in found)
    assert [one for one in found if flat(one) not in the_guide()] == []


@pytest.mark.rule("R-259", "R-278")
def test_figures_before_and_after_are_asked_and_only_missed_aloud() -> None:
    """「通过方案应用前后的关键数据对比」「扩能增量、提质增品、降本增利、增效增值」"""
    assert "、".join(options(field("gains").columns[0])) in the_guide()
    without = answers(before_after=None)
    assert not judge(CALL, "B1", without, FACTS)
    assert "NO_COMPARISON" in [one.code for one in warnings(CALL, "B1", without, FACTS)]
    maker = FACTS.model_copy(update={"unit_tags": frozenset({"manufacturer"})})
    assert "NO_COMPARISON" in [one.code for one in warnings(CALL, "B2", answers(), maker)]


@pytest.mark.rule("R-260", "R-261", "R-262", "R-263", "R-279")
def test_the_terms_of_the_subsidy_are_data() -> None:
    """「采取事后奖补方式」「30%」「原则上不少于300万元、最高800万元」"""
    terms = costs()
    assert terms.rate_bp == 3000
    assert terms.cap is not None
    assert terms.floor is not None
    assert (terms.cap.yuan(), terms.floor.yuan()) == ("8,000,000.00", "3,000,000.00")
    assert (terms.floor_policy, terms.partial_payment, terms.award_unit.fen) == ("waivable", "pro_rata", 1)
    assert terms.tax_tolerance.fen == 1


@pytest.mark.rule("R-264", "R-265", "R-266", "R-268", "R-269", "R-270", "R-280", "R-281", "R-282")
def test_the_categories_their_kinds_and_their_evidence_are_those_of_the_guide() -> None:
    terms: Costs = costs()
    shape = [(len(one.kinds), len(one.evidence)) for one in terms.categories]
    assert shape == [(5, 5), (2, 4), (2, 4)]
    for category in terms.categories:
        labels = "、".join(kind.label.zh for kind in category.kinds)
        assert f"{category.label.zh}：包括{labels}" in the_guide()
        words = "、".join(terms.evidence_words(slot).zh for slot in category.evidence)
        assert words.replace("所购产品清单、", "").replace("发票、", "相关发票、", 1) in the_guide()
        assert set(category.evidence) <= {slot.id for slot in PROGRAMME.attachments}
    assert terms.categories[0].evidence == KINDS


@pytest.mark.rule("R-249", "R-245")
def test_the_window_has_both_days_in_it() -> None:
    """A-06, A-31, A-32"""
    assert costs().window.days == ("2022-07-01", "2025-07-31")
    assert [costs().window.holds(day) for day in ("2022-06-30", "2022-07-01", "2025-07-31", "2025-08-01")] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.rule("R-246", "R-248", "R-255", "R-257", "R-274", "R-284")
def test_the_papers_that_prove_it_are_asked_each_in_its_direction() -> None:
    """「已经完工」「产品销售合同、发票和支付凭证」「自主知识产权」「项目开支专项审计报告」"""

    def lacking(direction: str) -> list[str]:
        found = missing(PROGRAMME.attachments, [], CALL.report_years, answers(), direction, FACTS)
        (refusal,) = found
        slots = refusal.params["slots"]
        assert isinstance(slots, list)
        return slots

    both = ["completion", "audit_report", "invoice", "contract", "payment", "statement"]
    assert lacking("B1") == [*both, "sales", "property_proof"]
    assert lacking("B2") == both
    no_code = [one for one in ATTACHED if one.slot != "audit_report"] + [ATTACHED[0].__class__("audit_report")]
    codes = [one.code for one in missing(PROGRAMME.attachments, no_code, (), answers(), "B1", FACTS)]
    assert codes == ["MISSING_CHECK_CODE"]


@pytest.mark.rule("R-288", "R-287")
def test_the_letter_on_truthful_prices_is_printed_here_and_comes_back_signed() -> None:
    """「并签署价格真实性承诺函」"""
    letter = PROGRAMME.letter("price_letter")
    assert letter is not None
    assert (letter.heading.zh, "没有虚报产品价格" in letter.text.zh) == ("价格真实性承诺函", True)
    assert [line.made_from for line in letter.about] == [("project_name",), ("units",)]
    slot = PROGRAMME.slot("price_letter")
    assert (slot.prints, slot.required) == ("price_letter", False)


@pytest.mark.rule("R-251", "R-253", "R-276")
def test_one_project_a_year_and_one_a_group_over_both_directions() -> None:
    """「同一申报主体同一年度原则上只能申报一个项目」「集团或下属单位只能有一家主体进行申报」"""
    unit, group = PROGRAMME.exclusivity
    assert (unit.per, unit.code, unit.waivable) == ("unit", "ONE_PROJECT_PER_YEAR", True)  # 「原则上」
    assert (group.per, group.code, group.waivable) == ("group", "GROUP_ALREADY_APPLIED", False)
    assert unit.family == group.family == "benchmark"
    assert group.declared_in == "group_controller"


def test_money_of_cost_lines_is_in_yuan_with_two_decimals() -> None:
    gross = next(one for one in field("cost_lines").columns if one.id == "gross")
    assert (gross.unit, gross.scale, gross.places) == ("元", 2, 2)
    assert present(gross, 33_333_333) == "333,333.33"
    for typed, codes in (
        ("333333.333", ["BAD_FORMAT"]),
        ("0", ["BELOW_MIN"]),
        ("1,000.5 元", []),
        ("5万元", ["BAD_FORMAT"]),
    ):
        assert parse({"cost_lines": [{"number": "1", "gross": typed}]})[1] == codes
    kept, _ = parse({"cost_lines": [{"number": "1", "gross": "1,000.5 元"}]})
    assert kept == {"cost_lines": [{"number": "1", "gross": 100_050}]}
    assert field("registered_capital").scale == 6


def test_five_thousand_lines_are_read_and_one_more_is_refused() -> None:
    rows = [{"number": f"L{number}", "gross": "1.00"} for number in range(5001)]
    assert parse({"cost_lines": rows}) == ({}, ["ABOVE_MAX"])
    kept, codes = parse({"cost_lines": rows[:5000]})
    assert not codes
    assert isinstance(lines := kept["cost_lines"], list)
    assert len(lines) == 5000


def test_every_section_of_the_sample_is_one_of_the_form() -> None:
    assert list(TYPED) == [section.id for section in PROGRAMME.sections("B1")]
    assert [one.id for one in PROGRAMME.sections("B2")] == [one for one in TYPED if one != "use"]


def test_the_industry_of_the_summary_table_is_the_projects_own() -> None:
    assert suggested_industry(CALL, "B1", answers()) == "塑料制品"


def test_labels_and_hints_stand_in_both_languages() -> None:
    for section in PROGRAMME.form:
        for one in (*section.fields, *(column for each in section.fields for column in each.columns)):
            assert one.label.zh, one.id
            assert one.label.en, one.id
            assert one.label.zh != one.label.en, one.id
