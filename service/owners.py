"""What of a webhook endpoint its owner hears by letter: the facts of one room told in the words of another.

Neither knows the other, so the roof tells. Reads the endpoint's own stream with every personal value concealed: of its address
there is the host, of its secrets nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import cast

from sqlalchemy import Connection

from eventstore.event import Event, Fact, RecordedEvent
from eventstore.facts import Reading
from eventstore.store import EventStore
from notifications.endpoints import Trouble, failing, switched_off
from notifications.listener import Telling
from notifications.news import News
from webhooks.care import PARCELS_KEPT
from webhooks.endpoint import Endpoint, evolve
from webhooks.events import TYPES, EndpointDisabled, EndpointEvent, EndpointFailing
from webhooks.health import OPENS_AFTER

_TOLD = tuple(name for name, cls in TYPES.items() if cls in (EndpointFailing, EndpointDisabled))
BY_THE_HOUSE = frozenset({"failing", "gone"})
"""Why the house itself switches an endpoint off; whatever else stands there was somebody's own doing."""


class Owners:
    """Tells how an endpoint stood at an event of its own; nothing of one that is deleted by the time the letter is written."""

    def __init__(self, store: EventStore, read: Reading) -> None:
        self._store, self._read = store, read

    @property
    def news(self) -> Mapping[str, Telling]:
        return dict.fromkeys(_TOLD, self.tell)

    def tell(self, db: Connection, recorded: RecordedEvent, event: Event) -> News | None:
        """The news of *event*; None when it was asked for, or the endpoint is no more."""
        if isinstance(event, EndpointDisabled) and event.reason not in BY_THE_HOUSE:
            return None
        facts = self._read(db, self._store.stream_in(db, recorded.stream), revealed=False)
        if _told(facts).deleted:
            return None
        stood = _told([fact for fact in facts if fact.recorded.version <= recorded.version])
        match event:
            case EndpointFailing():
                return failing(_trouble(stood, event), recorded.instant)
            case EndpointDisabled(reason=reason):
                return switched_off(_trouble(stood, event), recorded.instant, gone=reason == "gone")
            case _:
                return None


def _told(facts: list[Fact]) -> Endpoint:
    return reduce(evolve, (cast("EndpointEvent", fact.event) for fact in facts), Endpoint())


def _trouble(stood: Endpoint, event: EndpointFailing | EndpointDisabled) -> Trouble:
    trouble = Trouble(
        endpoint=stood.id,
        owner=stood.owner,
        name=stood.name,
        host=stood.host,
        since=event.since,
        code=event.code,
        kept_days=PARCELS_KEPT.days,
    )
    if isinstance(event, EndpointDisabled):
        return trouble
    return replace(trouble, failures=event.failures, until=event.disabled_at, enough=OPENS_AFTER)
