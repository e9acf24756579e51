"""A delivery report read (RFC 3464): which letter came back, for good or for now, and what the server said. Pure.

Anybody can send us such a report. What is believed is the signature in the address it came to, which stood in the
envelope of one letter alone (VERP); a report without it is about nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message

from notifications.mail import Sender

LARGEST = 1 << 20
_TO_US = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
_VERP = re.compile(r"bounce\+([0-9a-f-]{36})\.([0-9a-f]{8})@", re.ASCII | re.IGNORECASE)
_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}", re.ASCII)
SAID_KEPT = 500


class NoReport(ValueError):
    """Not a report about one of our letters; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """*hard*: the address will never take mail. *delayed*: nothing is decided yet."""

    letter_id: str
    status: str
    said: str
    hard: bool
    delayed: bool = False


def read(raw: bytes, sender: Sender) -> Report:
    """The report in *raw*. Raises NoReport."""
    if len(raw) > LARGEST:
        raise NoReport("larger than a report is")
    try:
        message = message_from_bytes(raw, policy=policy.compat32)
        letter_id = _letter(message, sender)
        fields = next(_recipients(message), None)
    except (MessageError, ValueError, LookupError, RecursionError) as error:
        raise NoReport(str(error)) from error
    if fields is None:
        raise NoReport("no delivery status in it: an automatic answer, perhaps")
    action = str(fields.get("Action", "")).strip().lower()
    found = _STATUS.search(str(fields.get("Status", "")))
    if action not in ("failed", "delayed") or found is None:
        raise NoReport(f"nothing failed: {action or 'no action'}")
    said = " ".join(str(fields.get("Diagnostic-Code", "")).split())[:SAID_KEPT]
    hard = action == "failed" and found[1] == "5"
    return Report(letter_id=letter_id, status=found[0], said=said or found[0], hard=hard, delayed=action == "delayed")


def _letter(message: Message, sender: Sender) -> str:
    """The letter whose own return address the report came to."""
    for name in _TO_US:
        for value in message.get_all(name, []):
            found = _VERP.search(str(value))
            if found and sender.return_path(found[1].lower()).partition("@")[0] == found[0].lower().rstrip("@"):
                return found[1].lower()
    raise NoReport("it came to no return address of ours")


def _recipients(message: Message) -> Iterator[Message]:
    """The groups of fields about one recipient each, after the one about the message."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from (group for group in part.walk() if group is not part and "Action" in group)
