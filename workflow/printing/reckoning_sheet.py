"""奖补资金核算表: the reckoning as a paper to print and as a workbook to go through. Pure but for the drawing at the end.

Chinese, because minutes and auditors are. Each line says why it counts as it does; nothing stands here that the page does not say.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from eventstore.refusal import Refusal, Refused
from paperwork.document import Block, Document, Heading, Line, Pairs, Part, Table, Text
from programmes.call import Call
from programmes.money import Money
from workflow.application import Application
from workflow.explaining import Explained, GrantExplained, LineExplained
from workflow.printing.summary import SHEET_TYPES

TITLE = "奖补资金核算表"
_COLUMNS = ("项号", "费用类别", "价税合计", "申报不含税", "窗口内支付", "凭证支持", "审定", "计入", "说明")
_WIDTHS = (7, 12, 15, 15, 15, 15, 15, 15, 29)
_NUMERIC = (2, 3, 4, 5, 6, 7)
_PATIENCE_S = 60.0
"""Five thousand lines are some hundred pages, drawn in a child process while one waits."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """As `write_sheets` takes it."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    heads: frozenset[int] = frozenset({0})


def document_of(application: Application, call: Call, found: Explained, dated: str) -> Document:
    """The paper; *dated* is its Beijing day."""
    return Document(
        kind="reckoning",
        title=(TITLE,),
        parts=(Part(heading="", blocks=(_about(application, call), *blocks(found))),),
        number=application.number,
        version=application.sealed.version if application.sealed else 0,
        code="",
        link="",
        dated=dated,
        subject=application.number,
        landscape=True,
    )


def _about(application: Application, call: Call) -> Pairs:
    project = application.answers.get("project_name")
    return Pairs(
        rows=(
            (Line(label="申报单位", value=application.unit_name), Line(label="项目编号", value=application.number)),
            (
                Line(label="项目名称", value=project if isinstance(project, str) else ""),
                Line(label="方向", value=call.direction(application.direction).short.zh),
            ),
        )
    )


def blocks(found: Explained) -> Iterator[Block]:
    """The lines, then the steps to the sum and the sum in words, then what must be known beside."""
    yield Table(columns=_COLUMNS, rows=tuple(map(_row, found.lines)), widths=_WIDTHS, numeric=_NUMERIC)
    for heading, grant in _grants(found):
        yield Heading(text=heading)
        yield Text(text="\n".join(f"{place}. {step.zh}" for place, step in enumerate(grant.steps, 1)))
        yield Pairs(
            rows=(
                (Line(label="金额（元）", value=_yuan(grant.amount_fen)), Line(label="大写", value=grant.amount_words)),
            )
        )
    yield from _notes(found)


def _grants(found: Explained) -> Iterator[tuple[str, GrantExplained]]:
    """What decides stands first; before the audit that is what the papers bear."""
    if found.audited is not None:
        yield "按专项审计报告核算", found.audited
        return
    yield "按窗口内的发票和付款估算（审计之前）", found.supported
    yield "按申报的不含税金额估算", found.claimed


def _notes(found: Explained) -> Iterator[Block]:
    if found.audit is not None and found.audit.check_code:
        said = "与报告一致" if found.audit.genuine else "不一致"
        on = found.audit.checked_on.isoformat() if found.audit.checked_on else ""
        yield Text(text=f"审计报告验证码 {found.audit.check_code}，{on} 查验：{said}。{found.audit.note}", small=True)
    if found.floor_waiver:
        yield Text(text=f"低于最低支持额，豁免理由：{found.floor_waiver}", small=True)
    if found.false_lines:
        yield Text(text=f"查实不实、不计入的费用项：{'、'.join(found.false_lines)}。", small=True)
    if found.audited is None:
        yield Text(text="本表仅供参考，最终以专项审计报告和省厅核定为准。", small=True)


def _row(line: LineExplained) -> tuple[str, ...]:
    sums = (line.gross_fen, line.claimed_fen, line.paid_fen, line.supported_fen)
    audited = "—" if line.audited_fen is None else _yuan(line.audited_fen)
    why = "；".join(step.zh for step in line.why[1:])
    return (line.number, line.kind.zh, *map(_yuan, sums), audited, _yuan(line.eligible_fen), why)


def _yuan(fen: int) -> str:
    return Money(fen).yuan()


def sheets_of(found: Explained) -> tuple[_Sheet, ...]:
    """Two sheets: the lines, whose first and seventh columns can be filled in and pasted back; and the steps to the sum."""
    steps = [(heading, step.zh) for heading, grant in _grants(found) for step in grant.steps]
    sums = [(heading, _yuan(grant.amount_fen)) for heading, grant in _grants(found)]
    return (
        _Sheet("费用项", (_COLUMNS, *map(_row, found.lines))),
        _Sheet("核算", (("依据", "步骤"), *steps, *sums)),
    )


def drawn(application: Application, call: Call, found: Explained, format: str, dated: str) -> bytes:
    """As "xlsx" or "pdf"; Refused where it cannot be drawn."""
    from paperwork import pdf
    from paperwork.components import NotInstalled
    from paperwork.sheet import write_sheets

    try:
        if format == "xlsx":
            return write_sheets(sheets_of(found), dated)
        return pdf.render(document_of(application, call, found, dated), timeout_s=_PATIENCE_S).data
    except pdf.RenderingFailed as failure:
        raise Refused(Refusal.of("PAPER_FAILED", reason=failure.reason)) from failure
    except NotInstalled as lacking:
        raise Refused(Refusal.of("PAPER_FAILED", reason="not_installed")) from lacking


__all__ = ["SHEET_TYPES", "TITLE", "blocks", "document_of", "drawn", "sheets_of"]
