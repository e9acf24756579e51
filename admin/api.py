"""The history and its proofs for machines: the same answers as the pages, from the same functions."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import time
from typing import Any

from sqlalchemy import Connection

from admin import answers as m
from admin import export
from admin.asked import Filters, instant
from admin.desk import Desk
from admin.differences import Change
from admin.erasure import ERASED, RESTRICTED
from admin.export import as_row
from admin.history import Told
from admin.looks import looks
from admin.pages.application import evidence_of
from admin.pages.log import MOST_TOLD
from admin.pages.proof import receipt_of, sealed_as
from admin.proof import envelope
from admin.search import Found
from eventstore.dispatch import Context
from eventstore.refusal import Refusal, Refused
from notifications import correspondence
from web import texts
from web.operations import Answer, Asked, Operation
from web.problems import NotFound
from webhooks.lists import caused_by
from workflow.handling import actor_name

_PLACE = "/history/applications/<uuid:application_id>"


def operations(desk: Desk) -> Iterator[Operation]:
    """For the one registry."""
    asking = _Asking(desk)
    yield _about_a_person("restrictPerson", "restriction", "person.restrict", "限制处理一个人的个人信息",
                          "Keep a person's data from everybody", asking.restrict)  # fmt: skip
    yield _about_a_person("erasePerson", "erasure", "person.erase", "清除已限制的个人信息，须由另一人办理",
                          "Erase what was restricted; another person must", asking.erase)  # fmt: skip
    yield Operation(
        id="restrictValues", method="POST", path="/erasures", action="person.restrict", summary_zh="限制处理申报中填写的个人信息",
        summary_en="Keep what was typed about a person into an application from everybody", perform=asking.restrict_values,
        request=m.WantedValues, answer=m.CaseOfValues, command=True,
    )  # fmt: skip
    yield Operation(
        id="eraseValues", method="POST", path="/erasures/<case>/erasure", action="person.erase",
        summary_zh="清除已限制的填写内容，须由另一人办理", summary_en="Erase what was typed and restricted; another person must",
        perform=asking.erase_values, request=m.Reason, answer=m.CaseOfValues, command=True,
    )  # fmt: skip
    yield _get("searchHistory", "/history", "history.read", "检索事件历史", "Search the log", asking.search, m.Events,
               query=Filters)  # fmt: skip
    yield _get("exportHistory", "/history/export", "history.read", "导出事件历史", "Export a view of the log",
               asking.export, None, query=m.Form, answers_file=tuple(export.MEDIA_TYPES.values()))  # fmt: skip
    yield _get("getEvent", "/history/events/<int:position>", "history.read", "查看一条事件", "One event, its envelope and changes",
               asking.event, m.OneEvent)  # fmt: skip
    yield _get("listReads", f"{_PLACE}/reads", "history.read", "谁看过受保护的内容", "Who saw what is protected", asking.reads,
               m.Looks, query=m.Before)  # fmt: skip
    yield _get("getAsOf", f"{_PLACE}/as-of", "history.read", "回看申报当时的样子", "A dossier as it stood", asking.as_of, m.AsOf,
               query=m.Moment)  # fmt: skip
    yield _get("compareMoments", f"{_PLACE}/from/<int:earlier>/to/<int:later>", "history.read", "比较两个时刻",
               "Two moments of a dossier compared", asking.compare, m.Differences)  # fmt: skip
    yield Operation(
        id="unmask", method="POST", path=f"{_PLACE}/unmasking", action="history.unmask", summary_zh="显示个人信息半小时",
        summary_en="Lift the mask over personal data for half an hour", perform=asking.unmask, request=m.Reason,
        answer=m.Lifted, command=True, admit=asking.admit,
    )  # fmt: skip
    yield _get("exportEvidence", f"{_PLACE}/evidence", "evidence.export", "导出证据包", "The evidence of one application",
               asking.evidence, None, query=m.WithFiles, answers_file=("application/zip",), also=(409,))  # fmt: skip
    yield _get("getReceipt", "/applications/<uuid:application_id>/receipts/<int:seal>", "receipt.read", "盖章存证回执",
               "The receipt of a seal", asking.receipt, m.Receipt, also=(409,))  # fmt: skip
    yield _get("getLatestCheckpoint", "/checkpoints/latest", "checkpoint.read", "最新的签名检查点", "The newest signed head",
               asking.checkpoint, m.Checkpoint, public=True)  # fmt: skip
    yield _get("getConsistencyProof", "/checkpoints/<int:earlier>/to/<int:later>", "checkpoint.read", "两个检查点的一致性证明",
               "That one head continues another", asking.consistency, m.Consistency, public=True)  # fmt: skip
    yield _get("getOutgoing", "/outgoing", "upkeep.read", "信件和回调是否扣住", "Whether letters and parcels are held",
               asking.outgoing, m.Outgoing)  # fmt: skip
    yield Operation(
        id="holdOutgoing", method="POST", path="/outgoing/hold", action="outgoing.hold", summary_zh="信件和回调先都不发",
        summary_en="Let no letter and no parcel leave", perform=asking.hold, request=m.HoldBody, answer=m.Outgoing,
    )  # fmt: skip
    yield Operation(
        id="releaseOutgoing", method="POST", path="/outgoing/release", action="outgoing.hold", summary_zh="放行信件和回调",
        summary_en="Let letters and parcels leave again", perform=asking.release, request=m.ReleaseBody, answer=m.ReleasedAnswer,
    )  # fmt: skip


def _about_a_person(id_: str, resource: str, action: str, zh: str, en: str, perform: Any) -> Operation:
    return Operation(
        id=id_, method="POST", path=f"/people/<person>/{resource}", action=action, summary_zh=zh, summary_en=en,
        perform=perform, request=m.Reason, answer=m.PersonData, command=True,
    )  # fmt: skip


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

    def restrict(self, asked: Asked) -> Answer:
        person, reason = str(asked.path["person"]), asked.body_as(m.Reason).reason
        self._desk.register.restrict(self._keyed(asked), asked.actor, person, reason)
        return Answer(body=m.PersonData(person=person, state=RESTRICTED))

    def erase(self, asked: Asked) -> Answer:
        person, reason = str(asked.path["person"]), asked.body_as(m.Reason).reason
        self._desk.register.erase_restricted(self._keyed(asked), asked.actor, person, reason)
        return Answer(body=m.PersonData(person=person, state=ERASED))

    def restrict_values(self, asked: Asked) -> Answer:
        wanted = asked.body_as(m.WantedValues)
        case, found = self._desk.apart.restrict(
            self._keyed(asked), asked.actor, wanted.about, wanted.values, wanted.reason
        )
        return Answer(body=m.CaseOfValues(case=case, state=RESTRICTED, values=found))

    def erase_values(self, asked: Asked) -> Answer:
        case, reason = str(asked.path["case"]), asked.body_as(m.Reason).reason
        found = self._desk.apart.erase(self._keyed(asked), asked.actor, case, reason)
        return Answer(body=m.CaseOfValues(case=case, state=ERASED, values=found))

    def _keyed(self, asked: Asked) -> Context:
        context = self._desk.context(asked.actor)
        return replace(context, command_id=asked.command_id, fingerprint=asked.fingerprint)

    def outgoing(self, _asked: Asked) -> Answer:
        waiting = self._desk.holding.standing()
        if waiting is None:
            return Answer(body=m.Outgoing(held=False))
        hold = waiting.hold
        return Answer(
            body=m.Outgoing(
                held=True,
                since=hold.since,
                because=hold.because,
                position=hold.position,
                letters=waiting.letters,
                parcels=waiting.parcels,
            )
        )

    def hold(self, asked: Asked) -> Answer:
        self._desk.holding.hold(actor_name(asked.actor), asked.body_as(m.HoldBody).because)
        return self.outgoing(asked)

    def release(self, asked: Asked) -> Answer:
        kept = self._desk.holding.release(actor_name(asked.actor), send=asked.body_as(m.ReleaseBody).send)
        return Answer(body=m.ReleasedAnswer(letters=kept.letters, parcels=kept.parcels))

    def search(self, asked: Asked) -> Answer:
        filters = asked.query_as(Filters) if asked.query else Filters()
        found, told = self._desk.page(filters.question(), asked.actor)
        standing = self._desk.index.standing()
        body = m.Events(
            events=[_event(one, told[one.position]) for one in found.items],
            older=found.older,
            reached=found.reached,
            indexed=standing.position,
            lag=standing.lag,
        )
        return Answer(body=body)

    def export(self, asked: Asked) -> Answer:
        form = asked.query_as(m.Form) if asked.query else m.Form()
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
            told_of_it = told_of(db, found)
        body = m.OneEvent(
            event=_event(found, said), envelope=whole, changes=_changed(changes), told=told_of_it, withheld=withheld
        )
        return Answer(body=body)

    def reads(self, asked: Asked) -> Answer:
        page = asked.query_as(m.Before) if asked.query else m.Before()
        found = looks(self._desk, self._told(asked), asked.actor, page.before, page.limit)
        items = [m.Look(**asdict(each)) for each in found.items]
        return Answer(body=m.Looks(items=items, older=found.older))

    def as_of(self, asked: Asked) -> Answer:
        told = self._told(asked)
        moment = asked.query_as(m.Moment) if asked.query else m.Moment()
        version = told.version if moment.version is None else moment.version
        at = instant("at", moment.at, time.max)
        if at is not None:
            version = told.version_at(at)
        if not 1 <= version <= told.version:
            raise NotFound
        recorded = told.facts[version - 1].recorded
        return Answer(body=m.AsOf(version=version, recorded_at=recorded.instant, dossier=told.dossier(version)))

    def compare(self, asked: Asked) -> Answer:
        told = self._told(asked)
        earlier, later = sorted((asked.path["earlier"], asked.path["later"]))
        if not 1 <= earlier <= later <= told.version:
            raise NotFound
        changes = _changed(told.between(earlier, later))
        return Answer(body=m.Differences(earlier=earlier, later=later, changes=changes))

    def unmask(self, asked: Asked) -> Answer:
        told = self._told(asked)
        reason = asked.body_as(m.Reason).reason.strip()
        if not reason:
            raise Refused(Refusal.of("REASON_REQUIRED", field="reason"))
        id_, context = told.application.id, self._desk.context(asked.actor)
        self._desk.noting.unmask(id_, reason, asked.actor, context)
        lifted = self._desk.noting.unmasked(id_, asked.actor)
        assert lifted is not None, "it was lifted a moment ago"
        return Answer(body=m.Lifted(application=id_, until=lifted[1]))

    def evidence(self, asked: Asked) -> Answer:
        files = asked.query is not None and asked.query_as(m.WithFiles).files == "yes"
        content, name = evidence_of(self._desk, asked.path["application_id"], asked.actor, with_files=files)
        return Answer(content=content, media_type="application/zip", filename=name)

    def receipt(self, asked: Asked) -> Answer:
        sealed = sealed_as(self._desk, asked.path["application_id"], asked.path["seal"], asked.actor)
        return Answer(body=m.Receipt(**receipt_of(self._desk, sealed)))

    def checkpoint(self, asked: Asked) -> Answer:
        kept = self._desk.proofs.latest()
        if kept is None:
            raise NotFound
        body = m.Checkpoint(
            note=kept.note,
            size=kept.size,
            root=kept.root.hex(),
            signed_at=kept.signed_at,
            key=self._desk.proofs.verifier,
            signature_algorithm="Ed25519",
            hash_algorithm=self._desk.proofs.algorithm,
            witnesses=dict(kept.witnesses),
        )
        return Answer(body=body)

    def consistency(self, asked: Asked) -> Answer:
        earlier, later = asked.path["earlier"], asked.path["later"]
        try:
            proof = self._desk.proofs.consistency(earlier, later)
        except LookupError:
            raise NotFound from None
        return Answer(body=m.Consistency(earlier=earlier, later=later, proof=proof))

    def _told(self, asked: Asked) -> Told:
        return self._desk.history.of(asked.path["application_id"], asked.actor)


def told_of(db: Connection, found: Found) -> list[m.WasTold]:
    """Who was told of an application's event: people by letters, systems by parcels."""
    if found.kind != "application":
        return []
    letters = [
        m.WasTold(
            by="letter", id=one.id, to=one.name or one.audience, because_zh=one.why("zh"), because_en=one.why("en"),
            state=one.state, reason=one.reason,
        )
        for one in correspondence.caused_by(db, found.application, found.position, limit=MOST_TOLD)
    ]  # fmt: skip
    parcels = [
        m.WasTold(
            by="parcel", id=one.id, to=one.name, because_zh=texts.t("history.parcel.because", "zh", owner=one.owner),
            because_en=texts.t("history.parcel.because", "en", owner=one.owner), state=one.state, reason=one.reason,
        )
        for one in caused_by(db, found.position)
    ]  # fmt: skip
    return letters + parcels


def _event(found: Any, said: Any) -> m.Event:
    return m.Event(**{**as_row(found, said), "recorded_at": found.at, "application": found.application})


def _changed(changes: list[Change]) -> list[m.Changed]:
    return [m.Changed(path=list(each.path), before=each.before, after=each.after) for each in changes]
