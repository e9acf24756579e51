"""The parts of a dossier as answers and pages hold them: plain, typed, and closed to what they do not name."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from workflow.stages import Stage


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Part):
    zh: str
    en: str


class FileView(Part):
    file_id: str
    name: str
    size: int
    sha256: str
    media_type: str
    label: str
    pages: int | None
    check_code: str


class SlotView(Part):
    slot: str
    label: Words
    files: tuple[FileView, ...]


class CommitmentView(Part):
    unit: str
    text_version: str
    text_digest: str
    signer: str | None
    signer_kind: str
    signed_on: date
    scan_sha256: str


class StepView(Part):
    """A body of the route; *recommended*: it put its name to the text."""

    body: str
    level: str
    recommended: bool
    handler: str | None = None
    opinion: str = ""
    letter_number: str = ""
    letter_scan: str = ""
    content_digest: str = ""
    rank: int | None = None


class ItemView(Part):
    kind: str
    id: str
    reason: str
    material: bool


class ReturnView(Part):
    returned_from: Stage
    body: str
    deadline: datetime
    items: tuple[ItemView, ...]


class ReconsiderationView(Part):
    about: Stage
    reason: str
    granted: bool | None


class ReviewView(Part):
    """*result* in hundredths of a point. Who judged is for the province; an expert sees their own marks."""

    drawn: int
    scored: int
    result: int | None
    panel: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    totals: dict[str, int] = {}


class NoticeView(Part):
    opens: date
    closes: date
    until: datetime


class ObjectionView(Part):
    objection: int
    kind: str
    grounds: str
    outcome: str


class ShareView(Part):
    """What of a sum is one unit's, by the agreement under which the application was sealed."""

    unit: str
    unit_name: str
    amount_fen: int


class HandOnView(ShareView):
    """A member's part of a tranche. *answer*: due (not handed on yet), handed (the member has not answered), confirmed or
    disputed."""

    answer: str
    bank_reference: str = ""
    reason: str = ""


class TrancheView(Part):
    """*returned*: bank references of payments of it that a bank sent back."""

    tranche: int
    amount_fen: int
    amount_words: str
    bank_reference: str
    paid_on: date | None
    shares: tuple[ShareView, ...] = ()
    handed_on: tuple[HandOnView, ...] = ()
    returned: tuple[str, ...] = ()


class PlannedView(Part):
    """A tranche that is planned and not instructed yet."""

    amount_fen: int
    due_on: date


class OwedView(ShareView):
    """What one unit is to give back of a demand, and has; whoever pays, the units answer jointly."""

    repaid_fen: int


class MoneyView(Part):
    """*net_paid_fen*: paid and not given back; *net_award_fen*: the award less what was recovered. *account_waits*: a change
    of the account is filed and not verified. *recovery_signed_fen*: a demand that finance has not countersigned."""

    amount_fen: int | None
    awarded_fen: int
    instructed_fen: int
    paid_fen: int
    document_number: str
    tranches: tuple[TrancheView, ...]
    recovery_due_fen: int
    repaid_fen: int
    net_paid_fen: int = 0
    net_award_fen: int = 0
    account_changed: bool = False
    account_waits: bool = False
    recovery_signed_fen: int = 0
    plan: tuple[PlannedView, ...] = ()
    owed: tuple[OwedView, ...] = ()


class EstimateStep(Part):
    code: str
    zh: str
    en: str


class EstimateView(Part):
    """What the subsidy would be: *amount_fen* by the applicant's own figures, *supported_amount_fen* by what invoices and
    payments inside the window bear. Neither is a promise."""

    amount_fen: int
    claimed_fen: int
    by_rate_fen: int
    capped: bool
    below_floor: bool
    supported_fen: int
    supported_amount_fen: int
    steps: tuple[EstimateStep, ...]
    supported_steps: tuple[EstimateStep, ...]


class MemberView(Part):
    """An invitation and what became of it. *contact* and *address* are None for whoever is not shown them."""

    invitation: str
    unit: str
    unit_name: str
    kind: str
    in_province: bool
    standing: str
    expires_at: datetime
    contact: str | None = None
    address: str | None = None


class VersionView(Part):
    version: int
    digest: str
    units: tuple[str, ...]
    current: bool
    effective_from: date | None


class SignatureView(Part):
    """An electronic signature as it was found when the file was recorded. *signer* is None for whoever is not shown names."""

    signer: str | None
    integrity: str
    certificate: str
    said_at: datetime | None
    timestamped_at: datetime | None
    covers_whole: bool


class DocumentView(Part):
    """A signed document; *counts*: it is of the text that stands. *confirmation*: one unit's, on its own page. *paper_code*: what
    stands on its pages; *signatures*: those in the file itself."""

    document: str
    digest: str
    counts: bool
    confirmation: bool
    units: tuple[str, ...]
    scan_sha256: str
    paper_code: str = ""
    signatures: tuple[SignatureView, ...] = ()


class GapView(Part):
    code: str
    params: dict[str, Any]


class ConsortiumView(Part):
    """*ratios* in basis points by column and unit; *covered*: by member, the documents that cover it; *gaps*: what stands in
    the way of signing and sealing; *findings*: what should be looked at; *signing*: how the agreement may be signed here."""

    exists: bool
    units: tuple[str, ...]
    names: dict[str, str]
    limit: int
    members: tuple[MemberView, ...]
    name: str
    ratios: dict[str, dict[str, int]]
    tasks: dict[str, str]
    clauses: dict[str, str]
    extra: tuple[str, ...]
    copies: int
    digest: str
    versions: tuple[VersionView, ...]
    documents: tuple[DocumentView, ...]
    covered: dict[str, tuple[str, ...]]
    gaps: tuple[GapView, ...]
    findings: tuple[GapView, ...]
    signing: tuple[str, ...] = ()


class Dossier(Part):
    """Everything about one application that this actor may see. Answers are canonical: whole fen, basis points, ISO dates."""

    id: str
    number: str
    call: str
    call_title: Words
    programme: str
    direction: str
    direction_title: Words
    lead_unit: str
    unit_name: str
    project_name: str
    region: str
    stage: Stage
    version: int
    holder: str
    due_at: datetime | None
    definition_digest: str
    content_digest: str
    seal_version: int
    answers: dict[str, Any]
    hidden: tuple[str, ...]
    section_versions: dict[str, int]
    attachments: tuple[SlotView, ...]
    commitments: tuple[CommitmentView, ...]
    route: tuple[StepView, ...]
    route_rule: str
    copied_to: tuple[str, ...]
    returned: ReturnView | None
    returns: dict[str, int]
    extensions: dict[str, datetime]
    reconsideration: ReconsiderationView | None
    review: ReviewView
    notice: NoticeView | None
    objections: tuple[ObjectionView, ...]
    money: MoneyView
    estimate: EstimateView | None = None
    consortium: ConsortiumView | None = None
    self_evaluated: bool
