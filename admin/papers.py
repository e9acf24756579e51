"""The papers that evidence of an application holds: every form as it was sealed, and the agreement that was in force with it."""

from collections.abc import Iterator
from dataclasses import dataclass

from admin.history import Told
from workflow import events as e
from workflow.application import Application
from workflow.printing.jobs import Format
from workflow.printing.kinds import AGREEMENT, base_of
from workflow.printing.room import Paper, PrintingRoom
from workflow.state import FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One paper; *data* is None where it is yet to be drawn. *seal*: which seal it stood under."""

    kind: str
    code: str
    seal: int
    data: bytes | None

    @property
    def name(self) -> str:
        return f"papers/{self.code}.pdf"


def sealed_papers(told: Told, room: PrintingRoom, by: str) -> Iterator[Drawn]:
    """As PDF, without what is personal where the reader's mask is on. What was never drawn is asked for, so that it is there
    the next time: drawing takes too long for anybody to wait."""
    known = {paper.code: paper for paper in room.papers(told.application)}
    format, seen = Format.PDF if told.view.personal else Format.VEILED, set[str]()
    for fact in told.facts:
        if not isinstance(fact.event, e.UnitSealed | e.Resubmitted):
            continue
        for kind, code in _standing(told.states[fact.recorded.version]):
            if code in known and code not in seen:
                seen.add(code)
                data = _bytes(room, known[code], format, by)
                yield Drawn(kind=kind, code=code, seal=fact.event.seal_version, data=data)


def _standing(state: Application) -> Iterator[tuple[str, str]]:
    """Kind and code of what was sealed: the form, and the newest of each sheet of the agreement."""
    if state.sealed is not None and state.sealed.paper_code:
        yield FORM, state.sealed.paper_code
    for kind, codes in sorted(state.papers.items()):
        if base_of(kind) == AGREEMENT and codes:
            yield kind, codes[-1]


def _bytes(room: PrintingRoom, paper: Paper, format: Format, by: str) -> bytes | None:
    stream = room.open(paper, format)
    if stream is None:
        room.ask(paper, format, by)
        return None
    with stream:
        return stream.read()
