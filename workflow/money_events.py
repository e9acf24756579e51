"""What can have happened to money once it was promised: handed on, sent back by a bank, redirected, claimed by two.

Published facts like those of events.py: add a field with a default, never change one. Sums are whole fen.
"""

from dataclasses import dataclass
from datetime import date

from eventstore.event import Event, Personal
from workflow.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTranche:
    """A sum that is to be instructed, and the Beijing day it is meant for."""

    amount_fen: int
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class TranchesPlanned(Event):
    """In which tranches what is left of the award will be paid; a later plan takes the place of this one."""

    parts: tuple[PlannedTranche, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOnPart:
    """What the lead paid on to one member, under the reference of the lead's bank."""

    unit: str
    amount_fen: int
    bank_reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOn(Event):
    """The lead handed the members' shares of a tranche on; after a dispute, the disputed ones anew."""

    tranche: int
    parts: tuple[HandOnPart, ...]
    scan_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOnConfirmed(Event):
    """A member has what it was to get."""

    tranche: int
    unit: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOnDisputed(Event):
    """A member says that it has not, or not all."""

    tranche: int
    unit: str
    amount_fen: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrancheReturned(Event):
    """The bank sent a payment back: the tranche is due again. The reference stays used for ever."""

    entered: Stage
    tranche: int
    amount_fen: int
    bank_reference: str
    returned_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChangeFiled(Event):
    """Another account of the lead, by a letter under its seal; nothing is paid to it before a second person looked."""

    account: Personal
    holder: str
    bank: str
    letter_scan: str
    filed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountVerified(Event):
    """A second person compared the letter: what is instructed from here on goes to the new account."""

    filed_by: str
    verified_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChangeRejected(Event):
    """The account that was verified before stays."""

    rejected_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverySigned(Event):
    """The first of the two signatures of a demand: the province lead's. *false_lines*: cost lines found false, for whose sake
    the subsidy was reckoned anew."""

    signer: str
    amount_fen: int
    reason: str
    false_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionFiled(Event):
    """The record of a booking, known by its bank reference, is wrong; a second person looks before anything is corrected.

    *on* and *new_reference* say what it should be; None and "" leave it as it is.
    """

    bank_reference: str
    on: date | None
    new_reference: str
    reason: str
    filed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCorrected(Event):
    """The record counts as corrected from *effective_on*, the day the money moved; what was written before stays written."""

    bank_reference: str
    kind: str
    tranche: int
    on: date | None
    new_reference: str
    effective_on: date
    reason: str
    filed_by: str
    confirmed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRejected(Event):
    bank_reference: str
    rejected_by: str
    reason: str


MoneyEvent = (
    TranchesPlanned
    | HandedOn
    | HandOnConfirmed
    | HandOnDisputed
    | TrancheReturned
    | AccountChangeFiled
    | AccountVerified
    | AccountChangeRejected
    | RecoverySigned
    | CorrectionFiled
    | BookingCorrected
    | CorrectionRejected
)
