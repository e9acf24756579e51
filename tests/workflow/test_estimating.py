"""The estimate beside the form: the applicant's own figures, the rate and the cap, and what the papers bear (scenario C8)."""

import pytest

from programmes.catalogue import Catalogue
from tests.programmes import sample
from tests.programmes.benchmark import answers, the_call
from workflow.estimating import estimated


@pytest.mark.rule("R-260", "R-261", "R-263", "R-279")
def test_the_estimate_is_the_claimed_sum_by_rate_and_cap() -> None:
    """「按照单个项目不超过支持范围投入费用（不含税）30%的比例予以支持」「最高800万元」"""
    found = estimated(the_call(), "B1", answers())
    assert found is not None
    assert (found.claimed_fen, found.by_rate_fen, found.amount_fen) == (2_776_702_082, 833_010_624, 800_000_000)
    assert (found.supported_fen, found.supported_amount_fen) == (2_526_702_082, 758_010_624)
    assert (found.capped, found.below_floor) == (True, False)
    assert [step.code for step in found.steps] == ["SUM", "RATE", "CAP"]
    assert [step.code for step in found.supported_steps] == ["SUM", "RATE"]


@pytest.mark.rule("R-262")
def test_an_estimate_below_the_floor_says_so_and_is_not_topped_up() -> None:
    """「单个项目奖补资金原则上不少于300万元」"""
    few = [row for row in answers()["cost_lines"] if isinstance(row, dict) and row["number"] == "C1-2"]  # type: ignore[union-attr]
    found = estimated(the_call(), "B1", {**answers(), "cost_lines": few})
    assert found is not None
    assert (found.amount_fen, found.below_floor) == (60_000_000, True)
    assert found.steps[-1].code == "FLOOR_WAIVABLE"


def test_where_nothing_is_claimed_or_nothing_is_paid_by_ratio_there_is_no_estimate() -> None:
    assert estimated(the_call(), "B1", {}) is None
    hunan = Catalogue.packaged().get("hn-2025")
    assert estimated(hunan, "L-V", sample.answers()) is None
