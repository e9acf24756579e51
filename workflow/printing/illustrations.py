"""The figures that stand under the narratives of a paper: which, in which order, and their bytes.

The order is that of captions and names, because two texts of one digest are one paper.
"""

from collections.abc import Callable, Mapping, Sequence

from paperwork.document import Figure
from programmes.call import Programme
from workflow.application import Application
from workflow.state import Attachment

Read = Callable[[Attachment], bytes]
"""The bytes of a file; none where it cannot be had."""


def in_order(files: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """As they are printed: by caption, then by name."""
    return tuple(sorted(files, key=lambda held: (held.label, held.name, held.sha256)))


def figures_of(application: Application, programme: Programme, read: Read) -> Mapping[str, Sequence[Figure]]:
    """The figures by the field they stand under."""
    return {
        slot.illustrates: [_figure(held, read) for held in in_order(files)]
        for slot in programme.slots_of(application.direction)
        if slot.illustrates is not None and (files := application.attachments.get(slot.id, ()))
    }


def _figure(held: Attachment, read: Read) -> Figure:
    return Figure(data=read(held), media_type=held.media_type, caption=held.label, name=held.name)


__all__ = ["figures_of", "in_order"]
