"""One application as somebody may see it: text, files, commitments, route, review, money.

Presents, decides nothing. What is hidden is left out here, once, for pages, API and auditors alike.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from directory.actor import BUREAU_ROLES, DISCIPLINE_ROLES, PROVINCE_ROLES, UNIT_ROLES, Actor, Role
from eventstore.event import instant_of
from programmes.call import Call
from programmes.fields import personal_columns, personal_ids
from workflow.accounted import of_the_money
from workflow.answers import plain
from workflow.application import Application, Attachment
from workflow.blind import is_blinded
from workflow.consorted import of_the_consortium
from workflow.dossier_parts import (
    CommitmentView,
    ConsortiumView,
    Dossier,
    FileView,
    ItemView,
    NoticeView,
    ObjectionView,
    ReconsiderationView,
    ReturnView,
    ReviewView,
    SlotView,
    StepView,
    Words,
)
from workflow.estimating import estimated
from workflow.events import CommitmentRecorded
from workflow.schema import NEVER
from workflow.standing import due_of, holder_of, of_application
from workflow.state import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What an actor may read in an application that is in sight. *working*: the text as it is being written. *blind*: of what
    happened the own acts alone."""

    working: bool = False
    personal: bool = False
    panel: bool = False
    objector: bool = False
    auditing: bool = False
    blind: bool = False
    me: str = ""


def is_of_the_unit(actor: Actor, application: Application) -> bool:
    return application.lead_unit in actor.scopes(*UNIT_ROLES)


def applies(actor: Actor, application: Application) -> bool:
    """Whether *actor* is of a unit that applies: the lead, or a member that joined and vouches for the same text."""
    return not actor.scopes(*UNIT_ROLES).isdisjoint(application.units)


def view_of(actor: Actor, application: Application) -> View:
    """Experts learn no contact, applicants and bureaus no expert, and only who must the objector (policy: objection.read)."""
    own = applies(actor, application)
    province = bool(actor.scopes(*PROVINCE_ROLES))
    watching = bool(actor.scopes(*DISCIPLINE_ROLES, Role.AUDITOR))
    return View(
        working=own or application.stage is None,
        personal=own or province or bool(actor.scopes(*BUREAU_ROLES)),
        panel=province or watching,
        objector=bool(actor.scopes(Role.PROVINCE_CLERK, Role.PROVINCE_LEAD, *DISCIPLINE_ROLES)),
        auditing=bool(actor.scopes(Role.AUDITOR)),
        blind=is_blinded(application),
        me=actor.id,
    )


def present(application: Application, call: Call, view: View, latest: datetime | None = None) -> Dossier:
    """*application* for *view*. *latest*: when its newest event was recorded, from which a window may run."""
    assert application.stage is not None, "what was never opened is not shown"
    answers, attachments = texts_of(application, view)
    form = call.programme_of(application.direction).form
    personal, columns = personal_ids(form), personal_columns(form)
    hidden = () if view.personal else tuple(sorted(_personal_in(answers, personal, columns)))
    title, direction = call.title, call.direction(application.direction).title
    row, standing = of_application(application, latest, call)
    due = due_of(row, standing, call)
    shown = {
        name: _without(answer, [id.removeprefix(f"{name}.") for id in hidden if id.startswith(f"{name}.")])
        for name, answer in plain(answers).items()
        if name not in hidden
    }
    return Dossier(
        id=application.id,
        number=application.number,
        call=application.call,
        call_title=Words(zh=title.zh, en=title.en),
        programme=application.programme,
        direction=application.direction,
        direction_title=Words(zh=direction.zh, en=direction.en),
        lead_unit=application.lead_unit,
        unit_name=application.unit_name,
        project_name=str(shown.get("project_name") or ""),
        region=application.region,
        stage=application.stage,
        version=application.version,
        holder=holder_of(row, standing, call),
        due_at=None if due == NEVER else instant_of(due),
        definition_digest=application.definition_digest,
        content_digest=application.content_digest,
        seal_version=application.sealed.version if application.sealed else 0,
        answers=shown,
        hidden=hidden,
        section_versions=dict(application.section_versions),
        attachments=tuple(_slots(attachments, application, call)),
        commitments=tuple(_commitment(made, view) for made in application.commitments.values()),
        route=tuple(_steps(application, view)),
        route_rule=application.route_rule,
        copied_to=application.copied_to,
        returned=_returned(application),
        returns=dict(application.returns),
        extensions=dict(application.extensions),
        reconsideration=_reconsideration(application),
        review=_review(application, view),
        notice=_notice(application),
        objections=tuple(
            ObjectionView(objection=o.number, kind=o.kind, grounds=o.grounds, outcome=o.outcome)
            for o in application.objections
        ),
        money=of_the_money(application),
        estimate=estimated(call, application.direction, shown),
        consortium=_consortium(application, call, view),
        self_evaluated=application.self_evaluated,
    )


def _consortium(application: Application, call: Call, view: View) -> ConsortiumView | None:
    """The units that apply see it as it is; everybody else as it was sealed last."""
    standing = as_seen(application, view)
    if not standing.consortium.members:
        return None
    return of_the_consortium(standing, call, personal=view.personal, pending=view.working)


def as_seen(application: Application, view: View) -> Application:
    """With the consortium and the answers that *view* is shown: as they are, or as they were sealed last."""
    sealed: Sealed | None = application.sealed
    if view.working or sealed is None:
        return application
    return replace(application, consortium=sealed.consortium, answers=sealed.answers)


def _personal_in(
    answers: Mapping[str, Any], personal: Collection[str], columns: Mapping[str, Collection[str]]
) -> Iterator[str]:
    """What of *answers* tells something about a person: a field by its id, a column of a table as `team.name`."""
    for name in answers:
        if name in personal:
            yield name
        yield from (f"{name}.{column}" for column in columns.get(name, ()))


def _without(answer: Any, columns: Collection[str]) -> Any:
    """A table's rows without the cells of *columns*; any other answer as it is."""
    if not columns or not isinstance(answer, list):
        return answer
    rows = cast("list[dict[str, Any]]", answer)
    return [{column: cell for column, cell in row.items() if column not in columns} for row in rows]


def texts_of(application: Application, view: View) -> tuple[Mapping[str, Any], Mapping[str, tuple[Attachment, ...]]]:
    """Whoever writes it sees the text as it is; everybody else the text that was sealed last."""
    if view.working or application.sealed is None:
        return application.answers, application.attachments
    return application.sealed.answers, application.sealed.attachments


def file_of(application: Application, call: Call, view: View, slot: str, file_id: str) -> Attachment | None:
    """One file that *view* may open: of the text as it is shown, or as it was sealed; None where there is none."""
    slots = call.programme_of(application.direction).slots
    if any(each.id == slot and each.personal and not view.personal for each in slots):
        return None
    _, shown = texts_of(application, view)
    sealed: Mapping[str, tuple[Attachment, ...]] = application.sealed.attachments if application.sealed else {}
    for held in (*shown.get(slot, ()), *sealed.get(slot, ())):
        if held.file_id == file_id:
            return held
    return None


def _slots(
    attachments: Mapping[str, tuple[Attachment, ...]], application: Application, call: Call
) -> Iterator[SlotView]:
    for slot in call.programme_of(application.direction).slots_of(application.direction):
        files = tuple(_file(held) for held in attachments.get(slot.id, ()))
        yield SlotView(slot=slot.id, label=Words(zh=slot.label.zh, en=slot.label.en), files=files)


def _file(held: Attachment) -> FileView:
    return FileView(
        file_id=held.file_id,
        name=held.name,
        size=held.size,
        sha256=held.sha256,
        media_type=held.media_type,
        label=held.label,
        pages=held.pages,
        check_code=held.check_code,
    )


def _commitment(made: CommitmentRecorded, view: View) -> CommitmentView:
    return CommitmentView(
        unit=made.unit,
        text_version=made.text_version,
        text_digest=made.text_digest,
        signer=made.signer.value if view.personal else None,
        signer_kind=made.signer_kind,
        signed_on=made.signed_on,
        scan_sha256=made.scan_sha256,
    )


def _steps(application: Application, view: View) -> Iterator[StepView]:
    made = {recommended.body: recommended for recommended in application.recommendations}
    for step in application.route:
        letter = made.get(step.body)
        if letter is None:
            yield StepView(body=step.body, level=step.level, recommended=False)
            continue
        yield StepView(
            body=step.body,
            level=step.level,
            recommended=True,
            handler=letter.handler.value if view.personal else None,
            opinion=letter.opinion,
            letter_number=letter.letter_number,
            letter_scan=letter.letter_scan,
            content_digest=letter.content_digest,
            rank=letter.rank,
        )


def _returned(application: Application) -> ReturnView | None:
    returned = application.returned
    if returned is None:
        return None
    items = tuple(ItemView(kind=i.kind, id=i.id, reason=i.reason, material=i.material) for i in returned.items)
    return ReturnView(returned_from=returned.returned_from, body=returned.body, deadline=returned.deadline, items=items)


def _reconsideration(application: Application) -> ReconsiderationView | None:
    asked = application.reconsideration
    if asked is None:
        return None
    return ReconsiderationView(about=asked.about, reason=asked.reason, granted=asked.granted)


def _review(application: Application, view: View) -> ReviewView:
    review = application.review
    shown = {e: total for e, total in review.totals.items() if view.panel or e == view.me}
    return ReviewView(
        drawn=len(review.panel),
        scored=sum(1 for expert in review.panel if expert in review.totals),
        result=review.result,
        panel=review.panel if view.panel else (),
        conflicts=tuple(sorted(review.conflicts)) if view.panel else (),
        totals=shown,
    )


def _notice(application: Application) -> NoticeView | None:
    notice = application.notice
    if notice is None:
        return None
    return NoticeView(opens=notice.opens, closes=notice.closes, until=notice.until)


__all__ = ["Dossier", "View", "Words", "file_of", "present", "texts_of", "view_of"]
