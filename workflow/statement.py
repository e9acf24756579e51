"""A bank's statement in rows: which column says what, and each row as a sum that went out or came in.

Pure. Every cell that cannot be read is named as the spreadsheet calls it; nothing about it is guessed.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from eventstore.refusal import Fault, Malformed, Refusal
from programmes.money import MOST_FEN
from programmes.workbook import Value

OUT, IN = "out", "in"
_HEADS: Mapping[str, tuple[str, ...]] = {
    "on": ("交易日期", "记账日期", "入账日期", "日期", "交易时间", "date"),
    "amount": ("金额", "交易金额", "发生额", "amount"),
    "out": ("支出", "支出金额", "借方金额", "借方发生额", "付款金额", "debit"),
    "in": ("收入", "收入金额", "贷方金额", "贷方发生额", "收款金额", "credit"),
    "direction": ("借贷标志", "借贷", "借/贷", "收支", "收支方向", "direction"),
    "reference": ("流水号", "交易流水号", "银行流水号", "业务流水号", "reference"),
    "account": ("对方账号", "对方帐号", "收款账号", "收付方账号", "counterpartyaccount"),
    "name": ("对方户名", "对方名称", "收款人", "收付方名称", "counterpartyname", "counterparty"),
    "remark": ("摘要", "备注", "用途", "附言", "remark"),
}
"""How banks head the columns, without spaces and units."""

_SIGNS = {
    "借": OUT,
    "支": OUT,
    "付": OUT,
    "支出": OUT,
    "d": OUT,
    "out": OUT,
    "贷": IN,
    "收": IN,
    "收入": IN,
    "c": IN,
    "in": IN,
}
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T].*)?")
_LOOKED_AT = 20
_KEPT_DIGITS = 10**15
"""A spreadsheet keeps fifteen digits of a number; what is longer lost its end before it came here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row. *direction*: out, in, or "" where the statement does not say; *amount_fen* is never negative."""

    row: int
    on: date
    amount_fen: int
    direction: str
    reference: str
    account: str = ""
    name: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A row that cannot be booked, and why: each refusal names its cell."""

    row: int
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    lines: tuple[Line, ...]
    unreadable: tuple[Unreadable, ...]


def read_statement(rows: Sequence[Sequence[Value]]) -> Statement:
    """The lines under the head. Malformed (STATEMENT_COLUMN) where date, reference or amount has no column."""
    at, columns = _head(rows)
    lines: list[Line] = []
    unreadable: list[Unreadable] = []
    for number, row in enumerate(rows[at + 1 :], at + 2):
        cells = _Cells(row, columns, number)
        if cells.value("on") is None and cells.value("reference") is None:
            continue  # a sum at the foot, or nothing
        found = cells.line()
        if isinstance(found, Line):
            lines.append(found)
        else:
            unreadable.append(found)
    return Statement(tuple(lines), tuple(unreadable))


def _head(rows: Sequence[Sequence[Value]]) -> tuple[int, Mapping[str, int]]:
    """The row that names most of the columns, among the first; banks put their own name and the account above it."""
    best: tuple[int, dict[str, int]] = (0, {})
    for number, row in enumerate(rows[:_LOOKED_AT]):
        found: dict[str, int] = {}
        for column, value in enumerate(row):
            name = next((name for name, heads in _HEADS.items() if _plainly(value) in heads), None)
            if name is not None:
                found.setdefault(name, column)
        if len(found) > len(best[1]):
            best = (number, found)
    columns = best[1]
    lacking = [name for name in ("on", "reference") if name not in columns]
    if not columns.keys() & {"amount", "out", "in"}:
        lacking.append("amount")
    if lacking:
        raise Malformed(Fault("file", "STATEMENT_COLUMN", {"column": _HEADS[name][0]}) for name in lacking)
    return best


def _plainly(value: Value) -> str:
    text = unicodedata.normalize("NFKC", str(value or "")[:40]).lower()
    return re.sub(r"\s|\(.*?\)|[:：_-]", "", text)


class _Cells:
    """One row's cells by what they say; collects what cannot be read."""

    def __init__(self, row: Sequence[Value], columns: Mapping[str, int], number: int) -> None:
        self._row, self._columns, self._number = row, columns, number
        self.refusals: list[Refusal] = []

    def value(self, name: str) -> Value:
        column = self._columns.get(name)
        return self._row[column] if column is not None and column < len(self._row) else None

    def line(self) -> Line | Unreadable:
        on, (amount, direction) = self._day(), self._amount()
        reference = self._text("reference")
        if not reference and not self.refusals:
            self._wrong("reference", "REQUIRED")
        account, name, remark = (self._text(each) for each in ("account", "name", "remark"))
        if self.refusals or on is None:
            return Unreadable(row=self._number, refusals=tuple(self.refusals))
        return Line(
            row=self._number,
            on=on,
            amount_fen=amount,
            direction=direction,
            reference=reference,
            account=account,
            name=name,
            remark=remark,
        )

    def _wrong(self, name: str, code: str, **params: str) -> None:
        place = f"{_letters(self._columns[name])}{self._number}"
        self.refusals.append(Refusal.of(code, cell=place, field=place, **params))

    def _text(self, name: str) -> str:
        """Numbers that are names; one longer than a spreadsheet keeps has lost its end."""
        value = self.value(name)
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and abs(int(value)) >= _KEPT_DIGITS:
            self._wrong(name, "BAD_FORMAT", expected="text_cell")
            return ""
        return str(value).strip()[:200] if value is not None else ""

    def _day(self) -> date | None:
        value = self.value("on")
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        found = _DAY.fullmatch(str(value or "").strip()[:40])
        try:
            if found is not None:
                return date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            pass
        self._wrong("on", "BAD_FORMAT" if value is not None else "REQUIRED", expected="2026-01-22")
        return None

    def _amount(self) -> tuple[int, str]:
        """The sum and where it went: of a column of its own, by a sign beside it, or by the number's own sign."""
        for name in (OUT, IN):
            if name in self._columns and (fen := self._fen(name)):
                return abs(fen), name if fen > 0 else (IN if name == OUT else OUT)
        if "amount" not in self._columns:
            if not self.refusals:
                self._wrong(OUT if OUT in self._columns else IN, "REQUIRED")
            return 0, ""
        fen = self._fen("amount")
        if not fen:
            if not self.refusals:
                self._wrong("amount", "REQUIRED")
            return 0, ""
        said = _SIGNS.get(str(self.value("direction") or "").strip().lower(), "")
        return abs(fen), OUT if fen < 0 else said

    def _fen(self, name: str) -> int:
        value = self.value(name)
        if value is None:
            return 0
        text = unicodedata.normalize("NFKC", str(value)[:40]).replace(",", "").strip("¥￥元 ")
        try:
            fen = Decimal(text) * 100 if re.fullmatch(r"[+-]?\d{1,16}(\.\d{1,6})?", text) else None
        except InvalidOperation:
            fen = None
        if fen is None or fen != fen.to_integral_value() or abs(fen) > MOST_FEN:
            self._wrong(name, "BAD_FORMAT", expected="1,000,000.00")
            return 0
        return int(fen)


def _letters(column: int) -> str:
    """A column as spreadsheets call it: A, Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def references_of(lines: Sequence[Line]) -> Iterator[str]:
    yield from dict.fromkeys(line.reference for line in lines)
