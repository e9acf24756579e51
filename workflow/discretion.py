"""Whose act an event was, told to those who may know: one rule for the history, for refusals and for lost races.

Who judged and who objected stands in the envelope too; the name of the loser's rival is no way around the blindness.
"""

from eventstore.event import RecordedEvent
from workflow.dossier import View

_OF_EXPERTS = frozenset({"application.expert_declared", "application.scored"})
_OF_OBJECTORS = frozenset({"application.objection_received"})


def is_own(recorded: RecordedEvent, view: View) -> bool:
    return recorded.actor == f"person:{view.me}"


def actor_for(recorded: RecordedEvent, view: View) -> str:
    """The actor as the envelope has it; "" where it is not for this reader."""
    if view.blind:
        known = is_own(recorded, view)
    elif recorded.type in _OF_EXPERTS:
        known = view.panel or is_own(recorded, view)
    else:
        known = recorded.type not in _OF_OBJECTORS  # asked for by itself, with a reason: objectors.py
    return recorded.actor if known else ""
