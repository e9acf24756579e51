"""Whose personal data must not be there, written down outside the database: what a restored backup has to forget again.

A restore brings back what was erased. The ledger holds ids, commitments, states and times, nothing personal; it is read off
the log, joined with what it already says, and put beside the checkpoints.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from admin.setting_apart import TYPES as VALUES
from admin.setting_apart import SettingApart, ValuesErased, ValuesRestricted
from directory import register as directory
from directory.actor import Actor
from directory.events import EVENTS, PersonErased, PersonRestricted
from directory.register import Register
from eventstore.clock import Clock
from eventstore.dispatch import Context
from eventstore.facts import Reading
from eventstore.personal import PersonalData
from eventstore.refusal import Refused
from eventstore.store import EventStore

LEDGER = "erasures.jsonl"
RESTRICTED, ERASED = "restricted", "erased"
_PEOPLE = tuple(name for name, cls in EVENTS.items() if cls in (PersonRestricted, PersonErased))
_TYPES = (*_PEOPLE, *VALUES)
_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """One person whose data nobody is given (restricted) or that are gone (erased), or a case of values set apart in an
    *application*: *person* then names the case. *by* and *reason* only from the log."""

    person: str
    state: str
    at: datetime
    by: str = ""
    reason: str = ""
    application: str = ""
    commitments: tuple[str, ...] = ()


class Erasures:
    """Keeps the ledger in step with the log, and does again what a restore undid."""

    def __init__(
        self,
        store: EventStore,
        read: Reading,
        register: Register,
        personal: PersonalData,
        clock: Clock,
        folder: Path | None,
        apart: SettingApart,
    ) -> None:
        self._store, self._read, self._register, self._personal = store, read, register, personal
        self._clock, self._folder, self._seen, self._apart = clock, folder, 0, apart

    def of_the_log(self) -> list[Gone]:
        """The newest state of each person, as the log has it; latest last."""
        found: dict[str, Gone] = {}
        with self._store.reading() as db:
            facts = self._read(db, self._store.all_in(db, 0, _MOST, _TYPES), revealed=False)
        for recorded, event in facts:
            match event:
                case PersonRestricted(person=person, by=by, reason=reason):
                    found.pop(person, None)
                    found[person] = Gone(person=person, state=RESTRICTED, at=recorded.instant, by=by, reason=reason)
                case PersonErased(person=person, reason=reason):
                    found.pop(person, None)
                    found[person] = Gone(person=person, state=ERASED, at=recorded.instant, reason=reason)
                case ValuesRestricted(application=application, by=by, reason=reason, commitments=values):
                    found[recorded.stream] = Gone(
                        person=recorded.stream, state=RESTRICTED, at=recorded.instant, by=by, reason=reason,
                        application=application, commitments=values,
                    )  # fmt: skip
                case ValuesErased(reason=reason):
                    before = found.pop(recorded.stream)
                    found[recorded.stream] = replace(before, state=ERASED, at=recorded.instant, reason=reason)
                case _:
                    pass
        return list(found.values())

    def keep(self) -> None:
        """Write down what is new since the last look; what the ledger knows and the log does not stays."""
        with self._store.reading() as db:
            newest = self._store.all_in(db, self._seen, 1, _TYPES)
        if self._folder is None or not newest:
            return
        head = self._store.head_position()
        entries = {one.person: one for one in [*self.written(), *self.of_the_log()]}
        self._folder.mkdir(parents=True, exist_ok=True)
        waiting = self._folder / f".{LEDGER}"
        waiting.write_text("".join(_line(one) for one in entries.values()), "utf-8")
        waiting.replace(self._folder / LEDGER)
        self._seen = head

    def written(self) -> list[Gone]:
        """What the ledger says."""
        if self._folder is None or not (self._folder / LEDGER).exists():
            return []
        return [_read(line) for line in (self._folder / LEDGER).read_text("utf-8").splitlines()]

    def apply_again(self, by: Actor, context: Context) -> Iterator[Gone]:
        """After a restore: restrict and erase whoever the ledger names and the restored log does not; yields whom.

        Whoever the restored log does not know at all needs nothing: nothing of theirs is there.
        """
        stands = {one.person: one.state for one in self.of_the_log()}
        for one in self.written():
            if stands.get(one.person) in (ERASED, one.state):
                continue
            try:
                if one.application:
                    self._again(one, context)
                elif one.state == ERASED:
                    self._register.erase(context, one.person, "erasures.jsonl")
                else:
                    self._register.restrict(context, by, one.person, "erasures.jsonl")
            except Refused:
                continue
            yield one

    def _again(self, one: Gone, context: Context) -> None:
        erased = one.state == ERASED
        self._apart.again(context, one.person, one.application, one.commitments, "erasures.jsonl", erased=erased)

    def sweep(self) -> None:
        """Empty once more what the log says is erased: values that came back beside their log."""
        erased = [one for one in self.of_the_log() if one.state == ERASED]
        with self._store.begin() as db:
            now = self._clock.now(db)
            for one in erased:
                if one.application:
                    self._apart.empty(db, one.person, one.commitments)
                else:
                    directory.erase(db, self._personal, one.person, now)


def _read(line: str) -> Gone:
    entry: dict[str, Any] = json.loads(line)
    return Gone(
        person=entry["person"], state=entry["state"], at=datetime.fromisoformat(entry["at"]),
        application=entry.get("application", ""), commitments=tuple(entry.get("commitments", ())),
    )  # fmt: skip


def _line(one: Gone) -> str:
    entry: dict[str, Any] = {"person": one.person, "state": one.state, "at": one.at.isoformat()}
    if one.application:
        entry |= {"application": one.application, "commitments": one.commitments}
    return json.dumps(entry) + "\n"
