"""Figures by Excel as operations: the workbook to fill in, the import with every fault by its cell, the marked copy."""

from collections.abc import Iterator
from uuid import UUID

from paperwork.book import Fault as Wrong
from paperwork.book import marked_copy
from web import texts
from web.operations import Answer, Asked, Operation
from web.problems import NotFound
from workflow import importing
from workflow.api.desk import Desk
from workflow.api.models import FigureFault, FiguresImported, NoFields
from workflow.application import Application
from workflow.dossier import is_of_the_unit
from workflow.importing import Looked, MarkedCopies

PLACE = "/applications/<uuid:application_id>"


def figures(desk: Desk) -> Iterator[Operation]:
    asking = _Asking(desk)
    yield Operation(
        id="getFigures",
        method="GET",
        path=f"{PLACE}/figures.xlsx",
        action="application.figures",
        summary_zh="下载申报数据表",
        summary_en="Download the workbook of figures",
        perform=asking.to_fill_in,
        answers_file=(importing.XLSX,),
    )
    yield Operation(
        id="importFigures",
        method="POST",
        path=f"{PLACE}/figures",
        action="application.save",
        summary_zh="从 Excel 导入数据",
        summary_en="Import figures from Excel",
        perform=asking.take_over,
        request=NoFields,
        answer=FiguresImported,
        command=True,
        upload=True,
        max_bytes=importing.MOST_BYTES,
        admit=desk.admit,
    )
    yield Operation(
        id="getMarkedCopy",
        method="GET",
        path=f"{PLACE}/figures/<token>",
        action="application.figures",
        summary_zh="下载标注副本",
        summary_en="Download the marked copy",
        perform=asking.marked,
        answers_file=(importing.XLSX,),
    )


class _Asking:
    """The three of them, over one folder of marked copies."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._copies = MarkedCopies(desk.files.folder)

    def to_fill_in(self, asked: Asked) -> Answer:
        application = self._own(asked)
        book = importing.to_fill_in(application, self._desk.handling.call_of(application))
        return Answer(content=book, media_type=importing.XLSX, filename=f"申报数据-{application.number}.xlsx")

    def take_over(self, asked: Asked) -> Answer:
        assert asked.file is not None, "an upload has its file"
        application = self._own(asked)
        call = self._desk.handling.call_of(application)
        looked = importing.look(asked.file.stream, asked.file.filename or "", application, call, asked.now)
        command, version, replayed = looked.command(asked.path["application_id"]), application.version, False
        if command is not None:
            outcome = self._desk.do(command, asked)
            version, replayed = outcome.version, outcome.replayed
        after = self._own(asked)
        body = FiguresImported(
            id=after.id,
            version=version,
            found=looked.taken.found,
            changed=importing.changed(application, after),
            faults=tuple(_faults(looked)),
            copy_href=self._copy(looked, after),
        )
        return Answer(body=body, version=version, replayed=replayed)

    def marked(self, asked: Asked) -> Answer:
        application = self._own(asked)
        copy = self._copies.get(application.id, asked.path["token"])
        if copy is None:
            raise NotFound
        return Answer(content=copy, media_type=importing.XLSX, filename=f"申报数据-{application.number}-待更正.xlsx")

    def _own(self, asked: Asked) -> Application:
        """The application, for the people of its unit alone."""
        application_id: UUID = asked.path["application_id"]
        application = self._desk.handling.load(application_id, asked.actor).state
        if not is_of_the_unit(asked.actor, application):
            raise NotFound
        return application

    def _copy(self, looked: Looked, application: Application) -> str:
        if not looked.taken.marks:
            return ""
        token = self._desk.handling.ids.uuid7().hex
        faults = [Wrong(mark.spot, texts.explain(mark.refusal).zh) for mark in looked.taken.marks]
        self._copies.keep(application.id, token, marked_copy(looked.book, faults))
        return f"/api/v1/applications/{application.id}/figures/{token}"


def _faults(looked: Looked) -> Iterator[FigureFault]:
    for mark in looked.taken.marks:
        sheet, cell = importing.place_of(mark, looked.book)
        said = texts.explain(mark.refusal)
        yield FigureFault(
            sheet=sheet, cell=cell, code=mark.refusal.code, params=dict(mark.refusal.params), zh=said.zh, en=said.en
        )
