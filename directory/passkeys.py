"""Passkeys (WebAuthn Level 3): a key that stays in a person's device and answers only to this site.

With the device's own check (a PIN, a finger) it is both factors at once. A challenge is asked once and answered once. The
library is an extra (`passkeys`); without it nothing here is offered.
"""

import secrets
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from importlib.util import find_spec
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from sqlalchemy import Connection, delete, insert, select, update

from directory import second_factor, signin
from directory.access import ACCESS, Access
from directory.access_events import CredentialChanged, access_stream
from directory.records import Person
from directory.schema import challenges, passkeys
from directory.signin import Session
from eventstore.dispatch import Context, Dispatcher, Loaded
from eventstore.event import Event, instant_of, microseconds
from eventstore.refusal import Refusal, Refused

ANSWER_WITHIN = timedelta(minutes=5)
MOST, _LABEL, _HANDLE = 20, 60, 8
LONGEST_ANSWER = 16_384
ADD, ENTER = "add", "enter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey as its owner sees it. `handle` names it and opens nothing."""

    handle: str
    label: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    person: str
    public_key: bytes
    sign_count: int


def of(db: Connection, person: str) -> list[Passkey]:
    """The person's passkeys, oldest first."""
    c = passkeys.c
    query = select(c.handle, c.label, c.added_at, c.used_at).where(c.person == person).order_by(c.added_at)
    return [
        Passkey(handle=handle, label=label, added_at=instant_of(at), used_at=None if used is None else instant_of(used))
        for handle, label, at, used in db.execute(query)
    ]


def sweep(db: Connection, now: datetime) -> int:
    """Clear away challenges that nobody answered."""
    return db.execute(delete(challenges).where(challenges.c.made_at < microseconds(now - ANSWER_WITHIN))).rowcount


class Passkeys:
    """*base_url* is the site's own: its host is the relying party, its origin the only one that may answer."""

    def __init__(self, dispatcher: Dispatcher, access: Access, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._dispatcher, self._access, self._store = dispatcher, access, dispatcher.store
        self._host, self._origin = parts.hostname or "", f"{parts.scheme}://{parts.netloc}"

    @property
    def available(self) -> bool:
        """Whether the extra is installed, and the site has a name: a passkey belongs to a name, never to a number."""
        return find_spec("webauthn") is not None and not _is_a_number(self._host)

    def offer(self, person: Person) -> str:
        """What the browser needs to make a passkey, as JSON. Raises PASSKEYS_MANY."""
        from webauthn import generate_registration_options, options_to_json
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            PublicKeyCredentialDescriptor,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        with self._store.begin() as db:
            held = db.execute(select(passkeys.c.id).where(passkeys.c.person == person.id)).scalars().all()
            if len(held) >= MOST:
                raise Refused(Refusal.of("PASSKEYS_MANY", limit=MOST))
            options = generate_registration_options(
                rp_id=self._host,
                rp_name="朱印 Vermilion",
                user_name=person.email,
                user_id=sha256(person.id.encode()).digest(),
                user_display_name=person.name,
                challenge=self._challenge(db, ADD, person.id),
                authenticator_selection=AuthenticatorSelectionCriteria(
                    resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
                ),
                exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(each)) for each in held],
            )
        return options_to_json(options)

    def add(self, context: Context, person: str, session: Session, label: str, answer: str) -> list[str]:
        """Keep the passkey that the browser made; answers recovery codes where there were none. Raises PASSKEY_WRONG."""
        from webauthn import verify_registration_response

        challenge = self._claimed(answer, ADD, person)
        with _doubted():
            made = verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        codes: list[str] = []

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            codes.clear()
            now = self._access.now(db)
            if db.execute(select(passkeys.c.id).where(passkeys.c.id == made.credential_id)).one_or_none():
                raise Refused(Refusal.of("PASSKEY_WRONG"))
            db.execute(
                insert(passkeys).values(
                    id=made.credential_id,
                    handle=secrets.token_hex(_HANDLE),
                    person=person,
                    public_key=made.credential_public_key,
                    sign_count=made.sign_count,
                    label=label[:_LABEL],
                    added_at=microseconds(now),
                )
            )
            signin.revoke_others(db, person, session.handle)
            signin.prove(db, session.handle, now)
            if second_factor.factors_of(db, person).codes_left == 0:
                codes.extend(second_factor.renew_codes(db, self._access.keys, person, now))
            return [CredentialChanged(person=person, kind="passkey", change="added")]

        self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context)
        return codes

    def ask(self) -> str:
        """What the browser needs to show a passkey of this site, as JSON. Says nothing of who has one."""
        from webauthn import generate_authentication_options, options_to_json
        from webauthn.helpers.structs import UserVerificationRequirement

        with self._store.begin() as db:
            challenge = self._challenge(db, ENTER, None)
        verified = UserVerificationRequirement.REQUIRED
        options = generate_authentication_options(rp_id=self._host, challenge=challenge, user_verification=verified)
        return options_to_json(options)

    def answered(self, answer: str) -> str:
        """The person whose passkey answered. Raises PASSKEY_WRONG: an unknown key, a wrong signature and an old challenge are
        one answer; a counter that runs backwards (a copied key) too."""
        from webauthn import verify_authentication_response

        challenge = self._claimed(answer, ENTER, None)
        with _doubted():
            id_ = _decoded(msgspec.json.decode(answer, type=dict[str, object])["id"])
            with self._store.reading() as db:
                kept = _kept(db, id_)
            shown = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=kept.public_key,
                credential_current_sign_count=kept.sign_count,
                require_user_verification=True,
            )
        with self._store.begin() as db:
            now = microseconds(self._access.now(db))
            mine = update(passkeys).where(passkeys.c.id == id_, passkeys.c.sign_count == kept.sign_count)
            if db.execute(mine.values(sign_count=shown.new_sign_count, used_at=now)).rowcount != 1:
                raise Refused(Refusal.of("PASSKEY_WRONG"))
        return kept.person

    def remove(self, context: Context, person: str, session: Session, handle: str) -> bool:
        """The passkey opens nothing more; False where there is none of that handle. Raises FACTOR_DEMANDED."""
        removed: list[bool] = []

        def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
            mine = delete(passkeys).where(passkeys.c.person == person, passkeys.c.handle == handle)
            removed[:] = [db.execute(mine).rowcount == 1]
            if not removed[0]:
                return []
            self._access.after_removal(db, person, session.handle)
            return [CredentialChanged(person=person, kind="passkey", change="removed")]

        self._dispatcher.dispatch(access_stream(person), ACCESS, decide, context)
        return removed[0]

    def _challenge(self, db: Connection, purpose: str, person: str | None) -> bytes:
        challenge = secrets.token_bytes(32)
        row = {"challenge": sha256(challenge).digest(), "purpose": purpose, "person": person}
        db.execute(insert(challenges).values(row | {"made_at": microseconds(self._access.now(db))}))
        return challenge

    def _claimed(self, answer: str, purpose: str, person: str | None) -> bytes:
        """The challenge that *answer* says it answers, if it was asked for this, lately, and is answered for the first time."""
        c = challenges.c
        challenge = _challenge_in(answer)
        with self._store.begin() as db:
            lately = c.made_at > microseconds(self._access.now(db) - ANSWER_WITHIN)
            asked = (
                c.challenge == sha256(challenge).digest(),
                c.purpose == purpose,
                c.person.is_not_distinct_from(person),
            )
            if db.execute(delete(challenges).where(*asked, lately)).rowcount != 1:
                raise Refused(Refusal.of("PASSKEY_WRONG"))
        return challenge


def _is_a_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return not host
    return True


class _Response(msgspec.Struct):
    clientDataJSON: str  # noqa: N815  as the browser calls it


class _Answer(msgspec.Struct):
    id: str
    response: _Response


class _ClientData(msgspec.Struct):
    challenge: str


_UNREADABLE = (
    msgspec.DecodeError, UnsupportedAlgorithm, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What reading a stranger's JSON, CBOR and keys may end in, beside the library's own word for it."""


@contextmanager
def _doubted() -> Generator[None]:
    """While what a device sent is read: whatever it is that cannot be read is PASSKEY_WRONG."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        yield
    except (WebAuthnException, *_UNREADABLE) as wrong:
        raise Refused(Refusal.of("PASSKEY_WRONG")) from wrong


def _challenge_in(answer: str) -> bytes:
    with _doubted():
        sent = msgspec.json.decode(answer[:LONGEST_ANSWER], type=_Answer)
        data = msgspec.json.decode(_decoded(sent.response.clientDataJSON), type=_ClientData)
        return _decoded(data.challenge)


def _decoded(text: object) -> bytes:
    """base64url without its padding."""
    from webauthn import base64url_to_bytes

    return base64url_to_bytes(str(text))


def _kept(db: Connection, id_: bytes) -> _Kept:
    c = passkeys.c
    row = db.execute(select(c.person, c.public_key, c.sign_count).where(c.id == id_)).one_or_none()
    if row is None:
        raise LookupError("no such passkey")
    person, public_key, count = row
    return _Kept(person=person, public_key=bytes(public_key), sign_count=count)
