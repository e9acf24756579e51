"""What a unit declares under its seal: 撤回申请, 复核申请, 补正修改清单, 放弃声明, 绩效自评报告, 转拨凭证."""

from collections.abc import Iterator
from typing import Any

from paperwork.document import Line, Table, Text
from programmes.money import Money
from workflow import events as e
from workflow.answers import plain
from workflow.labels import item_label
from workflow.printing import table as official
from workflow.printing.instruments.case import Case, about, end_of, sheet, yuan

_SIGNER = (Line(label="法定代表人（签字）"),)
_LONGEST = 120


def withdrawal(case: Case) -> dict[str, Any]:
    """撤回申请 (T05)."""
    event = case.event
    assert isinstance(event, e.Withdrawn)
    acted = case.before.recommendations
    return sheet(
        case,
        "项目撤回申请",
        Text(text="我单位自愿撤回下列项目的申报，并知悉撤回后本次征集不再受理该项目。"),
        about(case),
        Text(heading="撤回理由", text=event.reason),
        to=case.office(acted[-1].body) if acted else case.province,
        by=case.after.unit_name,
        signed=_SIGNER,
    )


def reconsideration(case: Case) -> dict[str, Any]:
    """复核申请 (T16), within its working days and once."""
    event = case.event
    assert isinstance(event, e.ReconsiderationAsked)
    return sheet(
        case,
        "复核申请",
        Text(text="我单位对下列项目的审核决定有异议，现申请复核。"),
        about(case),
        Text(heading="申请复核的理由", text=event.reason),
        by=case.after.unit_name,
        signed=_SIGNER,
    )


def differences(case: Case) -> dict[str, Any]:
    """补正修改清单 (T12): what was asked for, and what stands there now against what stood there when it was sealed."""
    event, returned = case.event, case.before.returned
    assert isinstance(event, e.Resubmitted)
    items = {(item.kind, item.id): item.reason for item in returned.items} if returned else {}
    rows = tuple(
        (str(number), *line) for number, line in enumerate((*_asked_for(case, items), *_beside(case, items)), 1)
    )
    table = Table(
        columns=("序号", "内容", "补正要求", "补正前", "补正后"), rows=rows, widths=(3, 8, 10, 9, 9), numeric=(0,)
    )
    renewed = "本次补正涉及须重新推荐的内容，项目由首个推荐单位重新推荐。" if event.renewed else ""
    return sheet(
        case,
        "补正修改清单",
        Text(text=f"根据补正通知，我单位已完成下列补正并重新盖章提交（第 {event.seal_version} 次盖章）。{renewed}"),
        about(case),
        table,
        to=case.office(returned.body) if returned else case.province,
        by=case.after.unit_name,
        signed=_SIGNER,
    )


def _asked_for(case: Case, items: dict[tuple[str, str], str]) -> Iterator[tuple[str, str, str, str]]:
    for (kind, item), reason in items.items():
        before, after = _said(case, kind, item)
        yield item_label(kind, item, case.programme)[0], reason, before, after


def _beside(case: Case, items: dict[tuple[str, str], str]) -> Iterator[tuple[str, str, str, str]]:
    """What changed that nobody listed by this name: an answer that hangs on a listed one."""
    event = case.event
    assert isinstance(event, e.Resubmitted)
    named = {item for _, item in items}
    for changed in event.changed:
        kind, _, item = changed.rpartition(":")
        if item not in named:
            kind = item if item == "consortium" else kind or "field"
            yield item_label(kind, item, case.programme)[0], "", *_said(case, kind, item)


def _said(case: Case, kind: str, item: str) -> tuple[str, str]:
    old, new = case.before.sealed, case.after.sealed
    if old is None or new is None:
        return "", ""
    if kind == "consortium":
        return "", "已修改，见联合体材料"
    if kind == "attachment":
        return _files(old.attachments.get(item, ())), _files(new.attachments.get(item, ()))
    field = next((field for field in case.programme.fields if field.id == item), None)
    if field is None or field.personal or any(column.personal for column in field.columns):
        return "", ""  # what is personal is told by the form alone, to whoever may read it there
    return tuple(_short(official.said(field, plain(sealed.answers))) for sealed in (old, new))  # type: ignore[return-value]


def _files(held: Any) -> str:
    return "\n".join(file.name for file in held)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "……"


def waiver(case: Case) -> dict[str, Any]:
    """放弃声明 (T30)."""
    event = case.event
    assert isinstance(event, e.AwardWaived)
    return sheet(
        case,
        "放弃立项声明",
        Text(text=f"我单位自愿放弃下列项目的立项及支持资金 {yuan(case.before.awarded_fen)}。"),
        about(case),
        Text(heading="放弃理由", text=event.reason),
        to=case.province,
        by=case.after.unit_name,
        signed=_SIGNER,
    )


def self_evaluation(case: Case) -> dict[str, Any]:
    """绩效自评报告 (before T34)."""
    event = case.event
    assert isinstance(event, e.SelfEvaluationFiled)
    met = "已全部完成" if event.goals_met else "未全部完成"
    return sheet(
        case,
        "项目绩效自评报告",
        about(
            case,
            Line(label="到位资金", value=yuan(case.after.paid_fen)),
            Line(label="绩效目标完成情况", value=met),
        ),
        Text(heading="自评说明", text=event.summary),
        to=case.province,
        by=case.after.unit_name,
        signed=_SIGNER,
    )


def account_change(case: Case) -> dict[str, Any]:
    """收款账户变更函: what the unit asks for under its seal; the whole account stands on the sealed scan alone."""
    event = case.event
    assert isinstance(event, e.AccountChangeFiled)
    return sheet(
        case,
        "收款账户变更函",
        Text(text="因业务需要，我单位申请变更下列项目的收款账户，并对账户信息的真实性负责。"),
        about(
            case,
            Line(label="户名", value=event.holder),
            Line(label="开户银行", value=event.bank),
            Line(label="账号", value=end_of(event.account.value)),
        ),
        to=case.province,
        by=case.after.unit_name,
        signed=_SIGNER,
    )


def hand_on(case: Case) -> dict[str, Any]:
    """转拨凭证 (T33): what the lead paid on to whom, under its own bank's references."""
    event = case.event
    assert isinstance(event, e.HandedOn)
    tranche = case.after.tranche(event.tranche)
    rows = tuple(
        (str(number), case.unit(part.unit), Money(part.amount_fen).yuan(), part.bank_reference)
        for number, part in enumerate(event.parts, 1)
    )
    total = sum(part.amount_fen for part in event.parts)
    paid = f"第 {event.tranche} 笔资金（{yuan(tranche.amount_fen)}）" if tranche else f"第 {event.tranche} 笔资金"
    return sheet(
        case,
        "联合体资金转拨凭证",
        Text(text=f"我单位收到的{paid}已按联合体协议约定转拨如下："),
        about(case),
        Table(
            columns=("序号", "成员单位", "金额（元）", "银行流水号"), rows=rows, widths=(3, 14, 9, 12), numeric=(0, 2)
        ),
        Text(text=f"合计：{yuan(total)}。"),
        by=case.after.unit_name,
    )


__all__ = ["account_change", "differences", "hand_on", "reconsideration", "self_evaluation", "waiver", "withdrawal"]
