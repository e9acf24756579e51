"""A head of the log in a note that others can check: C2SP tlog-checkpoint in a signed note, Ed25519, cosigned by witnesses. Pure."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from eventstore.merkle import EMPTY_ROOT

ALGORITHM = "Ed25519"
_ED25519, _COSIGNATURE = b"\x01", b"\x04"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NotSigned(Exception):
    """A note that is not one, or that no known key signed."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head of the log: how many events, and the root over them."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class Signer:
    """Signs notes. *name* is the origin of the log (no spaces, no plus), *seed* 32 bytes kept outside the database."""

    def __init__(self, name: str, seed: bytes) -> None:
        if not name or any(letter.isspace() or letter == "+" for letter in name):
            raise ValueError("a key name has no spaces and no plus")
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()

    @property
    def verifier(self) -> str:
        """The key others check with, as a C2SP verifier key: name+hash+base64(algorithm, key)."""
        return f"{self.name}+{_key_hash(self.name, self.public).hex()}+{_b64(_ED25519 + self.public)}"

    def sign(self, body: str) -> str:
        signature = _key_hash(self.name, self.public) + self._key.sign(body.encode())
        return f"{body}\n— {self.name} {_b64(signature)}\n"


def open_note(note: str, verifiers: Iterable[str]) -> Checkpoint:
    """The checkpoint in *note*, if one of the *verifiers* (C2SP verifier keys) signed it; NotSigned otherwise.

    Signatures of keys that are not known are passed over; a wrong one of a known key spoils the note (C2SP signed-note).
    """
    body, signatures = _parts(note)
    known = dict(_verifier(key) for key in verifiers)
    ours = [signature for signature in signatures if signature.key in known]
    if not ours:
        raise NotSigned("no known key signed this note")
    for signature in ours:
        if not _fits(known[signature.key], signature.raw, body.encode()):
            raise NotSigned(f"the signature of {signature.name} is wrong")
    return read_body(body)


def witnessed(note: str, witnesses: Iterable[str]) -> dict[str, datetime]:
    """Which of the *witnesses* (C2SP verifier keys of cosignature/v1) saw this note, and when: by name.

    A cosignature says that its witness saw no head that this one does not continue. NotSigned where a known one is wrong.
    """
    body, signatures = _parts(note)
    known = dict(_verifier(key, _COSIGNATURE) for key in witnesses)
    found: dict[str, datetime] = {}
    for signature in signatures:
        if signature.key in known:
            seconds = int.from_bytes(signature.raw[:8], "big")
            said = f"cosignature/v1\ntime {seconds}\n{body}".encode()
            if not _fits(known[signature.key], signature.raw[8:], said):
                raise NotSigned(f"the cosignature of {signature.name} is wrong")
            found[signature.name] = datetime.fromtimestamp(seconds, UTC)
    return found


def with_cosignatures(note: str, other: str) -> str:
    """*note* with the signature lines that *other*, a copy of the same checkpoint, has beside its own."""
    (body, own), (same, theirs) = _parts(note), _parts(other)
    if body != same:
        raise NotSigned("another checkpoint was cosigned")
    more = [signature.line for signature in theirs if signature.line not in {mine.line for mine in own}]
    return note + "".join(f"{line}\n" for line in more)


def read_body(body: str) -> Checkpoint:
    """Origin, size and root; lines after them are passed over."""
    lines = body.split("\n")
    if len(lines) < 4 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise NotSigned("not a checkpoint")
    root = _from_b64(lines[2], "not a checkpoint")
    if len(root) != len(EMPTY_ROOT):
        raise NotSigned("not a checkpoint")
    return Checkpoint(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class _Signature:
    """One signature line: — name base64(key id, signature)."""

    line: str
    name: str
    key: bytes
    raw: bytes


def _parts(note: str) -> tuple[str, list[_Signature]]:
    """The signed text of a note, and its signatures; NotSigned where it is none."""
    text, split, lines = note.rpartition("\n\n")
    if not split or not lines.endswith("\n"):
        raise NotSigned("not a signed note")
    return text + "\n", [_signature(line) for line in lines[:-1].split("\n")]


def _signature(line: str) -> _Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = _from_b64(encoded, "not a signature")
    if dash != "—" or not name or len(raw) < 5:
        raise NotSigned("not a signature")
    return _Signature(line, name, name.encode() + raw[:4], raw[4:])


def _from_b64(text: str, otherwise: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise NotSigned(otherwise) from None


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _key_hash(name: str, public: bytes, algorithm: bytes = _ED25519) -> bytes:
    return sha256(name.encode() + b"\n" + algorithm + public).digest()[:4]


def _verifier(key: str, algorithm: bytes = _ED25519) -> tuple[bytes, Ed25519PublicKey]:
    try:
        name, hash_, encoded = key.strip().split("+", 2)
        public = base64.b64decode(encoded, validate=True)
        if public[:1] != algorithm or _key_hash(name, public[1:], algorithm).hex() != hash_:
            raise NotSigned("not a verifier key")
        return name.encode() + bytes.fromhex(hash_), Ed25519PublicKey.from_public_bytes(public[1:])
    except (ValueError, binascii.Error):
        raise NotSigned("not a verifier key") from None


def _fits(key: Ed25519PublicKey, signature: bytes, said: bytes) -> bool:
    try:
        key.verify(signature, said)
    except InvalidSignature:
        return False
    return True
