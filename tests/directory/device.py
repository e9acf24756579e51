"""A device that keeps a passkey, in twenty lines: what a browser would send of it for a question of the site."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ID = b"a passkey of this device"


class Device:
    """*origin*: the site's own. Present and verified whenever it is asked (WebAuthn Level 3, 6.1)."""

    def __init__(self, origin: str) -> None:
        self._origin, self._key, self._used = origin, ec.generate_private_key(ec.SECP256R1()), 0

    def made(self, question: str) -> str:
        """The answer to a question for a new passkey, as the form sends it."""
        numbers = self._key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        held = bytes(16) + len(ID).to_bytes(2, "big") + ID + cbor2.dumps(key)
        told = {"fmt": "none", "attStmt": {}, "authData": self._data(0x45) + held}
        return self._answer("webauthn.create", question, attestationObject=cbor2.dumps(told))

    def shown(self, question: str) -> str:
        """The answer to a question for the passkey."""
        self._used += 1
        data = self._data(0x05)
        signed = data + sha256(self._client("webauthn.get", question)).digest()
        signature = self._key.sign(signed, ec.ECDSA(SHA256()))
        return self._answer("webauthn.get", question, authenticatorData=data, signature=signature)

    def _data(self, flags: int) -> bytes:
        host = self._origin.partition("://")[2].partition(":")[0]
        return sha256(host.encode()).digest() + bytes([flags]) + self._used.to_bytes(4, "big")

    def _client(self, type_: str, question: str) -> bytes:
        told = {"type": type_, "challenge": json.loads(question)["challenge"], "origin": self._origin}
        return json.dumps(told).encode()

    def _answer(self, type_: str, question: str, **parts: bytes) -> str:
        response = {name: _plain(part) for name, part in parts.items()}
        response["clientDataJSON"] = _plain(self._client(type_, question))
        return json.dumps({"id": _plain(ID), "rawId": _plain(ID), "type": "public-key", "response": response})


def _plain(told: bytes) -> str:
    return urlsafe_b64encode(told).decode().rstrip("=")
