"""The register written: persons, their roles, units and bureaus. Gathers facts, asks person.py, dispatches.

Whether the actor may ask at all is the policy's business, checked where the operation is declared.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Connection

from directory import access, bars, signin, tokens
from directory import person as rules
from directory.actor import Actor, Grant
from directory.bars import UNIT, UnitState
from directory.bureau import Bureau
from directory.division import divisions
from directory.events import (
    BureauRegistered,
    ExpertListed,
    GrantGiven,
    GrantTakenBack,
    UnitRegistered,
    bureau_stream,
    person_stream,
    unit_stream,
)
from directory.person import LANGUAGES, PERSON, Identity, PersonState
from directory.records import Directory
from directory.unit import Bar, Unit, credit_code
from eventstore.dispatch import Context, Dispatcher, Fold, ForStream, Loaded, Outcome
from eventstore.event import Event
from eventstore.personal import PersonalData
from eventstore.refusal import Fault, Malformed, Refusal, Refused

_LONGEST_NAME, _LONGEST_PHONE = 50, 40


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest fact of a bureau, or none."""

    fact: Event | None = None


NEWEST = Fold(Newest(), lambda _, event: Newest(event))


class Register:
    """Commands on the register. Each answers the outcome of its one transaction, or raises Refused or Malformed."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def register_person(self, context: Context, identity: Identity, person: str = "") -> str:
        """The id of a new person, or of *person* with what is said anew. Raises EMAIL_TAKEN, PERSON_ERASED."""
        person = person or str(self._dispatcher.ids.uuid7())
        sound = checked(identity)

        def decide(db: Connection, loaded: Loaded[PersonState], _now: datetime) -> Sequence[Event]:
            other = Directory(db).person_by_email(sound.email)
            if loaded.state.restricted_by:
                self._dispatcher.personal.release(db, person_stream(person))
            return rules.register(loaded.state, person, sound, other is not None and other.id != person)

        outcome = self._dispatcher.dispatch(person_stream(person), PERSON, decide, context, {"person": person})
        return str(outcome.result["person"])

    def list_expert(
        self, context: Context, person: str, *, employer: str, title: str, fields: Iterable[str]
    ) -> Outcome:
        listed = ExpertListed(person=person, employer=employer, title=title, fields=tuple(sorted(set(fields))))

        def decide(_db: Connection, loaded: Loaded[PersonState], _now: datetime) -> Sequence[Event]:
            return rules.list_expert(loaded.state, listed)

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)

    def give(self, context: Context, by: Actor, person: str, grant: Grant) -> Outcome:
        """Give a role. *by* is who gives it: never the person, and only what that actor may give. The person's sessions end:
        whoever holds more signs in anew, with the second factor that it may demand (ASVS 5.0, 7.2.4)."""

        def decide(db: Connection, loaded: Loaded[PersonState], _now: datetime) -> Sequence[Event]:
            return ending_sessions(db, person, rules.give(loaded.state, person, grant, by, scope_known(db, grant)))

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)

    def take_back(self, context: Context, by: Actor, person: str, grant: Grant, reason: str = "") -> Outcome:
        """Take a role back: sessions end, and tokens hold no rights of their own: the next request has it no more."""

        def decide(db: Connection, loaded: Loaded[PersonState], _now: datetime) -> Sequence[Event]:
            return ending_sessions(db, person, rules.take_back(loaded.state, person, grant, by, reason))

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)

    def choose_language(self, context: Context, person: str, language: str) -> Outcome:
        def decide(_db: Connection, loaded: Loaded[PersonState], _now: datetime) -> Sequence[Event]:
            return rules.choose_language(loaded.state, person, language)

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)

    def erase(self, context: Context, person: str, reason: str) -> Outcome:
        """Forget what is personal, close every door, and note that it was done. The log keeps its commitments."""

        def decide(db: Connection, loaded: Loaded[PersonState], now: datetime) -> Sequence[Event]:
            events = rules.erase(loaded.state, person, reason)
            erase(db, self._dispatcher.personal, person, now)
            return events

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)

    def restrict(self, context: Context, by: Actor, person: str, reason: str) -> Outcome:
        """Let nobody read, write to, or list the person, and close every door; the values are kept. Raises PERSON_UNKNOWN, REASON_REQUIRED."""

        def decide(db: Connection, loaded: Loaded[PersonState], now: datetime) -> Sequence[Event]:
            events = rules.restrict(loaded.state, person, by.id, reason)
            if events:
                restrict(db, self._dispatcher.personal, person, now)
            return events

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)

    def erase_restricted(self, context: Context, by: Actor, person: str, reason: str) -> Outcome:
        """The second of two persons: empty what was restricted. Raises NOT_RESTRICTED, SAME_PERSON, PERSON_UNKNOWN."""

        def decide(db: Connection, loaded: Loaded[PersonState], now: datetime) -> Sequence[Event]:
            events = rules.erase_restricted(loaded.state, person, by.id, reason)
            if events:
                erase(db, self._dispatcher.personal, person, now)
            return events

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)

    def register_unit(self, context: Context, unit: Unit) -> Outcome:
        """Make a unit known, or note what changed. Raises USCC_CHECK, DIVISION_…"""
        code = credit_code(unit.code)
        county = divisions().county(unit.county)
        refusals = [answer for answer in (code, county) if isinstance(answer, Refusal)]
        if refusals:
            raise Refused(refusals)
        registered = _unit_registered(unit)

        def decide(_db: Connection, loaded: Loaded[UnitState], _now: datetime) -> Sequence[Event]:
            return [] if loaded.state.registered == registered else [registered]

        return self._dispatcher.dispatch(unit_stream(unit.code), UNIT, decide, context)

    def bar_unit(self, context: Context, code: str, wanted: Bar) -> Outcome:
        """T38. Keep a unit from applying for a time. Raises UNIT_UNKNOWN, REQUIRED, BELOW_MIN, ABOVE_MAX."""

        def decide(_db: Connection, loaded: Loaded[UnitState], _now: datetime) -> Sequence[Event]:
            return bars.bar(loaded.state, code, wanted)

        return self._dispatcher.dispatch(unit_stream(code), UNIT, decide, context, {"unit": code})

    def unbar_unit(self, context: Context, code: str, reason: str, decision_number: str) -> Outcome:
        """Lift a bar before its time."""

        def decide(_db: Connection, loaded: Loaded[UnitState], _now: datetime) -> Sequence[Event]:
            return bars.unbar(loaded.state, code, reason, decision_number)

        return self._dispatcher.dispatch(unit_stream(code), UNIT, decide, context, {"unit": code})

    def register_bureau(self, context: Context, bureau: Bureau) -> Outcome:
        """Make a bureau known, or note what changed."""
        return self._newest(bureau_stream(bureau.code), _bureau_registered(bureau), context)

    def set_bureau_email(self, context: Context, code: str, email: str) -> Outcome:
        """Where answers to letters about the bureau's files go; "" for nowhere. Raises BUREAU_UNKNOWN, Malformed.

        A mailbox of the office in ASCII, as every mail server takes it; no person's own.
        """
        sound = address(email) if email else ""
        if sound is None or not sound.isascii():
            raise Malformed(Fault("email", "BAD_FORMAT"))
        with self._dispatcher.store.reading() as db:
            bureau = Directory(db).bureau(code)
        if bureau is None:
            raise Refused(Refusal.of("BUREAU_UNKNOWN", bureau=code))
        return self.register_bureau(context, replace(bureau, email=sound))

    def register_bureaus(self, context: Context, bureaus: Iterable[Bureau]) -> Outcome:
        """Make many known in one transaction; those already known stay as they are."""
        wanted = {bureau.code: bureau for bureau in bureaus}

        def decide(db: Connection, _loaded: Loaded[Newest], _now: datetime) -> Sequence[Event | ForStream]:
            known = Directory(db).bureaus()
            fresh = [bureau for code, bureau in wanted.items() if code not in known]
            return [ForStream(bureau_stream(bureau.code), 0, _bureau_registered(bureau)) for bureau in fresh]

        return self._dispatcher.dispatch("bureau-all", NEWEST, decide, context)

    def _newest(self, stream: str, fact: Event, context: Context) -> Outcome:
        def decide(_db: Connection, loaded: Loaded[Newest], _now: datetime) -> Sequence[Event]:
            return [] if loaded.state.fact == fact else [fact]

        return self._dispatcher.dispatch(stream, NEWEST, decide, context)


def ending_sessions(db: Connection, person: str, events: Sequence[Event]) -> Sequence[Event]:
    """Roles are others now: every session of the person ends. Open links stay; an invitation gives the role after it."""
    if any(isinstance(event, GrantGiven | GrantTakenBack) for event in events):
        signin.revoke_others(db, person)
    return events


def erase(db: Connection, personal: PersonalData, person: str, now: datetime) -> int:
    """Empty what is personal about *person* in every stream and close every door; answers how many values.

    Also what re-applies an erasure after a restore. The register's own columns empty with PersonErased.
    """
    signin.revoke_all(db, person)
    access.forget(db, person)
    tokens.revoke_all(db, person, now)
    return personal.erase(db, person_stream(person))


def restrict(db: Connection, personal: PersonalData, person: str, now: datetime) -> None:
    """Keep what is personal about *person* from everybody and close every door. Also what re-applies it after a restore."""
    signin.revoke_all(db, person)
    access.forget(db, person)
    tokens.revoke_all(db, person, now)
    personal.restrict(db, person_stream(person))


def checked(identity: Identity) -> Identity:
    """The identity as it is kept. Raises Malformed with every fault."""
    name, phone = identity.name.strip(), (identity.phone or "").strip() or None
    faults: list[Fault] = []
    if not name:
        faults.append(Fault("name", "REQUIRED"))
    if len(name) > _LONGEST_NAME:
        faults.append(Fault("name", "FIELD_TOO_LONG", {"measure": len(name), "limit": _LONGEST_NAME}))
    if phone and len(phone) > _LONGEST_PHONE:
        faults.append(Fault("phone", "FIELD_TOO_LONG", {"measure": len(phone), "limit": _LONGEST_PHONE}))
    if identity.language not in LANGUAGES:
        faults.append(Fault("language", "BAD_FORMAT", {"allowed": LANGUAGES}))
    email = address(identity.email)
    if email is None:
        faults.append(Fault("email", "BAD_FORMAT"))
    if faults or email is None:
        raise Malformed(faults)
    return Identity(name=name, email=email, phone=phone, language=identity.language)


def address(text: str) -> str | None:
    """A mail address as it is written to, or None. A host inside the office network needs no dot."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    return found.normalized


def scope_known(db: Connection, grant: Grant) -> bool:
    """Whether the unit, the bureau or the province of a grant is one the house knows."""
    directory = Directory(db)
    match rules.scope_is(grant):
        case "unit":
            return directory.unit(grant.scope) is not None
        case "bureau":
            return directory.bureau(grant.scope) is not None
        case _:
            return grant.scope in {province.code for province in divisions().provinces()}


def _unit_registered(unit: Unit) -> UnitRegistered:
    return UnitRegistered(
        code=unit.code,
        name=unit.name,
        name_en=unit.name_en,
        kind=unit.kind.value,
        registered_on=unit.registered_on,
        county=unit.county,
        legal_person=unit.legal_person,
        tags=tuple(sorted(tag.value for tag in unit.tags)),
        group_root=unit.group_root,
    )


def _bureau_registered(bureau: Bureau) -> BureauRegistered:
    return BureauRegistered(
        code=bureau.code,
        name_zh=bureau.name_zh,
        name_en=bureau.name_en,
        level=bureau.level.value,
        region=bureau.region,
        email=bureau.email,
    )
