"""The agreement of a consortium on paper, for all parties or for the lead with one member, and a delegate's letter. Pure.

Every copy holds the full tables (reading A-15) and says of which version and hash it is; all that the hash covers is printed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import cn2an  # pyright: ignore[reportMissingTypeStubs]

from consortium.agreement import Parties, content_digest, current
from consortium.ratios import Column, percent
from consortium.state import Consortium
from paperwork.document import Block, Line, Part, Party, Signatures, Table, Text
from paperwork.document import Parties as Places
from programmes.agreement import PLAN, Agreement, TableColumn, Term, filled
from programmes.call import Call
from workflow.application import Application
from workflow.parties import members_of, parties_of

_WIDTHS: Mapping[str, int] = {
    "position": 3,
    "role": 4,
    "unit_name": 9,
    "contribution": 5,
    "workload": 5,
    "task": 19,
    "grant": 7,
    "own_funds": 7,
}
_NOTHING = "/"
_BOUND = (
    "本协议文本第 {version} 版，文本摘要（SHA-256）{digest}。成员、比例、任务、条款任一改动即为新的版本，本份随之作废。"
)
_PAIR = "本份由牵头单位与{member}两两签署；表中载明联合体全部 {units} 家单位，各份内容相同。"
VEILED = "（已隐去）"


def short(digest: str) -> str:
    """The first sixteen digits of a hash, in fours, as people compare them."""
    digits = digest.removeprefix("sha256:")[:16]
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What an agreement is made from; *member* where it is the copy of the lead with one member."""

    consortium: Consortium
    parties: Parties
    text: Agreement
    member: str = ""

    @property
    def signing(self) -> tuple[str, ...]:
        return (self.parties.lead, self.member) if self.member else tuple(self.parties.names)

    def named(self, unit: str, lead: str, member: str) -> str:
        """How the official text calls a unit: 牵头单位, or the n-th member."""
        if unit == self.parties.lead:
            return lead
        return member.format(n=members_of(self.parties).index(unit) + 1)


def agreement(application: Application, call: Call, member: str) -> dict[str, Any]:
    """Title and parts of the agreement as it stands."""
    assert call.agreement is not None, "a call without the text offers no such paper"
    sheet = _Sheet(application.consortium, parties_of(application), call.agreement, member)
    return {"title": (sheet.text.heading.zh,), "parts": (Part(heading="", blocks=tuple(_blocks(sheet))),)}


def _blocks(sheet: _Sheet) -> Iterator[Block]:
    values = _values(sheet)
    if sheet.member:
        note = _PAIR.format(member=sheet.parties.names[sheet.member], units=len(sheet.parties.names))
        yield Text(text=note, small=True)
    yield Text(text=filled(sheet.text.preamble.text.zh, values))
    for term in sheet.text.terms:
        yield Text(text=filled(term.text.zh, values))
        if term.columns:
            yield _table(sheet, term)
        if written := "\n".join(_written_out(sheet, term)):
            yield Text(text=written)
    yield from (Text(text=extra) for extra in _added(sheet))
    yield Text(text=_bound(sheet), small=True)
    yield Places(parties=tuple(_place(sheet, unit) for unit in sheet.signing))
    notes = "\n".join(note.label.zh for note in sheet.text.notes)
    yield Text(heading=sheet.text.notes_heading.zh, text=notes, small=True)


def _values(sheet: _Sheet) -> Mapping[str, str]:
    """What fills the blanks; one that has nothing to say stands as the official text prints it, save the plan, which is left out."""
    consortium, names = sheet.consortium, sheet.parties.names
    plan = consortium.clauses.get(PLAN, "").strip()
    values = {
        "units": "、".join(names.values()),
        "consortium": consortium.name.strip().removesuffix("联合体"),
        "project": sheet.parties.project,
        "members": "、".join(names[unit] for unit in members_of(sheet.parties)),
        "lead": names[sheet.parties.lead],
        "shares": _shares(sheet),
        "copies": str(consortium.copies) if consortium.copies else "",
    }
    said = {name: value for name, value in values.items() if value}
    return {**sheet.text.unfilled, **said, "plan": f"（{plan}）" if plan else ""}


def _shares(sheet: _Sheet) -> str:
    """「按 …… 比例」: clause 5 says what table two says (reading A-10)."""
    grant = sheet.consortium.ratios.get(Column.GRANT, {})
    if not grant:
        return ""
    return f"{'、'.join(f'{percent(grant.get(unit, 0))}%' for unit in sheet.parties.names)}（依下表次序）"


def _table(sheet: _Sheet, term: Term) -> Table:
    columns = [column for column in term.columns if not column.optional or _says_something(sheet, column)]
    return Table(
        columns=tuple(column.label.zh for column in columns),
        rows=tuple(tuple(_cell(sheet, column, unit) for column in columns) for unit in sheet.parties.names),
        widths=tuple(_WIDTHS[column.made_from] for column in columns),
        numeric=tuple(place for place, column in enumerate(columns) if column.made_from in list(Column)),
    )


def _says_something(sheet: _Sheet, column: TableColumn) -> bool:
    return any(sheet.consortium.ratios.get(column.made_from, {}).values())


def _cell(sheet: _Sheet, column: TableColumn, unit: str) -> str:
    match column.made_from:
        case "position":
            return str(list(sheet.parties.names).index(unit) + 1)
        case "role":
            return sheet.named(unit, sheet.text.roles.lead.zh, sheet.text.roles.member.zh)
        case "unit_name":
            return sheet.parties.names[unit]
        case "task":
            return sheet.consortium.tasks.get(unit, "")
        case ratio:
            by_unit = sheet.consortium.ratios.get(ratio, {})
            return f"{percent(by_unit.get(unit, 0))}%" if any(by_unit.values()) else _NOTHING


def _written_out(sheet: _Sheet, term: Term) -> Iterator[str]:
    """What the units wrote of the matters that a clause names, each under its name."""
    written = [(one.label.zh, sheet.consortium.clauses.get(one.id, "").strip()) for one in term.divisions]
    for number, (label, text) in enumerate(((label, text) for label, text in written if text), 1):
        yield f"（{number}）{label}：{text}"


def _added(sheet: _Sheet) -> Iterator[str]:
    """「可在本“联合体协议书”中增加相关内容」: further clauses, numbered on. What was written under a name that the official text
    does not know is among them: the hash covers it, so the paper shows it."""
    known = {PLAN, *(division.id for division in sheet.text.divisions)}
    unnamed = [text for name, text in sorted(sheet.consortium.clauses.items()) if name not in known]
    further = [text.strip() for text in (*unnamed, *sheet.consortium.extra) if text.strip()]
    for number, text in enumerate(further, len(sheet.text.terms) + 1):
        yield f"{number}．{text}"


def _bound(sheet: _Sheet) -> str:
    digest = content_digest(sheet.consortium, sheet.parties)
    issue = current(sheet.consortium, digest)
    return _BOUND.format(version=issue.version if issue else len(sheet.consortium.issues) + 1, digest=short(digest))


def _place(sheet: _Sheet, unit: str) -> Party:
    block = sheet.text.signatures
    label = block.lead.zh
    if unit != sheet.parties.lead:
        label = block.member.zh.format(n=cn2an.an2cn(members_of(sheet.parties).index(unit) + 1))
    return Party(
        name=Line(label=label, value=sheet.parties.names[unit]),
        seal=block.seal.zh,
        signer=block.signer.zh,
        by_hand=block.by_hand.zh,
        dated=block.dated.zh,
    )


def authorisation(application: Application, call: Call, unit: str, *, veiled: bool = False) -> dict[str, Any]:
    """Title and parts of the letter by which *unit* lets somebody sign; what nobody said stays a blank to be filled by hand."""
    letter = call.agreement.authorisation if call.agreement else None
    assert letter is not None, "a call without the text offers no such paper"
    parties, written = parties_of(application), application.delegations.get(unit)
    values = {
        "unit": parties.names.get(unit, ""),
        "consortium": application.consortium.name,
        "project": parties.project,
        "lead": parties.names[parties.lead],
    }
    if written is not None:
        said = written.delegation
        values["agent"] = VEILED if veiled else said.agent.value or ""
        values |= {"valid_from": _day(said.valid_from), "valid_to": _day(said.valid_to)}
    unfilled = {blank.id: blank.label.zh for blank in letter.blanks}
    text = filled(letter.text.zh, {**unfilled, **{name: value for name, value in values.items() if value}})
    lines = (
        Line(label=letter.seal.label.zh, value=values["unit"]),
        Line(label=letter.signer.label.zh),
        Line(label=letter.agent.label.zh),
        Line(label="", value=letter.dated.label.zh),
    )
    blocks = (Text(text=text), Signatures(lines=lines))
    return {"title": (letter.heading.zh,), "parts": (Part(heading="", blocks=blocks),)}


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
