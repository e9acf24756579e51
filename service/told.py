"""Who will hear of a step before it is taken: the announcements' own table, read ahead and put into words for pages and API.

Here because letters are a room above the applications: the roof hands the answer down.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from directory.records import Directory
from eventstore.clock import Clock
from eventstore.store import EventStore
from notifications import words
from notifications.announcements import Announcement, preview
from notifications.audiences import Kind
from notifications.listener import terms_of
from programmes.call import Call
from programmes.catalogue import Catalogue
from workflow.application import Application
from workflow.events import RouteStep


class Told:
    """Answers for one trigger as an application stands: an audience a line, in both languages."""

    def __init__(self, store: EventStore, clock: Clock, calls: Catalogue) -> None:
        self._store, self._clock, self._calls = store, clock, calls

    def for_pages(self, trigger: str, application: Application) -> Sequence[dict[str, str]]:
        call = self._calls.get(application.call, application.definition_digest)
        return [{"zh": line["zh"], "en": line["en"]} for line in self.for_api(trigger, application, call)]

    def for_api(self, trigger: str, application: Application, call: Call) -> Sequence[dict[str, str]]:
        return list(self._lines(trigger, application, call))

    def _lines(self, trigger: str, application: Application, call: Call) -> Iterator[dict[str, str]]:
        with self._store.reading() as db:
            now = self._clock.now(db)
            directory = Directory(db)
            for announcement in _ahead(trigger, application, call, now, directory):
                yield _line(announcement, directory)


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


def _line(announcement: Announcement, directory: Directory) -> dict[str, str]:
    audience = announcement.audience
    bureau = directory.bureau(audience.id) if audience.kind is Kind.BODY else None
    zh, en = (bureau.name_zh, bureau.name_en) if bureau else ("", "")
    said = {"audience": str(audience), "kind": announcement.kind, "because": announcement.because.value}
    spoken = {"zh": words.audience(audience.kind, "zh", zh), "en": words.audience(audience.kind, "en", en)}
    until = {"deadline": announcement.deadline.isoformat()} if announcement.deadline else {}
    return {**said, **spoken, **until}
