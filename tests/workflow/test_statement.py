"""A bank's statement: every cell that cannot be read is named, and a row is proposed only where the sum and the payee agree."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest

from eventstore.refusal import Malformed
from paperwork.book import BookRefused
from paperwork.separated import read_separated
from programmes.workbook import Value
from tests.scenario import UNIT, UNIT_CODE
from workflow.booking import read
from workflow.matching import Due, Owed, Proposal, matched
from workflow.statement import IN, OUT, Line, read_statement

HEAD: Sequence[Value] = ("交易日期", "借方金额", "贷方金额", "交易流水号", "对方账号", "对方户名", "摘要")
DUE = Due(
    application="a",
    number="HN-AI-2025-0001",
    tranche=1,
    amount_fen=100_000_000,
    unit=UNIT_CODE,
    name=UNIT.name,
    account="0430123456789012",
)
OWED = Owed(application="b", number="HN-PC-2025-0001", amount_fen=20_000_000, units={"U": "湖南渌江", "M": "长沙问渠"})
LINE = Line(row=5, on=date(2026, 1, 22), amount_fen=100_000_000, direction=OUT, reference="B-1", name=UNIT.name)


def cells(*row: Value) -> list[Sequence[Value]]:
    return [("某某银行", "账户明细"), HEAD, row]


def test_the_head_is_found_under_what_a_bank_prints_above_it() -> None:
    rows: list[Sequence[Value]] = [
        ("某某银行", None, "单位：元"),
        (),
        HEAD,
        ("2026-01-22", "1,000,000.00", None, "B-1", "0430 1234", UNIT.name, "拨付"),
        (datetime(2026, 5, 20, 9, 30, tzinfo=UTC), None, Decimal("50000.5"), 20260520, None, "湖南渌江", None),
        ("合计", "1,000,000.00", None, None),
    ]
    first, second = read_statement(rows).lines
    assert (first.row, first.on, first.amount_fen, first.direction) == (4, date(2026, 1, 22), 100_000_000, OUT)
    assert (second.amount_fen, second.direction, second.reference) == (5_000_050, IN, "20260520")


@pytest.mark.parametrize(
    ("typed", "fen", "direction"),
    [("-12.30", 1_230, OUT), ("¥12.3", 1_230, ""), (Decimal("12.30"), 1_230, ""), (12, 1_200, "")],
)
def test_one_column_of_amounts_says_by_its_sign_what_went_out(typed: Value, fen: int, direction: str) -> None:
    (line,) = read_statement([("日期", "金额（元）", "流水号"), ("20260122", typed, "B-1")]).lines
    assert (line.amount_fen, line.direction) == (fen, direction)


def test_a_column_of_signs_says_it_too() -> None:
    rows = [("日期", "金额", "借贷标志", "流水号"), ("2026/1/2", "5", "贷", "B-1"), ("2026年1月2日", "5", "借", "B-2")]
    assert [line.direction for line in read_statement(rows).lines] == [IN, OUT]


@pytest.mark.parametrize(
    ("row", "cell", "code"),
    [
        (("2026-02-30", "5", None, "B-1"), "A3", "BAD_FORMAT"),
        (("2026-02-03", "5.001", None, "B-1"), "B3", "BAD_FORMAT"),
        (("2026-02-03", "五元", None, "B-1"), "B3", "BAD_FORMAT"),
        (("2026-02-03", None, None, "B-1"), "B3", "REQUIRED"),
        (("2026-02-03", "5", None, None), "D3", "REQUIRED"),
        (("2026-02-03", "5", None, 1234567890123456789), "D3", "BAD_FORMAT"),
    ],
)
def test_a_bad_cell_is_named_as_the_spreadsheet_calls_it(row: tuple[Value, ...], cell: str, code: str) -> None:
    """A fraction of a fen, a day that is none, a number that lost its end: nothing is guessed."""
    statement = read_statement(cells(*row))
    assert statement.lines == ()
    (unreadable,) = statement.unreadable
    assert [(one.code, one.params["cell"]) for one in unreadable.refusals] == [(code, cell)]


def test_a_statement_without_its_columns_says_which() -> None:
    with pytest.raises(Malformed) as wrong:
        read_statement([("日期", "说明"), ("2026-01-22", "x")])
    assert [fault.params["column"] for fault in wrong.value.faults] == ["流水号", "金额"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_separated_values_are_read_in_both_encodings(encoding: str, separator: str) -> None:
    text = f"日期{separator}金额{separator}流水号\r\n2026-01-22{separator}5{separator}䶮-1\r\n"
    statement = read(BytesIO(text.encode(encoding)), "流水.csv")
    assert [line.reference for line in statement.lines] == ["䶮-1"]


@pytest.mark.parametrize("data", [b"\xff\xfe\x00\x01", b"a,\0b\n"])
def test_what_is_no_text_is_not_read(data: bytes) -> None:
    with pytest.raises(BookRefused):
        read_separated(BytesIO(data))


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(Malformed) as wrong:
        read(BytesIO(b"%PDF"), "流水.pdf")
    assert [fault.code for fault in wrong.value.faults] == ["FILE_TYPE"]


def one(line: Line, *due: Due, owed: Sequence[Owed] = ()) -> Proposal:
    (found,) = matched((line,), due, owed, (), {})
    return found


def code_of(found: Proposal) -> str:
    assert found.refusal is not None
    return found.refusal.code


def test_a_payment_is_proposed_where_the_sum_and_the_payee_agree() -> None:
    found = one(LINE, DUE)
    assert found.target is not None
    assert (found.target.number, found.target.tranche) == ("HN-AI-2025-0001", 1)
    by_account = Line(
        row=1, on=LINE.on, amount_fen=100_000_000, direction="", reference="B", account="0430 1234 5678 9012"
    )
    assert one(by_account, DUE).target is not None
    by_number = Line(
        row=1, on=LINE.on, amount_fen=100_000_000, direction=OUT, reference="B", remark="拨HN-AI-2025-0001"
    )
    assert one(by_number, DUE).target is not None  # fmt: skip
    assert code_of(one(replace(by_number, remark="拨HN-AI-2025-00012"), DUE)) == "ROW_COUNTERPARTY"


def test_a_row_that_fits_nothing_says_why() -> None:
    assert code_of(one(replace(LINE, amount_fen=99_999_999), DUE)) == "ROW_NO_MATCH"
    assert code_of(one(replace(LINE, name="别的公司"), DUE)) == "ROW_COUNTERPARTY"
    assert code_of(one(replace(LINE, account="6222"), DUE)) == "ROW_COUNTERPARTY"
    assert code_of(one(replace(LINE, name=""), DUE)) == "ROW_COUNTERPARTY"
    assert code_of(one(replace(LINE, direction=IN), DUE)) == "ROW_NO_MATCH"
    assert code_of(one(LINE, DUE, replace(DUE, application="c", number="HN-AI-2025-0009"))) == "ROW_AMBIGUOUS"


def test_a_reference_counts_once_and_the_earlier_one_is_named() -> None:
    found, again = matched((LINE, LINE), (DUE,), (), (), {})
    assert found.target is not None
    assert again.refusal is not None
    assert (again.refusal.code, again.refusal.params["row"]) == ("DUPLICATE_BANK_REF", 5)
    (known,) = matched((LINE,), (DUE,), (), (), {"B-1": "HN-AI-2025-0007"})
    assert known.refusal is not None
    assert known.refusal.params["number"] == "HN-AI-2025-0007"


def test_two_equal_tranches_are_two_payments_and_no_demand_is_exceeded() -> None:
    second = replace(DUE, tranche=2)
    found = matched((LINE, replace(LINE, reference="B-2"), replace(LINE, reference="B-3")), (DUE, second), (), (), {})
    assert [each.target.tranche if each.target else None for each in found] == [1, 2, None]
    back = Line(row=1, on=LINE.on, amount_fen=15_000_000, direction=IN, reference="R-1", name="长沙问渠")
    first, more = matched((back, replace(back, reference="R-2")), (), (OWED,), (), {})
    assert first.target is not None
    assert (first.target.tranche, first.target.unit) == (0, "M")
    assert code_of(more) == "ROW_NO_MATCH"
