"""Tells the letters what an invitation to work here says, in their words: facts of the directory, which they do not know."""

from collections.abc import Mapping
from functools import reduce
from typing import cast

from sqlalchemy import Connection

from admin.people import named
from directory.events import EVENTS, InvitationEvent, PersonInvitationResent, PersonInvited
from directory.invitation import INVITATION, Invitation
from eventstore.event import Event, RecordedEvent
from eventstore.facts import Reading
from eventstore.store import EventStore
from notifications.joining import Asked, invited
from notifications.listener import Telling
from notifications.news import News
from web import texts

_TOLD = tuple(name for name, cls in EVENTS.items() if cls in (PersonInvited, PersonInvitationResent))


class Joiners:
    """Nothing is told of an invitation that has ended, or was sent anew, by the time the letter is planned."""

    def __init__(self, store: EventStore, read: Reading) -> None:
        self._store, self._read = store, read

    @property
    def news(self) -> Mapping[str, Telling]:
        return dict.fromkeys(_TOLD, self.tell)

    def tell(self, db: Connection, recorded: RecordedEvent, event: Event) -> News | None:
        assert isinstance(event, PersonInvited | PersonInvitationResent), "the listener asked for these alone"
        facts = self._read(db, self._store.stream_in(db, recorded.stream))
        stands = reduce(INVITATION.evolve, (cast("InvitationEvent", fact.event) for fact in facts), Invitation())
        if stands.ended or stands.digest != event.secret_digest or not stands.email:
            return None
        office = named(db, set(), {stands.grant}).place(stands.grant)
        role = texts.catalogue()[f"role.{stands.grant.role}"]
        asked = Asked(
            invitation=event.invitation,
            name=stands.name or "",
            address=stands.email,
            role_zh=role.zh,
            role_en=role.en,
            office_zh=office["zh"],
            office_en=office["en"],
            commitment=(event.secret.commitment or "") if event.secret else "",
            until=stands.expires_at,
        )
        return invited(asked, recorded.instant)
