"""What a guard is: a sentence about an application, a wish and the facts that answers None or why not.

Guards are asked with a command when somebody acts, and without one when a page shows what could be done: a guard that looks
at what a person typed then has nothing to say.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from eventstore.refusal import Refusal
from programmes.calendar import passed
from workflow.application import Application
from workflow.commands import Command
from workflow.facts import Facts

Guard: TypeAlias = Callable[[Application, Command | None, Facts], Refusal | Sequence[Refusal] | None]
Selector: TypeAlias = Callable[[Application, Command | None, Facts], bool]


def deadline_of(application: Application, facts: Facts, name: str) -> datetime | None:
    """The instant of the deadline *name* for this application: its own extension, or the call's."""
    return application.extensions.get(name) or getattr(facts.call.deadlines, name, None)


def before(application: Application, facts: Facts, name: str) -> Refusal | None:
    """None until the deadline *name* has passed."""
    deadline = deadline_of(application, facts, name)
    if deadline is None or not passed(facts.now, deadline):
        return None
    return Refusal.of("DEADLINE_PASSED", deadline=name, until=deadline.isoformat(), now=facts.now.isoformat())


def reason_is_given(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A refusal, a withdrawal, an extension says why; nobody is turned away in silence."""
    reason = getattr(command, "reason", None)
    if command is None or (reason or "").strip() or getattr(command, "granted", False):
        return None
    return Refusal.of("REASON_REQUIRED", trigger=command.trigger)
