"""A letter of every kind as somebody would get it: in each stage it can come in, for each part in it, with and without what
may be missing. For whoever writes texts to look at; nobody is written to. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from eventstore.codec import canonical
from notifications import joining, own_account, words
from notifications.announcements import TOLD, Line
from notifications.audiences import Audience, Kind, Who
from notifications.catalogue import READERS
from notifications.digest import DIGEST
from notifications.endpoints import KEPT
from notifications.kinds import KINDS
from notifications.letters import Claimed
from notifications.reminders import REMINDED, Rule
from notifications.unreached import UNREACHED
from notifications.variables import Variable, variables_of
from web.format import Language
from workflow.stages import Stage
from workflow.steps import LIFECYCLE

ID = "01890000-0000-7000-8000-000000000000"
ADDRESS = "reader@example.cn"
_NAMES: Mapping[Language, str] = {"zh": "王经办", "en": "Wang Jingban"}
_COUNTY, _CITY, _PROVINCE = "430104", "430100", "43"
_OFFICES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("", Stage.DRAFT, Stage.UNIT_SEALED, Stage.RETURNED), _COUNTY),
        **dict.fromkeys((Stage.COUNTY_RECOMMENDED, Stage.NOT_RECOMMENDED, Stage.LAPSED), _COUNTY),
        Stage.CITY_RECOMMENDED: _CITY,
    }
)
"""Who answers for a letter by the stage its step enters, on a route with every step; the province where it is not here."""
_ABOVE = MappingProxyType({_COUNTY: _CITY, _CITY: _PROVINCE, _PROVINCE: _PROVINCE})
_RECOMMENDED = (Stage.COUNTY_RECOMMENDED, Stage.CITY_RECOMMENDED)
_OF_THE_PROVINCE = (Kind.PROVINCE, Kind.FINANCE, Kind.DISCIPLINE)

_ENDS_IN: Mapping[str, frozenset[Stage]] = MappingProxyType(
    {
        "reconsideration_granted": frozenset({Stage.UNIT_SEALED, Stage.COUNTY_RECOMMENDED, Stage.FORMAL_REVIEW}),
        "reconsideration_dismissed": frozenset({Stage.NOT_RECOMMENDED, Stage.FORM_FAILED}),
        "not_selected": frozenset({Stage.NOT_SELECTED}),
        "objection_upheld": frozenset({Stage.NOTICE_REJECTED}),
        "objection_upheld_anew": frozenset({Stage.PROPOSED}),
        "award_signed": frozenset({Stage.PUBLIC_NOTICE, Stage.RESERVED}),
        "awarded": frozenset({Stage.AWARDED}),
        "tranche_paid": frozenset({Stage.DISBURSING}),
        "paid_in_full": frozenset({Stage.DISBURSED}),
        "recovery_demanded": frozenset({Stage.RECOVERING}),
    }
)
"""Kinds that tell which way a step ended, and so in which of its stages; every other comes in all that its step leads to."""
_REMINDED_IN: Mapping[Rule, tuple[Stage, ...]] = MappingProxyType(
    {
        Rule.INVITATION: (Stage.DRAFT, Stage.RETURNED),
        Rule.CONFIRMATION: (Stage.DRAFT, Stage.RETURNED),
        Rule.SIGNING: (Stage.DRAFT, Stage.RETURNED),
        Rule.DRAFT: (Stage.DRAFT,),
        Rule.CORRECTION: (Stage.RETURNED,),
        Rule.RECONSIDERATION: (Stage.NOT_RECOMMENDED, Stage.FORM_FAILED),
        Rule.HOLDING: (),
    }
)
"""Where something is still awaited; the files that lie with a body are told together."""


_OUTSIDE: tuple[Mapping[str, Line], ...] = (KEPT, joining.ASKED, own_account.TOLD)
"""Kinds that are about no application, each with its one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A letter that could be. *whole*: every value is there, also what may be missing."""

    kind: str
    stage: str
    line: Line
    whole: bool

    @property
    def id(self) -> str:
        """Tells it from the others of its kind, in an address."""
        return f"{self.stage or 'none'}.{self.line.who}.{'whole' if self.whole else 'bare'}"

    def letter(self, language: str) -> Claimed:
        """The letter, to somebody who prefers *language* (zh, en or both)."""
        return Claimed(
            id=ID,
            token="",
            application_id=ID if "number" in variables_of(self.kind) else "",
            kind=self.kind,
            because=self.line.who.value,
            asks=self.line.asks,
            deadline=_deadline() if self.whole or self.line.by else None,
            name=_NAMES["en" if language == "en" else "zh"],
            address=ADDRESS,
            language=language,
            params=canonical(self.params()),
            message_id="",
            attempts=0,
            doubts=0,
            body=None,
            created_at=_at(),
            audience=str(self._audience()),
        )

    def _audience(self) -> Audience:
        kind = READERS.get(self.line.who, (Kind.EXPERT,))[0]
        if kind is Kind.BODY:
            code = self._body()
            return Audience(Kind.PROVINCE if code == _PROVINCE else Kind.BODY, code)
        return Audience(kind, _PROVINCE if kind in _OF_THE_PROVINCE else "")

    def _body(self) -> str:
        """The bureau that reads it."""
        office = _OFFICES.get(self.stage, _PROVINCE)
        match self.kind, self.line.who:
            case "resubmitted_anew", Who.RETURNING_BODY:  # the province gave it back to begin anew
                return _PROVINCE
            case "resubmitted_anew", Who.BODIES_ACTED:
                return _CITY
            case _, Who.NEXT_BODY:
                return _ABOVE[office] if self.stage in _RECOMMENDED else office
            case _, Who.DECIDING_BODY:
                return _ABOVE[office]
            case _, Who.RETURNING_BODY:
                return office
            case _:
                return _COUNTY

    def _office(self) -> str:
        """The bureau that answers for it, as `contents.office_of` has it; "" where it is about no application."""
        if not self.stage:
            return _COUNTY if self.kind == DIGEST else ""
        office = _OFFICES.get(self.stage, _PROVINCE)
        match self.kind, self.line.who:
            case "returned", Who.BODIES_ACTED:
                return _PROVINCE
            case ("not_recommended", Who.BODIES_ACTED) | ("reconsideration_granted" | "reconsideration_dismissed", _):
                return _ABOVE[office]
            case _:
                return _ABOVE[office] if self.kind == UNREACHED and self.stage in _RECOMMENDED else office

    def params(self) -> Mapping[str, Any]:
        """The values of its row."""
        values = variables_of(self.kind).values()
        told = [one for one in values if one.name != "deadline" and (self.whole or not one.optional)]
        params: dict[str, Any] = {"office": office} if (office := self._office()) else {}
        for one in told:
            params.update(_value(one))
        if "stage" in params:
            params["stage"] = self.stage
        params.setdefault("unit", variables_of("unit_sealed")["unit"].example["zh"])
        if self.kind in ("returned", DIGEST):
            params["items"] = [_ITEM]
        if self.line.who in (Who.INVITED, Who.ASKED):
            params |= {"path": f"/invitations/{ID}", "secret": ""}
        if self.line.who is Who.ENTERING:
            params |= {"path": f"/join/{ID}", "secret": ""}
        if self.line.who is Who.SELF:
            params["page"] = own_account.PAGE
        if self.kind == UNREACHED:
            params["letter"] = ID
        if self.kind in KEPT:
            params["page"] = f"/webhooks/{ID}"
        return params


_ITEM = {"label_zh": "2024 年完税证明", "label_en": "Tax certificate of 2024", "reason": "缺第 2 页"}


def _value(variable: Variable) -> Mapping[str, Any]:
    """An example as the row of a letter has it: a text in both languages, anything else once."""
    zh, en = variable.example["zh"], variable.example["en"]
    return {variable.name: zh} if zh == en else {f"{variable.name}_zh": zh, f"{variable.name}_en": en}


def _at() -> datetime:
    return datetime.fromisoformat(str(variables_of("unit_sealed")["at"].example["zh"]))


def _deadline() -> datetime:
    return datetime.fromisoformat(str(variables_of("unit_sealed")["deadline"].example["zh"]))


@lru_cache(maxsize=256)
def samples_of(kind: str) -> tuple[Sample, ...]:
    """Every letter of *kind* there can be, one of each sort. KeyError for an unknown kind."""
    stages: Sequence[str] = tuple(stage.value for stage in stages_of(kind)) or ("",)
    perhaps = any(one.optional for one in variables_of(kind).values())
    return tuple(
        Sample(kind=kind, stage=stage, line=line, whole=whole)
        for whole in ((True, False) if perhaps else (True,))
        for stage in stages
        for line in lines_of(kind)
    )


def stages_of(kind: str) -> tuple[Stage, ...]:
    """The stages in which a letter of *kind* can be written, in the order of the process; none where it is about no application."""
    found = frozenset(_stages(kind))
    return tuple(stage for stage in Stage if stage in found)


def _stages(kind: str) -> Iterator[Stage]:
    if kind == UNREACHED:
        yield from Stage
    for rule, stages in _REMINDED_IN.items():
        if rule.kind == kind:
            yield from stages
    for trigger, kinds in KINDS.items():
        if kind in kinds:
            reached = {step.dest for step in LIFECYCLE if step.trigger == trigger}
            yield from reached & _ENDS_IN.get(kind, reached)


def lines_of(kind: str) -> tuple[Line, ...]:
    """For whom a letter of *kind* is written, what each is asked, and by when."""
    if kind == DIGEST:
        return (Line(Who.NEXT_BODY, "each"), Line(Who.UNIT))
    if kind == UNREACHED:
        return (Line(Who.UNIT, "mend"),)
    reminded = next((lines for rule, lines in REMINDED.items() if rule.kind == kind), ())
    outside = next((lines[kind] for lines in _OUTSIDE if kind in lines), None)
    return TOLD.get(kind, ()) or reminded or ((outside,) if outside else ())


def name_of(kind: str, language: Language) -> str:
    """What a kind of letter is called: the house's own title, of the first sample."""
    return words.title(kind, language, samples_of(kind)[0].params())


def label(sample: Sample, language: Language) -> str:
    """What tells a sample from the others: its stage, for whom, and whether anything is missing."""
    stage = words.stage(sample.stage, language) if sample.stage else ""
    who = words.say(f"because.{sample.line.who}", language, unit="")
    whole = words.say("texts.sample.whole" if sample.whole else "texts.sample.bare", language)
    return " · ".join(part for part in (stage, who, whole) if part)
