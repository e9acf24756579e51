"""Every decision about an application: what is, what is asked, what is known -> what has happened, or Refused.

Pure: no clock, no reading, no chance. `decide` is total over the commands; the type checker lists a missing one.
"""

from collections.abc import Sequence

from eventstore.refusal import Refused
from workflow import commands as c
from workflow.application import Application
from workflow.decisions import (
    consorting,
    correcting,
    costs,
    drafting,
    funding,
    noticing,
    paying,
    printing,
    recommending,
    reviewing,
)
from workflow.events import ApplicationEvent
from workflow.facts import Facts
from workflow.labels import labelled


def decide(application: Application, command: c.Command, facts: Facts) -> Sequence[ApplicationEvent]:
    """The events that *command* makes; none when there is nothing to do. Refused with every reason otherwise."""
    try:
        return DECISIONS[type(command)](application, command, facts)
    except Refused as refused:
        raise Refused(labelled(refused.refusals, facts.call, application.direction)) from None


DECISIONS = {
    **drafting.DECISIONS,
    **consorting.DECISIONS,
    **printing.DECISIONS,
    **recommending.DECISIONS,
    **reviewing.DECISIONS,
    **costs.DECISIONS,
    **noticing.DECISIONS,
    **funding.DECISIONS,
    **paying.DECISIONS,
    **correcting.DECISIONS,
}
"""One function for each class of command; tests hold that none is missing."""
