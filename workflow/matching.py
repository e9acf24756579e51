"""Which payment or repayment each line of a bank's statement is: proposed where one alone fits, refused with the reason else.

Pure. The sum must agree to the fen, and something besides must: the account, the name, or the application's number.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from eventstore.refusal import Refusal
from workflow.statement import IN, OUT, Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A tranche that was instructed and is not paid, and where it goes."""

    application: str
    number: str
    tranche: int
    amount_fen: int
    unit: str
    name: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What is still to come back of a demand; *units*: code to name of everybody who may pay it."""

    application: str
    number: str
    amount_fen: int
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A tranche that was paid, and may come back: when and under which reference of the bank's, and to whom it went.
    *returned*: references under which it was paid and came back before."""

    application: str
    number: str
    tranche: int
    amount_fen: int
    unit: str
    name: str
    account: str
    reference: str
    paid_on: date | None = None
    returned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a line would be booked as: the payment of a tranche, its return by the bank (*returned*), or (tranche 0) a repayment of
    *unit*."""

    application: str
    number: str
    tranche: int
    unit: str
    name: str
    returned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A line with its target, or why it has none."""

    line: Line
    target: Target | None = None
    refusal: Refusal | None = None


def matched(
    lines: Sequence[Line], due: Sequence[Due], owed: Sequence[Owed], sent: Sequence[Sent], booked: Mapping[str, str]
) -> list[Proposal]:
    """One proposal a line, in their order. *booked*: references booked before, each with its application's number."""
    matching = _Matching(due, owed, sent, booked)
    return [matching.one(line) for line in lines]


def fitting(line: Line, due: Sequence[Due], owed: Sequence[Owed], sent: Sequence[Sent]) -> list[Target]:
    """Everything that *line* could be booked as."""
    return _Matching(due, owed, sent, {}).fitting(line)


_RETURNED = re.compile(r"退汇|退票|退款|退回|冲正|退账|return", re.IGNORECASE)


def is_a_return(line: Line) -> bool:
    """Whether the bank says of money that came in that it is a payment sent back."""
    return line.direction != OUT and _RETURNED.search(line.remark) is not None


class _Matching:
    """What is left to be matched, line by line: no tranche is proposed twice, no demand beyond its sum."""

    def __init__(
        self, due: Sequence[Due], owed: Sequence[Owed], sent: Sequence[Sent], booked: Mapping[str, str]
    ) -> None:
        self._due, self._owed, self._sent = list(due), list(owed), list(sent)
        self._left = {one.application: one.amount_fen for one in owed}
        self._payers: dict[str, list[tuple[Owed, str]]] = {}
        for one in owed:
            for unit, name in one.units.items():
                self._payers.setdefault(_plainly(name), []).append((one, unit))
        self._booked, self._seen = booked, dict[str, int]()

    def one(self, line: Line) -> Proposal:
        if line.reference in self._booked:
            return _refused(line, "DUPLICATE_BANK_REF", reference=line.reference, number=self._booked[line.reference])
        if line.reference in self._seen:
            row = self._seen[line.reference]
            return _refused(line, "DUPLICATE_BANK_REF", reference=line.reference, row=row)
        self._seen[line.reference] = line.row
        fitting = self.fitting(line)
        if not fitting:
            return self._unfit(line)
        if len({target.application for target in fitting}) > 1:
            numbers = list(dict.fromkeys(target.number for target in fitting))
            return _refused(line, "ROW_AMBIGUOUS", measure=line.amount_fen, numbers=numbers)
        return self._taken(line, fitting[0])

    def fitting(self, line: Line) -> list[Target]:
        paid = self._payments(line) if line.direction in (OUT, "") else []
        repaid = self._repayments(line) if line.direction in (IN, "") else []
        back = self._returns(line) if is_a_return(line) else []
        return [*back, *repaid] if back else [*(target for target, agrees in paid if agrees), *repaid]

    def _unfit(self, line: Line) -> Proposal:
        paid = self._payments(line) if line.direction in (OUT, "") else []
        if not paid:
            return _refused(line, "ROW_NO_MATCH", measure=line.amount_fen)
        numbers = list(dict.fromkeys(target.number for target, _ in paid))
        return _refused(line, "ROW_COUNTERPARTY", measure=line.amount_fen, numbers=numbers)

    def _taken(self, line: Line, target: Target) -> Proposal:
        if target.returned:
            self._sent = [
                one for one in self._sent if (one.application, one.tranche) != (target.application, target.tranche)
            ]
        elif target.tranche:
            self._due = [
                one for one in self._due if (one.application, one.tranche) != (target.application, target.tranche)
            ]
        else:
            self._left[target.application] -= line.amount_fen
        return Proposal(line=line, target=target)

    def _payments(self, line: Line) -> list[tuple[Target, bool]]:
        """Tranches of this very sum, each with whether the counterparty is its payee."""
        return [
            (
                Target(
                    application=one.application,
                    number=one.number,
                    tranche=one.tranche,
                    unit=one.unit,
                    name=one.name,
                ),
                _agrees(line, one.number, one.account, one.name),
            )
            for one in self._due
            if one.amount_fen == line.amount_fen
        ]

    def _returns(self, line: Line) -> list[Target]:
        """Payments of this very sum that the line says went back: by their reference, or to the payee that it names. One that
        was sent after that day, or for one that came back already, is not what came back."""
        return [
            Target(
                application=one.application,
                number=one.number,
                tranche=one.tranche,
                unit=one.unit,
                name=one.name,
                returned=True,
            )
            for one in self._sent
            if one.amount_fen == line.amount_fen
            and (one.paid_on is None or one.paid_on <= line.on)
            and (_names(line.remark, one.reference) or self._tells_of(line, one))
        ]

    def _tells_of(self, line: Line, sent: Sent) -> bool:
        """Without its reference: to the payee that the line names, and of none that came back already."""
        back = any(_names(line.remark, reference) for reference in sent.returned)
        return not back and _agrees(line, sent.number, sent.account, sent.name)

    def _repayments(self, line: Line) -> list[Target]:
        """Demands that this sum does not exceed, of the unit that paid, or named by number where no payer is told."""
        paying = self._payers.get(_plainly(line.name), []) if line.name else list(self._named(line))
        return [
            Target(application=one.application, number=one.number, tranche=0, unit=unit, name=one.units[unit])
            for one, unit in paying
            if line.amount_fen <= self._left[one.application]
        ]

    def _named(self, line: Line) -> Iterator[tuple[Owed, str]]:
        """Demands whose number stands in the remark; the lead stands for the unit that is not told."""
        for one in self._owed:
            if _names(line.remark, one.number):
                yield one, next(iter(one.units))


def _agrees(line: Line, number: str, account: str, name: str) -> bool:
    """Nothing that the line says of the counterparty is another's, and it says something."""
    said = [
        _digits(line.account) == _digits(account) if line.account and account else None,
        _plainly(line.name) == _plainly(name) if line.name else None,
        True if _names(line.remark, number) else None,
    ]
    return any(said) and False not in said


def _names(remark: str, number: str) -> bool:
    """Whether the number stands there as a whole: HN-AI-2025-0001 is not in HN-AI-2025-00012."""
    return re.search(rf"(?<![0-9A-Za-z]){re.escape(number)}(?!\d)", remark) is not None


def _digits(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if letter.isalnum())


def _plainly(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _refused(line: Line, code: str, **params: str | int | list[str]) -> Proposal:
    return Proposal(line=line, refusal=Refusal.of(code, source="银行流水导入", **params))
