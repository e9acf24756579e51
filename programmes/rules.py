"""The kinds of rule a definition can write, and how each is judged: purely, from answers and facts.

`when` says how hard it is: `save` refuses while typing, `seal` refuses the seal, `warn` is a finding that stops nobody.
A rule about an answer that is not there yet is silent; that it is missing is another rule's business.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from pydantic import Field as Setting

from eventstore.refusal import Param, Refusal
from programmes.calendar import full_years
from programmes.judging import Question, Rule
from programmes.row_rules import (
    DayNotBefore,
    DayWithin,
    EvidenceOrder,
    LineEvidence,
    ListsMembers,
    OwnLabour,
    PaymentsHaveLines,
    RelatedDeclared,
    RelatedStatement,
    RowsAtLeast,
    RowsDiffer,
    TaxFits,
)
from programmes.unit_rules import (
    GroupAsRegistered,
    IsTheUnit,
    JoinsUpTo,
    LeadsUpTo,
    LegalPerson,
    NotAwardedBefore,
    NotBarred,
    UnitKind,
    UnitsUpTo,
    UnitTag,
)
from programmes.vocabulary import JSON, chosen

_SAYS = re.compile(r"(?:\w\W*){4}")
"""Four letters or more: less than that between two headings only joins them (、和)."""


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


class ShareAtLeast(Rule):
    """`field` is at least `percent` of the `other` it is part of: on the numbers themselves, never on a rounded share."""

    kind: Literal["share_at_least"]
    field: str
    other: str
    percent: int = Setting(gt=0, le=100)

    def broken(self, question: Question) -> Iterator[Refusal]:
        wholes = dict(_cells(question.answers.get(self.other)))
        for column, part in _cells(question.answers.get(self.field)):
            whole = wholes.get(column)
            if whole is not None and part * 100 < whole * self.percent:
                shown = (_shown(question, self.field, part), _shown(question, self.other, whole))
                yield self.refusal(
                    field=self.field,
                    other=self.other,
                    measure=shown[0],
                    whole=shown[1],
                    limit=self.percent,
                    **_where(column),
                )


class AnyAbove(Rule):
    """`field` > `value` in one column at least: something was done in one of the years."""

    kind: Literal["any_above"]
    field: str
    value: Decimal

    def broken(self, question: Question) -> Iterator[Refusal]:
        values = [value for _, value in _cells(question.answers.get(self.field))]
        if values and max(values) <= self.value.scaleb(question.scales.get(self.field, 0)):
            yield self.refusal(
                field=self.field, measure=_shown(question, self.field, max(values)), limit=f"{self.value:f}"
            )


class RowsCount(Rule):
    """The table in `field` has as many rows as `other` says; with `column`, as many rows where that column says yes."""

    kind: Literal["rows_count"]
    field: str
    other: str
    column: str | None = None

    def broken(self, question: Question) -> Iterator[Refusal]:
        rows, wanted = question.answers.get(self.field), question.answers.get(self.other)
        if not isinstance(rows, list) or not isinstance(wanted, int):
            return
        counted = sum(
            1 for row in rows if self.column is None or (isinstance(row, dict) and row.get(self.column) is True)
        )
        if counted != wanted:
            yield self.refusal(field=self.field, other=self.other, measure=counted, limit=wanted)


class HasParts(Rule):
    """The text in `field` has a part under each of `headings`: the heading, and words behind it before the next one."""

    kind: Literal["has_parts"]
    field: str
    headings: tuple[str, ...] = Setting(min_length=1)

    def broken(self, question: Question) -> Iterator[Refusal]:
        text = question.answers.get(self.field)
        if not isinstance(text, str):
            return
        pieces = re.split(f"({'|'.join(map(re.escape, self.headings))})", text)
        written = {heading for heading, words in zip(pieces[1::2], pieces[2::2], strict=True) if _SAYS.search(words)}
        lacking = [heading for heading in self.headings if heading not in written]
        if lacking:
            yield self.refusal(field=self.field, missing=lacking)


class SaysTogether(Rule):
    """`field` says `value` where several units apply together, and something else where one applies alone."""

    kind: Literal["says_together"]
    field: str
    value: str

    def broken(self, question: Question) -> Iterator[Refusal]:
        answer = question.answers.get(self.field)
        if answer is not None and (answer == self.value) is not question.facts.consortium:
            yield self.refusal(field=self.field)


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
    | ShareAtLeast
    | AnyAbove
    | RowsCount
    | HasParts
    | SaysTogether
    | DayWithin
    | DayNotBefore
    | RowsAtLeast
    | ListsMembers
    | RowsDiffer
    | OwnLabour
    | LineEvidence
    | RelatedDeclared
    | RelatedStatement
    | TaxFits
    | PaymentsHaveLines
    | EvidenceOrder
    | UnitsUpTo
    | UnitTag
    | LegalPerson
    | NotBarred
    | NotAwardedBefore
    | LeadsUpTo
    | JoinsUpTo
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
