"""Every line of the promotion-centre form of 2025 is there as the issued form has it: words, order, type, unit, and limits
that let the number itself pass (民法典第一千二百五十九条：“以上”“以下”“以内”，包括本数) and refuse the next."""

from typing import Any

import pytest

from programmes.form import answer_of, parse_section, present
from programmes.inputs import gather
from programmes.summary import Place, suggested_industry, summary_row
from tests.programmes import sample
from tests.programmes.centre import DIRECTION, PROGRAMME, TYPED, answers, field, parse, the_guide
from tests.programmes.sample import flat, the_call


def line(
    rule: str,
    clause: str,
    field_id: str,
    type_: str,
    passes: Any,
    refused: Any,
    code: str = "BAD_FORMAT",
    *,
    unit: str = "",
    personal: bool = False,
) -> Any:
    values = (clause, field_id, type_, unit, personal, passes, refused, code)
    return pytest.param(*values, id=f"{rule}-{field_id}", marks=pytest.mark.rule(rule))


def name(rule: str, clause: str, field_id: str, longest: int, *, personal: bool = False) -> Any:
    return line(
        rule, clause, field_id, "text", "䶮" * longest, "䶮" * (longest + 1), "FIELD_TOO_LONG", personal=personal
    )


def text(rule: str, clause: str, field_id: str, limit: int) -> Any:
    """So many 字: a run of Latin letters is one, a figure none."""
    just = "[[图1 架构]]" + "字" * (limit - 1) + "digital"
    return line(rule, clause, field_id, "longtext", just, just + "字", "FIELD_TOO_LONG")


def phone(rule: str, clause: str, field_id: str) -> Any:
    return line(rule, clause, field_id, "phone", "0731-88955397", "0731-8895539", personal=True)


def yearly(rule: str, clause: str, field_id: str, type_: str, unit: str, least: str, below: str) -> Any:
    code = "BELOW_MIN" if least == "0" else "BAD_FORMAT"
    return line(rule, clause, field_id, type_, both(least), both(below), code, unit=unit)


def both(value: str) -> dict[str, str]:
    return {"2023": value, "2024": value}


MEMBER = {"name": "湖南某研究院", "kind": "institute"}
PERSON = {
    "name": "易瓷生",
    "age": 16,
    "specialty": "自动化",
    "duty": "技术负责人",
    "full_time": "是",
    "specialist": "否",
}

LINES = [
    name("R-144", "项目名称", "project_name", 100),
    name("R-144", "联系人", "contact_name", 50, personal=True),
    phone("R-144", "联系人及电话", "contact_phone"),
    name("R-147", "牵头单位名称", "unit_name", 100),
    name("R-148", "注册地址", "address", 200),
    line("R-148", "注册地址", "county", "division", "430281", "43028"),
    line("R-149", "注册资金（万元）", "registered_capital", "money", "0", "-0.01", "BELOW_MIN", unit="万元"),
    line("R-149", "注册资金（万元）", "registered_capital", "money", "1200.000001", "1200.0000001", unit="万元"),
    line("R-150", "注册时间", "registered_on", "date", "2025-11-20", "2025-11-21", "IN_THE_FUTURE"),
    line(
        "R-151",
        "统一社会信用代码",
        "credit_code",
        "credit_code",
        "91430281MAXTE5T24U",
        "91430281MAXTE5T24A",
        "USCC_CHECK",
    ),
    name("R-152", "开户银行", "bank", 100),
    line("R-153", "账号", "account", "account", "0190300109008765432", "0190", personal=True),
    name("R-154", "法人代表", "legal_representative", 50, personal=True),
    phone("R-155", "联系电话", "legal_representative_phone"),
    name("R-156", "项目负责人", "leader_name", 50, personal=True),
    name("R-157", "职务职称", "leader_title", 50, personal=True),
    phone("R-158", "联系电话", "leader_phone"),
    line("R-159", "牵头单位类型", "lead_kind", "single", "institute", ["institute", "provider"], "SINGLE_CHOICE"),
    name("R-159", "其它(请标明)", "lead_kind_other", 50),
    line("R-160", "联合体其他成员单位", "other_members", "table", [MEMBER] * 6, [MEMBER] * 7, "ABOVE_MAX"),
    line("R-160", "名称与类型", "other_members", "table", [MEMBER], [{"name": "某校", "kind": "university"}]),
    line(
        "R-161",
        "荣誉名称",
        "honours",
        "table",
        [{"name": "奖" * 200, "obtained": "2024-05"}],
        [{"name": "奖" * 201, "obtained": "2024-05"}],
        "FIELD_TOO_LONG",
    ),
    line(
        "R-161",
        "获得时间",
        "honours",
        "table",
        [{"name": "奖", "obtained": "2025-11"}],
        [{"name": "奖", "obtained": "2025-12"}],
        "IN_THE_FUTURE",
    ),
    yearly("R-163", "总资产（万元）", "total_assets", "money", "万元", "0", "-0.000001"),
    yearly("R-164", "资产负债率（%）", "debt_ratio", "percent", "%", "0", "-0.01"),
    line("R-164", "资产负债率（%）", "debt_ratio", "percent", both("100.01"), both("100.001"), unit="%"),
    yearly("R-165", "营业收入（万元）", "revenue", "money", "万元", "0", "-0.000001"),
    yearly("R-166", "净利润（万元）", "net_profit", "money", "万元", "-62.300001", "-62.3000001"),
    yearly("R-167", "税金（万元）", "taxes", "money", "万元", "-9.000001", "-9.0000001"),
    yearly("R-168", "研发投入（万元）", "rnd_spending", "money", "万元", "0", "-0.000001"),
    yearly("R-169", "在职人员（人）", "staff", "integer", "人", "0", "-1"),
    yearly("R-170", "研发人员（人）", "rnd_staff", "integer", "人", "0", "-1"),
    line("R-171", "计划投入", "planned_investment", "money", "0", "-0.000001", "BELOW_MIN", unit="万元"),
    line("R-172", "实际已完成投入", "completed_investment", "money", "0", "-0.000001", "BELOW_MIN", unit="万元"),
    line("R-173", "总共", "team_total", "integer", "1", "0", "BELOW_MIN", unit="人"),
    line("R-174", "其中行业技术人才与数字化专业人才", "specialists", "integer", "0", "-1", "BELOW_MIN", unit="人"),
    line("R-174", "其中行业技术人才与数字化专业人才", "specialists", "integer", "3", "3.5", unit="人"),
    line("R-176", "服务行业类型", "service_industry", "single", "medicine", ["medicine", "coal"], "SINGLE_CHOICE"),
    name("R-176", "其他", "service_industry_other", 50),
    yearly("R-177", "服务数字化转型改造实施企业数量", "served_enterprises", "integer", "家", "0", "-1"),
    yearly("R-178", "开展的数字化改造实施服务项目合同金额", "service_contracts", "money", "万元", "0", "-0.000001"),
    yearly("R-179", "组织人才培训人次", "trained", "integer", "人次", "0", "-1"),
    yearly("R-180", "汇聚投融资机构数量", "investors", "integer", "个", "0", "-1"),
    yearly("R-181", "对接成功的企业融资金额", "financed", "money", "万元", "0", "-0.000001"),
    yearly("R-182", "汇聚高校、科研院所数量", "institutes", "integer", "个", "0", "-1"),
    yearly("R-183", "汇聚制造业数字化转型服务商数量", "providers", "integer", "个", "0", "-1"),
    text("R-184", "促进中心简介", "centre_intro", 1000),
    text("R-185", "基础能力", "basic_ability", 2000),
    text("R-186", "建设目标", "goals", 500),
    text("R-188", "主要建设内容", "build_report", 3000),
    text("R-191", "建设成效", "result_report", 1000),
    text("R-192", "组织保障与可持续性", "organisation_report", 500),
    line("R-199", "技术团队人员", "team", "table", [PERSON], [{**PERSON, "age": 15}], "BELOW_MIN"),
    line("R-199", "专职人员需重点标明", "team", "table", [PERSON], [{**PERSON, "full_time": "兼"}]),
]


@pytest.mark.parametrize(("clause", "field_id", "type_", "unit", "personal", "passes", "refused", "code"), LINES)
def test_the_line_is_there_with_its_type_unit_and_limit(
    clause: str, field_id: str, type_: str, unit: str, personal: bool, passes: Any, refused: Any, code: str
) -> None:
    asked = field(field_id)
    assert clause in the_guide()
    assert (asked.type, asked.unit, asked.personal) == (type_, unit, personal)
    assert asked.source.startswith("附件4")
    kept, codes = parse({field_id: passes})
    assert not codes
    assert kept[field_id] is not None
    kept, codes = parse({field_id: refused})
    assert (kept, set(codes)) == ({}, {code})


@pytest.mark.rule("R-159", "R-160", "R-176", "R-189")
@pytest.mark.parametrize(
    ("field_id", "printed", "count"),
    [
        ("lead_kind", "制造业企业  服务商  科研院所  □其它", 4),
        ("service_industry", "有色  电子  石化  轻工  食品  冶金  煤炭  机械建材  纺织  电力  医药  其他", 13),
        ("build_items", "评估咨询、方案开发、项目实施、供需对接、设施联通、数据共享、人才培训、政策宣贯", 8),
    ],
)
def test_the_options_are_the_printed_ones_in_their_order(field_id: str, printed: str, count: int) -> None:
    assert flat(printed) in the_guide()
    assert "".join(option.label.zh for option in field(field_id).options) == flat(printed).replace("、", "")
    assert len(field(field_id).options) == count
    assert all(option.label.en for option in field(field_id).options)


@pytest.mark.rule("R-160")
def test_a_member_s_type_is_one_of_the_lead_s_four() -> None:
    """「联合体其他成员单位名称与类型」, six lines beside the lead (reading A-01)."""
    name_, kind, other = field("other_members").columns
    assert (name_.label.zh, kind.label.zh, other.required) == ("名称", "类型", False)
    assert kind.options == field("lead_kind").options
    assert field("other_members").max_items == the_call().units.max - 1 == 6


@pytest.mark.rule("R-162", "R-177", "R-180")
def test_the_figures_are_asked_for_both_years_and_none_is_of_artificial_intelligence() -> None:
    """「牵头单位主要经营状况　经营指标　2023年　2024年」"""
    business = PROGRAMME.section("business")
    assert len(business.fields) == 8
    assert "ai_revenue" not in {one.id for one in PROGRAMME.fields}
    yearly_ = [one for one in PROGRAMME.fields if one.by_year]
    assert len(yearly_) == 8 + 3 + 4
    assert all([column.label.zh for column in the_call().columns(one)] == ["2023年", "2024年"] for one in yearly_)
    assert all("R-162" in one.rule for one in business.fields)
    assert "牵头单位主要经营状况经营指标2023年2024年" in the_guide()


@pytest.mark.rule("R-175")
@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(1, 3, "33.33"), (2, 3, "66.67"), (1, 800, "0.13"), (3, 800, "0.38"), (10000, 20001, "50.00"), (6, 6, "100.00")],
)
def test_the_share_is_shown_with_two_decimals_half_up(part: int, whole: int, shown: str) -> None:
    """「总共　人，其中行业技术人才与数字化专业人才　人，占　%」"""
    assert flat("总共    人，其中行业技术人才与数字化专业人才    人，占  %") in the_guide()
    share = field("specialist_share")
    assert (share.label.zh, share.unit) == ("占", "%")
    assert present(share, answer_of(share, {"specialists": part, "team_total": whole})) == shown


@pytest.mark.rule("R-175")
def test_the_share_is_never_typed_never_kept_and_there_only_when_both_numbers_are() -> None:
    share, section = field("specialist_share"), PROGRAMME.section("centre")
    assert answer_of(share, {"team_total": 6}) is None
    assert answer_of(share, {"specialists": 0, "team_total": 0}) is None
    assert parse({"specialist_share": "66.67"}) == ({}, ["COMPUTED_FIELD"])
    assert gather(section, [("specialist_share", "66.67"), ("specialists", "4")]) == {"specialists": "4"}
    assert "specialist_share" not in answers()
    assert answer_of(field("specialists"), answers()) == 4


@pytest.mark.rule("R-184", "R-185", "R-186", "R-188", "R-191", "R-192")
def test_the_narratives_come_in_the_official_order_and_quote_their_guidance() -> None:
    narratives = [one for one in PROGRAMME.fields if one.max_zi]
    assert [one.max_zi for one in narratives] == [1000, 2000, 500, 3000, 1000, 500]
    assert [one.figures for one in narratives] == [False, True, True, True, True, False]
    places = [the_guide().index(flat(one.hint.zh)) for one in narratives if one.hint]
    assert (len(places), places) == (6, sorted(places))
    for one in narratives:
        assert one.hint is not None
        assert f"（不超过{one.max_zi}字" in one.hint.zh
        assert ("可附图" in one.hint.zh) is one.figures


@pytest.mark.rule("R-147", "R-170", "R-171", "R-183")
def test_labels_are_verbatim_and_every_field_has_both_languages_a_clause_and_a_rule() -> None:
    invented = {"county", "contact_phone"}
    for one in PROGRAMME.fields:
        assert one.id in invented or flat(one.label.zh) in the_guide(), one.id
        assert one.label.en, one.id
        assert one.source, one.id
        assert one.rule, one.id
    assert set(TYPED) == {section.id for section in PROGRAMME.form}
    parts = [section for section in PROGRAMME.form if section.on_paper]
    assert [one.heading.zh for one in parts if one.under is None] == [
        "封面",
        "（一）单位基本信息",
        "（二）促进中心概况",
    ]
    printed = [flat(one.heading.zh) for one in parts if one.id not in ("cover", "build")]
    places = [the_guide().index(heading, the_guide().index("（一）单位基本信息")) for heading in printed]
    assert places == sorted(places)


@pytest.mark.rule("R-059", "R-060", "R-061", "R-062", "R-063", "R-064", "R-065", "R-066")
def test_the_eight_contents_of_the_guide_stand_beside_the_narrative() -> None:
    """「围绕《湖南省制造业数字化转型促进中心项目参考指引》提出的……8方面建设内容」"""
    quoted = PROGRAMME.quoted(PROGRAMME.section("build"), "P")
    items = field("build_items").options
    assert [clause.rule for clause in quoted] == [(f"R-0{number}",) for number in range(59, 67)]
    for number, (clause, item) in enumerate(zip(quoted, items, strict=True), 1):
        assert clause.text.zh.startswith(f"{number}、{item.label.zh}。")
        assert flat(clause.text.zh) in the_guide()
        assert clause.text.en
    assert PROGRAMME.quoted(PROGRAMME.section("aims"), "P") == ()


@pytest.mark.rule("R-199")
def test_the_team_is_a_list_whose_names_are_personal() -> None:
    """「需提供人员姓名、年龄、专业和主要职责等，专职人员需重点标明」"""
    assert [column.label.zh for column in field("team").columns] == [
        "姓名",
        "年龄",
        "专业",
        "主要职责",
        "专职",
        "行业技术人才与数字化专业人才",
    ]
    assert [column.id for column in field("team").columns if column.personal] == ["name"]
    assert all(column.required for column in field("team").columns)


@pytest.mark.rule("R-026", "R-176")
def test_the_industry_stands_beside_the_place_in_the_summary_table() -> None:
    """「所在地应处于所服务行业的主要聚集区域」"""
    place = Place("株洲市", "醴陵市")
    row = summary_row(the_call(), "P", answers(), place, position=1, unit_name="湖南渌江数智转型服务有限公司")
    assert [row[name_] for name_ in ("industry", "city", "county")] == ["建材", "株洲市", "醴陵市"]
    assert (row["programme"], row["direction"]) == ("制造业数字化转型促进中心", "")
    other = answers(service_industry="other", service_industry_other="花炮")
    assert suggested_industry(the_call(), "P", other) == "花炮"
    left_behind = answers(service_industry="coal", service_industry_other="花炮")
    assert suggested_industry(the_call(), "P", left_behind) == "煤炭"
    assert suggested_industry(the_call(), "P", answers(service_industry=None)) == ""


@pytest.mark.rule("R-144")
def test_the_title_page_has_the_four_lines_and_a_title_made_after_the_other_form_s() -> None:
    """The form is printed without a title (reading A-30)."""
    paper = PROGRAMME.paper
    assert [words.zh for words in paper.title] == ["2025年湖南省制造业数字化转型促进中心项目", "申报书"]
    assert [made.label.zh for made in paper.cover] == ["项目名称", "申报单位（盖章）", "联系人及电话", "申报时间"]
    assert all(made.label.zh.removesuffix("（盖章）") in the_guide() for made in paper.cover)
    assert "（盖章）" in the_guide()


@pytest.mark.rule("R-145", "R-204")
def test_the_contents_and_the_notes_are_verbatim() -> None:
    paper = PROGRAMME.paper
    assert "".join(flat(made.label.zh) for made in (*paper.contents, paper.contents_note)) in the_guide()
    assert flat(PROGRAMME.commitment.note.label.zh) in the_guide()
    assert flat(paper.attachments_note.label.zh) in the_guide()
    assert flat(paper.form_heading.zh) in the_guide()
    assert flat(paper.attachments_heading.zh) in the_guide()


@pytest.mark.rule("R-146")
def test_the_commitment_is_the_large_models_text_under_a_version_of_its_own() -> None:
    commitment, other = PROGRAMME.commitment, sample.the_call().programme("L").commitment
    assert flat(commitment.text.zh + commitment.closing.zh) in the_guide()
    assert (commitment.text, commitment.closing) == (other.text, other.closing)
    assert commitment.version != other.version
    assert not commitment.delegate
    for printed in (commitment.heading, commitment.signer.label, commitment.seal.label, commitment.dated.label):
        assert flat(printed.zh) in the_guide()


ATTACHMENTS = [
    ("R-193", "P-1", True, False),
    ("R-194", "P-2", False, False),
    ("R-195", "P-3", True, True),
    ("R-196", "P-4", True, True),
    ("R-197", "P-5", True, False),
    ("R-198", "P-6", False, False),
    ("R-199", "P-7", True, False),
    ("R-200", "P-8", True, False),
    ("R-201", "P-9", True, False),
    ("R-202", "P-10", True, False),
]


@pytest.mark.parametrize(
    ("slot_id", "required", "per_year"),
    [pytest.param(*rest, id=rule, marks=pytest.mark.rule(rule)) for rule, *rest in ATTACHMENTS],
)
def test_the_attachment_is_listed_verbatim(slot_id: str, required: bool, per_year: bool) -> None:
    slot = PROGRAMME.slot(slot_id)
    assert flat(slot.label.zh) in the_guide()
    assert slot.label.zh.startswith(slot_id.removeprefix("P-") + ".")
    assert (slot.required, slot.per_year) == (required, per_year)
    assert slot.label.en


@pytest.mark.rule("R-193", "R-202")
def test_there_are_ten_attachments_in_the_printed_order() -> None:
    assert [slot.id for slot in PROGRAMME.attachments] == [f"P-{number}" for number in range(1, 11)]
    places = [the_guide().index(flat(slot.label.zh)) for slot in PROGRAMME.attachments]
    assert places == sorted(places)


@pytest.mark.rule("R-037")
def test_the_contact_of_the_guide_is_there() -> None:
    (contact,) = PROGRAMME.contacts
    assert (contact.office.zh, contact.name, contact.phone) == ("人工智能与数字产业处", "张猛", "0731-88955397")
    assert flat(contact.office.zh + contact.name + contact.phone) in the_guide()


@pytest.mark.rule("R-053", "R-054", "R-055")
def test_whom_the_guide_prefers_is_declared_and_counted() -> None:
    """「优先支持以下建设主体：……；……；……」"""
    tags, chains = DIRECTION.tags
    declared = [option.label.zh for option in field("preferred").options]
    assert list(tags.values) == declared
    assert f"优先支持以下建设主体：{'；'.join(declared)}。" in the_guide()
    assert f"重点产业链（如{'、'.join(chains.values)}等）" in the_guide()
    assert not field("preferred").required
    assert answers()["preferred"] == {"chosen": ["chain"], "other": {}}


JUDGED = [
    ("R-022", "明确责任、义务及利益分配机制"),
    ("R-024", "具备固定的经营服务场所"),
    ("R-025", "必要的服务设施、网络接入能力及数据安全保障能力"),
    ("R-026", "所在地应处于所服务行业的主要聚集区域"),
    ("R-027", "近两年有服务相关行业的经验"),
    ("R-029", "拥有健全的管理团队和专职技术团队"),
    ("R-032", "具备较强资源整合与生态构建能力，能有效对接行业现有公共服务载体"),
    ("R-033", "可提供评估咨询、方案开发、项目实施、供需对接、设施联通、数据共享、人才培训、政策宣贯等多方面服务"),
    ("R-034", "有成熟的行业解决方案、数据集或模型库，服务成效可量化、可验证"),
    ("R-035", "建立与服务相适应的管理制度、流程标准及保障措施"),
    ("R-036", "具备科学合理的运营模式，系统解决方案联合攻关、应用推广等机制健全有效"),
    ("R-053", "脱胎于省内大型工业企业、具有工业基因且熟悉行业机理的实体机构"),
    ("R-054", "服务我省重点产业链（如装备制造、轨道交通、工程机械、电子信息、现代石化等）的单位"),
    ("R-055", "已参与国家或省级数字化转型试点、工业互联网建设等相关项目的单位"),
    ("R-056", "促进数字化转型资源开放与共享"),
    ("R-057", "营造制造业数字化转型良好生态"),
    ("R-058", "面向企业提供评估咨询、技术集成、方案开发、改造总包等专业服务"),
    ("R-059", "推动规上工业企业数字化转型“建档立卡”"),
    ("R-060", "打造行业数字化解决方案资源池"),
    ("R-061", "建立与项目实施相匹配的制度、流程、标准和保障措施"),
    ("R-062", "打造重点行业数字化转型生态联盟"),
    ("R-063", "提供设施共享和产品评测服务"),
    ("R-064", "面向重点行业建设高质量数据库"),
    ("R-065", "打造人才培训实训基地"),
    ("R-066", "加强数字化转型政策解读和标准宣贯"),
    ("R-161", "牵头单位所获荣誉"),
    ("R-184", "促进中心创建优势"),
    ("R-185", "近两年面向重点行业开展数字化转型服务、人才培训、生态活动情况"),
    ("R-186", "主要目标应包括服务成效目标、经济效益目标，社会效益目标三方面"),
    ("R-187", "主要目标应包括服务成效目标、经济效益目标，社会效益目标三方面"),
    ("R-188", "简述本促进中心的建设重点和建设任务"),
    ("R-190", "具备条件的要细化为可落地可执行可考核的具体项目"),
    ("R-191", "对行业和区域的影响和带动作用"),
    ("R-192", "管理机制，资金管理机制，收益分配机制，任务考核机制，人才团队建设"),
]


@pytest.mark.parametrize(
    ("rule", "clause"), [pytest.param(*row, id=row[0], marks=pytest.mark.rule(row[0])) for row in JUDGED]
)
def test_what_reviewers_judge_stands_on_the_score_sheet(rule: str, clause: str) -> None:
    assert flat(clause) in the_guide()
    items = [item for criterion in DIRECTION.rubric for item in criterion.considers]
    (item,) = [item for item in items if rule in item.rule]
    assert clause in item.text.zh
    assert flat(item.text.zh) in the_guide()
    assert item.text.en


@pytest.mark.rule("R-056", "R-057", "R-058")
def test_the_score_sheet_has_the_guide_s_headings_and_adds_up_to_a_hundred() -> None:
    assert [criterion.label.zh for criterion in DIRECTION.rubric] == [
        "基础能力",
        "资源整合",
        "生态营造",
        "专业服务",
        "主要建设内容",
        "组织保障与可持续性",
    ]
    assert sum(criterion.max for criterion in DIRECTION.rubric) == 100
    assert all(criterion.label.zh in the_guide() for criterion in DIRECTION.rubric)
    for number, criterion in enumerate(DIRECTION.rubric[1:4], 1):
        assert f"{number}、{criterion.label.zh}。" in the_guide()


@pytest.mark.rule("R-020", "R-021", "R-022", "R-023", "R-024", "R-028", "R-031", "R-035", "R-036", "R-052")
def test_the_guide_is_quoted_word_for_word() -> None:
    clauses = [*PROGRAMME.guide.clauses, *DIRECTION.guide.clauses]
    assert len(clauses) == 6 + 3 + 8
    assert all(flat(clause.text.zh) in the_guide() and clause.text.en and clause.rule for clause in clauses)
    named = {rule for clause in clauses for rule in clause.rule}
    assert named == {f"R-0{number}" for number in (*range(20, 37), *range(52, 67))}


@pytest.mark.rule("R-148", "R-152", "R-172", "R-174")
def test_the_form_says_what_is_easily_done_wrong() -> None:
    said = {one: field(one).hint for one in ("county", "bank", "completed_investment", "specialists")}
    for one, words in {
        "county": "不由信用代码推断",
        "bank": "支行",
        "completed_investment": "专项审计报告",
        "specialists": "不低于50%",
    }.items():
        hint = said[one]
        assert hint is not None
        assert words in hint.zh


def test_every_answer_of_the_sample_reads_back_as_it_is_shown() -> None:
    call = the_call()
    for section in PROGRAMME.form:
        kept, refusals = parse_section(section, TYPED[section.id], call, direction="P")
        assert not refusals
        for name_, answer in kept.items():
            asked = field(name_)
            if isinstance(answer, str | int) and not isinstance(answer, bool) and not asked.options:
                assert parse_section(section, {name_: present(asked, answer)}, call)[0][name_] == answer
