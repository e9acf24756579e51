"""How much a subsidy after the work comes to: line by line, then by rate, cap and floor, every figure with its reason.

Pure, whole fen, always rounded down. Without the auditor's figures it is an estimate; nobody is topped up to the floor.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from programmes.costs import CostLine, Costs, lines_of, payments_of
from programmes.money import Money, portion
from programmes.vocabulary import Answers, Words


class Step(NamedTuple):
    """One step of the reckoning: which it is, the figures in it (fen, or as written), and both in a sentence."""

    code: str
    figures: Mapping[str, int | str]

    @property
    def words(self) -> Words:
        shown = {name: Money(value).yuan() if isinstance(value, int) else value for name, value in self.figures.items()}
        return Words(zh=_SAID[self.code].zh.format(**shown), en=_SAID[self.code].en.format(**shown))


class CountedLine(NamedTuple):
    """A cost line as it counts, in fen. *supported*: what invoice and payments inside the window bear; *audited* is None
    before the audit. *eligible* is the smallest of the three, and nothing of a line that was *found_false* later."""

    number: str
    kind: str | None
    claimed: int
    gross: int
    paid: int
    supported: int
    audited: int | None
    eligible: int
    why: str
    invoice_on: str
    found_false: bool = False

    def steps(self, costs: Costs) -> Iterator[Step]:
        """How this line's figure came about."""
        yield Step("CLAIMED", {"line": self.number, "claimed": self.claimed})
        window = {"first": costs.window.first.isoformat(), "last": costs.window.last.isoformat()}
        figures: dict[str, int | str] = {"paid": self.paid, "gross": self.gross, "claimed": self.claimed}
        yield Step(self.why, {**window, **figures, "invoice_on": self.invoice_on, "supported": self.supported})
        if self.audited is not None:
            yield Step("AUDITED", {"audited": self.audited})
        yield Step("FOUND_FALSE", {}) if self.found_false else Step("SMALLEST", {"eligible": self.eligible})


@dataclass(frozen=True, slots=True)
class Grant:
    """What a base of cost gives: *by_rate* of it, *amount* after cap and award unit. *below_floor*: not to be awarded as it is."""

    base: Money
    by_rate: Money
    amount: Money
    capped: bool
    below_floor: bool
    steps: tuple[Step, ...]

    def payable(self, costs: Costs, waived: bool = False) -> Money:
        """What may be awarded: nothing below the floor, unless the province waived it and the definition lets it (A-04)."""
        excused = waived and costs.floor_policy == "waivable"
        return Money(0) if self.below_floor and not excused else self.amount


@dataclass(frozen=True, slots=True)
class Subsidy:
    """The whole reckoning. *claimed* is what the applicant's own figures would give, *eligible* what stands of them."""

    lines: tuple[CountedLine, ...]
    claimed: Grant
    eligible: Grant

    @property
    def supported(self) -> Money:
        return Money(sum(line.supported for line in self.lines))

    @property
    def audited(self) -> Money | None:
        figures = [line.audited for line in self.lines if line.audited is not None]
        return Money(sum(figures)) if figures else None


def reckon(
    costs: Costs, answers: Answers, audited: Mapping[str, int] | None = None, false_lines: Collection[str] = ()
) -> Subsidy:
    """The subsidy for these answers. *audited* is the auditor's figure by line number, in fen; a line that the report does
    not name has none (「以……专项审计报告为准」). Of several lines with one number the payments go to the first. *false_lines*
    were found false after the audit and count nothing."""
    first, last = costs.window.days
    paid: dict[str, int] = defaultdict(int)
    for payment in payments_of(costs, answers):
        if payment.paid_on is not None and payment.amount is not None and first <= payment.paid_on <= last:
            paid[payment.line] += payment.amount
    figures = dict(audited) if audited is not None else None
    reckoning = _Reckoning(costs, first, last, paid, figures, frozenset(false_lines))
    lines = tuple(reckoning.counted(line) for line in lines_of(costs, answers))
    claimed, eligible = sum(line.claimed for line in lines), sum(line.eligible for line in lines)
    return Subsidy(lines, granted(costs, Money(claimed)), granted(costs, Money(eligible)))


@dataclass(frozen=True, slots=True)
class _Reckoning:
    """What counting a line looks at; what was paid and audited is taken out as it is used, so that it counts once."""

    costs: Costs
    first: str
    last: str
    paid: dict[str, int]
    audited: dict[str, int] | None
    false_lines: frozenset[str]

    def counted(self, line: CostLine) -> CountedLine:
        claimed, gross = line.ex_tax or 0, line.gross or 0
        paid = min(self.paid.pop(line.number, 0), gross)
        supported, why = self._supported(line, claimed, gross, paid)
        audited = None if self.audited is None else max(self.audited.pop(line.number, 0), 0)
        eligible = min(claimed, supported) if audited is None else min(claimed, supported, audited)
        false, on = line.number in self.false_lines, line.invoice_on or "—"
        counts = 0 if false else eligible
        return CountedLine(line.name, line.kind, claimed, gross, paid, supported, audited, counts, why, on, false)

    def _supported(self, line: CostLine, claimed: int, gross: int, paid: int) -> tuple[int, str]:
        """What the papers inside the window bear (A-06, A-07), and by which step."""
        if line.kind in self.costs.not_eligible:
            return 0, "NOT_ELIGIBLE"
        if line.invoice_on is None or not self.first <= line.invoice_on <= self.last:
            return 0, "INVOICE_OUTSIDE"
        if paid <= 0:
            return 0, "NOT_PAID"
        if paid >= gross:
            return claimed, "PAID_IN_FULL"
        if self.costs.partial_payment == "exclude":
            return 0, "PAID_IN_PART"
        return paid * claimed // gross, "PRO_RATA"


def granted(costs: Costs, base: Money) -> Grant:
    """What *base* gives: at most the rate, at most the cap, whole award units, each rounded down; then the floor is asked."""
    rate = f"{costs.rate_bp // 100}.{costs.rate_bp % 100:02d}".rstrip("0").rstrip(".")
    by_rate = portion(base, costs.rate_bp)
    steps = [
        Step("SUM", {"base": base.fen}),
        Step("RATE", {"base": base.fen, "rate": rate, "by_rate": by_rate.fen}),
    ]
    amount = by_rate
    capped = costs.cap is not None and amount > costs.cap
    if costs.cap is not None and capped:
        steps.append(Step("CAP", {"cap": costs.cap.fen, "by_rate": by_rate.fen}))
        amount = costs.cap
    whole = Money(amount.fen - amount.fen % costs.award_unit.fen)
    if whole != amount:
        steps.append(Step("AWARD_UNIT", {"unit": costs.award_unit.fen, "amount": whole.fen}))
    below = costs.floor is not None and costs.floor_policy != "none" and whole < costs.floor
    if costs.floor is not None and below:
        steps.append(Step(f"FLOOR_{costs.floor_policy.upper()}", {"floor": costs.floor.fen, "amount": whole.fen}))
    return Grant(base, by_rate, whole, capped, below, tuple(steps))


def cut(costs: Costs, grant: Grant, total: Money, budget: Money) -> Grant:
    """What the budget bears of *grant* where everybody's uncut sums come to *total*: all are cut alike and rounded down (A-40).
    Whether it lies below the floor was asked before."""
    if costs.over_budget == "refuse" or total <= budget:
        return grant
    part = grant.amount.fen * budget.fen // total.fen
    amount = Money(part - part % costs.award_unit.fen)
    figures = {"uncut": grant.amount.fen, "budget": budget.fen, "total": total.fen, "amount": amount.fen}
    return replace(grant, amount=amount, steps=(*grant.steps, Step("BUDGET", figures)))


_SAID: Mapping[str, Words] = {
    "CLAIMED": Words(
        zh="第 {line} 项申报不含税金额 {claimed} 元", en="line {line}: {claimed} yuan claimed, without tax"
    ),
    "NOT_ELIGIBLE": Words(zh="这类费用不计入支持范围，计 0 元", en="this kind of cost is not supported: 0"),
    "INVOICE_OUTSIDE": Words(
        zh="发票日期（{invoice_on}）不在 {first} 至 {last} 之内，计 0 元",
        en="the invoice ({invoice_on}) is not of {first} to {last}: 0",
    ),
    "NOT_PAID": Words(zh="{first} 至 {last} 之内没有付款，计 0 元", en="nothing was paid from {first} to {last}: 0"),
    "PAID_IN_PART": Words(
        zh="窗口内只付了 {paid} 元（价税合计 {gross} 元），未付清不计",
        en="only {paid} of {gross} yuan was paid in the window, and parts do not count: 0",
    ),
    "PAID_IN_FULL": Words(
        zh="窗口内已付清 {gross} 元，支持 {supported} 元",
        en="{gross} yuan was paid in the window: {supported} supported",
    ),
    "PRO_RATA": Words(
        zh="窗口内支付 {paid} 元 ÷ 价税合计 {gross} 元 × 不含税 {claimed} 元 = {supported} 元（舍去分以下）",
        en="{paid} paid in the window ÷ {gross} gross × {claimed} without tax = {supported} yuan, rounded down",
    ),
    "AUDITED": Words(zh="审计报告确认 {audited} 元", en="{audited} yuan by the audit report"),
    "FOUND_FALSE": Words(zh="拨付后查实不实，计 0 元", en="found false after the payment: 0"),
    "SMALLEST": Words(zh="取其中最小的，计 {eligible} 元", en="the smallest counts: {eligible} yuan"),
    "SUM": Words(zh="支持范围投入费用（不含税）合计 {base} 元", en="supported costs without tax: {base} yuan in all"),
    "RATE": Words(
        zh="{base} 元 × {rate}% = {by_rate} 元（不超过，舍去分以下）",
        en="{base} × {rate}% = {by_rate} yuan, rounded down",
    ),
    "CAP": Words(zh="{by_rate} 元超过最高 {cap} 元，按 {cap} 元计", en="{by_rate} is above the cap: {cap} yuan"),
    "AWARD_UNIT": Words(zh="按 {unit} 元取整，计 {amount} 元", en="in whole units of {unit} yuan: {amount}"),
    "BUDGET": Words(
        zh="预算不足，同比例下调：{uncut} 元 × 预算 {budget} 元 ÷ 合计 {total} 元 = {amount} 元（舍去分以下）",
        en="the budget is short and all are cut alike: {uncut} × {budget} ÷ {total} = {amount} yuan, rounded down",
    ),
    "FLOOR_WAIVABLE": Words(
        zh="{amount} 元低于 {floor} 元，原则上不予支持；省厅书面豁免的按 {amount} 元，不补足",
        en="{amount} is below the floor of {floor}: not awarded unless the province waives it, and never topped up",
    ),
    "FLOOR_HARD": Words(
        zh="{amount} 元低于 {floor} 元，不予支持", en="{amount} is below the floor of {floor}: not awarded"
    ),
}
"""What each step says."""
