"""What people ask about money once it was promised; each class is one trigger of the lifecycle. Sums are whole fen."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from workflow.money_events import HandOnPart, PlannedTranche
from workflow.wish import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTranches(Command):
    """Say in which tranches what is left of the award will be paid; they are instructed in this order and in no other sums."""

    trigger: ClassVar[str] = "plan"
    parts: tuple[PlannedTranche, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOn(Command):
    """The lead's: it paid the members their shares of *tranche*; *scan_sha256* is the sealed voucher (T33).

    The parts are exactly those that are due: all of them, or after a dispute the disputed ones.
    """

    trigger: ClassVar[str] = "hand_on"
    tranche: int
    parts: tuple[HandOnPart, ...]
    scan_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmHandOn(Command):
    """A member's: what it was handed on of *tranche* is *received*, or is not and why. *unit* only where somebody acts for
    several (T33)."""

    trigger: ClassVar[str] = "confirm_hand_on"
    tranche: int
    received: bool
    reason: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPayment(Command):
    """The bank sent the payment of *tranche* back."""

    trigger: ClassVar[str] = "return_payment"
    tranche: int
    reason: str
    returned_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAccount(Command):
    """File another account of the lead, by a letter under its seal; a second person verifies it."""

    trigger: ClassVar[str] = "change_account"
    account: str
    holder: str
    letter_scan: str
    bank: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAccount(Command):
    """The second person's: the filed account is the one of the letter and of the unit, or is not and why."""

    trigger: ClassVar[str] = "verify_account"
    accepted: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct(Command):
    """Say that the record of a payment or repayment, known by its bank reference, should have another day or another
    reference (T39). The sum is no matter of correction: it comes back or goes out again."""

    trigger: ClassVar[str] = "correct"
    bank_reference: str
    reason: str
    on: date | None = None
    new_reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmCorrection(Command):
    """The second person's (T39): it is as the first says, or is not and why."""

    trigger: ClassVar[str] = "confirm_correction"
    accepted: bool
    reason: str = ""
