"""What the province recorded of the special audit report: its figures, line by line, and whether its code is genuine.

Published facts like those of events.py: add a field with a default, never change one. Sums are whole fen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from eventstore.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntered(Event):
    """What the report confirms of each cost line, in fen without tax, of the text of *content_digest*; later figures take the
    place of these. *report* is the SHA-256 of the file they were read from."""

    figures: Mapping[str, int]
    content_digest: str
    report: str
    entered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditChecked(Event):
    """A named officer looked up the verification code of *report* (A-33): *genuine* or not, on which Beijing day."""

    report: str
    check_code: str
    genuine: bool
    checked_on: date
    checked_by: str
    note: str = ""


CostEvent = AuditEntered | AuditChecked
