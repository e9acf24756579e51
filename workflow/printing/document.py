"""An application as the paper it becomes: the official form of any programme, read off its definition. Pure.

Chinese, because the form is. What stands on the paper is in the order and under the labels of the definition.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from paperwork.document import (
    Block,
    Document,
    Enclosure,
    Enclosures,
    Figure,
    Line,
    Pairs,
    Part,
    Signatures,
    Text,
)
from programmes.call import Call, Programme
from programmes.documents import Commitment, CoverLine, Letter, Slot
from programmes.fields import personal_columns, personal_ids
from workflow.answers import plain
from workflow.application import Application
from workflow.enclosures import in_order
from workflow.parties import parties_of
from workflow.printing import agreed, kinds, table
from workflow.printing.instruments import KINDS
from workflow.state import FORM

_NUMBERED = re.compile(r"^(?:[一二三四五六七八九十]+、|\d+[.．、]\s*)")
_BLANK_DATE = "年    月    日"
_SEAL = "（盖章）"
VEILED = "（已隐去）"
NAMES: Mapping[str, str] = {
    FORM: "申报书",
    kinds.COMMITMENT: "真实性承诺书",
    "price_letter": "价格真实性承诺函",
    kinds.AGREEMENT: "联合体协议书",
    kinds.AUTHORISATION: "授权委托书",
    kinds.ATTACHMENTS: "附件清单",
}
"""What each kind of paper is called in the name of its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """What a paper bears on every page, and when its text was first issued. *head*: the signed head of the log that covers it."""

    code: str
    version: int
    link: str
    dated: date
    head: str = ""


@dataclass(frozen=True, slots=True)
class _Source:
    """What the parts are made from: the text with or without what is personal, and the figures beside narratives. *unit*: whose
    paper it is where it is not the lead's."""

    application: Application
    call: Call
    programme: Programme
    answers: Mapping[str, Any]
    dated: date
    veiled: bool
    figures: Mapping[str, Sequence[Figure]] = field(default_factory=dict[str, Sequence[Figure]])
    unit: str = ""

    @property
    def unit_name(self) -> str:
        return parties_of(self.application).names.get(self.unit, self.application.unit_name)


def document_of(
    application: Application,
    call: Call,
    kind: str,
    bearing: Bearing,
    *,
    veiled: bool = False,
    figures: Mapping[str, Sequence[Figure]] | None = None,
) -> Document:
    """The paper of *kind*. *veiled*: what is personal is left out. *figures*: pictures by the field they stand under."""
    programme = call.programme_of(application.direction)
    answers = plain(application.answers)
    shown = _veiled(answers, programme) if veiled else answers
    pictures = figures or {}
    if veiled:
        personal = personal_ids(programme.form)
        pictures = {name: some for name, some in pictures.items() if name not in personal}
    base, unit = kinds.parted(kind)
    source = _Source(application, call, programme, shown, bearing.dated, veiled, pictures, unit)
    return Document(
        kind=kind,
        number=application.number,
        version=bearing.version,
        code=bearing.code,
        link=bearing.link,
        head=bearing.head,
        dated=bearing.dated.isoformat(),
        subject=application.number,
        **_made(source, base),
    )


def instrument_of(application: Application, kind: str, bearing: Bearing, laid_out: Mapping[str, Any]) -> Document:
    """The instrument of a step, *laid_out* as title and parts."""
    return Document(
        kind=kind,
        number=application.number,
        version=bearing.version,
        code=bearing.code,
        link=bearing.link,
        head=bearing.head,
        dated=bearing.dated.isoformat(),
        subject=application.number,
        **laid_out,
    )


def _made(source: _Source, base: str) -> dict[str, Any]:
    """The title and the parts of a paper."""
    letter = source.programme.letter(base)
    if letter is not None:
        return _letter(source, letter)
    match base:
        case kinds.COMMITMENT:
            return _commitment_alone(source)
        case kinds.ATTACHMENTS:
            return _attachments_alone(source)
        case kinds.AGREEMENT:
            return agreed.agreement(source.application, source.call, source.unit)
        case kinds.AUTHORISATION:
            return agreed.authorisation(source.application, source.call, source.unit, veiled=source.veiled)
        case _:
            return _form(source)


def file_name(kind: str, number: str, version: int, suffix: str) -> str:
    """「申报书-HN-AI-2025-0001-v3.pdf」; a unit's own paper has its credit code behind the kind, the instrument of a step its number:
    「补正通知书-HN-AI-2025-0001-1.pdf」."""
    base, unit = kinds.parted(kind)
    whose = f"-{unit}" if unit else ""
    if base in KINDS:
        return f"{KINDS[base].name}-{number}-{version}.{suffix}"
    return f"{NAMES.get(base, base)}{whose}-{number}-v{version}.{suffix}"


def _form(source: _Source) -> dict[str, Any]:
    paper = source.programme.paper
    return {
        "title": tuple(line.zh for line in paper.title),
        "cover": tuple(_sealed_beside(line) for line in _cover(source, paper.cover)),
        "contents_heading": paper.contents_heading.zh,
        "contents_note": paper.contents_note.label.zh,
        "parts": (
            Part(heading=source.programme.commitment.heading.zh, blocks=_promise(source, source.programme.commitment)),
            Part(heading=paper.form_heading.zh),
            *_sections(source),
            Part(heading=paper.attachments_heading.zh, blocks=(_enclosures(source),)),
        ),
    }


def _commitment_alone(source: _Source) -> dict[str, Any]:
    text = source.programme.commitment
    bound = Text(text=f"承诺书文本 {text.version}，文本摘要（SHA-256）{agreed.short(text.digest)}。", small=True)
    blocks = (*_promise(source, text), bound)
    return {"title": (_NUMBERED.sub("", text.heading.zh),), "parts": (Part(heading="", blocks=blocks),)}


def _attachments_alone(source: _Source) -> dict[str, Any]:
    title = _NUMBERED.sub("", source.programme.paper.attachments_heading.zh)
    return {"title": (title,), "parts": (Part(heading="", blocks=(_enclosures(source),)),)}


def _letter(source: _Source, letter: Letter) -> dict[str, Any]:
    blocks: list[Block] = []
    if letter.addressee:
        blocks.append(Text(text=f"{letter.addressee.zh.rstrip('：:')}："))
    if letter.about:
        blocks.append(Pairs(rows=tuple((line,) for line in _cover(source, letter.about))))
    blocks += _running(letter)
    blocks.append(_signatures(source, letter))
    return {"title": (letter.heading.zh,), "parts": (Part(heading="", blocks=tuple(blocks)),)}


def _promise(source: _Source, text: Commitment) -> tuple[Block, ...]:
    return (*_running(text), _signatures(source, text))


def _running(text: Commitment | Letter) -> Iterator[Block]:
    closing = f"\n{text.closing.zh}" if text.closing else ""
    yield Text(text=text.text.zh.strip() + closing)


def _signatures(source: _Source, text: Commitment | Letter) -> Signatures:
    """Who signs writes by hand; whose seal it is stands there."""
    return Signatures(
        lines=(
            Line(label=text.signer.label.zh),
            Line(label=text.seal.label.zh, value=source.unit_name),
            Line(label="", value=_BLANK_DATE),
        )
    )


def _cover(source: _Source, lines: Iterable[CoverLine]) -> Iterator[Line]:
    for line in lines:
        values = (_named(source, name) for name in line.made_from)
        yield Line(label=line.label.zh, value=" ".join(value for value in values if value))


def _sealed_beside(line: Line) -> Line:
    """On the title page the seal goes beside the name: 申报单位：……（盖章）."""
    label = line.label.removesuffix(_SEAL)
    return line if label == line.label else Line(label=label, value=f"{line.value}{_SEAL}")


def _named(source: _Source, name: str) -> str:
    match name:
        case "units":
            return source.application.unit_name
        case "sealed_on":
            return f"{source.dated.year}年{source.dated.month}月{source.dated.day}日"
        case _:
            return table.said(source.programme.field(name), source.answers)


def _sections(source: _Source) -> Iterator[Part]:
    """The parts of the information table; what stands on the title page is not said again."""
    on_the_cover = {name for line in source.programme.paper.cover for name in line.made_from}
    heading, blocks = "", list[Block]()
    for section in source.programme.sections(source.application.direction):
        asked = section.asked(source.application.direction)
        if not section.on_paper or all(each.id in on_the_cover for each in asked):
            continue
        above = (section.under or section.heading).zh
        if above != heading:
            if blocks:
                yield Part(heading=heading, blocks=tuple(blocks), level=2)
            heading, blocks = above, []
        blocks += table.blocks(section, source.application.direction, source.call, source.answers, source.figures)
    if blocks:
        yield Part(heading=heading, blocks=tuple(blocks), level=2)


def _enclosures(source: _Source) -> Enclosures:
    slots = enumerate(source.programme.attachments, 1)
    listed = [one for number, slot in slots for one in _of_slot(source, number, slot)]
    return Enclosures(enclosures=tuple(listed), note=source.programme.paper.attachments_note.label.zh)


def _of_slot(source: _Source, number: int, slot: Slot) -> Iterator[Enclosure]:
    """Every file of a slot under its official number, or the slot alone; a scan of our own paper has no name before the
    paper is there."""
    label = _NUMBERED.sub("", slot.label.zh)
    files = [held for held in source.application.attachments.get(slot.id, ()) if not held.paper_code]
    if not files:
        yield Enclosure(label=label, number=str(number))
    for place, held in enumerate(in_order(files), 1):
        beside = f"（{held.label}年）" if slot.per_year and held.label else f"（{held.label}）" if held.label else ""
        name = VEILED if source.veiled and slot.personal else held.name
        counted = f"{number}-{place}" if len(files) > 1 else str(number)
        yield Enclosure(label=label + beside, name=name, pages=held.pages, sha256=held.sha256, number=counted)


def _veiled(answers: Mapping[str, Any], programme: Programme) -> dict[str, Any]:
    """The answers without what is personal."""
    personal, columns = personal_ids(programme.form), personal_columns(programme.form)
    found = {name: VEILED if name in personal else answer for name, answer in answers.items()}
    for name, hidden in columns.items():
        rows: Sequence[Mapping[str, Any]] = answers.get(name) or ()
        found[name] = [{column: VEILED if column in hidden else cell for column, cell in row.items()} for row in rows]
    return found
