"""What the operations work with, and how one command is carried out and answered."""

from collections.abc import Mapping
from typing import Any

from directory.actor import Actor
from eventstore.dispatch import Context, Outcome
from programmes.catalogue import Catalogue
from web import tracing
from web.operations import Answer, Asked
from workflow import commands as c
from workflow.api.models import Done
from workflow.files import Files
from workflow.handling import Handling, actor_name
from workflow.printing.room import PrintingRoom
from workflow.telling import Told, nobody_told


class Desk:
    """Everything handed in."""

    def __init__(
        self,
        handling: Handling,
        catalogue: Catalogue,
        files: Files,
        printing: PrintingRoom,
        told: Told = nobody_told,
    ) -> None:
        self.handling = handling
        self.catalogue = catalogue
        self.files = files
        self.printing = printing
        self.told = told

    def do(self, command: c.Command, asked: Asked) -> Outcome:
        context = Context(
            actor=actor_name(asked.actor),
            correlation_id=tracing.correlation(self.handling.ids.uuid7),
            command_id=asked.command_id,
            fingerprint=asked.fingerprint,
            if_match=asked.if_match,
            metadata={"batch": asked.batch} if asked.batch else {},
        )
        return self.handling.handle(command, asked.actor, context)

    def done(self, outcome: Outcome, status: int = 200) -> Answer:
        done = Done.model_validate(outcome.result)
        location = f"/api/v1/applications/{done.id}" if status == 201 else ""
        return Answer(body=done, version=outcome.version, replayed=outcome.replayed, status=status, location=location)

    def admit(self, actor: Actor, path: Mapping[str, Any]) -> None:
        """Before a command's body is read."""
        self.handling.admit(path["application_id"], actor, to_act=True)

    def admit_bytes(self, actor: Actor, path: Mapping[str, Any]) -> None:
        """The same, and that there is room for a file."""
        self.admit(actor, path)
        self.files.need_room()

    def admit_a_scan(self, actor: Actor, path: Mapping[str, Any]) -> None:
        """A scan belongs to nothing yet; there must be room for it."""
        self.files.need_room()

    def admit_the_public(self, actor: Actor, path: Mapping[str, Any]) -> None:
        """An objection may come from anybody, once there was a public notice."""
        self.handling.admit(path["application_id"], actor, to_act=True, objecting=True)
