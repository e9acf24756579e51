"""What-if: every sealed application of a call judged again under a changed definition, by the guards of the seal itself.

Reads the log and writes nothing: the connections it reads through refuse every write. One application is held at a time.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TextIO
from uuid import UUID

from directory.actor import CLOCK
from directory.bars import UNIT
from directory.events import unit_stream
from directory.unit import Bar, Unit, UnitCode, UnitKind, UnitTag
from eventstore.refusal import Refusal
from paperwork.cells import may_be_formula
from programmes.call import Call
from service.wiring import House
from web import texts
from web.texts import Reason
from workflow import commands as c
from workflow.application import Application, folded
from workflow.events import Opened, Resubmitted, UnitSealed
from workflow.facts import Facts
from workflow.pages import reasons
from workflow.projections import stream_of
from workflow.rejudging import Outcome, Rejudged, rejudge
from workflow.stages import Stage

PAGE = 200
_OPENED = "application.opened"
_WRITABLE = frozenset({Stage.DRAFT, Stage.RETURNED})
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One application judged again. *sealed*: as it was sealed then; else the draft as it stands now."""

    application: Application
    at: datetime
    sealed: bool
    rejudged: Rejudged
    call: Call
    changed: Call

    @property
    def outcome(self) -> Outcome:
        return self.rejudged.outcome

    def why(self) -> list[tuple[Reason, bool]]:
        """Every reason that came or went, in words; whether it came."""
        came = [(self._told(refusal, self.changed), True) for refusal in self.rejudged.newly]
        return came + [(self._told(refusal, self.call), False) for refusal in self.rejudged.no_longer]

    def _told(self, refusal: Refusal, call: Call) -> Reason:
        if self.application.direction not in call.directions:
            return texts.explain(refusal)
        return texts.explain(reasons.named(refusal, call, self.application))

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.application.id,
            "number": self.application.number,
            "direction": self.application.direction,
            "lead_unit": self.application.lead_unit,
            "unit_name": self.application.unit_name,
            "judged_at": self.at.isoformat(),
            "sealed": self.sealed,
            "outcome": self.outcome,
            "newly": [reason.as_json() for reason, came in self.why() if came],
            "no_longer": [reason.as_json() for reason, came in self.why() if not came],
        }


def replay(house: House, call: str, changed: Call, *, drafts: bool = False, told: Told | None = None) -> Iterator[Case]:
    """Every sealed application of *call*, oldest first, judged again under *changed*; with *drafts* those that stand too.

    Give it a house whose database was made read-only. *told* hears how far it is, in positions of the log.
    """
    head = house.store.head_position()
    for position, opened in _opened(house, call):
        yield from _cases(house, opened, changed, drafts)
        if told is not None:
            told(position, head)
    if told is not None:
        told(head, head)


def _opened(house: House, call: str) -> Iterator[tuple[int, str]]:
    """The applications of *call* by id, with the position each was opened at."""
    after = 0
    while page := house.store.read_all(after, PAGE, (_OPENED,)):
        with house.store.reading() as db:
            facts = house.read(db, page, False)
        for fact in facts:
            if isinstance(fact.event, Opened) and fact.event.call == call:
                yield fact.recorded.position, fact.event.application_id
        after = page[-1].position


def _cases(house: House, application_id: str, changed: Call, drafts: bool) -> Iterator[Case]:
    history = house.dispatcher.history(stream_of(application_id))
    stands = folded(history)
    seal = next(
        (n for n in reversed(range(len(history))) if isinstance(history[n].event, UnitSealed | Resubmitted)), None
    )
    if seal is not None and stands.stage is not Stage.DRAFT:  # a recalled text is a draft again
        at = history[seal].recorded.instant
        yield _judged(house, folded(history[:seal]), at, changed, sealed=True)
    if drafts and stands.stage in _WRITABLE:
        yield _judged(house, stands, house.handling.now(), changed, sealed=False)


def _judged(house: House, application: Application, at: datetime, changed: Call, *, sealed: bool) -> Case:
    facts = _facts(house, application, at)
    return Case(
        application=application,
        at=at,
        sealed=sealed,
        rejudged=rejudge(application, facts, changed),
        call=facts.call,
        changed=changed,
    )


def _facts(house: House, application: Application, at: datetime) -> Facts:
    """What the seal would gather, with the unit as the register knew it at that instant."""
    command = c.Seal(application_id=UUID(application.id))
    with house.store.reading() as db:
        facts = house.handling.gathering.facts(db, application, None, command, CLOCK, at)
    return replace(facts, unit=_unit_then(house, application.lead_unit, at))


def _unit_then(house: House, code: str, at: datetime) -> Unit | None:
    known = house.dispatcher.load(unit_stream(code), UNIT, at).state
    if known.registered is None:
        return None
    unit, bar = known.registered, known.bar
    return Unit(
        code=UnitCode(unit.code),
        name=unit.name,
        name_en=unit.name_en,
        kind=UnitKind(unit.kind),
        registered_on=unit.registered_on,
        county=unit.county,
        legal_person=unit.legal_person,
        tags=frozenset(map(UnitTag, unit.tags)),
        group_root=unit.group_root,
        bar=None if bar is None else Bar(**{name: getattr(bar, name) for name in Bar.__dataclass_fields__}),
    )


class _Writer(Protocol):
    def writerow(self, row: list[str], /) -> Any: ...


class Table:
    """The cases as CSV that a spreadsheet opens: one line for each reason that came or went."""

    HEAD = ("编号 number", "单位 unit", "方向 direction", "判定时间 judged at", "结果 outcome", "变化 change",
            "代码 code", "理由", "reason", "依据 source")  # fmt: skip

    def __init__(self, file: TextIO) -> None:
        file.write("\ufeff")
        self._writer: _Writer = csv.writer(file)
        self._writer.writerow(list(self.HEAD))

    def add(self, case: Case) -> None:
        head = (
            case.application.number,
            case.application.unit_name,
            case.application.direction,
            f"{case.at:%Y-%m-%d %H:%M:%S%z}",
        )
        for reason, came in case.why():
            row = (
                *head,
                OUTCOMES[case.outcome].zh,
                "新增 newly" if came else "不再 no longer",
                reason.code,
                reason.zh,
                reason.en,
                reason.source,
            )
            self._writer.writerow([_safe(cell) for cell in row])


def _safe(cell: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if may_be_formula(cell) else cell


@dataclass(frozen=True, slots=True)
class Said:
    zh: str
    en: str


OUTCOMES: Mapping[Outcome, Said] = {
    "same": Said("不变", "same"),
    "refused": Said("会被拒绝", "would be refused"),
    "accepted": Said("会被接受", "would be accepted"),
    "otherwise": Said("拒绝的理由不同", "refused for other reasons"),
}
