"""Whether a file fits the slot it is put into, and whether a file that is there may stand under a seal."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from eventstore.refusal import Param, Refusal
from programmes.documents import Slot
from workflow.application import Application
from workflow.commands import AttachFile, Command
from workflow.facts import Facts

MIB = 1024 * 1024


def file_fits_its_slot(application: Application, command: Command | None, facts: Facts) -> Sequence[Refusal]:
    """Of a kind and size the slot takes, under a label it has, in a place that is free or is freed by it."""
    match command:
        case AttachFile():
            slots = facts.call.programme_of(application.direction).slots
            slot = next((each for each in slots if each.id == command.slot), None)
            return [] if slot is None else [*_kind(slot, command), *_place(slot, application, command, facts)]
        case _:
            return []


def _kind(slot: Slot, command: AttachFile) -> Sequence[Refusal]:
    refusals: list[Refusal] = []
    if PurePosixPath(command.name).suffix.lower() not in slot.accepts:
        refusals.append(Refusal.of("FILE_TYPE", name=command.name, allowed=sorted(slot.accepts)))
    if slot.max_mb is not None and command.size > slot.max_mb * MIB:
        refusals.append(Refusal.of("FILE_TOO_LARGE", name=command.name, limit=slot.max_mb * MIB))
    return refusals


def _place(slot: Slot, application: Application, command: AttachFile, facts: Facts) -> Sequence[Refusal]:
    held = application.attachments.get(slot.id, ())
    called: dict[str, Param] = {"slot": slot.id, "label_zh": slot.label.zh, "label_en": slot.label.en}
    parts = slot.parts(facts.call.report_years)
    if command.replaces and all(file.file_id != command.replaces for file in held):
        return [Refusal("NOTHING_TO_REPLACE", called)]
    free_text = slot.several and not slot.per_year
    if command.label not in parts and not free_text:
        return [Refusal("LABEL_UNKNOWN", {**called, "part": command.label, "allowed": [one for one in parts if one]})]
    kept = [file for file in held if file.file_id != command.replaces]
    if slot.most is not None and len(kept) >= slot.most:
        return [Refusal("SLOT_HOLDS", {**called, "measure": len(kept) + 1, "limit": slot.most})]
    there = [file for file in held if file.label == command.label and file.file_id != command.replaces]
    if there and not slot.several:
        return [Refusal("SLOT_FULL", {**called, "part": command.label, "file": there[0].name})]
    return []


def no_file_is_infected(application: Application, command: Command | None, facts: Facts) -> Refusal | None:
    """Nobody else's computer is harmed by what a unit seals: one refusal with every file a virus was found in."""
    files = [file.name for files in application.attachments.values() for file in files if file.sha256 in facts.infected]
    signed = [made for made in application.commitments.values() if made.scan_sha256 in facts.infected]
    named = [*files, *("真实性承诺书扫描件" for _ in signed)]
    return Refusal.of("FILE_INFECTED", files=named) if named else None
