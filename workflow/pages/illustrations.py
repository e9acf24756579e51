"""「可附图」 on the drafting page: the figures of a question, shown below it and not among the attachments."""

from collections.abc import Mapping
from dataclasses import dataclass

from programmes.call import Call
from programmes.documents import Slot
from programmes.fields import Section
from web import forms
from web.texts import Reason
from workflow.application import Application
from workflow.pages.desk import Desk
from workflow.pages.frame import Frame
from workflow.printing.illustrations import in_order
from workflow.state import Attachment
from workflow.verdicts import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Illustrated:
    """The figures of one question. *typed*: the caption that came with what was refused."""

    slot: Slot
    files: tuple[Attachment, ...]
    said: Mapping[str, Verdict]
    base: str
    largest: int
    open: bool
    error: Reason | None = None
    typed: str = ""

    @property
    def href(self) -> str:
        return f"{self.base}/attachments/{self.slot.id}"

    @property
    def full(self) -> bool:
        return self.slot.most is not None and len(self.files) >= self.slot.most

    @property
    def accept(self) -> str:
        return ",".join(self.slot.accepts)


def illustrated(
    desk: Desk, frame: Frame, part: Section, wrong: Mapping[str, Reason] | None = None
) -> dict[str, Illustrated]:
    """By question, those of *part* that take figures. *wrong*: by control, what was refused."""
    application, direction = frame.application, frame.application.direction
    asked = {field.id: field for field in part.asked(direction)}
    slots = [slot for slot in frame.call.programme_of(direction).illustrations if slot.illustrates in asked]
    files = {slot.id: in_order(application.attachments.get(slot.id, ())) for slot in slots}
    said = desk.handling.quarantine.said(dict.fromkeys(held.sha256 for some in files.values() for held in some))
    return {
        str(slot.illustrates): Illustrated(
            slot=slot,
            files=files[slot.id],
            said=said,
            base=frame.base,
            largest=desk.files.most(slot),
            open=_open(frame, part, slot),
            error=(wrong or {}).get(f"file-{slot.id}"),
            typed=forms.text(f"label-{slot.id}") if wrong else "",
        )
        for slot in slots
    }


def part_of(application: Application, call: Call, slot_id: str) -> Section | None:
    """The part of the form that *slot_id* illustrates; None for every other slot."""
    programme = call.programme_of(application.direction)
    slot = next((one for one in programme.illustrations if one.id == slot_id), None)
    return programme.section_of(slot.illustrates) if slot and slot.illustrates else None


def _open(frame: Frame, part: Section, slot: Slot) -> bool:
    """After a return the figures may change where their question may."""
    returned = frame.application.returned
    names = {("section", part.id), ("field", slot.illustrates), ("attachment", slot.id)}
    return returned is None or any((one.kind, one.id) in names for one in returned.items)


__all__ = ["Illustrated", "illustrated", "part_of"]
