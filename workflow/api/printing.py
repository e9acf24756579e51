"""Papers over the API: ask for one, see how far it is, take it; and what anybody learns who holds a check code."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from eventstore.refusal import Refusal, Refused
from paperwork.check_code import read_code
from programmes.calendar import beijing_date
from programmes.call import Call
from web.operations import Answer, Asked, Operation
from web.reading import Request
from workflow import commands as c
from workflow import recommendation_list
from workflow.api.desk import Desk
from workflow.api.models import Told
from workflow.api.wishes import PLACE
from workflow.application import Application
from workflow.dossier import Words
from workflow.files import chunks
from workflow.handling import NotFound, Read
from workflow.printing.document import file_name
from workflow.printing.issuing import bound_to, issue_of
from workflow.printing.jobs import MEDIA_TYPES, Format, State
from workflow.printing.kinds import base_of
from workflow.printing.room import Paper, formats_for, is_protected
from workflow.printing.summary import SHEET_TYPES, drawn
from workflow.stages import Stage

_PAPER = PLACE + "/papers/<code>"


class DelegationBody(Request):
    """Whom a letter of authorisation names, from which day to which."""

    agent: Annotated[str, Field(max_length=200)]
    valid_from: date
    valid_to: date


class PrintBody(Request):
    """*kind*: application_form, commitment, attachment_list, or a letter of the programme; of a consortium also
    consortium_agreement, consortium_agreement:<unit> (the lead with that member), commitment:<unit> and authorisation:<unit>,
    which *delegation* fills."""

    kind: Annotated[str, Field(max_length=60)] = "application_form"
    format: Literal["pdf", "docx"] = "pdf"
    delegation: DelegationBody | None = None


class PrintedFile(Told):
    """One rendering: asked for, being made, there, or failed and why."""

    format: Literal["pdf", "docx"]
    state: State
    reason: str = ""
    sha256: str | None = None
    size: int | None = None
    pages: int | None = None


class PaperAnswer(Told):
    """An issued paper, or the instrument of a step. *current*: the application still says what it says, as an instrument always
    does; *sealed*: it is the text sealed last."""

    application: str
    number: str
    kind: str
    code: str
    version: int
    stage: Stage
    issued_on: date
    current: bool
    sealed: bool
    files: tuple[PrintedFile, ...]


class PapersAnswer(Told):
    items: tuple[PaperAnswer, ...]


class CheckAnswer(Told):
    """What the code on a paper says: nothing about a person, a unit or a project. *text_digest*: of an agreement, the hash that
    its signers compare."""

    code: str
    kind: str
    text_digest: str = ""
    call: Words
    programme: Words
    number: str
    version: int
    stage: Stage
    issued_on: date
    current: bool
    sealed: bool


def papers(desk: Desk) -> Iterator[Operation]:
    """The operations of this file."""
    asking = _Asking(desk)
    yield Operation(
        id="issuePaper",
        method="POST",
        path=PLACE + "/papers",
        action="application.print",
        summary_zh="打印申报材料",
        summary_en="Print a paper",
        perform=asking.issue,
        request=PrintBody,
        answer=PaperAnswer,
        status=202,
        command=True,
        admit=desk.admit,
    )
    yield _read("listPapers", PLACE + "/papers", "paper.read", "打印记录", "List the papers", asking.list, PapersAnswer)
    yield _read(
        "listInstruments",
        PLACE + "/instruments",
        "paper.read",
        "文书目录",
        "List the documents that steps left",
        asking.instruments,
        PapersAnswer,
    )
    yield _read("getPaper", _PAPER, "paper.read", "打印进度", "How far a paper is", asking.one, PaperAnswer)
    yield Operation(
        id="downloadPaper",
        method="GET",
        path=_PAPER + "/<format>",
        action="paper.read",
        summary_zh="下载打印稿",
        summary_en="Download a paper",
        perform=asking.download,
        answers_file=tuple(MEDIA_TYPES.values()),
    )
    yield Operation(
        id="downloadRecommendationList",
        method="GET",
        path=_LIST,
        action="recommendation_list.read",
        summary_zh="下载推荐汇总表",
        summary_en="Download the recommendation list",
        perform=asking.summary,
        answers_file=tuple(SHEET_TYPES.values()),
    )
    yield Operation(
        id="checkPaper",
        method="GET",
        path="/papers/<code>",
        action="document.check",
        summary_zh="核验纸质材料",
        summary_en="Check a paper",
        perform=asking.check,
        answer=CheckAnswer,
        public=True,
    )


_LIST = "/calls/<call>/programmes/<programme>/recommendations/<body>/summary.<format>"


def _read(id_: str, path: str, action: str, zh: str, en: str, perform: object, answer: type[Told]) -> Operation:
    return Operation(
        id=id_,
        method="GET",
        path=path,
        action=action,
        summary_zh=zh,
        summary_en=en,
        perform=perform,  # type: ignore[arg-type]
        answer=answer,
    )


class _Asking:
    """Answers, one method a question."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._handling, self._room = desk, desk.handling, desk.printing

    def issue(self, asked: Asked) -> Answer:
        """The text gets its code, and the rendering is asked for; `getPaper` says when it is there."""
        body = asked.body_as(PrintBody)
        command = c.IssuePaper(
            application_id=asked.path["application_id"],
            kind=body.kind,
            delegation=c.Delegation(**body.delegation.model_dump()) if body.delegation else None,
        )
        outcome = self._desk.do(command, asked)
        then = self._handling.load(command.application_id, asked.actor, outcome.version).state
        code = issue_of(then, self._handling.call_of(then), body.kind).code
        application = self._handling.load(command.application_id, asked.actor).state
        paper = self._room.held(asked.actor, application, code)
        self._room.ask(paper, Format(body.format), asked.actor.id)
        return Answer(
            body=self._told(paper, asked, application),
            status=202,
            version=outcome.version,
            replayed=outcome.replayed,
            location=f"/api/v1/applications/{application.id}/papers/{paper.code}",
        )

    def list(self, asked: Asked) -> Answer:
        application = self._application(asked)
        shown = [one for one in self._room.papers(application) if formats_for(asked.actor, application, one)]
        return Answer(body=PapersAnswer(items=tuple(self._told(one, asked, application) for one in shown)))

    def instruments(self, asked: Asked) -> Answer:
        """What the steps left on paper, the newest first; `downloadPaper` takes one by its code."""
        application = self._application(asked)
        shown = [one for one in self._room.of_steps(application) if formats_for(asked.actor, application, one)]
        return Answer(body=PapersAnswer(items=tuple(self._told(one, asked, application) for one in shown)))

    def one(self, asked: Asked) -> Answer:
        application = self._application(asked)
        return Answer(body=self._told(self._held(asked, application), asked, application))

    def download(self, asked: Asked) -> Answer:
        """The file; where it is not made yet, it is asked for, and the caller told to come back."""
        application = self._application(asked)
        paper = self._held(asked, application)
        format = next(
            (one for one in formats_for(asked.actor, application, paper) if one.suffix == asked.path["format"]), None
        )
        if format is None:
            raise NotFound
        stream = self._room.open(paper, format)
        if stream is None:
            self._room.ask(paper, format, asked.actor.id)
            raise Refused(Refusal.of("PAPER_NOT_READY", paper=paper.code))
        if is_protected(asked.actor, application, format):
            self._handling.was_read(Read(application=application.id, what="paper", item=paper.code), asked.actor)
        name = file_name(paper.kind, paper.number, paper.version, format.suffix)
        return Answer(content=chunks(stream), media_type=MEDIA_TYPES[format.suffix], filename=name)

    def check(self, asked: Asked) -> Answer:
        code = read_code(str(asked.path["code"]))
        found = self._room.checked(code) if code else None
        if found is None:
            raise NotFound
        paper, application = found
        return Answer(body=checked(paper, application, self._handling.call_of(application)))

    def summary(self, asked: Asked) -> Answer:
        """附件5 of one body, by its rank."""
        programme, body, format = (str(asked.path[name]) for name in ("programme", "body", "format"))
        try:
            call = self._desk.catalogue.get(asked.path["call"])
        except KeyError:
            raise NotFound from None
        if format not in SHEET_TYPES or programme not in {one.id for one in call.programmes}:
            raise NotFound
        rows = recommendation_list.rows(self._handling.dispatcher, call, programme, body, asked.actor)
        sheet = recommendation_list.sheet(call, programme, body, rows, beijing_date(asked.now))
        name = recommendation_list.file_name(call, programme, body, format)
        return Answer(content=drawn(sheet, format), media_type=SHEET_TYPES[format], filename=name)

    def _application(self, asked: Asked) -> Application:
        return self._handling.load(asked.path["application_id"], asked.actor).state

    def _held(self, asked: Asked, application: Application) -> Paper:
        code = read_code(str(asked.path["code"]))
        if code is None:
            raise NotFound
        return self._room.held(asked.actor, application, code)

    def _told(self, paper: Paper, asked: Asked, application: Application) -> PaperAnswer:
        mine = formats_for(asked.actor, application, paper)
        jobs = self._room.jobs(paper)
        return PaperAnswer(
            application=paper.application_id,
            number=paper.number,
            kind=paper.kind,
            code=paper.code,
            version=paper.version,
            stage=Stage(paper.stage),
            issued_on=paper.dated,
            current=paper.current,
            sealed=paper.sealed,
            files=tuple(
                PrintedFile(
                    format="docx" if job.format is Format.DOCX else "pdf",
                    state=job.state,
                    reason=job.reason,
                    sha256=job.sha256,
                    size=job.size,
                    pages=job.pages,
                )
                for format, job in jobs.items()
                if format in mine
            ),
        )


def checked(paper: Paper, application: Application, call: Call) -> CheckAnswer:
    """What the public page and the API say of a paper."""
    programme, bound = call.programme_of(application.direction), bound_to(application, call, paper.code)
    return CheckAnswer(
        code=paper.code,
        kind=base_of(paper.kind),
        text_digest=bound.digest if bound else "",
        call=Words(zh=call.title.zh, en=call.title.en),
        programme=Words(zh=programme.title.zh, en=programme.title.en),
        number=paper.number,
        version=paper.version,
        stage=Stage(paper.stage),
        issued_on=paper.dated,
        current=paper.current,
        sealed=paper.sealed,
    )
