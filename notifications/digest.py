"""Several letters as one: how many, of what, and each with its application, what happened, what to do and by when. Pure."""

from collections.abc import Sequence
from datetime import datetime

from notifications import words
from notifications.bundles import Part
from notifications.contents import Param
from notifications.wording import HOUSE, Wording, with_deadline
from web.format import Language

DIGEST = "digest"
"""The kind of a letter that stands for several."""
FAULT_KEPT = 2000
TOLD_AT_MOST = 300
"""Applications one letter tells; the rest is counted and found on the page of letters."""


def contents_of(parts: Sequence[Part], at: datetime, wording: Wording = HOUSE) -> dict[str, Param]:
    """What a letter that stands for *parts* says, each in the words of *wording*; "fault": why the house's own stood in."""
    shown, faults = parts[:TOLD_AT_MOST], dict[str, None]()
    params: dict[str, Param] = {
        "count": len(parts),
        "at": at.isoformat(),
        "items": [_item(part, wording, faults) for part in shown],
    }
    if faults:
        params["fault"] = "; ".join(faults)[:FAULT_KEPT]
    if len({part.kind for part in parts}) == 1:
        params["what_zh"], params["what_en"] = (words.title(parts[0].kind, language) for language in ("zh", "en"))
    offices = {str(part.params.get("office", "")) for part in parts}
    if len(offices) == 1:
        params["office"] = offices.pop()
    if len(parts) > len(shown):
        params["more"] = len(parts) - len(shown)
    return params


def deadline_of(parts: Sequence[Part]) -> datetime | None:
    """The first deadline among those that somebody must keep."""
    return min((part.deadline for part in parts if part.deadline and part.asks), default=None)


def asks_of(parts: Sequence[Part]) -> str:
    """What all of them ask, where that is one thing; "each" where it differs from one to the next."""
    asked = {part.asks for part in parts} - {""}
    return next(iter(asked)) if len(asked) == 1 else "each" if asked else ""


def _item(part: Part, wording: Wording, faults: dict[str, None]) -> dict[str, str]:
    """A part in both languages; what fails is added to *faults*."""
    item: dict[str, str] = {}
    languages: tuple[Language, ...] = ("zh", "en")
    for language in languages:
        spoken = wording.said(part.kind, language, with_deadline(part.params, part.deadline))
        faults |= dict.fromkeys(filter(None, [spoken.fault]))
        item[f"label_{language}"] = f"{part.params.get('number', '')} {spoken.title}".strip()
        said = " ".join(spoken.body.split("\n"))
        if part.deadline and part.asks:
            until = words.moment(part.deadline, language)
            said = f"{said} {words.say('letter.item.until', language, until=until)}"
        item[f"reason_{language}"] = said
    return item
