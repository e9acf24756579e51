"""Who will hear of a step before it is taken: the announcements' own table, read ahead and put into words for pages and API.

Here because letters are a room above the applications: the roof hands the answer down.
"""

from collections.abc import Collection, Mapping, Sequence

from directory.records import Directory
from eventstore.clock import Clock
from eventstore.store import EventStore
from notifications import words
from notifications.announcements import preview
from notifications.listener import names_of, terms_of
from programmes.call import Call
from workflow.application import Application
from workflow.events import RouteStep


class Told:
    """Answers for triggers as an application stands: an audience a line, in both languages. The register is asked once."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def __call__(
        self, triggers: Collection[str], application: Application, call: Call
    ) -> Mapping[str, Sequence[Mapping[str, str]]]:
        with self._store.reading() as db:
            directory, now = Directory(db), self._clock.now(db)
            route, terms, named = _route_ahead(application, call, directory), terms_of(call), names_of(directory)
            return {
                trigger: words.told(preview(trigger, application, terms, now, route), named) for trigger in triggers
            }


def _route_ahead(application: Application, call: Call, directory: Directory) -> Sequence[RouteStep]:
    """The route of a draft is the one it would be sealed with."""
    if application.route:
        return application.route
    unit = directory.unit(application.lead_unit)
    found = call.route(application.region, unit.tags if unit else ())
    return tuple(RouteStep(body=step.body, level=step.level) for step in found.steps)
