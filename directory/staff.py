"""Who is there, as an office sees its own people: found by name or role, with who gave what and when, and what is proposed.

A security administrator and an auditor see everybody; the head of an office sees whoever holds or is proposed a role that
the head answers for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, true

from directory import schema
from directory.actor import BUREAU_ROLES, DISCIPLINE_ROLES, PROVINCE_ROLES, UNIT_ROLES, Actor, Grant, Role
from directory.policy import may
from directory.records import Person, live
from eventstore.event import instant_of

PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A role somebody holds. *proposed_by* is "" where one person gave it."""

    grant: Grant
    given_by: str
    given_at: datetime
    proposed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A role that somebody shall have, if another confirms it before *until*."""

    person: str
    name: str
    grant: Grant
    proposed_by: str
    proposed_at: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """People in the order of their ids, what each holds, and the id to go on after ("" at the end)."""

    people: Sequence[Person]
    held: dict[str, tuple[Held, ...]]
    after: str


class Staff:
    """The register through *db*, as far as *by* sees people."""

    def __init__(self, db: Connection, by: Actor) -> None:
        self._db, self._by = db, by

    def found(self, text: str = "", role: Role | None = None, after: str = "") -> Found:
        """People whose name, or address where *by* may see it, holds *text*, who hold *role*; a page of them."""
        people, grants = live(schema.people), live(schema.grants)
        query = select(people.c.id, people.c.name, people.c.email, people.c.phone, people.c.language)
        query = query.where(people.c.erased.is_(False), people.c.id > after, self._seen(people.c.id))
        if text:
            told = [people.c.name.contains(text, autoescape=True), people.c.id == text]
            if sees_addresses(self._by):
                told.append(people.c.address.contains(text.casefold(), autoescape=True))
            query = query.where(or_(*told))
        if role is not None:
            query = query.where(people.c.id.in_(select(grants.c.person).where(grants.c.role == role.value)))
        rows = self._db.execute(query.order_by(people.c.id).limit(PAGE + 1)).all()
        some = [Person(id=row[0], name=row[1], email=row[2], phone=row[3], language=row[4]) for row in rows[:PAGE]]
        return Found(
            people=some, held=self._held([one.id for one in some]), after=some[-1].id if len(rows) > PAGE else ""
        )

    def one(self, person: str) -> tuple[Person, tuple[Held, ...]] | None:
        """A person and every role held; None for whoever is not there, erased, or not for *by* to see."""
        people = live(schema.people)
        query = select(people.c.id, people.c.name, people.c.email, people.c.phone, people.c.language)
        query = query.where(people.c.id == person, people.c.erased.is_(False), self._seen(people.c.id))
        row = self._db.execute(query).one_or_none()
        if row is None:
            return None
        found = Person(id=row[0], name=row[1], email=row[2], phone=row[3], language=row[4])
        return found, self._held([person]).get(person, ())

    def proposals(self, now: datetime, person: str = "") -> list[Proposed]:
        """What waits for a second hand, oldest first; of one *person*, or of everybody in sight."""
        people, open_ = live(schema.people), live(schema.proposals)
        columns = (open_.c.proposed_by, open_.c.proposed_at, open_.c.until, open_.c.reason)
        query = select(open_.c.person, people.c.name, open_.c.role, open_.c.scope, *columns)
        query = query.join(people, people.c.id == open_.c.person).where(self._answers(open_.c.role, open_.c.scope))
        if person:
            query = query.where(open_.c.person == person)
        found = [
            Proposed(
                person=row[0],
                name=row[1] or row[0],
                grant=Grant(Role(row[2]), row[3]),
                proposed_by=row[4],
                proposed_at=instant_of(row[5]),
                until=instant_of(row[6]),
                reason=row[7],
            )
            for row in self._db.execute(query.order_by(open_.c.proposed_at, open_.c.person))
        ]
        return [one for one in found if now < one.until]

    def _held(self, people: Sequence[str]) -> dict[str, tuple[Held, ...]]:
        grants = live(schema.grants)
        columns = (grants.c.person, grants.c.role, grants.c.scope, grants.c.given_by, grants.c.given_at)
        query = select(*columns, grants.c.proposed_by).where(grants.c.person.in_(people))
        found: dict[str, list[Held]] = {}
        for person, role, scope, by, at, proposed_by in self._db.execute(query.order_by(grants.c.role, grants.c.scope)):
            held = Held(grant=Grant(Role(role), scope), given_by=by, given_at=instant_of(at), proposed_by=proposed_by)
            found.setdefault(person, []).append(held)
        return {person: tuple(held) for person, held in found.items()}

    def _seen(self, person: ColumnElement[str]) -> ColumnElement[bool]:
        """Whoever holds, or is proposed, a role that *by* answers for."""
        if self._everybody:
            return true()
        grants, open_ = live(schema.grants), live(schema.proposals)
        holding = select(grants.c.person).where(self._answers(grants.c.role, grants.c.scope))
        proposed = select(open_.c.person).where(self._answers(open_.c.role, open_.c.scope))
        return or_(person.in_(holding), person.in_(proposed))

    @property
    def _everybody(self) -> bool:
        return sees_everybody(self._by)

    def _answers(self, role: ColumnElement[str], scope: ColumnElement[str]) -> ColumnElement[bool]:
        return answers_for(self._by, role, scope)


def sees_addresses(by: Actor) -> bool:
    """An auditor reads who holds what, and nobody's address."""
    return may(by, "grant.give") is None


def sees_everybody(by: Actor) -> bool:
    return by.holds(Role.SECURITY) or by.holds(Role.AUDITOR)


def answers_for(by: Actor, role: ColumnElement[str], scope: ColumnElement[str]) -> ColumnElement[bool]:
    """`offices.competent` in SQL: roles of the own unit, bureau, province or discipline office; an auditor looks on."""
    if sees_everybody(by):
        return true()
    own = [
        (UNIT_ROLES, scope.in_(by.scopes(Role.UNIT_ADMIN))),
        (BUREAU_ROLES, scope.in_(by.scopes(Role.BUREAU_HEAD))),
        (PROVINCE_ROLES | {Role.EXPERT}, scope.in_(by.scopes(Role.PROVINCE_LEAD))),
        (DISCIPLINE_ROLES, scope.in_(by.scopes(Role.DISCIPLINE_HEAD))),
        *((BUREAU_ROLES, scope.startswith(province)) for province in by.scopes(Role.PROVINCE_LEAD)),
    ]
    return or_(false(), *(and_(role.in_([one.value for one in roles]), where) for roles, where in own))
