"""项目推荐汇总表: the rows of what one body recommends of one programme, in the body's own order (附件5).

Of what was recommended, or of what is about to be: the list and its letter are sealed before the step is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection

from directory.actor import BUREAU_ROLES, PROVINCE_ROLES, Actor, Role
from directory.bureau import bureaus_of, prefix_of
from directory.division import DivisionUnknown, divisions
from eventstore.dispatch import Dispatcher
from paperwork.document import Document, Line, Lines, Part, Signatures, Table, Text
from paperwork.sheet import SummarySheet
from programmes.call import Call
from programmes.summary import Place, summary_row
from workflow import worklist
from workflow.answers import plain
from workflow.application import Application
from workflow.handling import FOLD, NotFound
from workflow.projections import stream_of
from workflow.standing import Letter, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """*cells* by what fills them, in the official order of the columns."""

    application: str
    rank: int | None
    letter_number: str
    cells: dict[str, str]


def may_read(actor: Actor, body: str) -> bool:
    """The body's own people, the city above a county, the province, and whoever audits it."""
    own = actor.scopes(*BUREAU_ROLES)
    above = any(prefix_of(code) != code and body.startswith(prefix_of(code)) for code in own)
    return body in own or above or body[:2] in actor.scopes(*PROVINCE_ROLES, Role.AUDITOR)


def rows(dispatcher: Dispatcher, call: Call, programme: str, body: str, actor: Actor) -> list[ListRow]:
    """The list of *body*; NotFound when it is not *actor*'s to read. Contacts are laid open: it is a paper for the province."""
    if not may_read(actor, body):
        raise NotFound
    with dispatcher.store.reading() as db:
        listed = _letters(db, call.id, programme, body)
    found: list[ListRow] = []
    for position, (application_id, letter) in enumerate(listed, 1):
        application = dispatcher.load(stream_of(application_id), FOLD).state
        cells = _cells(call, application, position)
        found.append(ListRow(application=application_id, rank=letter.rank, letter_number=letter.number, cells=cells))
    return found


def proposed(
    call: Call, programme: str, ranked: Sequence[tuple[Application, int | None]], number: str
) -> list[ListRow]:
    """The rows of what is about to be recommended of *programme* under the letter *number*, in the order of the ranks typed."""
    mine = [(one, rank) for one, rank in ranked if one.programme == programme]
    mine.sort(key=lambda each: (each[1] is None, each[1] or 0))
    return [
        ListRow(application=one.id, rank=rank, letter_number=number, cells=_cells(call, one, position))
        for position, (one, rank) in enumerate(mine, 1)
    ]


def letter(
    call: Call,
    *,
    by: str,
    to: str,
    ranked: Sequence[tuple[Application, int | None]],
    number: str = "",
    opinion: str = "",
    handler: str = "",
    on: date,
) -> Document:
    """推荐函 of everything that *by* is about to recommend to *to*, to be numbered, signed and sealed. Bears no code: nothing
    happened yet."""
    rows = tuple(_line(call, position, one, rank) for position, (one, rank) in enumerate(ranked, 1))
    text = f"根据《{call.title.zh}》要求，经审核，现推荐下列 {len(rows)} 个项目，请予审核。"
    blocks = (
        Lines(lines=(Line(label="文号", value=number or "（        ）"),)),
        Lines(lines=(Line(label=_body_name(to)),)),
        Text(text=text),
        Table(
            columns=("序号", "申报单位", "项目名称", "申报方向", "排序"),
            rows=rows,
            widths=(3, 12, 15, 9, 3),
            numeric=(0, 4),
        ),
        *((Text(heading="推荐意见", text=opinion),) if opinion else ()),
        Text(text="附件：项目推荐汇总表"),
        Signatures(
            lines=(
                Line(label=f"经办人 {handler}（签字）".replace("  ", "")),
                Line(label="", value=f"{_body_name(by)}（盖章）"),
                Line(label="", value=f"{on.year}年    月    日"),
            )
        ),
    )
    return Document(
        kind="recommendation_letter",
        title=("项目推荐函",),
        parts=(Part(heading="", blocks=blocks),),
        dated=on.isoformat(),
    )


def _line(call: Call, position: int, application: Application, rank: int | None) -> tuple[str, ...]:
    answers = plain(application.sealed.answers if application.sealed else application.answers)
    direction = call.direction(application.direction).title.zh
    name = str(answers.get("project_name") or "")
    return str(position), application.unit_name, name, direction, "" if rank is None else str(rank)


def letter_name(body: str, suffix: str) -> str:
    """「项目推荐函-岳麓区工业和信息化局.docx」"""
    return f"项目推荐函-{_body_name(body)}.{suffix}"


def sheet(call: Call, programme: str, body: str, listed: Sequence[ListRow], on: date) -> SummarySheet:
    """附件5 as it is printed, sealed and sent: the official columns, the body's name, room for its contact."""
    table = call.summary_table
    return SummarySheet(
        heading=table.heading.zh,
        bureau=_body_name(body),
        contact="",
        columns=tuple(column.label.zh for column in table.columns),
        rows=tuple(tuple(row.cells[column.made_from] for column in table.columns) for row in listed),
        dated=on.isoformat(),
    )


def file_name(call: Call, programme: str, body: str, suffix: str) -> str:
    """「项目推荐汇总表-人工智能大模型-岳麓区工业和信息化局.xlsx」"""
    label = call.programme(programme).summary_label.zh
    return f"{call.summary_table.heading.zh}-{label}-{_body_name(body)}.{suffix}"


def _body_name(code: str) -> str:
    try:
        known = {bureau.code: bureau.name_zh for bureau in bureaus_of(code[:2], divisions())}
    except DivisionUnknown:
        return code
    return known.get(code, code)


def _letters(db: Connection, call: str, programme: str, body: str) -> list[tuple[str, Letter]]:
    """Ids with the body's letter: by its rank, and where it gave none in the order of recommending."""
    of_body: list[tuple[str, Letter]] = []
    for row in worklist.recommended(db, body, call, programme):
        standing = msgspec.json.decode(row["standing"], type=Standing)
        of_body += [(row["id"], letter) for letter in standing.letters if letter.body == body]
    return sorted(of_body, key=lambda each: (each[1].rank is None, each[1].rank or 0, each[1].at))


def _cells(call: Call, application: Application, position: int) -> dict[str, str]:
    answers: dict[str, Any] = plain(application.sealed.answers if application.sealed else application.answers)
    place = Place(city=_name(application.region[:4] + "00"), county=_name(application.region))
    return summary_row(call, application.direction, answers, place, position=position, unit_name=application.unit_name)


def _name(code: str) -> str:
    try:
        return divisions().name(code)
    except DivisionUnknown:
        return code
