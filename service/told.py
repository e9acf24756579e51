"""Who will hear of a step before it is taken: the announcements' own table, read ahead and put into words for pages and API.

Here because letters are a room above the applications: the roof hands the answer down.
"""

from collections.abc import Sequence
from datetime import datetime

from directory.records import Directory
from eventstore.clock import Clock
from eventstore.store import EventStore
from notifications import words
from notifications.announcements import Announcement, preview
from notifications.contents import Named
from notifications.listener import terms_of
from programmes.call import Call
from workflow.application import Application
from workflow.events import RouteStep


class Told:
    """Answers for one trigger as an application stands: an audience a line, in both languages."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def __call__(self, trigger: str, application: Application, call: Call) -> list[dict[str, str]]:
        with self._store.reading() as db:
            directory = Directory(db)
            found = _ahead(trigger, application, call, self._clock.now(db), directory)
            return words.told(found, names_of(directory))


def _ahead(
    trigger: str, application: Application, call: Call, now: datetime, directory: Directory
) -> Sequence[Announcement]:
    """The route of a draft is the one it would be sealed with."""
    route: Sequence[RouteStep] = application.route
    if not route:
        unit = directory.unit(application.lead_unit)
        found = call.route(application.region, unit.tags if unit else ())
        route = tuple(RouteStep(body=step.body, level=step.level) for step in found.steps)
    return preview(trigger, application, terms_of(call), now, route)


def names_of(directory: Directory) -> Named:
    """The name of a body by its code; the code itself for one that is not registered."""

    def named(code: str) -> tuple[str, str]:
        bureau = directory.bureau(code)
        return (bureau.name_zh, bureau.name_en) if bureau else (code, code)

    return named
