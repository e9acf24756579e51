"""What an applicant waits for: a section of sixty fields saved, and everything that a complete application is asked.

Saving goes the whole way: typed text read, cross-checked, decided, dispatched with every projection. Beside it the store
appends the very same payload to a stream of its own, which is a transaction and a commit too.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from bench import places
from bench.figures import Figure, at_most, limit, time_of
from bench.house import CODEC, PERSONAL, open_one
from bench.progress import Progress
from bench.rounds import Side, interleaved, repeated, timed
from bench.scale import Scale
from directory.projection import DirectoryProjection
from directory.records import Directory
from eventstore.clock import SettableClock
from eventstore.dispatch import Context, Dispatcher
from eventstore.event import NewEvent
from eventstore.ids import RandomIds, uuid7
from eventstore.projection import install
from eventstore.store import EventStore
from programmes.call import Call
from programmes.catalogue import Catalogue, call_of, canonical
from programmes.fields import FieldType
from tests.filled import answers_by_section, filled
from tests.scenario import ADMIN, EDITOR, ID, OPENED, at, facts
from workflow import commands as c
from workflow import lifecycle
from workflow.handling import Handling
from workflow.projections import kept

_FIELDS = 60
_SECTION = "whole"
_WANTED_SAVE, _WANTED_CHECK_MS = 2.0, 5.0


def figures(scale: Scale, progress: Progress) -> Iterator[Figure]:
    yield from _saving(scale, progress)
    application, command = filled().application, c.Seal(application_id=ID)
    known = facts(ADMIN, "2025-11-20 10:00")
    assert lifecycle.enter(command.trigger, application, command, known)
    sides = {"check": repeated(scale.repeats, lambda: lifecycle.enter(command.trigger, application, command, known))}
    found = interleaved(scale.rounds, sides, progress)
    yield limit("every rule asked of a complete application", found.of("check") * 1000, _WANTED_CHECK_MS, " ms", 2)


def _saving(scale: Scale, progress: Progress) -> Iterator[Figure]:
    call, typed = _in_one_section()
    times = max(scale.repeats // 8, 8)
    with places.folder() as place, places.opened(places.sqlite_url(place)) as engine:
        house = _House(EventStore(engine), call, typed)
        found = interleaved(scale.rounds, {"save": house.saving(times), "append": house.appending(times)}, progress)
    what = f"a section of {len(typed)} fields typed, checked and saved ({len(house.payload.encode())} bytes)"
    floor = f"the store's append {time_of(found.of('append'))}"
    yield at_most(what, time_of(found.of("save")), floor, found.ratio("save", "append"), _WANTED_SAVE)


class _House:
    """Applications under *call*, a dispatcher with every projection, and the store beside it."""

    def __init__(self, store: EventStore, call: Call, typed: Mapping[str, Any]) -> None:
        catalogue, clock = Catalogue([call]), SettableClock()
        projections = [DirectoryProjection(), *kept(catalogue)]
        with store.begin() as db:
            install(db, projections)
            clock.set(db, at("2025-11-06 09:00"))
        self.store, self.call, self.typed = store, call, typed
        self.dispatcher = Dispatcher(store, CODEC, PERSONAL, projections, clock, RandomIds())
        self.handling = Handling(self.dispatcher, catalogue, Directory, clock, RandomIds(), bytes)
        self.opened = 0
        self._save(self._fresh())
        self.payload = store.read_all(store.head_position() - 1)[0].payload

    def _fresh(self) -> UUID:
        """An application whose people have their keys already, as all have after the first save."""
        self.opened += 1
        application = open_one(self.dispatcher, self.opened, self.call)
        self._save(application, {"contact_name": "林一"})
        return application

    def _save(self, application: UUID, typed: Mapping[str, Any] | None = None) -> None:
        wish = c.SaveSection(application_id=application, section=_SECTION, answers=typed or self.typed)
        context = Context(actor="person:editor", correlation_id=uuid7(), command_id=uuid7().hex)
        self.handling.handle(wish, EDITOR, context)

    def saving(self, times: int) -> Side:
        def side(_round: int) -> float:
            applications = [self._fresh() for _ in range(times)]
            return timed(lambda: [self._save(one) for one in applications]) / times

        return side

    def appending(self, times: int) -> Side:
        """The same bytes as one more event of a stream that has one."""
        new = NewEvent(type="application.section_saved", payload=self.payload, actor="person:editor")

        def side(_round: int) -> float:
            streams = [f"other-{uuid7()}" for _ in range(times)]
            for stream in streams:
                self.store.append(stream, 0, [replace(new, event_id=uuid7())])
            return (
                timed(lambda: [self.store.append(one, 1, [replace(new, event_id=uuid7())]) for one in streams]) / times
            )

        return side


def _in_one_section() -> tuple[Call, dict[str, Any]]:
    """The 2025 call with sixty of its questions gathered in one section, and what is typed there."""
    document: dict[str, Any] = json.loads(Catalogue.packaged().get("hn-2025").document)
    programme = next(one for one in document["programmes"] if one["id"] == OPENED.programme)
    typed = {name: value for answers in answers_by_section().values() for name, value in answers.items()}
    fields = [field for section in programme["form"] for field in section["fields"]]
    moved = [field for field in fields if field["id"] in typed and field["type"] != FieldType.TABLE]
    while len(moved) < _FIELDS:  # the form has fewer; some are asked twice
        again = moved[len(moved) % len(fields)]
        moved.append({**again, "id": f"{again['id']}_{len(moved)}"})
        typed[moved[-1]["id"]] = typed[again["id"]]
    moved = moved[:_FIELDS]
    names = {field["id"] for field in moved}
    left = [
        {**section, "fields": [one for one in section["fields"] if one["id"] not in names]}
        for section in programme["form"]
    ]
    whole = {"id": _SECTION, "heading": {"zh": "全部", "en": "Everything"}, "fields": moved}
    programme["form"] = [whole, *(section for section in left if section["fields"])]
    return call_of(canonical(document)), {name: typed[name] for name in names}
