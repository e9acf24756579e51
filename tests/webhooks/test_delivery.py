"""Parcels reach a real HTTP server with the same id whatever breaks; what cannot be reached waits by the schedule."""

import time
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from eventstore.event import instant_of
from tests.scenario import CITY, COUNTY, OPENED, SEALED
from tests.webhooks.depot import OPERATOR, OWN, PROVINCE, YUELU, YUHUA, Depot, Got, Receiver, answer, nobody_listens, ok
from webhooks import health
from webhooks.endpoint import Wanted
from webhooks.health import OPENS_AFTER, REST
from webhooks.parcels import LEASE
from webhooks.schema import parcel_attempts, parcels
from webhooks.schemas import schema_of
from webhooks.sending import LONGEST_WAIT, SCHEDULE

TYPES = ["application.opened", "application.unit_sealed", "application.recommended"]


def due(depot: Depot, count: int = 1) -> None:
    depot.recommended(count)
    depot.listener.follow()


def waits(depot: Depot) -> list[timedelta]:
    return [instant_of(at) - depot.clock.at for at, state in depot.rows("due_at", "state") if state == "planned"]


def told(receiver: Receiver, application: object) -> list[int]:
    """The versions of one application, in the order in which they came."""
    data = [one.json["data"] for one in receiver.parcels()]
    return [each["version"] for each in data if each["application_id"] == str(application)]


def test_every_published_event_arrives_once_at_whoever_may_know_it(both: Depot, receiver: Receiver) -> None:
    """A unit its own from the first draft, a bureau its region's from the seal, another bureau nothing."""
    for path, owner in (("/unit", OWN), ("/bureau", YUELU), ("/other", YUHUA)):
        both.endpoint(receiver.url(path), owner)
    both.happen(OPENED)
    both.listener.follow()
    assert both.delivery.drain().sent == 1
    both.happen(OPENED, SEALED, COUNTY)
    both.listener.follow()
    assert both.delivery.drain().sent == 3 + 2
    heard = [each.json["type"] for each in receiver.parcels("/unit")]
    assert sorted(heard) == sorted(["application.opened", *TYPES])
    assert sorted(each.json["type"] for each in receiver.parcels("/bureau")) == sorted(TYPES[1:])
    assert receiver.parcels("/other") == []
    assert both.delivery.drain().outcomes == {}
    assert len({each.id for each in receiver.got}) == len(receiver.got)


def test_a_parcel_says_where_it_stands_and_which_request_began_it(depot: Depot, receiver: Receiver) -> None:
    depot.endpoint(receiver.url())
    due(depot)
    depot.delivery.drain()
    got = next(each for each in receiver.parcels() if each.json["type"] == "application.recommended")
    assert got.json["data"] | {"application_id": "", "content_digest": "", "position": 0} == {
        "application_id": "",
        "number": "HN-AI-2025-0001",
        "call": "hn-2025",
        "programme": "L",
        "direction": "L-V",
        "lead_unit": OPENED.lead_unit,
        "region": "430104",
        "stage": "county_recommended",
        "version": 3,
        "position": 0,
        "checkpoint": None,
        "body": "430104",
        "level": "county",
        "content_digest": "",
    }
    ((trace,),) = set(depot.rows("trace"))
    assert got.headers["traceparent"].split("-")[1] == trace.replace("-", "")
    assert got.headers["content-type"] == "application/json"
    assert got.id.startswith("msg_")


def test_a_parcel_carries_the_newest_signed_head_as_it_was_when_it_was_planned(
    depot: Depot, receiver: Receiver
) -> None:
    """Stored, signed and sent are the same bytes, at every try and when it is replayed; planning again changes none."""
    heads = ["", "34 q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="]
    depot.listener = depot.listening(checkpoint=lambda _db: heads[-1])
    depot.endpoint(receiver.url(), types=("application.recommended",))
    receiver.says["/hook"] = answer(500)
    due(depot)
    depot.delivery.drain()
    heads.append("35 another=")
    depot.rewind()
    depot.listener.follow()
    depot.clock.pass_by(hours=1)
    del receiver.says["/hook"]
    depot.delivery.drain()
    first, again = receiver.parcels()
    assert first.body == again.body
    assert first.json["data"]["checkpoint"] == heads[1]
    Draft202012Validator(schema_of("application.recommended")).validate(first.json)


def test_a_failure_comes_back_by_the_schedule_with_the_same_id_and_ends_after_seventy_five_hours(
    depot: Depot, receiver: Receiver
) -> None:
    depot.endpoint(receiver.url(), types=("application.recommended",))
    receiver.says["/hook"] = answer(500, b"broken")
    due(depot)
    depot.delivery.drain()
    for wait in SCHEDULE:
        (found,) = waits(depot)
        assert wait * 0.8 <= found <= wait * 1.2
        assert depot.delivery.drain().outcomes == {}
        depot.clock.at += max(found, REST)
        depot.delivery.drain()
    assert depot.rows("state", "attempts", "last_code", "last_error") == [("dead", 10, 500, "broken")]
    assert len({each.id for each in receiver.parcels()}) == 1
    assert len({each.headers["webhook-timestamp"] for each in receiver.parcels()}) == 10
    assert timedelta(hours=74) < sum(SCHEDULE, timedelta()) < timedelta(hours=77)


@pytest.mark.parametrize(
    ("asked", "least"),
    [("3600", timedelta(hours=1)), ("999999999999", LONGEST_WAIT), ("-5", REST), ("soon", REST), ("", REST)],
)
def test_a_server_that_asks_for_time_gets_it_within_a_day(
    depot: Depot, receiver: Receiver, asked: str, least: timedelta
) -> None:
    depot.endpoint(receiver.url(), types=("application.recommended",))
    receiver.says["/hook"] = answer(429, Retry_After=asked)
    due(depot)
    depot.delivery.drain()
    assert waits(depot) == [least]


def test_a_date_to_come_back_at_is_understood(depot: Depot, receiver: Receiver) -> None:
    depot.endpoint(receiver.url(), types=("application.recommended",))
    at = format_datetime(depot.clock.at + timedelta(hours=2), usegmt=True)
    receiver.says["/hook"] = answer(503, Retry_After=at)
    due(depot)
    depot.delivery.drain()
    assert waits(depot) == [timedelta(hours=2)]


def test_a_redirect_is_a_failure_that_says_what_to_change(depot: Depot, receiver: Receiver) -> None:
    depot.endpoint(receiver.url(), types=("application.recommended",))
    receiver.says["/hook"] = answer(302, Location=receiver.url("/elsewhere"))
    due(depot)
    depot.delivery.drain()
    assert depot.rows("last_code", "last_error") == [(302, "redirects are not followed: change the URL")]
    assert receiver.parcels("/elsewhere") == []


def test_gone_switches_the_endpoint_off_at_once_and_what_comes_is_recorded(depot: Depot, receiver: Receiver) -> None:
    made = depot.endpoint(receiver.url(), types=("application.recommended",))
    receiver.says["/hook"] = answer(410)
    due(depot)
    depot.delivery.drain()
    kept = depot.register.mine(OPERATOR, made.id).endpoint
    assert (kept.enabled, kept.why_disabled) == (False, "gone")
    due(depot)
    assert depot.rows("state", "reason") == [("suppressed", "disabled")] * 2
    assert len(receiver.parcels()) == 1


def test_after_ten_failures_it_rests_and_one_at_a_time_asks_whether_it_is_well(
    depot: Depot, receiver: Receiver
) -> None:
    """The breaker delays: what was not tried loses no attempt."""
    made = depot.endpoint(receiver.url(), types=("application.recommended",))
    receiver.says["/hook"] = answer(500)
    due(depot, 20)
    depot.delivery.drain()
    knocked = len(receiver.parcels())
    assert OPENS_AFTER <= knocked < OPENS_AFTER + 4
    assert sorted(attempts for (attempts,) in depot.rows("attempts")) == [0] * (20 - knocked) + [1] * knocked
    depot.clock.pass_by(seconds=61)
    depot.delivery.drain()
    assert len(receiver.parcels()) == knocked + 1
    receiver.says["/hook"] = ok
    depot.clock.pass_by(seconds=61)
    depot.delivery.drain()
    with depot.store.reading() as db:
        assert health.of(db)[made.id].failures == 0
    depot.clock.pass_by(minutes=10)
    depot.delivery.drain()
    assert depot.states() == {"sent": 20}


def test_a_server_that_is_down_costs_nothing_but_time(depot: Depot) -> None:
    depot.endpoint(f"http://127.0.0.1:{nobody_listens()}/", types=("application.recommended",))
    due(depot)
    assert depot.delivery.drain().outcomes == {"later": 1}
    assert depot.rows("state", "attempts", "last_code") == [("planned", 1, None)]


def test_what_its_owner_may_no_longer_know_is_kept_back_when_it_is_sent(depot: Depot, receiver: Receiver) -> None:
    """Filters, scope and switch are asked again at sending, not only when it was planned."""
    made = depot.endpoint(receiver.url(), types=("application.recommended",))
    due(depot)
    kept = depot.register.mine(OPERATOR, made.id).endpoint
    changed = Wanted(name=kept.name, types=("application.awarded",))
    depot.register.change(OPERATOR, depot.asked(), made.id, changed)
    depot.delivery.drain()
    assert depot.rows("state", "reason") == [("suppressed", "not_chosen")]
    depot.register.change(OPERATOR, depot.asked(), made.id, Wanted(name=kept.name))
    due(depot)
    depot.register.disable(OPERATOR, depot.asked(), made.id)
    depot.delivery.drain()
    assert {state for (state,) in depot.rows("state")} == {"suppressed"}
    assert receiver.parcels() == []


def test_a_programme_may_be_chosen_by_its_call_or_by_its_name(depot: Depot, receiver: Receiver) -> None:
    for path, programmes in (("/call", ("hn-2025",)), ("/it", ("hn-2025/L",)), ("/other", ("hn-2025/P", "gd-2026"))):
        depot.endpoint(receiver.url(path), programmes=programmes, types=("application.recommended",))
    due(depot)
    depot.delivery.drain()
    assert [len(receiver.parcels(path)) for path in ("/call", "/it", "/other")] == [1, 1, 0]


def test_where_order_was_asked_for_one_application_goes_step_by_step(depot: Depot, receiver: Receiver) -> None:
    """A failure holds up its own application and no other; a dead one releases what waits behind it."""
    depot.endpoint(receiver.url(), ordered=True)
    stubborn: list[str] = []

    def says(got: Got) -> Any:
        time.sleep(0.01)
        return (500, {}, b"") if got.json["data"]["application_id"] in stubborn else ok(got)

    receiver.says["/hook"] = says
    first, second = depot.happen(OPENED, SEALED, COUNTY, CITY), depot.happen(OPENED, SEALED, COUNTY)
    stubborn.append(str(second))
    depot.listener.follow()
    depot.delivery.drain()
    assert told(receiver, first) == [2, 3, 4]
    assert told(receiver, second) == [2]
    for _ in SCHEDULE:
        depot.clock.pass_by(hours=30)
        depot.delivery.drain()
    assert told(receiver, second) == [2] * 10 + [3]


def test_of_one_endpoint_only_a_few_are_in_flight(depot: Depot, receiver: Receiver) -> None:
    depot.endpoint(receiver.url(), types=("application.recommended",))

    def slowly(got: Got) -> Any:
        time.sleep(0.03)
        return ok(got)

    receiver.says["/hook"] = slowly
    due(depot, 12)
    assert depot.delivery.drain().sent == 12
    assert 1 < receiver.most_at_once["/hook"] <= 4


def test_a_worker_that_went_away_between_claim_and_mark_loses_nothing(both: Depot, receiver: Receiver) -> None:
    """Claimed, perhaps sent, never marked: due again when the lease is over, with the same webhook-id."""
    both.endpoint(receiver.url(), types=("application.recommended",))
    due(both)
    both.delivery.claim(16)
    assert both.delivery.drain().outcomes == {}
    both.clock.at += LEASE + timedelta(seconds=1)
    assert both.delivery.drain().sent == 1
    assert both.rows("state", "attempts") == [("sent", 1)]


def test_two_workers_never_send_the_same_parcel(both: Depot, receiver: Receiver) -> None:
    both.endpoint(receiver.url(), types=("application.recommended",))
    due(both, 8)
    other = both.delivering()
    _, mine, _ = both.delivery.claim(3)
    _, theirs, _ = other.claim(3)
    ids = [parcel.id for bundle in (*mine, *theirs) for parcel in bundle.parcels]
    assert len(ids) == len(set(ids)) > 3


def test_an_attempt_is_kept_with_both_heads_and_without_signature(depot: Depot, receiver: Receiver) -> None:
    made = depot.endpoint(receiver.url("/hook?key=very-secret"), types=("application.recommended",))
    receiver.says["/hook"] = answer(500, "内部错误".encode(), X_Request_Id="42", Set_Cookie="sid=1")
    due(depot)
    depot.delivery.drain()
    (kept,) = depot.attempts()
    assert (kept["n"], kept["outcome"], kept["code"], kept["said"]) == (1, "later", 500, "内部错误")
    assert "x-request-id: 42" in kept["answered"].lower()
    assert "webhook-signature: ***" in kept["asked"]
    whole = str(dict(kept))
    for secret in ("very-secret", made.secret, "v1,", "sid=1"):
        assert secret not in whole


def test_rebuild_reset_and_what_is_long_past_send_nothing(depot: Depot, receiver: Receiver) -> None:
    depot.endpoint(receiver.url(), types=("application.recommended",))
    due(depot, 3)
    depot.delivery.drain()
    came = len(receiver.parcels())
    depot.rewind()
    depot.listening().follow()
    depot.delivery.drain()
    assert len(receiver.parcels()) == came == 3
    with depot.store.begin() as db:
        db.execute(parcel_attempts.delete())
        db.execute(parcels.delete())
    depot.clock.pass_by(hours=73)
    depot.rewind()
    depot.listening().follow()
    depot.delivery.drain()
    assert depot.rows("state", "reason") == [("suppressed", "stale")] * 3
    assert len(receiver.parcels()) == 3


def test_a_process_that_ends_claims_nothing_more_and_sees_through_what_it_has(depot: Depot, receiver: Receiver) -> None:
    depot.endpoint(receiver.url(), types=("application.recommended",))

    def ends(got: Got) -> Any:
        depot.delivery.finish()
        return ok(got)

    receiver.says["/hook"] = ends
    due(depot, 30)
    sent = depot.delivery.drain().sent
    assert 1 <= sent < 30
    assert depot.states() == {"sent": sent, "planned": 30 - sent}


def test_what_was_deleted_is_told_nothing_more(depot: Depot, receiver: Receiver) -> None:
    made = depot.endpoint(receiver.url(), types=("application.recommended",))
    due(depot)
    depot.register.delete(OPERATOR, depot.asked(), made.id)
    depot.delivery.drain()
    assert depot.rows("state", "reason") == [("suppressed", "deleted")]
    assert receiver.parcels() == []


def test_an_endpoint_hears_nothing_of_what_was_before_it(depot: Depot, receiver: Receiver) -> None:
    due(depot)
    depot.clock.pass_by(seconds=1)
    depot.endpoint(receiver.url(), PROVINCE)
    depot.rewind()
    depot.listening().follow()
    assert depot.rows("id") == []


def test_a_dead_endpoint_holds_up_no_living_one(depot: Depot, receiver: Receiver) -> None:
    dead, living = depot.endpoint(receiver.url("/dead")), depot.endpoint(receiver.url("/living"))
    assert dead.id != living.id
    arrived: list[float] = []

    def hangs(_got: Got) -> Any:
        time.sleep(2.5)
        return 200, {}, b""

    def notes(got: Got) -> Any:
        arrived.append(time.monotonic())
        return ok(got)

    receiver.says |= {"/dead": hangs, "/living": notes}
    due(depot, 20)
    began = time.monotonic()
    done = depot.delivery.drain()
    assert done.outcomes["sent"] == 40
    assert max(arrived) - began < 2
