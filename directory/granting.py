"""Roles given by two persons: proposed, then confirmed by another, refused, or withdrawn. Gathers facts, asks person.py, dispatches.

Whether the actor may ask at all is the policy's business, checked where the operation is declared.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from directory import person as rules
from directory.actor import Actor, Grant
from directory.events import person_stream
from directory.offices import alone
from directory.person import PERSON, PersonState
from directory.records import Directory
from directory.register import ending_sessions, scope_known
from eventstore.dispatch import Context, Dispatcher, Loaded, Outcome
from eventstore.event import Event


class Granting:
    """What page, API and invitations do with roles."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def ask(self, context: Context, by: Actor, person: str, grant: Grant, reason: str = "") -> Outcome:
        """Give the role where one person is enough, else propose it. Raises GRANT_FORBIDDEN, SAME_PERSON, PROPOSAL_OPEN,
        ROLE_NOT_FOR_PERSONS, SCOPE_UNKNOWN, ROLES_EXCLUSIVE, PERSON_UNKNOWN."""

        def decide(db: Connection, loaded: Loaded[PersonState], now: datetime) -> Sequence[Event]:
            known = scope_known(db, grant)
            if alone(by, grant):
                return ending_sessions(db, person, rules.give(loaded.state, person, grant, by, known, reason))
            return rules.propose(loaded.state, person, grant, by, reason, now, scope_known=known)

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)

    def confirm(self, context: Context, by: Actor, person: str, grant: Grant, reason: str = "") -> Outcome:
        """The second hand. Raises PROPOSAL_UNKNOWN, PROPOSAL_EXPIRED, PROPOSER_GONE, SAME_PERSON, GRANT_FORBIDDEN, ROLES_EXCLUSIVE."""

        def decide(db: Connection, loaded: Loaded[PersonState], now: datetime) -> Sequence[Event]:
            proposal = loaded.state.proposal(grant)
            proposer = Directory(db).actor(proposal.by) if proposal else None
            given = rules.confirm(loaded.state, person, grant, by, now, proposer, reason)
            return ending_sessions(db, person, given)

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)

    def close(self, context: Context, by: Actor, person: str, grant: Grant, reason: str = "") -> Outcome:
        """Withdraw one's own proposal, or refuse somebody else's. Raises PROPOSAL_UNKNOWN, GRANT_FORBIDDEN."""

        def decide(_db: Connection, loaded: Loaded[PersonState], _now: datetime) -> Sequence[Event]:
            return rules.close_proposal(loaded.state, person, grant, by, reason)

        return self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)
