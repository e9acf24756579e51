"""What bureaus put their seal to: 推荐函, 不予推荐告知书, 补正通知书, 延期通知, 复核决定, and what the clock tells of a deadline missed."""

from typing import Any

from paperwork.document import Line, Table, Text
from workflow import events as e
from workflow.labels import item_label
from workflow.printing.instruments.case import GONE, Case, about, moment, sheet


def recommendation(case: Case) -> dict[str, Any]:
    """推荐函 (T07, T08): under the bureau's own letter number, by a handler named with full name (实名推荐)."""
    event = case.event
    assert isinstance(event, e.Recommended)
    step = case.after.next_step
    ranked = (Line(label="推荐排序", value=f"第 {event.rank} 位"),) if event.rank is not None else ()
    text = f"经审核，{case.after.unit_name}申报的“{case.project}”项目符合《{case.call.title.zh}》要求，同意推荐。项目情况及推荐意见如下："
    return sheet(
        case,
        "项目推荐函",
        Text(text=text),
        about(case, *ranked),
        Text(heading="推荐意见", text=event.opinion),
        Text(text=f"本推荐意见所依据的申报书内容摘要（SHA-256）：{event.content_digest}", small=True),
        number=event.letter_number,
        to=case.office(step.body if step else case.call.province),
        by=case.office(event.body),
        signed=(Line(label=f"经办人 {event.handler.value or GONE}（签字）"),),
    )


def non_recommendation(case: Case) -> dict[str, Any]:
    """不予推荐告知书 (T09): with its reason, and what may be asked against it."""
    event = case.event
    assert isinstance(event, e.NotRecommended)
    days = case.call.reconsideration.working_days
    return sheet(
        case,
        "不予推荐告知书",
        Text(text="经审核，你单位申报的下列项目不予推荐。"),
        about(case),
        Text(heading="理由", text=event.reason),
        Text(text=f"如对本决定有异议，可自本告知书送达之日起{days}个工作日内提出复核申请，复核以一次为限。"),
        to=case.after.unit_name,
        by=case.office(event.body),
    )


def correction(case: Case) -> dict[str, Any]:
    """补正通知书 (T11): everything at once (一次性告知), each item with its reason, and until when."""
    event = case.event
    assert isinstance(event, e.ReturnedForCorrection)
    rows = tuple(
        (str(number), item_label(item.kind, item.id, case.programme)[0], item.reason, "是" if item.material else "否")
        for number, item in enumerate(event.items, 1)
    )
    table = Table(
        columns=("序号", "需补正的内容", "补正理由", "须重新推荐"), rows=rows, widths=(3, 11, 18, 5), numeric=(0,)
    )
    return sheet(
        case,
        "补正通知书",
        Text(text="经审核，你单位申报的下列项目材料需要补正，现一次性告知如下："),
        about(case),
        table,
        Text(
            text=f"请于{moment(event.deadline)}前完成补正并重新盖章提交。逾期未补正的，本次申报终止。补正期限不受征集截止时间影响；未列入上表的内容不得修改。"
        ),
        to=case.after.unit_name,
        by=case.office(event.body),
    )


def extension(case: Case) -> dict[str, Any]:
    """延期通知 (T14): of this application alone."""
    event = case.event
    assert isinstance(event, e.DeadlineExtended)
    what = {
        "applicant_close": "单位盖章提交",
        "county_close": "县市区推荐",
        "city_close": "市州推荐",
        "return": "补正",
    }.get(event.deadline, event.deadline)
    return sheet(
        case,
        "延期通知",
        Text(text=f"经研究，下列项目的{what}截止时间延长至{moment(event.until)}。"),
        about(case),
        Text(heading="理由", text=event.reason),
        to=case.after.unit_name,
        by=case.office(event.body),
    )


def reconsideration(case: Case) -> dict[str, Any]:
    """复核决定 (T16): by the next higher body, once."""
    event, asked = case.event, case.before.reconsideration
    assert isinstance(event, e.ReconsiderationDecided)
    refused = "形式审查不通过" if case.before.stage == "form_failed" else "不予推荐"
    outcome = f"撤销原“{refused}”决定，项目恢复至原环节继续办理。" if event.granted else f"维持原“{refused}”决定。"
    return sheet(
        case,
        "复核决定书",
        Text(text=f"你单位就下列项目“{refused}”决定提出的复核申请收悉。"),
        about(case),
        Text(heading="申请复核的理由", text=asked.reason if asked else ""),
        Text(heading="复核决定", text=outcome),
        Text(heading="理由", text=event.reason),
        Text(text="本决定为一次性复核决定。"),
        to=case.after.unit_name,
        by=case.office(event.body),
    )


def lapse(case: Case) -> dict[str, Any]:
    """逾期告知 (T13): nobody decides it, the deadline does."""
    event, returned = case.event, case.before.returned
    assert isinstance(event, e.Lapsed)
    by = case.office(returned.body) if returned else case.province
    return sheet(
        case,
        "逾期告知书",
        Text(text=f"你单位申报的下列项目未在补正期限（{moment(event.deadline)}）前完成补正，本次申报终止。"),
        about(case),
        to=case.after.unit_name,
        by=by,
    )


__all__ = ["correction", "extension", "lapse", "non_recommendation", "recommendation", "reconsideration"]
