"""What a bureau may list in a notice of correction: every question and every slot, as pickers grouped like the form."""

from typing import Any

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
    signed = {"value": f"commitment:{frame.application.lead_unit}", "text": programme.commitment.heading}
    groups.append({"heading": programme.commitment.heading, "items": [signed]})
    return groups
