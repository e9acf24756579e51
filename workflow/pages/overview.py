"""The unit's own page of an application that is being written: its parts, files and commitment, and what was returned."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from programmes.documents import Slot
from web import forms
from workflow.answers import plain
from workflow.application import Attachment
from workflow.enclosures import enclosures
from workflow.labels import item_label
from workflow.pages.board import summary
from workflow.pages.desk import Desk, office
from workflow.pages.frame import Frame, completeness
from workflow.pages.parts import last_saves
from workflow.pages.printing import card, instrument_card
from workflow.pages.steps import STEPS
from workflow.stages import Stage
from workflow.verdicts import State, Verdict


def overview(desk: Desk, frame: Frame) -> dict[str, Any]:
    """What application.html asks beside the panel."""
    programme = frame.call.programme_of(frame.application.direction)
    states = {part["id"]: part for part in completeness(frame)}
    answered, last = plain(frame.application.answers), last_saves(desk, frame)
    sections = [
        {
            "section": section,
            "href": f"{frame.base}/sections/{section.id}",
            "state": states[section.id]["state"],
            "note": states[section.id]["note"],
            "last": last.get(section.id),
            "answered": sum(1 for field in section.asked(frame.application.direction) if field.id in answered),
            "asked": len(section.asked(frame.application.direction)),
        }
        for section in programme.sections(frame.application.direction)
    ]
    return {
        **frame.around(),
        "sections": sections,
        "following": next((one for one in sections if one["state"] != "done"), None),
        **(files := checked(desk, frame, programme.attachments, frame.application.attachments)),
        "slots": list(slots(frame, desk.files.most, files["said"])),
        "paper_card": card(desk, frame),
        "instruments": instrument_card(frame),
        "together": summary(frame),
        "commitment": programme.commitment,
        "copied_from": frame.application.copied_from if frame.dossier.stage is Stage.DRAFT else "",
        "not_copied": not_copied(desk, frame),
        "signed": frame.application.commitments.get(frame.application.lead_unit),
        "commitment_open": _open(frame, "commitment", frame.application.lead_unit),
        "returned_items": returned_items(frame),
        "returned_by": office(frame.application.returned.body) if frame.application.returned else None,
        "command_id": forms.new_command_id(),
        "new_id": forms.new_command_id,
        "errors": {},
        "summary": (),
        "typed": {},
        "done": "",
        "resource_of": {step.trigger: step.resource for step in STEPS},
    }


def not_copied(desk: Desk, frame: Frame) -> list[dict[str, str]]:
    """What could not be taken along from the application this one began with, by the old form's own words."""
    application = frame.application
    if not application.not_copied or frame.dossier.stage is not Stage.DRAFT:
        return []
    source = desk.handling.load(application.copied_from, frame.actor).state
    labels = {field.id: field.label for field in desk.handling.call_of(source).programme_of(source.direction).fields}
    return [{"zh": labels[name].zh, "en": labels[name].en} for name in application.not_copied if name in labels]


def checked(
    desk: Desk, frame: Frame, among: Sequence[Slot], held: Mapping[str, Sequence[Attachment]]
) -> dict[str, Any]:
    """The files in the official order with their pages, and what the virus check has said of each."""
    listed = enclosures(among, held, frame.call.report_years)
    said = desk.handling.quarantine.said(dict.fromkeys(file.sha256 for files in held.values() for file in files))
    return {
        "enclosed": listed,
        "placed": {one.file_id: one for one in listed},
        "said": said,
        "states_said": {verdict.state.value for verdict in said.values()},
    }


def slots(frame: Frame, most: Callable[[Slot | None], int], said: Mapping[str, Verdict]) -> Iterable[dict[str, Any]]:
    """Each slot with its files, what it lacks, and whether something may be put there now; *most*: how large one may be."""
    application = frame.application
    states = {part["id"]: part["state"] for part in completeness(frame)}
    for slot in frame.call.programme_of(application.direction).attachments:
        held: tuple[Attachment, ...] = application.attachments.get(slot.id, ())
        yield {
            "slot": slot,
            "files": held,
            "state": "wrong" if _infected(held, said) else states.get(slot.id, "optional"),
            "parts": (parts := _parts(slot, held, frame)),
            "years": [(year, year) for year, there in parts if slot.several or not there],
            "covers": slot.several and slot.id in _EVIDENCE,
            "accept": ",".join(slot.accepts),
            "most": most(slot),
            "takes_more": slot.several or (not all(there for _, there in parts) if parts else not held),
            "open": _open(frame, "attachment", slot.id),
        }


def _infected(held: Iterable[Attachment], said: Mapping[str, Verdict]) -> bool:
    return any(said[file.sha256].state is State.INFECTED for file in held if file.sha256 in said)


_EVIDENCE = frozenset({"evidence_list", "invoice", "contract", "payment", "statement"})
"""Slots whose files name the lines of the costs they cover."""


def _parts(slot: Slot, held: tuple[Attachment, ...], frame: Frame) -> list[tuple[str, bool]]:
    """The report years the slot wants, and whether each is there."""
    if not slot.per_year:
        return []
    return [(part, any(file.label == part for file in held)) for part in slot.parts(frame.call.report_years)]


def _open(frame: Frame, kind: str, item: str) -> bool:
    returned = frame.application.returned
    return returned is None or any((one.kind, one.id) == (kind, item) for one in returned.items)


def returned_items(frame: Frame) -> list[dict[str, Any]]:
    """What the bureau listed, each with its reason and a link to where it is put right."""
    returned = frame.application.returned
    if returned is None:
        return []
    programme = frame.call.programme_of(frame.application.direction)
    found: list[dict[str, Any]] = []
    for item in returned.items:
        zh, en = item_label(item.kind, item.id, programme)
        found.append(
            {
                "text": {"zh": zh, "en": en},
                "reason": item.reason,
                "href": _href(frame, item.kind, item.id),
                "material": item.material,
            }
        )
    return found


def _href(frame: Frame, kind: str, item: str) -> str:
    programme = frame.call.programme_of(frame.application.direction)
    match kind:
        case "attachment":
            return f"{frame.base}#slot-{item}"
        case "section":
            return f"{frame.base}/sections/{item}"
        case "consortium":
            return f"{frame.base}/consortium"
        case "commitment" if item != frame.application.lead_unit:
            return f"{frame.base}/consortium/signing"
        case "field" if any(field.id == item for field in programme.fields):
            return f"{frame.base}/sections/{programme.section_of(item).id}#f-{item}"
        case _:
            return f"{frame.base}#commitment"
