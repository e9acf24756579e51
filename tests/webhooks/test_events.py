"""What was published about endpoints is read for ever; what stands of one follows from its events alone."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path

import pytest

from eventstore.codec import Codec
from eventstore.event import Event, Personal
from eventstore.refusal import Refused
from tests.eventstore.golden_files import must_read
from webhooks import endpoint as rules
from webhooks import events as w
from webhooks.endpoint import Endpoint, Wanted, evolve

AT = datetime(2025, 11, 20, 2, 0, tzinfo=UTC)
CREATED = w.EndpointCreated(
    endpoint="e-1",
    kind="standard",
    owner="province:43",
    name="数据平台",
    host="https://hooks.example.cn",
    url=Personal("https://hooks.example.cn/in?key=k", subject="webhook-e-1-url"),
    types=("application.recommended",),
    programmes=("hn-2025/L",),
    ordered=True,
)
ISSUED = w.SecretIssued(
    number=1,
    secret=Personal("whsec_x", subject="webhook-e-1-1"),
    private=Personal("whsk_x", subject="webhook-e-1-1"),
    public_key="whpk_x",
)
EXAMPLES: tuple[Event, ...] = (
    CREATED,
    w.EndpointChanged(
        name="新名",
        types=(),
        programmes=("gd-2026",),
        ordered=False,
        host="https://other.example.cn",
        url=Personal("https://other.example.cn/", subject="webhook-e-1-url-3"),
    ),
    ISSUED,
    w.EndpointVerified(how="challenge"),
    w.EndpointEnabled(),
    w.EndpointDisabled(reason="gone"),
    w.EndpointFailing(since=AT, failures=12, disabled_at=AT + timedelta(days=5), warning=1),
    w.ReplayAsked(first=3, last=9, count=4),
    w.EndpointDeleted(),
)


def stands(*events: w.EndpointEvent) -> Endpoint:
    return reduce(evolve, events, Endpoint())


def test_every_released_event_is_still_read() -> None:
    must_read(Codec(w.TYPES), Path(__file__).parent / "golden", EXAMPLES)


def test_a_secret_that_was_replaced_counts_until_its_day_and_no_longer() -> None:
    second = w.SecretIssued(number=2, secret=Personal("whsec_y"), former_until=AT)
    found = stands(CREATED, ISSUED, second)
    assert [one.number for one in found.live_secrets(AT - timedelta(seconds=1))] == [2, 1]
    assert [one.number for one in found.live_secrets(AT)] == [2]


def test_nothing_happens_twice() -> None:
    on = stands(CREATED, ISSUED, w.EndpointVerified(how="trusted"), w.EndpointEnabled())
    assert rules.enable(on) == []
    assert rules.verify(on, "challenge") == []
    assert rules.disable(evolve(on, w.EndpointDisabled(reason="asked")), "failing") == []
    same = Wanted(name=on.name, types=on.types, programmes=on.programmes, ordered=True)
    assert rules.change(on, same, "", None) == []


def test_a_new_address_takes_the_verification_away() -> None:
    on = stands(CREATED, ISSUED, w.EndpointVerified(how="trusted"), w.EndpointEnabled())
    (moved,) = rules.change(on, Wanted(name="x"), "https://b.example.cn", Personal("https://b.example.cn/"))
    assert isinstance(moved, w.EndpointChanged)
    assert (evolve(on, moved).verified, evolve(on, moved).enabled) == (False, False)


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(Refused) as refused:
        rules.create(
            w.EndpointCreated(
                endpoint="e",
                kind="standard",
                owner="province:43",
                name=" ",
                host="",
                url=Personal(""),
                types=("application.invented",),
            ),
            ISSUED,
            owned=rules.MOST_OF_ONE_OWNER,
        )
    assert [one.code for one in refused.value.refusals] == ["REQUIRED", "WEBHOOK_TYPE_UNKNOWN", "WEBHOOK_TOO_MANY"]


@pytest.mark.parametrize(
    "owner", ["", "unit:", "everybody", "unit:a b", "province:43/x", "unit:" + "9" * 19, "unit:九"]
)
def test_an_owner_is_a_kind_and_a_code(owner: str) -> None:
    with pytest.raises(Refused, match="WEBHOOK_OWNER"):
        rules.owner_of(owner)
