"""Ratios are whole basis points that make one whole; a sum divided by them loses no fen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consortium.ratios import WHOLE, Column, completed, equal, percent, read_percent, split, sums
from eventstore.refusal import Refusal

GRANT = Column.GRANT


@pytest.mark.parametrize(
    ("typed", "basis_points"),
    [("40", 4000), ("33.34", 3334), ("33.3400", 3334), ("０.０１％", 1), ("100 %", 10_000), ("0", 0), (" 7.5 ", 750)],
)
def test_a_percentage_is_kept_as_whole_basis_points(typed: str, basis_points: int) -> None:
    assert read_percent(typed, GRANT, 1) == basis_points


@pytest.mark.parametrize("typed", ["33.333", "-1", "100.01", "1e1", "", "ten", "1,000", "0.005", "NaN", "9" * 50])
def test_three_decimals_less_than_nothing_and_more_than_the_whole_are_refused(typed: str) -> None:
    refusal = read_percent(typed, GRANT, 2)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.params["row"]) == ("RATIO_FORMAT", 2)


@pytest.mark.rule("R-210", "R-213")
def test_each_column_adds_up_to_exactly_one_whole() -> None:
    """「国拨资金/国拨资金总额」 is a share of a total (A-09)."""
    right = {Column.CONTRIBUTION: (4000, 6000), Column.GRANT: (10_000, 0), Column.OWN_FUNDS: (1, 9999)}
    assert sums(right) == []
    (short, over) = sums({**right, Column.GRANT: (5000, 4500), Column.OWN_FUNDS: (5001, 5000)})
    assert (short.code, short.params["column"], short.params["measure"]) == ("RATIO_SUM", "grant", 9500)
    assert short.params["gap"] == "还差 5.00%"
    assert (over.params["measure"], over.params["gap"]) == (10_001, "多出 0.01%")


@pytest.mark.rule("R-209")
def test_the_workload_may_be_left_out_but_not_left_half() -> None:
    """Table one prints 出资比例; the workload is a fact of its own (A-08)."""
    assert sums({Column.WORKLOAD: (0, 0)}) == []
    assert [refusal.params["column"] for refusal in sums({Column.WORKLOAD: (4000, 0)})] == ["workload"]


def test_own_funds_may_be_nothing_only_where_none_are_declared() -> None:
    assert sums({Column.OWN_FUNDS: (0, 0)}, needs_own_funds=False) == []
    assert len(sums({Column.OWN_FUNDS: (0, 0)})) == 1


def test_an_equal_split_gives_what_is_left_over_to_the_earlier_rows() -> None:
    assert equal(3) == (3334, 3333, 3333)
    assert equal(7) == (1429, 1429, 1429, 1429, 1428, 1428, 1428)


def test_a_column_is_completed_only_in_its_empty_rows() -> None:
    assert completed((4000, None, None, 999)) == (4000, 2501, 2500, 999)
    assert isinstance(completed((6000, 5000, None)), Refusal)
    assert isinstance(completed((6000, 3000)), Refusal)
    assert completed((6000, 4000, None)) == (6000, 4000, 0)


@pytest.mark.rule("R-212")
def test_a_tranche_is_split_by_the_largest_remainder() -> None:
    """「由联合体牵头人按比例分配给联合体各成员方」; ties to the earlier row, the lead first (A-10)."""
    assert split(100, (3333, 3333, 3334)) == (33, 33, 34)
    assert split(1, (5000, 5000)) == (1, 0)
    assert split(100_000_001, (4000, 3500, 2500)) == (40_000_001, 35_000_000, 25_000_000)


_RATIOS = st.lists(st.integers(0, WHOLE), min_size=1, max_size=9).filter(any)


@given(st.integers(0, 2**53), _RATIOS)
def test_splitting_any_amount_loses_no_fen(total: int, ratios: list[int]) -> None:
    parts, whole = split(total, ratios), sum(ratios)
    assert sum(parts) == total
    assert all(abs(part * whole - total * ratio) < whole for part, ratio in zip(parts, ratios, strict=True))
    assert all(part == 0 for part, ratio in zip(parts, ratios, strict=True) if ratio == 0)


@given(st.integers(1, 60))
def test_an_equal_split_is_a_whole_and_never_grows_downwards(rows: int) -> None:
    parts = equal(rows)
    assert sum(parts) == WHOLE
    assert list(parts) == sorted(parts, reverse=True)
    assert max(parts) - min(parts) <= 1


@given(st.integers(0, WHOLE))
def test_what_is_shown_reads_back_as_itself(basis_points: int) -> None:
    assert read_percent(percent(basis_points), GRANT, 1) == basis_points
