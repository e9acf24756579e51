"""The operations over HTTP: bodies are the commands' own fields, answers are typed, the forbidden is not found."""

import io
import json
from uuid import uuid4

import pytest
from openapi_spec_validator import validate
from sqlalchemy import event

from service.paper import pdf
from tests.workflow.house import UNIT, Api, House
from web.openapi import document
from workflow.api.wishes import WISHES
from workflow.commands import Command, ExpireInvitation, Lapse, Recall

OPEN = {"call": "hn-2025", "direction": "L-V", "unit": UNIT.code}


def _codes(response: object) -> set[str]:
    return {refusal["code"] for refusal in response.json["refusals"]}  # type: ignore[attr-defined]


def _opened(house: House, api: Api) -> str:
    house.at("2025-11-03 09:00")
    return str(api.ask("editor", "POST", "/applications", OPEN).json["id"])


def test_every_command_but_the_clocks_is_an_operation() -> None:
    beside = {"Open", "AttachFile", "RemoveFile", "IssuePaper", "ImportFigures", "AnswerInvitation", "ConfirmAgreement"}
    offered = {wish.command.__name__ for wish in WISHES} | beside
    assert offered == {cls.__name__ for cls in Command.__subclasses__()} - {Lapse.__name__, ExpireInvitation.__name__}


def test_the_description_is_valid_openapi(api: Api) -> None:
    described = json.loads(json.dumps(document(api.registry), default=str))
    validate(described)
    assert len(described["paths"]) > 40


def test_an_application_is_opened_saved_and_read(house: House, api: Api) -> None:
    application = _opened(house, api)
    saved = api.ask(
        "editor",
        "PUT",
        f"/applications/{application}/sections/business",
        {"answers": {"total_assets": {"2023": "12345.678901"}, "staff": {"2023": 168}}},
    )
    assert saved.status_code == 200
    assert saved.headers["ETag"] == '"2"'
    dossier = api.ask("editor", "GET", f"/applications/{application}").json
    assert dossier["answers"] == {"total_assets": {"2023": 12_345_678_901}, "staff": {"2023": 168}}
    assert dossier["stage"] == "draft"
    assert dossier["due_at"] == "2025-11-28T09:00:00Z"


def test_a_fraction_sent_as_a_number_is_exact(house: House, api: Api) -> None:
    application = _opened(house, api)
    path = f"/applications/{application}/sections/model"
    assert api.ask("editor", "PUT", path, {"answers": {"params_yi": 7.9999}}).status_code == 200
    assert api.ask("editor", "GET", f"/applications/{application}").json["answers"] == {"params_yi": "7.9999"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": 5}, "reason"),
        ({}, "reason"),
        ({"reason": "x", "stage": "awarded"}, "stage"),
        ({"reason": "x" * 20_001}, "reason"),
    ],
)
def test_a_body_is_the_commands_fields_and_nothing_else(house: House, api: Api, body: object, field: str) -> None:
    application = _opened(house, api)
    refused = api.ask("admin", "POST", f"/applications/{application}/withdrawal", body)
    assert refused.status_code == 422
    assert [fault["field"] for fault in refused.json["errors"]] == [field]


def test_a_foreign_application_is_not_found_to_the_byte(house: House, api: Api) -> None:
    application = _opened(house, api)
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/actions", None),
        ("GET", "/history", None),
        ("POST", "/withdrawal", {"reason": 5}),
        ("POST", "/withdrawal", {"reason": "x"}),
        ("PUT", "/sections/model", {"answers": {}}),
    ):
        ours = api.ask("wenqu-admin", method, f"/applications/{application}{path}", body)
        missing = api.ask("wenqu-admin", method, f"/applications/{uuid4()}{path}", body)
        assert (ours.status_code, ours.data) == (404, missing.data), path


def test_a_role_that_may_never_is_forbidden_before_anything_is_read(house: House, api: Api) -> None:
    application = _opened(house, api)
    refused = api.ask("editor", "POST", f"/applications/{application}/seal", {"nonsense": 1})
    assert refused.status_code == 403
    assert _codes(refused) == {"ROLE_FORBIDDEN"}


def test_another_regions_bureau_is_refused_by_name_and_reads_nothing(house: House, api: Api) -> None:
    application = house.sealed()
    body = {"content_digest": "x", "letter_number": "1", "letter_scan": "x"}
    refused = api.ask("yuhua-head", "POST", f"/applications/{application}/recommendation", body)
    assert refused.status_code == 409
    assert _codes(refused) == {"WRONG_BUREAU"}
    assert api.ask("yuhua-head", "GET", f"/applications/{application}").status_code == 404


def test_a_stale_version_is_a_precondition_that_failed(house: House, api: Api) -> None:
    application = house.sealed()
    house.at("2025-11-21 10:00")
    path = f"/applications/{application}/recall"
    assert api.ask("admin", "POST", path, {}, headers={"If-Match": '"1"'}).status_code == 412
    version = house.application(application).version
    assert api.ask("admin", "POST", path, {}, headers={"If-Match": f'"{version}"'}).status_code == 200


def test_a_repetition_under_the_same_key_is_answered_the_same(house: House, api: Api) -> None:
    house.at("2025-11-03 09:00")
    first, second = (
        api.ask("editor", "POST", "/applications", OPEN, headers={"Idempotency-Key": "the-same"}) for _ in range(2)
    )
    assert first.status_code == second.status_code == 201
    assert first.data == second.data
    assert second.headers["Idempotency-Replayed"] == "true"
    other = api.ask(
        "editor", "POST", "/applications", {**OPEN, "direction": "L-G"}, headers={"Idempotency-Key": "the-same"}
    )
    assert other.status_code == 422


def test_a_file_goes_in_and_comes_back(house: House, api: Api) -> None:
    application = _opened(house, api)
    content = pdf("licence", pages=3)
    form = {"file": (io.BytesIO(content), "执照/../a.pdf"), "label": ""}
    attached = api.ask("editor", "POST", f"/applications/{application}/attachments/L-1", data=form)
    assert attached.status_code == 201, attached.data
    slots = api.ask("editor", "GET", f"/applications/{application}").json["attachments"]
    file = next(slot["files"][0] for slot in slots if slot["slot"] == "L-1")
    assert (file["name"], file["pages"], file["size"]) == ("a.pdf", 3, len(content))
    path = f"/applications/{application}/attachments/L-1/{attached.json['file_id']}"
    got = api.ask("editor", "GET", path)
    assert got.data == content
    assert got.headers["Content-Type"] == "application/pdf"
    assert api.ask("wenqu-admin", "GET", path).status_code == 404
    assert api.ask("editor", "DELETE", path).status_code == 200
    assert api.ask("editor", "GET", path).status_code == 404


def test_a_file_that_is_not_what_it_says_leaves_nothing_behind(house: House, api: Api) -> None:
    application = _opened(house, api)
    form = {"file": (io.BytesIO(b"MZ\x90\x00" + b"x" * 100), "licence.pdf")}
    refused = api.ask("editor", "POST", f"/applications/{application}/attachments/L-1", data=form)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["code"] == "FILE_MISMATCH"
    form = {"file": (io.BytesIO(pdf("a")), "a.pdf")}
    refused = api.ask("editor", "POST", f"/applications/{application}/attachments/XX", data=form)
    assert refused.status_code == 409
    assert list(house.files.older_than(house.handling.now())) == []


def test_actions_say_why_not_in_both_languages(house: House, api: Api) -> None:
    application = _opened(house, api)
    found = api.ask("admin", "GET", f"/applications/{application}/actions").json["actions"]
    seal = next(action for action in found if action["trigger"] == "seal")
    assert not seal["open"]
    codes = {refusal["code"] for refusal in seal["refusals"]}
    assert {"REQUIRED", "MISSING_ATTACHMENT", "MISSING_COMMITMENT"} <= codes
    assert all(refusal["reason"]["zh"] and refusal["reason"]["en"] for refusal in seal["refusals"])


def test_history_names_people_and_hides_what_is_not_for_the_reader(house: House, api: Api) -> None:
    application = house.reviewed()
    house.at("2025-12-22 10:00")
    assert api.ask("clerk", "POST", f"/applications/{application}/panel", {}).status_code == 200
    events = api.ask("clerk", "GET", f"/applications/{application}/history").json["events"]
    assert [entry["version"] for entry in events] == list(range(1, len(events) + 1))
    drawn = events[-1]
    assert (drawn["type"], len(drawn["summary"]["drawn"]), drawn["actor"]) == ("application.panel_drawn", 5, "蒋文博")
    assert len(drawn["hash"]) == 64
    hidden = api.ask("admin", "GET", f"/applications/{application}/history").json["events"][-1]
    assert hidden["summary"] == {"drawn": 5}


def test_an_expert_reads_the_text_and_no_contact(house: House, api: Api) -> None:
    application = house.reviewed()
    house.at("2025-12-22 10:00")
    api.ask("clerk", "POST", f"/applications/{application}/panel", {})
    panel = house.application(application).review.panel
    seen = api.ask(panel[0], "GET", f"/applications/{application}")
    assert seen.status_code == 200
    assert "params_yi" in seen.json["answers"]
    assert "legal_representative" in seen.json["hidden"]
    assert "沈岳" not in seen.get_data(as_text=True)
    assert "panel" in seen.json["review"]
    assert seen.json["review"]["panel"] == []
    outside = next(f"expert-{n}" for n in range(1, 10) if f"expert-{n}" not in panel)
    assert api.ask(outside, "GET", f"/applications/{application}").status_code == 404
    listed = api.ask(panel[0], "GET", "/applications?holder=mine").json["items"]
    assert [item["id"] for item in listed] == [str(application)]


@pytest.mark.rule("T18")
def test_an_expert_who_stepped_aside_reads_nothing_more_and_is_told_why(house: House, api: Api) -> None:
    application = house.reviewed()
    house.at("2025-12-22 10:00")
    api.ask("clerk", "POST", f"/applications/{application}/panel", {})
    expert = house.application(application).review.panel[0]
    body = {"conflict": True, "ground": "2024年曾为申报单位提供咨询"}
    assert api.ask(expert, "POST", f"/applications/{application}/declarations", body).status_code == 200
    assert api.ask(expert, "GET", f"/applications/{application}").status_code == 404
    assert api.ask(expert, "GET", "/applications").json["items"] == []
    refused = api.ask(expert, "POST", f"/applications/{application}/scores", {"marks": {}})
    assert "CONFLICT_OF_INTEREST" in _codes(refused)


def test_a_bureau_reads_the_sealed_text_while_the_unit_writes_on(house: House, api: Api) -> None:
    application = house.sealed()
    house.do("admin", Recall(application_id=application), "2025-11-21 10:00")
    path = f"/applications/{application}"
    api.ask("editor", "PUT", f"{path}/sections/model", {"answers": {"params_yi": "99"}})
    assert api.ask("editor", "GET", path).json["answers"]["params_yi"] == "99"
    assert api.ask("yuelu-head", "GET", path).json["answers"]["params_yi"] == "72"


def test_calls_and_forms_are_open_to_everybody(api: Api) -> None:
    assert [call["id"] for call in api.ask("", "GET", "/calls").json["items"]] == ["hn-2025", "gd-2026"]
    form = api.ask("", "GET", "/calls/hn-2025/directions/L-V/form").json
    assert form["sections"][0]["id"] == "cover"
    assert api.ask("", "GET", "/calls/nothing").status_code == 404
    assert api.ask("", "GET", "/calls/hn-2025/directions/X/form").status_code == 404
    assert api.ask("", "GET", "/notices").json == {"items": [], "after": None}
    assert api.ask("", "GET", "/applications").status_code == 401


@pytest.mark.parametrize(
    "query", ["after=nonsense", "limit=0", "limit=101", "stage=nowhere", "unknown=1", "holder=you"]
)
def test_a_bad_question_is_malformed(api: Api, query: str) -> None:
    assert api.ask("clerk", "GET", f"/applications?{query}").status_code == 422


def test_pages_take_few_statements(house: House, api: Api) -> None:
    application = house.recommended()
    counted: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    for path, limit in (
        ("/applications?holder=mine&counts=true", 4),
        (f"/applications/{application}", 6),
        (f"/applications/{application}/history", 6),
        (f"/applications/{application}/actions", 8),
    ):
        counted.clear()
        assert api.ask("clerk", "GET", path).status_code == 200
        assert len(counted) <= limit, counted
