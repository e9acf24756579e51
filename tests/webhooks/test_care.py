"""What has not arrived for days is told to the owner in time, and is switched off on the fifth; old attempts are cleared away."""

from datetime import timedelta

from tests.webhooks.depot import OPERATOR, Depot, Receiver, answer, nobody_listens, ok
from webhooks.events import EndpointDisabled, EndpointFailing, stream_of


def failing(depot: Depot, receiver: Receiver) -> str:
    made = depot.endpoint(receiver.url(), types=("application.recommended",))
    receiver.says["/hook"] = answer(500)
    depot.recommended(12)
    depot.listener.follow()
    depot.delivery.drain()
    return made.id


def told(depot: Depot, endpoint: str) -> list[object]:
    facts = depot.dispatcher.history(stream_of(endpoint))
    return [fact.event for fact in facts if isinstance(fact.event, EndpointFailing | EndpointDisabled)]


def test_the_owner_is_warned_on_the_first_and_third_day_and_it_ends_on_the_fifth(
    depot: Depot, receiver: Receiver
) -> None:
    id_ = failing(depot, receiver)
    began = depot.clock.at
    for hours in range(0, 24 * 6, 6):
        depot.clock.at = began + timedelta(hours=hours)
        depot.delivery.drain()
        depot.care.sweep()
        depot.care.sweep()
    first, second, end = told(depot, id_)
    assert isinstance(first, EndpointFailing)
    assert isinstance(second, EndpointFailing)
    assert (first.warning, second.warning) == (1, 2)
    assert (first.since, first.code) == (began, 500)
    assert first.disabled_at == began + timedelta(days=5)
    assert end == EndpointDisabled(reason="failing", since=began, code=500)
    kept = depot.register.mine(OPERATOR, id_).endpoint
    assert (kept.enabled, kept.why_disabled) == (False, "failing")


def test_an_endpoint_that_nobody_answers_at_is_told_apart_from_one_that_says_no(depot: Depot) -> None:
    made = depot.endpoint(f"http://127.0.0.1:{nobody_listens()}/hook", types=("application.recommended",))
    depot.recommended(1)
    depot.listener.follow()
    depot.delivery.drain()
    depot.clock.pass_by(days=1)
    depot.care.sweep()
    (warning,) = told(depot, made.id)
    assert isinstance(warning, EndpointFailing)
    assert warning.code == 0


def test_one_success_ends_the_row_of_failures(depot: Depot, receiver: Receiver) -> None:
    id_ = failing(depot, receiver)
    depot.clock.pass_by(days=2)
    depot.care.sweep()
    receiver.says["/hook"] = ok
    depot.delivery.drain()
    depot.clock.pass_by(days=4)
    depot.care.sweep()
    assert len(told(depot, id_)) == 1
    assert depot.register.mine(OPERATOR, id_).endpoint.enabled


def test_a_few_failures_of_a_quiet_endpoint_switch_nothing_off(depot: Depot, receiver: Receiver) -> None:
    made = depot.endpoint(receiver.url(), types=("application.recommended",))
    receiver.says["/hook"] = answer(500)
    depot.recommended(1)
    depot.listener.follow()
    depot.delivery.drain()
    depot.clock.pass_by(days=6)
    depot.care.sweep()
    assert depot.register.mine(OPERATOR, made.id).endpoint.enabled


def test_switched_on_again_it_begins_anew(depot: Depot, receiver: Receiver) -> None:
    id_ = failing(depot, receiver)
    depot.clock.pass_by(days=6)
    depot.care.sweep()
    receiver.says["/hook"] = ok
    depot.register.enable(OPERATOR, depot.asked(), id_)
    depot.care.sweep()
    assert depot.register.mine(OPERATOR, id_).endpoint.enabled


def test_attempts_of_a_month_ago_and_parcels_of_a_quarter_ago_are_cleared_away(
    depot: Depot, receiver: Receiver
) -> None:
    depot.endpoint(receiver.url(), types=("application.recommended",))
    depot.recommended(2)
    depot.listener.follow()
    depot.delivery.drain()
    depot.clock.pass_by(days=31)
    assert depot.care.forget() == 2
    assert (depot.attempts(), depot.states()) == ([], {"sent": 2})
    depot.clock.pass_by(days=60)
    assert depot.care.forget() == 2
    assert depot.states() == {}
