"""What is about a person stays out of the log: sealed under the subject's own key, and gone when that key is gone.

A commitment in the payload is HMAC-SHA256 of the value under a random salt. Salt and value lie in `personal_data`,
sealed with AES-256-GCM under a key of the subject, which itself is wrapped by the house's master key.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Collection, Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, Row, delete, insert, select, update

from eventstore.event import Personal
from eventstore.refusal import HistoryBroken
from eventstore.schema import personal_data, subject_keys

ALGORITHM = "AES-256-GCM+HMAC-SHA-256"
_SALT, _NONCE, _KEY = 32, 12, 32
_AT_ONCE = 500
_SELECT = select(
    personal_data.c.commitment,
    personal_data.c.subject,
    personal_data.c.sealed,
    subject_keys.c.wrapped,
    subject_keys.c.master,
).join(subject_keys, (subject_keys.c.subject == personal_data.c.subject) & (subject_keys.c.restricted == 0))

Random = Callable[[int], bytes]


class Concealment:
    """The personal values of one write: hands out commitments, then seals the values in two or three statements."""

    def __init__(self, keys: "PersonalData", stream: str, random: Random) -> None:
        self._keys, self._stream, self._random = keys, stream, random
        self._values: list[tuple[str, str, bytes]] = []
        self.revealed: dict[str, str] = {}

    def __call__(self, personal: Personal) -> str:
        """The commitment of *personal*. One that was read back, with its commitment, keeps it."""
        if personal.commitment is not None:
            if personal.value is not None:
                self.revealed[personal.commitment] = personal.value
            return personal.commitment
        if personal.value is None:
            raise TypeError("a personal value without value and commitment says nothing")
        salt = self._random(_SALT)
        plain = personal.value.encode()
        commitment = hmac.new(salt, plain, hashlib.sha256).hexdigest()
        self._values.append((personal.subject or self._stream, commitment, salt + plain))
        self.revealed[commitment] = personal.value
        return commitment

    def write(self, db: Connection) -> None:
        """Seal the values handed in so far."""
        if not self._values:
            return
        keys = self._keys.subject_keys(db, sorted({subject for subject, _, _ in self._values}), self._random)
        rows = [
            {
                "commitment": commitment,
                "stream": self._stream,
                "subject": subject,
                "sealed": _seal(keys[subject], plain, commitment.encode(), self._random),
                "algorithm": ALGORITHM,
            }
            for subject, commitment, plain in self._values
        ]
        db.execute(insert(personal_data), rows)
        self._values.clear()


class PersonalData:
    """Conceals and reveals. *master_key*: 32 bytes from outside the database; *former* keys still unwrap."""

    def __init__(self, master_key: bytes, *former: bytes) -> None:
        if any(len(key) != _KEY for key in (master_key, *former)):
            raise ValueError("a master key has 32 bytes")
        self._masters = {_name(key): AESGCM(key) for key in (master_key, *former)}
        self._master = _name(master_key)

    def concealing(self, stream: str, random: Random = os.urandom) -> Concealment:
        """A place to put the personal values of one write to *stream*; call its `write(db)` in the transaction."""
        return Concealment(self, stream, random)

    def reveal_stream(self, db: Connection, stream: str) -> dict[str, str]:
        """Commitment to value of everything in *stream* that is not erased. One statement."""
        return self._open(db.execute(_SELECT.where(personal_data.c.stream == stream)))

    def reveal(self, db: Connection, commitments: Iterable[str]) -> dict[str, str]:
        """Commitment to value of *commitments*, as far as they are not erased."""
        wanted, found = sorted(set(commitments)), dict[str, str]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            found |= self._open(db.execute(_SELECT.where(personal_data.c.commitment.in_(some))))
        return found

    def erase(self, db: Connection, subject: str) -> int:
        """Empty every value of *subject* and forget its key; answers how many. The log does not change."""
        rows = personal_data.c.subject == subject
        emptied = db.execute(update(personal_data).where(rows, personal_data.c.sealed.is_not(None)).values(sealed=None))
        db.execute(delete(subject_keys).where(subject_keys.c.subject == subject))
        return emptied.rowcount

    def empty(self, db: Connection, commitments: Collection[str]) -> int:
        """Empty these values, whoever's they are; answers how many."""
        chosen = personal_data.c.commitment.in_(sorted(commitments))
        return db.execute(
            update(personal_data).where(chosen, personal_data.c.sealed.is_not(None)).values(sealed=None)
        ).rowcount

    def set_apart(
        self, db: Connection, stream: str, commitments: Collection[str], subject: str, random: Random = os.urandom
    ) -> int:
        """Seal these values of *stream* under the key of *subject* instead, so that they can be restricted and erased by
        themselves; answers how many. They keep their commitments."""
        chosen = (personal_data.c.stream == stream, personal_data.c.commitment.in_(sorted(commitments)))
        rows = [row for row in db.execute(_SELECT.where(*chosen)) if row.sealed is not None]
        if not rows:
            return 0
        key = self.subject_keys(db, [subject], random)[subject]
        for commitment, owner, sealed, wrapped, master in rows:
            plain = _opened(self._unwrap(owner, wrapped, master), sealed, commitment)
            values = {"subject": subject, "sealed": _seal(key, plain, commitment.encode(), random)}
            db.execute(update(personal_data).where(personal_data.c.commitment == commitment).values(values))
        return len(rows)

    def restrict(self, db: Connection, subject: str) -> None:
        """From now on every value of *subject* reads as an erased one; it is kept, and nobody is given it."""
        db.execute(update(subject_keys).where(subject_keys.c.subject == subject).values(restricted=1))

    def release(self, db: Connection, subject: str) -> None:
        """Let the values of *subject* be read again."""
        db.execute(update(subject_keys).where(subject_keys.c.subject == subject).values(restricted=0))

    def subject_keys(self, db: Connection, subjects: Sequence[str], random: Random) -> dict[str, bytes]:
        """The data key of each subject; made where there is none."""
        query = select(subject_keys.c.subject, subject_keys.c.wrapped, subject_keys.c.master)
        keys = {
            subject: self._unwrap(subject, wrapped, master)
            for subject, wrapped, master in db.execute(query.where(subject_keys.c.subject.in_(subjects)))
        }
        fresh = {subject: random(_KEY) for subject in subjects if subject not in keys}
        if fresh:
            rows = [
                {
                    "subject": subject,
                    "wrapped": self._wrap(subject, key, random),
                    "master": self._master,
                    "algorithm": ALGORITHM,
                }
                for subject, key in fresh.items()
            ]
            db.execute(insert(subject_keys), rows)
        return keys | fresh

    def _wrap(self, subject: str, key: bytes, random: Random) -> bytes:
        nonce = random(_NONCE)
        return nonce + self._masters[self._master].encrypt(nonce, key, subject.encode())

    def _unwrap(self, subject: str, wrapped: bytes, master: str) -> bytes:
        cipher = self._masters.get(master)
        if cipher is None:
            raise HistoryBroken(f"personal data are sealed under master key {master}, which is not at hand")
        try:
            return cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], subject.encode())
        except InvalidTag:
            raise HistoryBroken("a subject's key was altered") from None

    def _open(self, rows: Iterable[Row[str, str, bytes | None, bytes, str]]) -> dict[str, str]:
        keys: dict[str, bytes] = {}
        found: dict[str, str] = {}
        for commitment, subject, sealed, wrapped, master in rows:
            if sealed is None:
                continue
            if subject not in keys:
                keys[subject] = self._unwrap(subject, wrapped, master)
            found[commitment] = _unseal(keys[subject], sealed, commitment)
        return found


def _name(master_key: bytes) -> str:
    return hashlib.sha256(b"vermilion-master" + master_key).hexdigest()[:16]


def _seal(key: bytes, plain: bytes, bound_to: bytes, random: Random) -> bytes:
    nonce = random(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _unseal(key: bytes, sealed: bytes, commitment: str) -> str:
    """The value, and only if it is the one that was committed to."""
    plain = _opened(key, sealed, commitment)
    salt, value = plain[:_SALT], plain[_SALT:]
    if not hmac.compare_digest(hmac.new(salt, value, hashlib.sha256).hexdigest(), commitment):
        raise HistoryBroken("a personal value is not the one the log committed to")
    return value.decode()


def _opened(key: bytes, sealed: bytes, commitment: str) -> bytes:
    """Salt and value."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], commitment.encode())
    except InvalidTag:
        raise HistoryBroken("a personal value was altered") from None
