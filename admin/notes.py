"""What is noted beside the facts: a command that was refused, a read of what is protected, a mask that was lifted, an export.

Each lies in a stream of its own, of one actor and one day, so that no application changes by being looked at. So many a
day and no more: a flood cannot fill the log. The reason for a refusal is kept by its codes and its plain figures, never
by what somebody typed.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from directory.actor import CLOCK, Actor
from eventstore.codec import named
from eventstore.dispatch import Context, Dispatcher, Fold, Loaded
from eventstore.event import Event
from eventstore.refusal import Busy, ConcurrencyConflict, Refused
from web.format import BEIJING
from workflow.commands import Command
from workflow.handling import Read, actor_name

REFUSED, READS = "refused-", "reads-"
MOST_A_DAY = 300
AGAIN_AFTER = timedelta(hours=1)
UNMASKED_FOR = timedelta(minutes=30)
_REMEMBERED = 4096
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,39}|\d{4}-\d\d-\d\d(T[\d:.+-]+)?")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One reason: its code, and those of its values that are codes, dates or figures."""

    code: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRefused(Event):
    """Somebody asked for *trigger* on *application* and was refused, for all these reasons."""

    application: str
    trigger: str
    reasons: tuple[Why, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedRead(Event):
    """Somebody read what is protected: *what* is file, scan, paper or objector; *item* says which, *reason* why, where it is asked."""

    application: str
    what: str
    item: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasked(Event):
    """An auditor lifted the mask over an application's personal data for half an hour, and said why."""

    application: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported(Event):
    """A view of the log, or the evidence of one application, left the house. *what*: csv, xlsx, jsonl, evidence."""

    what: str
    application: str = ""
    filters: Mapping[str, str]


Note: TypeAlias = CommandRefused | ProtectedRead | Unmasked | Exported
TYPES = named("audit", (CommandRefused, ProtectedRead, Unmasked, Exported))

Notes: TypeAlias = tuple[tuple[Note, datetime | None], ...]


def why(refused: Refused) -> tuple[Why, ...]:
    """The reasons of *refused*, without any free text."""
    return tuple(
        Why(code=refusal.code, params={name: said for name, value in refusal.params.items() if (said := _plain(value))})
        for refusal in refused.refusals
    )


def _plain(value: object) -> str:
    match value:
        case bool() | int():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case str():
            return value if _PLAIN.fullmatch(value) else ""
        case tuple() | list():
            return ",".join(each for each in map(_plain, value) if each)  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]
        case _:
            return ""


class Noting:
    """Writes the notes. A note that cannot be written never fails what it is about; lifting a mask, or asking who objected,
    does need its note."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._recent: OrderedDict[tuple[str, ...], datetime] = OrderedDict()

    def refused(self, command: Command, actor: Actor, refused: Refused, context: Context) -> None:
        """After a refusal; the clock's own are no news."""
        if actor == CLOCK:
            return
        note = CommandRefused(application=str(command.application_id), trigger=command.trigger, reasons=why(refused))
        self._perhaps(REFUSED, actor_name(actor), note, context)

    def read(self, read: Read, actor: Actor, context: Context) -> None:
        """A read of what is protected by somebody whose own it is not; one that gave a reason is always noted, or not granted."""
        note = ProtectedRead(application=read.application, what=read.what, item=read.item, reason=read.reason)
        if read.reason:
            self._write(READS, actor_name(actor), note, context, always=True)
        else:
            self._perhaps(READS, actor_name(actor), note, context)

    def exported(self, what: str, actor: Actor, context: Context, filters: Mapping[str, str], about: str = "") -> None:
        self._write(READS, actor_name(actor), Exported(what=what, application=about, filters=filters), context)

    def unmask(self, application: str, reason: str, actor: Actor, context: Context) -> None:
        """From now on, for half an hour, *actor* sees what is personal in *application*."""
        self._write(READS, actor_name(actor), Unmasked(application=application, reason=reason), context, always=True)

    def unmasked(self, application: str, actor: Actor) -> tuple[str, datetime] | None:
        """The reason that *actor* gave, and until when it holds; None where the mask is on."""
        now = self._now()
        with self._dispatcher.store.reading() as db:
            recorded = self._dispatcher.store.stream_in(db, _stream(READS, actor_name(actor), now))
        for one in reversed(recorded):
            if one.type != _UNMASKED or one.instant + UNMASKED_FOR < now:
                continue
            event = self._dispatcher.codec.decode(one)
            if isinstance(event, Unmasked) and event.application == application:
                return event.reason, one.instant + UNMASKED_FOR
        return None

    def _perhaps(self, prefix: str, who: str, note: Note, context: Context) -> None:
        """Unless the same was noted within the hour."""
        key, now = (prefix, who, str(note)), self._now()
        before = self._recent.get(key)
        if before is not None and before <= now < before + AGAIN_AFTER:
            return
        self._recent[key] = now
        self._recent.move_to_end(key)
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        try:
            self._write(prefix, who, note, context)
        except (Busy, ConcurrencyConflict, SQLAlchemyError) as error:
            _log.warning("note_lost", note=type(note).__name__, error=type(error).__name__)

    def _write(self, prefix: str, who: str, note: Note, context: Context, *, always: bool = False) -> None:
        def decide(db: Connection, loaded: Loaded[int], now: datetime) -> Sequence[Event]:
            return [note] if always or loaded.version < MOST_A_DAY else []

        unkeyed = replace(context, command_id=None, fingerprint=None, if_match=None)
        self._dispatcher.dispatch(_stream(prefix, who, self._now()), _COUNTED, decide, unkeyed)

    def _now(self) -> datetime:
        with self._dispatcher.store.reading() as db:
            return self._dispatcher.clock.now(db)


_UNMASKED = next(name for name, cls in TYPES.items() if cls is Unmasked)
_COUNTED: Fold[int] = Fold(0, lambda count, _: count + 1)


def _stream(prefix: str, who: str, now: datetime) -> str:
    return f"{prefix}{who}-{now.astimezone(BEIJING):%Y-%m-%d}"
