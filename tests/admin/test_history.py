"""An auditor reads what each event changed, sees the dossier as people saw it then, and compares two moments."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from admin.differences import Change, differences
from tests.admin.office import Office, opened
from web import texts
from workflow import commands as c
from workflow.dossier import Dossier, present, view_of


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A house of its own, and every dossier as the auditor was shown it while it happened, by version."""
    shown: dict[int, Any] = {}
    with opened(tmp_path_factory.mktemp("seen")) as office:
        handling = office.played.handling

        def look(_outcome: Any) -> None:
            application = office.played.application(one)
            if application.sealed is not None:
                answer = office.api("auditor", f"/applications/{one}")
                shown[application.version] = answer.get_json()

        one = office.played.filled()
        office.house.dispatcher.on_commit.append(look)
        office.played.do("admin", c.Seal(application_id=one), "2025-11-20 10:00")
        office.played.do("admin", c.Recall(application_id=one), "2025-11-21 10:00")
        answers = {"project_name": "面向工程机械的大模型（修订）"}
        office.played.do("editor", c.SaveSection(application_id=one, section="cover", answers=answers))
        office.played.do("admin", c.Seal(application_id=one), "2025-11-22 10:00")
        office.played.do("yuelu-head", office.played.recommend(one), "2025-11-26 10:00")
        office.house.dispatcher.on_commit.remove(look)
        office.follow()
        assert handling is office.house.handling
        yield office, one, shown


def test_the_dossier_as_of_every_event_is_the_one_that_was_shown_then(seen: Any) -> None:
    office, one, shown = seen
    assert len(shown) == 5
    for version, then in shown.items():
        answer = office.api("auditor", f"/history/applications/{one}/as-of?version={version}").get_json()
        assert answer["dossier"] == then, version


def test_at_an_instant_stands_what_had_been_recorded_by_then(seen: Any) -> None:
    office, one, shown = seen
    answer = office.api("auditor", f"/history/applications/{one}/as-of?at=2025-11-21T09:59").get_json()
    assert answer["dossier"] == shown[min(shown)]
    assert office.api("auditor", f"/history/applications/{one}/as-of?at=2024-01-01").status_code == 404
    assert office.api("auditor", f"/history/applications/{one}/as-of?at=noon").status_code == 422


def test_before_the_first_seal_there_is_a_draft_that_is_not_shown(seen: Any) -> None:
    office, one, shown = seen
    answer = office.api("auditor", f"/history/applications/{one}/as-of?version={min(shown) - 1}").get_json()
    assert answer["dossier"] is None
    assert "草稿" in office.page("auditor", f"/history/applications/{one}/as-of/1")


def test_what_a_seal_changed_is_told_field_by_field_and_a_save_between_seals_changes_nothing(seen: Any) -> None:
    office, one, shown = seen
    told = office.house.history.of(one, office.played.actor("auditor"))
    first, _, saved, second, _ = sorted(shown)
    assert told.changes(saved) == []
    changed = {change.path: (change.before, change.after) for change in told.changes(second)}
    assert changed["answers", "project_name"][1] == "面向工程机械的大模型（修订）"
    assert changed["stage",] == ("draft", "unit_sealed")
    assert ("answers", "unit_name") not in changed
    assert ("answers", "unit_name") in {change.path for change in told.changes(first)}


def test_the_changes_on_the_way_lead_from_one_dossier_to_the_other(seen: Any) -> None:
    """Applied one after another they give what a comparison of the ends gives."""
    office, one, shown = seen
    told = office.house.history.of(one, office.played.actor("auditor"))
    first, last = min(shown), max(shown)
    stood: dict[Any, Any] = {}
    for version in range(first + 1, last + 1):
        for change in told.changes(version):
            before = stood[change.path][0] if change.path in stood else change.before
            stood[change.path] = (before, change.after)
    moved = {path: pair for path, pair in stood.items() if pair[0] != pair[1]}
    assert moved == {each.path: (each.before, each.after) for each in told.between(first, last)}


def test_the_page_of_the_past_says_so_and_offers_no_step(seen: Any) -> None:
    office, one, shown = seen
    page = office.page("auditor", f"/history/applications/{one}/as-of/{min(shown)}")
    assert "这是过去的页面" in page
    assert "面向工程机械运维的垂直领域大模型" in page
    assert "（修订）" not in page
    assert 'id="steps-title"' not in page
    assert "This is the past" in office.page(
        "auditor", f"/history/applications/{one}/as-of/{min(shown)}", language="en"
    )


def test_two_moments_are_compared_on_a_page_and_in_the_api(seen: Any) -> None:
    office, one, shown = seen
    first, last = min(shown), max(shown)
    page = office.page("auditor", f"/history/applications/{one}/compared?from={first}&to={last}")
    assert "（修订）" in page
    answer = office.api("auditor", f"/history/applications/{one}/from/{first}/to/{last}").get_json()
    assert ["answers", "project_name"] in [change["path"] for change in answer["changes"]]
    assert office.api("auditor", f"/history/applications/{one}/from/1/to/99").status_code == 404


def test_the_timeline_tells_every_event_in_both_languages(office: Office) -> None:
    version = office.version(office.noticed, "application.recommended")
    page = office.page("auditor", f"/history/applications/{office.noticed}?at={version}")
    assert page.count('<li id="e') == office.played.application(office.noticed).version
    assert "以上发生在所选时间之后" in page
    assert "哈希链完整" in page
    english = office.page("auditor", f"/history/applications/{office.noticed}", language="en")
    assert "recommended it, letter" in english
    assert "pages.told" not in page + english
    assert "history." not in page.replace("history.css", "").replace("audit.", "")


def test_every_page_of_an_event_opens_and_tells_who_was_told_and_why(office: Office) -> None:
    events = office.house.store.read_stream(f"application-{office.noticed}")
    sealed = next(event for event in events if event.type == "application.unit_sealed")
    page = office.page("auditor", f"/history/events/{sealed.position}")
    assert sealed.hash.hex() in page
    assert "这件申报到了贵部门的环节" in page
    assert all(
        office.browser("auditor").get(f"/history/events/{event.position}").status_code == 200 for event in events
    )


def test_the_objectors_act_is_told_without_whose_it_was(office: Office) -> None:
    version = office.version(office.noticed, "application.objection_received")
    position = office.house.store.read_stream(f"application-{office.noticed}")[version - 1].position
    page = office.page("auditor", f"/history/events/{position}")
    assert "wenqu-admin" not in page
    assert "异议人身份受保护" in page
    body = office.api("auditor", f"/history/events/{position}").get_json()
    assert body["withheld"] == "objector"
    assert "wenqu-admin" not in json.dumps(body)
    assert "payload" not in body["envelope"]


def test_whoever_is_no_auditor_is_refused_and_what_is_foreign_reads_like_what_is_missing(office: Office) -> None:
    for who in ("admin", "yuelu-head", "clerk", "operator", "expert-1"):
        assert office.api(who, "/history").status_code == 403
        assert office.browser(who).get("/history").status_code == 403
    missing = office.api("auditor", "/history/applications/00000000-0000-7000-8000-00000000dead/as-of")
    draft = office.api("auditor", f"/history/applications/{office.draft}/as-of")
    assert (draft.status_code, draft.data) == (404, missing.data)
    opened_at = office.house.store.read_stream(f"application-{office.draft}")[0].position
    assert (
        office.api("auditor", f"/history/events/{opened_at}").data
        == office.api("auditor", "/history/events/99999").data
    )


def test_differences_of_the_same_are_none_and_of_nothing_are_all(office: Office) -> None:
    told = office.house.history.of(office.noticed, office.played.actor("auditor"))
    now = told.dossier(told.version)
    assert now is not None
    assert differences(now, now) == []
    appeared = differences(None, now)
    assert all(change.before is None for change in appeared)
    assert {change.path for change in differences(now, None)} == {change.path for change in appeared}
    assert Change(path=("stage",), before=None, after="objection_hold") in appeared


def test_a_fold_of_the_beginning_is_what_stood_after_it(office: Office) -> None:
    told = office.house.history.of(office.noticed, office.played.actor("auditor"))
    view = view_of(office.played.actor("auditor"), told.application)
    for before, after in pairwise(told.states):
        assert after.version == before.version + 1
    assert told.dossier(told.version) == present(told.application, told.call, view, told.facts[-1].recorded.instant)


def test_the_dossier_leads_an_auditor_to_its_history_and_a_unit_to_its_receipt(office: Office) -> None:
    link = f'href="/history/applications/{office.noticed}"'
    assert link in office.page("auditor", f"/applications/{office.noticed}")
    assert link not in office.page("lead", f"/applications/{office.noticed}")
    receipt = f'href="/applications/{office.noticed}/receipts/1"'
    assert receipt in office.page("admin", f"/applications/{office.noticed}")
    assert receipt not in office.page("lead", f"/applications/{office.noticed}")


NEVER_DIFFERENT = {
    "answers", "call_title", "direction_title", "due_at", "hidden", "holder", "id", "section_versions",
    "covered", "findings", "gaps", "standing", "code", "params", "en", "zh", "file_id", "files",
}  # fmt: skip
"""Left out of differences, told by the definition, or only ever the name of a part."""


def _fields(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    seen.add(model)
    for name, field in model.model_fields.items():
        yield name
        for found in _models(field.annotation):
            if found not in seen:
                yield from _fields(found, seen)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def test_whatever_can_differ_in_a_dossier_has_a_name_in_both_languages() -> None:
    names = set(_fields(Dossier, set())) - NEVER_DIFFERENT
    assert {name for name in names if not texts.has(f"history.field.{name}")} == set()


def test_what_changed_is_told_in_the_language_a_person_chose_for_good(office: Office) -> None:
    """Even where the browser asks for another one: the page is of one language, to the last label."""
    browser = office.browser("auditor")
    browser.delete_cookie("lang")
    page = browser.get(f"/history/applications/{office.noticed}", headers={"Accept-Language": "en-US,en"}).text
    assert '<html lang="zh-Hans"' in page
    assert "环节" in page
    assert "<dt>Stage" not in page
