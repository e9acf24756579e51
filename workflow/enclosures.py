"""The list of attachments in the official order, with the page each begins on. Pure.

「证明材料请列明清单，以附件形式附后」: names, pages, digests. Behind a file whose pages cannot be counted no page is known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from programmes.documents import Slot
from programmes.vocabulary import Words
from workflow.state import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """*part*: the report year or what else the file is of; *first* and *last*: its pages in the whole."""

    slot: str
    label: Words
    part: str
    file_id: str
    name: str
    sha256: str
    size: int
    pages: int | None
    first: int | None
    last: int | None


def enclosures(
    slots: Sequence[Slot], held: Mapping[str, Sequence[Attachment]], report_years: Sequence[int], after: int = 0
) -> tuple[Enclosure, ...]:
    """Every file of *slots*, numbered on from page *after*; scans of our own papers are no enclosures."""
    listed: list[Enclosure] = []
    page: int | None = after
    for slot, file in _listed(slots, held, report_years):
        first = None if page is None else page + 1
        page = None if page is None or file.pages is None else page + file.pages
        listed.append(
            Enclosure(
                slot=slot.id,
                label=slot.label,
                part=file.label,
                file_id=file.file_id,
                name=file.name,
                sha256=file.sha256,
                size=file.size,
                pages=file.pages,
                first=first,
                last=page,
            )
        )
    return tuple(listed)


def _listed(
    slots: Sequence[Slot], held: Mapping[str, Sequence[Attachment]], report_years: Sequence[int]
) -> Iterator[tuple[Slot, Attachment]]:
    for slot in slots:
        if slot.prints:
            continue
        parts = slot.parts(report_years)
        files = in_order(held.get(slot.id, ()))
        yield from ((slot, file) for part in parts for file in files if file.label == part)
        yield from ((slot, file) for file in files if file.label not in parts)


def in_order(files: Iterable[Attachment]) -> Sequence[Attachment]:
    """The files of one slot as every list has them, whichever came first: the printed one bears the code of its text."""
    return sorted(files, key=lambda held: (held.label, held.name))
