"""Lists are short of work for the database, scoped to whoever looks, and never fail past their end; pages stay light."""

import gzip
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import OTHER_UNIT, House
from web.texts import catalogue
from workflow import commands as c
from workflow.events import TYPES
from workflow.lifecycle import LIFECYCLE
from workflow.pages.steps import STEPS
from workflow.steps import CONSORTIUM
from workflow.worklist import cursor


@pytest.fixture
def house(tmp_path: Path) -> House:
    return sqlite_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


@contextmanager
def statements(engine: Engine) -> Generator[list[str]]:
    """Every statement that reaches the database meanwhile."""
    seen: list[str] = []

    def note(*given: object) -> None:
        seen.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_bureau_sees_its_own_region_and_what_waits_for_it(app: Flask, house: House) -> None:
    mine, other = house.sealed(), house.sealed("wenqu-", OTHER_UNIT)
    house.do("yuelu-head", house.recommend(other), "2025-11-26 10:00")
    page = Person(app, "yuelu-head").visit("/inbox")
    assert str(mine) in page
    assert str(other) not in page
    assert str(other) in Person(app, "yuelu-head").visit("/inbox?stage=county_recommended")
    page = Person(app, "yuelu-head").visit("/inbox?all=1")
    assert str(mine) in page
    assert str(other) in page
    assert str(mine) not in Person(app, "yuhua-head").visit("/inbox?all=1")


def test_search_finds_by_how_a_name_begins(app: Flask, house: House) -> None:
    mine = house.sealed()
    assert str(mine) in Person(app, "yuelu-head").visit("/inbox?q=湖南岳麓")
    page = Person(app, "yuelu-head").visit("/inbox?q=不存在")
    assert "没有符合条件的申报" in page
    assert "清除筛选" in page


def test_a_page_past_the_end_is_an_empty_page(app: Flask, house: House) -> None:
    house.sealed()
    end = cursor(253_402_300_799_999_999, "zzzz")
    for who, path in (("yuelu-head", "/inbox"), ("clerk", "/desk"), ("editor", "/applications")):
        assert "没有符合条件的申报" in Person(app, who).visit(f"{path}?after={end}")
    Person(app, "yuelu-head").visit("/inbox?after=nonsense!", 422)


@pytest.mark.parametrize(
    ("who", "path"),
    [("yuelu-head", "/inbox"), ("clerk", "/desk?all=1"), ("finance", "/payments"), ("editor", "/applications")],
)
def test_a_list_takes_at_most_six_statements(app: Flask, house: House, who: str, path: str) -> None:
    house.sealed()
    person = Person(app, who)
    with statements(house.engine) as seen:
        person.visit(path)
    assert len([one for one in seen if not one.startswith(("PRAGMA", "BEGIN"))]) <= 6, seen


def test_a_dossier_with_its_history_takes_at_most_ten_statements(app: Flask, house: House) -> None:
    application = house.recommended()
    for who in ("clerk", "changsha-head", "admin"):
        person = Person(app, who)
        with statements(house.engine) as seen:
            person.visit(f"/applications/{application}")
        assert len([one for one in seen if not one.startswith(("PRAGMA", "BEGIN"))]) <= 10, (who, len(seen), seen)


def test_everybody_comes_from_the_inbox_to_the_desk_of_their_kind(app: Flask, house: House) -> None:
    desks = {"clerk": "/desk", "finance": "/payments", "expert-1": "/reviews", "editor": "/applications"}
    for who, place in desks.items():
        assert Person(app, who).client.get("/inbox").headers["Location"] == place


PAGES = [
    ("editor", "/applications"),
    ("admin", "/applications/{filled}"),
    ("admin", "/applications/{filled}/sections/unit"),
    ("admin", "/applications/{filled}/sections/model"),
    ("admin", "/applications/{filled}/seal"),
    ("yuelu-head", "/inbox"),
    ("yuelu-head", "/applications/{sealed}"),
    ("yuelu-head", "/applications/{sealed}/recommendation"),
    ("yuelu-head", "/applications/{sealed}/returns"),
    ("clerk", "/desk?all=1"),
    (None, "/notices"),
    (None, "/lifecycle"),
]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_light_and_hold_nothing_inline(app: Flask, house: House, language: str) -> None:
    sealed = house.sealed("wenqu-", OTHER_UNIT)
    filled = house.filled()
    for who, path in PAGES:
        page = Person(app, who, language).visit(path.format(sealed=sealed, filled=filled))
        assert len(gzip.compress(page.encode())) <= 40_000, path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]* src=)", page), path
        assert not re.search(r">\s*(pages|action|stage|role|who)\.[a-z_.]+\s*<", page), path
        assert not re.search(r"Words\(|&#39;zh&#39;|Undefined", page), path


def test_every_event_step_and_audience_has_its_words() -> None:
    known = catalogue()
    assert [name for name in TYPES if f"pages.told.{name.partition('.')[2]}" not in known] == []
    assert [name for name in TYPES if f"pages.told.{name.partition('.')[2]}.title" not in known] == []
    assert [step.trigger for step in STEPS if f"action.{step.trigger}" not in known] == []
    assert [step.trigger for step in STEPS if f"pages.done.{step.trigger}" not in known] == []
    told = {who for step in LIFECYCLE for who in step.told}
    assert sorted(who for who in told if f"pages.who.{who}" not in known) == []


def test_every_step_a_person_can_take_has_a_form() -> None:
    forms = {step.trigger: step.command for step in STEPS}
    by_hand = {step.trigger for step in LIFECYCLE} - {"create", "save", "print", "lapse"} - CONSORTIUM
    assert set(forms) == by_hand
    assert all(command.trigger == trigger for trigger, command in forms.items())
    commands = {
        one.trigger: one
        for one in vars(c).values()
        if isinstance(one, type) and issubclass(one, c.Command) and one is not c.Command
    }
    assert all(commands[trigger] is command for trigger, command in forms.items())
