"""What was typed about somebody into an application's form: set apart from everybody, then erased by another person.

The values of a form lie under the key of their application. Whoever asks names them; they are found by comparison, moved
under a key of their own, and that key is restricted, later destroyed. The log keeps its commitments and still verifies.
Scans and files that show the same person, and what has left the house, are not reached from here.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, or_, select

from admin.schema import log_streams
from directory.actor import Actor
from eventstore.codec import named
from eventstore.dispatch import Context, Dispatcher, Fold, Loaded
from eventstore.event import Event
from eventstore.personal import PersonalData
from eventstore.refusal import Refusal, Refused
from workflow.projections import stream_of

STREAM = "erasing-"
LONGEST_REASON = 200
_NAMED = re.compile(rf"{STREAM}[0-9a-f-]{{36}}")
Forget: TypeAlias = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesRestricted(Event):
    """Values of an application's form are kept from everybody; *commitments* stand for them, never the values."""

    application: str
    by: str
    reason: str
    commitments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesErased(Event):
    """Another person had them erased for good."""

    application: str
    by: str
    reason: str


TYPES = named("erasing", (ValuesRestricted, ValuesErased))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What stands of one request."""

    application: str = ""
    by: str = ""
    commitments: tuple[str, ...] = ()
    erased: bool = False


def evolve(case: Case, event: Event) -> Case:
    match event:
        case ValuesRestricted(application=application, by=by, commitments=commitments):
            return replace(case, application=application, by=by, commitments=commitments)
        case ValuesErased():
            return replace(case, erased=True)
        case _:
            return case


_CASE: Fold[Case] = Fold(Case(), evolve)


class SettingApart:
    """*forget* takes away what was drawn of an application: papers are made again, without the values."""

    def __init__(self, dispatcher: Dispatcher, personal: PersonalData, forget: Forget) -> None:
        self._dispatcher, self._personal, self._forget = dispatcher, personal, forget

    def restrict(
        self, context: Context, by: Actor, about: str, values: Collection[str], reason: str
    ) -> tuple[str, int]:
        """Keep *values* of the application *about* (its number or id) from everybody; answers the case and how many were found.

        Raises APPLICATION_UNKNOWN, VALUE_NOT_FOUND, REASON_REQUIRED.
        """
        _need_reason(reason)
        case = f"{STREAM}{self._dispatcher.ids.uuid7()}"

        def decide(db: Connection, _loaded: Loaded[Case], _now: datetime) -> Sequence[Event]:
            application = _application(db, about)
            wanted = {value.strip() for value in values} - {""}
            known = self._personal.reveal_stream(db, stream_of(application))
            found = tuple(sorted(name for name, value in known.items() if value.strip() in wanted))
            if not found:
                raise Refused(Refusal.of("VALUE_NOT_FOUND", field="values"))
            self._apart(db, case, application, found)
            return [ValuesRestricted(application=application, by=by.id, reason=reason.strip(), commitments=found)]

        outcome = self._dispatcher.dispatch(case, _CASE, decide, context)
        stands = self._dispatcher.load(outcome.stream, _CASE).state
        self._forget(stands.application)
        return outcome.stream, len(stands.commitments)

    def erase(self, context: Context, by: Actor, case: str, reason: str) -> int:
        """The second of two persons: empty what was set apart; answers how many values. Raises NOT_RESTRICTED, SAME_PERSON,
        REASON_REQUIRED."""
        _need_reason(reason)

        def decide(db: Connection, loaded: Loaded[Case], _now: datetime) -> Sequence[Event]:
            stands = loaded.state
            if not stands.application:
                raise Refused(Refusal.of("NOT_RESTRICTED"))
            if stands.erased:
                return []
            if stands.by == by.id:
                raise Refused(Refusal.of("SAME_PERSON", person=by.id))
            self.empty(db, case, stands.commitments)
            return [ValuesErased(application=stands.application, by=by.id, reason=reason.strip())]

        if not _NAMED.fullmatch(case):
            raise Refused(Refusal.of("NOT_RESTRICTED"))
        self._dispatcher.dispatch(case, _CASE, decide, context)
        stands = self._dispatcher.load(case, _CASE).state
        self._forget(stands.application)
        return len(stands.commitments)

    def again(
        self, context: Context, case: str, application: str, commitments: tuple[str, ...], reason: str, *, erased: bool
    ) -> None:
        """After a restore: what the ledger says of *case* and the restored log does not."""

        def decide(db: Connection, loaded: Loaded[Case], _now: datetime) -> Sequence[Event]:
            events: list[Event] = []
            if not loaded.state.application:
                self._apart(db, case, application, commitments)
                given = {"application": application, "reason": reason, "by": context.actor}
                events.append(ValuesRestricted(**given, commitments=commitments))
            if erased and not loaded.state.erased:
                self.empty(db, case, commitments)
                events.append(ValuesErased(application=application, by=context.actor, reason=reason))
            return events

        self._dispatcher.dispatch(case, _CASE, decide, context)
        self._forget(application)

    def empty(self, db: Connection, case: str, commitments: Collection[str]) -> None:
        """Gone for good, under whichever key a restore may have put them back."""
        self._personal.empty(db, commitments)
        self._personal.erase(db, case)

    def _apart(self, db: Connection, case: str, application: str, commitments: Collection[str]) -> None:
        self._personal.set_apart(db, stream_of(application), commitments, case)
        self._personal.restrict(db, case)


def _application(db: Connection, about: str) -> str:
    c = log_streams.c
    asked = about.strip()
    found = db.scalar(select(c.application).where(or_(c.number == asked.upper(), c.application == asked.lower())))
    if not asked or found is None:
        raise Refused(Refusal.of("APPLICATION_UNKNOWN", field="about"))
    return str(found)


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused(Refusal.of("REASON_REQUIRED", field="reason"))
    if len(reason.strip()) > LONGEST_REASON:
        raise Refused(Refusal.of("FIELD_TOO_LONG", field="reason", limit=LONGEST_REASON, length=len(reason.strip())))
