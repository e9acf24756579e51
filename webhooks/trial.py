"""An endpoint asked to show itself: a test parcel, or a challenge that has to come back. Through the same door, signed the same way.

Nothing is recorded as a parcel and nothing counts for its health: whoever tries sees the answer at once.
"""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

from directory.actor import Actor
from eventstore.clock import Clock
from eventstore.codec import canonical
from eventstore.dispatch import Context, Outcome
from eventstore.ids import Ids
from eventstore.personal import PersonalData
from eventstore.refusal import Refusal, Refused
from web.problems import NotFound
from webhooks import parcels, records
from webhooks.delivery import mails_of
from webhooks.endpoint import ROBOTS
from webhooks.parcels import Claimed
from webhooks.payloads import TEST, VERIFY, outside
from webhooks.register import Register
from webhooks.sending import Attempt, attempt


class Trial:
    """Tests and verifications of endpoints."""

    def __init__(self, register: Register, personal: PersonalData, clock: Clock, ids: Ids, base_url: str) -> None:
        self._register, self._personal, self._clock, self._ids = register, personal, clock, ids
        self._base_url = base_url

    def test(self, actor: Actor, id_: str) -> Attempt:
        """Send a test parcel now, enabled or not; answers what came back."""
        self._register.mine(actor, id_)
        return self._sent(id_, TEST, {"endpoint": id_})

    def verify(self, actor: Actor, context: Context, id_: str) -> Outcome:
        """Challenge it; it is enabled when the challenge comes back. Raises WEBHOOK_NOT_ANSWERED with what came instead."""
        kept = self._register.mine(actor, id_)
        challenge = secrets.token_urlsafe(24)
        tried = self._sent(id_, VERIFY, {"endpoint": id_, "challenge": challenge})
        taken = tried.code is not None and tried.outcome is parcels.Outcome.SENT
        if not taken or not (kept.endpoint.kind in ROBOTS or _echoes(tried.body, challenge)):
            said = tried.said or "no challenge in the answer"
            raise Refused(Refusal.of("WEBHOOK_NOT_ANSWERED", answer=tried.code or 0, said=said[:200]))
        return self._register.verified(actor, context, id_, "challenge")

    def _sent(self, id_: str, kind: str, data: Mapping[str, Any]) -> Attempt:
        with self._register.dispatcher.store.reading() as db:
            kept = records.one(db, id_)
            now = self._clock.now(db)
            if kept is None:
                raise NotFound
            mail = mails_of(db, self._personal, [kept.endpoint], now)[id_]
        event = str(self._ids.uuid7())
        parcel = Claimed(
            id=parcels.id_of(event, id_),
            token="",
            endpoint=id_,
            type=kind,
            application="",
            call="",
            programme="",
            payload=canonical(outside(kind, now, data)),
            trace=event,
            position=0,
            attempts=0,
            tries=0,
        )

        async def once() -> Attempt:
            async with self._register.door.open() as line:
                return await attempt(line, mail, [parcel], self._base_url, now)

        return asyncio.run(once())


def _echoes(body: bytes, challenge: str) -> bool:
    """The challenge alone, or as `challenge` of a JSON object."""
    text = body.strip()
    if secrets.compare_digest(text, challenge.encode()):
        return True
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError):
        return False
    return found.get("challenge") == challenge
