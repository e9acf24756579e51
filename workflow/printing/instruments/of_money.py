"""What is issued of money: 拨款通知, 到账确认单, 退汇通知, 取消立项通知, 追回资金通知书, 收款凭证, 验收意见, 更正记录."""

from collections.abc import Iterator, Mapping
from typing import Any

from paperwork.document import Line, Table, Text
from programmes.money import Money
from workflow import events as e
from workflow.printing.instruments.case import Case, about, day, end_of, sheet, yuan

_REASONS = {"fraud": "弄虚作假", "not_carried_out": "项目未实施", "unit_changed": "单位发生重大变化"}


def planned(case: Case) -> dict[str, Any]:
    """资金拨付计划: in which tranches what is left of the award will be paid."""
    event = case.event
    assert isinstance(event, e.TranchesPlanned)
    rows = tuple(
        (str(number), Money(part.amount_fen).yuan(), day(part.due_on)) for number, part in enumerate(event.parts, 1)
    )
    return sheet(
        case,
        "资金拨付计划",
        about(
            case,
            Line(label="立项金额", value=yuan(case.after.awarded_fen)),
            Line(label="已下达", value=yuan(case.after.instructed_fen)),
        ),
        Table(columns=("序号", "金额（元）", "计划日期"), rows=rows, widths=(3, 12, 12), numeric=(0, 1)),
        Text(text=f"合计：{yuan(sum(part.amount_fen for part in event.parts))}。"),
        by=case.province,
    )


def account_verified(case: Case) -> dict[str, Any]:
    """账户变更核验记录: a second person compared the unit's letter before anything is paid to the new account."""
    event, filed = case.event, case.before.account_change
    assert isinstance(event, e.AccountVerified)
    told = (
        (
            Line(label="户名", value=filed.holder),
            Line(label="开户银行", value=filed.bank),
            Line(label="账号", value=end_of(filed.account.value)),
        )
        if filed
        else ()
    )
    return sheet(
        case,
        "收款账户变更核验记录",
        about(
            case,
            *told,
            Line(label="登记人", value=case.person(event.filed_by)),
            Line(label="核验人", value=case.person(event.verified_by)),
        ),
        Text(text="经核对单位盖章的账户变更函，自本记录之日起的拨款支付至上述账户。"),
        by=case.province,
    )


def instructed(case: Case) -> dict[str, Any]:
    """拨款通知 (T31): to the lead's verified account, of which only the end is told."""
    event = case.event
    assert isinstance(event, e.TrancheInstructed)
    return sheet(
        case,
        "资金拨付通知",
        Text(text=f"根据立项文件（{case.after.document_number}），现拨付下列项目第 {event.tranche} 笔支持资金。"),
        about(
            case,
            Line(label="本次拨付", value=yuan(event.amount_fen)),
            Line(label="收款单位", value=case.unit(event.payee)),
            Line(label="收款账号", value=end_of(event.account.value)),
            Line(label="立项金额", value=yuan(case.after.awarded_fen)),
        ),
        *_by_unit(case, "联合体内部分配", event.shares),
        to=case.after.unit_name,
        by=case.province,
    )


def paid(case: Case) -> dict[str, Any]:
    """到账确认单 (T32): under the bank's own reference."""
    event = case.event
    assert isinstance(event, e.TranchePaid)
    return sheet(
        case,
        "资金拨付确认单",
        about(
            case,
            Line(label="资金笔次", value=f"第 {event.tranche} 笔"),
            Line(label="支付金额", value=yuan(event.amount_fen)),
            Line(label="支付日期", value=day(event.paid_on)),
            Line(label="银行流水号", value=event.bank_reference),
            Line(label="累计已支付", value=yuan(case.after.paid_fen)),
            Line(label="尚未支付", value=yuan(max(case.after.awarded_fen - case.after.paid_fen, 0))),
        ),
        *_by_unit(case, "联合体内部分配", event.shares),
        by=case.province,
    )


def bounced(case: Case) -> dict[str, Any]:
    """退汇通知: what the bank sent back, and why."""
    event = case.event
    assert isinstance(event, e.TrancheReturned)
    return sheet(
        case,
        "银行退汇通知",
        Text(text="下列资金被银行退回。请核对收款账户；如需变更，请提交加盖公章的账户变更函。"),
        about(
            case,
            Line(label="资金笔次", value=f"第 {event.tranche} 笔"),
            Line(label="退回金额", value=yuan(event.amount_fen)),
            Line(label="退回日期", value=day(event.returned_on)),
            Line(label="原银行流水号", value=event.bank_reference),
        ),
        Text(heading="退回原因", text=event.reason),
        to=case.after.unit_name,
        by=case.province,
    )


def cancelled(case: Case) -> dict[str, Any]:
    """取消立项通知 (T35)."""
    event = case.event
    assert isinstance(event, e.AwardCancelled)
    return sheet(
        case,
        "取消立项通知",
        Text(text="经研究决定，取消下列项目的立项。已拨付资金的处理另行通知。"),
        about(
            case,
            Line(label="原立项文件", value=case.before.document_number),
            Line(label="原因", value=_REASONS.get(event.reason_code, "其他")),
            Line(label="已拨付资金", value=yuan(case.after.paid_fen)),
        ),
        number=event.decision_number,
        to=case.after.unit_name,
        by=case.province,
    )


def recovery(case: Case) -> dict[str, Any]:
    """追回资金通知书 (T36): by two persons; what each unit is to give back, all of them answering jointly."""
    event = case.event
    assert isinstance(event, e.RecoveryDemanded)
    signers = "、".join(case.person(one) for one in event.signers)
    jointly = "联合体各单位按下表退回，并就全部款项承担连带责任。" if len(event.shares) > 1 else ""
    return sheet(
        case,
        "追回资金通知书",
        Text(text=f"经研究决定，追回下列项目的支持资金。{jointly}"),
        about(case, Line(label="追回金额", value=yuan(event.amount_fen)), Line(label="签批人", value=signers)),
        Text(heading="理由", text=event.reason),
        *_by_unit(case, "应退回金额", event.shares),
        to=case.after.unit_name,
        by=case.province,
    )


def repaid(case: Case) -> dict[str, Any]:
    """收款凭证 (T37)."""
    event = case.event
    assert isinstance(event, e.RepaymentRecorded)
    received = (Line(label="收款日期", value=day(event.received_on)),) if event.received_on else ()
    return sheet(
        case,
        "追回资金收款凭证",
        about(
            case,
            Line(label="退回单位", value=case.unit(event.unit or case.after.lead_unit)),
            Line(label="收到金额", value=yuan(event.amount_fen)),
            *received,
            Line(label="银行流水号", value=event.bank_reference),
            Line(label="累计已退回", value=yuan(case.after.repaid_fen)),
        ),
        by=case.province,
    )


def closed(case: Case) -> dict[str, Any]:
    """绩效评价（验收）意见 (T34)."""
    event = case.event
    assert isinstance(event, e.Closed)
    return sheet(
        case,
        "项目绩效评价（验收）意见",
        about(
            case,
            Line(label="立项文件", value=case.after.document_number),
            Line(label="支持金额", value=yuan(case.after.awarded_fen)),
            Line(label="实际拨付", value=yuan(case.after.paid_fen)),
            Line(label="评价结果", value=event.result),
        ),
        Text(text="经审核单位绩效自评及资金使用情况，同意办结。" if event.result == "合格" else "项目办结。"),
        to=case.after.unit_name,
        by=case.province,
        signed=(Line(label="评价人（签字）"),),
    )


def corrected(case: Case) -> dict[str, Any]:
    """更正记录 (T39): what was written stays written; from which day the corrected counts, and by which two."""
    event = case.event
    assert isinstance(event, e.BookingCorrected)
    before = case.before.bookings.get(event.bank_reference)
    was = day(before.on) if before and before.on else "未记载"
    dated = (Line(label="更正后日期", value=day(event.on)),) if event.on else ()
    renamed = (Line(label="更正后流水号", value=event.new_reference),) if event.new_reference else ()
    return sheet(
        case,
        "资金记录更正单",
        about(
            case,
            Line(label="原银行流水号", value=event.bank_reference),
            Line(label="原记载日期", value=was),
            *dated,
            *renamed,
            Line(label="生效日期", value=day(event.effective_on)),
            Line(label="提出人", value=case.person(event.filed_by)),
            Line(label="确认人", value=case.person(event.confirmed_by)),
        ),
        Text(heading="更正理由", text=event.reason),
        Text(text="原记录保留，不作删改；本单与原记录一并归档。", small=True),
        by=case.province,
    )


def _by_unit(case: Case, heading: str, shares: Mapping[str, int]) -> Iterator[Table]:
    if len(shares) < 2:
        return
    rows = tuple((str(number), unit, Money(fen).yuan()) for number, (unit, fen) in enumerate(case.by_unit(shares), 1))
    yield Table(heading=heading, columns=("序号", "单位", "金额（元）"), rows=rows, widths=(3, 18, 10), numeric=(0, 2))


__all__ = [
    "account_verified",
    "bounced",
    "cancelled",
    "closed",
    "corrected",
    "instructed",
    "paid",
    "planned",
    "recovery",
    "repaid",
]
