"""Who may have the bytes of a file, by what a virus scanner has said of them. Never "clean" unless it said so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eventstore.refusal import Refusal, Refused
from eventstore.store import EventStore
from workflow import verdicts
from workflow.verdicts import State, Verdict


@dataclass(frozen=True, slots=True)
class Quarantine:
    """*scanning*: whether there is a scanner to wait for."""

    store: EventStore
    scanning: bool = False

    def said(self, digests: Iterable[str]) -> Mapping[str, Verdict]:
        """The verdict on each of *digests*."""
        asked = tuple(digests)
        if not asked:
            return {}
        with self.store.reading() as db:
            return verdicts.said(db, asked, self.scanning)

    def take_in(self, digest: str) -> str:
        """Let a scan that was kept just now be looked at; answers its digest."""
        with self.store.begin() as db:
            verdicts.expect(db, {digest: verdicts.SCAN})
        return digest

    def let_through(self, digest: str, name: str, *, own: bool) -> None:
        """Refused for what is infected, and for what was not looked at yet unless it is the asker's own unit's."""
        state = self.said((digest,))[digest].state
        if state is State.INFECTED:
            raise Refused(Refusal.of("FILE_INFECTED", files=[name], name=name))
        if state is State.QUARANTINED and not own:
            raise Refused(Refusal.of("FILE_QUARANTINED", name=name))
