"""Money is whole fen: what is typed in 万元 comes back exact, and is never rounded up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programmes.money import Money, portion

FEN = st.integers(min_value=-(2**53), max_value=2**53)


@given(FEN)
def test_a_sum_in_wan_comes_back_to_the_fen(fen: int) -> None:
    assert Money.read(Money(fen).wan() + "万元") == Money(fen)


@given(FEN)
def test_a_sum_in_yuan_comes_back_to_the_fen(fen: int) -> None:
    assert Money.read(Money(fen).yuan() + " 元") == Money(fen)


@pytest.mark.rule("R-098")
def test_six_decimals_of_a_wan_are_a_fen() -> None:
    assert Money.read("12345.678901 万元") == Money(12_345_678_901)
    assert Money(12_345_678_901).yuan() == "123,456,789.01"
    assert Money(12_345_678_901).wan_on_paper() == "12345.68"


@pytest.mark.parametrize(
    "text", ["", "5", "0.0000001 万元", "0.001 元", "1,00 元", "1e5 元", "五 元", "9" * 30 + " 元"]
)
def test_what_is_no_sum_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"sum|fen"):
        Money.read(text)


@pytest.mark.parametrize(
    ("yuan", "capitals"),
    [
        ("7520106.24", "柒佰伍拾贰万零壹佰零陆元贰角肆分"),
        ("8000000.00", "捌佰万元整"),
        ("1500000.00", "壹佰伍拾万元整"),
        ("1000000.00", "壹佰万元整"),
    ],
)
def test_capitals_are_those_of_a_cheque(yuan: str, capitals: str) -> None:
    assert Money.read(f"{yuan} 元").capitals() == capitals


def test_a_portion_is_rounded_down_because_the_text_says_not_more_than() -> None:
    # 不超过30%: 7,520,106.246 must not become …06.25
    assert portion(Money.read("25,067,020.82 元"), 3_000).yuan() == "7,520,106.24"


@given(st.integers(0, 2**53), st.integers(0, 10_000))
def test_a_portion_never_exceeds_its_share(fen: int, basis_points: int) -> None:
    part = portion(Money(fen), basis_points).fen
    assert part * 10_000 <= fen * basis_points < (part + 1) * 10_000
