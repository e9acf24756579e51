"""A review told to whoever answers for it: who was drawn and who was left out, every mark and opinion, page and API alike."""

from pathlib import Path

import pytest
from flask import Flask

from directory.register import Register
from eventstore.dispatch import Context
from eventstore.ids import uuid7
from service.world import UNITS
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import Api, House
from workflow import commands as c
from workflow.panel import draw_record


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


def employed(house: House, expert: str) -> None:
    """Before the draw: this expert is employed by the unit that applies."""
    context = Context(actor="operator", correlation_id=uuid7())
    listing = Register(house.dispatcher)
    listing.list_expert(context, expert, employer=UNITS[0].code, title="正高级工程师", fields=("nlp",))


def test_the_record_names_who_was_drawn_who_was_left_out_and_why(app: Flask, house: House) -> None:
    employed(house, "expert-9")
    application = house.judged()
    page = Person(app, "clerk").visit(f"/applications/{application}/review")
    assert "现任职于 湖南岳麓智模科技有限公司" in page
    assert "丁若谷" in page
    assert "按记录重抽，结果一致" in page
    drawn = house.application(application).review.draws[0]
    assert drawn.seed in page
    known = house.application(application)
    assert all(record.repeats for record in draw_record(known, house.handling.call_of(known)))


def test_the_marks_of_everybody_stand_in_one_table_with_what_the_mean_left_out(app: Flask, house: House) -> None:
    application = house.judged()
    page = Person(app, "lead").visit(f"/applications/{application}/review")
    result = house.application(application).review.result
    assert result is not None
    assert f"{result / 100:.2f}" in page
    assert page.count("已去除（高低分）") == 2


@pytest.mark.parametrize("who", ["editor", "yuelu-head", "expert-1"])
def test_the_record_is_no_applicants_no_bureaus_and_no_experts(app: Flask, house: House, who: str) -> None:
    application = house.judged()
    assert Person(app, who).client.get(f"/applications/{application}/review").status_code in (403, 404)


def test_the_api_tells_the_same(house: House) -> None:
    employed(house, "expert-9")
    application = house.judged()
    told = Api(house).ask("clerk", "GET", f"/applications/{application}/review").json
    (draw,) = told["draws"]
    assert draw["repeats"] is True
    assert {"expert": "expert-9", "why": "employer", "unit": UNITS[0].code, "until": 0} in draw["left_out"]
    assert len(told["sheets"]) == 5
    assert sum(sheet["dropped"] for sheet in told["sheets"]) == 2
    assert told["result"] == house.application(application).review.result


def test_an_expert_who_is_ill_is_replaced_from_the_page(app: Flask, house: House) -> None:
    application = house.reviewed()
    house.do("clerk", c.DrawPanel(application_id=application))
    clerk, ill = Person(app, "clerk"), house.application(application).review.panel[1]
    page = clerk.visit(f"/applications/{application}/panel")
    assert f'value="{ill}"' in page
    clerk.step(f"/applications/{application}/panel", {"replaces": ill, "reason": "因病不能参加"})
    review = house.application(application).review
    assert ill not in review.panel
    assert len(review.panel) == 5
