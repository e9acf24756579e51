"""What of somebody's own account they hear by letter: the facts of the directory told in the words of the letters."""

from collections.abc import Mapping

from sqlalchemy import Connection

from directory.access_events import TYPES, CredentialChanged, FactorsReset, ResetAsked, ResetDropped
from eventstore.event import Event, RecordedEvent
from notifications import own_account as letters
from notifications.listener import Telling
from notifications.news import News


def news() -> Mapping[str, Telling]:
    return dict.fromkeys(TYPES, tell)


def tell(_db: Connection, recorded: RecordedEvent, event: Event) -> News | None:
    match event:
        case CredentialChanged(person=person, kind=kind, change=change):
            return letters.changed(person, kind, change, recorded.instant)
        case ResetAsked(person=person, reason=reason):
            return letters.reset_asked(person, reason, recorded.instant)
        case ResetDropped(person=person):
            return letters.reset_dropped(person, recorded.instant)
        case FactorsReset(person=person):
            return letters.reset(person, recorded.instant)
        case _:
            return None
