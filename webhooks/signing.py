"""Signatures after Standard Webhooks 1.0: `v1` with a shared secret, `v1a` with a key pair. Pure.

Signed is `id.timestamp.body`. While a secret is being changed there is one signature for each that still counts.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SECRET, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"
BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What an endpoint's parcels are signed with, the newest first. *private* is empty without `v1a`."""

    secrets: Sequence[str]
    private: Sequence[str] = ()


def secret_of(random: bytes) -> str:
    """*random* (32 bytes) as a secret; padded, because strict decoders want it so."""
    return SECRET + base64.b64encode(random).decode()


def private_of(seed: bytes) -> str:
    return PRIVATE + base64.b64encode(seed).decode()


def public_of(private: str) -> str:
    """The key that a receiver verifies `v1a` with."""
    public = Ed25519PrivateKey.from_private_bytes(_bytes(private, PRIVATE)).public_key()
    return PUBLIC + base64.b64encode(public.public_bytes_raw()).decode()


def headers(message_id: str, timestamp: int, body: bytes, keys: Keys) -> Mapping[str, str]:
    """The three headers of the standard."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [_v1(signed, secret) for secret in keys.secrets] + [_v1a(signed, key) for key in keys.private]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


def _v1(signed: bytes, secret: str) -> str:
    made = hmac.new(_bytes(secret, SECRET), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(made).decode()


def _v1a(signed: bytes, private: str) -> str:
    key = Ed25519PrivateKey.from_private_bytes(_bytes(private, PRIVATE))
    return "v1a," + base64.b64encode(key.sign(signed)).decode()


def _bytes(text: str, prefix: str) -> bytes:
    return base64.b64decode(text.removeprefix(prefix), validate=True)
