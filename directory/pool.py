"""The pool of experts of a province: enlisted, changed and struck off by its clerk, searched a page at a time.

Enlisting somebody new makes them known to the house and gives them the role of expert in that province. Of somebody the
house knows already nothing personal is changed here: whoever could move another person's address could sign in as them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from directory import person as rules
from directory import schema
from directory.actor import Actor, Grant, Role
from directory.events import Employment, ExpertListed, GrantTakenBack, PersonEvent, person_stream
from directory.person import PERSON, Identity, PersonState, evolve
from directory.records import Directory, live
from directory.register import checked, ending_sessions
from directory.unit import credit_code
from eventstore.dispatch import Context, Dispatcher, Loaded, Outcome
from eventstore.event import Event
from eventstore.refusal import Fault, Malformed, Refusal, Refused

PAGE = 50
MOST_FIELDS, MOST_FORMER, LONGEST = 12, 12, 60
FIRST_YEAR = 1950


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is said of an expert. *employer* and those of before by credit code, or by name where there is none."""

    name: str
    email: str
    phone: str = ""
    employer: str
    title: str = ""
    fields: tuple[str, ...] = ()
    former: tuple[Employment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An expert as the pool shows one. *employer_name*: the unit's, where the register knows its code."""

    person: str
    name: str
    email: str
    phone: str
    employer: str
    employer_name: str
    title: str
    fields: tuple[str, ...]
    former: tuple[Employment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of what was sought, how many there are, and every field that the pool knows."""

    experts: tuple[Listed, ...] = ()
    number: int = 0
    fields: tuple[str, ...] = ()


class Pool:
    """Commands on the pool. *by* holds the province's clerk's role; each is one transaction on the person's stream."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def enlist(self, context: Context, by: Actor, province: str, entry: Entry, year: int) -> Outcome:
        """Whoever has this address, known or new, is an expert of *province* with these fields and employers.

        Raises Malformed with every fault, SAME_PERSON, ROLES_EXCLUSIVE, GRANT_FORBIDDEN.
        """
        sound, listed = _sound(entry, year)
        known = self._known(sound.email)
        person = known or str(self._dispatcher.ids.uuid7())

        def decide(db: Connection, loaded: Loaded[PersonState], _now: datetime) -> Sequence[Event]:
            other = Directory(db).person_by_email(sound.email)
            state, events = loaded.state, list[PersonEvent]()
            if not known:
                events += rules.register(state, person, sound, other is not None)
            own = Grant(Role.EXPERT, province)
            if state.expert is None:  # struck off elsewhere: on the list again here, and here alone
                events += [
                    _taken_back(person, one) for one in sorted(state.grants) if one.role is Role.EXPERT and one != own
                ]
            events += rules.list_expert(reduce(evolve, events, state), _listed(person, listed))
            return ending_sessions(
                db, person, [*events, *rules.give(reduce(evolve, events, state), person, own, by, True)]
            )

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context, {"person": person})

    def strike(self, context: Context, by: Actor, province: str, person: str, reason: str) -> Outcome:
        """Off the list of *province*: drawn there no more. Panels go on, so that the role stays; whoever is an expert of another
        province too keeps it there, and is on that list as before. Raises PERSON_UNKNOWN, REASON_REQUIRED."""
        grant = Grant(Role.EXPERT, province)

        def decide(db: Connection, loaded: Loaded[PersonState], _now: datetime) -> Sequence[Event]:
            if grant not in loaded.state.grants:
                raise Refused(Refusal.of("PERSON_UNKNOWN", person=person))
            elsewhere = any(held.role is Role.EXPERT for held in loaded.state.grants - {grant})
            if elsewhere and reason.strip():
                return ending_sessions(db, person, rules.take_back(loaded.state, person, grant, by, reason.strip()))
            return rules.delist_expert(loaded.state, person, reason)

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context, {"person": person})

    def _known(self, email: str) -> str:
        with self._dispatcher.store.reading() as db:
            found = Directory(db).person_by_email(email)
        return found.id if found else ""


def _taken_back(person: str, grant: Grant) -> GrantTakenBack:
    return GrantTakenBack(person=person, role=grant.role.value, scope=grant.scope)


def _listed(person: str, listed: ExpertListed) -> ExpertListed:
    return ExpertListed(
        person=person, employer=listed.employer, title=listed.title, fields=listed.fields, former=listed.former
    )


def _sound(entry: Entry, year: int) -> tuple[Identity, ExpertListed]:
    """The entry as it is kept. Raises Malformed with every fault, under the names of the form's fields."""
    faults: list[Fault] = []
    identity = Identity(name=entry.name, email=entry.email, phone=entry.phone or None)
    try:
        identity = checked(identity)
    except Malformed as wrong:
        faults += wrong.faults
    employer, fields = entry.employer.strip(), tuple(sorted({one.strip() for one in entry.fields if one.strip()}))
    former = tuple(sorted(entry.former, key=lambda one: -one.until))
    faults += [Fault(name, "REQUIRED") for name, said in (("employer", employer), ("fields", fields)) if not said]
    long = {
        "employer": (employer,),
        "title": (entry.title,),
        "fields": fields,
        "former": [one.employer for one in former],
    }
    for name, said in long.items():
        longest = max(map(len, said), default=0)
        if longest > LONGEST:
            faults.append(Fault(name, "FIELD_TOO_LONG", {"measure": longest, "limit": LONGEST}))
    if len(fields) > MOST_FIELDS:
        faults.append(Fault("fields", "ABOVE_MAX", {"measure": len(fields), "limit": MOST_FIELDS}))
    if len(former) > MOST_FORMER:
        faults.append(Fault("former", "ABOVE_MAX", {"measure": len(former), "limit": MOST_FORMER}))
    if not all(FIRST_YEAR <= (one.since or one.until) <= one.until <= year for one in former):
        faults.append(Fault("former", "BAD_FORMAT", {"expected": f"{FIRST_YEAR}–{year}"}))
    if faults:
        raise Malformed(faults)
    kept = tuple(Employment(employer=_code(one.employer), until=one.until, since=one.since) for one in former)
    return identity, ExpertListed(
        person="", employer=_code(employer), title=entry.title.strip(), fields=fields, former=kept
    )


def _code(employer: str) -> str:
    """A credit code in its normal form; a name as it is."""
    read = credit_code(employer.strip())
    return employer.strip() if isinstance(read, Refusal) else str(read)


def search(db: Connection, province: str, text: str = "", field: str = "", page: int = 0, size: int = PAGE) -> Found:
    """The experts of *province* whose name, employer or title has *text* in it, and who know *field*; by name, two statements."""
    people = live(schema.people)
    query = _listing(func.count().over()).where(*_of(province), *_sought(text, field))
    rows = db.execute(query.order_by(people.c.name, people.c.id).limit(size).offset(page * size)).all()
    return Found(
        experts=tuple(_shown(*row[:-1]) for row in rows),
        number=rows[0][-1] if rows else 0,
        fields=_fields(db, province),
    )


def expert(db: Connection, province: str, person: str) -> Listed | None:
    """One of them, or None."""
    row = db.execute(_listing().where(*_of(province), live(schema.people).c.id == person)).one_or_none()
    return None if row is None else _shown(*row)


def _listing(*more: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    people, experts, units = live(schema.people), live(schema.experts), live(schema.units)
    own = (people.c.id, people.c.name, people.c.email, people.c.phone)
    listed = (experts.c.employer, units.c.name, experts.c.title, experts.c.fields, experts.c.former)
    pool = people.join(experts, experts.c.person == people.c.id)
    return select(*own, *listed, *more).select_from(pool.outerjoin(units, units.c.code == experts.c.employer))


def _of(province: str) -> list[ColumnElement[bool]]:
    people, grants = live(schema.people), live(schema.grants)
    holding = select(grants.c.person).where(grants.c.role == Role.EXPERT.value, grants.c.scope == province)
    return [people.c.erased.is_(False), people.c.id.in_(holding)]


def _sought(text: str, field: str) -> list[ColumnElement[bool]]:
    people, experts, units = live(schema.people), live(schema.experts), live(schema.units)
    found: list[ColumnElement[bool]] = []
    if text:
        among = (people.c.name, experts.c.employer, units.c.name, experts.c.title)
        found.append(or_(*(column.contains(text, autoescape=True) for column in among)))
    if field:
        found.append(experts.c.fields.contains(msgspec.json.encode(field).decode(), autoescape=True))
    return found


def _fields(db: Connection, province: str) -> tuple[str, ...]:
    people, experts = live(schema.people), live(schema.experts)
    query = select(experts.c.fields).join(people, people.c.id == experts.c.person).where(*_of(province)).distinct()
    return tuple(
        sorted({name for said in db.execute(query).scalars() for name in msgspec.json.decode(said, type=list[str])})
    )


def _shown(
    person: str,
    name: str,
    email: str,
    phone: str | None,
    employer: str,
    unit: str | None,
    title: str,
    fields: str,
    former: str,
) -> Listed:
    return Listed(
        person=person,
        name=name,
        email=email,
        phone=phone or "",
        employer=employer,
        employer_name=unit or employer,
        title=title,
        fields=tuple(msgspec.json.decode(fields, type=list[str])),
        former=msgspec.json.decode(former, type=tuple[Employment, ...]),
    )
