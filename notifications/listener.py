"""Follows the log with a cursor of its own and plans letters, both in one transaction: no letter without its event, none twice.

Rebuilding projections never comes here. A cursor set back plans nothing new, because the same event and person make the
same key; and what is older than three days when it is first seen (a restored backup, an import) is kept as suppressed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import cast

from sqlalchemy import Connection

from directory.events import EVENTS as DIRECTORY_EVENTS
from directory.events import PersonErased
from directory.records import Directory
from eventstore.clock import Clock
from eventstore.codec import canonical
from eventstore.event import Fact, RecordedEvent
from eventstore.facts import Reading
from eventstore.ids import Ids
from eventstore.personal import PersonalData
from eventstore.store import EventStore
from eventstore.subscription import Subscription
from notifications import letters
from notifications.announcements import Terms, announce
from notifications.contents import Named, Param, contents
from notifications.kinds import kind_of
from notifications.letters import Planned
from notifications.mail import Sender
from notifications.recipients import Recipient, contacts_of, recipients
from programmes.call import Call
from programmes.catalogue import Catalogue
from workflow.application import EMPTY, Application, evolve
from workflow.events import TYPES, ApplicationEvent, ObjectionReceived

NAME = "letters"
STALE_AFTER = timedelta(hours=72)
_ERASED = next(name for name, cls in DIRECTORY_EVENTS.items() if cls is PersonErased)


@dataclass(slots=True)
class Story:
    """An application as far as it was folded, and how to reach those who objected, by number."""

    application: Application = EMPTY
    version: int = 0
    objectors: dict[int, str] = field(default_factory=dict[int, str])

    def tell(self, event: ApplicationEvent) -> None:
        """One event further."""
        self.application, self.version = evolve(self.application, event), self.version + 1
        if isinstance(event, ObjectionReceived):
            self.objectors[event.objection] = event.contact.value or ""


def terms_of(call: Call) -> Terms:
    """What of *call* a letter repeats."""
    return Terms(deadlines=dict(call.deadlines), reconsideration_days=call.reconsideration.working_days)


class Listener:
    """Plans letters. *clock* is the house's, which events are dated by; *wall* the database's own, which letters wait by."""

    def __init__(
        self,
        store: EventStore,
        read: Reading,
        catalogue: Catalogue,
        sender: Sender,
        clock: Clock,
        wall: Clock,
        ids: Ids,
        *,
        stale_after: timedelta = STALE_AFTER,
        batch: int = 100,
    ) -> None:
        self._store, self._read, self._catalogue, self._sender = store, read, catalogue, sender
        self._clock, self._wall, self._ids, self._stale_after = clock, wall, ids, stale_after
        self.subscription = Subscription(store, read, NAME, self.plan, types=(*TYPES, _ERASED), batch=batch)

    def follow(self) -> int:
        """Plan for everything that has happened since; answers how many events were read."""
        return self.subscription.run()

    def plan(self, db: Connection, facts: Sequence[Fact]) -> None:
        """Plan the letters of *facts*, in the transaction that moves the cursor."""
        now, due = self._clock.now(db), self._wall.now(db)
        stories: dict[str, Story] = {}
        planned: list[Planned] = []
        for recorded, event in facts:
            if isinstance(event, PersonErased):
                letters.plan(db, planned)
                planned.clear()
                letters.forget(db, event.person)
                continue
            happened = cast("ApplicationEvent", event)  # the subscription asked for these types alone
            story = self._story(db, stories, recorded, kind_of(happened) != "")
            if story is None:
                continue
            before = story.application
            story.tell(happened)
            planned += self._letters(db, recorded, happened, before, story, due, now)
        letters.plan(db, planned)

    def _story(self, db: Connection, stories: dict[str, Story], recorded: RecordedEvent, needed: bool) -> Story | None:
        """The application just before *recorded*; None when nobody is told of it and it was not folded yet."""
        story = stories.get(recorded.stream)
        if story is not None and story.version == recorded.version - 1:
            return story
        if not needed and recorded.version > 1:
            return None
        story = stories[recorded.stream] = Story()
        earlier = self._store.stream_in(db, recorded.stream, limit=recorded.version - 1) if recorded.version > 1 else []
        for _, event in self._read(db, earlier):
            story.tell(cast("ApplicationEvent", event))
        return story

    def _letters(
        self,
        db: Connection,
        recorded: RecordedEvent,
        event: ApplicationEvent,
        before: Application,
        story: Story,
        due: datetime,
        now: datetime,
    ) -> Iterable[Planned]:
        after, at = story.application, recorded.instant
        if not kind_of(event):
            return
        call = self._catalogue.get(after.call, after.definition_digest or None)
        told = announce(event, before, after, terms_of(call), at)
        directory = Directory(db)
        params = contents(event, before, after, call, at, names_of(directory))
        contacts = contacts_of(after, call, story.objectors)
        stale = "stale" if now - at > self._stale_after else ""
        for recipient in recipients(directory, told, after.unit_name, contacts):
            yield self._planned(recorded, recipient, params, after, stale, due)

    def _planned(
        self,
        recorded: RecordedEvent,
        recipient: Recipient,
        params: Mapping[str, Param],
        application: Application,
        stale: str,
        due: datetime,
    ) -> Planned:
        announcement, letter_id = recipient.announcement, str(self._ids.uuid7())
        return Planned(
            id=letter_id,
            dedupe_key=f"ev:{recorded.event_id}:mail:{recipient.id}",
            event_id=str(recorded.event_id),
            event_position=recorded.position,
            event_type=recorded.type,
            application_id=application.id,
            kind=announcement.kind,
            audience=str(announcement.audience),
            because=announcement.because.value,
            asks=announcement.asks,
            deadline=announcement.deadline,
            recipient=recipient.id,
            name=recipient.name,
            address=recipient.address,
            language=recipient.language,
            params=canonical(params),
            message_id=self._sender.message_id(letter_id),
            due_at=due,
            created_at=recorded.instant,
            reason=recipient.reason or stale,
        )


WITH_A_SECRET = ("member_invited", "confirmation_asked")
"""Kinds of letter that carry a one-time link: in doubt they wait for a person, and are never sent twice by themselves."""


def secrets_of(store: EventStore, personal: PersonalData) -> Callable[[str], str]:
    """The key of a one-time link by its commitment; "" once it was used and erased."""

    def secret(commitment: str) -> str:
        with store.reading() as db:
            return personal.reveal(db, [commitment]).get(commitment, "")

    return secret


def names_of(directory: Directory) -> Named:
    """The name of a body by its code, each asked once; the code itself for one that is not registered."""

    @cache
    def named(code: str) -> tuple[str, str]:
        bureau = directory.bureau(code)
        return (bureau.name_zh, bureau.name_en) if bureau else (code, code)

    return named
