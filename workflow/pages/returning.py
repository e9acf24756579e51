"""What a bureau may list in a notice of correction: every question and every slot, as pickers grouped like the form."""

from typing import Any

from workflow.labels import item_label
from workflow.pages.frame import Frame


def returnable(frame: Frame) -> list[dict[str, Any]]:
    """Groups of what can be put right: sections with their fields, then the attachments, then the commitment."""
    direction = frame.application.direction
    programme = frame.call.programme_of(direction)
    groups: list[dict[str, Any]] = [
        {
            "heading": section.heading,
            "items": [{"value": f"field:{field.id}", "text": field.label} for field in section.asked(direction)],
        }
        for section in programme.sections(direction)
    ]
    slots = [{"value": f"attachment:{slot.id}", "text": slot.label} for slot in programme.attachments]
    groups.append({"heading": programme.paper.attachments_heading, "items": slots})
    signed = [{"value": f"commitment:{unit}", "text": _commitment_of(frame, unit)} for unit in frame.application.units]
    groups.append({"heading": programme.commitment.heading, "items": signed})
    if frame.application.consortium.accepted:
        zh, en = item_label("consortium", "consortium", programme)
        whole = {"zh": zh, "en": en}
        groups.append({"heading": whole, "items": [{"value": "consortium:consortium", "text": whole}]})
    return groups


def _commitment_of(frame: Frame, unit: str) -> Any:
    """By the unit's name where there are several."""
    heading = frame.call.programme_of(frame.application.direction).commitment.heading
    member = frame.application.consortium.member(unit)
    if not frame.application.consortium.accepted:
        return heading
    name = member.unit_name if member else frame.application.unit_name
    return {"zh": f"{heading.zh}：{name}", "en": f"{heading.en}: {name}"}
