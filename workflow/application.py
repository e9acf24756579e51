"""How an application adds up: the fold of its events. Never refuses, never looks outside, total over every kind of event."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import assert_never, cast

from consortium.state import evolve as evolve_consortium
from eventstore.event import Fact
from workflow import events as e
from workflow.events import ApplicationEvent
from workflow.funded import funded, moved
from workflow.stages import Stage
from workflow.state import (
    EMPTY,
    FORM,
    Application,
    Attachment,
    DelegationLetter,
    Notice,
    Objection,
    Reconsideration,
    Return,
    Sealed,
)


def each_state(facts: Iterable[Fact]) -> Iterator[Application]:
    """What stood before any of an application's *facts*, and after each of them: one state more than there are facts."""
    state = EMPTY
    yield state
    for fact in facts:
        state = evolve(state, cast("ApplicationEvent", fact.event))
        yield state


def folded(facts: Iterable[Fact]) -> Application:
    """What all of *facts* add up to."""
    *_, last = each_state(facts)
    return last


def evolve(application: Application, event: ApplicationEvent) -> Application:
    """The application after *event*; total over every kind of event."""
    after = _evolve(application, event)
    if after is application:
        return replace(application, version=application.version + 1)
    # It was made a moment ago and nobody else has it yet; copying so many fields again would double the cost of a fold.
    object.__setattr__(after, "version", application.version + 1)
    return after


def _evolve(application: Application, event: ApplicationEvent) -> Application:
    match event:
        case e.Opened() | e.SectionSaved() | e.FileAttached() | e.FileRemoved() | e.CommitmentRecorded():
            return _drafted(application, event)
        case e.PaperIssued():
            return _printed(application, event)
        case e.UnitSealed() | e.Recalled() | e.Withdrawn() | e.Lapsed() | e.Resubmitted() | e.ReturnedForCorrection():
            return _handed_in(application, event)
        case e.Recommended() | e.NotRecommended() | e.StepNotApplicable() | e.Received() | e.DeadlineExtended():
            return _carried(application, event)
        case e.FormFailed() | e.FormPassed() | e.ReconsiderationAsked() | e.ReconsiderationDecided():
            return _examined(application, event)
        case e.PanelDrawn() | e.ExpertDeclared() | e.Scored() | e.ReviewClosed() | e.SiteChecked() | e.NotSelected():
            return _reviewed(application, event)
        case e.AuditEntered():
            return replace(application, audit=event)
        case e.AuditChecked():
            return replace(application, audit_check=event)
        case (
            e.Proposed()
            | e.NoticePublished()
            | e.ObjectionReceived()
            | e.ObjectionDismissed()
            | e.ObjectionUpheld()
            | e.Reserved()
        ):
            return _noticed(application, event)
        case (
            e.AwardSigned()
            | e.Awarded()
            | e.AwardWaived()
            | e.AwardCancelled()
            | e.TrancheInstructed()
            | e.TranchePaid()
            | e.SelfEvaluationFiled()
            | e.Closed()
            | e.RecoveryDemanded()
            | e.RepaymentRecorded()
        ):
            return funded(application, event)
        case (
            e.TranchesPlanned()
            | e.HandedOn()
            | e.HandOnConfirmed()
            | e.HandOnDisputed()
            | e.TrancheReturned()
            | e.AccountChangeFiled()
            | e.AccountVerified()
            | e.AccountChangeRejected()
            | e.RecoverySigned()
            | e.CorrectionFiled()
            | e.BookingCorrected()
            | e.CorrectionRejected()
        ):
            return moved(application, event)
        case _:
            return replace(application, consortium=evolve_consortium(application.consortium, event))


def _drafted(
    application: Application,
    event: e.Opened | e.SectionSaved | e.FileAttached | e.FileRemoved | e.CommitmentRecorded,
) -> Application:
    match event:
        case e.Opened():
            return replace(
                application,
                stage=event.entered,
                id=event.application_id,
                number=event.number,
                call=event.call,
                programme=event.programme,
                direction=event.direction,
                definition_digest=event.definition_digest,
                lead_unit=event.lead_unit,
                unit_name=event.unit_name,
                region=event.region,
                opened_by=event.opened_by,
                copied_from=event.copied_from,
                not_copied=event.not_copied,
            )
        case e.SectionSaved(section=section, section_version=version, answers=changed):
            merged = {**application.answers, **changed}
            return replace(
                application,
                answers={key: answer for key, answer in merged.items() if answer is not None},
                section_versions={**application.section_versions, section: version},
            )
        case e.FileAttached():
            attachment = Attachment(
                slot=event.slot,
                file_id=event.file_id,
                name=event.name,
                size=event.size,
                sha256=event.sha256,
                media_type=event.media_type,
                label=event.label,
                pages=event.pages,
                check_code=event.check_code,
                paper_code=event.paper_code,
            )
            held = application.attachments.get(event.slot, ())
            return replace(application, attachments={**application.attachments, event.slot: (*held, attachment)})
        case e.FileRemoved(slot=slot, file_id=file_id):
            kept = tuple(a for a in application.attachments.get(slot, ()) if a.file_id != file_id)
            return replace(application, attachments={**application.attachments, slot: kept})
        case e.CommitmentRecorded(unit=unit):
            return replace(application, commitments={**application.commitments, unit: event})
        case _:
            assert_never(event)


def _handed_in(
    application: Application,
    event: e.UnitSealed | e.Recalled | e.Withdrawn | e.Lapsed | e.Resubmitted | e.ReturnedForCorrection,
) -> Application:
    match event:
        case e.UnitSealed():
            return replace(
                application,
                stage=event.entered,
                sealed=_sealed(application, event),
                papers=_with_paper(application, FORM, event.paper_code),
                route=event.route,
                route_rule=event.route_rule,
                copied_to=event.copied_to,
                recommendations=(),
            )
        case e.Recalled(entered=stage) | e.Withdrawn(entered=stage):
            return replace(application, stage=stage, returned=None)
        case e.Lapsed(entered=stage, deadline=deadline):
            ended = "return" if application.returned else "applicant_close"
            return replace(application, stage=stage, returned=None, lapsed_by=deadline, lapsed_from=ended)
        case e.Resubmitted():
            return replace(
                application,
                stage=event.entered,
                sealed=_sealed(application, event),
                papers=_with_paper(application, FORM, event.paper_code),
                recommendations=() if event.renewed else application.recommendations,
                returned=None,
            )
        case e.ReturnedForCorrection():
            count = application.returns.get(event.returned_from, 0) + 1
            return replace(
                application,
                stage=event.entered,
                returned=Return(
                    returned_from=event.returned_from, body=event.body, items=event.items, deadline=event.deadline
                ),
                returns={**application.returns, event.returned_from.value: count},
            )
        case _:
            assert_never(event)


def _sealed(application: Application, event: e.UnitSealed | e.Resubmitted) -> Sealed:
    return Sealed(
        version=event.seal_version,
        content_digest=event.content_digest,
        answers=application.answers,
        attachments=application.attachments,
        paper_code=event.paper_code,
        consortium=application.consortium,
    )


def _printed(application: Application, event: e.PaperIssued) -> Application:
    papers = _with_paper(application, event.kind, event.code)
    if event.delegation is None:
        return replace(application, papers=papers)
    unit, before = event.kind.partition(":")[2], application.delegations
    number = before[unit].number + 1 if unit in before else 1
    letter = DelegationLetter(number=number, delegation=event.delegation)
    return replace(application, papers=papers, delegations={**before, unit: letter})


def _with_paper(application: Application, kind: str, code: str) -> Mapping[str, tuple[str, ...]]:
    """The papers with this one among them; events from before there was paper name none."""
    held = application.papers.get(kind, ())
    if not code or code in held:
        return application.papers
    return {**application.papers, kind: (*held, code)}


def _carried(
    application: Application,
    event: e.Recommended | e.NotRecommended | e.StepNotApplicable | e.Received | e.DeadlineExtended,
) -> Application:
    match event:
        case e.Recommended(entered=stage):
            return replace(application, stage=stage, recommendations=(*application.recommendations, event))
        case e.NotRecommended(entered=stage, body=body):
            return replace(application, stage=stage, refused_from=application.stage, refused_by=body)
        case e.StepNotApplicable():
            return application
        case e.Received(entered=stage):
            return replace(application, stage=stage)
        case e.DeadlineExtended(deadline="return", until=until):
            returned = replace(application.returned, deadline=until) if application.returned else None
            return replace(application, returned=returned)
        case e.DeadlineExtended(deadline=deadline, until=until):
            return replace(application, extensions={**application.extensions, deadline: until})
        case _:
            assert_never(event)


def _examined(
    application: Application,
    event: e.FormFailed | e.FormPassed | e.ReconsiderationAsked | e.ReconsiderationDecided,
) -> Application:
    match event:
        case e.FormFailed(entered=stage):
            return replace(application, stage=stage, refused_from=application.stage, refused_by="")
        case e.FormPassed(entered=stage):
            return replace(application, stage=stage)
        case e.ReconsiderationAsked(about=about, reason=reason):
            return replace(application, reconsideration=Reconsideration(about=about, reason=reason))
        case e.ReconsiderationDecided(entered=stage, granted=granted):
            asked = application.reconsideration
            decided = replace(asked, granted=granted) if asked else None
            return replace(application, stage=stage, reconsideration=decided)
        case _:
            assert_never(event)


def _reviewed(
    application: Application,
    event: e.PanelDrawn | e.ExpertDeclared | e.Scored | e.ReviewClosed | e.SiteChecked | e.NotSelected,
) -> Application:
    review = application.review
    match event:
        case e.PanelDrawn(drawn=drawn, replaces=replaced):
            stay = tuple(expert for expert in review.panel if expert != replaced)
            panel = replace(review, panel=(*stay, *drawn), drawn_ever=(*review.drawn_ever, *drawn))
            return replace(application, review=replace(panel, draws=(*review.draws, event)))
        case e.ExpertDeclared(expert=expert, conflict=True):
            stay = tuple(other for other in review.panel if other != expert)
            return replace(application, review=replace(review, panel=stay, conflicts=review.conflicts | {expert}))
        case e.ExpertDeclared(expert=expert):
            return replace(application, review=replace(review, cleared=review.cleared | {expert}))
        case e.Scored(expert=expert, total=total):
            sheets, totals = {**review.sheets, expert: event}, {**review.totals, expert: total}
            return replace(application, review=replace(review, sheets=sheets, totals=totals))
        case e.ReviewClosed(entered=stage, result=result):
            return replace(application, stage=stage, review=replace(review, result=result, closed=event))
        case e.SiteChecked(entered=stage):
            return replace(application, stage=stage, review=replace(review, site=event))
        case e.NotSelected(entered=stage):
            return replace(application, stage=stage)
        case _:
            assert_never(event)


def _noticed(
    application: Application,
    event: e.Proposed | e.NoticePublished | e.ObjectionReceived | e.ObjectionDismissed | e.ObjectionUpheld | e.Reserved,
) -> Application:
    match event:
        case e.Proposed(entered=stage, amount_fen=amount, proposer=proposer):
            return replace(
                application,
                stage=stage,
                amount_fen=amount,
                of_total_fen=event.of_total_fen,
                floor_waiver=event.floor_waiver,
                proposer=proposer,
                notice=None,
                sent_back=False,
                award_signers=(),
            )
        case e.NoticePublished(entered=stage):
            notice = Notice(opens=event.opens, closes=event.closes, until=event.until)
            return replace(application, stage=stage, notice=notice)
        case e.ObjectionReceived(entered=stage, objection=number, kind=kind, grounds=grounds):
            objection = Objection(number=number, kind=kind, grounds=grounds)
            return replace(application, stage=stage, objections=(*application.objections, objection))
        case e.ObjectionDismissed(entered=stage, objection=number):
            return replace(application, stage=stage, objections=_answered(application, number, "dismissed"))
        case e.ObjectionUpheld(entered=stage, objection=number):
            answered = _answered(application, number, "upheld")
            return replace(application, stage=stage, objections=answered, sent_back=stage is Stage.PROPOSED)
        case e.Reserved(entered=stage):
            return replace(application, stage=stage)
        case _:
            assert_never(event)


def _answered(application: Application, number: int, outcome: str) -> tuple[Objection, ...]:
    return tuple(replace(o, outcome=outcome) if o.number == number else o for o in application.objections)


__all__ = ["EMPTY", "Application", "Attachment", "Reconsideration", "Return", "evolve"]
