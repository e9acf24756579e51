"""One application's history as an auditor reads it: every event, what it changed, and the dossier as it stood at any of them.

The same fold, the same `present`, the definition of the digest the application was opened under: what people saw then.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from admin.differences import Change, differences
from admin.notes import Noting
from directory.actor import Actor
from eventstore.chain import first_break
from eventstore.event import Fact
from programmes.call import Call
from workflow import events as e
from workflow.application import Application, each_state
from workflow.dossier import Dossier, View, present, view_of
from workflow.handling import Handling

_ONLY_DRAFTS = (e.SectionSaved, e.FileAttached, e.FileRemoved, e.CommitmentRecorded)
Masked = Callable[[Fact], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An application's whole history in front of one auditor. Versions count from 1; `states[n]` stood after event n."""

    application: Application
    call: Call
    view: View
    facts: Sequence[Fact]
    states: Sequence[Application]
    unmasked: tuple[str, datetime] | None
    _shown: dict[int, Dossier | None] = field(default_factory=dict[int, Dossier | None])

    @property
    def version(self) -> int:
        return len(self.facts)

    def dossier(self, version: int) -> Dossier | None:
        """The dossier after event *version*; None where it was still the unit's own draft."""
        if version not in self._shown:
            self._shown[version] = self._present(version)
        return self._shown[version]

    def _present(self, version: int) -> Dossier | None:
        state = self.states[version]
        if state.stage is None or (state.sealed is None and not self.view.working):
            return None
        return present(state, self.call, self.view, self.facts[version - 1].recorded.instant)

    def changes(self, version: int) -> list[Change]:
        """What event *version* changed of what the reader sees."""
        if isinstance(self.facts[version - 1].event, _ONLY_DRAFTS) and not self.view.working:
            return []  # a sealed text does not move until the next seal
        return differences(self.dossier(version - 1), self.dossier(version))

    def between(self, earlier: int, later: int) -> list[Change]:
        return differences(self.dossier(earlier), self.dossier(later))

    def version_at(self, instant: datetime) -> int:
        """How many events had been recorded at *instant*; 0 before the first."""
        return bisect_right([fact.recorded.instant for fact in self.facts], instant)

    @property
    def sealed_until(self) -> int:
        """The version of the newest seal: what was written after it is the unit's own yet."""
        seals = (fact.recorded.version for fact in self.facts if isinstance(fact.event, e.UnitSealed | e.Resubmitted))
        return max(seals, default=0)

    def withheld(self, fact: Fact) -> str:
        """Why the very bytes of an event are not given out: "objector", "draft", or "" where they are."""
        if isinstance(fact.event, e.ObjectionReceived) and not self.view.objector:
            return "objector"
        drafting = isinstance(fact.event, _ONLY_DRAFTS) and fact.recorded.version > self.sealed_until
        return "draft" if drafting and not self.view.working else ""

    @property
    def sound(self) -> bool:
        """Whether the stream's own chain holds; the whole log is `vermilion verify`'s to read."""
        return first_break(fact.recorded for fact in self.facts) is None


class History:
    """Answers about one application; what is not the auditor's to see is not found."""

    def __init__(self, handling: Handling, noting: Noting) -> None:
        self.handling, self.noting = handling, noting

    def of(self, application_id: UUID | str, actor: Actor) -> Told:
        """NotFound where there is none, or none for *actor*."""
        application, facts = self.handling.history(application_id, actor)
        unmasked = self.noting.unmasked(application.id, actor)
        view = view_of(actor, application)
        return Told(
            application=application,
            call=self.handling.call_of(application),
            view=replace(view, personal=True) if unmasked else view,
            facts=facts,
            states=list(each_state(facts)),
            unmasked=unmasked,
        )


__all__ = ["History", "Told"]
