"""Calls made public: a definition becomes a fact when it is published, and what was published is read from the log alone.

The files that come with the program are proposals; an application only ever meets a call that stands in the stream "calls".
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from sqlalchemy import Connection

from eventstore.codec import named
from eventstore.dispatch import Context, Dispatcher, Fold, Loaded, Outcome
from eventstore.event import Event
from eventstore.facts import Reading
from eventstore.refusal import Refusal, Refused
from eventstore.store import EventStore
from programmes.call import Call
from programmes.catalogue import Catalogue, DefinitionFaulty, call_of, faults_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPublished(Event):
    """A revision of a call was issued. *document* is the canonical text that *digest* is the SHA-256 of."""

    call: str
    revision: int
    digest: str
    document: str


TYPES = named("call", (CallPublished,))
STREAM = "calls"

_Issued: TypeAlias = Mapping[str, CallPublished]
_NOTHING: _Issued = MappingProxyType({})
_FOLD: Fold[_Issued] = Fold(_NOTHING, lambda issued, event: {**issued, event.call: event})


def publish(dispatcher: Dispatcher, call: Call, context: Context) -> Outcome:
    """Issue *call*; the same text again is nothing to do. Refuses a draft for approval and a revision that is not higher.

    Raises DefinitionFaulty where the text has a fault: it is asked once more here, whoever made the call from it.
    """
    if faults := faults_of(call.document):
        raise DefinitionFaulty(faults)

    def decide(_db: Connection, loaded: Loaded[_Issued], _now: datetime) -> Sequence[Event]:
        before = loaded.state.get(call.id)
        if before and before.digest == call.digest:
            return []
        if call.status != "issued":  # 送审稿不能征集
            raise Refused(Refusal.of("CALL_NOT_OPEN", source=call.source, call=call.id, status=call.status))
        if before and call.revision <= before.revision:
            raise Refused(Refusal.of("REVISION_NOT_HIGHER", call=call.id, measure=call.revision, limit=before.revision))
        return [CallPublished(call=call.id, revision=call.revision, digest=call.digest, document=call.document)]

    return dispatcher.dispatch(STREAM, _FOLD, decide, context)


class PublishedCalls(Catalogue):
    """The catalogue of what was published: read from the log, and read on before anything current is answered."""

    def __init__(self, store: EventStore, read: Reading) -> None:
        super().__init__(())
        self._store, self._read = store, read
        self._known = Catalogue(())
        self._version = 0
        self._lock = threading.Lock()

    def get(self, call_id: str, digest: str | None = None) -> Call:
        """The current call of this id, or the one frozen under *digest*. KeyError when there is none."""
        if digest is None:
            return self._read_on().get(call_id)
        try:
            return self._known.get(call_id, digest)
        except KeyError:
            return self._read_on().get(call_id, digest)

    def by_digest(self, digest: str) -> Call:
        return self._read_on().by_digest(digest)

    def beginning(self, digest: str) -> tuple[Call, ...]:
        return self._read_on().beginning(digest)

    def calls(self) -> tuple[Call, ...]:
        """The current calls, newest opening first."""
        return self._read_on().calls()

    def _read_on(self) -> Catalogue:
        """Take in what was published since the last look. One small statement when nothing was."""
        with self._lock, self._store.reading() as db:
            recorded = self._store.stream_in(db, STREAM, self._version)
            for fact in self._read(db, recorded):
                if isinstance(fact.event, CallPublished):
                    self._known = self._known.with_call(call_of(fact.event.document))
            self._version += len(recorded)
            return self._known
