"""Follows the log with a cursor of its own and plans letters, both in one transaction: no letter without its event, none twice.

Rebuilding projections never comes here. A cursor set back plans nothing new, because the same event and person make the
same key; and what is older than three days when it is first seen (a restored backup, an import) is kept as suppressed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import TypeAlias, cast

from sqlalchemy import Connection

from directory.events import EVENTS as DIRECTORY_EVENTS
from directory.events import PersonErased, PersonRestricted
from directory.records import Directory
from eventstore.clock import Clock
from eventstore.event import Event, Fact, RecordedEvent
from eventstore.facts import Reading
from eventstore.personal import PersonalData
from eventstore.store import EventStore
from eventstore.subscription import Subscription
from notifications import choosing, letters, timetable
from notifications.announcements import Terms, announce
from notifications.contents import Named, Param, contents
from notifications.joining import STAFF_INVITED
from notifications.kinds import kind_of
from notifications.letters import Planned
from notifications.news import News
from notifications.planning import Cause, Planning
from notifications.recipients import Contacts, Recipient, contacts_of, recipients
from notifications.reminders import Rule, reminders
from notifications.story import Story
from programmes.call import Call
from programmes.catalogue import Catalogue
from workflow.application import Application
from workflow.events import TYPES, ApplicationEvent

NAME = "letters"
STALE_AFTER = timedelta(hours=72)
Telling: TypeAlias = Callable[[Connection, RecordedEvent, Event], News | None]
"""The news of an event of another room, read in the transaction that is handed in; None when nobody is told."""
NOTHING_ELSE: Mapping[str, Telling] = MappingProxyType({})
_GONE = tuple(name for name, cls in DIRECTORY_EVENTS.items() if cls in (PersonErased, PersonRestricted))


def terms_of(call: Call) -> Terms:
    """What of *call* a letter repeats."""
    return Terms(
        deadlines=dict(call.deadlines),
        reconsideration_days=call.reconsideration.working_days,
        reminders=dict(call.reminders),
    )


class Listener:
    """Plans letters. *clock* is the house's, which events are dated by; *wall* the database's own, which letters wait by.

    *news*: how events of other rooms are told, by their names.
    """

    def __init__(
        self,
        store: EventStore,
        read: Reading,
        catalogue: Catalogue,
        planning: Planning,
        clock: Clock,
        wall: Clock,
        *,
        stale_after: timedelta = STALE_AFTER,
        batch: int = 100,
        news: Mapping[str, Telling] = NOTHING_ELSE,
    ) -> None:
        self._store, self._read, self._catalogue, self._planning = store, read, catalogue, planning
        self._clock, self._wall, self._stale_after = clock, wall, stale_after
        self._news = news
        types = (*TYPES, *_GONE, *news)
        self.subscription = Subscription(store, read, NAME, self.plan, types=types, batch=batch)

    def follow(self) -> int:
        """Plan for everything that has happened since; answers how many events were read."""
        return self.subscription.run()

    def plan(self, db: Connection, facts: Sequence[Fact]) -> None:
        """Plan the letters of *facts*, and the reminders that stand after them, in the transaction that moves the cursor."""
        now, due = self._clock.now(db), self._wall.now(db)
        stories: dict[str, Story] = {}
        planned: list[Planned] = []
        for recorded, event in facts:
            if isinstance(event, PersonErased | PersonRestricted):
                self._planning.plan(db, planned, now)
                planned.clear()
                letters.forget(db, event.person)
                choosing.forget(db, event.person)
                continue
            if recorded.type in self._news:
                planned += self._told(db, recorded, event, due, now)
                continue
            happened = cast("ApplicationEvent", event)  # the subscription asked for these types alone
            story = self._story(db, stories, recorded, kind_of(happened) != "")
            if story is None:
                continue
            before = story.application
            story.tell(recorded, happened)
            planned += self._letters(db, recorded, happened, before, story, due, now)
        self._planning.plan(db, planned, now)
        self._keep(db, stories.values())

    def _keep(self, db: Connection, stories: Iterable[Story]) -> None:
        for story in stories:
            application, latest = story.application, story.latest
            if latest is not None:
                timetable.keep(db, application.id, reminders(story, terms_of(self._call(application))), latest)

    def _call(self, application: Application) -> Call:
        return self._catalogue.get(application.call, application.definition_digest or None)

    def _story(self, db: Connection, stories: dict[str, Story], recorded: RecordedEvent, needed: bool) -> Story | None:
        """The application just before *recorded*; None when nobody is told of it and it was not folded yet."""
        story = stories.get(recorded.stream)
        if story is not None and story.version == recorded.version - 1:
            return story
        if not needed and recorded.version > 1:
            return None
        earlier = self._store.stream_in(db, recorded.stream, limit=recorded.version - 1) if recorded.version > 1 else []
        stories[recorded.stream] = Story().told(self._read(db, earlier))
        return stories[recorded.stream]

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
        call = self._call(after)
        told = announce(event, before, after, terms_of(call), at)
        directory = Directory(db)
        params = contents(event, before, after, call, at, names_of(directory))
        to = recipients(directory, told, after.unit_name, contacts_of(after, call, story.objectors))
        yield from self._planned(recorded, after.id, to, params, due, now)

    def _told(
        self, db: Connection, recorded: RecordedEvent, event: Event, due: datetime, now: datetime
    ) -> Iterable[Planned]:
        """The letters of an event of another room."""
        news = self._news[recorded.type](db, recorded, event)
        if news is not None:
            to = recipients(Directory(db), news.told, "", Contacts(links=news.links))
            yield from self._planned(recorded, "", to, news.params, due, now)

    def _planned(
        self,
        recorded: RecordedEvent,
        application_id: str,
        to: Sequence[Recipient],
        params: Mapping[str, Param],
        due: datetime,
        now: datetime,
    ) -> Iterable[Planned]:
        at = recorded.instant
        stale = "stale" if now - at > self._stale_after else ""
        cause = Cause(
            event_id=str(recorded.event_id),
            event_type=recorded.type,
            position=recorded.position,
            application_id=application_id,
            batch=recorded.notes.get("batch", ""),
            trace=str(recorded.correlation_id),
        )
        for recipient in to:
            yield self._planning.letter(recipient, cause, f"ev:{cause.event_id}:mail", params, at, due, stale)


WITH_A_SECRET = (STAFF_INVITED, "member_invited", "confirmation_asked", Rule.INVITATION.kind, Rule.CONFIRMATION.kind)
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
