"""What a page's form carries besides its fields: the version the person saw, the command id, and whether it saves itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import msgspec
from flask import Response, request

from eventstore.refusal import Fault, Malformed
from web import format as fmt
from web import reading
from web.problems import VersionRequired

AUTOSAVE_HEADER = "X-Autosave"
PROOF = "step_up_code"
"""The field with which any form may bring a second factor; see service/stepping."""
_NEVER_CARRIED = frozenset({"csrf_token", PROOF, "password", "new", "old"})


_READ = "vermilion.form"


def fields() -> dict[str, list[str]]:
    """Every field of the form, without the house's own; Unreadable for NUL and lone surrogates."""
    return dict(_read())


def carried() -> list[tuple[str, str]]:
    """What was typed into the form, to be sent once more with a proof; passwords are not repeated."""
    typed = request.form.items(multi=True)
    return [(name, value) for name, value in typed if name not in _NEVER_CARRIED]


def text(name: str, otherwise: str = "") -> str:
    """One field, trimmed."""
    return _read().get(name, [otherwise])[0].strip()


def _read() -> dict[str, list[str]]:
    """Read once a request: a batch of two hundred files asks a thousand times."""
    read: dict[str, list[str]] | None = request.environ.get(_READ)
    if read is None:
        own = ("csrf_token", "version", "command_id", PROOF)
        found = reading.form(request.form.to_dict(flat=False))
        read = request.environ[_READ] = {name: values for name, values in found.items() if name not in own}
    return read


def new_command_id() -> str:
    """For `hidden(command_id=…)`: made with the page, so that pressing twice acts once."""
    return str(uuid4())


def command_id() -> str:
    """The command id the form came with; one made now where an old page has none."""
    given = request.form.get("command_id", "")
    return given if 1 <= len(given) <= 128 and given.isascii() and given.isprintable() else new_command_id()


def version() -> int:
    """The version the person saw; VersionRequired where the form does not say."""
    given = request.form.get("version", "")
    if not given:
        raise VersionRequired
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Malformed(Fault("version", "BAD_FORMAT", {"field": "version"}))
    return int(given)


def saves_itself() -> bool:
    """Whether autosave.js sent this: it wants JSON, not a page."""
    return AUTOSAVE_HEADER in request.headers


def saved(version: int, at: datetime, errors: Sequence[Mapping[str, str]] = ()) -> Response:
    """What autosave.js is told: the version now, when (it shows 14:32:08), and [{field, text}] that still hinder."""
    told = {"version": version, "at": fmt.beijing(at, style="time"), "errors": list(errors)}
    return Response(msgspec.json.encode(told), content_type="application/json")
