"""What the province asks about the special audit report; each class is one trigger of the lifecycle. Sums are whole fen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from workflow.wish import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterAudit(Command):
    """Write down what the report confirms: *figures* by the number of the cost line, one for every line, 0 where it confirms
    nothing."""

    trigger: ClassVar[str] = "enter_audit"
    figures: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAudit(Command):
    """Record that the code of the report was looked up: *check_code* as the look-up shows it. What is not *genuine* says why in
    *note*; *checked_on* is today where it is left out."""

    trigger: ClassVar[str] = "check_audit"
    check_code: str
    genuine: bool
    checked_on: date | None = None
    note: str = ""
