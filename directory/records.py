"""The register read: who is who, asked through one connection.

Rows become frozen values at the door. An erased person is nobody: no name, no address, no role.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, RowMapping, Select, Table, select

from directory import schema
from directory.actor import Actor, Grant, Role
from directory.bureau import Bureau
from directory.division import Level
from directory.events import Employment
from directory.projection import REVISION, comparable
from directory.unit import Bar, Unit, UnitCode, UnitKind, UnitTag
from eventstore.projection import of_revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody the house may write to. Name and address are personal: for pages and letters, never for the log."""

    id: str
    name: str
    email: str
    phone: str | None
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expert:
    """A person of the expert pool, and what avoidance and the mix of a panel are judged by."""

    person: Person
    employer: str
    title: str
    fields: frozenset[str]
    former: tuple[Employment, ...] = ()


@dataclass(frozen=True, slots=True)
class Badge:
    """What the bar of a page shows of a person: which language they read, and the unit or bureau they are there for."""

    language: str
    name_zh: str
    name_en: str


def live(table: Table) -> Table:
    """A table of the register as this code's revision is called."""
    return of_revision(table, REVISION)


class Directory:
    """The register through *db*. Unknown and erased both answer None."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def person(self, person: str) -> Person | None:
        return next(self._people(_people().where(live(schema.people).c.id == person)), None)

    def person_by_email(self, email: str) -> Person | None:
        address, wanted = live(schema.people).c.address, comparable(email.strip())
        if not wanted or "\x00" in wanted:  # which no address holds and PostgreSQL does not take
            return None
        return next(self._people(_people().where(address == wanted)), None)

    def names(self, ids: Collection[str]) -> dict[str, str]:
        """Id to name of those who still have one; for timelines."""
        people = live(schema.people)
        query = select(people.c.id, people.c.name).where(people.c.id.in_(ids), people.c.name.is_not(None))
        return {person: name for person, name in self._db.execute(query)}  # noqa: C416  rows are no pairs to a type checker

    def people(self, role: Role, scope: str | None = None) -> list[Person]:
        """Everybody who holds *role* (in *scope*, or anywhere), by id."""
        return self.people_of([(role, scope)]).get((role, scope), [])

    def people_of(self, wanted: Collection[tuple[Role, str | None]]) -> dict[tuple[Role, str | None], list[Person]]:
        """`people` for several roles and scopes in one statement."""
        people, grants = live(schema.people), live(schema.grants)
        query = _people(grants.c.role, grants.c.scope).join(grants, grants.c.person == people.c.id)
        query = query.where(grants.c.role.in_({role.value for role, _ in wanted})).order_by(people.c.id)
        found: dict[tuple[Role, str | None], dict[str, Person]] = {key: {} for key in wanted}
        for *row, role, scope in self._db.execute(query.distinct()):
            for key in ((Role(role), scope), (Role(role), None)):
                if key in found:
                    found[key].setdefault(row[0], _person(*row))
        return {key: list(some.values()) for key, some in found.items()}

    def actor(self, person: str) -> Actor | None:
        """The person with every role held at this moment; one statement."""
        people, grants = live(schema.people), live(schema.grants)
        query = (
            select(people.c.id, people.c.name, grants.c.role, grants.c.scope)
            .outerjoin(grants, grants.c.person == people.c.id)
            .where(people.c.id == person, people.c.erased.is_(False))
            .order_by(grants.c.role, grants.c.scope)
        )
        return actor_of(self._db.execute(query))

    def badge(self, person: str) -> Badge | None:
        """One statement."""
        people, grants = live(schema.people), live(schema.grants)
        query: Select[Any] = select(*badge_columns()).select_from(with_offices(people))
        query = query.where(people.c.id == person, people.c.erased.is_(False))
        return badge_of(self._db.execute(query.order_by(grants.c.role, grants.c.scope)))

    def grants(self, person: str) -> tuple[Grant, ...]:
        found = self.actor(person)
        return found.grants if found else ()

    def experts(self, field: str | None = None, province: str | None = None) -> list[Expert]:
        """The pool: whoever is listed and holds the role of expert (in *province*), by id; with *field*, those who know it."""
        people, grants, experts = live(schema.people), live(schema.grants), live(schema.experts)
        holding = select(grants.c.person).where(grants.c.role == Role.EXPERT.value)
        if province is not None:
            holding = holding.where(grants.c.scope == province)
        query = (
            _people(experts.c.employer, experts.c.title, experts.c.fields, experts.c.former)
            .join(experts, experts.c.person == people.c.id)
            .where(people.c.id.in_(holding))
            .order_by(people.c.id)
        )
        pool = [
            Expert(
                person=_person(*row),
                employer=employer,
                title=title,
                fields=frozenset(_list(fields)),
                former=msgspec.json.decode(former, type=tuple[Employment, ...]),
            )
            for *row, employer, title, fields, former in self._db.execute(query)
        ]
        return [expert for expert in pool if field is None or field in expert.fields]

    def unit(self, code: str) -> Unit | None:
        return self.units([code]).get(code)

    def units(self, codes: Collection[str]) -> dict[str, Unit]:
        """Code to unit of those that are known."""
        units = live(schema.units)
        return {unit.code: unit for unit in self._units(units.c.code.in_(codes))}

    def group(self, root: str) -> list[Unit]:
        """The units under one ultimate controller, itself included."""
        units = live(schema.units)
        return list(self._units((units.c.group_root == root) | (units.c.code == root)))

    def kin(self, code: str) -> list[Unit]:
        """The unit and all others that the register counts to its group, by code; one statement."""
        units = live(schema.units)
        above = select(units.c.group_root).where(units.c.code == code, units.c.group_root != "")
        within = units.c.group_root.in_(above) | units.c.code.in_(above) | (units.c.group_root == code)
        return list(self._units((units.c.code == code) | within))

    def barred(self) -> list[Unit]:
        """Every unit of which a decision stands that keeps, kept or will keep it from applying; by code."""
        return list(self._units(live(schema.bars).c.reason.is_not(None)))

    def bureau(self, code: str) -> Bureau | None:
        return next(self._bureaus(live(schema.bureaus).c.code == code), None)

    def bureaus(self, codes: Collection[str] | None = None) -> dict[str, Bureau]:
        """Code to bureau: all of them, or those of *codes* that are known."""
        bureaus = live(schema.bureaus)
        some = self._bureaus(*(() if codes is None else (bureaus.c.code.in_(codes),)))
        return {bureau.code: bureau for bureau in some}

    def _people(self, query: Select[*tuple[Any, ...]]) -> Iterator[Person]:
        return (_person(*row) for row in self._db.execute(query))

    def _units(self, *where: ColumnElement[bool]) -> Iterator[Unit]:
        units, bars = live(schema.units), live(schema.bars)
        barred = (bars.c[name] for name in ("reason", "decision_number", "starts", "until"))
        query = select(units, *barred).outerjoin_from(units, bars, bars.c.unit == units.c.code)
        query = query.where(*where).order_by(units.c.code)
        return (_unit(row) for row in self._db.execute(query).mappings())

    def _bureaus(self, *where: ColumnElement[bool]) -> Iterator[Bureau]:
        query = select(live(schema.bureaus)).where(*where).order_by(live(schema.bureaus).c.code)
        return (_bureau(row) for row in self._db.execute(query).mappings())


def actor_of(rows: Iterable[Any]) -> Actor | None:
    """The actor in rows of person, name, role, scope; no row is nobody."""
    held = list(rows)
    if not held:
        return None
    person, name, _, _ = held[0]
    grants = tuple(Grant(Role(role), scope) for _, _, role, scope in held if role is not None)
    return Actor(person, name or "", grants)


def with_offices(people: FromClause) -> FromClause:
    """*people*, or what they are joined to, with every role held and the unit or bureau that it is held in."""
    grants, units, bureaus = live(schema.grants), live(schema.units), live(schema.bureaus)
    held = people.outerjoin(grants, grants.c.person == live(schema.people).c.id)
    return held.outerjoin(units, units.c.code == grants.c.scope).outerjoin(bureaus, bureaus.c.code == grants.c.scope)


def badge_columns() -> tuple[ColumnElement[Any], ...]:
    people, units, bureaus = live(schema.people), live(schema.units), live(schema.bureaus)
    return (people.c.language, units.c.name, units.c.name_en, bureaus.c.name_zh, bureaus.c.name_en)


def badge_of(rows: Iterable[Any]) -> Badge | None:
    """The badge in rows of `badge_columns`, a role each: the first unit, else the first bureau; no row is nobody."""
    held = list(rows)
    if not held:
        return None
    units = ((name, name_en or name) for _, name, name_en, _, _ in held if name is not None)
    bureaus = ((name, name_en) for _, _, _, name, name_en in held if name is not None)
    return Badge(held[0][0], *next(chain(units, bureaus), ("", "")))


def _people(*more: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    people = live(schema.people)
    columns = (people.c.id, people.c.name, people.c.email, people.c.phone, people.c.language)
    return select(*columns, *more).where(people.c.erased.is_(False))


def _person(person: str, name: str | None, email: str | None, phone: str | None, language: str) -> Person:
    return Person(id=person, name=name or "", email=email or "", phone=phone, language=language)


def _unit(row: RowMapping) -> Unit:
    return Unit(
        code=UnitCode(row["code"]),
        name=row["name"],
        name_en=row["name_en"],
        kind=UnitKind(row["kind"]),
        registered_on=row["registered_on"],
        county=row["county"],
        legal_person=row["legal_person"],
        tags=frozenset(UnitTag(tag) for tag in _list(row["tags"])),
        group_root=row["group_root"],
        bar=_bar(row),
    )


def _bar(row: RowMapping) -> Bar | None:
    if row["until"] is None:
        return None
    return Bar(reason=row["reason"], decision_number=row["decision_number"], starts=row["starts"], until=row["until"])


def _bureau(row: RowMapping) -> Bureau:
    return Bureau(
        code=row["code"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        level=Level(row["level"]),
        region=row["region"],
        email=row["email"],
    )


def _list(text: str) -> list[str]:
    return msgspec.json.decode(text, type=list[str])
