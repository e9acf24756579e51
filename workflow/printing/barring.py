"""失信处理决定: the sheet of a decision that keeps a unit from applying (T38). It is of a unit and of no application. Pure."""

from directory.bars import SOURCE
from directory.unit import Bar
from paperwork.document import Document, Line, Lines, Pairs, Part, Signatures, Text
from workflow.printing.instruments.case import day


def decision(unit: str, code: str, bar: Bar, by: str) -> Document:
    """The decision as the register has it: the unit, from when to when, and why."""
    rows = (
        Line(label="单位名称", value=unit),
        Line(label="统一社会信用代码", value=code),
        Line(label="禁止申报期限", value=f"自{day(bar.starts)}起至{day(bar.until)}止"),
    )
    blocks = (
        Lines(lines=(Line(label="文号", value=bar.decision_number),)),
        Lines(lines=(Line(label=unit),)),
        Text(text=f"根据《{SOURCE}》及有关规定，现对你单位作出如下处理决定："),
        Pairs(rows=tuple((row,) for row in rows)),
        Text(heading="事实和理由", text=bar.reason),
        Text(text="在上述期限内，你单位不得牵头或参加省级财政专项资金项目的申报。"),
        Signatures(lines=(Line(label="", value=f"{by}（盖章）"), Line(label="", value="年    月    日"))),
    )
    return Document(
        kind="bar_decision",
        title=("失信处理决定书",),
        parts=(Part(heading="", blocks=blocks),),
        number=code,
        dated=bar.starts.isoformat(),
    )
