"""The small words every part of a definition is written in: both languages, a clause, a condition.

A definition is read into frozen models that know no other word than theirs; what they do not know is a fault.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from programmes import calendar
from programmes.money import Money
from programmes.shapes import is_list, is_mapping

JSON: TypeAlias = "str | int | bool | list[JSON] | dict[str, JSON] | None"
"""A canonical answer. It holds no float."""

Answers: TypeAlias = Mapping[str, JSON]


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _instant(value: object) -> object:
    return calendar.instant(value) if isinstance(value, str) else value


def _money(value: object) -> object:
    return Money.read(value) if isinstance(value, str) else value


_Moment = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$")]
_Amount = Annotated[str, Field(pattern=r"^[+-]?[0-9][0-9,]*(\.[0-9]+)? *(万元|元)$")]
Several = Annotated[tuple[str, ...], BeforeValidator(_one_or_many, json_schema_input_type=str | tuple[str, ...])]
Instant = Annotated[datetime, BeforeValidator(_instant, json_schema_input_type=_Moment)]
Sum = Annotated[Money, BeforeValidator(_money, json_schema_input_type=_Amount)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Code = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,59}$")]


class Vocabulary(BaseModel):
    """A piece of a definition: frozen, and strict about the words it knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Words(Vocabulary):
    """The same said in Chinese, verbatim where a source says it, and in English."""

    zh: str
    en: str


class Cited(Vocabulary):
    """Something a clause asks for: `rule` numbers it, `source` says where it is written."""

    rule: Several = ()
    source: str = ""


class Choice(Vocabulary):
    """A named column: a report year, 训练算力, 推理算力."""

    id: str
    label: Words


class Condition(Vocabulary):
    """When something holds: one subject (`field`, `fact` or `direction`) and what is asked of it."""

    field: str | None = None
    fact: Literal["consortium"] | None = None
    direction: str | None = None
    is_: bool | str | None = Field(default=None, alias="is")
    has: str | None = None
    given: bool | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "Condition":
        asked = sum(part is not None for part in (self.is_, self.has, self.given))
        if sum(part is not None for part in (self.field, self.fact, self.direction)) != 1 or asked > 1:
            raise ValueError(
                "一个条件只说一件事：field、fact 或 direction / a condition has one subject and one question"
            )
        if self.field is not None and asked != 1:
            raise ValueError("field 条件要有 is、has 或 given / a condition on a field needs is, has or given")
        return self

    def holds(self, answers: Answers, direction: str, facts: "Facts", column: str | None = None) -> bool:
        """Whether it is so; for a field with columns, in *column*."""
        if self.direction is not None:
            return direction == self.direction
        if self.fact is not None:
            return facts.consortium is (True if self.is_ is None else self.is_)
        value = answers.get(self.field or "")
        if column is not None and isinstance(value, dict) and "chosen" not in value:
            value = value.get(column)
        if self.given is not None:
            return (value is not None) is self.given
        if self.has is not None:
            return self.has in chosen(value)
        return value is not None and value == self.is_


class Facts(Vocabulary):
    """What judging needs beside the answers; gathered by whoever asks, so that judging itself looks nothing up.

    `held` names every attached file as (slot, label). `group_units` are the other units that the register counts to the lead
    unit's group, `group_root` is the controller it names for them. `awarded_names` are the unit's projects that were awarded before. `leads` counts the unit's live
    applications of the call, this one among them. `members` are the names of the units that joined, in their order;
    `joined` counts for each, by name, the live applications of the call that it is a member of.
    """

    today: date
    unit_code: str | None = None
    unit_kind: str | None = None
    legal_person: bool | None = None
    unit_tags: frozenset[str] | None = None
    group_units: frozenset[str] = frozenset()
    group_root: str | None = None
    consortium: bool = False
    units: int = 1
    members: tuple[str, ...] = ()
    attached: frozenset[str] = frozenset()
    held: frozenset[tuple[str, str]] = frozenset()
    awarded_names: frozenset[str] = frozenset()
    leads: int = 1
    joined: Mapping[str, int] = {}
    barred_until: date | None = None


def chosen(value: object) -> Sequence[str]:
    """The options that an answer chose; none where it is no answer to a question with options."""
    if is_mapping(value):
        options = value.get("chosen", [])
        return [str(option) for option in options] if is_list(options) else []
    return [value] if isinstance(value, str) else []
