"""Endpoints kept: created, changed, verified, rotated, switched off and on, deleted. Asks the door, then dispatches.

Whether the actor may ask at all is the policy's business; that the endpoint is of their own office is asked here. Secrets are
handed out once, by the call that makes them, and kept sealed.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from directory.actor import Actor, Grant
from directory.register import scope_known
from eventstore.dispatch import Context, Dispatcher, Loaded, Outcome
from eventstore.event import Event, Personal
from eventstore.refusal import Refusal, Refused
from web.problems import NotFound
from webhooks import endpoint as rules
from webhooks import health, records, signing
from webhooks.endpoint import ENDPOINT, ROBOTS, Endpoint, Kind, Wanted
from webhooks.events import EndpointCreated, SecretIssued, stream_of, subject_of
from webhooks.post import Door, Shut, Unanswered
from webhooks.records import Kept
from webhooks.robots import ROBOTS as ROBOT_TABLE

_LONGEST_SECRET = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What creating or rotating answers. *secret* is shown this once; empty where the command was done before."""

    id: str
    secret: str = ""
    public_key: str = ""
    replayed: bool = False


class Register:
    """Commands on endpoints. Each answers its outcome or raises NotFound, Refused or Malformed."""

    def __init__(self, dispatcher: Dispatcher, door: Door, random: Callable[[int], bytes] = os.urandom) -> None:
        self.dispatcher, self.door, self._random = dispatcher, door, random

    def create(
        self,
        actor: Actor,
        context: Context,
        wanted: Wanted,
        *,
        kind: Kind,
        owner: str,
        url: str,
        secret: str = "",
        asymmetric: bool = False,
    ) -> Made:
        """A new endpoint, not verified yet. *secret*: a robot's own, where it signs; a standard one's is made here."""
        self._own(owner, actor)
        host = self.knock(url, kind)
        id_ = str(self.dispatcher.ids.uuid7())
        issued, shown = self._issued(id_, kind, 1, None, secret, asymmetric=asymmetric)
        created = EndpointCreated(
            endpoint=id_,
            kind=kind,
            owner=owner,
            name=wanted.name.strip(),
            host=host,
            url=Personal(url, subject=subject_of(id_, "url")),
            types=wanted.types,
            programmes=wanted.programmes,
            ordered=wanted.ordered,
            language=wanted.language,
        )

        def decide(db: Connection, _loaded: Loaded[Endpoint], _now: datetime) -> Sequence[Event]:
            return rules.create(created, issued, records.owned(db, owner))

        outcome = self.dispatcher.dispatch(stream_of(id_), ENDPOINT, decide, context, {"id": id_})
        if outcome.replayed:
            return Made(id=str(outcome.result["id"]), replayed=True)
        return Made(id=id_, secret=shown, public_key=issued.public_key)

    def change(self, actor: Actor, context: Context, id_: str, wanted: Wanted, url: str = "") -> Outcome:
        """What it chooses, whole; an empty *url* keeps the address. A new address has to be verified again."""
        kept = self.mine(actor, id_)
        host = self.knock(url, kept.endpoint.kind) if url else ""
        subject = subject_of(id_, f"url-{kept.version + 1}")
        moved = Personal(url, subject=subject) if url else None

        def decide(_db: Connection, loaded: Loaded[Endpoint], _now: datetime) -> Sequence[Event]:
            return rules.change(_there(loaded), wanted, host, moved)

        return self._dispatch(id_, decide, context)

    def rotate(self, actor: Actor, context: Context, id_: str, secret: str = "") -> Made:
        """A new secret; the former counts beside it for a day, so that the receiver can change over."""
        kept = self.mine(actor, id_)
        number = max((one.number for one in kept.endpoint.secrets), default=0) + 1
        asymmetric = bool(kept.endpoint.public_key)
        issued, shown = self._issued(id_, kept.endpoint.kind, number, None, secret, asymmetric=asymmetric)

        def decide(db: Connection, loaded: Loaded[Endpoint], now: datetime) -> Sequence[Event]:
            stands = _there(loaded)
            for old in stands.secrets[: -(rules.LIVE_SECRETS - 1)]:
                self._erase(db, id_, str(old.number))
            until = now + rules.OVERLAP
            return [
                SecretIssued(
                    number=number,
                    secret=issued.secret,
                    former_until=until,
                    private=issued.private,
                    public_key=issued.public_key,
                )
            ]

        outcome = self._dispatch(id_, decide, context)
        if outcome.replayed:
            return Made(id=id_, replayed=True)
        return Made(id=id_, secret=shown, public_key=issued.public_key)

    def verified(self, actor: Actor, context: Context, id_: str, how: str) -> Outcome:
        """It answered (the delivery says so), or an operator vouches for it."""
        self.mine(actor, id_)

        def decide(db: Connection, loaded: Loaded[Endpoint], _now: datetime) -> Sequence[Event]:
            health.forget(db, id_)
            return rules.verify(_there(loaded), how)

        return self._dispatch(id_, decide, context)

    def enable(self, actor: Actor, context: Context, id_: str) -> Outcome:
        self.mine(actor, id_)

        def decide(db: Connection, loaded: Loaded[Endpoint], _now: datetime) -> Sequence[Event]:
            health.forget(db, id_)
            return rules.enable(_there(loaded))

        return self._dispatch(id_, decide, context)

    def disable(self, actor: Actor, context: Context, id_: str) -> Outcome:
        self.mine(actor, id_)
        return self.switch_off(context, id_, "asked")

    def switch_off(
        self, context: Context, id_: str, reason: str, since: datetime | None = None, code: int | None = None
    ) -> Outcome:
        """The house's own: it answered 410, or nothing has arrived for days."""

        def decide(_db: Connection, loaded: Loaded[Endpoint], _now: datetime) -> Sequence[Event]:
            return rules.disable(loaded.state, reason, since, code)

        return self._dispatch(id_, decide, context)

    def delete(self, actor: Actor, context: Context, id_: str) -> Outcome:
        """No parcel leaves any more; its address and secrets are erased."""
        kept = self.mine(actor, id_)

        def decide(db: Connection, loaded: Loaded[Endpoint], _now: datetime) -> Sequence[Event]:
            for secret in loaded.state.secrets:
                self._erase(db, id_, str(secret.number))
            for version in range(kept.version + 1):
                self._erase(db, id_, f"url-{version}")
            self._erase(db, id_, "url")
            health.forget(db, id_)
            return rules.delete(loaded.state)

        return self._dispatch(id_, decide, context)

    def mine(self, actor: Actor, id_: str, *, to_read: bool = False) -> Kept:
        """The endpoint, if it is in this actor's hands; NotFound otherwise."""
        with self.dispatcher.store.reading() as db:
            kept = records.one(db, id_)
        if kept is None or not rules.is_in_the_hands_of(kept.endpoint.owner, actor, to_read=to_read):
            raise NotFound
        return kept

    def knock(self, url: str, kind: Kind) -> str:
        """Whether the door would open for *url*; answers what may be read of it. Raises Refused."""
        try:
            parsed = self.door.read(url)
            if kind in ROBOTS and not self.door.plain and parsed.host not in ROBOT_TABLE[kind].hosts:
                raise Shut("robot")
            asyncio.run(self.door.look(url))
        except Unanswered as away:  # told like an inner address: nobody learns here which names there are inside
            raise Refused(Refusal.of("WEBHOOK_URL", field="url", why="address")) from away
        except Shut as shut:
            raise Refused(Refusal.of("WEBHOOK_URL", field="url", why=shut.why)) from shut
        return parsed.origin

    def _own(self, owner: str, actor: Actor) -> None:
        """Raises NotFound-like refusals alike for whoever may not and for what there is not."""
        rules.owner_of(owner)
        known = False
        if rules.is_in_the_hands_of(owner, actor):
            role = rules.stands_for(owner).grants[0]
            with self.dispatcher.store.reading() as db:
                known = scope_known(db, Grant(role.role, role.scope))
        if not known:
            raise Refused(Refusal.of("WEBHOOK_OWNER", owner=owner))

    def _issued(
        self, id_: str, kind: Kind, number: int, until: datetime | None, given: str, *, asymmetric: bool
    ) -> tuple[SecretIssued, str]:
        subject = subject_of(id_, str(number))
        if kind in ROBOTS:
            if len(given) > _LONGEST_SECRET or not given.isprintable():
                raise Refused(Refusal.of("FIELD_TOO_LONG", field="secret", measure=len(given), limit=_LONGEST_SECRET))
            return SecretIssued(number=number, secret=Personal(given, subject=subject), former_until=until), ""
        secret = signing.secret_of(self._random(signing.BYTES))
        private = signing.private_of(self._random(signing.BYTES)) if asymmetric else ""
        issued = SecretIssued(
            number=number,
            secret=Personal(secret, subject=subject),
            former_until=until,
            private=Personal(private, subject=subject) if private else None,
            public_key=signing.public_of(private) if private else "",
        )
        return issued, secret

    def _erase(self, db: Connection, id_: str, what: str) -> None:
        self.dispatcher.personal.erase(db, subject_of(id_, what))

    def _dispatch(self, id_: str, decide: Any, context: Context) -> Outcome:
        return self.dispatcher.dispatch(stream_of(id_), ENDPOINT, decide, context, {"id": id_})


def _there(loaded: Loaded[Endpoint]) -> Endpoint:
    if not loaded.state.id or loaded.state.deleted:
        raise NotFound
    return loaded.state
