"""What falls due by the clock: reminders, and bundles that close. Each is asked for once more, and becomes letters' rows.

The clock is the house's, as for every deadline. Run twice is run once: what rang is marked in the same transaction. While
everything is held nothing rings: what fell due before the hold may have rung already, and a release says what becomes of it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from directory.records import Directory
from eventstore import outgoing
from eventstore.clock import Clock
from eventstore.event import microseconds
from eventstore.facts import Reading
from eventstore.outgoing import RESTORED
from eventstore.refusal import Refusal, Refused
from eventstore.store import EventStore
from notifications import bundles, correspondence, letters, timetable, troubles
from notifications.announcements import Announcement
from notifications.audiences import Audience, Kind, Who
from notifications.bundles import Part
from notifications.contents import Param, awaiting, standing
from notifications.correspondence import Shown
from notifications.digest import DIGEST, asks_of, contents_of, deadline_of
from notifications.letters import Planned
from notifications.listener import STALE_AFTER, terms_of
from notifications.planning import Cause, Planning
from notifications.recipients import NO_ADDRESS, Contacts, Recipient, contacts_of, recipients
from notifications.reminders import REMINDED, Rule, announcements, awaited, for_the_unit, of_the_unit
from notifications.stationery import the_houses
from notifications.story import Story
from notifications.timetable import Due
from notifications.unreached import OUTSIDER, UNREACHED, unreached
from notifications.wording import Wording
from programmes.calendar import beijing_date
from programmes.call import Call
from programmes.catalogue import Catalogue
from workflow.projections import stream_of

AT_A_TIME = 50


class Ringing:
    """Plans what is due. *clock* is the house's, *wall* the database's own, which letters wait by; *wording* reads the texts in
    force, in which a digest tells its parts."""

    def __init__(
        self,
        store: EventStore,
        read: Reading,
        catalogue: Catalogue,
        planning: Planning,
        clock: Clock,
        wall: Clock,
        wording: Callable[[Connection], Wording] = the_houses,
    ) -> None:
        self._store, self._read, self._catalogue, self._planning = store, read, catalogue, planning
        self._clock, self._wall, self._wording = clock, wall, wording

    def ring(self) -> int:
        """Everything that is due; answers how many letters that made. Looks before it writes: mostly nothing is."""
        planned = 0
        for is_due, one_round in (
            (timetable.is_due, self._reminders),
            (bundles.is_due, self._bundles),
            (troubles.is_untold, self._troubles),
        ):
            while self._any(is_due) and (made := self._round(one_round)) is not None:
                planned += made
        return planned

    def withhold(self, db: Connection, since: datetime) -> int:
        """Ring for nobody what was due by *since*, the wall's: each letter is kept back for good. Answers how many."""
        then, kept = self._clock.now(db) - (self._wall.now(db) - since), 0
        while (made := self._reminders(db, then, RESTORED)) is not None:
            kept += made
        while (made := self._troubles(db, then, RESTORED, since)) is not None:
            kept += made
        return kept

    def _round(self, one_round: Callable[[Connection, datetime], int | None]) -> int | None:
        """None when there is nothing to take, others have it in hand, or nothing may leave."""
        with self._store.begin() as db:
            return None if outgoing.held(db) else one_round(db, self._clock.now(db))

    def _any(self, is_due: Callable[[Connection, datetime], bool]) -> bool:
        with self._store.reading() as db:
            return is_due(db, self._clock.now(db))

    def remind(self, application_id: str, unit: str, asked_by: str) -> int:
        """The lead asks *unit* for its answer, its confirmation or its signature once more; answers how many letters.

        At most one a Beijing day to each recipient. Raises Refused: NOTHING_AWAITED, REMINDED_TODAY.
        """
        with self._store.begin() as db:
            now = self._clock.now(db)
            story, call = self._story(db, application_id)
            one = of_the_unit(story, terms_of(call), unit)
            told = for_the_unit(story, one, unit, now) if one else ()
            if one is None or not told:
                raise Refused(Refusal.of("NOTHING_AWAITED", unit=unit))
            key = f"ask:{application_id}:{unit}:{beijing_date(now)}"
            due = self._letters(db, story, call, awaiting(story, one), told, self._cause(db, story), key, now)
            planned = self._planning.plan(db, [replace(letter, asked_by=asked_by) for letter in due], now)
        if not planned:
            raise Refused(Refusal.of("REMINDED_TODAY", unit=unit))
        return planned

    def _reminders(self, db: Connection, now: datetime, kept_back: str = "") -> int | None:
        """One round of reminders. *kept_back*: why their letters are not sent."""
        found = timetable.due(db, now, AT_A_TIME)
        if not found:
            return None
        planned: list[Planned] = []
        holding: dict[str, list[Due]] = defaultdict(list)
        for one in found:
            state = self._ring(db, one, now, planned, holding)
            timetable.mark(db, [one.key], state)
        for body, files in holding.items():
            planned += self._held(db, body, files, now)
        return self._plan(db, planned, now, kept_back)

    def _plan(self, db: Connection, planned: Sequence[Planned], now: datetime, kept_back: str) -> int:
        return self._planning.plan(db, [replace(one, reason=one.reason or kept_back) for one in planned], now)

    def _ring(
        self, db: Connection, one: Due, now: datetime, planned: list[Planned], holding: dict[str, list[Due]]
    ) -> str:
        """One reminder, asked for once more: answers what became of it."""
        story, call = self._story(db, one.application_id)
        if one.awaited not in awaited(story, terms_of(call)):
            return "cancelled"
        told = announcements(story, one.awaited, now)
        if not told or now - one.due > STALE_AFTER:
            return "passed"
        if one.awaited.rule is Rule.HOLDING:
            holding[one.awaited.subject].append(one)
            return "rung"
        cause = Cause(
            event_id=one.event_id,
            event_type=one.event_type,
            position=self._store.head_in(db),
            application_id=one.application_id,
        )
        key = f"rem:{one.key}:{microseconds(one.awaited.deadline)}"
        planned += self._letters(db, story, call, awaiting(story, one.awaited), told, cause, key, now)
        return "rung"

    def _letters(
        self,
        db: Connection,
        story: Story,
        call: Call,
        about: Mapping[str, Param],
        told: Sequence[Announcement],
        cause: Cause,
        key: str,
        now: datetime,
    ) -> list[Planned]:
        application = story.application
        params = {**standing(application, call, now), **about}
        to = recipients(Directory(db), told, application.unit_name, contacts_of(application, call, story.objectors))
        due = self._wall.now(db)
        return [self._planning.letter(each, cause, key, params, now, due) for each in to]

    def _held(self, db: Connection, body: str, files: Sequence[Due], now: datetime) -> list[Planned]:
        """One letter a day to a body, whatever the number of its files."""
        last = max(files, key=lambda one: one.awaited.deadline)
        told = Announcement(
            kind=Rule.HOLDING.kind,
            audience=Audience(Kind.BODY, body),
            because=Who.NEXT_BODY,
            asks=REMINDED[Rule.HOLDING][0].asks,
            deadline=min(one.awaited.deadline for one in files),
        )
        count = timetable.held_by(db, body, last.awaited.deadline)
        cause = Cause(
            event_id=last.event_id, event_type=last.event_type, position=self._store.head_in(db), application_id=""
        )
        params: dict[str, Param] = {"count": count, "at": now.isoformat()}
        key, due = f"rem:{Rule.HOLDING}:{body}:{beijing_date(now)}", self._wall.now(db)
        to = recipients(Directory(db), [told], "", Contacts())
        return [self._planning.letter(each, cause, key, params, now, due) for each in to]

    def _bundles(self, db: Connection, now: datetime) -> int | None:
        """One round of bundles that close."""
        found = bundles.due(db, now, AT_A_TIME)
        if not found:
            return None
        due, wording = self._wall.now(db), self._wording(db)
        together: list[Planned] = []
        for key, recipient in found:
            parts = bundles.parts(db, key)
            if len(parts) == 1:
                bundles.send_alone(db, parts[0].id, due)
            elif parts:
                together.append(self._together(key, recipient, parts, now, due, wording))
        return letters.plan(db, together)

    def _troubles(self, db: Connection, now: datetime, kept_back: str = "", by: datetime | None = None) -> int | None:
        """One round of letters that died, or died *by* then: the lead unit hears which contact of its own could not be reached."""
        dead = troubles.untold(db, AT_A_TIME, by)
        if not dead:
            return None
        planned = list[Planned]()
        for letter_id in dead:
            shown = correspondence.one(db, letter_id)
            if shown and shown.application_id and shown.recipient.startswith(OUTSIDER) and shown.kind != UNREACHED:
                planned += self._unreached(db, shown, now)
        return self._plan(db, planned, now, kept_back)

    def _unreached(self, db: Connection, shown: Shown, now: datetime) -> list[Planned]:
        story, call = self._story(db, shown.application_id)
        lead = Audience(Kind.UNIT, story.application.lead_unit)
        told = (Announcement(kind=UNREACHED, audience=lead, because=Who.UNIT, asks="mend"),)
        return self._letters(db, story, call, unreached(shown), told, self._cause(db, story), f"dead:{shown.id}", now)

    def _together(
        self, key: str, recipient: str, parts: Sequence[Part], now: datetime, due: datetime, wording: Wording
    ) -> Planned:
        """The letter that stands for *parts*; it is not weighed by anybody's choices again."""
        newest = parts[-1]
        told = Announcement(
            kind=DIGEST,
            audience=Audience.parse(newest.audience),
            because=Who(newest.because),
            asks=asks_of(parts),
            deadline=deadline_of(parts),
        )
        to = Recipient(
            id=recipient,
            name=newest.name or "",
            address=newest.address,
            language=newest.language,
            announcement=told,
            reason="" if newest.address else NO_ADDRESS,
        )
        of = {part.application_id for part in parts}
        cause = Cause(
            event_id=newest.event_id,
            event_type=newest.event_type,
            position=newest.event_position,
            application_id=of.pop() if len(of) == 1 else "",
            trace=newest.trace,
        )
        return replace(
            self._planning.letter(to, cause, f"dig:{key}", contents_of(parts, now, wording), now, due), bundle=key
        )

    def _story(self, db: Connection, application_id: str) -> tuple[Story, Call]:
        story = Story().told(self._read(db, self._store.stream_in(db, stream_of(application_id))))
        application = story.application
        return story, self._catalogue.get(application.call, application.definition_digest or None)

    def _cause(self, db: Connection, story: Story) -> Cause:
        latest = story.latest
        assert latest is not None  # an application has its first event
        return Cause(
            event_id=str(latest.event_id),
            event_type=latest.type,
            position=self._store.head_in(db),
            application_id=story.application.id,
        )
