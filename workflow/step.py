"""What a row of the lifecycle's table is: from where, by which trigger, to where, under which guards, with what paper, who is told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from directory.actor import Role
from directory.policy import POLICY
from workflow.guards import Guard, Selector
from workflow.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row: *when* chooses between rows of one trigger and source, *guards* say why not, *told* names audiences."""

    trigger: str
    source: Stage | None
    dest: Stage
    guards: tuple[Guard, ...] = ()
    when: Selector | None = None
    document: str = ""
    told: tuple[str, ...] = ()

    @property
    def roles(self) -> frozenset[Role]:
        """Who may: the policy's word, not a second list."""
        return POLICY[f"application.{self.trigger}"]


def steps(trigger: str, sources: Sequence[Stage], dest: Stage | None = None, **row: Any) -> Iterator[Step]:
    """One row for each source; without *dest* the stage stays."""
    for source in sources:
        yield Step(trigger=trigger, source=source, dest=dest or source, **row)
