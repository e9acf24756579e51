"""Tokens issued and revoked as facts of their person's stream; the secret goes to whoever asked, and nowhere else.

What a token is for stands beside the log: people write names into it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from directory import scopes, tokens
from directory.actor import Actor
from directory.events import TokenIssued, TokenRevoked, person_stream
from directory.person import PERSON, PersonState, standing
from directory.tokens import Token, Wish
from eventstore.clock import Clock
from eventstore.dispatch import Context, Dispatcher, Loaded
from eventstore.event import Event
from eventstore.refusal import Refusal, Refused


class TokenDesk:
    """What page, API and command line do with tokens. They run on the *wall*'s time, as sessions do."""

    def __init__(self, dispatcher: Dispatcher, wall: Clock) -> None:
        self._dispatcher, self._wall = dispatcher, wall

    def now(self) -> datetime:
        with self._dispatcher.store.reading() as db:
            return self._wall.now(db)

    def of(self, person: str) -> list[Token]:
        """The person's tokens, newest first, revoked ones included."""
        with self._dispatcher.store.reading() as db:
            return tokens.tokens_of(db, person)

    def issue(self, context: Context, actor: Actor, wish: Wish) -> tuple[str, Token]:
        """The secret to show once, and the token. Raises SCOPE_NOT_THEIRS, TOKEN_LIMIT, PERSON_UNKNOWN; TOKEN_SHOWN_ONCE when
        the same was asked before."""
        made: list[tuple[str, Token]] = []

        def decide(db: Connection, loaded: Loaded[PersonState], _now: datetime) -> Sequence[Event]:
            now = self._wall.now(db)
            standing(loaded.state, actor.id)
            tokens.checked(actor, wish, db, now)
            until = now + timedelta(days=wish.days)
            made[:] = [tokens.issue(db, actor.id, wish.label, now, until, may=wish.scopes)]
            handle, given = made[0][1].handle, scopes.written(wish.scopes)
            return [TokenIssued(person=actor.id, handle=handle, scopes=tuple(given.split()), until=until)]

        if self._dispatcher.dispatch(person_stream(actor.id), PERSON, decide, context).replayed:
            raise Refused(Refusal.of("TOKEN_SHOWN_ONCE"))
        return made[0]

    def revoke(self, context: Context, person: str, handle: str) -> bool:
        """It opens nothing from the next request on. False where the person has no token of this name; one that was revoked
        already stays so."""
        if handle not in {token.handle for token in self.of(person)}:
            return False

        def decide(db: Connection, _loaded: Loaded[PersonState], _now: datetime) -> Sequence[Event]:
            revoked = tokens.revoke(db, person, handle, self._wall.now(db))
            return [TokenRevoked(person=person, handle=handle)] if revoked else []

        self._dispatcher.dispatch(person_stream(person), PERSON, decide, context)
        return True
