"""What people ask of an application: ids and input, no rights, no clock. Each class is one trigger of the lifecycle.

Instants and rights are facts that handling gathers; marks are hundredths of a point, money whole fen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from workflow.cost_commands import CheckAudit as CheckAudit
from workflow.cost_commands import EnterAudit as EnterAudit
from workflow.events import ReturnItem
from workflow.money_commands import ChangeAccount as ChangeAccount
from workflow.money_commands import ConfirmCorrection as ConfirmCorrection
from workflow.money_commands import ConfirmHandOn as ConfirmHandOn
from workflow.money_commands import Correct as Correct
from workflow.money_commands import HandOn as HandOn
from workflow.money_commands import PlanTranches as PlanTranches
from workflow.money_commands import ReturnPayment as ReturnPayment
from workflow.money_commands import VerifyAccount as VerifyAccount
from workflow.wish import Command as Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Command):
    """Begin an application for *unit* under a direction of a call (T01). *copy_from*: take along the answers of an earlier
    application of the same unit, of whatever call and however it ended."""

    trigger: ClassVar[str] = "create"
    call: str
    direction: str
    unit: str
    project_name: str = ""
    copy_from: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSection(Command):
    """Write answers of one section (T02). *section_version*: the one the writer saw, None to take what stands."""

    trigger: ClassVar[str] = "save"
    section: str
    answers: Mapping[str, Any]
    section_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFigures(Command):
    """Write what a workbook holds, section by section, in one step (T02): all of it or nothing."""

    trigger: ClassVar[str] = "save"
    sections: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachFile(Command):
    """Put a received file into a slot, in the place of the file *replaces* where it names one; the bytes were hashed while
    they came in."""

    trigger: ClassVar[str] = "save"
    slot: str
    file_id: str
    name: str
    size: int
    sha256: str
    media_type: str
    label: str = ""
    pages: int | None = None
    check_code: str = ""
    paper_code: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFile(Command):
    trigger: ClassVar[str] = "save"
    slot: str
    file_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCommitment(Command):
    """The 真实性承诺书 of one unit, signed by its legal representative."""

    trigger: ClassVar[str] = "save"
    unit: str
    signer: str
    signer_kind: str
    signed_on: date
    scan_sha256: str
    paper_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """What a letter of authorisation is written with: who may sign for the unit, from which day to which."""

    agent: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePaper(Command):
    """Make a paper of the text as it stands: the form, a commitment, a letter, the list of attachments, the agreement.

    *delegation* fills a letter of authorisation; without it the letter is the one written last, or has blanks.
    """

    trigger: ClassVar[str] = "print"
    kind: str = "application_form"
    delegation: Delegation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal(Command):
    trigger: ClassVar[str] = "seal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Command):
    trigger: ClassVar[str] = "recall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Command):
    trigger: ClassVar[str] = "withdraw"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse(Command):
    """The clock's: a draft after the call's close (T06), a return after its own deadline (T13)."""

    trigger: ClassVar[str] = "lapse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommend(Command):
    """A bureau's head puts its name to the text of *content_digest* (T07, T08)."""

    trigger: ClassVar[str] = "recommend"
    content_digest: str
    letter_number: str
    letter_scan: str
    handler: str = ""
    handler_in_establishment: bool = False
    opinion: str = ""
    rank: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRecommend(Command):
    trigger: ClassVar[str] = "not_recommend"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive(Command):
    trigger: ClassVar[str] = "receive"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnForCorrection(Command):
    """Back to the unit with a list, every item with its reason, and working days to mend it (T11)."""

    trigger: ClassVar[str] = "return"
    items: tuple[ReturnItem, ...]
    working_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resubmit(Command):
    trigger: ClassVar[str] = "resubmit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend(Command):
    """Move one deadline of this application alone (T14): "return", or the name of a stage deadline."""

    trigger: ClassVar[str] = "extend"
    deadline: str
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailForm(Command):
    trigger: ClassVar[str] = "form_fail"
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassForm(Command):
    """*checklist*: the ids of the items the clerk ticked; every item of the definition must be among them."""

    trigger: ClassVar[str] = "form_pass"
    checklist: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReconsideration(Command):
    trigger: ClassVar[str] = "ask_reconsideration"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideReconsideration(Command):
    trigger: ClassVar[str] = "reconsider"
    granted: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawPanel(Command):
    """Draw the panel, or one expert in the place of *replaces*, who can't judge for this *reason*."""

    trigger: ClassVar[str] = "draw"
    replaces: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declare(Command):
    """An expert of the panel signs no-conflict and secrecy, or names the ground that stands in the way."""

    trigger: ClassVar[str] = "declare"
    conflict: bool
    ground: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score(Command):
    """Marks by criterion, in hundredths of a point."""

    trigger: ClassVar[str] = "score"
    marks: Mapping[str, int]
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseReview(Command):
    """Make the marks one result (T20). Where they diverge, *leader* of the panel gives the *divergence_reason*."""

    trigger: ClassVar[str] = "close_review"
    site_check: bool = False
    opinion: str = ""
    leader: str = ""
    divergence_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSiteCheck(Command):
    """What at least two checkers found (T21): each a name, and after a space where that person is employed."""

    trigger: ClassVar[str] = "site_result"
    passed: bool
    team: tuple[str, ...]
    findings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSelect(Command):
    trigger: ClassVar[str] = "not_select"
    minutes_number: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose(Command):
    """A sum under the minutes of a collective decision (T23). Where costs are reckoned it stays within them: *of_total_fen* is
    the uncut sum of all that the minutes support, where the budget cannot bear it; *floor_waiver* says why less than the
    floor is paid after all."""

    trigger: ClassVar[str] = "propose"
    amount_fen: int
    minutes_number: str
    of_total_fen: int = 0
    floor_waiver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishNotice(Command):
    """Public notice for *working_days*, at least the definition's; the first day counts."""

    trigger: ClassVar[str] = "publish"
    working_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Object(Command):
    """An objection in the notice window: a unit under its seal, or a person under a real name with a contact."""

    trigger: ClassVar[str] = "object"
    kind: str
    objector: str = ""
    contact: str = ""
    sealed: bool = False
    grounds: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissObjection(Command):
    trigger: ClassVar[str] = "dismiss"
    objection: int
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpholdObjection(Command):
    """*propose_anew*: amount or members change and a new notice follows; otherwise the application ends here."""

    trigger: ClassVar[str] = "uphold"
    objection: int
    finding: str
    propose_anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve(Command):
    trigger: ClassVar[str] = "reserve"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Award(Command):
    """One of the two signatures of an award: the province lead's first, finance's second."""

    trigger: ClassVar[str] = "award"
    document_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveAward(Command):
    trigger: ClassVar[str] = "waive"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructTranche(Command):
    trigger: ClassVar[str] = "instruct"
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPaid(Command):
    """The bank paid a tranche that was instructed: *tranche*, or the earliest that is due."""

    trigger: ClassVar[str] = "confirm_paid"
    bank_reference: str
    paid_on: date | None = None
    tranche: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSelfEvaluation(Command):
    trigger: ClassVar[str] = "self_evaluate"
    summary: str
    goals_met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(Command):
    trigger: ClassVar[str] = "close"
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAward(Command):
    trigger: ClassVar[str] = "cancel_award"
    reason_code: str
    decision_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRecovery(Command):
    """One of the two signatures of a demand (T36): the province lead's under sum and reason, then finance's, which need not
    repeat them. *false_lines*: cost lines that were found false; what they bore is reckoned anew, and is the sum."""

    trigger: ClassVar[str] = "demand_recovery"
    amount_fen: int = 0
    reason: str = ""
    false_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRepayment(Command):
    """Money came back from *unit*, the lead where none is named; whoever pays, it is the same demand (连带责任)."""

    trigger: ClassVar[str] = "record_repayment"
    amount_fen: int
    bank_reference: str
    unit: str = ""
    received_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite(Command):
    """Ask another unit to apply together; *address* is where its contact gets the one-time link. *replaces*: the member
    whose place, shares and task it takes over when it accepts."""

    trigger: ClassVar[str] = "invite"
    unit: str
    contact: str
    address: str
    unit_name: str = ""
    kind: str = ""
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uninvite(Command):
    """Take back an invitation that nobody has answered."""

    trigger: ClassVar[str] = "uninvite"
    invitation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerInvitation(Command):
    """The invited unit joins, or declines with a reason. Whoever holds the link's *key* answers; *by* is their name."""

    trigger: ClassVar[str] = "answer_invitation"
    invitation: str
    key: str
    accept: bool
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireInvitation(Command):
    """The clock's: an invitation that nobody answered in time."""

    trigger: ClassVar[str] = "expire_invitation"
    invitation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMember(Command):
    trigger: ClassVar[str] = "remove_member"
    unit: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Command):
    """A member goes; its own administrator says so."""

    trigger: ClassVar[str] = "leave"
    unit: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRatios(Command):
    """Whole columns (contribution, workload, grant, own_funds): per cent with two decimals at most, by unit.
    *seen*: the hash of the agreement that the writer had before them; another is refused."""

    trigger: ClassVar[str] = "set_ratios"
    columns: Mapping[str, Mapping[str, str]]
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTerms(Command):
    """What the agreement says beside its tables; what is not named stays. *tasks* by unit, *clauses* by name. *seen* as
    with the ratios."""

    trigger: ClassVar[str] = "set_terms"
    name: str | None = None
    tasks: Mapping[str, str] | None = None
    clauses: Mapping[str, str] | None = None
    extra: tuple[str, ...] | None = None
    copies: int | None = None
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueAgreement(Command):
    """Fix the text for signing under its hash; *seen* as with the ratios."""

    trigger: ClassVar[str] = "issue_agreement"
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """授权委托书: the legal representative *principal* lets *agent* sign for *project* from *valid_from* to *valid_to*."""

    principal: str
    agent: str
    project: str
    valid_from: date
    valid_to: date
    scan_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """One unit's signature and seal on a document."""

    unit: str
    signer: str
    signer_kind: str
    signed_on: date
    sealed: bool
    letter: Letter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignAgreement(Command):
    """A signed and sealed document came back: joint, or of the lead with one member. The text it was made of is told by
    *paper_code*, the code on its pages, or where it has none by *digest*."""

    trigger: ClassVar[str] = "sign_agreement"
    hands: tuple[Hand, ...]
    scan_sha256: str
    digest: str = ""
    paper_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskConfirmation(Command):
    """Send a unit's legal representative a one-time page to confirm the text on."""

    trigger: ClassVar[str] = "ask_confirmation"
    unit: str
    signer: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmAgreement(Command):
    """The legal representative confirms the text of *digest*, which the page showed. Whoever holds the link's *key* does."""

    trigger: ClassVar[str] = "confirm_agreement"
    confirmation: str
    key: str
    digest: str
