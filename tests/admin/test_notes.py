"""Who was refused what and who read what is protected is noted in streams of their own, bounded, and never by what was typed."""

from collections.abc import Generator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from admin import notes
from admin.notes import CommandRefused, Exported, ProtectedRead, Unmasked, Why, why
from eventstore.codec import Codec
from eventstore.event import Event
from eventstore.refusal import Refusal, Refused
from service.world import UNITS
from tests.admin.office import Office, opened
from tests.eventstore.golden_files import must_read
from workflow import commands as c

EXAMPLES: tuple[Event, ...] = (
    CommandRefused(application="a", trigger="seal", reasons=(Why(code="REQUIRED", params={"field": "project_name"}),)),
    ProtectedRead(application="a", what="file", item="1"),
    Unmasked(application="a", reason="专项审计"),
    Exported(what="csv", application="", filters={"kind": "application"}),
)


@pytest.fixture
def fresh(tmp_path: Path) -> Generator[Office]:
    with opened(tmp_path) as found:
        yield found


def noted(office: Office, kind: str) -> list[Any]:
    """The facts of every stream of this kind."""
    with office.house.store.reading() as db:
        recorded = [one for one in office.house.store.all_in(db, limit=5000) if one.stream.startswith(kind)]
        return office.house.read(db, recorded)


def test_every_released_note_is_still_read() -> None:
    must_read(Codec(notes.TYPES), Path(__file__).parent / "golden", EXAMPLES)


def test_a_refused_command_is_noted_with_every_reason_and_the_application_does_not_change(fresh: Office) -> None:
    one = fresh.played.open()
    version = fresh.played.application(one).version
    fresh.played.refused("admin", c.Seal(application_id=one), "2025-11-20 10:00")
    [fact] = noted(fresh, notes.REFUSED)
    assert fact.recorded.actor == "person:admin"
    assert fact.recorded.stream == "refused-person:admin-2025-11-20"
    assert (fact.event.application, fact.event.trigger) == (str(one), "seal")
    assert "MISSING_ATTACHMENT" in {reason.code for reason in fact.event.reasons}
    assert fresh.played.application(one).version == version


def test_what_somebody_typed_is_never_kept(fresh: Office) -> None:
    typed = Refusal.of("BAD_FORMAT", field="phone", value="13907319999 李某", expected="0731-88955549", limit=12)
    assert why(Refused(typed)) == (Why(code="BAD_FORMAT", params={"field": "phone", "limit": "12"}),)


def test_the_same_refusal_is_noted_once_an_hour(fresh: Office) -> None:
    one = fresh.played.open()
    for minute in (0, 20, 40):
        fresh.played.refused("admin", c.Seal(application_id=one), f"2025-11-20 10:{minute:02}")
    assert len(noted(fresh, notes.REFUSED)) == 1
    fresh.played.refused("admin", c.Seal(application_id=one), "2025-11-20 11:10")
    assert len(noted(fresh, notes.REFUSED)) == 2


def test_a_flood_cannot_fill_the_log(fresh: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST_A_DAY", 3)
    fresh.played.at("2025-11-20 10:00")
    for number in range(6):
        fresh.played.refused("admin", c.Seal(application_id=UUID(int=number)))
    assert len(noted(fresh, notes.REFUSED)) == 3


def test_a_note_that_cannot_be_written_fails_nobody(fresh: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database goes away between the refusal and its note."""
    one = fresh.played.open()

    def away(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("away"))

    monkeypatch.setattr(fresh.house.noting, "_write", away)
    assert "MISSING_ATTACHMENT" in fresh.played.refused("admin", c.Seal(application_id=one), "2025-11-20 10:00")


def test_an_auditor_finds_refusals_by_whose_they_were_and_reads_why(office: Office) -> None:
    office.played.refused("yuelu-head", office.played.recommend(office.noticed))
    office.follow()
    found = office.api("auditor", "/history?kind=refused&actor=yuelu-head").get_json()["events"]
    assert [one["type"] for one in found] == ["audit.command_refused"]
    assert found[0]["number"] == "HN-AI-2025-0001"
    assert "被拒绝" in found[0]["sentence"]
    assert "推荐" in found[0]["sentence"]


def test_reading_a_file_a_scan_or_who_objected_is_noted_unless_it_is_ones_own(office: Office) -> None:
    office.api("lead", f"/applications/{office.noticed}/history")
    office.api("lead", f"/applications/{office.noticed}/history")
    office.api("admin", f"/applications/{office.noticed}/history")
    office.api("auditor", f"/applications/{office.noticed}/history")
    office.follow()
    reads = [fact for fact in noted(office, notes.READS) if isinstance(fact.event, ProtectedRead)]
    assert {(fact.recorded.actor, fact.event.what) for fact in reads} == {("person:lead", "objector")}
    assert len(reads) == 1
    found = office.api("auditor", f"/history?kind=reads&application={office.noticed}").get_json()["events"]
    assert "异议人身份" in " ".join(one["sentence"] for one in found)


def test_the_mask_is_lifted_for_half_an_hour_with_a_reason_that_stays(fresh: Office) -> None:
    one = fresh.played.sealed()
    place = f"/history/applications/{one}"
    before = fresh.api("auditor", f"{place}/as-of").get_json()["dossier"]
    assert "contact_name" in before["hidden"] or before["hidden"]
    assert fresh.api("auditor", f"{place}/unmasking", "POST", json={"reason": "  "}).status_code == 409
    assert fresh.api("clerk", f"{place}/unmasking", "POST", json={"reason": "x"}).status_code == 403
    lifted = fresh.api("auditor", f"{place}/unmasking", "POST", json={"reason": "专项审计调阅"})
    assert lifted.status_code == 200
    shown = fresh.api("auditor", f"{place}/as-of").get_json()["dossier"]
    assert shown["hidden"] == []
    assert "专项审计调阅" in fresh.page("auditor", place)
    [fact] = [fact for fact in noted(fresh, notes.READS) if isinstance(fact.event, Unmasked)]
    assert (fact.recorded.actor, fact.event.reason) == ("person:auditor", "专项审计调阅")
    fresh.played.at("2025-11-20 10:31")
    assert fresh.api("auditor", f"{place}/as-of").get_json()["dossier"]["hidden"]


def test_the_mask_of_one_application_is_not_that_of_another(fresh: Office) -> None:
    one, other = fresh.played.sealed(), fresh.played.sealed("guanlan-", UNITS[2])
    fresh.api("auditor", f"/history/applications/{one}/unmasking", "POST", json={"reason": "调阅"})
    assert fresh.api("auditor", f"/history/applications/{other}/as-of").get_json()["dossier"]["hidden"]


def test_a_mask_cannot_be_lifted_on_a_page_without_saying_why(fresh: Office) -> None:
    one = fresh.played.sealed()
    browser = fresh.browser("auditor")
    page = browser.get(f"/history/applications/{one}").text
    token = page.split('name="csrf_token" value="')[-1].split('"')[0]
    posted = {"csrf_token": token, "command_id": "k" * 20, "reason": ""}
    answer = browser.post(
        f"/history/applications/{one}/unmasking", data=posted, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 422
    assert 'href="#f-reason"' in answer.text


def test_an_export_is_noted_with_its_filters(fresh: Office) -> None:
    fresh.api("auditor", "/history/export?format=jsonl&kind=person")
    [fact] = [fact for fact in noted(fresh, notes.READS) if isinstance(fact.event, Exported)]
    assert (fact.event.what, dict(fact.event.filters)) == ("jsonl", {"kind": "person"})
