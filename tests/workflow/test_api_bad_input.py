"""Whatever is sent to the operations of applications, the answer is theirs to mend: 4xx, never 5xx, nothing written."""

from typing import Any

import pytest

from tests.workflow.house import Api, House

HUGE = 2**62
BODIES: tuple[tuple[str, str, str, Any], ...] = (
    ("admin", "PUT", "/sections/model", {"answers": {"params_yi": {"deep": [1, {"x": None}]}}}),
    ("admin", "PUT", "/sections/model", {"answers": {"no such field": 1, "params_yi": True}}),
    ("admin", "PUT", "/sections/model", {"answers": []}),
    ("admin", "PUT", "/sections/model", {"answers": {"params_yi": "1e999"}, "section_version": -1}),
    ("admin", "PUT", "/sections/nowhere", {"answers": {}}),
    ("admin", "PUT", "/sections/%2e%2e", {"answers": {}}),
    ("admin", "PUT", "/commitments/x", {"signer": "", "signer_kind": "", "signed_on": "0001-01-01", "scan_sha256": ""}),
    ("admin", "PUT", "/commitments/x", {"signer": "", "signer_kind": "", "signed_on": "tomorrow", "scan_sha256": ""}),
    (
        "yuelu-head",
        "POST",
        "/recommendation",
        {"content_digest": "", "letter_number": "", "letter_scan": "", "rank": HUGE},
    ),
    ("yuelu-head", "POST", "/recommendation", {"content_digest": 1}),
    ("yuelu-head", "POST", "/returns", {"items": [{"kind": "x", "id": "y", "reason": "z"}], "working_days": 1000}),
    ("yuelu-head", "POST", "/returns", {"items": [{"kind": "x", "id": "y", "reason": "z", "extra": 1}]}),
    ("yuelu-head", "POST", "/returns", {"items": []}),
    ("yuelu-head", "POST", "/extensions", {"deadline": "x", "until": "9999-12-31T23:59:59Z", "reason": ""}),
    ("yuelu-head", "POST", "/extensions", {"deadline": "x", "until": "2025-12-01T00:00:00", "reason": ""}),
    ("clerk", "POST", "/form-pass", {"checklist": ["x"] * 1001}),
    ("clerk", "POST", "/notice", {"working_days": HUGE}),
    ("clerk", "POST", "/panel", {"replaces": "nobody"}),
    ("lead", "POST", "/proposal", {"amount_fen": -1, "minutes_number": ""}),
    ("lead", "POST", "/proposal", {"amount_fen": 1.5, "minutes_number": ""}),
    ("lead", "POST", "/proposal", {"amount_fen": 2**63, "minutes_number": ""}),
    ("finance", "POST", "/payments", {"bank_reference": "", "paid_on": "2026-02-30"}),
    ("discipline-head", "POST", "/objections/99999999999999999999/dismissal", {"finding": "x"}),
    ("discipline-head", "POST", "/objections/0/dismissal", {"finding": "x"}),
    ("discipline-head", "POST", "/objections/x/dismissal", {"finding": "x"}),
    ("", "POST", "/objections", {"kind": "unit"}),
    ("admin", "DELETE", "/attachments/L-1/nothing", None),
    ("admin", "GET", "/attachments/L-1/../../x", None),
)


@pytest.mark.parametrize("stage", ["filled", "sealed"])
def test_bad_input_is_answered_with_what_to_mend(house: House, api: Api, stage: str) -> None:
    application = house.filled() if stage == "filled" else house.sealed()
    before = house.application(application).version
    for who, method, path, body in BODIES:
        answer = api.ask(who, method, f"/applications/{application}{path}", body)
        nothing_to_do = method == "DELETE" and answer.status_code == 200
        assert 400 <= answer.status_code < 500 or nothing_to_do, (path, body, answer.data)
        assert house.application(application).version == before, (path, body)


@pytest.mark.rule("T11", "T24")
def test_a_window_beyond_the_calendar_is_refused_not_guessed(house: House, api: Api) -> None:
    application = house.judged()
    amount = {"amount_fen": 1_000_000, "minutes_number": "会议纪要〔2025〕1号"}
    assert api.ask("lead", "POST", f"/applications/{application}/proposal", amount).status_code == 200
    refused = api.ask("clerk", "POST", f"/applications/{application}/notice", {"working_days": HUGE})
    assert [refusal["code"] for refusal in refused.json["refusals"]] == ["CALENDAR_UNKNOWN"]
