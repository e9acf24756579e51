"""Sent twice is done once; acted on what has changed is refused, and the loser learns which event won, whose and when."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from service.world import UNITS
from tests.adversary.site import Said, Site, fresh_draft

OPEN = {"call": "hn-2025", "direction": "L-V", "unit": UNITS[0].code}
AT_ONCE = 20


def save(site: Site, draft: UUID, key: str, size: str = "72", **headers: str) -> Said:
    body = {"answers": {"params_yi": size}}
    return site.ask("editor", "PUT", f"/applications/{draft}/sections/model", body, key=key, headers=headers)


def test_the_same_key_and_body_answer_the_first_answer(either: Site) -> None:
    draft, key = fresh_draft(either), secrets.token_hex(8)
    first = save(either, draft, key)
    assert first.status == 200, first.text
    save(either, draft, secrets.token_hex(8), "80")
    before = either.head()
    again = save(either, draft, key)
    assert (again.status, again.json, again.headers["etag"]) == (200, first.json, first.headers["etag"])
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert either.head() == before


def test_the_order_of_fields_makes_no_other_body(either: Site) -> None:
    key = secrets.token_hex(8)
    first = either.ask("editor", "POST", "/applications", OPEN, key=key)
    again = either.ask("editor", "POST", "/applications", dict(reversed(OPEN.items())), key=key)
    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert again.headers["location"] == first.headers["location"]


@pytest.mark.parametrize("other", ["body", "operation", "application", "key in quotes"])
def test_the_same_key_for_something_else_is_refused(either: Site, other: str) -> None:
    draft, key = fresh_draft(either), secrets.token_hex(8)
    assert save(either, draft, key).status == 200
    elsewhere, before = fresh_draft(either), either.head()
    match other:
        case "body":
            answer = save(either, draft, key, "73")
        case "operation":
            answer = either.ask("editor", "POST", "/applications", OPEN, key=key)
        case "application":
            answer = save(either, elsewhere, key)
        case _:
            answer = save(either, draft, f'"{key}"', "73")
    assert (answer.status, answer.codes) == (422, ["KEY_REUSED"]), answer.text
    assert either.head() == before


def test_a_key_belongs_to_whoever_used_it(either: Site) -> None:
    key = secrets.token_hex(8)
    mine = either.ask("editor", "POST", "/applications", OPEN, key=key)
    theirs = either.ask("admin", "POST", "/applications", OPEN, key=key)
    assert (mine.status, theirs.status) == (201, 201)
    assert mine.json["id"] != theirs.json["id"]


def test_a_refused_wish_does_not_use_up_its_key(either: Site) -> None:
    draft, key = fresh_draft(either), secrets.token_hex(8)
    path = f"/applications/{draft}/sections/unit"
    wrong = {"answers": {"credit_code": "91430104MAXTE5T16A"}}
    assert either.ask("editor", "PUT", path, wrong, key=key).codes == ["USCC_CHECK"]
    right = {"answers": {"credit_code": UNITS[0].code}}
    assert either.ask("editor", "PUT", path, right, key=key).status == 200


def test_twenty_at_once_with_one_key_are_one_event(either: Site) -> None:
    draft, key, before = fresh_draft(either), secrets.token_hex(8), either.head() + 0
    with ThreadPoolExecutor(AT_ONCE) as hands:
        answers = list(hands.map(lambda _: save(either, draft, key), range(AT_ONCE)))
    assert either.head() == before + 1
    assert {answer.status for answer in answers} == {200}
    assert len({answer.raw for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1


def test_twenty_openings_at_once_with_one_key_are_one_application(either: Site) -> None:
    key, before = secrets.token_hex(8), either.head()
    with ThreadPoolExecutor(AT_ONCE) as hands:
        asking = range(AT_ONCE)
        answers = list(hands.map(lambda _: either.ask("editor", "POST", "/applications", OPEN, key=key), asking))
    assert {answer.status for answer in answers} == {201}, [answer.text for answer in answers if answer.status != 201]
    assert len({answer.json["id"] for answer in answers}) == 1
    assert either.head() == before + 1


def test_twenty_openings_at_once_are_twenty_numbers(either: Site) -> None:
    with ThreadPoolExecutor(AT_ONCE) as hands:
        answers = list(hands.map(lambda _: either.ask("editor", "POST", "/applications", OPEN), range(AT_ONCE)))
    done = [answer for answer in answers if answer.status == 201]
    assert all(answer.status in (201, 409, 503) for answer in answers), {answer.status for answer in answers}
    assert len({answer.json["number"] for answer in done}) == len(done)
    assert len(done) > AT_ONCE // 2


def test_acting_on_an_old_version_names_the_winner(either: Site) -> None:
    draft = fresh_draft(either)
    seen = either.ask("admin", "GET", f"/applications/{draft}").headers["etag"]
    assert save(either, draft, secrets.token_hex(8)).status == 200
    before, newest = either.head(), either.house.store.head_position()
    path = f"/applications/{draft}/withdrawal"
    for language, said in (("zh", "林婉清"), ("en", "林婉清")):
        headers: dict[str, str | None] = {"If-Match": seen, "Accept-Language": language}
        answer = either.ask("admin", "POST", path, {"reason": "改报他项"}, headers=headers)
        assert answer.status == 412, answer.text
        found = answer.json
        assert found["winner"]["event"] == "application.section_saved"
        assert found["winner"]["actor"] == said
        assert found["winner"]["at"].startswith("2025-11-24T")
        assert found["winner"]["position"] == newest
        assert answer.headers["etag"] == f'"{found["current_version"]}"'
        assert said in found["refusals"][0]["reason"][language]
    assert either.head() == before
    good: dict[str, str | None] = {"If-Match": f'"{found["current_version"]}"'}
    assert either.ask("admin", "POST", path, {"reason": "改报他项"}, headers=good).status == 200


def test_a_version_from_the_future_is_refused_too(either: Site) -> None:
    draft, headers = fresh_draft(either), {"If-Match": '"999999999999999999"'}
    assert save(either, draft, secrets.token_hex(8), **headers).status == 412


def test_two_who_write_one_section_are_told_apart(either: Site) -> None:
    """Per section: an old section version is refused with what stands, another section's change is not in the way."""
    draft = fresh_draft(either)
    path = f"/applications/{draft}/sections/model"
    first = either.ask("editor", "PUT", path, {"answers": {"params_yi": "72"}, "section_version": 0})
    assert first.status == 200, first.text
    late = either.ask("admin", "PUT", path, {"answers": {"params_yi": "80"}, "section_version": 0})
    assert late.status in (409, 412), late.text
    assert "林婉清" in late.text
    shown = either.ask("admin", "GET", f"/applications/{draft}").json
    assert shown["answers"]["params_yi"] == "72"
    other = {"answers": {"credit_code": UNITS[0].code}, "section_version": 0}
    assert either.ask("admin", "PUT", f"/applications/{draft}/sections/unit", other).status == 200


def test_a_number_sent_twice_at_once_by_two_people_is_two_wishes(either: Site) -> None:
    """Of two who withdraw and seal at once one is told what the other did."""
    draft = fresh_draft(either)
    path = f"/applications/{draft}/withdrawal"
    with ThreadPoolExecutor(2) as hands:
        answers = list(hands.map(lambda _: either.ask("admin", "POST", path, {"reason": "改报他项"}), range(2)))
    assert sorted(answer.status for answer in answers) == [200, 409], [answer.text for answer in answers]
    (loser,) = (answer for answer in answers if answer.status == 409)
    (refusal,) = loser.json["refusals"]
    assert refusal["code"] == "WRONG_STAGE"
    assert refusal["params"]["event"] == "application.withdrawn"
    assert refusal["params"]["by"] == "周砚舟"
    assert refusal["params"]["at"]


@pytest.mark.parametrize("by", ["the API", "a page"])
def test_what_a_request_causes_belongs_to_the_trace_it_named(site: Site, by: str) -> None:
    """W3C traceparent: the trace goes from the request into the event, and from there into letter and parcel."""
    trace, draft = secrets.token_hex(16), fresh_draft(site)
    traced = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    if by == "the API":
        assert save(site, draft, secrets.token_hex(8), **traced).status == 200
    else:
        browser = site.browser("editor")
        browser.visit(f"/applications/{draft}/sections/model")
        hidden = {name: browser.hidden(name) for name in ("csrf_token", "version", "command_id")}
        path = f"/applications/{draft}/sections/model"
        assert browser.post(path, {**hidden, "params_yi": "72"}, headers=dict(traced)).status == 303
    newest = site.house.store.read_stream(f"application-{draft}")[-1]
    assert newest.correlation_id == UUID(hex=trace)
