"""Closed reviews in order: equal ones share a rank, the line parts nobody, and everything is told that justifies it."""

import csv
import io
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import insert, select

from programmes.call import Direction
from tests.browser.site import Person, site, sqlite_house
from tests.scenario import call_of_2025
from tests.workflow.house import YUHUA_UNIT, Api, House
from workflow import commands as c
from workflow.judgements import Closed, Judgement
from workflow.ranking import Entry, Line, Ranked, ranking
from workflow.review import Sheet, with_dropped
from workflow.stages import Stage
from workflow.worklist import applications

DIRECTION = call_of_2025().direction("L-V")
RULE = call_of_2025().review
FIRST, SECOND = DIRECTION.rubric[0].id, DIRECTION.rubric[1].id


def entry(
    number: str, result: int, first: int = 0, amount: int | None = None, stage: Stage = Stage.EXPERT_REVIEW
) -> Entry:
    sheet = Sheet(expert="e", total=result, marks={FIRST: first}, comment="")
    return Entry(
        id=number, number=number, unit_name=number, project_name="", region="430104", stage=stage, amount_fen=amount,
        judgement=Judgement(result=result, sheets=(sheet,), closed=Closed()),
    )  # fmt: skip


def told(rows: tuple[Ranked, ...]) -> list[tuple[str, int, str]]:
    return [(one.entry.number, one.rank, str(one.line)) for one in rows]


def breaking(*criteria: str) -> Direction:
    return DIRECTION.model_copy(update={"tie_break": criteria})


def test_equal_results_share_a_rank_and_the_next_is_further_on() -> None:
    rows = ranking([entry("A", 8000), entry("B", 9000), entry("C", 8000), entry("D", 7000)], DIRECTION, RULE)
    assert [(one.entry.number, one.rank, one.tied) for one in rows] == [
        ("B", 1, False), ("A", 2, True), ("C", 2, True), ("D", 4, False),
    ]  # fmt: skip


def test_a_named_criterion_parts_equal_results_and_what_is_still_equal_shares_a_rank() -> None:
    rows = ranking([entry("A", 8000, 100), entry("B", 8000, 200), entry("C", 8000, 100)], breaking(FIRST), RULE)
    assert [(one.entry.number, one.rank) for one in rows] == [("B", 1), ("A", 2), ("C", 2)]


def test_a_line_never_parts_equal_ones() -> None:
    rows = ranking([entry("A", 9000), entry("B", 8000), entry("C", 8000), entry("D", 7000)], DIRECTION, RULE, places=2)
    assert told(rows) == [("A", 1, "above"), ("B", 2, "at"), ("C", 2, "at"), ("D", 4, "below")]
    whole = ranking([entry("A", 9000), entry("B", 8000), entry("C", 8000)], DIRECTION, RULE, places=3)
    assert {one.line for one in whole} == {Line.ABOVE}


def test_who_is_below_the_pass_mark_fails_whatever_places_are_left() -> None:
    rule = RULE.model_copy(update={"pass_mark": 60})
    rows = ranking([entry("A", 6000), entry("B", 5999)], DIRECTION, rule, places=5)
    assert told(rows) == [("A", 1, "above"), ("B", 2, "failed")]


def test_the_budget_draws_a_line_where_the_sums_are_above_it() -> None:
    rows = ranking(
        [entry("A", 9000, amount=60), entry("B", 8000, amount=50), entry("C", 7000, amount=1)],
        DIRECTION, RULE, budget_fen=100,
    )  # fmt: skip
    assert [(one.sum_fen, str(one.line)) for one in rows] == [(60, "above"), (110, "below"), (111, "below")]
    assert [one.over_budget for one in rows] == [False, True, True], "nobody is passed over for somebody cheaper"


def test_what_is_out_is_told_after_the_ranks_and_takes_none() -> None:
    rows = ranking([entry("A", 9000, stage=Stage.NOT_SELECTED), entry("B", 8000)], DIRECTION, RULE, places=1)
    assert told(rows) == [("B", 1, "above"), ("A", 0, "out")]


def test_who_is_left_out_of_a_trimmed_mean_is_told_alike_everywhere() -> None:
    """Of equal totals the expert's id decides, in whatever order the sheets come: one expert each, whatever others gave."""
    totals = {"a": 8000, "b": 8000, "c": 9000, "d": 8500, "e": 9000}
    sheets = [Sheet(expert=expert, total=total, marks={}, comment="") for expert, total in totals.items()]
    for order in (sheets, sheets[::-1]):
        assert {one.expert for one in with_dropped(order, (8000, 9000)) if one.dropped} == {"a", "e"}
    assert [one.expert for one in with_dropped(sheets[:2], (8000, 8000)) if one.dropped] == ["a", "b"]
    assert not any(one.dropped for one in with_dropped(sheets, ()))


entries = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=12).map(
    lambda given: [entry(f"N{place:02}", result * 100, first * 100) for place, (result, first) in enumerate(given)]
)


@given(entries, st.integers(1, 12), st.randoms())
def test_a_ranking_depends_on_marks_alone(found: list[Entry], places: int, chance: object) -> None:
    """A law: whatever order they come in the ranks are the same; a better result is never behind; no more than the places
    are above the line."""
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    rows = ranking(found, breaking(FIRST), RULE, places=places)
    assert rows == ranking(shuffled, breaking(FIRST), RULE, places=places)
    results = [(one.entry.judgement.result, dict(one.means)[FIRST]) for one in rows]
    assert results == sorted(results, reverse=True)
    assert sum(one.line is Line.ABOVE for one in rows) <= places
    for one in rows:
        assert one.rank == 1 + sum(result > (one.entry.judgement.result, dict(one.means)[FIRST]) for result in results)


# page, workbook, operation


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


def second_judged(house: House) -> None:
    """Another unit's, judged lower, not selected."""
    other = house.sealed("guanlan-", YUHUA_UNIT)
    house.do("yuhua-head", house.recommend(other, "雨工信函〔2025〕3号"), "2025-11-26 10:00")
    house.do("changsha-head", house.recommend(other, "长工信函〔2025〕8号", rank=3), "2025-12-10 10:00")
    house.do("clerk", c.Receive(application_id=other), "2025-12-15 10:00")
    from tests.workflow.house import CHECKLIST

    house.do("clerk", c.PassForm(application_id=other, checklist=CHECKLIST), "2025-12-17 10:00")
    house.do("clerk", c.DrawPanel(application_id=other), "2025-12-22 10:00")
    marks = {criterion.id: criterion.max * 50 for criterion in DIRECTION.rubric}
    for expert in house.application(other).review.panel:
        house.do(expert, c.Declare(application_id=other, conflict=False))
        house.do(expert, c.Score(application_id=other, marks=marks, comment="数据来源不清"), "2025-12-26 10:00")
    house.do("clerk", c.CloseReview(application_id=other, opinion="暂不支持"))
    house.do("lead", c.NotSelect(application_id=other, minutes_number="会纪〔2025〕9号", reason="名额所限"))


def test_the_page_tells_rank_marks_opinions_and_why_somebody_is_not_in(app: Flask, house: House) -> None:
    house.judged()
    second_judged(house)
    page = Person(app, "lead").visit("/rankings/hn-2025/L-V?places=1")
    assert "80.00" in page
    assert "50.00" in page
    assert "数据来源不清" in page
    assert "暂不支持" in page
    assert "未入选（会纪〔2025〕9号）：名额所限" in page
    assert page.index("80.00") < page.index("50.00")


def test_one_workbook_has_ranks_totals_opinions_and_reasons(app: Flask, house: House) -> None:
    house.judged()
    second_judged(house)
    clerk = Person(app, "clerk")
    book = load_workbook(io.BytesIO(clerk.client.get("/rankings/hn-2025/L-V.xlsx").data))
    ranks, marks = book.worksheets
    lines = [[str(cell.value or "") for cell in row] for row in ranks.iter_rows()]
    assert [line[0] for line in lines] == ["名次", "1", ""]
    assert "数据来源不清" in " ".join(lines[2])
    assert "名额所限" in " ".join(lines[2])
    assert marks.max_row == 1 + 2 * 5
    text = clerk.client.get("/rankings/hn-2025/L-V.csv").data.decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(text))] == ["名次", "1", ""]


def test_the_api_tells_the_same(house: House) -> None:
    first = house.judged()
    second_judged(house)
    told_ = Api(house).ask("clerk", "GET", "/calls/hn-2025/directions/L-V/ranking?places=1").json
    assert [(row["rank"], row["result"], row["line"]) for row in told_["rows"]] == [
        (1, 8000, "above"),
        (0, 5000, "out"),
    ]
    assert told_["rows"][0]["id"] == str(first)
    of_the_rank = told_["rows"][0]["sheets"]
    assert sum(sheet["dropped"] for sheet in of_the_rank) == 2
    of_the_record = Api(house).ask("clerk", "GET", f"/applications/{first}/review").json["sheets"]
    assert {sheet["expert"]: sheet for sheet in of_the_rank} == {sheet["expert"]: sheet for sheet in of_the_record}


def test_no_number_of_drafts_crowds_a_closed_review_out_of_the_ranking(app: Flask, house: House) -> None:
    judged = house.judged()
    table = applications()
    with house.store.begin() as db:
        row = dict(db.execute(select(table).where(table.c.id == str(judged))).mappings().one())
        unlisted = {"county_list": "", "county_slot": None, "city_list": "", "city_slot": None, "stage": "draft"}
        drafts = [{**row, **unlisted, "id": f"0-{n:05}", "number": f"N{n}", "serial": 100 + n} for n in range(6_000)]
        db.execute(insert(table), drafts)
    page = Person(app, "lead").visit("/rankings/hn-2025/L-V")
    assert house.application(judged).number in page


@pytest.mark.parametrize("who", ["editor", "yuelu-head", "expert-1"])
def test_a_ranking_is_the_provinces(app: Flask, house: House, who: str) -> None:
    assert Person(app, who).client.get("/rankings/hn-2025/L-V").status_code == 403


def test_another_province_finds_no_ranking(app: Flask, house: House) -> None:
    assert Person(app, "gd-lead").client.get("/rankings/hn-2025/L-V").status_code == 404
    assert Api(house).ask("gd-lead", "GET", "/calls/hn-2025/directions/L-V/ranking").status_code == 404
    assert Person(app, "lead").client.get("/rankings/hn-2025/L-G").status_code == 200
