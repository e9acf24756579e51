"""The parts of an application's form as its unit works on them: which may be written, who wrote last, what stands beside."""

from typing import Any

from programmes.fields import Section
from web.problems import NotFound
from workflow import changes
from workflow.changes import Save
from workflow.pages.desk import Desk
from workflow.pages.frame import Frame, completeness, panel
from workflow.pages.present import who_is_here
from workflow.stages import Stage

WRITABLE = frozenset({Stage.DRAFT, Stage.RETURNED})


def section_of(frame: Frame, section_id: str) -> Section:
    """The part of this direction's form; NotFound where there is none of the name."""
    sections = frame.call.programme_of(frame.application.direction).sections(frame.application.direction)
    found = next((section for section in sections if section.id == section_id), None)
    if found is None:
        raise NotFound
    return found


def neighbours(frame: Frame, part: Section) -> tuple[Section | None, Section | None]:
    direction = frame.application.direction
    sections = frame.call.programme_of(direction).sections(direction)
    place = [section.id for section in sections].index(part.id)
    return (sections[place - 1] if place else None), (sections[place + 1] if place + 1 < len(sections) else None)


def unlocked(frame: Frame, part: Section) -> frozenset[str] | None:
    """After a return only what the notice lists may be written; None: everything."""
    returned = frame.application.returned
    if returned is None:
        return None
    if any((item.kind, item.id) == ("section", part.id) for item in returned.items):
        return None
    return frozenset(item.id for item in returned.items if item.kind == "field")


def last_save(desk: Desk, frame: Frame, section_id: str) -> dict[str, Any] | None:
    """Who wrote this part last, when, and how many fields; None where nobody has."""
    return last_saves(desk, frame).get(section_id)


def last_saves(desk: Desk, frame: Frame) -> dict[str, dict[str, Any]]:
    """The same of every part, for the unit's own people alone."""
    if not frame.mine:
        return {}
    newest = changes.last_of_each_section(frame.facts)
    names = desk.handling.names({save.actor for save in newest.values()})
    return {section: _told(save, names) for section, save in newest.items()}


def _told(save: Save, names: dict[str, str]) -> dict[str, Any]:
    return {"who": names.get(save.actor, save.actor), "at": save.at, "n": len(save.changed)}


def aside(desk: Desk, frame: Frame) -> dict[str, Any]:
    """The side of a drafting page: who else is here, why not yet, and what is missing."""
    return {"here_now": who_is_here(desk, frame), "panel": panel(desk, frame), "parts": completeness(frame)}
