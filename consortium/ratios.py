"""Ratios of a consortium: whole basis points, each column of them exactly one whole; and sums divided by them to the last fen.

Pure. Nothing is ever rounded behind anybody's back: what does not add up is refused with its sum, and completing a column is
something a person asks for.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum

from eventstore.refusal import Refusal

WHOLE = 10_000
"""One hundred per cent in basis points (0.01 %)."""

SOURCE = "联合体协议书 表一、表二"
_PERCENT = re.compile(r"(\d{1,5})(?:\.(\d{1,20}))?\s*%?")


class Column(StrEnum):
    """A column of the agreement's tables. The workload is optional and follows the contribution where it is not given."""

    CONTRIBUTION = "contribution"  # 出资比例 (表一)
    WORKLOAD = "workload"  # 合同工作量比例 (第3、4条)
    GRANT = "grant"  # 国拨资金/国拨资金总额 (表二)
    OWN_FUNDS = "own_funds"  # 自筹资金/自筹资金总额 (表二)


def read_percent(typed: str, column: Column, row: int) -> int | Refusal:
    """`33.34` or `33.34 %` as 3334 basis points. RATIO_FORMAT for more than two decimals, below nothing or above the whole."""
    text = unicodedata.normalize("NFKC", typed[:40]).strip()
    found = _PERCENT.fullmatch(text)
    if found is None or len((found[2] or "").rstrip("0")) > 2:
        return Refusal.of("RATIO_FORMAT", source=SOURCE, column=column.value, row=row, expected="percent_2_decimals")
    basis_points = int(found[1]) * 100 + int(((found[2] or "") + "00")[:2])
    if basis_points > WHOLE:
        return Refusal.of("RATIO_FORMAT", source=SOURCE, column=column.value, row=row, expected="at_most_100")
    return basis_points


def percent(basis_points: int) -> str:
    """As people read it: `33.34`."""
    return f"{basis_points // 100}.{basis_points % 100:02d}"


def sums(columns: Mapping[Column, Sequence[int]], needs_own_funds: bool = True) -> list[Refusal]:
    """RATIO_SUM for each column that is not exactly the whole (reading A-09).

    The workload may be left out whole; own funds may all be nothing where none are declared.
    """
    refusals: list[Refusal] = []
    for column, ratios in columns.items():
        total = sum(ratios)
        left_out = column is Column.WORKLOAD or (column is Column.OWN_FUNDS and not needs_own_funds)
        if total != WHOLE and not (left_out and total == 0):
            refusals.append(_not_whole(total, column.value))
    return refusals


def equal(rows: int) -> tuple[int, ...]:
    """The whole in equal parts; the basis points left over go to the earlier rows, one each."""
    return split(WHOLE, (1,) * rows)


def completed(ratios: Sequence[int | None]) -> tuple[int, ...] | Refusal:
    """What is left of the whole, shared equally among the rows that are empty. RATIO_SUM where nothing can be left to share."""
    given = sum(ratio for ratio in ratios if ratio is not None)
    empty = [row for row, ratio in enumerate(ratios) if ratio is None]
    if given > WHOLE or (not empty and given != WHOLE):
        return _not_whole(given)
    parts = dict(zip(empty, split(WHOLE - given, (1,) * len(empty)), strict=True)) if empty else {}
    return tuple(parts[row] if ratio is None else ratio for row, ratio in enumerate(ratios))


def _not_whole(total: int, column: str = "") -> Refusal:
    """RATIO_SUM with the sum, and what is short or over, in basis points."""
    gap = f"还差 {percent(WHOLE - total)}%" if total < WHOLE else f"多出 {percent(total - WHOLE)}%"
    named = {"column": column} if column else {}
    return Refusal.of("RATIO_SUM", source=SOURCE, measure=total, limit=WHOLE, gap=gap, **named)


def split(total: int, ratios: Sequence[int]) -> tuple[int, ...]:
    """*total* (fen, or basis points) in parts by *ratios*, by the largest remainder, ties to the earlier row (reading A-10).

    The parts always add up to the total, and none is further than one from its exact share.
    """
    whole = sum(ratios)
    if total < 0 or whole <= 0 or any(ratio < 0 for ratio in ratios):
        raise ValueError("a sum that is not negative is divided by ratios that are not negative and not all nothing")
    parts = [total * ratio // whole for ratio in ratios]
    by_remainder = sorted(range(len(ratios)), key=lambda row: (-(total * ratios[row] % whole), row))
    for row in by_remainder[: total - sum(parts)]:
        parts[row] += 1
    return tuple(parts)
