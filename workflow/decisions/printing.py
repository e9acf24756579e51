"""What comes of asking for a paper: the text as it stands gets its code, once.

Pure.
"""

from collections.abc import Callable, Sequence

from workflow import commands as c
from workflow import events as e
from workflow.application import Application
from workflow.facts import Facts
from workflow.lifecycle import enter
from workflow.printing.issuing import issue_of


def issue(application: Application, command: c.IssuePaper, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """The same text is issued once, however often it is printed."""
    stage = enter(command.trigger, application, command, facts)
    made = issue_of(application, facts.call, command.kind)
    if made.issued:
        return []
    return [e.PaperIssued(stage=stage, kind=made.kind, digest=made.digest, code=made.code, version=made.version)]


DECISIONS: dict[type[c.Command], Callable[..., Sequence[e.ApplicationEvent]]] = {c.IssuePaper: issue}
