"""What a subsidy after the work pays for: categories of cost, the window of their evidence, the rate, the cap and the floor.

The definition's words, and the rows of the two tables that they are about. `subsidy` counts with them, `row_rules` judges them.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from pydantic import Field as Setting

from programmes.fields import FieldType
from programmes.money import Money
from programmes.vocabulary import JSON, Answers, Cited, Id, Several, Sum, Words

LINE_COLUMNS: Mapping[str, FieldType] = {
    "number": FieldType.TEXT,
    "kind": FieldType.SINGLE,
    "supplier": FieldType.TEXT,
    "supplier_code": FieldType.CREDIT_CODE,
    "related_party": FieldType.BOOLEAN,
    "gross": FieldType.MONEY,
    "tax_rate": FieldType.PERCENT,
    "ex_tax": FieldType.MONEY,
    "contract_on": FieldType.DATE,
    "invoice_number": FieldType.TEXT,
    "invoice_on": FieldType.DATE,
}
"""What the table of cost lines must ask, whatever else it asks."""

PAYMENT_COLUMNS: Mapping[str, FieldType] = {
    "line": FieldType.TEXT,
    "paid_on": FieldType.DATE,
    "amount": FieldType.MONEY,
    "statement_from": FieldType.DATE,
    "statement_to": FieldType.DATE,
    "statement_amount": FieldType.MONEY,
}
"""What the table of payments must ask; `line` is the number of the cost line that was paid."""


class CostKind(Cited):
    """A kind of cost inside a category: 硬件购置租赁费."""

    id: Id
    label: Words


class CostCategory(Cited):
    """A category of the guide with its kinds, and the slots in which every one of its lines needs evidence."""

    id: Id
    label: Words
    kinds: tuple[CostKind, ...]
    evidence: Several


class EvidenceKind(Cited):
    """A kind of evidence by its slot, in the guide's short words: 发票, 银行对账单."""

    slot: str
    label: Words


class Window(Cited):
    """Days between which invoices and payments must lie, both in (民法典第1259条)."""

    first: date
    last: date

    @property
    def days(self) -> tuple[str, str]:
        """Both days as answers keep them, to be compared as text."""
        return self.first.isoformat(), self.last.isoformat()

    def holds(self, day: str) -> bool:
        """Whether the day, as answers keep it, lies inside."""
        first, last = self.days
        return first <= day <= last


class Costs(Cited):
    """支持范围投入费用 and what is paid of them. `rate_bp` is in basis points; every rounding goes down (「不超过」).

    `partial_payment`: an invoice that was paid partly inside the window counts by that part, or not at all. `floor_policy`:
    below the floor nothing is awarded, unless the province waives it (waivable), without exception (hard), or there is
    no such test (none); nobody is topped up to the floor. `over_budget`: awards beyond the budget are refused, or all cut alike.
    """

    lines: str
    payments: str
    categories: tuple[CostCategory, ...]
    evidence: tuple[EvidenceKind, ...]
    not_eligible: Several = ()
    window: Window
    tax_tolerance: Sum = Money(1)
    partial_payment: Literal["pro_rata", "exclude"] = "pro_rata"
    rate_bp: int = Setting(ge=0, le=10_000)
    cap: Sum | None = None
    floor: Sum | None = None
    floor_policy: Literal["waivable", "hard", "none"] = "none"
    award_unit: Sum = Money(1)
    over_budget: Literal["refuse", "pro_rata"] = "refuse"

    def category_of(self, kind: str | None) -> CostCategory | None:
        return next((one for one in self.categories if any(each.id == kind for each in one.kinds)), None)

    def evidence_words(self, slot: str) -> Words:
        """What evidence in this slot is called; the slot's own id where the definition has no word for it."""
        return next((one.label for one in self.evidence if one.slot == slot), Words(zh=slot, en=slot))


class CostLine(NamedTuple):
    """A row of the table of cost lines as far as it is filled; `row` counts from 1, money is fen, `tax_rate` basis points."""

    row: int
    number: str
    kind: str | None
    supplier: str
    supplier_code: str
    related_party: bool | None
    gross: int | None
    tax_rate: int | None
    ex_tax: int | None
    contract_on: str | None
    invoice_number: str
    invoice_on: str | None

    @property
    def name(self) -> str:
        """Its number, or its place in the table until it has one."""
        return self.number or str(self.row)


class Payment(NamedTuple):
    """A row of the table of payments; days are as answers keep them, YYYY-MM-DD."""

    row: int
    line: str
    paid_on: str | None
    amount: int | None
    statement_from: str | None
    statement_to: str | None
    statement_amount: int | None


def lines_of(costs: Costs, answers: Answers) -> Iterator[CostLine]:
    """The cost lines in their order. What stands in a column is what the column's type keeps; `check` has asked for it."""
    for number, row in _rows(answers.get(costs.lines)):
        get = row.get
        yield CostLine(
            number,
            get("number") or "",
            get("kind"),
            get("supplier") or "",
            get("supplier_code") or "",
            get("related_party"),
            get("gross"),
            get("tax_rate"),
            get("ex_tax"),
            get("contract_on"),
            get("invoice_number") or "",
            get("invoice_on"),
        )


def payments_of(costs: Costs, answers: Answers) -> Iterator[Payment]:
    """The payments in their order."""
    for number, row in _rows(answers.get(costs.payments)):
        get = row.get
        yield Payment(
            number,
            get("line") or "",
            get("paid_on"),
            get("amount"),
            get("statement_from"),
            get("statement_to"),
            get("statement_amount"),
        )


def _rows(answer: JSON) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, row in enumerate(answer if isinstance(answer, list) else (), 1):
        if isinstance(row, dict):
            yield number, row
