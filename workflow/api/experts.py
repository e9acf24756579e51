"""The pool of experts as operations: read a page of it, enlist, change, strike off, and bring in a file with a result a row."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from directory import pool
from directory.actor import Actor
from directory.events import Employment
from directory.policy import may
from directory.pool import Entry, Listed, Pool
from eventstore.dispatch import Context
from programmes.calendar import beijing_date
from web import texts, tracing
from web.operations import Answer, Asked, Operation
from web.reading import Request
from workflow import roster
from workflow.api.desk import Desk
from workflow.api.models import Because, NoFields, Told
from workflow.handling import actor_name
from workflow.roster import enlisting, province_of

_Short = Annotated[str, Field(max_length=200)]
_Year = Annotated[int, Field(ge=0, le=9999)]


class ExpertQuery(Request):
    """*text*: in the name, employer or title. *field*: one they know. *page* counts from 0."""

    text: _Short = ""
    field: _Short = ""
    page: Annotated[int, Field(ge=0, le=1000)] = 0


class FormerBody(Request):
    """*since* 0: not known."""

    employer: _Short
    until: _Year
    since: _Year = 0


class ExpertBody(Request):
    """*employer* and those of before: a credit code, or a name. Of somebody the house knows by *email* nothing personal changes."""

    name: _Short
    email: _Short
    phone: _Short = ""
    employer: _Short
    title: _Short = ""
    fields: Annotated[tuple[_Short, ...], Field(max_length=100)]
    former: Annotated[tuple[FormerBody, ...], Field(max_length=100)] = ()


class StrikingBody(Request):
    reason: Annotated[str, Field(max_length=20_000)]


class FormerAnswer(Told):
    employer: str
    until: int
    since: int


class ExpertAnswer(Told):
    """*email* and *phone* are empty for whoever does not keep the pool."""

    person: str
    name: str
    email: str
    phone: str
    employer: str
    employer_name: str
    title: str
    fields: tuple[str, ...]
    former: tuple[FormerAnswer, ...]


class ExpertsAnswer(Told):
    experts: tuple[ExpertAnswer, ...]
    number: int
    fields: tuple[str, ...]


class ExpertDone(Told):
    person: str


class RosterRow(Told):
    """*row* as the file counts. *person*: who was enlisted, or empty where *refusals* say why not."""

    row: int
    person: str
    refusals: tuple[Because, ...]


class RosterAnswer(Told):
    rows: tuple[RosterRow, ...]


def experts(desk: Desk) -> Iterator[Operation]:
    asking = _Asking(desk)
    yield Operation(
        id="listExperts",
        method="GET",
        path="/experts",
        action="expert.read",
        summary_zh="专家库",
        summary_en="The pool of experts",
        perform=asking.list,
        query=ExpertQuery,
        answer=ExpertsAnswer,
    )
    yield Operation(
        id="enlistExpert",
        method="POST",
        path="/experts",
        action="expert.list",
        summary_zh="列入专家库",
        summary_en="Enlist an expert, or change one",
        perform=asking.enlist,
        request=ExpertBody,
        answer=ExpertDone,
        status=201,
        command=True,
    )
    yield Operation(
        id="strikeExpert",
        method="POST",
        path="/experts/<person>/striking",
        action="expert.list",
        summary_zh="移出专家库",
        summary_en="Take an expert off the list",
        perform=asking.strike,
        request=StrikingBody,
        answer=ExpertDone,
        command=True,
    )
    yield Operation(
        id="importExperts",
        method="POST",
        path="/expert-files",
        action="expert.list",
        summary_zh="导入专家名单",
        summary_en="Enlist the experts of a file",
        perform=asking.bring,
        request=NoFields,
        answer=RosterAnswer,
        command=True,
        upload=True,
        max_bytes=roster.MOST_BYTES,
    )


class _Asking:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._pool = desk, Pool(desk.handling.dispatcher)

    def list(self, asked: Asked) -> Answer:
        query = asked.query_as(ExpertQuery)
        with self._desk.handling.store.reading() as db:
            found = pool.search(db, province_of(asked.actor), query.text, query.field, query.page)
        shown = tuple(_expert(one, asked.actor) for one in found.experts)
        return Answer(body=ExpertsAnswer(experts=shown, number=found.number, fields=found.fields))

    def enlist(self, asked: Asked) -> Answer:
        body, actor = asked.body_as(ExpertBody), asked.actor
        former = tuple(Employment(employer=one.employer, until=one.until, since=one.since) for one in body.former)
        entry = Entry(
            name=body.name,
            email=body.email,
            phone=body.phone,
            employer=body.employer,
            title=body.title,
            fields=body.fields,
            former=former,
        )
        year = beijing_date(self._desk.handling.now()).year
        outcome = self._pool.enlist(self._context(asked), actor, province_of(actor), entry, year)
        done = ExpertDone(person=str(outcome.result["person"]))
        return Answer(body=done, version=outcome.version, status=201, replayed=outcome.replayed)

    def strike(self, asked: Asked) -> Answer:
        person, reason = str(asked.path["person"]), asked.body_as(StrikingBody).reason
        outcome = self._pool.strike(self._context(asked), asked.actor, province_of(asked.actor), person, reason)
        return Answer(body=ExpertDone(person=person), version=outcome.version, replayed=outcome.replayed)

    def bring(self, asked: Asked) -> Answer:
        assert asked.file is not None, "an upload has its file"
        rows = roster.read(asked.file.stream, asked.file.filename or "")
        taken = roster.take(rows, enlisting(self._desk.handling, self._pool, asked.actor, asked.command_id))
        return Answer(body=RosterAnswer(rows=tuple(map(_row, taken))))

    def _context(self, asked: Asked) -> Context:
        return Context(
            actor=actor_name(asked.actor),
            correlation_id=tracing.correlation(self._desk.handling.ids.uuid7),
            command_id=asked.command_id,
            fingerprint=asked.fingerprint,
            if_match=asked.if_match,
        )


def _expert(one: Listed, actor: Actor) -> ExpertAnswer:
    keeps = may(actor, "expert.list") is None
    answer = ExpertAnswer.model_validate(one, from_attributes=True)
    return answer if keeps else answer.model_copy(update={"email": "", "phone": ""})


def _row(one: roster.Taken) -> RosterRow:
    told = tuple(Because.model_validate(texts.explain(refusal).as_json()) for refusal in one.refusals)
    return RosterRow(row=one.number, person=one.person, refusals=told)
