"""The people of an office, told for page and API: who holds what, who gave it and when, what waits for a second hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from directory.actor import Actor, Grant, Role
from directory.division import divisions
from directory.granting import Granting
from directory.inviting import Inviting, Row
from directory.offices import competent
from directory.person import scope_is
from directory.records import Directory, Person
from directory.register import Register
from directory.staff import Held, Proposed, Staff
from eventstore.refusal import Fault, Malformed
from eventstore.store import EventStore
from web import texts
from web.problems import NotFound

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How people and places are called on one page."""

    people: Mapping[str, str]
    places: Mapping[str, Words]

    def person(self, person: str) -> str | Words:
        key = f"history.who.{person}"
        if texts.has(key):
            return {language: texts.t(key, language) for language in texts.LANGUAGES}
        return self.people.get(person, person)

    def place(self, grant: Grant) -> Words:
        return self.places.get(grant.scope, {"zh": grant.scope, "en": grant.scope})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One page of people and everything that is said of them."""

    people: Sequence[Person]
    held: Mapping[str, Sequence[Held]]
    proposals: Sequence[Proposed]
    names: Names
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """One person, as an office sees its own."""

    person: Person
    held: Sequence[Held]
    proposals: Sequence[Proposed]
    names: Names


class People:
    """Reads for pages and API; `granting` and `register` are what they write with."""

    def __init__(self, store: EventStore, register: Register, granting: Granting, inviting: Inviting) -> None:
        self._store, self.register, self.granting, self.inviting = store, register, granting, inviting

    def listed(self, by: Actor, now: datetime, text: str = "", role: Role | None = None, after: str = "") -> Listed:
        with self._store.reading() as db:
            staff = Staff(db, by)
            found, proposals = staff.found(text, role, after), staff.proposals(now)
            held = [one for some in found.held.values() for one in some]
            return Listed(
                people=found.people,
                held=found.held,
                proposals=proposals,
                names=names_of(db, held, proposals),
                after=found.after,
            )

    def one(self, by: Actor, person: str, now: datetime) -> One:
        """NotFound for whoever is not there, and for whoever is not *by*'s to see."""
        with self._store.reading() as db:
            staff = Staff(db, by)
            found = staff.one(person)
            if found is None:
                raise NotFound
            proposals = staff.proposals(now, person)
            return One(person=found[0], held=found[1], proposals=proposals, names=names_of(db, found[1], proposals))

    def sees(self, by: Actor, person: str) -> bool:
        """Whether *by* sees this person, which an act may have ended."""
        with self._store.reading() as db:
            return Staff(db, by).one(person) is not None

    def admit(self, by: Actor, person: str) -> None:
        """Before anything of a call is read: NotFound unless *by* sees this person."""
        if not self.sees(by, person):
            raise NotFound

    def invitations(self, by: Actor, now: datetime) -> tuple[list[Row], Names]:
        """What the office of *by* sent, newest first."""
        found = self.inviting.visible(by, now)
        with self._store.reading() as db:
            return found, named(db, {one.invited_by for one in found}, {one.grant for one in found})

    def place_of(self, grant: Grant) -> Words:
        with self._store.reading() as db:
            return named(db, set(), {grant}).place(grant)

    def admit_invitation(self, by: Actor, invitation: str) -> None:
        """NotFound unless *by* answers for the role of this invitation."""
        if not self.inviting.visible(by, self.inviting.now(), invitation):
            raise NotFound


def grant_of(role: str, scope: str) -> Grant:
    """A role and its scope as they were typed. Raises Malformed."""
    faults = [
        Fault(name, "REQUIRED", {"field": name}) for name, value in (("role", role), ("scope", scope)) if not value
    ]
    if role and role not in {one.value for one in Role}:
        faults.append(Fault("role", "BAD_FORMAT", {"field": "role"}))
    if faults:
        raise Malformed(faults)
    return Grant(Role(role), scope)


def names_of(db: Connection, held: Iterable[Held], proposals: Iterable[Proposed]) -> Names:
    """The names of everybody and every place in *held* and *proposals*."""
    held, proposals = list(held), list(proposals)
    who = {one.given_by for one in held} | {one.proposed_by for one in held} | {one.proposed_by for one in proposals}
    return named(db, who, {one.grant for one in held} | {one.grant for one in proposals})


def named(db: Connection, who: set[str], grants: set[Grant]) -> Names:
    """The names of *who* and of the places of *grants*: units, bureaus and provinces."""
    directory = Directory(db)
    units = directory.units({grant.scope for grant in grants if scope_is(grant) == "unit"})
    bureaus = directory.bureaus({grant.scope for grant in grants if scope_is(grant) == "bureau"})
    places: dict[str, Words] = {
        code: {"zh": unit.name, "en": unit.name_en or unit.name} for code, unit in units.items()
    }
    places |= {code: {"zh": one.name_zh, "en": one.name_en} for code, one in bureaus.items()}
    places |= {
        one.code: {"zh": divisions().name(one.code), "en": divisions().name(one.code, "en")}
        for one in divisions().provinces()
    }
    return Names(people=directory.names(who - {""}), places=places)


def may_confirm(by: Actor, proposal: Proposed) -> bool:
    """Whether the button is there for *by*; the decision asks again."""
    return by.id not in (proposal.proposed_by, proposal.person) and competent(by, proposal.grant)
