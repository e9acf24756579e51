"""What stands about one application: plain values that its events added up to, and what can be read off them.

How an event changes them is told in application.py. The field *version* is the number of events folded; a conditional
write compares it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from consortium.state import ALONE, Consortium
from eventstore.event import Personal
from workflow import events as e
from workflow.events import Answer, ReturnItem, RouteStep
from workflow.stages import Stage

FORM = "application_form"
"""The kind of paper that a seal is put on: the official form with its commitment and its list of attachments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    slot: str
    file_id: str
    name: str
    size: int
    sha256: str
    media_type: str
    label: str
    pages: int | None
    check_code: str
    paper_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """The text as it was sealed: what a bureau puts its name to and what a resubmission is compared with."""

    version: int
    content_digest: str
    answers: Mapping[str, Answer]
    attachments: Mapping[str, tuple[Attachment, ...]]
    paper_code: str = ""
    consortium: Consortium = ALONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A correction asked for: by whom, of what, until when, and where the application goes back to."""

    returned_from: Stage
    body: str
    items: tuple[ReturnItem, ...]
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconsideration:
    about: Stage
    reason: str
    granted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The panel in drawing order, who declared what, whose marks are in, and the result in hundredths once closed.

    *draws* are every draw as it was recorded, *sheets* the newest of each expert, *closed* and *site* what ended the review.
    """

    panel: tuple[str, ...] = ()
    drawn_ever: tuple[str, ...] = ()
    conflicts: frozenset[str] = frozenset()
    cleared: frozenset[str] = frozenset()
    totals: Mapping[str, int] = field(default_factory=dict[str, int])
    result: int | None = None
    draws: tuple[e.PanelDrawn, ...] = ()
    sheets: Mapping[str, e.Scored] = field(default_factory=dict[str, e.Scored])
    closed: e.ReviewClosed | None = None
    site: e.SiteChecked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    opens: date
    closes: date
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    number: int
    kind: str
    grounds: str
    outcome: str = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a member was handed on of a tranche, and what it said: "" nothing yet, confirmed, disputed."""

    amount_fen: int
    bank_reference: str
    answer: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tranche:
    """*shares* by unit; *handed* by member; *returned*: references of payments that a bank sent back."""

    number: int
    amount_fen: int
    bank_reference: str = ""
    paid_on: date | None = None
    shares: Mapping[str, int] = field(default_factory=dict[str, int])
    handed: Mapping[str, Part] = field(default_factory=dict[str, Part])
    returned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationLetter:
    """What a unit's letter of authorisation says that was written last; *number* counts the unit's different letters."""

    number: int
    delegation: e.Delegation


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A payment of *tranche*, or (tranche 0) a repayment, as it stands after corrections. *on* None: recorded without a day."""

    kind: str
    tranche: int
    on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Everything that stands about one application; before its first event *stage* is None.

    *papers*: by kind, the check codes of every different text that was printed or sealed, in the order of their versions.
    *delegations*: by unit, its letter of authorisation. *of_total_fen* and *floor_waiver*: of the proposal, how the budget was
    cut and why it may lie below the floor; *false_lines*: cost lines for whose sake money was demanded back.
    *sent_back*: an upheld objection asks for another proposal, which has not been made yet.
    """

    version: int = 0
    stage: Stage | None = None
    id: str = ""
    number: str = ""
    call: str = ""
    programme: str = ""
    direction: str = ""
    definition_digest: str = ""
    lead_unit: str = ""
    unit_name: str = ""
    region: str = ""
    opened_by: str = ""
    copied_from: str = ""
    not_copied: tuple[str, ...] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict[str, Answer])
    section_versions: Mapping[str, int] = field(default_factory=dict[str, int])
    attachments: Mapping[str, tuple[Attachment, ...]] = field(default_factory=dict[str, tuple[Attachment, ...]])
    commitments: Mapping[str, e.CommitmentRecorded] = field(default_factory=dict[str, e.CommitmentRecorded])
    papers: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    delegations: Mapping[str, DelegationLetter] = field(default_factory=dict[str, DelegationLetter])
    consortium: Consortium = ALONE
    sealed: Sealed | None = None
    route: tuple[RouteStep, ...] = ()
    route_rule: str = ""
    copied_to: tuple[str, ...] = ()
    recommendations: tuple[e.Recommended, ...] = ()
    returned: Return | None = None
    returns: Mapping[str, int] = field(default_factory=dict[str, int])
    lapsed_by: datetime | None = None
    lapsed_from: str = ""
    extensions: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    refused_from: Stage | None = None
    refused_by: str = ""
    reconsideration: Reconsideration | None = None
    review: Review = field(default_factory=Review)
    audit: e.AuditEntered | None = None
    audit_check: e.AuditChecked | None = None
    amount_fen: int | None = None
    of_total_fen: int = 0
    floor_waiver: str = ""
    proposer: str = ""
    notice: Notice | None = None
    objections: tuple[Objection, ...] = ()
    sent_back: bool = False
    award_signers: tuple[str, ...] = ()
    document_number: str = ""
    awarded_fen: int = 0
    account: Personal | None = None
    account_change: e.AccountChangeFiled | None = None
    plan: tuple[e.PlannedTranche, ...] = ()
    tranches: tuple[Tranche, ...] = ()
    money_scans: tuple[str, ...] = ()
    bookings: Mapping[str, Booking] = field(default_factory=dict[str, Booking])
    correction: e.CorrectionFiled | None = None
    self_evaluated: bool = False
    recovery_signed: e.RecoverySigned | None = None
    recovery_before: Stage | None = None
    recovery_due_fen: int = 0
    false_lines: tuple[str, ...] = ()
    recovery_shares: Mapping[str, int] = field(default_factory=dict[str, int])
    recovered_by: Mapping[str, int] = field(default_factory=dict[str, int])
    recovered_now_fen: int = 0
    repaid_fen: int = 0

    @property
    def units(self) -> tuple[str, ...]:
        """The units that apply: the lead, then the members that joined."""
        return self.consortium.units(self.lead_unit)

    @property
    def next_step(self) -> RouteStep | None:
        """The recommending body whose turn it is; None once only the province is left."""
        step = len(self.recommendations)
        return self.route[step] if step < len(self.route) else None

    @property
    def content_digest(self) -> str:
        return self.sealed.content_digest if self.sealed else ""

    @property
    def instructed_fen(self) -> int:
        return sum(tranche.amount_fen for tranche in self.tranches)

    @property
    def paid_fen(self) -> int:
        return sum(tranche.amount_fen for tranche in self.tranches if tranche.bank_reference)

    @property
    def net_paid_fen(self) -> int:
        """What the State has paid and not got back."""
        return self.paid_fen - self.repaid_fen

    @property
    def net_award_fen(self) -> int:
        """The award, less what was recovered of it."""
        return self.awarded_fen - self.repaid_fen

    def tranche(self, number: int) -> Tranche | None:
        return next((tranche for tranche in self.tranches if tranche.number == number), None)

    @property
    def open_objections(self) -> tuple[Objection, ...]:
        return tuple(objection for objection in self.objections if objection.outcome == "open")


EMPTY = Application()
