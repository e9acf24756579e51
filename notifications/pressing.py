"""The lead presses a unit of its consortium: the one wish of pages and API that plans a letter without an event."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from directory.actor import UNIT_ROLES, Actor
from eventstore.refusal import Refusal, Refused
from notifications.ringing import Ringing
from workflow.handling import Handling, actor_name


class Pressing:
    """Handed to whoever has a button for it. Calling it sends nothing: the letters are rows, and leave like all others."""

    def __init__(self, handling: Handling, ringing: Ringing) -> None:
        self._handling, self._ringing = handling, ringing

    def admit(self, actor: Actor, path: Mapping[str, Any]) -> None:
        """Before the body is read: NotFound where the application is not theirs to see."""
        self._handling.admit(path["application_id"], actor, to_act=True)

    def __call__(self, application_id: UUID, unit: str, actor: Actor) -> int:
        """How many letters were planned. NotFound, or Refused: ROLE_FORBIDDEN, NOTHING_AWAITED, REMINDED_TODAY."""
        application = self._handling.load(application_id, actor).state
        if application.lead_unit not in actor.scopes(*UNIT_ROLES):
            raise Refused(Refusal.of("ROLE_FORBIDDEN", action="letter.remind", allowed=["unit.admin", "unit.editor"]))
        return self._ringing.remind(application.id, unit, actor_name(actor))
