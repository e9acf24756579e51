"""What a form asks: sections of fields, each with its label, type, unit and limits, in the official order."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from pydantic import Field as Setting
from pydantic import model_validator

from programmes.shapes import is_list, is_mapping
from programmes.vocabulary import Choice, Cited, Condition, Id, Several, Vocabulary, Words


class FieldType(StrEnum):
    TEXT = "text"
    LONGTEXT = "longtext"
    MONEY = "money"
    PERCENT = "percent"
    DECIMAL = "decimal"
    INTEGER = "integer"
    DATE = "date"
    MONTH = "month"
    BOOLEAN = "boolean"
    SINGLE = "single"
    MULTI = "multi"
    CREDIT_CODE = "credit_code"
    PHONE = "phone"
    EMAIL = "email"
    DIVISION = "division"
    ACCOUNT = "account"
    TABLE = "table"


NUMBERS = frozenset({FieldType.MONEY, FieldType.PERCENT, FieldType.DECIMAL, FieldType.INTEGER})
WITH_OPTIONS = frozenset({FieldType.SINGLE, FieldType.MULTI})
PERSONAL = frozenset({FieldType.TEXT, FieldType.PHONE, FieldType.EMAIL, FieldType.ACCOUNT})

YUAN = "元"
"""The unit of sums in money documents; forms ask 万元."""

YES = Words(zh="是", en="Yes")
NO = Words(zh="否", en="No")


class Option(Vocabulary):
    """One box to tick. `text` names the blank beside it that must be filled when it is ticked: 模型名称, 其他."""

    id: Id
    label: Words
    group: str = ""
    text: Words | None = None


class Share(Vocabulary):
    """How a percentage follows from two other answers: `part` of `whole`, two decimals, half up."""

    part: Id
    whole: Id


class Field(Cited):
    """One question. Numbers are limited in the unit they are written in; texts in 字 (`max_zi`) or characters.

    `required` and `min_items` are asked when the unit seals; every other limit already when a section is saved.
    `by_year` repeats the question for each report year of the call, `by` for each named column. What is `computed` is
    shown and printed, but never typed, never kept, and no rule reads it.
    """

    id: Id
    label: Words
    type: FieldType
    unit: str = ""
    hint: Words | None = None
    group: Words | None = None
    required: bool = True
    required_when: Condition | None = None
    directions: Several = ()
    personal: bool = False
    by_year: bool = False
    by: tuple[Choice, ...] = ()
    max_chars: int = Setting(default=200, gt=0, le=100_000)
    max_zi: int | None = Setting(default=None, gt=0)
    figures: bool = False
    min: Decimal | None = None
    above: Decimal | None = None
    max: Decimal | None = None
    decimals: int | None = Setting(default=None, ge=0, le=12)
    not_future: bool = False
    options: tuple[Option, ...] = ()
    min_items: int = Setting(default=0, ge=0)
    max_items: int = Setting(default=200, gt=0, le=5_000)
    columns: tuple["Field", ...] = ()
    computed: Share | None = None

    def option(self, id_or_label: str) -> Option | None:
        """The option of this id, or of this Chinese label: figures come in from spreadsheets too."""
        return next((option for option in self.options if id_or_label in (option.id, option.label.zh)), None)

    @property
    def places(self) -> int:
        """How many decimals may be written."""
        if self.decimals is not None:
            return self.decimals
        return {FieldType.MONEY: self.scale, FieldType.PERCENT: 2, FieldType.DECIMAL: 4}.get(self.type, 0)

    @property
    def scale(self) -> int:
        """By which power of ten the kept whole number is larger than the one written: fen of 万元 or of 元, basis points."""
        if self.type is FieldType.MONEY:
            return 2 if self.unit == YUAN else 6
        return 2 if self.type is FieldType.PERCENT else 0

    @property
    def longest(self) -> int:
        """The most characters that are read at all; a limit in 字 alone would let one endless word through."""
        return self.max_chars if self.max_zi is None else self.max_zi * 20

    def asked_of(self, direction: str) -> bool:
        return not self.directions or direction in self.directions


class Section(Cited):
    """A part of the form with its own heading and its own version; `under` is the official part it belongs to.

    `quotes` are rules of the direction's guide whose clauses stand beside the questions.
    """

    id: Id
    heading: Words
    under: Words | None = None
    guide: Words | None = None
    quotes: Several = ()
    on_paper: bool = True
    directions: Several = ()
    fields: tuple[Field, ...]

    @model_validator(mode="before")
    @classmethod
    def _cite_the_part(cls, data: object) -> object:
        """A field that names no clause comes from its own line of the part."""
        if not is_mapping(data):
            return data
        part, fields = data.get("source"), data.get("fields")
        return {**data, "fields": [_cited(field, part) for field in fields]} if part and is_list(fields) else data

    def field(self, field_id: str) -> Field | None:
        return next((field for field in self.fields if field.id == field_id), None)

    def asked(self, direction: str) -> tuple[Field, ...]:
        """The fields that applicants of this direction see."""
        return tuple(field for field in self.fields if field.asked_of(direction))


def _cited(field: object, part: object) -> object:
    if not is_mapping(field) or "source" in field:
        return field
    label = field.get("label")
    return {**field, "source": f"{part}「{label.get('zh')}」"} if is_mapping(label) else field


def personal_ids(sections: Iterable[Section]) -> frozenset[str]:
    """The fields whose answers tell something about a person and must lie out of line."""
    return frozenset(field.id for section in sections for field in section.fields if field.personal)


def personal_columns(sections: Iterable[Section]) -> dict[str, frozenset[str]]:
    """The columns whose cells do, by table; tables without such a column are not named."""
    tables = [field for section in sections for field in section.fields if any(one.personal for one in field.columns)]
    return {table.id: frozenset(column.id for column in table.columns if column.personal) for table in tables}
