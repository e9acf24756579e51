"""An expert's score sheet: one screen, kept as it is typed, the expert's own, and a fact only when it is submitted."""

import html
import json
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from service.world import UNITS
from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import Api, House
from workflow import commands as c
from workflow import sheet_drafts


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


@pytest.fixture
def application(house: House) -> UUID:
    """Drawn, and everybody has declared."""
    application = house.reviewed()
    house.do("clerk", c.DrawPanel(application_id=application), "2025-12-22 10:00")
    for expert in house.application(application).review.panel:
        house.do(expert, c.Declare(application_id=application, conflict=False))
    return application


def panel(house: House, application: UUID) -> tuple[str, ...]:
    return house.application(application).review.panel


def rubric(house: House, application: UUID) -> list[tuple[str, int]]:
    found = house.handling.call_of(house.application(application)).direction("L-V").rubric
    return [(f"mark.{one.id}", one.max) for one in found]


AUTOSAVE = {"Accept": "application/json", "X-Autosave": "1"}


def test_the_application_and_every_criterion_stand_on_one_screen(app: Flask, house: House, application: UUID) -> None:
    page = Person(app, panel(house, application)[0]).visit(f"/applications/{application}/scores")
    assert all(f'name="{name}"' in page for name, _ in rubric(house, application))
    assert 'id="text"' in page
    assert UNITS[0].name in page
    assert f'data-autosave="/applications/{application}/scores/draft"' in page


def test_every_character_of_a_draft_is_kept_and_nothing_is_a_fact(app: Flask, house: House, application: UUID) -> None:
    expert = Person(app, panel(house, application)[0])
    expert.visit(f"/applications/{application}/scores")
    first, *_ = rubric(house, application)
    typed = {first[0]: "18,", "comment": "  技术路线清楚，\r\n但“数据”来源<未>说明  "}
    before = house.application(application).version
    answer = json.loads(expert.send(f"/applications/{application}/scores/draft", typed, 200, headers=AUTOSAVE))
    assert answer["version"] == before
    assert answer["errors"] == [], "kept as it is; judged when it is submitted"
    assert house.application(application).version == before
    page = html.unescape(expert.visit(f"/applications/{application}/scores"))
    assert 'value="18,"' in page
    assert "  技术路线清楚，\n但“数据”来源<未>说明  " in page
    assert "草稿，还没有提交" in page


def test_a_draft_is_its_experts_alone(app: Flask, house: House, application: UUID) -> None:
    first, second, *_ = panel(house, application)
    expert = Person(app, first)
    expert.visit(f"/applications/{application}/scores")
    expert.send(f"/applications/{application}/scores/draft", {"comment": "不想让别人看到"})
    for who in (second, "clerk", "lead", "auditor"):
        for path in ("", "/review", "/scores"):
            text = Person(app, who).client.get(f"/applications/{application}{path}").get_data(as_text=True)
            assert "不想让别人看到" not in text, (who, path)


def test_who_is_not_on_the_panel_keeps_no_draft(app: Flask, house: House, application: UUID) -> None:
    outside = next(f"expert-{n}" for n in range(1, 10) if f"expert-{n}" not in panel(house, application))
    person = Person(app, panel(house, application)[0])
    person.visit(f"/applications/{application}/scores")
    other = Person(app, outside)
    other.visit("/notices")
    answer = other.send(f"/applications/{application}/scores/draft", {"comment": "x"}, 404, headers=AUTOSAVE)
    assert "NOT_FOUND" in answer
    with house.store.reading() as db:
        assert sheet_drafts.draft_of(db, str(application), outside) is None


def test_submitting_makes_it_a_fact_and_the_draft_goes(app: Flask, house: House, application: UUID) -> None:
    who = panel(house, application)[0]
    expert = Person(app, who)
    marks = {name: str(most * 0.8) for name, most in rubric(house, application)}
    expert.visit(f"/applications/{application}/scores")
    expert.send(f"/applications/{application}/scores/draft", {**marks, "comment": "先存一下"})
    expert.visit(f"/applications/{application}/scores")
    place = expert.send(f"/applications/{application}/scores", {**marks, "comment": "同意"})
    assert place.endswith("?done=score")
    sheet = house.application(application).review.sheets[who]
    assert (sheet.total, sheet.comment) == (8000, "同意")
    with house.store.reading() as db:
        assert sheet_drafts.draft_of(db, str(application), who) is None
    page = expert.visit(f"/applications/{application}/scores")
    assert "您已提交评分" in page
    assert 'value="同意"' in page or ">\n同意" in page


def drafted(app: Flask, application: UUID, who: str) -> Person:
    expert = Person(app, who)
    expert.visit(f"/applications/{application}/scores")
    expert.send(f"/applications/{application}/scores/draft", {"comment": "先存一下"})
    return expert


def has_draft(house: House, application: UUID, who: str) -> bool:
    with house.store.reading() as db:
        return sheet_drafts.draft_of(db, str(application), who) is not None


def test_a_draft_goes_however_the_sheet_comes_and_with_the_seat(app: Flask, house: House, application: UUID) -> None:
    first, second, third, *others = panel(house, application)
    for who in (first, second, third, others[0]):
        drafted(app, application, who)
    marks = {name.removeprefix("mark."): most * 80 for name, most in rubric(house, application)}
    sent = Api(house).ask(first, "POST", f"/applications/{application}/scores", {"marks": marks, "comment": ""})
    assert sent.status_code < 300, sent.json
    house.do(second, c.Declare(application_id=application, conflict=True, ground="曾提供咨询"))
    house.do("clerk", c.DrawPanel(application_id=application, replaces=third, reason="因病不能参加"))
    assert [has_draft(house, application, who) for who in (first, second, third, others[0])] == [False] * 3 + [True]
    house.do("lead", c.NotSelect(application_id=application, minutes_number="1", reason="名额所限"))
    assert not has_draft(house, application, others[0])


def test_no_draft_is_kept_once_the_review_is_closed(app: Flask, house: House, application: UUID) -> None:
    who, marks = (
        panel(house, application)[0],
        {name.removeprefix("mark."): most * 80 for name, most in rubric(house, application)},
    )
    expert = Person(app, who)
    expert.visit(f"/applications/{application}/scores")
    for one in panel(house, application):
        house.do(one, c.Score(application_id=application, marks=marks))
    house.do("clerk", c.CloseReview(application_id=application))
    answer = expert.send(f"/applications/{application}/scores/draft", {"comment": "迟"}, 409, headers=AUTOSAVE)
    assert "REVIEW_CLOSED" in answer
    assert not has_draft(house, application, who)


def test_experts_who_score_at_once_are_not_in_each_others_way(app: Flask, house: House, application: UUID) -> None:
    """The page of the second was opened before the first submitted."""
    marks = {name: str(most) for name, most in rubric(house, application)}
    first, second = (Person(app, who) for who in panel(house, application)[:2])
    first.visit(f"/applications/{application}/scores")
    second.visit(f"/applications/{application}/scores")
    first.send(f"/applications/{application}/scores", {**marks, "version": first.hidden("version", -1)})
    second.send(f"/applications/{application}/scores", {**marks, "version": second.hidden("version", -1)})
    assert len(house.application(application).review.totals) == 2


def test_every_mark_that_cannot_be_is_named_at_once_and_what_was_typed_stays(
    app: Flask, house: House, application: UUID
) -> None:
    expert = Person(app, panel(house, application)[0])
    names = [name for name, _ in rubric(house, application)]
    expert.visit(f"/applications/{application}/scores")
    typed = {names[0]: "十八", names[1]: "-1", "comment": "保留我"}
    page = html.unescape(expert.send(f"/applications/{application}/scores", typed, 422))
    assert 'value="十八"' in page
    assert "保留我" in page
    assert all(f'href="#f-{name}"' in page for name in (names[0], *names[2:]))


def test_a_draft_larger_than_any_sheet_is_refused_and_costs_nothing(
    app: Flask, house: House, application: UUID
) -> None:
    expert = Person(app, panel(house, application)[0])
    expert.visit(f"/applications/{application}/scores")
    huge = {"comment": "长" * (sheet_drafts.MOST_CHARACTERS + 1)}
    assert "FIELD_TOO_LONG" in expert.send(f"/applications/{application}/scores/draft", huge, 422, headers=AUTOSAVE)


def test_an_expert_sees_how_many_are_done(app: Flask, house: House, application: UUID) -> None:
    who = panel(house, application)[0]
    expert = Person(app, who)
    assert "已评 0 / 1 件" in expert.visit("/reviews")
    marks = {name.removeprefix("mark."): most * 100 for name, most in rubric(house, application)}
    house.do(who, c.Score(application_id=application, marks=marks))
    page = expert.visit("/reviews")
    assert "已评 1 / 1 件" in page
    assert "您的总分 100.00" in page


def test_marks_are_as_fine_as_the_call_says() -> None:
    from dataclasses import replace

    from eventstore.refusal import Refused
    from tests import scenario as s
    from workflow.decisions import decide

    known = s.facts(s.EXPERTS[0], "2025-12-26 10:00")
    marks = {one.id: one.max * 100 for one in known.call.direction("L-V").rubric}
    first = next(iter(marks))
    marks[first] -= 50
    given = s.Given(*s.UNDER_REVIEW, s.DRAWN, *s.CLEARED).application
    command = c.Score(application_id=s.ID, marks=marks)
    assert decide(given, command, known)
    whole = known.call.model_copy(update={"review": known.call.review.model_copy(update={"mark_decimals": 0})})
    with pytest.raises(Refused) as refused:
        decide(given, command, replace(known, call=whole))
    assert [(why.code, why.params["criterion"]) for why in refused.value.refusals] == [("SCORE_STEP", first)]
