"""Accounts of another house that open this one: known by issuer and subject, each of one person.

Whoever links or unlinks one changes how they get in: every session but the one they do it in ends.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from directory import signin
from directory.access import Access
from directory.access_events import CredentialChanged
from directory.records import Directory
from directory.schema import outside_accounts
from directory.signin import Session
from eventstore.dispatch import Context, Loaded
from eventstore.event import Event, microseconds
from eventstore.refusal import Refusal, Refused


def person_of(db: Connection, issuer: str, subject: str) -> str | None:
    """Whose account it is; None for nobody's, and for somebody's who is not there any more."""
    c = outside_accounts.c
    person = db.execute(select(c.person).where(c.issuer == issuer, c.subject == subject)).scalar_one_or_none()
    return person if person is not None and Directory(db).person(person) is not None else None


def link(access: Access, context: Context, session: Session, issuer: str, subject: str) -> None:
    """The account opens the door to whoever holds *session* from now on. Raises OUTSIDE_TAKEN when it is another's; one's own
    is nothing new."""
    person = session.person

    def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
        c = outside_accounts.c
        held = db.execute(select(c.person).where(c.issuer == issuer, c.subject == subject)).scalar_one_or_none()
        if held == person:
            return []
        if held is not None:
            raise Refused(Refusal.of("OUTSIDE_TAKEN"))
        row = {"issuer": issuer, "subject": subject, "person": person, "added_at": microseconds(access.now(db))}
        db.execute(insert(outside_accounts).values(row))
        signin.revoke_others(db, person, session.handle)
        return [CredentialChanged(person=person, kind="outside", change="added")]

    access.decide(person, decide, context)


def unlink(access: Access, context: Context, session: Session, issuer: str) -> None:
    """No account of *issuer* opens the door to whoever holds *session* any more."""
    person = session.person

    def decide(db: Connection, _loaded: Loaded[None], _now: datetime) -> Sequence[Event]:
        mine = (outside_accounts.c.person == person, outside_accounts.c.issuer == issuer)
        if not db.execute(delete(outside_accounts).where(*mine)).rowcount:
            return []
        signin.revoke_others(db, person, session.handle)
        return [CredentialChanged(person=person, kind="outside", change="removed")]

    access.decide(person, decide, context)
