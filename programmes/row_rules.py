"""The kinds of rule about the rows of a table, and about cost lines, their payments and their evidence.

Rows are named as people number them. Of many rows with the same fault the first few are named: an answer stays readable.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Literal

from pydantic import Field as Setting

from eventstore.refusal import Refusal
from programmes.costs import CostLine, Costs, Payment, lines_of, payments_of
from programmes.judging import Question, Rule
from programmes.vocabulary import JSON, Several

MOST_NAMED = 20
"""How many rows of one fault are named."""

_APART = re.compile(r"[、，,;；\s]+")


class DayWithin(Rule):
    """The day in `field` lies between `first` and `last`, both in; either may be left open."""

    kind: Literal["day_within"]
    field: str
    first: date | None = None
    last: date | None = None

    def broken(self, question: Question) -> Iterator[Refusal]:
        day = question.answers.get(self.field)
        if not isinstance(day, str):
            return
        first, last = self.first.isoformat() if self.first else "", self.last.isoformat() if self.last else ""
        if (first and day < first) or (last and day > last):
            yield self.refusal(field=self.field, measure=day, value=day, min=first, max=last)


class DayNotBefore(Rule):
    """The day in `field` is not before the day in `other`."""

    kind: Literal["day_not_before"]
    field: str
    other: str

    def broken(self, question: Question) -> Iterator[Refusal]:
        day, other = question.answers.get(self.field), question.answers.get(self.other)
        if isinstance(day, str) and isinstance(other, str) and day < other:
            yield self.refusal(field=self.field, other=self.other, measure=day, limit=other)


class RowsAtLeast(Rule):
    """The table in `field` has at least `value` rows that count: with `option` chosen in `column`, filled in every column of
    `given`, no day in `dated` after `last`, and different in `distinct`. A table without rows is silent: that it is missing is
    another rule's business."""

    kind: Literal["rows_at_least"]
    field: str
    value: int = Setting(gt=0)
    column: str | None = None
    option: str | None = None
    given: Several = ()
    dated: Several = ()
    last: date | None = None
    distinct: str | None = None

    def broken(self, question: Question) -> Iterator[Refusal]:
        rows = question.answers.get(self.field)
        if not isinstance(rows, list):
            return
        counting = [row for row in rows if isinstance(row, dict) and self._counts(row)]
        measure = len(counting) if self.distinct is None else len(_different(counting, self.distinct))
        if measure < self.value:
            yield self.refusal(field=self.field, measure=measure, limit=self.value)

    def _counts(self, row: Mapping[str, JSON]) -> bool:
        if self.column is not None and row.get(self.column) != self.option:
            return False
        latest = self.last.isoformat() if self.last else "9999"
        in_time = all(not isinstance(day := row.get(column), str) or day <= latest for column in self.dated)
        return in_time and all(row.get(column) is not None for column in self.given)


class ListsMembers(Rule):
    """The rows of the table in `field` name in `column` just the members that joined; silent while nobody has."""

    kind: Literal["lists_members"]
    field: str
    column: str

    def broken(self, question: Question) -> Iterator[Refusal]:
        joined, rows = question.facts.members, question.answers.get(self.field)
        if not joined or not isinstance(rows, list):
            return
        listed = [str(row.get(self.column, "")).strip() for row in rows if isinstance(row, dict)]
        missing = [name for name in joined if name not in listed]
        beyond = [name for name in listed if name and name not in joined]
        if missing or beyond or len(set(listed)) != len(listed):
            yield self.refusal(field=self.field, missing=missing, beyond=beyond)


class RowsDiffer(Rule):
    """No two rows of the table in `field` say the same in `column`; spaces and case do not make a difference."""

    kind: Literal["rows_differ"]
    field: str
    column: str

    def broken(self, question: Question) -> Iterator[Refusal]:
        rows = question.answers.get(self.field)
        if not isinstance(rows, list):
            return
        said = [_comparable(row.get(self.column)) if isinstance(row, dict) else "" for row in rows]
        often = Counter(said)
        first: dict[str, int] = {}
        twice = [(number, name) for number, name in enumerate(said, 1) if name and often[name] > 1]
        for number, name in twice:
            first.setdefault(name, number)
        again = ((number, first[name]) for number, name in twice if number != first[name])
        for number, before in islice(again, MOST_NAMED):
            yield self.refusal(field=self.field, row=number, column=self.column, same_as=before)


class OwnLabour(Rule):
    """No cost line is the applicant's own work: of a kind that is not eligible, or supplied by the applicant itself."""

    kind: Literal["own_labour"]

    def broken(self, question: Question) -> Iterator[Refusal]:
        costs, unit = question.costs, question.facts.unit_code or question.answers.get("credit_code")
        if costs is None:
            return
        name = _comparable(question.answers.get("unit_name"))
        own = (
            (line, "kind" if line.kind in costs.not_eligible else "supplier_code")
            for line in lines_of(costs, question.answers)
            if line.kind in costs.not_eligible or _is(line, unit, name)
        )
        for line, column in islice(own, MOST_NAMED):
            yield self.refusal(field=costs.lines, row=line.row, column=column, line=line.name)


class LineEvidence(Rule):
    """Every cost line has a file in each slot that its category wants. A file's label names the lines it is for: `C1-1、C1-2`,
    or `*` for all. Lines that lack the same are named together. Silent while nothing at all is attached."""

    kind: Literal["line_evidence"]

    def broken(self, question: Question) -> Iterator[Refusal]:
        costs, held = question.costs, question.facts.held
        if costs is None or not held:
            return
        there = _covered(held)
        lacking: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for line in lines_of(costs, question.answers):
            category = costs.category_of(line.kind)
            slots = category.evidence if category else ()
            missing = tuple(slot for slot in slots if not {line.number, "*"} & there.get(slot, set()))
            if missing:
                lacking[missing].append(line.name)
        for missing, names in lacking.items():
            words = [costs.evidence_words(slot) for slot in missing]
            yield self.refusal(
                field=costs.lines,
                line=names[:MOST_NAMED],
                count=len(names),
                missing=list(missing),
                missing_zh=[each.zh for each in words],
                missing_en=[each.en for each in words],
            )


class RelatedDeclared(Rule):
    """A cost line whose supplier the register counts to the applicant's group, or whom the applicant itself named as its
    controller in `controller`, is declared as a related party's."""

    kind: Literal["related_declared"]
    controller: str | None = None

    def broken(self, question: Question) -> Iterator[Refusal]:
        costs, facts = question.costs, question.facts
        if costs is None:
            return
        declared = question.answers.get(self.controller) if self.controller else None
        group = {*facts.group_units, *(one for one in (facts.group_root, declared) if isinstance(one, str) and one)}
        hidden = (
            line
            for line in lines_of(costs, question.answers)
            if line.supplier_code in group and line.related_party is not True
        )
        for line in islice(hidden, MOST_NAMED):
            yield self.refusal(
                field=costs.lines, row=line.row, column="related_party", line=line.name, supplier=line.supplier_code
            )


class RelatedStatement(Rule):
    """Where a cost line is a related party's, each of the `slots` holds a file."""

    kind: Literal["related_statement"]
    slots: Several

    def broken(self, question: Question) -> Iterator[Refusal]:
        costs = question.costs
        if costs is None:
            return
        related = [line.name for line in lines_of(costs, question.answers) if line.related_party]
        missing = [slot for slot in self.slots if slot not in question.facts.attached]
        if related and missing:
            words = [costs.evidence_words(one) for one in missing]
            yield self.refusal(
                line=related[:MOST_NAMED],
                missing=missing,
                missing_zh=[each.zh for each in words],
                missing_en=[each.en for each in words],
            )


class TaxFits(Rule):
    """Gross, rate and the sum without tax of a cost line belong together; what a rounded invoice may differ is tolerated."""

    kind: Literal["tax_fits"]

    def broken(self, question: Question) -> Iterator[Refusal]:
        costs = question.costs
        if costs is None:
            return
        wrong = (line for line in lines_of(costs, question.answers) if not _fits(line, costs.tax_tolerance.fen))
        for line in islice(wrong, MOST_NAMED):
            yield self.refusal(
                field=costs.lines,
                row=line.row,
                column="ex_tax",
                line=line.name,
                gross=line.gross or 0,
                rate=line.tax_rate or 0,
                measure=line.ex_tax or 0,
                limit=_without_tax(line.gross or 0, line.tax_rate or 0),
            )


class PaymentsHaveLines(Rule):
    """Every payment names a cost line that is there, and together they do not exceed what the line costs."""

    kind: Literal["payments_have_lines"]

    def broken(self, question: Question) -> Iterator[Refusal]:
        costs = question.costs
        if costs is None:
            return
        left = {line.number: line.gross for line in lines_of(costs, question.answers) if line.number}
        named = 0
        for payment in payments_of(costs, question.answers):
            rest, amount = left.get(payment.line), payment.amount or 0
            if payment.line in left and (rest is None or amount <= rest):
                left[payment.line] = None if rest is None else rest - amount
            elif payment.line and named < MOST_NAMED:
                named += 1
                column = "amount" if payment.line in left else "line"
                yield self.refusal(field=costs.payments, row=payment.row, column=column, line=payment.line)


class EvidenceOrder(Rule):
    """「相关发票、支付凭证和银行对账单的时间要对应」, one question a rule. `asks`: the invoice and the payment lie inside the
    window, the contract is not before it, nothing is paid before its contract, a payment lies inside its bank statement,
    and the statement shows the same sum. All lines that it is about are named at once."""

    kind: Literal["evidence_order"]
    asks: Literal["inside_window", "contract_in_window", "paid_after_contract", "inside_statement", "same_as_statement"]

    def broken(self, question: Question) -> Iterator[Refusal]:
        costs = question.costs
        if costs is None:
            return
        lines = list(lines_of(costs, question.answers))
        contracts = {line.number: line.contract_on for line in lines}
        odd = [line.name for line in lines if self._odd_line(line, costs)]
        odd += [
            payment.line
            for payment in payments_of(costs, question.answers)
            if self._odd_payment(payment, costs, contracts.get(payment.line))
        ]
        if names := list(dict.fromkeys(odd)):
            found = self.refusal(field=costs.lines, line=names[:MOST_NAMED], count=len(names))
            yield replace(found, params={**found.params, **self._words(names)})

    def _words(self, names: list[str]) -> dict[str, str]:
        """The rule's own words with the lines behind them."""
        if self.says is None:
            return {}
        more = "…" if len(names) > MOST_NAMED else ""
        named = "、".join(names[:MOST_NAMED]) + more
        return {"zh": f"{self.says.zh}：{named}", "en": f"{self.says.en}: {named}"}

    def _odd_line(self, line: CostLine, costs: Costs) -> bool:
        match self.asks:
            case "inside_window":
                return line.invoice_on is not None and not costs.window.holds(line.invoice_on)
            case "contract_in_window":
                return line.contract_on is not None and line.contract_on < costs.window.first.isoformat()
            case _:
                return False

    def _odd_payment(self, payment: Payment, costs: Costs, contract_on: str | None) -> bool:
        day = payment.paid_on
        match self.asks:
            case "inside_window":
                return day is not None and not costs.window.holds(day)
            case "paid_after_contract":
                return day is not None and contract_on is not None and day < contract_on
            case "inside_statement":
                early, late = payment.statement_from, payment.statement_to
                return day is not None and ((early is not None and day < early) or (late is not None and day > late))
            case "same_as_statement":
                shown = payment.statement_amount
                return shown is not None and payment.amount is not None and shown != payment.amount
            case _:
                return False


def _is(line: CostLine, unit: JSON, name: str) -> bool:
    """Whether the line is supplied by the unit of this code or of this name."""
    return bool(line.supplier_code and line.supplier_code == unit) or bool(name and _comparable(line.supplier) == name)


def _fits(line: CostLine, tolerance: int) -> bool:
    """Whether the sum without tax is that of the gross sum, to the nearest fen and no more than *tolerance* beside it."""
    if line.gross is None or line.tax_rate is None or line.ex_tax is None:
        return True
    return abs(line.ex_tax - _without_tax(line.gross, line.tax_rate)) <= tolerance


def _without_tax(gross: int, rate: int) -> int:
    """What *gross* is without a tax of *rate* basis points, to the nearest fen."""
    parts = 10_000 + rate
    return (2 * 10_000 * gross + parts) // (2 * parts)


def _covered(held: frozenset[tuple[str, str]]) -> dict[str, set[str]]:
    """The line numbers that the labels of each slot's files name."""
    found: dict[str, set[str]] = defaultdict(set)
    for slot, label in held:
        found[slot].update(part for part in _APART.split(label) if part)
    return found


def _different(rows: list[dict[str, JSON]], column: str) -> set[str]:
    return {name for row in rows if (name := _comparable(row.get(column)))}


def _comparable(value: JSON) -> str:
    return "".join(value.split()).casefold() if isinstance(value, str) else ""
