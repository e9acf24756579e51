"""What can be asked about applications and calls without changing anything."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eventstore.event import instant_of
from eventstore.refusal import Fault, Malformed
from programmes import schemas
from programmes.call import Call
from web import texts
from web.operations import Answer, Asked, Operation
from workflow import lifecycle, recommendation_list, worklist
from workflow.answers import scans_of
from workflow.api import models as m
from workflow.api.desk import Desk
from workflow.api.wishes import PLACE
from workflow.blind import blind_calls
from workflow.dossier import Dossier, Words, file_of, present, texts_of, view_of
from workflow.enclosures import enclosures
from workflow.file_kinds import MEDIA_TYPES
from workflow.files import chunks
from workflow.handling import NotFound, Read
from workflow.stages import Stage
from workflow.timeline import timeline


def questions(desk: Desk) -> Iterator[Operation]:
    asking = Asking(desk)
    yield _read("listApplications", "/applications", "application.list", "申报列表", "List applications",
                asking.list, m.ListAnswer, query=m.ListQuery)  # fmt: skip
    yield _read("getApplication", PLACE, "application.read", "查看申报", "Read an application", asking.dossier, Dossier)
    yield _read("getActions", PLACE + "/actions", "application.actions", "可办事项", "What can be done, and why not",
                asking.actions, m.ActionsAnswer)  # fmt: skip
    yield _read("getHistory", PLACE + "/history", "application.history", "办理经过", "What happened",
                asking.history, m.HistoryAnswer)  # fmt: skip
    yield _read("downloadFile", PLACE + "/attachments/<slot>/<file_id>", "application.file.read", "下载附件",
                "Download a file", asking.file, None, answers_file=MEDIA_TYPES, also=(423,))  # fmt: skip
    yield _read("downloadScan", PLACE + "/scans/<digest>", "application.file.read", "下载盖章扫描件",
                "Download a sealed scan", asking.scan, None, answers_file=MEDIA_TYPES, also=(423,))  # fmt: skip
    yield _read("getAttachmentList", PLACE + "/attachment-list", "application.read", "附件清单",
                "The list of attachments with their pages", asking.attachment_list, m.AttachmentListAnswer)  # fmt: skip
    yield _read("getRecommendationList", "/calls/<call>/programmes/<programme>/recommendations/<body>",
                "recommendation_list.read", "推荐汇总表", "The recommendation list of a body",
                asking.recommendations, m.RecommendationsAnswer)  # fmt: skip
    yield _read("listNotices", "/notices", "notice.read", "公示", "Public notices",
                asking.notices, m.NoticesAnswer, query=m.NoticeQuery, public=True)  # fmt: skip
    yield _read(
        "listCalls", "/calls", "call.read", "征集列表", "List the calls", asking.calls, m.CallsAnswer, public=True
    )
    yield _read(
        "getCall", "/calls/<call>", "call.read", "查看征集", "Read a call", asking.call, m.CallAnswer, public=True
    )
    yield _read("getForm", "/calls/<call>/directions/<direction>/form", "call.read", "申报表式", "The form of a direction",
                asking.form, m.FormAnswer, public=True)  # fmt: skip
    yield _read("getSchema", "/schemas/<kind>", "call.read", "征集定义的 JSON Schema，供编辑器使用",
                "The JSON Schema of a definition, for editors", asking.schema, None, public=True)  # fmt: skip
    yield _read("getMe", "/me", "account.read", "我是谁", "Who am I", asking.me, m.MeAnswer)


def _read(id_: str, path: str, action: str, zh: str, en: str, perform: Any, answer: Any, **more: Any) -> Operation:
    return Operation(
        id=id_,
        method="GET",
        path=path,
        action=action,
        summary_zh=zh,
        summary_en=en,
        perform=perform,
        answer=answer,
        **more,
    )


class Asking:
    """Answers, one method a question."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._handling = desk, desk.handling

    def list(self, asked: Asked) -> Answer:
        query = asked.query_as(m.ListQuery) if asked.query else m.ListQuery()
        question = worklist.Question(
            stages=_stages(query.stage),
            mine=query.holder == "mine",
            call=query.call,
            programme=query.programme,
            direction=query.direction,
            city=query.city,
            behind=(query.figure, query.one, query.other) if query.figure else None,
            search=query.search,
            after=query.after,
            limit=query.limit,
            blind=blind_calls(self._desk.catalogue.calls()),
        )
        if question.behind:
            self._handling.catch_up()
        with self._handling.store.reading() as db:
            page = worklist.page(db, asked.actor, question)
            counts = worklist.counts(db, asked.actor, question) if query.counts else None
        counted = None if counts is None else {stage.value: n for stage, n in counts.items()}
        return Answer(body=m.ListAnswer(items=tuple(map(_listed, page.items)), after=page.after, counts=counted))

    def dossier(self, asked: Asked) -> Answer:
        loaded = self._handling.load(asked.path["application_id"], asked.actor)
        latest = loaded.latest.instant if loaded.latest else None
        view = view_of(asked.actor, loaded.state)
        body = present(loaded.state, self._handling.call_of(loaded.state), view, latest)
        return Answer(body=body, version=loaded.version)

    def actions(self, asked: Asked) -> Answer:
        loaded = self._handling.load(asked.path["application_id"], asked.actor)
        application, call = loaded.state, self._handling.call_of(loaded.state)
        found = self._handling.actions_of(application, loaded.latest, asked.actor)
        assert application.stage is not None, "what is loaded was opened"
        told = self._desk.told([action.trigger for action in found], application, call)
        shown = tuple(_action(action, told[action.trigger]) for action in found)
        body = m.ActionsAnswer(id=application.id, stage=application.stage, version=loaded.version, actions=shown)
        return Answer(body=body, version=loaded.version)

    def history(self, asked: Asked) -> Answer:
        application, facts = self._handling.history(asked.path["application_id"], asked.actor)
        view = view_of(asked.actor, application)
        entries = timeline(facts, view, self._handling.names)
        body = m.HistoryAnswer(id=application.id, number=application.number, events=tuple(entries))
        return Answer(body=body, version=application.version)

    def file(self, asked: Asked) -> Answer:
        application = self._handling.load(asked.path["application_id"], asked.actor).state
        call, view = self._handling.call_of(application), view_of(asked.actor, application)
        held = file_of(application, call, view, asked.path["slot"], asked.path["file_id"])
        if held is None:
            raise NotFound
        self._handling.quarantine.let_through(held.sha256, held.name, own=view.working)
        stream = self._desk.files.open(held.file_id, held.sha256)
        if not view.working:
            self._handling.was_read(Read(application=application.id, what="file", item=held.file_id), asked.actor)
        return Answer(content=chunks(stream), media_type=held.media_type, filename=held.name)

    def scan(self, asked: Asked) -> Answer:
        application = self._handling.load(asked.path["application_id"], asked.actor).state
        digest: str = asked.path["digest"]
        view = view_of(asked.actor, application)
        if digest not in scans_of(application) or not view.personal or not self._desk.files.has_scan(digest):
            raise NotFound
        self._handling.quarantine.let_through(digest, texts.t("pages.input.scan"), own=view.working)
        stream, media_type, name = self._desk.files.open_scan(digest)
        if not view.working:
            self._handling.was_read(Read(application=application.id, what="scan", item=digest), asked.actor)
        return Answer(content=chunks(stream), media_type=media_type, filename=name)

    def attachment_list(self, asked: Asked) -> Answer:
        loaded = self._handling.load(asked.path["application_id"], asked.actor)
        application, call = loaded.state, self._handling.call_of(loaded.state)
        view = view_of(asked.actor, application)
        _, attachments = texts_of(application, view)
        slots = call.programme_of(application.direction).attachments
        open_to_them = [slot for slot in slots if view.personal or not slot.personal]
        listed = enclosures(open_to_them, attachments, call.report_years)
        said = self._handling.quarantine.said(one.sha256 for one in listed)
        body = m.AttachmentListAnswer(
            id=application.id,
            number=application.number,
            items=tuple(m.Enclosed.of(one, said[one.sha256]) for one in listed),
        )
        return Answer(body=body, version=loaded.version)

    def notices(self, asked: Asked) -> Answer:
        query = asked.query_as(m.NoticeQuery) if asked.query else m.NoticeQuery()
        with self._handling.store.reading() as db:
            page = worklist.notices(db, query.call, query.after, query.limit)
        return Answer(body=m.NoticesAnswer(items=tuple(map(_noticed, page.items)), after=page.after))

    def calls(self, asked: Asked) -> Answer:
        return Answer(body=m.CallsAnswer(items=tuple(map(_call, self._desk.catalogue.calls()))))

    def call(self, asked: Asked) -> Answer:
        return Answer(body=_call(self._called(asked)))

    def form(self, asked: Asked) -> Answer:
        call, direction = self._called(asked), str(asked.path["direction"])
        if direction not in call.directions:
            raise NotFound
        programme, rubric = call.programme_of(direction), call.direction(direction).rubric
        return Answer(
            body=m.FormAnswer(
                call=call.id,
                direction=direction,
                digest=call.digest,
                report_years=call.report_years,
                sections=programme.sections(direction),
                attachments=programme.attachments,
                commitment=programme.commitment,
                criteria=tuple(m.CriterionAnswer(id=c.id, label=_words(c.label), max=c.max) for c in rubric),
            )
        )

    def schema(self, asked: Asked) -> Answer:
        try:
            return Answer(body=schemas.schema(str(asked.path["kind"])))
        except KeyError:
            raise NotFound from None

    def _called(self, asked: Asked) -> Call:
        try:
            return self._desk.catalogue.get(asked.path["call"])
        except KeyError:
            raise NotFound from None

    def recommendations(self, asked: Asked) -> Answer:
        call, programme, body = self._called(asked), str(asked.path["programme"]), str(asked.path["body"])
        if programme not in {one.id for one in call.programmes}:
            raise NotFound
        rows = recommendation_list.rows(self._handling.dispatcher, call, programme, body, asked.actor)
        items = tuple(
            m.RecommendedRow(application=r.application, rank=r.rank, letter_number=r.letter_number, cells=r.cells)
            for r in rows
        )
        return Answer(body=m.RecommendationsAnswer(call=call.id, programme=programme, body=body, rows=items))

    def me(self, asked: Asked) -> Answer:
        grants = tuple(m.GrantAnswer(role=grant.role.value, scope=grant.scope) for grant in asked.actor.grants)
        return Answer(body=m.MeAnswer(id=asked.actor.id, name=asked.actor.name, grants=grants))


def _stages(text: str) -> tuple[Stage, ...]:
    try:
        return tuple(Stage(each) for each in text.split(",") if each)
    except ValueError:
        raise Malformed(Fault("stage", "BAD_FORMAT", {"field": "stage", "expected": "stage"})) from None


def _action(action: lifecycle.Action, told: Sequence[Mapping[str, str]]) -> m.Action:
    zh, _, en = action.document.partition(" | ")
    return m.Action(
        trigger=action.trigger,
        open=action.open,
        entered=action.entered,
        refusals=tuple(m.Because.model_validate(texts.explain(refusal).as_json()) for refusal in action.refusals),
        document=Words(zh=zh, en=en) if zh else None,
        told=tuple(map(dict, told)),
    )


def _listed(item: worklist.Item) -> m.Listed:
    return m.Listed(
        id=item.id,
        number=item.number,
        call=item.call,
        programme=item.programme,
        direction=item.direction,
        lead_unit=item.lead_unit,
        unit_name=item.unit_name,
        project_name=item.project_name,
        stage=Stage(item.stage),
        holder=item.holder,
        region=item.region,
        due_at=None if item.due_at is None else instant_of(item.due_at),
        rank=item.rank,
        amount_fen=item.amount_fen,
        content_digest=item.content_digest,
        version=item.version,
        opened_at=instant_of(item.opened_at),
        changed_at=instant_of(item.changed_at),
    )


def _noticed(item: worklist.Item) -> m.Noticed:
    return m.Noticed(
        id=item.id,
        number=item.number,
        call=item.call,
        programme=item.programme,
        direction=item.direction,
        unit_name=item.unit_name,
        project_name=item.project_name,
        region=item.region,
        amount_fen=item.amount_fen,
        opens=item.notice_opens,
        closes=item.notice_closes,
        stage=Stage(item.stage),
    )


def _call(call: Call) -> m.CallAnswer:
    return m.CallAnswer(
        id=call.id,
        status=call.status,
        province=call.province,
        year=call.year,
        title=_words(call.title),
        opens_at=call.opens_at,
        deadlines={name: getattr(call.deadlines, name) for name in type(call.deadlines).model_fields},
        digest=call.digest,
        directions=tuple(
            m.DirectionAnswer(id=direction.id, programme=programme.id, title=_words(direction.title))
            for programme in call.programmes
            for direction in programme.directions
        ),
        contacts=tuple(
            contact.model_dump(mode="json") for programme in call.programmes for contact in programme.contacts
        ),
    )


def _words(words: Any) -> Words:
    return Words(zh=words.zh, en=words.en)
