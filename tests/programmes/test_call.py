"""The 2025 call as a whole: dates, route, quota, score sheets, the guide's words, and the summary table's row."""

from datetime import timedelta

import pytest

from programmes.calendar import instant
from programmes.route import NoRoute, RouteRule, Whom, find_route
from programmes.summary import Place, suggested_industry, summary_columns, summary_row
from programmes.vocabulary import Words
from tests.programmes.sample import answers, flat, the_call, the_guide

CALL = the_call()
PROGRAMME = CALL.programme("L")


def test_the_call_has_the_dates_and_limits_of_its_notice() -> None:
    assert CALL.opens_at == instant("2025-11-03 09:00")
    assert CALL.deadlines.applicant_close == instant("2025-11-28 17:00")
    assert CALL.deadlines.county_close == instant("2025-12-05 17:00")
    assert CALL.deadlines.city_close == instant("2025-12-12 17:00")
    assert (CALL.returns.working_days, CALL.returns.max_per_stage) == (3, 2)
    assert CALL.reconsideration.working_days == 5
    assert (CALL.notice.working_days, CALL.notice.count_first_day) == (5, True)
    assert (CALL.review.panel, CALL.review.odd, CALL.review.method, CALL.review.decimals) == (
        5,
        True,
        "trimmed_mean",
        2,
    )
    assert (CALL.units.max, CALL.units.count_lead) == (7, True)
    assert CALL.budget_fen == 5_000_000_000
    assert (PROGRAMME.award_mode, PROGRAMME.consortium) == ("decided_amount", "optional")
    assert PROGRAMME.application_number(2025, 1) == "HN-AI-2025-0001"


def test_a_call_opens_at_its_instant_and_closes_after_its_own() -> None:
    def codes(text: str, later: timedelta = timedelta()) -> list[str]:
        return [one.code for one in CALL.closed_to(instant(text) + later)]

    assert codes("2025-11-03 08:59") == ["CALL_NOT_OPEN"]
    assert codes("2025-11-03 09:00") == []
    assert codes("2025-11-28 17:00") == []
    assert codes("2025-11-28 17:00", timedelta(microseconds=1)) == ["DEADLINE_PASSED"]


@pytest.mark.parametrize(
    ("county", "tags", "bodies", "rule", "absent", "copied"),
    [
        ("430104", (), ["430104", "430100", "43"], "HN-R4", (), ()),
        ("430212", (), ["430212", "43"], "HN-R2", ("city",), ("430200",)),
        ("430623", (), ["430623", "43"], "HN-R2", ("city",), ("430600",)),
        ("430104", ("provincial",), ["43"], "HN-R1", ("county", "city"), ()),
        ("430104", ("telecom",), ["43"], "HN-R1", ("county", "city"), ()),
        ("430104", ("city_direct",), ["430100", "43"], "HN-R3", ("county",), ()),
    ],
)
def test_the_route_is_looked_up_and_says_what_it_does_not_have(
    county: str, tags: tuple[str, ...], bodies: list[str], rule: str, absent: tuple[str, ...], copied: tuple[str, ...]
) -> None:
    route = CALL.route(county, tags)
    assert [step.body for step in route.steps] == bodies
    assert (route.rule, route.not_applicable, route.copied_to) == (rule, absent, copied)


def test_a_route_goes_on_from_step_to_step() -> None:
    route = CALL.route("430104")
    following = route.after("430104")
    assert following is not None
    assert (following.body, following.level) == ("430100", "city")
    assert route.after("43") is None
    assert route.after("430111") is None


def test_a_park_may_stand_in_for_its_county_and_no_rule_is_no_route() -> None:
    park = RouteRule(
        id="X",
        label=Words(zh="园区", en="Park"),
        whom=Whom(county="430671", tag="park"),  # type: ignore[arg-type]
        steps=("county", "province"),
        bodies={"county": "430671"},
    )
    assert find_route([park], "430671", {"park"}).steps[0].body == "430671"
    with pytest.raises(NoRoute):
        find_route([park], "430104", {"park"})


def test_a_quota_is_the_level_s_or_the_body_s_own() -> None:
    assert CALL.quota("L", "city", "430100") == 3
    assert CALL.quota("L", "county", "430104") is None
    own = CALL.quotas[0].model_copy(update={"body": "430100", "max": 4})
    richer = CALL.model_copy(update={"quotas": (*CALL.quotas, own)})
    assert (richer.quota("L", "city", "430100"), richer.quota("L", "city", "430200")) == (4, 3)


@pytest.mark.rule("R-019")
def test_the_contact_of_the_guide_is_there() -> None:
    (contact,) = PROGRAMME.contacts
    assert (contact.office.zh, contact.name, contact.phone) == ("人工智能与数字产业处", "陈可旺", "0731-88955549")
    assert all(flat(word) in the_guide() for word in (contact.office.zh, contact.name, contact.phone))


@pytest.mark.rule("R-038", "R-039", "R-044", "R-045", "R-046")
def test_the_guide_is_quoted_word_for_word() -> None:
    clauses = [
        *PROGRAMME.guide.clauses,
        *(one for direction in PROGRAMME.directions for one in direction.guide.clauses),
    ]
    assert len(clauses) == 7 + 4 + 5
    assert all(flat(clause.text.zh) in the_guide() and clause.text.en and clause.rule for clause in clauses)
    named = {rule for clause in clauses for rule in clause.rule}
    assert named >= {f"R-0{number:02}" for number in (*range(1, 19), *range(38, 52))}


JUDGED = [
    ("R-002", "具有较强的人工智能大模型技术研发能力", "L-G L-V"),
    ("R-003", "模型训练、优化或场景应用落地所需的专业人才队伍", "L-G L-V"),
    ("R-006", "基于自主研发的基础通用大模型", "L-G L-V"),
    ("R-007", "具有研发所申报大模型的核心技术能力", "L-G L-V"),
    ("R-008", "在技术或性能上有较大创新", "L-G L-V"),
    ("R-009", "在特定行业或领域内具有高度专业化和适用性", "L-G L-V"),
    ("R-013", "满足高准确性、完整性、一致性和时效性等要求", "L-G L-V"),
    ("R-014", "有明确的脱敏、加密等安全防护措施", "L-G L-V"),
    ("R-015", "有明确市场需求和较强市场竞争力", "L-G L-V"),
    ("R-017", "取得较好效益", "L-G L-V"),
    ("R-038", "已实际部署应用并取得较好成效", "L-G L-V"),
    ("R-040", "高效训练、推理优化、多模态融合", "L-G"),
    ("R-041", "具备固定的研发场所和必要的软硬件设施", "L-G"),
    ("R-042", "技术水平处于国内先进或省内领先地位", "L-G"),
    ("R-043", "提供明确成效证明", "L-G"),
    ("R-044", "聚焦制造、医疗、教育、文化、金融、交通、农业、政务、康养、消费等领域", "L-V"),
    ("R-045", "贴合湖南产业发展实际", "L-V"),
    ("R-046", "具备场景化解决方案输出能力", "L-V"),
    ("R-047", "行业专属高质量数据集与特色标签体系", "L-V"),
    ("R-048", "技术水平处于国内先进或省内领先地位", "L-V"),
    ("R-049", "实现效率提升或成本降低等成效", "L-V"),
    ("R-050", "支持轻量化部署以服务中小微企业", "L-V"),
    ("R-051", "建立内容审核机制", "L-V"),
    ("R-096", "获奖等情况", "L-G L-V"),
    ("R-132", "拥有核心算法或关键技术的自主知识产权", "L-G L-V"),
]


@pytest.mark.parametrize(
    ("rule", "clause", "directions"), [pytest.param(*row, id=row[0], marks=pytest.mark.rule(row[0])) for row in JUDGED]
)
def test_what_reviewers_judge_stands_on_the_score_sheet(rule: str, clause: str, directions: str) -> None:
    assert flat(clause) in the_guide()
    for direction in directions.split():
        items = [item for criterion in CALL.direction(direction).rubric for item in criterion.considers]
        (item,) = [item for item in items if rule in item.rule]
        assert clause in item.text.zh
        assert flat(item.text.zh) in the_guide()
        assert item.text.en


@pytest.mark.rule("R-041", "R-042", "R-043", "R-047", "R-048", "R-049", "R-050")
@pytest.mark.parametrize(
    ("direction", "headings"),
    [("L-G", ["研发基础", "创新能力", "应用实效"]), ("L-V", ["研发基础", "创新能力", "场景适配", "服务保障"])],
)
def test_a_score_sheet_has_the_guide_s_headings_and_adds_up_to_a_hundred(direction: str, headings: list[str]) -> None:
    rubric = CALL.direction(direction).rubric
    assert [criterion.label.zh for criterion in rubric] == headings
    assert sum(criterion.max for criterion in rubric) == 100
    assert all(f"、{heading}。" in the_guide() for heading in headings)


@pytest.mark.rule("R-044", "R-045")
def test_the_lists_of_fields_are_the_guide_s() -> None:
    sectors, focus = CALL.direction("L-V").tags
    assert (len(sectors.values), len(focus.values)) == (10, 11)
    assert f"聚焦{'、'.join(sectors.values)}等领域" in the_guide()
    assert f"重点包括{'、'.join(focus.values)}等领域" in the_guide()


SUMMARY = [
    ("R-225", "序号", "position", "2"),
    ("R-226", "企业名称", "unit_name", "湖南岳麓智模科技有限公司"),
    ("R-227", "项目名称", "project_name", "工程机械运维大模型研发与应用"),
    ("R-228", "所属行业", "industry", "工程机械"),
    ("R-229", "所在市州", "city", "长沙市"),
    ("R-230", "所在县市区", "county", "岳麓区"),
    ("R-231", "联系人及电话", "contact", "易禤龑 13800138000"),
    ("R-232", "申报方向", "programme", "人工智能大模型"),
    ("R-233", "子方向", "direction", "垂直领域"),
]


@pytest.mark.parametrize(
    ("heading", "made_from", "cell"),
    [pytest.param(*rest, id=rule, marks=pytest.mark.rule(rule)) for rule, *rest in SUMMARY],
)
def test_a_cell_of_the_recommendation_table(heading: str, made_from: str, cell: str) -> None:
    row = summary_row(
        CALL, "L-V", answers(), Place("长沙市", "岳麓区"), position=2, unit_name="湖南岳麓智模科技有限公司"
    )
    (column,) = [one for one in summary_columns(CALL) if one.made_from == made_from]
    assert (column.label.zh, row[made_from]) == (heading, cell)
    assert heading in the_guide()


@pytest.mark.rule("R-222", "R-223", "R-224")
def test_the_recommendation_table_has_its_heading_lines_and_nine_columns_in_order() -> None:
    """「项目推荐汇总表　推荐单位（盖章）：　联系人及电话：」"""
    table = CALL.summary_table
    printed = [table.heading.zh, f"{table.bureau.label.zh}：{table.contact.label.zh}："]
    columns = "".join(column.label.zh for column in table.columns)
    assert len(table.columns) == 9
    assert "".join(printed) + columns in the_guide()


@pytest.mark.rule("R-228")
def test_the_industry_is_suggested_for_a_field_free_for_a_general_model_and_the_bureau_s_to_edit() -> None:
    assert suggested_industry(CALL, "L-V", answers()) == "工程机械"
    other = answers(domains={"chosen": ["other"], "other": {"other": "应急管理"}})
    assert suggested_industry(CALL, "L-V", other) == "应急管理"
    assert suggested_industry(CALL, "L-G", answers()) == ""
    row = summary_row(
        CALL, "L-G", answers(), Place("长沙市", "岳麓区"), position=1, unit_name="x", industry="软件和信息技术服务业"
    )
    assert (row["industry"], row["direction"]) == ("软件和信息技术服务业", "基础通用")
