"""Texts of letters edited: published, restored, given back to the house. Each edit is an event with who, when and why.

Whether the actor may is the policy's business; what is wrong with a text is proofreading's.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection

from eventstore.dispatch import Context, Dispatcher, Loaded, Outcome
from eventstore.event import Event
from notifications import manuscript, words
from notifications.manuscript import MANUSCRIPT, Manuscript, Written
from notifications.text_events import stream_of
from web.format import Language
from web.problems import NotFound

_Decided: TypeAlias = Callable[[Manuscript], Sequence[Event]]


class Editing:
    """Commands on the texts of letters. Each answers its outcome, or raises NotFound, Refused, Malformed."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher

    def publish(self, context: Context, kind: str, language: Language, written: Written, why: str) -> Outcome:
        return self._edit(context, kind, lambda stands: manuscript.publish(stands, kind, language, written, why))

    def restore(self, context: Context, kind: str, language: Language, version: int, why: str) -> Outcome:
        return self._edit(context, kind, lambda stands: manuscript.restore(stands, kind, language, version, why))

    def withdraw(self, context: Context, kind: str, language: Language, why: str) -> Outcome:
        return self._edit(context, kind, lambda stands: manuscript.withdraw(stands, kind, language, why))

    def _edit(self, context: Context, kind: str, decided: _Decided) -> Outcome:
        known(kind)

        def decide(_db: Connection, loaded: Loaded[Manuscript], _now: datetime) -> Sequence[Event]:
            return decided(loaded.state)

        return self.dispatcher.dispatch(stream_of(kind), MANUSCRIPT, decide, context, {"kind": kind})


def known(kind: str) -> str:
    """*kind*, where the house writes such letters. Raises NotFound."""
    if kind not in words.kinds():
        raise NotFound
    return kind
