"""The papers of a consortium over API and pages: asked for, made, taken by whom they concern, checked by anybody."""

import re
from datetime import date
from uuid import UUID

import pytest
from flask import Flask

from tests.browser.site import Person, site, sqlite_house
from tests.workflow.house import OTHER_UNIT, YUHUA_UNIT, Api, House
from tests.workflow.test_consorting import agreed, joined, sign
from workflow import commands as c
from workflow.dossier import View
from workflow.timeline import timeline

WENQU, GUANLAN = OTHER_UNIT.code, YUHUA_UNIT.code
COPY, LETTER = f"consortium_agreement:{WENQU}", f"authorisation:{WENQU}"


def together(house: House) -> UUID:
    """Lead and two members, the text fixed for signing."""
    application = house.filled()
    joined(house, application, WENQU, GUANLAN)
    agreed(house, application)
    return application


def test_a_copy_over_the_api_is_taken_signed_and_told_when_it_is_superseded(house: House, api: Api) -> None:
    application = together(house)
    base = f"/applications/{application}"
    asked = api.ask("wenqu-editor", "POST", f"{base}/papers", {"kind": COPY})
    assert asked.status_code == 202, asked.get_data(as_text=True)
    code, place = asked.json["code"], f"{base}/papers/{asked.json['code']}"
    house.printing.drain()
    assert api.ask("wenqu-editor", "GET", f"{place}/pdf").get_data().startswith(b"%PDF-")
    assert api.ask("editor", "GET", place).json["kind"] == COPY
    assert api.ask("guanlan-editor", "GET", place).status_code == 404, "the copy of another member"
    assert api.ask("guanlan-editor", "POST", f"{base}/papers", {"kind": COPY}).status_code == 409
    told = api.ask("", "GET", f"/papers/{code}")
    assert (told.json["kind"], told.json["version"], told.json["current"]) == ("consortium_agreement", 1, True)
    assert told.json["text_digest"] == house.application(application).consortium.issues[0].digest
    assert WENQU not in told.get_data(as_text=True), "nobody learns whose copy it is"
    hands = [
        {"unit": hand.unit, "signer": hand.signer, "signer_kind": hand.signer_kind, "signed_on": "2025-11-12", "sealed": True}
        for hand in sign(application, "", house.application(application).lead_unit, WENQU).hands
    ]  # fmt: skip
    body = {"hands": hands, "scan_sha256": "sha256:" + "5c" * 32, "paper_code": code}
    answer = api.ask("wenqu-editor", "POST", f"{base}/agreement/documents", body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    (document,) = api.ask("editor", "GET", base).json["consortium"]["documents"]
    assert (document["paper_code"], document["counts"]) == (code, True)
    house.do("editor", c.SetTerms(application_id=application, copies=9))
    assert api.ask("", "GET", f"/papers/{code}").json["current"] is False
    again = api.ask("editor", "POST", f"{base}/agreement/documents", body)
    assert [refusal["code"] for refusal in again.json["refusals"]] == ["AGREEMENT_STALE"]


def test_a_letter_is_written_with_its_agent_and_the_log_does_not_hold_the_name(house: House, api: Api) -> None:
    application = together(house)
    delegation = {"agent": "曾代理人", "valid_from": "2025-11-10", "valid_to": "2025-12-10"}
    place = f"/applications/{application}/papers"
    asked = api.ask("wenqu-editor", "POST", place, {"kind": LETTER, "delegation": delegation, "format": "docx"})
    assert asked.status_code == 202, asked.get_data(as_text=True)
    house.printing.drain()
    assert api.ask("wenqu-editor", "GET", f"{place}/{asked.json['code']}/docx").get_data().startswith(b"PK")
    with house.store.reading() as db:
        written = [fact.payload for fact in house.store.stream_in(db, f"application-{application}")]
    assert not any("曾代理人" in str(payload) for payload in written)
    wrong = api.ask("wenqu-editor", "POST", place, {"kind": LETTER, "delegation": {**delegation, "valid_to": "soon"}})
    assert wrong.status_code == 422


@pytest.fixture
def app_house(tmp_path: object) -> tuple[Flask, House]:
    made = sqlite_house(tmp_path)  # type: ignore[arg-type]
    return site(made), made


def _print(person: Person, application: UUID, status: int = 303, **fields: str) -> str:
    person.visit(f"/applications/{application}")
    given = {"command_id": f"print-{sorted(fields.items())}"[:64], "format": "pdf", **fields}
    return person.send(f"/applications/{application}/papers", given, status)


def test_members_print_on_pages_and_the_check_page_shows_the_hash(app_house: tuple[Flask, House]) -> None:
    app, house = app_house
    application = together(house)
    member = Person(app, "wenqu-editor")
    place = _print(member, application, kind=COPY)
    page = member.visit(place)
    assert f"联合体协议书（牵头单位与{OTHER_UNIT.name}）" in page
    digest = house.application(application).consortium.issues[0].digest
    shown = Person(app).visit(f"/v/{place.rpartition('/')[2]}")
    assert digest in shown
    assert OTHER_UNIT.name not in re.findall(r"<main.*</main>", shown, re.DOTALL)[0]
    letter = {"kind": LETTER, "agent": "曾代理人", "valid_from": "2025-11-10", "valid_to": "2025-12-10"}
    assert _print(member, application, **letter).startswith(f"/applications/{application}/papers/")
    _print(member, application, 422, **{**letter, "valid_to": "soon"})
    other = Person(app, "guanlan-editor")
    assert other.client.get(place).status_code == 404
    assert place not in other.visit(f"/applications/{application}")


def test_who_is_not_shown_names_reads_no_agent_and_no_signer_in_the_history(app_house: tuple[Flask, House]) -> None:
    """A name may lie deep in an event: in a letter of authorisation, or among the hands of a signed agreement."""
    _, house = app_house
    application = together(house)
    delegation = c.Delegation(agent="曾代理人", valid_from=date(2025, 11, 10), valid_to=date(2025, 12, 10))
    house.do("wenqu-editor", c.IssuePaper(application_id=application, kind=LETTER, delegation=delegation))
    stands = house.application(application)
    house.do("editor", sign(application, stands.consortium.issues[0].digest, *stands.units))
    stands, facts = house.handling.history(application, house.actor("editor"))

    def told(view: View) -> str:
        return str([entry.summary for entry in timeline(facts, view, lambda _: {})])

    for name in ("曾代理人", "苏问渠"):
        assert name in told(View(working=True, personal=True))
        assert name not in told(View(working=True))
        assert name not in told(View(panel=True, me="expert-1"))


def test_the_history_says_which_paper_was_printed(app_house: tuple[Flask, House]) -> None:
    app, house = app_house
    application = together(house)
    house.do("wenqu-editor", c.IssuePaper(application_id=application, kind=COPY))
    told = Person(app, "wenqu-editor").visit(f"/applications/{application}")
    assert f"打印了联合体协议书（牵头单位与{OTHER_UNIT.name}） v1" in told
