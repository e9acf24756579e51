"""An application told event by event: how it stands, and what a letter needs that no fold keeps. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from consortium.events import ConfirmationAsked, MemberInvited
from eventstore.event import Fact, RecordedEvent
from workflow.application import EMPTY, Application, evolve
from workflow.events import ApplicationEvent, ObjectionReceived


@dataclass(slots=True)
class Story:
    """An application as far as it was told. *since*: when it entered its stage; *objectors*: how to reach them, by number;
    *secrets*: the commitment of each one-time link's key."""

    application: Application = EMPTY
    version: int = 0
    since: datetime | None = None
    latest: RecordedEvent | None = None
    objectors: dict[int, str] = field(default_factory=dict[int, str])
    secrets: dict[str, str] = field(default_factory=dict[str, str])

    def tell(self, recorded: RecordedEvent, event: ApplicationEvent) -> None:
        """One event further."""
        before = self.application.stage
        self.application, self.version, self.latest = evolve(self.application, event), self.version + 1, recorded
        if self.application.stage is not before:
            self.since = recorded.instant
        match event:
            case ObjectionReceived():
                self.objectors[event.objection] = event.contact.value or ""
            case MemberInvited(invitation=link) | ConfirmationAsked(confirmation=link):
                self.secrets[link] = (event.secret.commitment or "") if event.secret else ""
            case _:
                pass

    def told(self, facts: Iterable[Fact]) -> "Story":
        """So many events further; answers itself."""
        for recorded, event in facts:
            self.tell(recorded, cast("ApplicationEvent", event))
        return self
