"""The whole log can be searched by an auditor, a bounded number of events a page; what is hidden elsewhere is not found here."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from admin import search
from admin.asked import Filters
from admin.log_index import day_of, index
from admin.search import Page, Question, page
from eventstore.event import microseconds
from tests.admin.office import CONTACT, OBJECTOR, Office, opened

HUNAN = frozenset({"43"})


@pytest.fixture(params=["sqlite", "postgres"])
def either(request: pytest.FixtureRequest) -> Office:
    found: Office = request.getfixturevalue("office" if request.param == "sqlite" else "postgres_office")
    return found


def asked(office: Office, provinces: frozenset[str] = HUNAN, **more: Any) -> Page:
    with office.house.store.reading() as db:
        return page(db, Question(**{"limit": 200, **more}), provinces)


def test_every_event_that_is_to_be_seen_is_in_the_index_newest_first(either: Office) -> None:
    either.follow()
    everything = either.house.store.read_all(limit=5000)
    draft = f"application-{either.draft}"
    found, question = list[int](), Question(limit=50)
    with either.house.store.reading() as db:
        while True:
            one = page(db, question, frozenset({"43", "44"}))
            found += [item.position for item in one.items]
            if one.older is None:
                break
            question = Question(limit=50, before=one.older)
    assert found == [event.position for event in reversed(everything) if event.stream != draft]


@pytest.mark.parametrize(
    ("filters", "types"),
    [
        ({"type": "application.unit_sealed"}, {"application.unit_sealed"}),
        ({"actor": "person:yuelu-head", "kind": "application"}, {"application.recommended"}),
        ({"text": "会议纪要"}, {"application.proposed"}),
        ({"kind": "calls"}, {"call.call_published"}),
    ],
)
def test_a_filter_brings_what_it_says(either: Office, filters: dict[str, str], types: set[str]) -> None:
    assert {one.type for one in asked(either, **filters).items} == types


def test_filters_add_up(either: Office) -> None:
    found = asked(
        either, kind="application", number="hn-ai-2025-0001", call="hn-2025", unit="91430104MAXTE5T16B", region="430100"
    )
    assert {one.stream for one in found.items} == {f"application-{either.noticed}"}
    assert asked(either, number="hn-ai-2025-0001", actor="person:nobody").items == ()
    assert asked(either, number="HN-AI-2025-9999").items == ()


def test_a_day_means_the_events_of_that_beijing_day_whatever_order_the_clocks_were_in(either: Office) -> None:
    """The register was written on a clock months ahead of the applications'."""
    question = Filters(since="2025-11-20", until="2025-11-20").question()
    found = asked(either, since=question.since, until=question.until)
    assert [one.type for one in found.items] == ["application.unit_sealed"]
    before = datetime(2025, 1, 1, tzinfo=UTC)
    assert asked(either, until=before).items == ()


def test_another_provinces_auditor_finds_nothing_of_this_one(either: Office) -> None:
    assert {one.region for one in asked(either, frozenset({"44"})).items if one.kind == "application"} == set()


def test_a_draft_is_not_found_and_a_seal_shows_its_whole_history(either: Office) -> None:
    assert asked(either, application=str(either.draft)).items == ()
    sealed = asked(either, kind="application", application=str(either.noticed)).items
    assert sealed[-1].type == "application.opened"
    assert [one.version for one in sealed] == list(range(len(sealed), 0, -1))


@pytest.mark.parametrize("secret", [OBJECTOR, CONTACT, "成果归属", "苏映雪"])
def test_nothing_personal_and_nothing_of_an_objector_is_a_word_of_the_index(either: Office, secret: str) -> None:
    assert asked(either, text=secret).items == ()


def test_who_objected_is_not_found_by_asking_what_they_did(either: Office) -> None:
    by_them = asked(either, actor="person:wenqu-admin").items
    assert {one.type for one in by_them} == set()
    [objection] = asked(either, type="application.objection_received").items
    assert objection.actor == ""


def test_a_page_looks_at_so_many_events_and_says_how_far(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_AT_FIRST", 5)
    monkeypatch.setattr(search, "LOOKED_AT", 20)
    found, question, pages = list[int](), Question(text="会议纪要"), 0
    with office.house.store.reading() as db:
        while True:
            one = page(db, question, HUNAN)
            found += [item.position for item in one.items]
            pages += 1
            if one.older is None:
                break
            assert one.reached == one.older
            question = Question(text="会议纪要", before=one.older)
    assert len(found) == 1
    assert pages > 5


def test_the_index_is_the_same_however_the_log_was_cut_into_batches(tmp_path: Path) -> None:
    with opened(tmp_path) as office:
        office.play()
        _indexed_again(office)


def _indexed_again(office: Office) -> None:
    store = office.house.store
    with store.reading() as db:
        kept = page(db, Question(limit=200), HUNAN).items
    with store.begin() as db:
        for table in ("log_index", "log_streams", "log_days"):
            db.exec_driver_sql(f"DELETE FROM {table}")
        recorded = store.all_in(db, limit=5000)
        for start in range(0, len(recorded), 7):
            index(db, office.house.read(db, recorded[start : start + 7], revealed=False))
    with store.reading() as db:
        assert page(db, Question(limit=200), HUNAN).items == kept


def test_a_day_begins_at_midnight_in_beijing() -> None:
    evening, midnight = datetime(2025, 11, 19, 15, 59, 59, tzinfo=UTC), datetime(2025, 11, 19, 16, tzinfo=UTC)
    assert day_of(microseconds(midnight)) == day_of(microseconds(evening)) + 1
