"""What the province issues until a project is awarded: from the receipt and the form's examination to notice and award."""

from collections.abc import Iterator
from typing import Any

from paperwork.document import Box, Boxes, Line, Table, Text
from workflow import events as e
from workflow.printing.instruments.case import Case, about, day, moment, sheet, yuan
from workflow.review import points
from workflow.shares import shares_of

_REASONS = {"incomplete": "材料不完整", "ineligible": "不符合申报条件", "untrue": "材料不真实", "duplicate": "重复申报"}
_METHODS = {"trimmed_mean": "去掉最高分和最低分后的平均分", "mean": "平均分"}


def receipt(case: Case) -> dict[str, Any]:
    """受理回执 (T10)."""
    event = case.event
    assert isinstance(event, e.Received)
    copied = "、".join(case.office(code) for code in event.copied_to)
    copies = (Text(text=f"抄送：{copied}"),) if copied else ()
    files = sum(len(held) for held in (case.after.sealed.attachments.values() if case.after.sealed else ()))
    return sheet(
        case,
        "申报材料受理回执",
        Text(text="你单位申报的下列项目材料已受理，进入形式审查。"),
        about(
            case,
            Line(label="收到材料", value=f"申报书（第 {_sealed(case)} 次盖章）1 份，附件 {files} 件"),
            Line(label="申报书校验码", value=case.after.sealed.paper_code if case.after.sealed else ""),
        ),
        *copies,
        number=event.receipt_number,
        to=case.after.unit_name,
        by=case.province,
    )


def _sealed(case: Case) -> int:
    return case.after.sealed.version if case.after.sealed else 0


def form_opinion(case: Case) -> dict[str, Any]:
    """形式审查意见 (T15): not passed, with its kind and reason."""
    event = case.event
    assert isinstance(event, e.FormFailed)
    days = case.call.reconsideration.working_days
    return sheet(
        case,
        "形式审查意见书",
        Text(text="经形式审查，你单位申报的下列项目不予通过。"),
        about(case, Line(label="原因类别", value=_REASONS.get(event.reason_code, "其他"))),
        Text(heading="理由", text=event.reason),
        Text(text=f"如有异议，可自本意见书送达之日起{days}个工作日内申请复核，复核以一次为限。"),
        to=case.after.unit_name,
        by=case.province,
    )


def form_examined(case: Case) -> dict[str, Any]:
    """形式审查表 (T17): every point that was looked at, ticked."""
    event = case.event
    assert isinstance(event, e.FormPassed)
    points = ("form", *(slot.id for slot in case.programme.attachments if slot.required))
    labels = {"form": "申报书填写完整、签字盖章齐全"} | {slot.id: slot.label.zh for slot in case.programme.attachments}
    options = tuple(Box(text=labels.get(point, point), ticked=point in event.checklist) for point in points)
    return sheet(
        case,
        "形式审查表",
        about(case),
        Boxes(label="审查内容", options=options),
        Text(heading="审查结论", text="经逐项审查，形式审查通过。"),
        by=case.province,
        signed=(Line(label="审查人（签字）"),),
    )


def draw_record(case: Case) -> dict[str, Any]:
    """抽取记录 (T18): seed and pool, so that anybody can draw again and compare."""
    event = case.event
    assert isinstance(event, e.PanelDrawn)
    drawn = tuple((str(number), case.person(one), one) for number, one in enumerate(event.drawn, 1))
    replaced = f"，递补{case.person(event.replaces)}" if event.replaces else ""
    return sheet(
        case,
        "评审专家抽取记录",
        about(
            case,
            Line(label="抽取时间", value=moment(case.at)),
            Line(label="备选专家", value=f"{len(event.pool)} 人（已按回避规则剔除）"),
            Line(label="抽取专家", value=f"{len(event.drawn)} 人{replaced}"),
            Line(label="随机种子", value=event.seed),
        ),
        Table(heading="抽取结果", columns=("序号", "专家", "专家编号"), rows=drawn, widths=(3, 8, 18), numeric=(0,)),
        Text(heading="复核方法", text=_HOW_TO_DRAW_AGAIN + _mix(case)),
        *_left_out(case, event),
        Text(heading="备选专家编号", text="、".join(event.pool), small=True),
        by=case.province,
        signed=(Line(label="抽取人（签字）"), Line(label="监督人（签字）")),
    )


_HOW_TO_DRAW_AGAIN = (
    "对每名备选专家，以“随机种子:专家编号”计算 SHA-256，按结果由小到大排列，依次取所需人数。"
    "任何人按下列备选名单重算，结果应与上表一致。"
)


def _mix(case: Case) -> str:
    """What the draw passes over, where the programme asks for a mix or for experts of different employers."""
    rule = case.call.review
    asked = [f"熟悉{share.field}的不少于 {share.at_least} 人" for share in rule.mix]
    asked += ["同一任职单位不超过 1 人"] if rule.one_per_employer else []
    return f"依次取人时跳过使以下要求不能满足的人选：{'；'.join(asked)}。" if asked else ""


def _left_out(case: Case, event: e.PanelDrawn) -> Iterator[Table]:
    rows = tuple((str(number), one.expert, _why_left_out(case, one)) for number, one in enumerate(event.left_out, 1))
    if rows:
        yield Table(
            heading="回避和剔除", columns=("序号", "专家编号", "原因"), rows=rows, widths=(3, 12, 24), numeric=(0,)
        )


def _why_left_out(case: Case, one: e.LeftOut) -> str:
    match one.why:
        case "conflict":
            return "本人申明存在利害关系"
        case "drawn_before":
            return "此前已抽取过"
        case "employer":
            return f"现任职于{case.unit(one.unit)}"
        case "group":
            return f"任职于{case.unit(one.unit)}同一集团的单位"
        case _:
            return f"曾任职于{case.unit(one.unit)}" + (f"（至{one.until}年）" if one.until else "")


def score_sheet(case: Case) -> dict[str, Any]:
    """专家评审意见表 (T19): by criterion, as the expert handed it in."""
    event = case.event
    assert isinstance(event, e.Scored)
    rubric = case.call.direction(case.after.direction).rubric
    rows = tuple(
        (str(number), one.label.zh, str(one.max), points(event.marks.get(one.id, 0)))
        for number, one in enumerate(rubric, 1)
    )
    total = ("", "合计", str(sum(one.max for one in rubric)), points(event.total))
    return sheet(
        case,
        "专家评审意见表",
        about(case),
        Table(
            columns=("序号", "评审指标", "满分", "得分"), rows=(*rows, total), widths=(3, 22, 5, 6), numeric=(0, 2, 3)
        ),
        *((Text(heading="评审意见", text=event.comment),) if event.comment.strip() else ()),
        Text(text="本人与申报单位无利害关系，已遵守评审保密规定。", small=True),
        signed=(Line(label=f"专家 {case.person(event.expert)}（签字）"),),
    )


def score_summary(case: Case) -> dict[str, Any]:
    """评分汇总表 (T20): every expert's marks, what was left out, and the result, with how it was reckoned."""
    event = case.event
    assert isinstance(event, e.ReviewClosed)
    rubric = case.call.direction(case.after.direction).rubric
    rows = tuple(
        (
            str(number),
            case.person(expert),
            *(points(case.marks[expert].marks.get(one.id, 0)) if expert in case.marks else "" for one in rubric),
            points(total),
        )
        for number, (expert, total) in enumerate(event.totals.items(), 1)
    )
    left_out = "、".join(points(one) for one in event.dropped) or "无"
    columns = ("序号", "专家", *(f"{one.label.zh}（{one.max}）" for one in rubric), "总分")
    return sheet(
        case,
        "评审评分汇总表",
        about(
            case,
            Line(label="计分方法", value=_METHODS.get(event.method, event.method)),
            Line(label="未计入的分数", value=left_out),
            Line(label="评审得分", value=points(event.result)),
            *_spread(event),
        ),
        Table(
            columns=columns,
            rows=rows,
            widths=(3, 6, *(6 for _ in rubric), 5),
            numeric=(0, *range(2, len(columns))),
        ),
        by=case.province,
        signed=(Line(label="统计人（签字）"), Line(label="监督人（签字）")),
    )


def _spread(event: e.ReviewClosed) -> Iterator[Line]:
    """How far the marks lie apart, and why they do where the programme asks for a reason."""
    if event.spread:
        yield Line(label="最高最低分差", value=points(event.spread))
    if event.divergence_reason:
        yield Line(label="分歧说明", value=event.divergence_reason)


def _led(case: Case, event: e.ReviewClosed) -> Iterator[Line]:
    if event.leader:
        yield Line(label="专家组组长", value=case.person(event.leader))


def panel_opinion(case: Case) -> dict[str, Any]:
    """专家组意见 (T20): what each wrote, and a place for every hand."""
    event = case.event
    assert isinstance(event, e.ReviewClosed)
    said = tuple(
        Text(heading=f"专家{number}", text=case.marks[expert].comment)
        for number, expert in enumerate(event.totals, 1)
        if expert in case.marks and case.marks[expert].comment.strip()
    )
    signed = tuple(Line(label=f"{case.person(one)}（签字）") for one in event.totals)
    return sheet(
        case,
        "专家组评审意见",
        about(case, Line(label="评审得分", value=points(event.result)), *_led(case, event)),
        *((Text(heading="专家组综合意见", text=event.opinion),) if event.opinion.strip() else ()),
        *said,
        signed=(*signed, Line(label="专家组组长（签字）")),
    )


def site_check(case: Case) -> dict[str, Any]:
    """现场核查表 (T21): by two checkers or more."""
    event = case.event
    assert isinstance(event, e.SiteChecked)
    signed = tuple(Line(label=f"核查人 {name}（签字）") for name in event.team)
    return sheet(
        case,
        "现场核查表",
        about(
            case,
            Line(label="核查组成员", value="、".join(event.team)),
            Line(label="核查结论", value="通过" if event.passed else "不通过"),
        ),
        Text(heading="核查情况", text=event.findings),
        by=case.province,
        signed=signed,
    )


def not_selected(case: Case) -> dict[str, Any]:
    """结果告知 (T22): after the collective decision."""
    event = case.event
    assert isinstance(event, e.NotSelected)
    return sheet(
        case,
        "评审结果告知书",
        Text(text=f"经集体研究（{event.minutes_number}），你单位申报的下列项目未予入选。"),
        about(case),
        Text(heading="说明", text=event.reason),
        to=case.after.unit_name,
        by=case.province,
    )


def proposal(case: Case) -> dict[str, Any]:
    """拟支持方案 (T23)."""
    event = case.event
    assert isinstance(event, e.Proposed)
    result = case.after.review.result
    scored = (Line(label="评审得分", value=points(result)),) if result is not None else ()
    return sheet(
        case,
        "拟支持方案",
        Text(text=f"经集体研究（{event.minutes_number}），拟对下列项目给予支持。"),
        about(
            case,
            *scored,
            Line(label="拟支持金额", value=yuan(event.amount_fen)),
            Line(label="提出人", value=case.person(event.proposer)),
        ),
        *_divided(case, event.amount_fen),
        by=case.province,
    )


def public_notice(case: Case) -> dict[str, Any]:
    """公示 (T24): who may object how, and until when."""
    event = case.event
    assert isinstance(event, e.NoticePublished)
    amount = (Line(label="拟支持金额", value=yuan(case.after.amount_fen)),) if case.after.amount_fen else ()
    return sheet(
        case,
        "项目公示",
        Text(
            text=f"根据《{case.call.title.zh}》，现将下列拟支持项目予以公示。公示期自{day(event.opens)}起至{day(event.closes)}止。"
        ),
        about(case, *amount),
        Text(
            text="公示期内如有异议，请书面提出：以单位名义的，须加盖公章；以个人名义的，须签署真实姓名并留下联系方式。匿名或逾期提出的不予受理。"
        ),
        by=case.province,
    )


def objection_taken(case: Case) -> dict[str, Any]:
    """异议受理书 (T25): to the unit, without who objects."""
    event = case.event
    assert isinstance(event, e.ObjectionReceived)
    return sheet(
        case,
        "异议受理告知书",
        Text(text="下列公示项目收到异议，经审核予以受理，公示程序暂停，待核查后另行告知。异议人信息依规保密。"),
        about(case, Line(label="异议编号", value=f"第 {event.objection} 号")),
        Text(heading="异议事项", text=event.grounds),
        to=case.after.unit_name,
        by=case.province,
    )


def finding(case: Case) -> dict[str, Any]:
    """异议核查报告 (T26, T27)."""
    event = case.event
    assert isinstance(event, e.ObjectionDismissed | e.ObjectionUpheld)
    objected = next((one for one in case.after.objections if one.number == event.objection), None)
    return sheet(
        case,
        "异议核查报告",
        about(case, Line(label="异议编号", value=f"第 {event.objection} 号")),
        Text(heading="异议事项", text=objected.grounds if objected else ""),
        Text(heading="核查情况", text=event.finding),
        Text(heading="处理结论", text=_concluded(case)),
        by=case.province,
    )


def _concluded(case: Case) -> str:
    match case.event:
        case e.ObjectionDismissed():
            return "异议不成立；没有其他未办结异议的，恢复公示程序。"
        case e.ObjectionUpheld(entered="notice_rejected"):
            return "异议成立，取消该项目的拟支持资格。"
        case _:
            return "异议成立，支持方案须调整，重新研究后再次公示。"


def reserved(case: Case) -> dict[str, Any]:
    """入库通知 (T28)."""
    event = case.event
    assert isinstance(event, e.Reserved)
    return sheet(
        case,
        "项目入库通知",
        Text(text="经公示无异议，你单位申报的下列项目列入项目库储备，待资金安排后按序支持。"),
        about(case),
        Text(heading="说明", text=event.reason),
        to=case.after.unit_name,
        by=case.province,
    )


def award(case: Case) -> dict[str, Any]:
    """立项通知 (T29): by two persons, the sum in figures and in words, and what of it is whose."""
    event = case.event
    assert isinstance(event, e.Awarded)
    signers = "、".join(case.person(one) for one in event.signers)
    return sheet(
        case,
        "立项及资金下达通知",
        Text(text="经公示无异议，现对下列项目予以立项并下达支持资金。"),
        about(case, Line(label="支持金额", value=f"{yuan(event.amount_fen)}"), Line(label="签批人", value=signers)),
        *_divided(case, event.amount_fen),
        Text(text="资金须专款专用，按申报书载明的绩效目标实施，并接受监督检查和绩效评价。"),
        number=event.document_number,
        to=case.after.unit_name,
        by=case.province,
    )


def _divided(case: Case, fen: int) -> Iterator[Table]:
    """What of it is whose, by the agreement under which it was sealed; nothing where the lead applies alone."""
    shares = shares_of(case.after, fen)
    if len(shares) < 2:
        return
    rows = tuple((str(number), unit, yuan(part)) for number, (unit, part) in enumerate(case.by_unit(shares), 1))
    yield Table(heading="联合体内部分配", columns=("序号", "单位", "金额"), rows=rows, widths=(3, 14, 20), numeric=(0,))


__all__ = [
    "award",
    "draw_record",
    "finding",
    "form_examined",
    "form_opinion",
    "not_selected",
    "objection_taken",
    "panel_opinion",
    "proposal",
    "public_notice",
    "receipt",
    "reserved",
    "score_sheet",
    "score_summary",
    "site_check",
]
