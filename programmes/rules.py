"""The kinds of rule a definition can write, and how each is judged: purely, from answers and facts.

`when` says how hard it is: `save` refuses while typing, `seal` refuses the seal, `warn` is a finding that stops nobody.
A rule about an answer that is not there yet is silent; that it is missing is another rule's business.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import Field as Setting

from eventstore.refusal import Param, Refusal
from programmes.calendar import full_years
from programmes.judging import Question, Rule
from programmes.unit_rules import (
    GroupAsRegistered,
    IsTheUnit,
    LeadsUpTo,
    LegalPerson,
    NotAwardedBefore,
    NotBarred,
    UnitKind,
    UnitsUpTo,
    UnitTag,
)
from programmes.vocabulary import JSON, chosen


class NotAbove(Rule):
    """`field` ≤ `other`, in each column."""

    kind: Literal["not_above"]
    field: str
    other: str

    def broken(self, question: Question) -> Iterator[Refusal]:
        limits = dict(_cells(question.answers.get(self.other)))
        for column, value in _cells(question.answers.get(self.field)):
            limit = limits.get(column)
            if limit is not None and value > limit:
                shown = (_shown(question, self.field, value), _shown(question, self.other, limit))
                yield self.refusal(
                    field=self.field, other=self.other, measure=shown[0], limit=shown[1], **_where(column)
                )


class AtLeast(Rule):
    """`field` ≥ `value`, the value included (民法典 §1259: 以上包括本数)."""

    kind: Literal["at_least"]
    field: str
    value: Decimal

    def broken(self, question: Question) -> Iterator[Refusal]:
        for column, value in _cells(question.answers.get(self.field)):
            if value < self.value.scaleb(question.scales.get(self.field, 0)):
                measure = _shown(question, self.field, value)
                yield self.refusal(field=self.field, measure=measure, limit=f"{self.value:f}", **_where(column))


class NotOver(Rule):
    """`field` ≤ `value`, the value included."""

    kind: Literal["not_over"]
    field: str
    value: Decimal

    def broken(self, question: Question) -> Iterator[Refusal]:
        for column, value in _cells(question.answers.get(self.field)):
            if value > self.value.scaleb(question.scales.get(self.field, 0)):
                measure = _shown(question, self.field, value)
                yield self.refusal(field=self.field, measure=measure, limit=f"{self.value:f}", **_where(column))


class MustBe(Rule):
    """`field` must say `value`: a declaration that has one right answer."""

    kind: Literal["must_be"]
    field: str
    value: bool | str

    def broken(self, question: Question) -> Iterator[Refusal]:
        answer = question.answers.get(self.field)
        if answer is not None and answer != self.value:
            yield self.refusal(field=self.field)


class Includes(Rule):
    """The options chosen in `field` include `option`."""

    kind: Literal["includes"]
    field: str
    option: str

    def broken(self, question: Question) -> Iterator[Refusal]:
        answer = question.answers.get(self.field)
        if answer is not None and self.option not in chosen(answer):
            yield self.refusal(field=self.field, option=self.option)


class MatchesDirection(Rule):
    """`field` says the direction that the application was opened in."""

    kind: Literal["matches_direction"]
    field: str
    values: dict[str, str]

    def broken(self, question: Question) -> Iterator[Refusal]:
        answer, wanted = question.answers.get(self.field), self.values.get(question.direction)
        if answer is not None and answer != wanted:
            yield self.refusal(field=self.field, direction=question.direction)


class FullYears(Rule):
    """`field` is a day at least `years` whole accounting years before the call closes."""

    kind: Literal["full_years"]
    field: str
    years: int

    def broken(self, question: Question) -> Iterator[Refusal]:
        answer = question.answers.get(self.field)
        if isinstance(answer, str):
            measure = full_years(date.fromisoformat(answer), question.closes_on)
            if measure < self.years:
                yield self.refusal(field=self.field, measure=measure, limit=self.years)


class LiesWithin(Rule):
    """The division in `field` lies in the region whose code begins so."""

    kind: Literal["lies_within"]
    field: str
    region: str

    def broken(self, question: Question) -> Iterator[Refusal]:
        answer = question.answers.get(self.field)
        if isinstance(answer, str) and not answer.startswith(self.region):
            yield self.refusal(field=self.field, measure=answer, region=self.region)


class AnyGiven(Rule):
    """At least one of `fields` is filled."""

    kind: Literal["any_given"]
    fields: tuple[str, ...]

    def broken(self, question: Question) -> Iterator[Refusal]:
        if all(question.answers.get(field) is None for field in self.fields):
            yield self.refusal(fields=list(self.fields))


class ExpectsFile(Rule):
    """Who fills `field` is expected to attach a file in `slot`."""

    kind: Literal["expects_file"]
    field: str
    slot: str

    def broken(self, question: Question) -> Iterator[Refusal]:
        if question.answers.get(self.field) is not None and self.slot not in question.facts.attached:
            yield self.refusal(field=self.field, slot=self.slot)


AnyRule: TypeAlias = Annotated[
    NotAbove
    | AtLeast
    | NotOver
    | MustBe
    | Includes
    | MatchesDirection
    | FullYears
    | UnitKind
    | IsTheUnit
    | LiesWithin
    | AnyGiven
    | ExpectsFile
    | UnitsUpTo
    | UnitTag
    | LegalPerson
    | NotBarred
    | NotAwardedBefore
    | LeadsUpTo
    | GroupAsRegistered,
    Setting(discriminator="kind"),
]


def _cells(answer: JSON) -> Iterator[tuple[str | None, Decimal]]:
    """The numbers of an answer, by column; None is the column of an answer without columns."""
    cells = answer.items() if isinstance(answer, dict) else [(None, answer)]
    for column, value in cells:
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield column, Decimal(value)


def _where(column: str | None) -> dict[str, Param]:
    return {} if column is None else {"column": column}


def _shown(question: Question, field: str, value: Decimal) -> str:
    shown = f"{value.scaleb(-question.scales.get(field, 0)):f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown
