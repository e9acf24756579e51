"""The history and its proofs for machines: the same answers as the pages, from the same functions."""

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any, Literal

from pydantic import BaseModel, Field

from admin import export
from admin.asked import Filters, instant
from admin.desk import Desk
from admin.differences import Change
from admin.export import as_row
from admin.history import Told
from admin.pages.application import LONGEST_REASON, evidence_of
from admin.pages.proof import receipt_of, sealed_as
from admin.proof import envelope
from eventstore.refusal import Refusal, Refused
from web.operations import Answer, Asked, Operation
from web.problems import NotFound
from web.reading import Request
from workflow.dossier import Dossier

_PLACE = "/history/applications/<uuid:application_id>"


class Event(BaseModel):
    """One event of the log, in a sentence. *actor* is "" where it is not disclosed."""

    position: int
    recorded_at: datetime
    type: str
    stream: str
    version: int
    actor: str
    application: str
    number: str
    unit: str
    unit_name: str
    call: str
    region: str
    title: str
    sentence: str
    sentence_en: str


class Events(BaseModel):
    """A page, newest first. *older*: the `before` of the next page. *reached*: the page stopped looking there."""

    events: list[Event]
    older: int | None
    reached: int | None
    indexed: int
    lag: int


class Changed(BaseModel):
    """One field of the dossier: where it stands, what stood, what stands."""

    path: list[str]
    before: Any
    after: Any


class OneEvent(BaseModel):
    """An event whole: its envelope as it is hashed, and what it changed. *withheld*: why the payload is not given."""

    event: Event
    envelope: dict[str, Any]
    changes: list[Changed]
    withheld: str


class Moment(Request):
    """A moment of an application: after event *version*, or at an instant; now when neither is said."""

    version: int | None = Field(default=None, ge=1, lt=2**31)
    at: str = Field(default="", max_length=40)


class AsOf(BaseModel):
    """The dossier as it stood. *dossier* is null while nothing was sealed: a draft is its unit's own."""

    version: int
    recorded_at: datetime
    dossier: Dossier | None


class Differences(BaseModel):
    earlier: int
    later: int
    changes: list[Changed]


class Reason(Request):
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class Lifted(BaseModel):
    """Until when *application*'s personal data is shown to whoever asked."""

    application: str
    until: datetime


class Form(Filters):
    """The filters of the list, and how the view is wanted."""

    format: Literal["csv", "xlsx", "jsonl"] = "csv"


class WithFiles(Request):
    """*files*: yes puts the attachments' bytes in."""

    files: Literal["yes", "no"] = "no"


class Checkpoint(BaseModel):
    """The newest signed head of the log, the key to check it with, and who else vouches for it."""

    note: str
    size: int
    root: str
    signed_at: datetime
    key: str
    signature_algorithm: str
    hash_algorithm: str
    witnesses: dict[str, datetime]


class Consistency(BaseModel):
    """What a witness needs before it cosigns: the path from one signed head to a later one (RFC 9162 §2.1.4), in hex."""

    earlier: int
    later: int
    proof: list[str]


class Receipt(BaseModel):
    """What shows offline that a seal stands in the log."""

    format: str
    hash_algorithm: str
    signature_algorithm: str
    event: dict[str, Any]
    checkpoint: str
    key: str


def operations(desk: Desk) -> Iterator[Operation]:
    """For the one registry."""
    asking = _Asking(desk)
    yield _get("searchHistory", "/history", "history.read", "检索事件历史", "Search the log", asking.search, Events,
               query=Filters)  # fmt: skip
    yield _get("exportHistory", "/history/export", "history.read", "导出事件历史", "Export a view of the log",
               asking.export, None, query=Form, answers_file=tuple(export.MEDIA_TYPES.values()))  # fmt: skip
    yield _get("getEvent", "/history/events/<int:position>", "history.read", "查看一条事件", "One event, its envelope and changes",
               asking.event, OneEvent)  # fmt: skip
    yield _get("getAsOf", f"{_PLACE}/as-of", "history.read", "回看申报当时的样子", "A dossier as it stood", asking.as_of, AsOf,
               query=Moment)  # fmt: skip
    yield _get("compareMoments", f"{_PLACE}/from/<int:earlier>/to/<int:later>", "history.read", "比较两个时刻",
               "Two moments of a dossier compared", asking.compare, Differences)  # fmt: skip
    yield Operation(
        id="unmask", method="POST", path=f"{_PLACE}/unmasking", action="history.unmask", summary_zh="显示个人信息半小时",
        summary_en="Lift the mask over personal data for half an hour", perform=asking.unmask, request=Reason,
        answer=Lifted, command=True, admit=asking.admit,
    )  # fmt: skip
    yield _get("exportEvidence", f"{_PLACE}/evidence", "evidence.export", "导出证据包", "The evidence of one application",
               asking.evidence, None, query=WithFiles, answers_file=("application/zip",), also=(409,))  # fmt: skip
    yield _get("getReceipt", "/applications/<uuid:application_id>/receipts/<int:seal>", "receipt.read", "盖章存证回执",
               "The receipt of a seal", asking.receipt, Receipt, also=(409,))  # fmt: skip
    yield _get("getLatestCheckpoint", "/checkpoints/latest", "checkpoint.read", "最新的签名检查点", "The newest signed head",
               asking.checkpoint, Checkpoint, public=True)  # fmt: skip
    yield _get("getConsistencyProof", "/checkpoints/<int:earlier>/to/<int:later>", "checkpoint.read", "两个检查点的一致性证明",
               "That one head continues another", asking.consistency, Consistency, public=True)  # fmt: skip


def _get(id_: str, path: str, action: str, zh: str, en: str, perform: Any, answer: Any, **more: Any) -> Operation:
    return Operation(
        id=id_, method="GET", path=path, action=action, summary_zh=zh, summary_en=en, perform=perform, answer=answer, **more
    )  # fmt: skip


class _Asking:
    """Answers, one method a question."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def admit(self, actor: Any, path: Any) -> None:
        self._desk.workflow.handling.load(path["application_id"], actor)

    def search(self, asked: Asked) -> Answer:
        filters = asked.query_as(Filters) if asked.query else Filters()
        found, told = self._desk.page(filters.question(), asked.actor)
        standing = self._desk.index.standing()
        body = Events(
            events=[_event(one, told[one.position]) for one in found.items],
            older=found.older,
            reached=found.reached,
            indexed=standing.position,
            lag=standing.lag,
        )
        return Answer(body=body)

    def export(self, asked: Asked) -> Answer:
        form = asked.query_as(Form) if asked.query else Form()
        content = self._desk.exported(form.format, form.question(), asked.actor)
        said = {name: value for name, value in form.said().items() if name != "format"}
        self._desk.noting.exported(form.format, asked.actor, self._desk.context(asked.actor), said)
        return Answer(
            content=content, media_type=export.MEDIA_TYPES[form.format], filename=f"history.{form.format}"
        )  # fmt: skip

    def event(self, asked: Asked) -> Answer:
        found, fact = self._desk.event(asked.path["position"], asked.actor)
        whole = {**envelope(fact.recorded), "actor": found.actor}
        changes: list[Change] = []
        withheld = ""
        if found.kind == "application":
            told = self._desk.history.of(found.application, asked.actor)
            withheld, changes = told.withheld(told.facts[found.version - 1]), told.changes(found.version)
        if withheld:
            del whole["payload"]
        with self._desk.store.reading() as db:
            said = self._desk.sentences.of(db, [found])[found.position]
        body = OneEvent(event=_event(found, said), envelope=whole, changes=_changed(changes), withheld=withheld)
        return Answer(body=body)

    def as_of(self, asked: Asked) -> Answer:
        told = self._told(asked)
        moment = asked.query_as(Moment) if asked.query else Moment()
        version = told.version if moment.version is None else moment.version
        at = instant("at", moment.at, time.max)
        if at is not None:
            version = told.version_at(at)
        if not 1 <= version <= told.version:
            raise NotFound
        recorded = told.facts[version - 1].recorded
        return Answer(body=AsOf(version=version, recorded_at=recorded.instant, dossier=told.dossier(version)))

    def compare(self, asked: Asked) -> Answer:
        told = self._told(asked)
        earlier, later = sorted((asked.path["earlier"], asked.path["later"]))
        if not 1 <= earlier <= later <= told.version:
            raise NotFound
        changes = _changed(told.between(earlier, later))
        return Answer(body=Differences(earlier=earlier, later=later, changes=changes))

    def unmask(self, asked: Asked) -> Answer:
        told = self._told(asked)
        reason = asked.body_as(Reason).reason.strip()
        if not reason:
            raise Refused(Refusal.of("REASON_REQUIRED", field="reason"))
        id_, context = told.application.id, self._desk.context(asked.actor)
        self._desk.noting.unmask(id_, reason, asked.actor, context)
        lifted = self._desk.noting.unmasked(id_, asked.actor)
        assert lifted is not None, "it was lifted a moment ago"
        return Answer(body=Lifted(application=id_, until=lifted[1]))

    def evidence(self, asked: Asked) -> Answer:
        files = asked.query is not None and asked.query_as(WithFiles).files == "yes"
        content, name = evidence_of(self._desk, asked.path["application_id"], asked.actor, with_files=files)
        return Answer(content=content, media_type="application/zip", filename=name)

    def receipt(self, asked: Asked) -> Answer:
        sealed = sealed_as(self._desk, asked.path["application_id"], asked.path["seal"], asked.actor)
        return Answer(body=Receipt(**receipt_of(self._desk, sealed)))

    def checkpoint(self, asked: Asked) -> Answer:
        kept = self._desk.proofs.latest()
        if kept is None:
            raise NotFound
        body = Checkpoint(
            note=kept.note,
            size=kept.size,
            root=kept.root.hex(),
            signed_at=kept.signed_at,
            key=self._desk.proofs.verifier,
            signature_algorithm="Ed25519",
            hash_algorithm="SHA-256",
            witnesses=dict(kept.witnesses),
        )
        return Answer(body=body)

    def consistency(self, asked: Asked) -> Answer:
        earlier, later = asked.path["earlier"], asked.path["later"]
        try:
            proof = self._desk.proofs.consistency(earlier, later)
        except LookupError:
            raise NotFound from None
        return Answer(body=Consistency(earlier=earlier, later=later, proof=proof))

    def _told(self, asked: Asked) -> Told:
        return self._desk.history.of(asked.path["application_id"], asked.actor)


def _event(found: Any, said: Any) -> Event:
    return Event(**{**as_row(found, said), "recorded_at": found.at, "application": found.application})


def _changed(changes: list[Change]) -> list[Changed]:
    return [Changed(path=list(each.path), before=each.before, after=each.after) for each in changes]
