"""What the operations answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from programmes.documents import Commitment, Slot
from programmes.fields import Section
from web.reading import Request
from workflow.dossier import Words
from workflow.enclosures import Enclosure
from workflow.stages import Stage
from workflow.timeline import Entry
from workflow.verdicts import Verdict
from workflow.worklist import PAGE

Search = Annotated[str, Field(max_length=100)]


class Told(BaseModel):
    """What every answer is: complete, and closed to what it does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Done(Told):
    """What the application is after a command, and the events that made it so; none when there was nothing to do.

    *not_copied*: fields of the application it began with that could not be taken along.
    """

    id: str
    number: str
    stage: str
    version: int
    content_digest: str
    section_versions: dict[str, int]
    events: tuple[str, ...]
    file_id: str = ""
    not_copied: tuple[str, ...] = ()


class FigureFault(Told):
    """A cell that was not imported, as the spreadsheet calls it, and why."""

    sheet: str
    cell: str
    code: str
    params: dict[str, Any]
    zh: str
    en: str


class FiguresImported(Told):
    """How many questions the workbook answered, which fields changed, what was refused; *copy_href*: the marked copy, or ""."""

    id: str
    version: int
    found: int
    changed: tuple[str, ...]
    faults: tuple[FigureFault, ...]
    copy_href: str


class ListQuery(Request):
    """*stage*: one, or several with commas. *holder=mine*: what waits for whoever asks. *figure* with *one* and *other*: the
    applications behind a number that `getCallFigures` answers."""

    stage: Annotated[str, Field(max_length=600)] = ""
    holder: Literal["mine", "all"] = "all"
    call: Annotated[str, Field(max_length=100)] = ""
    programme: Annotated[str, Field(max_length=100)] = ""
    direction: Annotated[str, Field(max_length=100)] = ""
    city: Annotated[str, Field(max_length=6)] = ""
    figure: Literal["", "reached", "flow", "stay", "cause", "award", "money"] = ""
    one: Annotated[str, Field(max_length=100)] = ""
    other: Annotated[str, Field(max_length=100)] = ""
    search: Search = ""
    after: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = PAGE
    counts: bool = False


class NoticeQuery(Request):
    call: Annotated[str, Field(max_length=100)] = ""
    after: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = PAGE


class Listed(Told):
    id: str
    number: str
    call: str
    programme: str
    direction: str
    lead_unit: str
    unit_name: str
    project_name: str
    stage: Stage
    holder: str
    region: str
    due_at: datetime | None
    rank: int | None
    amount_fen: int | None
    content_digest: str
    version: int
    opened_at: datetime
    changed_at: datetime


class ListAnswer(Told):
    """*after* asks for the next page; null on the last. *counts* by stage, up to 1000 each, when asked for."""

    items: tuple[Listed, ...]
    after: str | None
    counts: dict[str, int] | None = None


class Noticed(Told):
    id: str
    number: str
    call: str
    programme: str
    direction: str
    unit_name: str
    project_name: str
    region: str
    amount_fen: int | None
    opens: str
    closes: str
    stage: Stage


class NoticesAnswer(Told):
    items: tuple[Noticed, ...]
    after: str | None


class Because(Told):
    code: str
    params: dict[str, Any]
    reason: Words
    source: str
    who: str


class Action(Told):
    """A step this actor could take: open, or closed and why. *told*: who will hear of it."""

    trigger: str
    open: bool
    entered: Stage | None
    refusals: tuple[Because, ...]
    document: Words | None
    told: tuple[dict[str, Any], ...]


class ActionsAnswer(Told):
    id: str
    stage: Stage
    version: int
    actions: tuple[Action, ...]


class HistoryAnswer(Told):
    id: str
    number: str
    events: tuple[Entry, ...]


class DirectionAnswer(Told):
    id: str
    programme: str
    title: Words


class CallAnswer(Told):
    id: str
    status: str
    province: str
    year: int
    title: Words
    opens_at: datetime
    deadlines: dict[str, datetime]
    digest: str
    directions: tuple[DirectionAnswer, ...]
    contacts: tuple[dict[str, Any], ...]


class CallsAnswer(Told):
    items: tuple[CallAnswer, ...]


class CriterionAnswer(Told):
    """*max* in whole points; marks are sent in hundredths."""

    id: str
    label: Words
    max: int


class FormAnswer(Told):
    """Everything a direction asks for: the sections in official order, the attachment slots, the commitment, the rubric."""

    call: str
    direction: str
    digest: str
    report_years: tuple[int, ...]
    sections: tuple[Section, ...]
    attachments: tuple[Slot, ...]
    commitment: Commitment
    criteria: tuple[CriterionAnswer, ...]


class GrantAnswer(Told):
    role: str
    scope: str


class MeAnswer(Told):
    id: str
    name: str
    grants: tuple[GrantAnswer, ...]


class RecommendedRow(Told):
    """*cells* by what fills them: position, unit_name, project_name, industry, city, county, contact, programme, direction."""

    application: str
    rank: int | None
    letter_number: str
    cells: dict[str, str]


class RecommendationsAnswer(Told):
    call: str
    programme: str
    body: str
    rows: tuple[RecommendedRow, ...]


class UploadFields(Request):
    """*label* tells which of several (the report year); *check_code* is what an auditor's report shows; *paper_code* stands
    on the printed paper that was scanned; *replaces* is the file whose place it takes."""

    label: Annotated[str, Field(max_length=100)] = ""
    check_code: Annotated[str, Field(max_length=100)] = ""
    paper_code: Annotated[str, Field(max_length=100)] = ""
    replaces: Annotated[str, Field(max_length=32)] = ""


class FileCheck(Told):
    """What a virus scanner said of the bytes: quarantined, clean, infected, or not_scanned where there is no scanner."""

    state: str
    engine: str = ""
    signature: str = ""
    checked_at: datetime | None = None


class Enclosed(Told):
    """A file in the list. *first* and *last* are its pages among the attachments; None behind a file that cannot be counted."""

    slot: str
    label: Words
    part: str
    file_id: str
    name: str
    size: int
    sha256: str
    pages: int | None
    first: int | None
    last: int | None
    check: FileCheck

    @classmethod
    def of(cls, one: Enclosure, verdict: Verdict) -> "Enclosed":
        fields = {name: getattr(one, name) for name in cls.model_fields if name not in ("label", "check")}
        said = FileCheck(
            state=verdict.state.value,
            engine=verdict.engine,
            signature=verdict.signature,
            checked_at=verdict.checked_at,
        )
        return cls(label=Words(zh=one.label.zh, en=one.label.en), check=said, **fields)


class AttachmentListAnswer(Told):
    id: str
    number: str
    items: tuple[Enclosed, ...]


class NoFields(Request):
    """An upload that says nothing beside its file."""


class KeptScan(Told):
    """What a later step sends: the digest a scan is kept under, with its algorithm."""

    digest: str
