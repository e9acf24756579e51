"""A file on its way into its slot: received, attached, and taken away again where the attaching was refused.

The bytes come first and the event after them, so that no event is ever without its bytes; what is left over is swept.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO
from uuid import UUID

from directory.actor import Actor
from eventstore.dispatch import Outcome
from eventstore.refusal import ConcurrencyConflict, KeyReused, Malformed, PreconditionFailed, Refused
from programmes.documents import Slot
from workflow import commands as c
from workflow.application import Application
from workflow.files import Files, within_the_limits
from workflow.handling import Handling

REFUSALS = (Refused, Malformed, PreconditionFailed, ConcurrencyConflict, KeyReused)
"""After these nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What comes with a file. *replaces*: the id of the file whose place it takes."""

    slot: str
    name: str
    label: str = ""
    check_code: str = ""
    paper_code: str = ""
    replaces: str = ""


def attach(
    handling: Handling,
    files: Files,
    actor: Actor,
    application_id: UUID,
    stream: IO[bytes],
    upload: Upload,
    act: Callable[[c.AttachFile], Outcome],
) -> Outcome:
    """Keep *stream* and let *act* handle the command; a refusal leaves no bytes behind."""
    application = handling.load(application_id, actor).state
    slot = _slot(handling, application, upload.slot)
    _be_within(application, files, stream, upload)
    received = files.receive(stream, upload.name, slot)
    command = c.AttachFile(
        application_id=application_id,
        slot=upload.slot,
        file_id=received.file_id,
        name=received.name,
        size=received.size,
        sha256=received.sha256,
        media_type=received.media_type,
        label=upload.label,
        pages=received.pages,
        check_code=upload.check_code,
        paper_code=upload.paper_code,
        replaces=upload.replaces,
    )
    try:
        outcome = act(command)
    except REFUSALS:
        files.forget(received.file_id)
        raise
    if outcome.replayed:
        files.forget(received.file_id)
    return outcome


def _slot(handling: Handling, application: Application, slot_id: str) -> Slot | None:
    """Of an unknown slot the decision speaks, after it has asked who may."""
    slots = handling.call_of(application).programme_of(application.direction).slots
    return next((slot for slot in slots if slot.id == slot_id), None)


def _be_within(application: Application, files: Files, stream: IO[bytes], upload: Upload) -> None:
    """The application's quota, before a byte is kept. A repetition of what it holds already is answered by its key."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    too_much = within_the_limits(application, size, files.limits, upload.replaces)
    if too_much is None:
        return
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    if all(held.sha256 != digest for held in application.attachments.get(upload.slot, ())):
        raise Refused(too_much)
