"""Keeps the register's tables in step with the log, in the transaction that writes the facts."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Table, delete, insert, update

from directory import schema
from directory.events import (
    BureauRegistered,
    ExpertDelisted,
    ExpertListed,
    GrantGiven,
    GrantProposalClosed,
    GrantProposed,
    GrantTakenBack,
    InvitationEvent,
    LanguageChosen,
    PersonErased,
    PersonEvent,
    PersonInvitationAccepted,
    PersonInvitationResent,
    PersonInvitationWithdrawn,
    PersonInvited,
    PersonRegistered,
    PersonRestricted,
    UnitBarred,
    UnitRegistered,
    UnitUnbarred,
)
from eventstore.event import Fact, Personal, RecordedEvent, microseconds
from eventstore.projection import TableProjection

REVISION = 4


class DirectoryProjection(TableProjection):
    """People, their grants, who gave them and what is proposed, invitations, languages, experts, units and their bars, bureaus. Of what is said anew the newest holds."""

    name = "directory"
    revision = REVISION
    declared = (
        schema.people,
        schema.grants,
        schema.proposals,
        schema.people_invitations,
        schema.experts,
        schema.units,
        schema.bars,
        schema.bureaus,
    )

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        for fact in facts:
            match fact.event:
                case UnitRegistered() as event:
                    self._unit(db, event)
                case UnitBarred() | UnitUnbarred() as event:
                    self._bar(db, event)
                case BureauRegistered() as event:
                    self._bureau(db, event)
                case GrantGiven() | GrantTakenBack() | GrantProposed() | GrantProposalClosed() as event:
                    self._granted(db, event, fact.recorded)
                case (
                    PersonInvited()
                    | PersonInvitationResent()
                    | PersonInvitationWithdrawn()
                    | PersonInvitationAccepted() as event
                ):
                    self._invited(db, event, fact.recorded)
                case (
                    PersonRegistered()
                    | ExpertListed()
                    | ExpertDelisted()
                    | LanguageChosen()
                    | PersonRestricted()
                    | PersonErased() as event
                ):
                    self._person(db, event)
                case _:
                    pass

    def _granted(
        self,
        db: Connection,
        event: GrantGiven | GrantTakenBack | GrantProposed | GrantProposalClosed,
        at: RecordedEvent,
    ) -> None:
        """A proposal ends with the grant, or closed; one made anew stands in place of an expired one."""
        grants, proposals = self.table(schema.grants), self.table(schema.proposals)
        where = {"person": event.person, "role": event.role, "scope": event.scope}
        open_ = delete(proposals).where(*(proposals.c[name] == value for name, value in where.items()))
        match event:
            case GrantGiven(by=by):
                proposer = db.execute(open_.returning(proposals.c.proposed_by)).scalar_one_or_none()
                told = {
                    "given_by": by or _person_of(at.actor),
                    "given_at": at.recorded_at,
                    "proposed_by": proposer or "",
                }
                db.execute(insert(grants).values(**where, **told))
            case GrantTakenBack():
                db.execute(delete(grants).where(*(grants.c[name] == value for name, value in where.items())))
            case GrantProposed(by=by, until=until, reason=reason):
                db.execute(open_)
                told = {"proposed_by": by, "proposed_at": at.recorded_at, "until": microseconds(until)}
                db.execute(insert(proposals).values(**where, **told, reason=reason))
            case GrantProposalClosed():
                db.execute(open_)

    def _invited(self, db: Connection, event: InvitationEvent, at: RecordedEvent) -> None:
        table = self.table(schema.people_invitations)
        here = update(table).where(table.c.id == event.invitation)
        match event:
            case PersonInvited():
                row = {
                    "id": event.invitation,
                    "name": event.name.value,
                    "email": event.email.value,
                    "role": event.role,
                    "scope": event.scope,
                    "invited_by": event.by,
                    "invited_at": at.recorded_at,
                    "expires_at": microseconds(event.expires_at),
                    "ended": "",
                    "resent": 0,
                }
                db.execute(insert(table).values(row))
            case PersonInvitationResent(expires_at=expires_at):
                db.execute(here.values(expires_at=microseconds(expires_at), resent=table.c.resent + 1))
            case PersonInvitationWithdrawn():
                db.execute(here.values(ended="withdrawn", name=None, email=None))
            case PersonInvitationAccepted():
                db.execute(here.values(ended="accepted", name=None, email=None))

    def _person(self, db: Connection, event: PersonEvent) -> None:
        people, grants = self.table(schema.people), self.table(schema.grants)
        match event:
            case PersonRegistered():
                self._registered(db, event)
            case ExpertListed(person=person):
                _replace(db, self.table(schema.experts), "person", _expert(event))
            case ExpertDelisted(person=person):
                experts = self.table(schema.experts)
                db.execute(delete(experts).where(experts.c.person == person))
            case LanguageChosen(person=person, language=language):
                db.execute(update(people).where(people.c.id == person).values(language=language))
            case PersonErased(person=person) | PersonRestricted(person=person):
                nothing = {"name": None, "email": None, "address": None, "phone": None, "erased": True}
                db.execute(update(people).where(people.c.id == person).values(nothing))
                db.execute(delete(grants).where(grants.c.person == person))
                proposals = self.table(schema.proposals)
                db.execute(delete(proposals).where(proposals.c.person == person))
                experts = self.table(schema.experts)
                db.execute(delete(experts).where(experts.c.person == person))
            case _:
                pass

    def _registered(self, db: Connection, event: PersonRegistered) -> None:
        row = {
            "id": event.person,
            "name": event.name.value,
            "email": event.email.value,
            "address": comparable(event.email),
            "phone": event.phone.value if event.phone else None,
            "language": event.language,
            "erased": False,
        }
        _replace(db, self.table(schema.people), "id", row)

    def _unit(self, db: Connection, event: UnitRegistered) -> None:
        row = {
            "code": event.code,
            "name": event.name,
            "name_en": event.name_en,
            "kind": event.kind,
            "registered_on": event.registered_on,
            "county": event.county,
            "legal_person": event.legal_person,
            "tags": _list(event.tags),
            "group_root": event.group_root,
        }
        _replace(db, self.table(schema.units), "code", row)

    def _bar(self, db: Connection, event: UnitBarred | UnitUnbarred) -> None:
        bars = self.table(schema.bars)
        if isinstance(event, UnitUnbarred):
            db.execute(delete(bars).where(bars.c.unit == event.code))
            return
        row = {
            "unit": event.code,
            "reason": event.reason,
            "decision_number": event.decision_number,
            "starts": event.starts,
            "until": event.until,
        }
        _replace(db, bars, "unit", row)

    def _bureau(self, db: Connection, event: BureauRegistered) -> None:
        row = {
            "code": event.code,
            "name_zh": event.name_zh,
            "name_en": event.name_en,
            "level": event.level,
            "region": event.region,
            "email": event.email,
        }
        _replace(db, self.table(schema.bureaus), "code", row)


def _expert(event: ExpertListed) -> dict[str, str]:
    return {
        "person": event.person,
        "employer": event.employer,
        "title": event.title,
        "fields": _list(event.fields),
        "former": msgspec.json.encode(event.former).decode(),
    }


def comparable(email: Personal | str) -> str | None:
    """The form in which two mail addresses are compared."""
    text = email.value if isinstance(email, Personal) else email
    return text.casefold() if text is not None else None


def _person_of(actor: str) -> str:
    """The person behind an actor of the log; the house and its command line are named as they are."""
    return actor.removeprefix("person:")


def _replace(db: Connection, table: Table, key: str, row: Mapping[str, object]) -> None:
    db.execute(delete(table).where(table.c[key] == row[key]))
    db.execute(insert(table).values(row))


def _list(items: Sequence[str]) -> str:
    return msgspec.json.encode(sorted(items)).decode()
