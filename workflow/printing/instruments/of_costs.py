"""What is issued where the subsidy is reckoned by costs: 审定金额表, 审计报告查验记录, 奖补资金核算表, each figure with its reason."""

from collections.abc import Sequence
from typing import Any

from paperwork.document import Block, Line, Table, Text
from programmes.money import Money
from workflow import events as e
from workflow.explaining import reckoning_of
from workflow.printing.instruments.case import Case, Step, about, day, sheet
from workflow.printing.reckoning_sheet import TITLE, blocks


def is_reckoned(step: Step) -> bool:
    """Only what was audited is paid by its costs."""
    return step.after.audit is not None


def is_reckoned_anew(step: Step) -> bool:
    """A line was found false that was not before."""
    return step.after.false_lines != step.before.false_lines


def audited(case: Case) -> dict[str, Any]:
    """审定金额表: what the special audit report confirms, line by line."""
    event = case.event
    assert isinstance(event, e.AuditEntered)
    rows = tuple((line, Money(fen).yuan()) for line, fen in event.figures.items())
    return sheet(
        case,
        "审定金额表",
        about(
            case,
            Line(label="审计报告（SHA-256）", value=event.report[:16] + "…"),
            Line(label="登记人", value=case.person(event.entered_by)),
        ),
        Table(columns=("项号", "审定不含税金额（元）"), rows=rows, widths=(10, 20), numeric=(1,)),
        Text(text=f"合计 {Money(sum(event.figures.values())).yuan()} 元。"),
        by=case.province,
    )


def looked_up(case: Case) -> dict[str, Any]:
    """审计报告查验记录 (A-33): who looked the code up, when, and what was found."""
    event = case.event
    assert isinstance(event, e.AuditChecked)
    said = "与报告一致" if event.genuine else "查无此报告或与报告不一致"
    note = (Text(heading="说明", text=event.note),) if event.note else ()
    return sheet(
        case,
        "审计报告查验记录",
        about(
            case,
            Line(label="验证码", value=event.check_code),
            Line(label="审计报告（SHA-256）", value=event.report[:16] + "…"),
            Line(label="查验日期", value=day(event.checked_on)),
            Line(label="查验结论", value=said),
            Line(label="查验人", value=case.person(event.checked_by)),
        ),
        *note,
        by=case.province,
    )


def reckoning(case: Case) -> dict[str, Any]:
    """奖补资金核算表: every line, the steps to the sum, and the sum in words."""
    return {**sheet(case, TITLE, about(case), *_blocks(case), by=case.province), "landscape": True}


def reckoned_anew(case: Case) -> dict[str, Any]:
    """重新核算表: the same without the lines found false, for whose sake money is demanded back."""
    made = sheet(case, "奖补资金重新核算表", about(case), *_blocks(case), by=case.province)
    return {**made, "landscape": True}


def _blocks(case: Case) -> Sequence[Block]:
    found = reckoning_of(case.after, case.call, with_audit=True)
    return tuple(blocks(found)) if found is not None else ()
