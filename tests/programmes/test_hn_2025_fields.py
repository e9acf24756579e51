"""Every line of the large-model form of 2025 is there as the issued form has it: words, order, type, unit, and limits
that let the number itself pass (民法典第一千二百五十九条：“以上”“以下”“以内”，包括本数) and refuse the next."""

from typing import Any

import pytest

from tests.programmes.sample import TYPED, field, flat, parse, the_call, the_guide

YEARS = {"2023": "1", "2024": "1"}


def line(
    rule: str,
    clause: str,
    field_id: str,
    type_: str,
    *,
    passes: Any,
    refused: Any,
    code: str = "BAD_FORMAT",
    unit: str = "",
    personal: bool = False,
) -> Any:
    values = (clause, field_id, type_, unit, personal, passes, refused, code)
    return pytest.param(*values, id=f"{rule}-{field_id}", marks=pytest.mark.rule(rule))


def both(value: str) -> dict[str, str]:
    return {"2023": value, "2024": value}


LINES = [
    line("R-068", "项目名称", "project_name", "text", passes="项" * 100, refused="项" * 101, code="FIELD_TOO_LONG"),
    line(
        "R-070",
        "联系人",
        "contact_name",
        "text",
        passes="易" * 50,
        refused="易" * 51,
        code="FIELD_TOO_LONG",
        personal=True,
    ),
    line(
        "R-070", "联系人及电话", "contact_phone", "phone", passes="0731-88955549", refused="0731-8895554", personal=True
    ),
    line("R-080", "单位名称", "unit_name", "text", passes="名" * 100, refused="名" * 101, code="FIELD_TOO_LONG"),
    line("R-081", "注册地址", "address", "text", passes="址" * 200, refused="址" * 201, code="FIELD_TOO_LONG"),
    line("R-081", "注册地址", "county", "division", passes="430104", refused="4301040"),
    line(
        "R-082",
        "注册资金（万元）",
        "registered_capital",
        "money",
        unit="万元",
        passes="0",
        refused="-0.01",
        code="BELOW_MIN",
    ),
    line(
        "R-082",
        "注册资金（万元）",
        "registered_capital",
        "money",
        unit="万元",
        passes="3000.000001",
        refused="3000.0000001",
    ),
    line("R-083", "注册时间", "registered_on", "date", passes="2025-11-20", refused="2025-11-21", code="IN_THE_FUTURE"),
    line(
        "R-084",
        "统一社会信用代码",
        "credit_code",
        "credit_code",
        passes="91430104MAXTE5T16B",
        refused="91430104MAXTE5T16A",
        code="USCC_CHECK",
    ),
    line("R-085", "开户银行", "bank", "text", passes="行" * 100, refused="行" * 101, code="FIELD_TOO_LONG"),
    line("R-086", "账号", "account", "account", passes="0430123456789012", refused="04301", personal=True),
    line(
        "R-087",
        "法人代表",
        "legal_representative",
        "text",
        passes="䶮" * 50,
        refused="䶮" * 51,
        code="FIELD_TOO_LONG",
        personal=True,
    ),
    line(
        "R-088",
        "联系电话",
        "legal_representative_phone",
        "phone",
        passes="13800138000",
        refused="12800000000",
        personal=True,
    ),
    line(
        "R-089",
        "姓名",
        "liaison_name",
        "text",
        passes="禤" * 50,
        refused="禤" * 51,
        code="FIELD_TOO_LONG",
        personal=True,
    ),
    line(
        "R-090",
        "职务职称",
        "liaison_title",
        "text",
        passes="长" * 50,
        refused="长" * 51,
        code="FIELD_TOO_LONG",
        personal=True,
    ),
    line("R-091", "联系电话", "liaison_phone", "phone", passes="19912345678", refused="10086", personal=True),
    line("R-092", "邮箱", "liaison_email", "email", passes="a@b.example", refused="a@b@c", personal=True),
    line("R-093", "单位简介", "unit_profile", "longtext", passes="字" * 500, refused="字" * 501, code="FIELD_TOO_LONG"),
    line("R-094", "企业数字化转型通用评估分数", "assessment_score", "decimal", passes="999.99", refused="999.999"),
    line("R-094", "等级", "assessment_level", "text", passes="级" * 50, refused="级" * 51, code="FIELD_TOO_LONG"),
    line(
        "R-095",
        "是否为“专精特新”企业",
        "srdi",
        "single",
        passes="national",
        refused=["national", "provincial"],
        code="SINGLE_CHOICE",
    ),
    line(
        "R-096",
        "荣誉名称",
        "honours",
        "table",
        passes=[{"name": "奖" * 200, "obtained": "2024-05"}],
        refused=[{"name": "奖" * 201, "obtained": "2024-05"}],
        code="FIELD_TOO_LONG",
    ),
    line(
        "R-097", "申报单位经营指标", "total_assets", "money", unit="万元", passes=YEARS, refused={**YEARS, "2022": "1"}
    ),
    line(
        "R-098",
        "总资产（万元）",
        "total_assets",
        "money",
        unit="万元",
        passes=both("0"),
        refused=both("-0.000001"),
        code="BELOW_MIN",
    ),
    line(
        "R-099",
        "资产负债率（%）",
        "debt_ratio",
        "percent",
        unit="%",
        passes=both("151.05"),
        refused=both("-0.01"),
        code="BELOW_MIN",
    ),
    line(
        "R-099",
        "资产负债率（%）",
        "debt_ratio",
        "percent",
        unit="%",
        passes=both("99999.99"),
        refused=both("100000"),
        code="ABOVE_MAX",
    ),
    line(
        "R-100",
        "营业收入（万元）",
        "revenue",
        "money",
        unit="万元",
        passes=both("0"),
        refused=both("-1"),
        code="BELOW_MIN",
    ),
    line(
        "R-101",
        "其中：AI业务收入（万元）",
        "ai_revenue",
        "money",
        unit="万元",
        passes=both("0"),
        refused=both("-1"),
        code="BELOW_MIN",
    ),
    line("R-102", "净利润（万元）", "net_profit", "money", unit="万元", passes=both("-215.40"), refused=both("亏损")),
    line("R-103", "税金（万元）", "taxes", "money", unit="万元", passes=both("-3.5"), refused=both("1.2.3")),
    line(
        "R-104",
        "研发投入（万元）",
        "rnd_spending",
        "money",
        unit="万元",
        passes=both("0"),
        refused=both("-1"),
        code="BELOW_MIN",
    ),
    line(
        "R-105", "在职人员（人）", "staff", "integer", unit="人", passes=both("0"), refused=both("-1"), code="BELOW_MIN"
    ),
    line("R-106", "研发人员（人）", "rnd_staff", "integer", unit="人", passes=both("0"), refused=both("1.5")),
    line("R-107", "大模型名称", "model_name", "text", passes="模" * 100, refused="模" * 101, code="FIELD_TOO_LONG"),
    line(
        "R-108",
        "大模型类型",
        "model_type",
        "single",
        passes="vertical",
        refused=["foundation", "vertical"],
        code="SINGLE_CHOICE",
    ),
    line(
        "R-109",
        "大模型模态",
        "modalities",
        "multi",
        passes={"chosen": ["other"], "other": {"other": "图像"}},
        refused=["image"],
    ),
    line(
        "R-110",
        "基础大模型来源",
        "base_sources",
        "multi",
        passes={"chosen": ["own", "open"], "other": {"own": "甲", "open": "乙"}},
        refused={"chosen": ["own"], "other": {"leased": "丙"}},
    ),
    line("R-111", "是否通过大模型备案", "filed", "boolean", passes="否", refused="备案中"),
    line("R-111", "备案号", "filing_no", "text", passes="号" * 100, refused="号" * 101, code="FIELD_TOO_LONG"),
    line(
        "R-111",
        "备案时间",
        "filing_date",
        "date",
        passes="2025年11月20日",
        refused="2025年11月21日",
        code="IN_THE_FUTURE",
    ),
    line("R-112", "应用领域", "domains", "multi", passes=["construction_machinery", "science"], refused=["space"]),
    line(
        "R-113", "具体应用场景", "scenarios", "table", passes=["场" * 200], refused=["场" * 201], code="FIELD_TOO_LONG"
    ),
    line("R-114", "参数量（亿）", "params_yi", "decimal", unit="亿", passes="7.9999", refused="7.99999"),
    line(
        "R-115",
        "项目投资额（万元）",
        "investment",
        "money",
        unit="万元",
        passes="0.000001",
        refused="0",
        code="BELOW_MIN",
    ),
    line("R-116", "服务方式", "service_modes", "multi", passes=["api", "on_premises"], refused=["fax"]),
    line(
        "R-117",
        "是否通过第三方专业评测机构的水平评测",
        "third_party_eval",
        "boolean",
        passes=False,
        refused=["是", "否"],
        code="SINGLE_CHOICE",
    ),
    line("R-117", "机构名称", "eval_org", "text", passes="评" * 100, refused="评" * 101, code="FIELD_TOO_LONG"),
    line(
        "R-118",
        "训练算力",
        "own_servers",
        "integer",
        unit="台",
        passes={"training": "8", "inference": "4"},
        refused={"storage": "1"},
    ),
    line(
        "R-119",
        "服务器数量",
        "own_servers",
        "integer",
        unit="台",
        passes={"training": "0"},
        refused={"training": "-1"},
        code="BELOW_MIN",
    ),
    line(
        "R-119",
        "GPU厂商",
        "own_gpu_vendor",
        "text",
        passes={"training": "商" * 100},
        refused={"training": "商" * 101},
        code="FIELD_TOO_LONG",
    ),
    line("R-119", "型号", "own_gpu_model", "text", passes={"training": "A800"}, refused={"training": "a\nb"}),
    line(
        "R-119",
        "算力规模（TFlops）",
        "own_tflops",
        "decimal",
        unit="TFlops",
        passes={"training": "0.0001"},
        refused={"training": "0.00001"},
    ),
    line(
        "R-120",
        "第三方名称",
        "cloud_provider",
        "text",
        passes={"inference": "云" * 100},
        refused={"inference": "云" * 101},
        code="FIELD_TOO_LONG",
    ),
    line(
        "R-121",
        "租用算力规模（TFlops）",
        "cloud_tflops",
        "decimal",
        unit="TFlops",
        passes={"inference": "0"},
        refused={"inference": "-1"},
        code="BELOW_MIN",
    ),
    line(
        "R-122",
        "年均算力租用费用（万元）",
        "cloud_cost",
        "money",
        unit="万元",
        passes={"inference": "0"},
        refused={"inference": "-1"},
        code="BELOW_MIN",
    ),
    line(
        "R-123", "训练数据来源", "data_sources", "multi", passes=["open", "collected", "commercial"], refused=["stolen"]
    ),
    line(
        "R-124",
        "训练数据量（TB）",
        "data_tb",
        "decimal",
        unit="TB",
        passes="9999999999.9999",
        refused="10000000000",
        code="ABOVE_MAX",
    ),
    line("R-124", "训练数据量（TB）", "data_tb", "decimal", unit="TB", passes="0.0001", refused="0", code="BELOW_MIN"),
    line("R-125", "是否包含侵害他人知识产权内容", "infringes_ip", "boolean", passes="否", refused="不清楚"),
    line(
        "R-126",
        "是否包含违法违规的个人信息内容",
        "unlawful_personal_info",
        "boolean",
        passes="否",
        refused=["是", "否"],
        code="SINGLE_CHOICE",
    ),
    line(
        "R-127",
        "大模型简介",
        "model_intro",
        "longtext",
        passes="字" * 1000 + "[[图1 架构]]",
        refused="字" * 1001,
        code="FIELD_TOO_LONG",
    ),
    line(
        "R-128",
        "模型技术性能",
        "model_performance",
        "longtext",
        passes="字" * 2000,
        refused="字" * 2001,
        code="FIELD_TOO_LONG",
    ),
    line(
        "R-129",
        "采用的基础大模型",
        "base_model_note",
        "longtext",
        passes="字" * 500,
        refused="字" * 501,
        code="FIELD_TOO_LONG",
    ),
    line(
        "R-130",
        "建设情况",
        "construction_report",
        "longtext",
        passes="字" * 1000,
        refused="字" * 1001,
        code="FIELD_TOO_LONG",
    ),
    line(
        "R-131",
        "经济和社会效益",
        "benefit_report",
        "longtext",
        passes="字" * 1000,
        refused="字" * 1001,
        code="FIELD_TOO_LONG",
    ),
    line(
        "R-132",
        "知识产权和资质荣誉",
        "property_report",
        "longtext",
        passes="字" * 100_000,
        refused="字" * 100_001,
        code="FIELD_TOO_LONG",
    ),
    line("R-132", "专利", "property_items", "table", passes=[{"kind": "patent"}], refused=[{"kind": "secret"}]),
    line(
        "R-014",
        "有明确的脱敏、加密等安全防护措施",
        "security_measures",
        "longtext",
        passes="字" * 500,
        refused="字" * 501,
        code="FIELD_TOO_LONG",
    ),
    line(
        "R-004",
        "拥有大模型产品自主知识产权或合法的授权使用许可",
        "ip_basis",
        "single",
        passes="licensed",
        refused=["own", "licensed"],
        code="SINGLE_CHOICE",
    ),
]


@pytest.mark.parametrize(("clause", "field_id", "type_", "unit", "personal", "passes", "refused", "code"), LINES)
def test_the_line_is_there_with_its_type_unit_and_limit(
    clause: str, field_id: str, type_: str, unit: str, personal: bool, passes: Any, refused: Any, code: str
) -> None:
    asked = field(field_id)
    assert clause in the_guide()
    assert (asked.type, asked.unit, asked.personal) == (type_, unit, personal)
    assert asked.source.startswith("附件")
    answers, codes = parse({field_id: passes})
    assert not codes
    assert answers[field_id] is not None
    assert parse({field_id: refused}) == ({}, [code] * len(parse({field_id: refused})[1]))
    assert code in parse({field_id: refused})[1]


OPTIONS = [
    ("R-095", "srdi", "是（重点小巨人    国家级    省级）       否"),
    ("R-108", "model_type", "□基础通用大模型    □垂直领域大模型"),
    ("R-109", "modalities", "□视频  □语音  □文本  □多模态  □其他"),
    ("R-110", "base_sources", "□开源（模型名称：）□商业（模型名称：）□自研（模型名称：）"),
    (
        "R-112",
        "domains",
        "□智能制造□生物医药□医疗健康□普惠金融□文化旅游□现代农业□工程机械□轨道交通□数字政务□自然资源"
        "□智慧教育□康养服务□绿色消费□科学技术□其他",
    ),
    ("R-116", "service_modes", "□APP  □网页  □API接口  □本地部署  □其他：         "),
    ("R-123", "data_sources", "开源数据    自采数据    商业数据"),
]


@pytest.mark.parametrize(
    ("field_id", "printed"), [pytest.param(*rest, id=rule, marks=pytest.mark.rule(rule)) for rule, *rest in OPTIONS]
)
def test_the_options_are_the_printed_ones_in_their_order(field_id: str, printed: str) -> None:
    assert flat(printed) in the_guide()
    places = [flat(printed).index(option.label.zh) for option in field(field_id).options]
    assert places == sorted(places)
    words = sum(len(option.label.zh) for option in field(field_id).options)
    left_over = len(flat(printed)) - words
    assert left_over == {"srdi": len("是（）"), "base_sources": len("（模型名称：）" * 3), "service_modes": 1}.get(
        field_id, 0
    )


@pytest.mark.rule("R-109", "R-110", "R-112", "R-116")
@pytest.mark.parametrize(
    ("field_id", "blanks"),
    [("modalities", 1), ("base_sources", 3), ("domains", 1), ("service_modes", 1), ("data_sources", 0)],
)
def test_the_blanks_beside_the_boxes_are_there(field_id: str, blanks: int) -> None:
    assert len([option for option in field(field_id).options if option.text]) == blanks


@pytest.mark.rule("R-097", "R-118")
def test_the_indicators_are_asked_for_both_years_and_computing_power_for_both_uses() -> None:
    call = the_call()
    assert call.report_years == (2023, 2024)
    business = call.programme("L").section("business").fields
    assert len(business) == 9
    assert all([one.id for one in call.columns(field)] == ["2023", "2024"] for field in business)
    compute = call.programme("L").section("compute").fields
    assert {tuple(one.label.zh for one in call.columns(field)) for field in compute} == {("训练算力", "推理算力")}


@pytest.mark.rule("R-072", "R-127", "R-128", "R-130", "R-131", "R-132")
def test_the_parts_come_in_the_official_order_under_their_headings() -> None:
    printed = [section for section in the_call().programme("L").form if section.on_paper and section.id != "cover"]
    places = [the_guide().index(flat(section.heading.zh)) for section in printed if not section.under]
    assert places == sorted(places)
    assert [section.heading.zh[:3] for section in printed if not section.under] == [
        f"（{number}）" for number in "一二三四五六七"
    ]


@pytest.mark.rule("R-093", "R-127", "R-128", "R-130", "R-131", "R-132")
def test_labels_and_guiding_words_are_verbatim() -> None:
    invented = {"contact_phone", "county", "property_items", "model_intro", "own_tflops"}
    for section in the_call().programme("L").form:
        for one in section.fields:
            assert one.id in invented or flat(one.label.zh) in the_guide(), one.id
            if one.max_zi and one.hint and one.figures:
                assert flat(one.hint.zh) in the_guide()
                assert f"（不超过{one.max_zi}字，可附图" in one.hint.zh
    assert flat(field("unit_profile").hint.zh) in the_guide()  # type: ignore[union-attr]


@pytest.mark.rule("R-080", "R-105")
def test_every_field_has_both_languages_a_clause_and_a_rule() -> None:
    programme = the_call().programme("L")
    for one in programme.fields:
        assert one.label.zh
        assert one.label.en
        assert one.source
        assert one.rule
    assert set(TYPED) == {section.id for section in programme.form}
    assert len({one.id for one in programme.fields}) == len(programme.fields)


@pytest.mark.rule("R-129", "R-051")
def test_what_only_a_vertical_model_is_asked_is_not_asked_of_a_general_one() -> None:
    """「垂直领域型还需说明采用的基础大模型」"""
    performance, declarations = (the_call().programme("L").section(name) for name in ("performance", "declarations"))
    assert "base_model_note" not in {one.id for one in performance.asked("L-G")}
    assert "base_model_note" in {one.id for one in performance.asked("L-V")}
    assert "supervision_obeyed" not in {one.id for one in declarations.asked("L-G")}
    assert parse({"base_model_note": "示例"}, direction="L-G") == ({}, ["UNKNOWN_FIELD"])


@pytest.mark.rule("R-081", "R-085", "R-092", "R-115", "R-128")
def test_the_form_says_what_is_easily_done_wrong() -> None:
    said = {name: field(name).hint.zh for name in ("county", "bank", "liaison_email", "investment")}  # type: ignore[union-attr]
    assert "不由信用代码推断" in said["county"]
    assert "支行" in said["bank"]
    assert "通知" in said["liaison_email"]
    assert "专项审计报告" in said["investment"]
    checklist = field("model_performance").hint
    assert checklist is not None
    for topic in ("参数量", "匹配性", "数据量", "多模态", "数据集", "推理延迟", "吞吐量", "隐私保护", "同类模型"):
        assert topic in checklist.zh
