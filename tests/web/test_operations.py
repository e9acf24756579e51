"""An operation authenticates, authorises, validates, looks at the precondition and acts, in this order and no other."""

import io
import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from directory.policy import ActionUnknown
from tests.web import toy
from web import openapi
from web.operations import Answer, Operation, OperationsDisagree, Registry

GOOD: dict[str, Any] = {"title": "大模型", "count": 3}
URL = f"/api/v1/applications/{toy.MINE}/answers"


def put(
    client: FlaskClient, body: object = None, *, raw: bytes | None = None, url: str = URL, **headers: str
) -> TestResponse:
    """A PUT that is right in everything but what the test changes; a header given as "" is left out."""
    sent = raw if raw is not None else json.dumps(GOOD if body is None else body).encode()
    all_headers = {
        "Authorization": f"Bearer {toy.EDITOR_TOKEN}",
        "Content-Type": "application/json",
        "If-Match": '"7"',
        "Idempotency-Key": "k-1",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    return client.put(url, data=sent, headers={name: value for name, value in all_headers.items() if value})


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    found: dict[str, Any] = answer.get_json(force=True)
    assert {"type", "title", "status", "detail"} <= set(found)
    assert found["status"] == status
    return found


def codes(found: dict[str, Any]) -> list[str]:
    return [refusal["code"] for refusal in found.get("refusals", [])]


def test_a_good_call_acts_and_tells_the_version(client: FlaskClient, calls: toy.Calls) -> None:
    answer = put(client)
    assert (answer.status_code, answer.get_json()) == (200, {"title": "大模型", "count": 3})
    assert answer.headers["ETag"] == '"8"'
    [asked] = calls.made
    assert (asked.if_match, asked.command_id, asked.actor) == (7, "k-1", toy.EDITOR)


def test_fractions_arrive_exact(client: FlaskClient, calls: toy.Calls) -> None:
    raw = b'{"title":"a","count":1,"rate":12345.678901,"lines":[{"label":"b","amount":0.10}]}'
    assert put(client, raw=raw).status_code == 200
    sent = calls.made[0].body_as(toy.Save)
    assert str(sent.rate) == "12345.678901"
    assert sent.lines[0].amount * 3 == Decimal("0.3")


def test_the_same_wish_has_the_same_fingerprint(client: FlaskClient, calls: toy.Calls) -> None:
    put(client, {"title": "a", "count": 1})
    put(client, {"count": 1, "title": "a"})
    put(client, {"title": "a", "count": 2})
    first, second, third = (asked.fingerprint for asked in calls.made)
    assert first == second != third


# the order


def test_a_stranger_is_told_only_to_sign_in(client: FlaskClient) -> None:
    found = problem(put(client, raw=b"{", Authorization="", If_Match=""), 401)
    assert found["type"] == "/problems/not-signed-in"


def test_who_may_not_is_told_so_whatever_the_body_is(client: FlaskClient) -> None:
    url = f"/api/v1/applications/{toy.MINE}/seal"
    for raw in (b"{", b"{}", json.dumps(GOOD).encode()):
        answer = client.post(url, data=raw, headers={"Authorization": f"Bearer {toy.EDITOR_TOKEN}"})
        assert codes(problem(answer, 403)) == ["ROLE_FORBIDDEN"]


def test_a_foreign_object_answers_exactly_as_a_missing_path(client: FlaskClient) -> None:
    foreign = put(client, raw=b"{", url=URL.replace(str(toy.MINE), str(uuid4())), If_Match="")
    missing = client.get("/api/v1/nothing-here")
    problem(foreign, 404)
    assert foreign.data == missing.data


def test_a_bad_body_is_told_before_a_missing_version(client: FlaskClient) -> None:
    problem(put(client, {"title": 1}, If_Match=""), 422)


def test_a_write_needs_a_version_and_a_command_id(client: FlaskClient, calls: toy.Calls) -> None:
    assert codes(problem(put(client, If_Match=""), 428)) == ["VERSION_REQUIRED"]
    problem(put(client, Idempotency_Key=""), 400)
    problem(put(client, Idempotency_Key="x" * 129), 400)
    for wrong in ("7", 'W/"7"', '"seven"', "*", '"7", "8"'):
        problem(put(client, If_Match=wrong), 422)
    assert calls.made == []


def test_what_is_public_needs_nobody(client: FlaskClient) -> None:
    assert client.get("/api/v1/calls").get_json() == {"you": "public"}


# bad input: 4xx problem+json, never 5xx, nothing done

BAD_JSON = {
    "cut": b'{"title": "a"',
    "nothing": b"",
    "not utf-8": b'{"title": "\xff", "count": 1}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "NaN": b'{"title": "a", "count": NaN}',
    "infinity": b'{"title": "a", "count": -Infinity}',
    "huge exponent": b'{"title": "a", "count": 1e999999999}',
    "huge number": b'{"title": "a", "count": ' + b"9" * 5000 + b"}",
    "beyond 64 bits": b'{"title": "a", "count": 9223372036854775808}',
    "too exact a fraction": b'{"title": "a", "count": 1, "rate": 0.1234567890123456789}',
    "doubled name": b'{"title": "a", "title": "b", "count": 1}',
    "NUL": b'{"title": "a\\u0000", "count": 1}',
    "NUL in a name": b'{"title": "a", "count": 1, "answers": {"\\u0000": 1}}',
    "lone surrogate": b'{"title": "\\ud800", "count": 1}',
    "surrogate in a name": b'{"title": "a", "count": 1, "\\udfff": 1}',
    "deep array": b"[" * 100_000,
    "deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "33 levels": b"[" * 33 + b"]" * 33,
    "a raw control character": b'{"title": "a\x01", "count": 1}',
}


@pytest.mark.parametrize("raw", BAD_JSON.values(), ids=BAD_JSON.keys())
def test_what_is_no_json_is_refused_with_its_reason(client: FlaskClient, calls: toy.Calls, raw: bytes) -> None:
    found = problem(put(client, raw=raw), 400)
    assert found["type"] == "/problems/bad-json"
    assert found["detail"]
    assert calls.made == []


BAD_BODY: dict[str, tuple[object, str]] = {
    "no object": ([], "BAD_FORMAT"),
    "null": (None, "BAD_FORMAT"),
    "missing field": ({"title": "a"}, "REQUIRED"),
    "unknown field": (GOOD | {"state": "awarded"}, "UNKNOWN_FIELD"),
    "text for a number": (GOOD | {"count": "3"}, "BAD_FORMAT"),
    "true for a number": (GOOD | {"count": True}, "BAD_FORMAT"),
    "number for text": (GOOD | {"title": 7}, "BAD_FORMAT"),
    "too long": (GOOD | {"title": "长" * 51}, "FIELD_TOO_LONG"),
    "too small": (GOOD | {"count": -1}, "BELOW_MIN"),
    "too large": (GOOD | {"count": 1001}, "ABOVE_MAX"),
    "wrong nested": (GOOD | {"lines": [{"label": "x"}]}, "REQUIRED"),
}


@pytest.mark.parametrize(("sent", "code"), BAD_BODY.values(), ids=BAD_BODY.keys())
def test_what_does_not_fit_names_the_field_and_repeats_no_input(client: FlaskClient, sent: object, code: str) -> None:
    found = problem(put(client, raw=json.dumps(sent).encode()), 422)
    [error] = found["errors"]
    assert error["code"] == code
    assert set(error["reason"]) == {"zh", "en"}
    assert "长长" not in json.dumps(found, ensure_ascii=False)


def test_every_fault_is_named_at_once(client: FlaskClient) -> None:
    found = problem(put(client, {"count": -1, "state": "awarded"}), 422)
    assert {error["pointer"] for error in found["errors"]} == {"/title", "/count", "/state"}


def test_a_body_beyond_the_limit_is_413_also_without_a_length(client: FlaskClient) -> None:
    huge = b'{"title": "' + b"a" * (1 << 20) + b'", "count": 1}'
    problem(put(client, raw=huge), 413)
    chunked = client.put(
        URL, input_stream=io.BytesIO(huge), headers={"Authorization": f"Bearer {toy.EDITOR_TOKEN}", "Content-Type": "application/json"},
        environ_overrides={"wsgi.input_terminated": True},
    )  # fmt: skip
    problem(chunked, 413)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_content_type_is_415(client: FlaskClient, kind: str) -> None:
    problem(put(client, Content_Type=kind), 415)


def test_a_wrong_method_is_405_and_says_which_are_right(client: FlaskClient) -> None:
    answer = client.delete(URL)
    problem(answer, 405)
    assert "PUT" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "page=2", "after=%00", "after=%ED%A0%80" * 40]
)
def test_a_bad_query_is_4xx(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/v1/applications?{query}", headers={"Authorization": f"Bearer {toy.EDITOR_TOKEN}"})
    assert answer.status_code in (400, 422)
    assert answer.content_type == "application/problem+json"


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text() | some.sampled_from(list(GOOD)), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=JSON | some.dictionaries(some.sampled_from(["title", "count", "rate", "lines", "answers"]), JSON))
def test_no_body_brings_the_service_down(client: FlaskClient, sent: object) -> None:
    answer = put(client, raw=json.dumps(sent).encode("utf-8", "surrogatepass"))
    assert answer.status_code in (200, 400, 422)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=some.binary(max_size=200))
def test_no_bytes_bring_the_service_down(client: FlaskClient, raw: bytes) -> None:
    assert put(client, raw=raw).status_code in (200, 400, 422)


# files


def attach(client: FlaskClient, data: dict[str, Any]) -> TestResponse:
    headers = {"Authorization": f"Bearer {toy.EDITOR_TOKEN}", "Idempotency-Key": "k"}
    url = f"/api/v1/applications/{toy.MINE}/files"
    return client.post(url, data=data, headers=headers, content_type="multipart/form-data")


def test_a_file_is_taken_whole(client: FlaskClient) -> None:
    answer = attach(client, {"file": (io.BytesIO(b"%PDF-1.7" + b"x" * 1000), "完税证明.pdf")})
    assert (answer.status_code, answer.get_json()) == (201, {"size": 1008})


def test_a_file_too_large_missing_or_beside_unknown_fields_is_4xx(client: FlaskClient) -> None:
    problem(attach(client, {"file": (io.BytesIO(b"x" * 5000), "a.pdf")}), 413)
    problem(_attach_raw(client, b"x" * 4_000_000), 413)
    problem(attach(client, {"other": "x"}), 422)
    problem(attach(client, {"file": (io.BytesIO(b"x"), "a\x00.pdf")}), 400)


def _attach_raw(client: FlaskClient, content: bytes) -> TestResponse:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    headers = {"Authorization": f"Bearer {toy.EDITOR_TOKEN}", "Idempotency-Key": "k"}
    url = f"/api/v1/applications/{toy.MINE}/files"
    body = head + content + b"\r\n--b--\r\n"
    return client.post(url, data=body, headers=headers, content_type="multipart/form-data; boundary=b")


# troubles


@pytest.mark.parametrize(
    ("name", "status"),
    [("refused", 409), ("malformed", 422), ("changed-meanwhile", 409), ("precondition-failed", 412),
     ("key-reused", 422), ("busy", 503), ("internal", 500)],
)  # fmt: skip
def test_each_trouble_has_its_answer_for_machines_and_for_people(
    client: FlaskClient, calls: toy.Calls, name: str, status: int
) -> None:
    calls.fails = toy.troubles()[name]
    found = problem(put(client), status)
    assert found["type"] == f"/problems/{name}"
    page = client.get(f"/breaks/{name}")
    assert (page.status_code, page.mimetype) == (status, "text/html")
    for refusal in found.get("refusals", []):
        assert refusal["reason"]["zh"] in page.text
        assert set(refusal) == {"code", "params", "reason", "source", "who"}


def test_the_loser_is_told_which_event_won_whose_and_when(client: FlaskClient, calls: toy.Calls) -> None:
    calls.fails = toy.troubles()["precondition-failed"]
    answer = put(client)
    found = problem(answer, 412)
    assert found["winner"] == {
        "event": "application.recommended",
        "actor": "王某",
        "at": "2025-09-08T03:00:00Z",
        "position": 41,
    }
    assert (found["current_version"], answer.headers["ETag"]) == (9, '"9"')
    assert codes(found) == ["CONFLICT"]
    assert "王某" in client.get("/breaks/precondition-failed").text


def test_busy_says_when_to_come_back(client: FlaskClient, calls: toy.Calls) -> None:
    calls.fails = toy.troubles()["busy"]
    assert put(client).headers["Retry-After"] == "3"


def test_a_process_of_the_release_before_says_that_the_house_is_being_upgraded(
    client: FlaskClient, calls: toy.Calls
) -> None:
    calls.fails = toy.troubles()["upgraded"]
    answer = put(client)
    found = problem(answer, 503)
    assert (answer.headers["Retry-After"], codes(found)) == ("60", ["BEING_UPGRADED"])
    assert "升级" in client.get("/breaks/upgraded").text


def test_an_unforeseen_error_says_only_its_id(
    client: FlaskClient, calls: toy.Calls, caplog: pytest.LogCaptureFixture
) -> None:
    calls.fails = toy.troubles()["internal"]
    answer = put(client)
    found = problem(answer, 500)
    assert "secret" not in answer.text
    assert found["id"] in caplog.text


def test_title_and_detail_follow_the_language_asked_for(client: FlaskClient) -> None:
    assert problem(put(client, If_Match=""), 428)["title"] == "A version is required."
    assert problem(put(client, If_Match="", Accept_Language="zh-CN"), 428)["title"] == "须说明版本"


# the registry and its description


def test_an_action_the_policy_does_not_know_stops_the_start() -> None:
    with pytest.raises(ActionUnknown):
        Registry().add(_operation("a.b", "/a", action="nobody.knows"))


def test_two_operations_never_share_an_id_or_a_route() -> None:
    registry = Registry()
    registry.add(_operation("a.b", "/a"))
    with pytest.raises(OperationsDisagree):
        registry.add(_operation("a.b", "/b"))
    with pytest.raises(OperationsDisagree):
        registry.add(_operation("a.c", "/a"))


def _operation(id: str, path: str, action: str = "call.read") -> Operation:
    return Operation(
        id=id, method="GET", path=path, action=action, summary_zh="甲", summary_en="A", perform=lambda _: Answer()
    )


def test_the_description_is_valid_and_names_every_operation(client: FlaskClient) -> None:
    described = client.get("/api/v1/openapi.json").get_json()
    validate(described)
    found = {operation["operationId"] for path in described["paths"].values() for operation in path.values()}
    assert found == {operation.id for operation in toy.registry(toy.Calls())}


def test_every_operation_describes_its_problems(client: FlaskClient) -> None:
    described = openapi.document(toy.registry(toy.Calls()))
    for path in described["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"]
    save = described["paths"]["/api/v1/applications/{application_id}/answers"]["put"]
    assert {"400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "500", "503"} <= set(
        save["responses"]
    )
    assert {each["name"] for each in save["parameters"]} == {"application_id", "Idempotency-Key", "Batch", "If-Match"}


def test_the_docs_page_lists_every_operation(client: FlaskClient) -> None:
    page = client.get("/api/v1/docs").text
    for operation in toy.registry(toy.Calls()):
        assert operation.id in page
