"""When a unit may begin, write, seal, recall and hand in again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from directory.actor import Role
from eventstore.refusal import Refusal
from programmes import documents, eligibility
from programmes.calendar import beijing_date, passed
from programmes.call import Call
from programmes.route import NoRoute
from programmes.vocabulary import Facts as JudgedBy
from workflow.answers import differences, plain
from workflow.application import Application
from workflow.commands import AttachFile, Command, Open, RecordCommitment, RemoveFile, SaveSection
from workflow.facts import Facts
from workflow.guards.asking import before, deadline_of
from workflow.stages import Stage


def call_is_open(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    return facts.call.closed_to(facts.now)


def unit_is_known(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case Open(unit=code) if facts.unit is None:
            return Refusal.of("UNIT_UNKNOWN", unit=code)
        case Open(unit=code) if not (
            facts.actor.holds(Role.UNIT_EDITOR, code) or facts.actor.holds(Role.UNIT_ADMIN, code)
        ):
            return Refusal.of("ROLE_FORBIDDEN", trigger="create", allowed=["unit.editor", "unit.admin"])
        case _:
            return None


def direction_is_in_the_call(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    match command:
        case Open(direction=direction) if direction not in facts.call.directions:
            return Refusal.of("DIRECTION_UNKNOWN", direction=direction, call=facts.call.id)
        case _:
            return None


def item_is_unlocked(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """After a return only what the notice lists may change (T02, T12)."""
    if application.stage is not Stage.RETURNED or application.returned is None:
        return ()
    unlocked = {(item.kind, item.id) for item in application.returned.items}
    programme = facts.call.programme_of(application.direction)
    scans = {slot.id for slot in programme.slots if slot.prints}
    beside = {slot.id: slot.illustrates for slot in programme.illustrations}
    match command:
        case SaveSection(section=section, answers=answers):
            touched = [("field", name) for name in answers if ("section", section) not in unlocked]
        case AttachFile(slot=slot) | RemoveFile(slot=slot) if slot in scans:
            touched = []  # whatever else changed, the paper has to be signed anew
        case AttachFile(slot=slot) | RemoveFile(slot=slot) if name := beside.get(slot):
            part = programme.section_of(name).id  # figures belong to their question
            touched = [] if unlocked & {("attachment", slot), ("section", part)} else [("field", name)]
        case AttachFile(slot=slot) | RemoveFile(slot=slot):
            touched = [("attachment", slot)]
        case RecordCommitment(unit=unit):
            touched = [("commitment", unit)]
        case _:
            touched = []
    open_items = [item.id for item in application.returned.items]
    return [
        Refusal.of("ITEM_LOCKED", kind=kind, item=id, unlocked=open_items)
        for kind, id in touched
        if (kind, id) not in unlocked
    ]


def section_is_current(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Two people in one section never overwrite each other: the later one is told, and keeps what was typed."""
    match command:
        case SaveSection(section=section, section_version=int(seen)):
            stands = application.section_versions.get(section, 0)
            if seen == stands:
                return None
            won = facts.section_saved
            said = {"event": won.event, "by": won.actor, "at": won.at.isoformat()} if won else {}
            return Refusal.of("SECTION_CHANGED", section=section, seen=seen, current=stands, **said)
        case _:
            return None


def call_still_takes_drafts(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if application.stage is Stage.RETURNED:
        return before_the_returns_deadline(application, command, facts)
    return before(application, facts, "applicant_close")


def form_is_complete(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """Every hard rule of the form and of eligibility, all at once (HB rows)."""
    return eligibility.judge(
        facts.call, application.direction, plain(application.answers), judged_by(application, facts)
    )


def judged_by(application: Application, facts: Facts) -> JudgedBy:
    """What the definition's rules ask beside the answers."""
    return JudgedBy(
        today=beijing_date(facts.now),
        unit_code=application.lead_unit,
        consortium=application.consortium.exists,
        units=len(application.units),
        members=tuple(member.unit_name for member in application.consortium.accepted),
        attached=frozenset(slot for slot, files in application.attachments.items() if files),
        held=frozenset((slot, file.label) for slot, files in application.attachments.items() for file in files),
        **known_of_the_unit(facts),
    )


def known_of_the_unit(facts: Facts) -> dict[str, Any]:
    """What the register and the house's other applications know of the lead unit; what was not gathered stays unknown."""
    known: dict[str, Any] = {}
    if facts.unit is not None:
        bar, today = facts.unit.bar, beijing_date(facts.now)
        known = {
            "unit_kind": facts.unit.kind.value,
            "legal_person": facts.unit.legal_person,
            "unit_tags": frozenset(tag.value for tag in facts.unit.tags),
            "group_units": frozenset(unit.code for unit in facts.kin) - {facts.unit.code},
            "group_root": facts.unit.group_root,
            "barred_until": bar.until if bar is not None and bar.starts <= today else None,
        }
    if facts.prior is not None:
        prior = facts.prior
        known |= {"awarded_names": prior.awarded_names, "leads": prior.leads, "joined": prior.joined}
    return known


def attachments_are_there(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    held = held_of(application, facts.call)
    return eligibility.missing_attachments(
        facts.call, application.direction, plain(application.answers), held, judged_by(application, facts)
    )


def held_of(application: Application, call: Call) -> list[documents.Attachment]:
    """The files that are there. What the consortium's own signatures make is asked where they are asked, and once."""
    held = [
        documents.Attachment(slot, file.label, file.check_code)
        for slot, files in application.attachments.items()
        for file in files
    ]
    if application.consortium.accepted:
        slots = call.programme_of(application.direction).slots
        held += [documents.Attachment(slot.id) for slot in slots if slot.made_from == "consortium"]
    return held


def every_unit_committed(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """「联合申报的，所有申报单位均需提供真实性承诺书」: of the current text version."""
    text = facts.call.programme_of(application.direction).commitment
    signed = [
        documents.SignedCommitment(made.unit, made.text_version, made.signer_kind, made.signed_on)
        for made in application.commitments.values()
    ]
    return documents.missing_commitments(text, list(application.units), signed)


def a_route_is_known(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """The route is looked up, never computed from the code (reading A-03)."""
    tags = facts.unit.tags if facts.unit else ()
    try:
        facts.call.route(application.region, tags)
    except NoRoute:
        return Refusal.of("ROUTE_UNKNOWN", region=application.region)
    return None


def before_the_applicants_deadline(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    return before(application, facts, "applicant_close")


def no_bureau_has_acted(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    if not application.recommendations:
        return None
    return Refusal.of("BUREAU_HAS_ACTED", body=application.recommendations[-1].body)


def something_was_mended(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A return is answered by a change, not by the same text again."""
    return None if differences(application) else Refusal.of("NOTHING_CHANGED")


def before_the_returns_deadline(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """A return has a deadline of its own; the call's close does not matter (T12)."""
    returned = application.returned
    if returned is None or not passed(facts.now, returned.deadline):
        return None
    return Refusal.of(
        "DEADLINE_PASSED", deadline="return", until=returned.deadline.isoformat(), now=facts.now.isoformat()
    )


def the_deadline_has_passed(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """The clock ends nothing early."""
    deadline = closing_of(application, facts)
    if deadline is not None and passed(facts.now, deadline):
        return None
    return Refusal.of("NOT_YET_DUE", at=deadline.isoformat() if deadline else "")


def closing_of(application: Application, facts: Facts) -> datetime | None:
    """When this application lapses if nobody acts: a return's own deadline, a draft's is the call's."""
    if application.returned is not None:
        return application.returned.deadline
    return deadline_of(application, facts, "applicant_close")
