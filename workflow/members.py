"""Who was asked to join which application, and who did: what a member's people may see, and which link leads where.

No personal data, and of a link's secret nothing: the hash lies in the log, the value apart.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, insert, select, update

from consortium import events as e
from consortium.state import Standing
from eventstore.event import Fact, microseconds
from eventstore.projection import TableProjection, of_revision
from workflow import schema
from workflow.events import STREAM
from workflow.stages import Stage

_ENDED: dict[type, Standing] = {
    e.InvitationAccepted: Standing.ACCEPTED,
    e.InvitationDeclined: Standing.DECLINED,
    e.InvitationExpired: Standing.EXPIRED,
    e.InvitationWithdrawn: Standing.UNINVITED,
}
_GONE: dict[type, Standing] = {
    e.MemberLeft: Standing.LEFT,
    e.MemberRemoved: Standing.REMOVED,
    e.MemberReplaced: Standing.REPLACED,
}


class Memberships(TableProjection):
    """Every invitation and how it stands, and where each link to confirm a text belongs."""

    name = "memberships"
    revision = 1
    personal = False
    wanted = frozenset({e.MemberInvited, *_ENDED, *_GONE, e.ConfirmationAsked})
    declared = (schema.memberships, schema.confirmations)

    def apply(self, db: Connection, facts: Sequence[Fact]) -> None:
        for fact in facts:
            self._one(db, fact.recorded.stream.removeprefix(STREAM), fact.event)

    def _one(self, db: Connection, application: str, event: object) -> None:
        table = self.table(schema.memberships)
        match event:
            case e.MemberInvited(invitation=invitation, unit=unit, expires_at=until):
                row: dict[str, Any] = {"invitation": invitation, "application": application, "unit": unit}
                row |= {"standing": Standing.INVITED.value, "expires_at": microseconds(until)}
                db.execute(insert(table).values(row))
            case (
                e.InvitationAccepted(invitation=invitation)
                | e.InvitationDeclined(invitation=invitation)
                | e.InvitationExpired(invitation=invitation)
                | e.InvitationWithdrawn(invitation=invitation)
            ):
                self._stands(db, invitation, _ENDED[type(event)])
            case e.MemberLeft(unit=unit) | e.MemberRemoved(unit=unit):
                self._gone(db, application, unit, _GONE[type(event)])
            case e.MemberReplaced(unit=unit, invitation=invitation):
                self._gone(db, application, unit, Standing.REPLACED)
                self._stands(db, invitation, Standing.ACCEPTED)
            case e.ConfirmationAsked(confirmation=confirmation):
                links = self.table(schema.confirmations)
                db.execute(insert(links).values(confirmation=confirmation, application=application))
            case _:
                pass

    def _stands(self, db: Connection, invitation: str, standing: Standing) -> None:
        table = self.table(schema.memberships)
        db.execute(update(table).where(table.c.invitation == invitation).values(standing=standing.value))

    def _gone(self, db: Connection, application: str, unit: str, standing: Standing) -> None:
        table = self.table(schema.memberships)
        joined = and_(table.c.unit == unit, table.c.standing == Standing.ACCEPTED.value)
        gone = update(table).where(table.c.application == application, joined)
        db.execute(gone.values(standing=standing.value))


def memberships() -> Table:
    """The memberships as the live revision is called."""
    return of_revision(schema.memberships, Memberships.revision)


def joined_by(units: Collection[str]) -> Select[tuple[str]]:
    """The applications that one of *units* joined."""
    table = memberships()
    of_them = table.c.unit.in_(sorted(units))
    return select(table.c.application).where(of_them, table.c.standing == Standing.ACCEPTED.value)


def application_of(db: Connection, link: str) -> str | None:
    """Which application a one-time link belongs to: an invitation, or a page to confirm on."""
    table, links = memberships(), of_revision(schema.confirmations, Memberships.revision)
    invited = select(table.c.application).where(table.c.invitation == link)
    asked = select(links.c.application).where(links.c.confirmation == link)
    return db.execute(invited.union_all(asked).limit(1)).scalar()


def overdue(db: Connection, applications: Table, now: int, limit: int = 200) -> list[tuple[str, str]]:
    """Application and id of invitations that nobody answered in time (microseconds), while their application is open."""
    table = memberships()
    open_still = applications.c.stage.in_([Stage.DRAFT.value, Stage.RETURNED.value])
    late = and_(table.c.standing == Standing.INVITED.value, table.c.expires_at < now)
    both = table.join(applications, applications.c.id == table.c.application)
    query = select(table.c.application, table.c.invitation).select_from(both).where(late, open_still)
    rows = db.execute(query.order_by(table.c.expires_at).limit(limit))
    return [(application, invitation) for application, invitation in rows]
