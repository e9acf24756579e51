"""What a unit does with its own application: begin, write, attach, commit, seal, recall, withdraw, hand in again.

Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, cast

from eventstore.event import Personal
from eventstore.refusal import Refusal, Refused
from paperwork.check_code import read_code
from programmes import documents, form
from programmes.calendar import beijing_date
from programmes.call import Programme
from programmes.carrying import Carried, carry
from programmes.eligibility import cross_checks
from programmes.fields import Section, personal_columns, personal_ids
from workflow import commands as c
from workflow import events as e
from workflow.answers import content_digest, differences, plain
from workflow.application import Application, evolve
from workflow.exclusivity import settle
from workflow.facts import Facts
from workflow.guards import closing_of
from workflow.lifecycle import enter
from workflow.printing.issuing import issue_of
from workflow.state import FORM


def begin(application: Application, command: c.Open, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T01. A second call with the same id is nothing to do: the application is there."""
    if application.stage is not None and application.opened_by == facts.actor.id:
        return []
    stage = enter(command.trigger, application, command, facts)
    call, unit = facts.call, facts.unit
    assert unit is not None, "the guard unit_is_known has asked"
    carried = _carried(command, facts)
    opened = e.Opened(
        entered=stage,
        application_id=str(command.application_id),
        number=facts.next_number,
        call=call.id,
        programme=call.programme_of(command.direction).id,
        direction=command.direction,
        definition_digest=call.digest,
        lead_unit=unit.code,
        unit_name=unit.name,
        region=unit.county,
        opened_by=facts.actor.id,
        copied_from=str(command.copy_from or ""),
        not_copied=carried.left,
    )
    return [opened, *_begun_with(command, call.programme_of(command.direction), carried.taken)]


def _carried(command: c.Open, facts: Facts) -> Carried:
    """What comes along from the application that was named. One that is another unit's is as good as none."""
    if command.copy_from is None:
        return Carried({}, ())
    source, known = facts.source, facts.source_call
    if source is None or known is None or source.lead_unit != command.unit:
        raise Refused(Refusal.of("NOT_FOUND"))
    today = beijing_date(facts.now)
    return carry(known, source.direction, plain(source.answers), facts.call, command.direction, today=today)


def _begun_with(
    command: c.Open, programme: Programme, taken: Mapping[str, Mapping[str, Any]]
) -> Sequence[e.ApplicationEvent]:
    """What was taken along, section by section, and the project's name where it was given at once: it is the form's own
    answer, typed once."""
    by_section = {section: dict(answers) for section, answers in taken.items()}
    if name := command.project_name.strip():
        by_section.setdefault(programme.section_of("project_name").id, {})["project_name"] = name
    sections = [section for section in programme.form if section.id in by_section]
    return [
        e.SectionSaved(section=one.id, section_version=1, answers=_concealed(one, by_section[one.id]))
        for one in sections
    ]


def save(application: Application, command: c.SaveSection, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T02. Typed input becomes canonical answers; only what changed is recorded, nothing when nothing did."""
    section = _section(application, command.section, facts)
    answers, faults = form.parse_section(
        section, command.answers, facts.call, direction=application.direction, today=beijing_date(facts.now)
    )
    held = plain(application.answers)
    changed = {name: answer for name, answer in answers.items() if held.get(name) != answer}
    merged = {**held, **changed}
    crossed = cross_checks(facts.call, application.direction, merged) if not faults else []
    asked = c.SaveSection(
        application_id=command.application_id,
        section=command.section,
        answers=changed,
        section_version=command.section_version,
    )
    enter(command.trigger, application, asked, facts)
    if faults or crossed:
        raise Refused([*faults, *crossed])
    if not changed:
        return []
    version = application.section_versions.get(command.section, 0) + 1
    return [e.SectionSaved(section=command.section, section_version=version, answers=_concealed(section, changed))]


def _section(application: Application, section_id: str, facts: Facts) -> Section:
    sections = (
        facts.call.programme_of(application.direction).sections(application.direction) if application.stage else ()
    )
    found = next((section for section in sections if section.id == section_id), None)
    if found is None:
        raise Refused(Refusal.of("SECTION_UNKNOWN", section=section_id))
    return found


def _concealed(section: Section, answers: Mapping[str, Any]) -> dict[str, e.Answer]:
    """Personal fields, and personal cells of a table, as Personal, so that the log never holds them."""
    personal, columns = personal_ids([section]), personal_columns([section])
    concealed: dict[str, e.Answer] = {}
    for name, answer in answers.items():
        if name in columns and isinstance(answer, list):
            rows = cast("list[Mapping[str, Any]]", answer)
            concealed[name] = [_concealed_row(row, columns[name]) for row in rows]
        else:
            concealed[name] = Personal(answer) if name in personal and isinstance(answer, str) else answer
    return concealed


def _concealed_row(row: Mapping[str, Any], personal: frozenset[str]) -> dict[str, e.Answer]:
    return {
        column: Personal(cell) if column in personal and isinstance(cell, str) else cell for column, cell in row.items()
    }


def import_figures(application: Application, command: c.ImportFigures, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """Each section as if it were saved by hand, one after the other; a section that nothing changes is left alone."""
    events: list[e.ApplicationEvent] = []
    for section, answers in command.sections.items():
        one = c.SaveSection(application_id=command.application_id, section=section, answers=answers)
        made = save(application, one, facts)
        application = reduce(evolve, made, application)
        events += made
    return events


def attach(application: Application, command: c.AttachFile, facts: Facts) -> Sequence[e.ApplicationEvent]:
    direction = application.direction
    slots = facts.call.programme_of(direction).slots_of(direction) if application.stage else ()
    if command.slot not in (slot.id for slot in slots):
        raise Refused(Refusal.of("SLOT_UNKNOWN", slot=command.slot))
    enter(command.trigger, application, command, facts)
    gone = [e.FileRemoved(slot=command.slot, file_id=command.replaces)] if command.replaces else []
    return [
        *gone,
        e.FileAttached(
            slot=command.slot,
            file_id=command.file_id,
            name=command.name,
            size=command.size,
            sha256=command.sha256,
            media_type=command.media_type,
            label=command.label,
            pages=command.pages,
            check_code=command.check_code,
            paper_code=read_code(command.paper_code) or "",
        ),
    ]


def remove(application: Application, command: c.RemoveFile, facts: Facts) -> Sequence[e.ApplicationEvent]:
    enter(command.trigger, application, command, facts)
    if all(held.file_id != command.file_id for held in application.attachments.get(command.slot, ())):
        return []
    return [e.FileRemoved(slot=command.slot, file_id=command.file_id)]


def commit(application: Application, command: c.RecordCommitment, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """000:L96 — the commitment is the legal representative's own signature; a delegate is refused (reading A-17)."""
    enter(command.trigger, application, command, facts)
    text = facts.call.programme_of(application.direction).commitment
    if command.unit not in application.units:
        raise Refused(Refusal.of("UNIT_UNKNOWN", unit=command.unit))
    own = command.unit == application.lead_unit
    legal = plain(application.answers).get("legal_representative") if own else ""
    signed = documents.SignedCommitment(command.unit, text.version, command.signer_kind, command.signed_on)
    same_name = not legal or command.signer.strip() == legal
    if refusals := documents.judge_commitment(text, signed, beijing_date(facts.now), same_name):
        raise Refused(refusals)
    return [
        e.CommitmentRecorded(
            unit=command.unit,
            text_version=text.version,
            text_digest=text.digest,
            signer=Personal(command.signer.strip()),
            signer_kind=command.signer_kind,
            signed_on=command.signed_on,
            scan_sha256=command.scan_sha256,
            paper_code=read_code(command.paper_code) or "",
        )
    ]


def seal(application: Application, command: c.Seal, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T03. The text is frozen under its hash, and the route is frozen with it (reading A-03)."""
    stage = enter(command.trigger, application, command, facts)
    route = facts.call.route(application.region, facts.unit.tags if facts.unit else ())
    form, settled = issue_of(application, facts.call, FORM), settle(application, facts)
    sealed = e.UnitSealed(
        entered=stage,
        seal_version=_next_seal(application),
        content_digest=content_digest(application),
        route=tuple(e.RouteStep(body=step.body, level=step.level) for step in route.steps),
        route_rule=route.rule,
        copied_to=tuple(route.copied_to),
        project_name=str(plain(application.answers).get("project_name", "")),
        paper_code=form.code,
        paper_version=form.version,
        places=settled.places,
        exception=settled.exception,
    )
    absent = [e.StepNotApplicable(level=level, rule=route.rule) for level in route.not_applicable]
    return [sealed, *absent]


def _next_seal(application: Application) -> int:
    return application.sealed.version + 1 if application.sealed else 1


def recall(application: Application, command: c.Recall, facts: Facts) -> Sequence[e.ApplicationEvent]:
    return [e.Recalled(entered=enter(command.trigger, application, command, facts))]


def withdraw(application: Application, command: c.Withdraw, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    return [e.Withdrawn(entered=stage, reason=command.reason.strip())]


def lapse(application: Application, command: c.Lapse, facts: Facts) -> Sequence[e.ApplicationEvent]:
    stage = enter(command.trigger, application, command, facts)
    deadline = closing_of(application, facts)
    assert deadline is not None, "the guard the_deadline_has_passed has asked"
    return [e.Lapsed(entered=stage, deadline=deadline)]


def resubmit(application: Application, command: c.Resubmit, facts: Facts) -> Sequence[e.ApplicationEvent]:
    """T12. The call's close does not matter; a material item goes back to the first bureau."""
    stage = enter(command.trigger, application, command, facts)
    returned = application.returned
    assert returned is not None, "only a returned application has this step"
    form, settled = issue_of(application, facts.call, FORM), settle(application, facts)
    return [
        e.Resubmitted(
            entered=stage,
            seal_version=_next_seal(application),
            content_digest=content_digest(application),
            changed=differences(application),
            renewed=any(item.material for item in returned.items),
            paper_code=form.code,
            paper_version=form.version,
            places=settled.places,
            exception=settled.exception,
        )
    ]


DECISIONS: dict[type[c.Command], Callable[..., Sequence[e.ApplicationEvent]]] = {
    c.Open: begin,
    c.SaveSection: save,
    c.ImportFigures: import_figures,
    c.AttachFile: attach,
    c.RemoveFile: remove,
    c.RecordCommitment: commit,
    c.Seal: seal,
    c.Recall: recall,
    c.Withdraw: withdraw,
    c.Lapse: lapse,
    c.Resubmit: resubmit,
}
