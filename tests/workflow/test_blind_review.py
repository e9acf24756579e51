"""Where the programme says so an expert judges without knowing whose it is: in no page, answer, list, search, file or letter."""

import html
import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from directory.actor import Grant, Role
from eventstore.engine import open_engine
from eventstore.refusal import PreconditionFailed
from notifications.contents import contents
from service.world import UNITS
from tests.browser.site import Person, site
from tests.workflow.blind import blind_calls
from tests.workflow.founded import founded_sqlite
from tests.workflow.house import Api, House
from workflow import commands as c
from workflow.blind import MASK, blinded, is_blind
from workflow.discretion import actor_for
from workflow.dossier import view_of

UNIT = UNITS[0]
CODE = UNIT.code


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(open_engine(founded_sqlite(tmp_path)), tmp_path / "files", catalogue=blind_calls())


@pytest.fixture
def app(house: House) -> Flask:
    return site(house)


@pytest.fixture
def application(house: House) -> UUID:
    """Whose text names its own unit; drawn, declared."""
    draft = house.filled()
    said = {"unit_name": UNIT.name}
    house.do("editor", c.SaveSection(application_id=draft, section="unit", answers=said), "2025-11-20 09:00")
    told = f"{UNIT.name}（{CODE}）自主研发"
    house.do("editor", c.SaveSection(application_id=draft, section="model", answers={"model_name": told[:40]}))
    house.do("admin", c.Seal(application_id=draft), "2025-11-20 10:00")
    house.do("yuelu-head", house.recommend(draft), "2025-11-26 10:00")
    house.do("changsha-head", house.recommend(draft, "长工信函〔2025〕7号", rank=2), "2025-12-10 10:00")
    from tests.workflow.house import CHECKLIST

    house.do("clerk", c.Receive(application_id=draft), "2025-12-15 10:00")
    house.do("clerk", c.PassForm(application_id=draft, checklist=CHECKLIST), "2025-12-17 10:00")
    house.do("clerk", c.DrawPanel(application_id=draft), "2025-12-22 10:00")
    house.do(panel(house, draft)[0], c.Declare(application_id=draft, conflict=False))
    return draft


def panel(house: House, application: UUID) -> tuple[str, ...]:
    return house.application(application).review.panel


def of_another_unit(house: House, application: UUID) -> str:
    """An expert of the panel who writes for another unit besides."""
    who = panel(house, application)[0]
    actor = house.actors[who]
    assert actor is not None
    house.actors[who] = replace(actor, grants=(*actor.grants, Grant(Role.UNIT_EDITOR, UNITS[1].code)))
    return who


def secrets_of(house: House, application: UUID) -> list[str]:
    """Everything that says whose it is."""
    whole = house.application(application)
    files = [file.name for held in whole.attachments.values() for file in held]
    digests = [file.sha256 for held in whole.attachments.values() for file in held]
    bureaus = ["岳麓区", "岳工信函"]
    return [UNIT.name, CODE, "430104", "沈岳", "刘一鸣", *files, *digests, *bureaus, whole.content_digest]


PAGES = (
    "",
    "/scores",
    "/declarations",
    "/objections",
    "/withdrawal",
    "/consortium",
    "/sections/unit",
    "/paper",
    "/review",
)
READS = ("", "/actions", "/history", "/attachment-list", "/related", "/review")


def test_no_page_and_no_answer_says_whose_it_is(app: Flask, house: House, application: UUID) -> None:
    expert, api, hidden = panel(house, application)[0], Api(house), secrets_of(house, application)
    person, read = Person(app, expert), 0
    told = {f"page {path}": person.client.get(f"/applications/{application}{path}") for path in PAGES}
    told |= {
        f"list {path}": person.client.get(path) for path in ("/reviews?all=1", "/reviews", "/inbox", "/applications")
    }
    told |= {f"api {path}": api.ask(expert, "GET", f"/applications/{application}{path}") for path in READS}
    told["api list"] = api.ask(expert, "GET", "/applications?limit=100&counts=true")
    told["refused"] = api.ask(expert, "POST", f"/applications/{application}/scores", {"marks": {}})
    told["stale"] = api.ask(
        expert, "POST", f"/applications/{application}/scores", {"marks": {}}, headers={"If-Match": '"1"'}
    )
    for way, answer in told.items():
        assert answer.status_code < 500, way
        read += answer.status_code == 200
        text = html.unescape(answer.get_data(as_text=True)) + json.dumps(dict(answer.headers), ensure_ascii=False)
        text += text.encode().decode("unicode_escape", "ignore") if way.startswith("api") else ""
        found = [secret for secret in hidden if secret and secret in text]
        assert not found, (way, found)
    assert read >= 8, "there was hardly anything to read"


def test_what_may_be_read_is_read_with_the_names_masked(app: Flask, house: House, application: UUID) -> None:
    page = html.unescape(Person(app, panel(house, application)[0]).visit(f"/applications/{application}/scores"))
    assert MASK in page
    assert house.application(application).number in page


def test_no_file_is_given_out_under_any_address(app: Flask, house: House, application: UUID) -> None:
    """Seals, licences, names of files and the properties of a PDF are not masked, so that none is given."""
    expert, whole = Person(app, panel(house, application)[0]), house.application(application)
    assert whole.attachments
    for slot, held in whole.attachments.items():
        for file in held:
            path = f"/applications/{application}/attachments/{slot}/{file.file_id}"
            assert expert.client.get(path).status_code == 404
            assert Api(house).ask(panel(house, application)[0], "GET", path).status_code == 404
    for made in whole.commitments.values():
        assert expert.client.get(f"/applications/{application}/scans/{made.scan_sha256}").status_code == 404


@pytest.mark.parametrize("asked", [f"q={UNIT.name[:4]}", f"q={UNIT.name}"])
def test_a_search_by_name_finds_nothing_and_so_says_nothing(
    app: Flask, house: House, application: UUID, asked: str
) -> None:
    who = panel(house, application)[0]
    number = house.application(application).number
    page = Person(app, who).visit(f"/reviews?all=1&{asked}")
    assert number not in page
    assert number in Person(app, who).visit(f"/reviews?all=1&q={number[:8]}")
    found = Api(house).ask(who, "GET", f"/applications?search={UNIT.name}").json
    assert found["items"] == []
    assert Api(house).ask(who, "GET", "/applications?city=430100").json["items"] == []
    assert len(Api(house).ask("clerk", "GET", f"/applications?search={UNIT.name}").json["items"]) == 1


def test_the_letter_to_the_experts_names_no_unit(house: House, application: UUID) -> None:
    facts = house.dispatcher.history(f"application-{application}")
    drawn = next(fact for fact in facts if fact.recorded.type == "application.panel_drawn")
    whole, call = house.application(application), blind_calls().get("hn-2025")
    said = contents(drawn.event, whole, whole, call, drawn.recorded.instant, lambda _code: ("", ""))  # type: ignore[arg-type]
    assert said["unit"] == MASK


def test_an_expert_is_told_the_own_acts_alone_whatever_came_last(app: Flask, house: House, application: UUID) -> None:
    """What is newest may be anything: here a reason that names the unit. Whoever has another role besides may read histories."""
    who = of_another_unit(house, application)
    reason = f"{UNIT.name}不符合要求"
    house.do("lead", c.NotSelect(application_id=application, minutes_number="会议纪要〔2025〕1号", reason=reason))
    told = Api(house).ask(who, "GET", f"/applications/{application}/history").json
    assert UNIT.name not in json.dumps(told, ensure_ascii=False)
    assert [event["type"] for event in told["events"]] == ["application.expert_declared"]
    assert UNIT.name not in html.unescape(Person(app, who).visit(f"/applications/{application}"))
    known = Api(house).ask("clerk", "GET", f"/applications/{application}/history").json
    assert UNIT.name in json.dumps(known, ensure_ascii=False)


def test_an_expert_who_is_late_is_not_told_who_was_faster(house: House, application: UUID) -> None:
    house.do("admin", c.Withdraw(application_id=application, reason="撤回"))
    who = panel(house, application)[0]
    with pytest.raises(PreconditionFailed) as failed:
        house.do(who, c.Declare(application_id=application, conflict=False), if_match=1)
    assert failed.value.latest is not None
    assert failed.value.latest.actor == ""


def test_nor_is_one_who_holds_an_office_of_another_province(house: House, application: UUID) -> None:
    """That office sees nothing of this one, and opens no eyes either."""
    who = house.actor(panel(house, application)[0])
    both = replace(who, grants=(*who.grants, Grant(Role.PROVINCE_CLERK, "44")))
    whole, call = house.application(application), blind_calls().get("hn-2025")
    assert is_blind(both, whole, call)
    view = view_of(both, blinded(whole, call, both.id))
    [opened] = house.store.read_stream(f"application-{application}")[:1]
    assert view.blind
    assert actor_for(opened, view) == ""


def test_an_expert_who_applies_too_reads_no_name_in_the_own_list(house: House, app: Flask, application: UUID) -> None:
    """The page of one's own applications lists what one judges too, by number alone."""
    who = of_another_unit(house, application)
    page = html.unescape(Person(app, who).visit("/applications"))
    assert house.application(application).number in page
    assert [secret for secret in secrets_of(house, application) if secret and secret in page] == []


def test_the_province_knows_and_can_compare(app: Flask, house: House, application: UUID) -> None:
    """So that these tests would notice: the strings are there for those who may read them."""
    page = Person(app, "clerk").visit(f"/applications/{application}")
    assert UNIT.name in page
    assert CODE in page


def test_a_blind_expert_scores_like_any_other(app: Flask, house: House, application: UUID) -> None:
    who = panel(house, application)[0]
    rubric = blind_calls().get("hn-2025").direction("L-V").rubric
    expert = Person(app, who)
    expert.visit(f"/applications/{application}/scores")
    expert.send(f"/applications/{application}/scores", {f"mark.{one.id}": str(one.max) for one in rubric})
    assert house.application(application).review.totals[who] == 10_000
    page = expert.visit(f"/applications/{application}")
    assert UNIT.name not in page


def test_the_own_sheet_on_paper_names_the_unit_and_is_for_the_province_alone(
    app: Flask, house: House, application: UUID
) -> None:
    """What a step leaves on paper is drawn once for everybody who may have it, so that an expert here has none."""
    who, api = panel(house, application)[0], Api(house)
    marks = {one.id: one.max * 100 for one in blind_calls().get("hn-2025").direction("L-V").rubric}
    house.do(who, c.Score(application_id=application, marks=marks, comment="同意"))
    place = f"/applications/{application}"
    (sheet,) = [one for one in house.printing.of_steps(house.application(application)) if one.kind == "score_sheet"]
    assert api.ask(who, "GET", f"{place}/instruments").json["items"] == []
    for path in (f"{place}/papers/{sheet.code}", f"{place}/papers/{sheet.code}/pdf"):
        assert api.ask(who, "GET", path).status_code == 404
        assert Person(app, who).client.get(path).status_code == 404
    assert sheet.code not in Person(app, who).visit(place)
    assert api.ask("clerk", "GET", f"{place}/papers/{sheet.code}").status_code == 200
