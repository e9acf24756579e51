"""What changed in an application since an officer looked at it last, field by field: for whoever gets the same file a second time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from eventstore.refusal import Busy
from programmes.documents import Slot
from workflow import looks
from workflow.answers import between, plain
from workflow.application import Attachment, each_state
from workflow.changes import Changed
from workflow.comparing import Piece
from workflow.labels import item_label
from workflow.pages.changed import line
from workflow.pages.desk import Desk, is_authority
from workflow.pages.frame import Frame
from workflow.state import Sealed


def since(desk: Desk, frame: Frame) -> dict[str, Any]:
    """The card's values; empty for whoever writes the text, for experts, and where nothing was sealed twice.

    Against the text that this person saw before, where one that was sealed anew was; else against the text that was sealed
    before. Notes that they look, from the second seal on: the first has nothing before it, and costs no question.
    """
    sealed = frame.application.sealed
    if sealed is None or sealed.version == 1 or frame.ours or not is_authority(frame.actor):
        return {}
    seen = _noted(desk, frame, sealed.version)
    old = _sealed_as(frame, seen or sealed.version - 1)
    if old is None or old.version == sealed.version:
        return {}
    lines = list(_lines(frame, old, sealed))
    return {"since": {"lines": lines, "seal": old.version, "seen": bool(seen)}}


def _noted(desk: Desk, frame: Frame, seal: int) -> int:
    """The seal whose text this person saw before today's, 0 where none. A busy database costs the note, not the page."""
    application, person = frame.application.id, frame.actor.id
    with desk.handling.store.reading() as db:
        last, before = looks.last(db, application, person)
    if last >= seal:
        return before
    with suppress(Busy), desk.handling.store.begin() as db:
        looks.note(db, application, person, seal, desk.handling.clock.now(db))
    return last


def _sealed_as(frame: Frame, version: int) -> Sealed | None:
    """The text as it was sealed the *version*-th time."""
    seals = (state.sealed for state in each_state(frame.facts))
    return next((seal for seal in seals if seal is not None and seal.version == version), None)


def _lines(frame: Frame, old: Sealed, new: Sealed) -> Iterator[dict[str, Any]]:
    programme = frame.call.programme_of(frame.application.direction)
    before, after = plain(old.answers), plain(new.answers)
    hidden = {name.partition(".")[0] for name in frame.dossier.hidden}
    for name in between(old, new):
        kind, _, item = name.rpartition(":")
        if kind == "attachment":
            label = item_label("attachment", item, programme)
            held = (old.attachments.get(item, ()), new.attachments.get(item, ()))
            slot = next((slot for slot in programme.slots if slot.id == item), None)
            yield {"label": _words(label), "pieces": _files(held, slot, frame)}
        elif item == "consortium" or name in hidden:
            label = item_label("consortium" if item == "consortium" else "field", item, programme)
            yield {"label": _words(label), "pieces": ()}
        else:
            yield line(Changed(field=name, before=before.get(name), after=after.get(name)), programme, frame.call)


def _words(label: tuple[str, str]) -> Mapping[str, str]:
    return {"zh": label[0], "en": label[1]}


def _files(held: tuple[Sequence[Attachment], Sequence[Attachment]], slot: Slot | None, frame: Frame) -> Sequence[Piece]:
    """The files that went and those that came, by name; none of a slot whose files tell of persons this reader may not know."""
    if slot is not None and slot.personal and not frame.view.personal:
        return ()
    old, new = ({file.sha256: file.name for file in files} for files in held)
    gone = [Piece("gone", name) for digest, name in old.items() if digest not in new]
    return [*gone, *(Piece("new", name) for digest, name in new.items() if digest not in old)]


__all__ = ["since"]
