"""The kinds of rule about the lead unit, judged from what the register and the other applications know of it.

None of them looks anything up: what is known comes in `Facts`, and a rule about what is not known is silent.
"""

from collections.abc import Iterator
from typing import Literal

from eventstore.refusal import Refusal
from programmes.judging import Question, Rule
from programmes.vocabulary import Cited, Code, Id, Several


class UnitKind(Rule):
    """The lead unit is of one of these kinds; its kind is the register's fact, not the form's."""

    kind: Literal["unit_kind"]
    values: Several

    def broken(self, question: Question) -> Iterator[Refusal]:
        found = question.facts.unit_kind
        if found is not None and found not in self.values:
            yield self.refusal(unit_kind=found, allowed=list(self.values))


class UnitTag(Rule):
    """The lead unit is marked in the register as one of these: ai_enterprise, research, manufacturer."""

    kind: Literal["unit_tag"]
    values: Several

    def broken(self, question: Question) -> Iterator[Refusal]:
        found = question.facts.unit_tags
        if found is not None and found.isdisjoint(self.values):
            yield self.refusal(unit_tags=sorted(found), allowed=list(self.values))


class LegalPerson(Rule):
    """The lead unit is a legal person of its own; a branch is not."""

    kind: Literal["legal_person"]

    def broken(self, question: Question) -> Iterator[Refusal]:
        if question.facts.legal_person is False:
            yield self.refusal()


class NotBarred(Rule):
    """No decision bars the lead unit from applying today; the last day of a bar still counts."""

    kind: Literal["not_barred"]

    def broken(self, question: Question) -> Iterator[Refusal]:
        until = question.facts.barred_until
        if until is not None and question.facts.today <= until:
            yield self.refusal(until=until.isoformat())


class NotAwardedBefore(Rule):
    """The lead unit was awarded nothing before: under the name in `field`, or, without one, at all."""

    kind: Literal["not_awarded_before"]
    field: str | None = None

    def broken(self, question: Question) -> Iterator[Refusal]:
        awarded = question.facts.awarded_names
        if self.field is None:
            if awarded:
                yield self.refusal(measure=len(awarded))
            return
        name = question.answers.get(self.field)
        if isinstance(name, str) and comparable(name) in {comparable(one) for one in awarded}:
            yield self.refusal(field=self.field)


class LeadsUpTo(Rule):
    """The lead unit leads no more live applications of the call than this, the one that is judged among them."""

    kind: Literal["leads_up_to"]
    value: int

    def broken(self, question: Question) -> Iterator[Refusal]:
        if question.facts.leads > self.value:
            yield self.refusal(measure=question.facts.leads, limit=self.value)


class JoinsUpTo(Rule):
    """No member unit has joined more live applications of the call than this, the one that is judged among them (A-26)."""

    kind: Literal["joins_up_to"]
    value: int

    def broken(self, question: Question) -> Iterator[Refusal]:
        beyond = {name: count for name, count in question.facts.joined.items() if count > self.value}
        if beyond:
            yield self.refusal(units=list(beyond), measure=max(beyond.values()), limit=self.value)


class GroupAsRegistered(Rule):
    """`field` names the ultimate controller that the register has for the lead unit; an empty answer says there is none."""

    kind: Literal["group_as_registered"]
    field: str

    def broken(self, question: Question) -> Iterator[Refusal]:
        registered = question.facts.group_root
        if registered and (question.answers.get(self.field) or question.facts.unit_code) != registered:
            yield self.refusal(field=self.field, registered=registered)


class IsTheUnit(Rule):
    """`field` holds the lead unit's own credit code."""

    kind: Literal["is_the_unit"]
    field: str

    def broken(self, question: Question) -> Iterator[Refusal]:
        answer, unit = question.answers.get(self.field), question.facts.unit_code
        if answer is not None and unit is not None and answer != unit:
            yield self.refusal(field=self.field)


class UnitsUpTo(Rule):
    """No more units than this in all, the lead included."""

    kind: Literal["units_up_to"]
    value: int

    def broken(self, question: Question) -> Iterator[Refusal]:
        if question.facts.units > self.value:
            yield self.refusal(measure=question.facts.units, limit=self.value)


class Exclusivity(Cited):
    """One live application a year: of a unit, or of a whole group, over every programme of the same family.

    No answer breaks it and no single application sees it; `workflow` keeps the places and refuses with `code`. The group
    is what the register names and what the answer to `declared_in` names. `waivable`: the province may grant an exception.
    """

    per: Literal["unit", "group"]
    family: Id
    code: Code
    waivable: bool = False
    declared_in: str | None = None


def comparable(name: str) -> str:
    """The form in which two names of projects are compared: spacing and case say nothing."""
    return "".join(name.split()).casefold()
