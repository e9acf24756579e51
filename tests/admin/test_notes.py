"""Who was refused what and who read what is protected is noted in streams of their own, bounded, and never by what was typed."""

from collections.abc import Generator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import OperationalError

from admin import notes
from admin.notes import CommandRefused, Exported, ProtectedRead, Unmasked, Why, why
from eventstore.codec import Codec
from eventstore.event import Event, microseconds
from eventstore.projection import of_revision
from eventstore.refusal import Refusal, Refused
from service.world import UNITS
from tests.admin.office import OBJECTOR, Office, opened
from tests.eventstore.golden_files import must_read
from webhooks import schema
from webhooks.records import Endpoints
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


def test_every_look_at_who_objected_is_noted_with_its_reason(office: Office) -> None:
    place = f"/applications/{office.noticed}/objections/1/identity"
    for who in ("lead", "admin", "auditor"):
        office.api(who, f"/applications/{office.noticed}/history")
    assert not [fact for fact in noted(office, notes.READS) if isinstance(fact.event, ProtectedRead)], (
        "no history has it"
    )
    assert office.api("lead", place, "POST", json={"reason": " "}).status_code == 409
    for _ in range(2):
        told = office.api("lead", place, "POST", json={"reason": "核实异议内容"})
        assert told.status_code == 200
        assert told.get_json()["name"] == OBJECTOR
    assert office.api("auditor", place, "POST", json={"reason": "x"}).status_code == 403
    assert office.api("admin", place, "POST", json={"reason": "x"}).status_code == 403
    office.follow()
    reads = [fact for fact in noted(office, notes.READS) if isinstance(fact.event, ProtectedRead)]
    looks = [(fact.recorded.actor, fact.event.what, fact.event.item, fact.event.reason) for fact in reads]
    assert looks == [("person:lead", "objector", "1", "核实异议内容")] * 2, "each by itself, though within the hour"
    found = office.api("auditor", f"/history?kind=reads&application={office.noticed}").get_json()["events"]
    assert "异议人身份，原因：核实异议内容" in " ".join(one["sentence"] for one in found)


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


def test_an_application_tells_who_saw_what_is_protected_of_it(fresh: Office) -> None:
    """On its history's page and through the API: who, when, what, and the reason where one was asked for; empty before."""
    one = fresh.played.sealed()
    place = f"/history/applications/{one}"
    fresh.follow()
    assert fresh.api("auditor", f"{place}/reads").get_json() == {"items": [], "older": None}
    assert "还没有人看过" in fresh.page("auditor", place)
    fresh.api("auditor", f"{place}/unmasking", "POST", json={"reason": "专项审计调阅"})
    fresh.api("auditor", f"{place}/evidence")
    [paper] = [each for each in fresh.house.printing.papers(fresh.played.application(one)) if each.sealed]
    for who in ("yuelu-head", "admin"):
        fresh.api(who, f"/applications/{one}/papers/{paper.code}/pdf")
    fresh.house.printing.drain()
    for who in ("yuelu-head", "admin"):  # the unit's own people are not noted
        assert fresh.api(who, f"/applications/{one}/papers/{paper.code}/pdf").status_code == 200
    fresh.follow()
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(str(given[2]))

    event.listen(fresh.house.engine, "before_cursor_execute", note)
    seen = fresh.api("auditor", f"{place}/reads?limit=2").get_json()
    event.remove(fresh.house.engine, "before_cursor_execute", note)
    assert sum("FROM events" in each and "position IN" in each for each in asked) == 1, asked
    assert [(each["actor"], each["what"], each["reason"]) for each in seen["items"]] == [
        ("person:yuelu-head", "paper", ""),
        ("person:auditor", "evidence", ""),
    ]
    assert seen["items"][0]["item"] == paper.code
    rest = fresh.api("auditor", f"{place}/reads?before={seen['older']}").get_json()
    assert [(each["what"], each["reason"]) for each in rest["items"]] == [("unmasked", "专项审计调阅")]
    page = fresh.page("auditor", place)
    assert "看了打印稿" in page
    assert paper.code in page
    assert "took the evidence" in fresh.page("auditor", place, language="en")
    assert fresh.api("lead", f"{place}/reads").status_code == 403


def test_an_event_tells_which_people_and_which_systems_were_told_of_it_and_why(fresh: Office) -> None:
    one = fresh.played.sealed()
    fresh.follow()
    position = next(
        event.position
        for event in fresh.house.store.read_stream(f"application-{one}")
        if event.type == "application.unit_sealed"
    )
    with fresh.house.store.begin() as db:
        ends, made = of_revision(schema.endpoints, Endpoints.revision), fresh.house.wall.now(db)
        db.execute(insert(ends).values(**_endpoint("e-1", "联通平台", "unit:1")))
        db.execute(insert(schema.parcels).values(**_parcel("e-1", position, str(one), microseconds(made))))
    told = fresh.api("auditor", f"/history/events/{position}").get_json()["told"]
    assert {each["by"] for each in told} == {"letter", "parcel"}
    assert all(each["because_zh"] and each["because_en"] for each in told)
    assert [each["to"] for each in told if each["by"] == "parcel"] == ["联通平台"]
    page = fresh.page("auditor", f"/history/events/{position}")
    assert "联通平台" in page
    assert "归属 unit:1" in page


def _endpoint(id_: str, name: str, owner: str) -> dict[str, Any]:
    words = dict.fromkeys(
        ("host", "url", "types", "programmes", "secrets", "public_key", "why_disabled", "created_by"), ""
    )
    off = dict.fromkeys(("ordered", "verified", "enabled", "deleted"), False)
    return {**words, **off, "id": id_, "kind": "webhook", "name": name, "owner": owner, "language": "zh", "version": 1, "created_at": 1}  # fmt: skip


def _parcel(endpoint: str, position: int, application: str, at: int) -> dict[str, Any]:
    words = dict.fromkeys(("call", "programme", "trace"), "")
    return {
        **words, "id": f"msg_{position:032x}", "endpoint": endpoint, "event_id": "x", "position": position, "payload": "{}",
        "type": "application.unit_sealed", "application": application, "state": "sent", "due_at": at, "created_at": at,
    }  # fmt: skip
