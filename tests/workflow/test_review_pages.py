"""A review told to whoever answers for it: who was drawn and who was left out, every mark and opinion, page and API alike."""

import html
import io
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from directory.actor import Actor, Grant, Role
from directory.records import Directory, Expert
from directory.register import Register
from eventstore.dispatch import Context
from eventstore.ids import uuid7
from service.world import UNITS
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import Api, House
from workflow import commands as c
from workflow.handling import Read
from workflow.panel import draw_record
from workflow.roster import province_of


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


def employed(house: House, expert: str, employer: str = UNITS[0].code) -> None:
    """Before the draw: this expert is employed by the unit that applies, or by another."""
    context = Context(actor="operator", correlation_id=uuid7())
    listing = Register(house.dispatcher)
    listing.list_expert(context, expert, employer=employer, title="正高级工程师", fields=("nlp",))


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


def test_whoever_a_company_of_the_applicants_group_employs_is_left_out(app: Flask, house: House) -> None:
    daughter = replace(UNITS[3], group_root=UNITS[0].code)
    Register(house.dispatcher).register_unit(Context(actor="operator", correlation_id=uuid7()), daughter)
    employed(house, "expert-9", daughter.name)
    application = house.judged()
    assert "expert-9" not in house.application(application).review.drawn_ever
    page = Person(app, "clerk").visit(f"/applications/{application}/review")
    assert "任职于 湖南岳麓智模科技有限公司 同一集团的单位" in page


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


# the pool


ROSTER = """姓名,电子邮箱,工作单位,专业领域,曾任职单位
顾新来,new@example.cn,湖南大学,大模型、算力,某大学 2015-2021；某公司 2014
,broken@example.cn,湖南大学,大模型,
许有误,xu@example.cn,湖南大学,财务,记不清了
"""


def brought(person: Person, content: bytes, name: str = "专家.csv", status: int = 200) -> str:
    person.visit("/experts")
    return html.unescape(person.send("/experts/file", {"file": (io.BytesIO(content), name)}, status))


def test_the_clerk_adds_searches_changes_and_strikes_off_an_expert(app: Flask, house: House) -> None:
    clerk = Person(app, "clerk")
    clerk.visit("/experts")
    wish = {
        "name": "顾新来",
        "email": "new@example.cn",
        "employer": UNITS[0].code,
        "title": "教授",
        "fields": "大模型、算力",
    }
    assert clerk.send("/experts", {**wish, "former": "某大学 2015-2021"}).endswith("?done=enlisted")
    page = clerk.visit("/experts?q=顾新来")
    assert "湖南岳麓智模科技有限公司" in page
    assert "某大学 2015-2021" in page
    assert "共 1 位专家" in page
    (person,) = (one.person.id for one in pool_of(house) if one.person.name == "顾新来")
    clerk.visit(f"/experts/{person}")
    assert clerk.send(f"/experts/{person}", {**wish, "employer": "湖南大学"}).endswith("?done=changed")
    assert next(one.employer for one in pool_of(house) if one.person.id == person) == "湖南大学"
    clerk.visit(f"/experts/{person}")
    assert clerk.send(f"/experts/{person}/striking", {"reason": "本人申请退出"}).endswith("?done=struck")
    assert person not in {one.person.id for one in pool_of(house)}


def pool_of(house: House) -> list[Expert]:
    with house.store.reading() as db:
        return Directory(db).experts()


def test_a_file_is_taken_row_by_row_and_each_row_that_is_not_says_why(app: Flask, house: House) -> None:
    before = len(pool_of(house))
    page = brought(Person(app, "clerk"), ROSTER.encode())
    assert "导入 1 行，共 3 行" in page
    assert "「姓名」" in page
    assert "「曾任职单位」" in page
    assert len(pool_of(house)) == before + 1


def test_what_is_downloaded_can_be_brought_back_and_changes_nothing(app: Flask, house: House) -> None:
    clerk = Person(app, "clerk")
    brought(clerk, ROSTER.encode())
    before = pool_of(house)
    book = clerk.client.get("/experts.xlsx").data
    assert f"导入 {len(before)} 行，共 {len(before)} 行" in brought(clerk, book, "experts.xlsx")
    assert pool_of(house) == before


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [("a,b\n1,2\n", "x.csv", "电子邮箱"), ("x", "x.exe", "x.exe"), ("", "x.csv", "电子邮箱")],
)
def test_a_file_that_is_no_roster_is_refused_beside_its_field(app: Flask, content: str, name: str, said: str) -> None:
    assert said in brought(Person(app, "clerk"), content.encode(), name, 422)


def test_a_refused_entry_keeps_what_was_typed(app: Flask) -> None:
    clerk = Person(app, "clerk")
    clerk.visit("/experts")
    fields = {"name": "顾新来", "email": "不是邮箱", "employer": "湖南大学", "fields": ""}
    page = html.unescape(clerk.send("/experts", fields, 422))
    assert 'value="不是邮箱"' in page
    assert 'href="#f-email"' in page
    assert 'href="#f-fields"' in page


def test_who_keeps_no_pool_reads_it_without_addresses(app: Flask) -> None:
    page = Person(app, "discipline-head").visit("/experts")
    assert "顾怀瑾" in page
    assert "@example.cn" not in page
    assert 'action="/experts/file"' not in page
    assert Person(app, "discipline-head").client.get("/experts.xlsx").status_code == 403
    assert Person(app, "expert-1").client.get("/experts").status_code == 403


def test_who_reads_a_pool_elsewhere_writes_into_the_own(house: House) -> None:
    """A clerk of Guangdong who is of the discipline of Hunan strikes nobody off Hunan's list."""
    grants = (Grant(Role.DISCIPLINE_CLERK, "43"), Grant(Role.PROVINCE_CLERK, "44"))
    assert province_of(Actor("both", "both", grants)) == "44"
    assert province_of(Actor("one", "one", grants[:1])) == "43"


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_what_is_done_to_the_pool_and_what_is_read_belongs_to_the_trace_it_came_with(house: House) -> None:
    api, headers = Api(house), {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    body = {"name": "顾新来", "email": "new@example.cn", "employer": "湖南大学", "fields": ["大模型"]}
    person = api.ask("clerk", "POST", "/experts", body, headers=headers).json["person"]
    file = {"file": (io.BytesIO(ROSTER.encode()), "x.csv")}
    api.ask("clerk", "POST", "/expert-files", data=file, content_type="multipart/form-data", headers=headers)
    changed = house.store.read_stream(f"person-{person}")
    assert [event.type for event in changed].count("directory.expert_listed") == 2
    assert {event.correlation_id.hex for event in changed} == {TRACE}
    noted = list[Context]()
    house.handling.on_read.append(lambda _read, _actor, context: noted.append(context))
    with site(house).test_request_context(headers=headers):
        house.handling.was_read(Read(application="a", what="file", item="f"), house.actor("clerk"))
    assert [context.correlation_id.hex for context in noted] == [TRACE]


def test_the_api_enlists_lists_and_brings_in_a_file(house: House) -> None:
    api = Api(house)
    body = {"name": "顾新来", "email": "new@example.cn", "employer": "湖南大学", "fields": ["大模型"],
            "former": [{"employer": "某大学", "until": 2021}]}  # fmt: skip
    person = api.ask("clerk", "POST", "/experts", body).json["person"]
    told = api.ask("auditor", "GET", "/experts?text=顾新来").json
    assert [(one["person"], one["email"], one["former"][0]["until"]) for one in told["experts"]] == [(person, "", 2021)]
    file = {"file": (io.BytesIO(ROSTER.encode()), "x.csv")}
    rows = api.ask("clerk", "POST", "/expert-files", data=file, content_type="multipart/form-data").json["rows"]
    assert [(row["row"], [why["code"] for why in row["refusals"]]) for row in rows] == [
        (2, []),
        (3, ["REQUIRED"]),
        (4, ["BAD_FORMAT"]),
    ]
    assert api.ask("clerk", "POST", f"/experts/{person}/striking", {"reason": "退出"}).status_code == 200
