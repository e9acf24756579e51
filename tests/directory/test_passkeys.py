"""What a device answers is believed in nothing: an odd answer is a wrong one, whatever the libraries that read it trip over."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import cbor2
import pytest

from directory.passkeys import Passkeys
from tests.directory.house import House, asked
from tests.directory.test_access import Door, refused

SITE = "https://shenbao.example.cn"
DATA = sha256(b"shenbao.example.cn").digest() + b"\x45" + bytes(20) + b"\x00\x01k"
DEEP = "[" * 6000 + "]" * 6000
ODD_KEYS = ({1: 1}, {1: 9}, [1], {1: 2, 3: -7, -1: "a", -2: 1, -3: []})

Answered = Callable[[dict[str, Any]], str]


def plain(told: bytes) -> str:
    return urlsafe_b64encode(told).decode().rstrip("=")


def enclosed(**parts: object) -> str:
    return plain(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": DATA, **parts}))


ODD: dict[str, Answered] = {
    "deep": lambda told: f'{json.dumps(told)[:-1]}, "more": {DEEP}}}',
    "long": lambda told: json.dumps(told) + " " * 20_000 + "x",
    "no text": lambda told: json.dumps({**told, "id": "é"}),
    "no base64": lambda told: json.dumps({**told, "response": {**told["response"], "userHandle": "a"}}),
    "nothing enclosed": lambda told: json.dumps({**told, "response": {**told["response"], "attestationObject": ""}}),
    "a number enclosed": lambda told: json.dumps(
        {**told, "response": {**told["response"], "attestationObject": enclosed(authData=1)}}
    ),
    **{
        f"key {n}": lambda told, key=key: json.dumps(
            {**told, "response": {**told["response"], "attestationObject": enclosed(authData=DATA + cbor2.dumps(key))}}
        )
        for n, key in enumerate(ODD_KEYS)
    },
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_answer_is_a_wrong_one(house: House, odd: str) -> None:
    door = Door(house)
    keys = Passkeys(door.dispatcher, door.access, SITE)
    wang = house.person("王", "wang@example.cn")
    with house.directory() as directory:
        person = directory.person(wang)
    assert person is not None

    def answer(type_: str, question: str) -> str:
        data = {"type": type_, "challenge": json.loads(question)["challenge"], "origin": SITE}
        response = {"clientDataJSON": plain(json.dumps(data).encode()), "attestationObject": enclosed()}
        response |= {"authenticatorData": plain(DATA), "signature": plain(b"s")}
        return ODD[odd]({"id": plain(b"k"), "rawId": plain(b"k"), "type": "public-key", "response": response})

    made, shown = answer("webauthn.create", keys.offer(person)), answer("webauthn.get", keys.ask())
    session = door.session(wang)
    assert refused(lambda: keys.add(asked(), wang, session, "", made)) == ["PASSKEY_WRONG"]
    assert refused(lambda: keys.answered(shown)) == ["PASSKEY_WRONG"]
