"""What we sign is read by the official library, by the vector of its specification, and by a reader of our own."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.webhooks.depot import OPERATOR, Depot, Got, Receiver
from webhooks import signing
from webhooks.register import Made
from webhooks.signing import Keys


def read_by_hand(got: Got, secret: str) -> bool:
    """RFC 2104 and nothing else: the second reader."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join((got.headers["webhook-id"].encode(), got.headers["webhook-timestamp"].encode(), got.body))
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in got.headers["webhook-signature"].split(" ")


def read_by_the_library(got: Got, secret: str) -> bool:
    """The house's clock stands in 2025 and the library minds the age, so it is asked for the signature instead."""
    at = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    wanted = Webhook(secret).sign(got.headers["webhook-id"], at, got.body.decode())
    return wanted in got.headers["webhook-signature"].split(" ")


def test_the_library_takes_a_parcel_of_today() -> None:
    secret, body = signing.secret_of(bytes(range(32))), b'{"type":"application.recommended"}'
    made = signing.headers("msg_1", int(datetime.now(UTC).timestamp()), body, Keys(secrets=[secret]))
    assert Webhook(secret).verify(body, dict(made)) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", dict(made))


def test_the_vector_of_the_specification() -> None:
    """https://github.com/standard-webhooks: the test of the reference libraries."""
    made = signing.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        Keys(secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]),
    )
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_official_library_makes_the_same_signature() -> None:
    secret, at = signing.secret_of(bytes(range(32))), datetime(2025, 11, 20, tzinfo=UTC)
    body = '{"type":"application.recommended","data":{"number":"HN-AI-2025-0001"}}'
    theirs = Webhook(secret).sign("msg_1", at, body)
    ours = signing.headers("msg_1", int(at.timestamp()), body.encode(), Keys(secrets=[secret]))
    assert ours["webhook-signature"] == theirs


def test_an_asymmetric_signature_is_verified_with_the_public_key_alone() -> None:
    private = signing.private_of(bytes(range(32)))
    keys = Keys(secrets=[signing.secret_of(bytes(32))], private=[private])
    made = signing.headers("msg_1", 7, b"{}", keys)
    first, second = made["webhook-signature"].split(" ")
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(signing.public_of(private).removeprefix("whpk_")))
    public.verify(base64.b64decode(second.removeprefix("v1a,")), b"msg_1.7.{}")
    assert first.startswith("v1,")


def test_secrets_are_padded_because_strict_decoders_want_it_so() -> None:
    secret = signing.secret_of(bytes(range(32)))
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


def delivered(depot: Depot, receiver: Receiver) -> list[Got]:
    before = len(receiver.parcels())
    depot.recommended()
    depot.listener.follow()
    depot.delivery.drain()
    return receiver.parcels()[before:]


def test_parcels_on_the_wire_satisfy_both_readers(depot: Depot, receiver: Receiver) -> None:
    made = depot.endpoint(receiver.url())
    got = delivered(depot, receiver)
    assert len(got) == 2
    for one in got:
        assert read_by_hand(one, made.secret)
        assert read_by_the_library(one, made.secret)


def test_while_a_secret_is_changed_both_count_for_a_day(depot: Depot, receiver: Receiver) -> None:
    old = depot.endpoint(receiver.url())
    new: Made = depot.register.rotate(OPERATOR, depot.asked(), old.id)
    assert new.secret != old.secret
    for one in delivered(depot, receiver):
        assert read_by_hand(one, old.secret)
        assert read_by_hand(one, new.secret)
        assert len(one.headers["webhook-signature"].split(" ")) == 2
    depot.clock.pass_by(hours=24, seconds=1)
    for one in delivered(depot, receiver):
        assert not read_by_hand(one, old.secret)
        assert read_by_hand(one, new.secret)


def test_three_secrets_live_at_most(depot: Depot, receiver: Receiver) -> None:
    made = depot.endpoint(receiver.url(), asymmetric=True)
    for _ in range(5):
        depot.register.rotate(OPERATOR, depot.asked(), made.id)
    one, *_ = delivered(depot, receiver)
    kinds = [each.partition(",")[0] for each in one.headers["webhook-signature"].split(" ")]
    assert kinds == ["v1", "v1", "v1", "v1a", "v1a", "v1a"]
