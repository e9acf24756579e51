"""Who changed what in an application: every save with what stood before it and what stood after, read from the history.

Pure; answers are plain. Who may read them is asked by whoever shows them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eventstore.event import Fact
from workflow import events as e
from workflow.answers import plain

_KINDS: Mapping[type, str] = {e.FileAttached: "attached", e.FileRemoved: "removed", e.CommitmentRecorded: "committed"}
ATTACHMENTS = "attachments"
COMMITMENT = "commitment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One answer: what stood and what stands; None where nothing does."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """One save. *version* is the application's after it; *section* a section's id, or where files and commitment lie;
    *about* names the file or the signed-for unit where it is no section."""

    version: int
    at: datetime
    actor: str
    kind: str
    section: str
    section_version: int = 0
    changed: tuple[Changed, ...] = ()
    about: str = ""
    slot: str = ""


def saves(facts: Sequence[Fact]) -> list[Save]:
    """Every save, oldest first."""
    stands: dict[str, Any] = {}
    names: dict[str, str] = {}
    found: list[Save] = []
    for fact in facts:
        match fact.event:
            case e.SectionSaved(section=section, section_version=version, answers=answers):
                found.append(_saved(fact, section, version, plain(answers), stands))
            case e.FileAttached(slot=slot, file_id=file_id, name=name):
                names[file_id] = name
                found.append(_beside(fact, ATTACHMENTS, name, slot))
            case e.FileRemoved(slot=slot, file_id=file_id):
                found.append(_beside(fact, ATTACHMENTS, names.get(file_id, ""), slot))
            case e.CommitmentRecorded(unit=unit):
                found.append(_beside(fact, COMMITMENT, unit))
            case _:
                pass
    return found


def _saved(fact: Fact, section: str, version: int, answers: Mapping[str, Any], stands: dict[str, Any]) -> Save:
    changed = tuple(Changed(field=name, before=stands.get(name), after=after) for name, after in answers.items())
    stands.update(answers)
    recorded = fact.recorded
    return Save(
        version=recorded.version,
        at=recorded.instant,
        actor=recorded.actor,
        kind="saved",
        section=section,
        section_version=version,
        changed=changed,
    )


def _beside(fact: Fact, section: str, about: str, slot: str = "") -> Save:
    recorded = fact.recorded
    return Save(
        version=recorded.version,
        at=recorded.instant,
        actor=recorded.actor,
        kind=_KINDS[type(fact.event)],
        section=section,
        about=about,
        slot=slot,
    )


def last_of_each_section(facts: Sequence[Fact]) -> dict[str, Save]:
    """The newest save of every section that has one."""
    return {save.section: save for save in saves(facts)}


def as_of(facts: Sequence[Fact], section: str, version: int) -> dict[str, Any]:
    """The section's answers as they stood at *version* of the section; 0: nothing was written yet."""
    stood: dict[str, Any] = {}
    for fact in facts:
        match fact.event:
            case e.SectionSaved(section=each, section_version=saved, answers=answers) if each == section:
                if saved > version:
                    break
                stood.update(plain(answers))
            case _:
                pass
    return {name: answer for name, answer in stood.items() if answer is not None}


def since(facts: Sequence[Fact], section: str, version: int) -> dict[str, Save]:
    """By field, the newest save that changed it after *version* of its section: who to name beside it."""
    later = [save for save in saves(facts) if save.section == section and save.section_version > version]
    return {changed.field: save for save in later for changed in save.changed}
