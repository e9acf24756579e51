"""What every kind of rule is made of: the question that judging answers, and the rule that answers it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from eventstore.refusal import Param, Refusal
from programmes.costs import Costs
from programmes.vocabulary import Answers, Cited, Code, Facts, Several, Words


@dataclass(frozen=True, slots=True)
class Question:
    """What judging one rule gets to see. `scales` tells by which power of ten a number is kept larger than it is written,
    `costs` what the programme pays for, where it says so."""

    answers: Answers
    direction: str
    facts: Facts
    closes_on: date
    scales: Mapping[str, int]
    costs: Costs | None = None


class Rule(Cited):
    """What every rule has: its code, its weight, whom it binds, and, for rules of one call alone, its own words."""

    code: Code
    when: Literal["save", "seal", "warn"]
    directions: Several = ()
    says: Words | None = None

    def refusal(self, **params: Param) -> Refusal:
        words: dict[str, Param] = {} if self.says is None else {"zh": self.says.zh, "en": self.says.en}
        return Refusal.of(self.code, source=self.source, **params, **words)

    def broken(self, question: Question) -> Iterator[Refusal]:
        raise NotImplementedError
