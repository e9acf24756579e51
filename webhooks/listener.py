"""Follows the log with a cursor of its own and plans parcels, both in one transaction: no parcel without its event, none twice.

Reads with every personal value concealed, so that none can get into a payload. What an endpoint was not yet there for is not
planned; what is older than three days when it is first seen (a restored backup, an import) is recorded and kept back, and so
is what comes for an endpoint that is switched off. Both can be replayed.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from sqlalchemy import Connection

from eventstore.checkpoint import no_checkpoint
from eventstore.clock import Clock
from eventstore.codec import canonical
from eventstore.event import Fact, RecordedEvent
from eventstore.facts import Reading
from eventstore.store import EventStore
from eventstore.subscription import Subscription
from webhooks import parcels, records
from webhooks.endpoint import Endpoint, owner_of, stands_for
from webhooks.parcels import Planned
from webhooks.payloads import PUBLISHED, UNITS_OWN, About, is_told, payload
from webhooks.records import Kept
from workflow import worklist
from workflow.events import STREAM, ApplicationEvent
from workflow.worklist import Item

NAME = "parcels"
STALE_AFTER = timedelta(hours=72)
STALE, DISABLED = "stale", "disabled"


class Listener:
    """Plans parcels. *clock* is the house's, which events are dated by; *wall* the database's own, which parcels wait by.

    *checkpoint* reads the newest signed head in one line; it is written into the payload once, and every retry sends that.
    """

    def __init__(
        self,
        store: EventStore,
        read: Reading,
        clock: Clock,
        wall: Clock,
        *,
        stale_after: timedelta = STALE_AFTER,
        batch: int = 200,
        checkpoint: Callable[[Connection], str] = no_checkpoint,
    ) -> None:
        self._clock, self._wall, self._stale_after, self._checkpoint = clock, wall, stale_after, checkpoint
        concealed = cast("Reading", partial(read, revealed=False))
        self.subscription = Subscription(store, concealed, NAME, self.plan, types=tuple(PUBLISHED), batch=batch)

    def follow(self) -> int:
        """Plan for everything that has happened since; answers how many events were read."""
        return self.subscription.run()

    def plan(self, db: Connection, facts: Sequence[Fact]) -> None:
        """Plan the parcels of *facts*, in the transaction that moves the cursor: five statements and one for each owner."""
        kept = records.every(db)
        told = [(recorded, cast("ApplicationEvent", event)) for recorded, event in facts]
        told = [(recorded, event) for recorded, event in told if is_told(event)]
        if not kept or not told:
            return
        now, due = self._clock.now(db), self._wall.now(db)
        ids = {_application(recorded) for recorded, _ in told}
        items, sights = worklist.items(db, ids), sights_of(db, [one.endpoint for one in kept], ids)
        checkpoint, planned = self._checkpoint(db), list[Planned]()
        for recorded, event in told:
            item = items.get(_application(recorded))
            if item is None:
                continue
            reached = [one for one in kept if _reaches(one, recorded, item, sights)]
            if not reached:
                continue
            text = canonical(payload(recorded, event, about(item), checkpoint))
            stale = STALE if now - recorded.instant > self._stale_after else ""
            planned += [_planned(recorded, one.endpoint, item, text, due, stale) for one in reached]
        parcels.plan(db, planned)


def sights_of(db: Connection, endpoints: Sequence[Endpoint], ids: Collection[str]) -> Mapping[str, Collection[str]]:
    """Owner to those of *ids* that such an owner may see; a statement an owner, however many endpoints it has."""
    owners = {endpoint.owner for endpoint in endpoints}
    return {owner: worklist.in_sight(db, stands_for(owner), ids) for owner in sorted(owners)}


def about(item: Item) -> About:
    return About(
        id=item.id,
        number=item.number,
        call=item.call,
        programme=item.programme,
        direction=item.direction,
        lead_unit=item.lead_unit,
        region=item.region,
    )


def _application(recorded: RecordedEvent) -> str:
    return recorded.stream.removeprefix(STREAM)


def _reaches(kept: Kept, recorded: RecordedEvent, item: Item, sights: Mapping[str, Collection[str]]) -> bool:
    endpoint = kept.endpoint
    return (
        recorded.instant >= kept.created_at
        and (recorded.type not in UNITS_OWN or owner_of(endpoint.owner)[0] == "unit")
        and endpoint.chooses(recorded.type, item.call, item.programme)
        and item.id in sights[endpoint.owner]
    )


def _planned(recorded: RecordedEvent, endpoint: Endpoint, item: Item, text: str, due: datetime, stale: str) -> Planned:
    event_id = str(recorded.event_id)
    return Planned(
        id=parcels.id_of(event_id, endpoint.id),
        endpoint=endpoint.id,
        event_id=event_id,
        position=recorded.position,
        type=recorded.type,
        application=item.id,
        call=item.call,
        programme=item.programme,
        payload=text,
        trace=str(recorded.correlation_id),
        due_at=due,
        created_at=recorded.instant,
        reason=stale or ("" if endpoint.enabled else DISABLED),
    )
