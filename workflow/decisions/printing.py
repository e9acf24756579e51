"""What comes of asking for a paper: the text as it stands gets its code, once.

Pure.
"""

from collections.abc import Callable, Sequence

from eventstore.event import Personal
from workflow import commands as c
from workflow import events as e
from workflow.application import Application
from workflow.facts import Facts
from workflow.lifecycle import enter
from workflow.printing import kinds
from workflow.printing.issuing import issue_of


def issue(application: Application, command: c.IssuePaper, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """The same text is issued once, however often it is printed."""
    stage = enter(command.trigger, application, command, facts)
    delegation = _another(application, command)
    letter = _number_after(application, command) if delegation else None
    made = issue_of(application, facts.call, command.kind, letter)
    if made.issued:
        return []
    return [
        e.PaperIssued(
            stage=stage,
            kind=made.kind,
            digest=made.digest,
            code=made.code,
            version=made.version,
            delegation=delegation,
        )
    ]


def _another(application: Application, command: c.IssuePaper) -> e.Delegation | None:
    """What a letter is to be written with, unless the one written last says just that."""
    wanted = command.delegation
    if wanted is None:
        return None
    agent = wanted.agent.strip()
    written = application.delegations.get(kinds.parted(command.kind)[1])
    if written is not None:
        said = written.delegation
        if (said.agent.value, said.valid_from, said.valid_to) == (agent, wanted.valid_from, wanted.valid_to):
            return None
    return e.Delegation(agent=Personal(agent), valid_from=wanted.valid_from, valid_to=wanted.valid_to)


def _number_after(application: Application, command: c.IssuePaper) -> int:
    written = application.delegations.get(kinds.parted(command.kind)[1])
    return written.number + 1 if written else 1


DECISIONS: dict[type[c.Command], Callable[..., Sequence[e.ApplicationEvent]]] = {c.IssuePaper: issue}
