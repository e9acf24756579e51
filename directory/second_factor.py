"""The second factor: six digits of an authenticator (TOTP, RFC 6238), and recovery codes for the day it is lost.

An authenticator's secret is sealed, a recovery code kept as an HMAC, both with keys that are not in the database. No code
is taken twice: of many that come at once with the same digits one is right.
"""

import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hmac import compare_digest
from hmac import digest as hmac
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from sqlalchemy import Connection, delete, func, insert, select, update

from directory.schema import authenticators, passkeys, recovery_codes
from eventstore.event import instant_of, microseconds

STEP_S, DIGITS, DRIFT, SEEN_DRIFT = 30, 6, 1, 10
"""RFC 6238: half a minute, one step to either side (5.2); a code of ten steps around tells of a clock that is wrong."""
CODES = 10
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE, _GROUP, _NONCE, _SECRET = 16, 4, 12, 20
Random = Callable[[int], bytes]


class Answer(StrEnum):
    """How a code was taken."""

    RIGHT = "right"
    WRONG = "wrong"
    CLOCK = "clock"  # a code of some minutes ago or ahead: the clock of the device is wrong


class Keys:
    """The two keys of this room, drawn from the house's master key (HKDF, RFC 5869)."""

    def __init__(self, master: bytes) -> None:
        self._seal, self._mark = _drawn(master, b"authenticators"), _drawn(master, b"recovery codes")

    def seal(self, person: str, secret: bytes, random: Random = secrets.token_bytes) -> bytes:
        nonce = random(_NONCE)
        return nonce + AESGCM(self._seal).encrypt(nonce, secret, person.encode())

    def open(self, person: str, sealed: bytes) -> bytes | None:
        """None where it was sealed for somebody else, or with another key."""
        try:
            return AESGCM(self._seal).decrypt(sealed[:_NONCE], sealed[_NONCE:], person.encode())
        except InvalidTag:
            return None

    def mark(self, person: str, code: str) -> bytes:
        return hmac(self._mark, f"{person}:{plain(code)}".encode("utf-8", "replace"), "sha256")


def _drawn(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vermilion " + purpose).derive(master)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """What of second factors somebody has."""

    authenticator_since: datetime | None = None
    passkeys: int = 0
    codes_left: int = 0

    def __bool__(self) -> bool:
        return self.authenticator_since is not None or self.passkeys > 0


def factors_of(db: Connection, person: str) -> Factors:
    """One statement."""
    added = select(authenticators.c.added_at).where(authenticators.c.person == person).scalar_subquery()
    keys = select(func.count()).select_from(passkeys).where(passkeys.c.person == person).scalar_subquery()
    unused = (recovery_codes.c.person == person, recovery_codes.c.used_at.is_(None))
    left = select(func.count()).select_from(recovery_codes).where(*unused).scalar_subquery()
    since, held, codes = db.execute(select(added, keys, left)).one()
    return Factors(
        authenticator_since=None if since is None else instant_of(since), passkeys=held or 0, codes_left=codes or 0
    )


def begin(db: Connection, keys: Keys, person: str, random: Random = secrets.token_bytes) -> bytes:
    """The secret to be shown, waiting to be confirmed with a code: the same one until then. An authenticator that is in use
    stays as it is, and answers nothing here: b""."""
    held = select(authenticators.c.secret, authenticators.c.added_at).where(authenticators.c.person == person)
    row = db.execute(held).one_or_none()
    if row is not None and row[1] is not None:
        return b""
    shown = keys.open(person, row[0]) if row is not None else None
    if shown is not None:
        return shown
    db.execute(delete(authenticators).where(authenticators.c.person == person))
    secret = random(_SECRET)
    db.execute(insert(authenticators).values(person=person, secret=keys.seal(person, secret), last_step=0))
    return secret


def confirm(db: Connection, keys: Keys, person: str, code: str, now: datetime) -> Answer:
    """Begin to use the authenticator, shown by a code of it."""
    mine = (authenticators.c.person == person, authenticators.c.added_at.is_(None))
    answer, step = _judged(db, keys, person, code, now, *mine)
    if answer is Answer.RIGHT:
        db.execute(update(authenticators).where(*mine).values(added_at=microseconds(now), last_step=step))
    return answer


def answer(db: Connection, keys: Keys, person: str, code: str, now: datetime) -> Answer:
    """Judge a code of the authenticator. Right only once: the step it is of is kept, by compare and set."""
    mine = (authenticators.c.person == person, authenticators.c.added_at.is_not(None))
    found, step = _judged(db, keys, person, code, now, *mine)
    if found is not Answer.RIGHT:
        return found
    later = update(authenticators).where(*mine, authenticators.c.last_step < step).values(last_step=step)
    return Answer.RIGHT if db.execute(later).rowcount == 1 else Answer.WRONG


def _judged(db: Connection, keys: Keys, person: str, code: str, now: datetime, *where: object) -> tuple[Answer, int]:
    sealed = db.execute(select(authenticators.c.secret).where(*where)).scalar_one_or_none()  # type: ignore[arg-type]
    secret = None if sealed is None else keys.open(person, sealed)
    return (Answer.WRONG, 0) if secret is None else judged(secret, code, now)


def judged(secret: bytes, code: str, now: datetime) -> tuple[Answer, int]:
    """How a code is to be taken at *now*, and the step it is of. Pure."""
    typed, step = plain(code), int(now.timestamp()) // STEP_S
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return Answer.WRONG, 0
    around = range(max(step - SEEN_DRIFT, 0), step + SEEN_DRIFT + 1)
    found = [each for each in around if compare_digest(_code(secret, each), typed)]
    near = [each for each in found if abs(each - step) <= DRIFT]
    if near:
        return Answer.RIGHT, near[-1]
    return (Answer.CLOCK if found else Answer.WRONG), 0


def _code(secret: bytes, step: int) -> str:
    return HOTP(secret, DIGITS, SHA1()).generate(step).decode()  # noqa: S303  HMAC-SHA-1, which every authenticator has


def code_at(secret: bytes, now: datetime) -> str:
    """What an authenticator with this secret shows at *now*."""
    return _code(secret, int(now.timestamp()) // STEP_S)


def renew_codes(
    db: Connection, keys: Keys, person: str, now: datetime, random: Random = secrets.token_bytes
) -> list[str]:
    """Ten new recovery codes, to be shown once; those before open nothing any more."""
    db.execute(delete(recovery_codes).where(recovery_codes.c.person == person))
    codes = ["".join(_ALPHABET[byte % len(_ALPHABET)] for byte in random(_CODE)) for _ in range(CODES)]
    rows = [{"code": keys.mark(person, code), "person": person, "made_at": microseconds(now)} for code in codes]
    db.execute(insert(recovery_codes), rows)
    return [grouped(code) for code in codes]


def use_code(db: Connection, keys: Keys, person: str, code: str, now: datetime) -> bool:
    """Use a recovery code up; False where it is none, or was used."""
    c = recovery_codes.c
    mine = (c.code == keys.mark(person, code), c.person == person, c.used_at.is_(None))
    return db.execute(update(recovery_codes).where(*mine).values(used_at=microseconds(now))).rowcount == 1


def remove_authenticator(db: Connection, person: str) -> bool:
    return db.execute(delete(authenticators).where(authenticators.c.person == person)).rowcount == 1


def forget(db: Connection, person: str) -> None:
    """Every second factor of the person is gone."""
    for table in (authenticators, recovery_codes, passkeys):
        db.execute(delete(table).where(table.c.person == person))


def plain(code: str) -> str:
    """A code without the spaces and dashes that people type."""
    return "".join(code.upper().replace("-", " ").split())


def grouped(text: str) -> str:
    return " ".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def spelled(secret: bytes) -> str:
    """The secret as an authenticator takes it by hand."""
    return grouped(b32encode(secret).decode().rstrip("="))


def address_of(secret: bytes, account: str, issuer: str) -> str:
    """The otpauth:// address that goes into the QR code (Key URI format)."""
    label = quote(f"{issuer}:{account}", safe="")
    asked = {"secret": b32encode(secret).decode().rstrip("="), "issuer": issuer, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{label}?{urlencode(asked, quote_via=quote)}"
