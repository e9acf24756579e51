"""What pages and API of this room work with; the roof hands everything in."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from admin import export, search
from admin.erasure import Erasures
from admin.history import History
from admin.holding import Holding
from admin.log_index import LogIndex
from admin.notes import Noting
from admin.people import People
from admin.proof import Proofs
from admin.schema import log_streams
from admin.search import Found, Question
from admin.sentences import Said, Sentences
from admin.setting_apart import SettingApart
from directory.actor import Actor, Role
from directory.register import Register
from directory.token_desk import TokenDesk
from eventstore.dispatch import Context
from eventstore.event import Fact
from eventstore.facts import Reading
from eventstore.store import EventStore
from web import tracing
from web.problems import NotFound
from workflow.handling import actor_name
from workflow.pages.desk import Desk as WorkflowDesk

_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """*workflow* is what the dossier's own pages work with: the past is shown by the same code as the present."""

    store: EventStore
    read: Reading
    workflow: WorkflowDesk
    index: LogIndex
    history: History
    noting: Noting
    sentences: Sentences
    proofs: Proofs
    erasures: Erasures
    apart: SettingApart
    holding: Holding
    register: Register
    tokens: TokenDesk
    people: People
    upkeep: Callable[[], Any]
    rebuild: Callable[[str, str], bool]
    base_url: str

    def context(self, actor: Actor) -> Context:
        return Context(actor=actor_name(actor), correlation_id=tracing.correlation(self.workflow.handling.ids.uuid7))

    def page(self, question: Question, actor: Actor) -> tuple[search.Page, dict[int, Said]]:
        """One page of the log, told."""
        with self.store.reading() as db:
            found = search.page(db, question, provinces_of(actor))
            return found, self.sentences.of(db, found.items)

    def every(self, question: Question, actor: Actor) -> Iterator[export.Row]:
        """Everything that is asked for, told, some at a time: no more is in memory than a page."""
        question = replace(question, limit=_AT_ONCE)
        while True:
            found, told = self.page(question, actor)
            yield from ((one, told[one.position]) for one in found.items)
            if found.older is None:
                return
            question = replace(question, before=found.older)

    def exported(self, form: str, question: Question, actor: Actor) -> bytes | Iterator[bytes]:
        """A filtered view as *form*: csv and jsonl line by line."""
        rows = self.every(question, actor)
        match form:
            case "csv":
                return export.csv_lines(rows)
            case "jsonl":
                return export.json_lines(rows)
            case "xlsx":
                return export.workbook(rows)
            case _:
                raise NotFound

    def numbers(self, applications: Collection[str]) -> dict[str, str]:
        """The numbers of *applications*, by id."""
        with self.store.reading() as db:
            c = log_streams.c
            wanted = c.application.in_(sorted(applications))
            return {row[0]: row[1] for row in db.execute(select(c.application, c.number).where(wanted))}

    def event(self, position: int, actor: Actor) -> tuple[Found, Fact]:
        """One event as the index shows it to *actor*, and the fact itself; NotFound otherwise."""
        with self.store.reading() as db:
            found = search.one(db, position, provinces_of(actor))
            if found is None:
                raise NotFound
            [fact] = self.read(db, self.store.at_in(db, [position]), revealed=False)
        return found, fact


def provinces_of(actor: Actor) -> frozenset[str]:
    return actor.scopes(Role.AUDITOR)
