"""What can have happened to an application. Published facts: add a field with a default, never change one.

Money is whole fen, scores are hundredths of a point, instants are aware and dates are Beijing dates. The stage entered is
*in* the event, so old history does not change when a route does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from consortium.events import TYPES as CONSORTIUM_TYPES
from consortium.events import ConsortiumEvent
from eventstore.codec import named
from eventstore.event import Event, Personal
from workflow.cost_events import AuditChecked as AuditChecked
from workflow.cost_events import AuditEntered as AuditEntered
from workflow.cost_events import CostEvent
from workflow.money_events import AccountChangeFiled as AccountChangeFiled
from workflow.money_events import AccountChangeRejected as AccountChangeRejected
from workflow.money_events import AccountVerified as AccountVerified
from workflow.money_events import BookingCorrected as BookingCorrected
from workflow.money_events import CorrectionFiled as CorrectionFiled
from workflow.money_events import CorrectionRejected as CorrectionRejected
from workflow.money_events import HandedOn as HandedOn
from workflow.money_events import HandOnConfirmed as HandOnConfirmed
from workflow.money_events import HandOnDisputed as HandOnDisputed
from workflow.money_events import HandOnPart as HandOnPart
from workflow.money_events import MoneyEvent
from workflow.money_events import PlannedTranche as PlannedTranche
from workflow.money_events import RecoverySigned as RecoverySigned
from workflow.money_events import TrancheReturned as TrancheReturned
from workflow.money_events import TranchesPlanned as TranchesPlanned
from workflow.stages import Stage

Answer = Any
"""A canonical answer of a form: str, int, bool, list, mapping, or Personal. Never a float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteStep:
    """One recommending body of the frozen route; *level* is county, city or province."""

    body: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnItem:
    """One thing to put right: a field (its id) or an attachment slot, and why. *material* asks for a renewed recommendation."""

    kind: str
    id: str
    reason: str
    material: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusivePlace:
    """A place that only one holder has: *key* (a unit, the root of a group, an exception) of *scope*, a family and a year.

    *holder*: the application, or for a group the unit. Under an *exception* there is one more place of the same key.
    """

    scope: str
    per: str
    key: str
    holder: str
    exception: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Event):
    """A unit began an application under a call; the definition is frozen here by its digest.

    *copied_from*: the application whose answers it began with; *not_copied* are the fields of that one which could not be
    taken.
    """

    entered: Stage
    application_id: str
    number: str
    call: str
    programme: str
    direction: str
    definition_digest: str
    lead_unit: str
    unit_name: str
    region: str
    opened_by: str
    copied_from: str = ""
    not_copied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSaved(Event):
    """Answers of one section were written; only what changed, None where an answer was taken out."""

    section: str
    section_version: int
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAttached(Event):
    """A file was put into a slot. *label* tells which of several (the report year), *check_code* what an auditor's report shows.

    *paper_code*: the file is the scan of our own paper that bears this code.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRemoved(Event):
    slot: str
    file_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentRecorded(Event):
    """A unit's legal representative signed the commitment of this text version."""

    unit: str
    text_version: str
    text_digest: str
    signer: Personal
    signer_kind: str
    signed_on: date
    scan_sha256: str
    paper_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """Whom a unit's letter of authorisation names, and from which day to which."""

    agent: Personal
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperIssued(Event):
    """A paper was made of the text as it stood: the *version*-th different text of this *kind*. *code* stands on its pages.

    *delegation*: what a letter of authorisation was written with, where it is another than the one before.
    """

    stage: Stage
    kind: str
    digest: str
    code: str
    version: int
    delegation: Delegation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSealed(Event):
    """The lead unit sealed the text: nothing in it moves from here, and the route is fixed.

    *paper_code* stands on the printed form of this very text, its *paper_version*. *places* are taken with it, under the
    province's *exception* where another application has them already.
    """

    entered: Stage
    seal_version: int
    content_digest: str
    route: tuple[RouteStep, ...]
    route_rule: str
    copied_to: tuple[str, ...] = ()
    project_name: str = ""
    paper_code: str = ""
    paper_version: int = 0
    places: tuple[ExclusivePlace, ...] = ()
    exception: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled(Event):
    entered: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Event):
    entered: Stage
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed(Event):
    """The clock ended it: a draft when the call closed, a return when its own deadline passed."""

    entered: Stage
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended(Event):
    """A bureau put its name to the text of *content_digest* and passed it upward."""

    entered: Stage
    body: str
    level: str
    handler: Personal
    opinion: str
    letter_number: str
    letter_scan: str
    content_digest: str
    rank: int | None = None
    slot: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRecommended(Event):
    entered: Stage
    body: str
    level: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepNotApplicable(Event):
    """A step that this application's route does not have, said aloud instead of jumped in silence."""

    level: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Event):
    entered: Stage
    receipt_number: str
    copied_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedForCorrection(Event):
    """The body that holds it sent it back with a list and a deadline of its own."""

    entered: Stage
    returned_from: Stage
    body: str
    items: tuple[ReturnItem, ...]
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resubmitted(Event):
    """The unit put the listed items right and sealed anew; *changed* names what differs from the last sealed text."""

    entered: Stage
    seal_version: int
    content_digest: str
    changed: tuple[str, ...]
    renewed: bool
    paper_code: str = ""
    paper_version: int = 0
    places: tuple[ExclusivePlace, ...] = ()
    exception: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineExtended(Event):
    """This application alone has until *until* for *deadline* (a deadline's name, or "return")."""

    deadline: str
    until: datetime
    body: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFailed(Event):
    entered: Stage
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPassed(Event):
    entered: Stage
    checklist: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconsiderationAsked(Event):
    about: Stage
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconsiderationDecided(Event):
    """Granted: the stage before the refusal is entered again. Dismissed: the stage stays."""

    entered: Stage
    granted: bool
    body: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An expert who could be drawn, as the draw saw one: by these fields, of this employer."""

    expert: str
    fields: tuple[str, ...] = ()
    employer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An expert of the pool who could not be drawn. *why*: conflict, drawn_before, employer, former_employer, group; *unit*: which of
    the units that apply employs or employed that person, *until* which year."""

    expert: str
    why: str
    unit: str = ""
    until: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelDrawn(Event):
    """Experts drawn at random; *seed* and the sorted *pool* let anybody draw again and compare.

    *candidates*: the pool as the rules of the draw saw it; *seated*: who of the panel stayed. *left_out*: who was not in the
    pool, and why. Draws of before that was kept have none of it. *reason*: why the expert *replaces* makes room.
    """

    seed: str
    pool: tuple[str, ...]
    drawn: tuple[str, ...]
    replaces: str = ""
    candidates: tuple[Candidate, ...] = ()
    seated: tuple[Candidate, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertDeclared(Event):
    """An expert signed no-conflict and secrecy, or said what stands in the way."""

    expert: str
    conflict: bool
    ground: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored(Event):
    """An expert's marks in hundredths of a point, by criterion; a later one by the same expert amends it."""

    expert: str
    marks: Mapping[str, int]
    total: int
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewClosed(Event):
    """*result* is the trimmed mean in hundredths, half up; *totals* are in the order of the panel.

    *spread*: between the highest and the lowest total. Where the definition flags it as divergent, *leader*, who leads the
    panel, gave the *divergence_reason*. *opinion* is the panel's.
    """

    entered: Stage
    totals: Mapping[str, int]
    dropped: tuple[int, ...]
    result: int
    method: str
    spread: int = 0
    leader: str = ""
    divergence_reason: str = ""
    opinion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteChecked(Event):
    entered: Stage
    passed: bool
    team: tuple[str, ...]
    findings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSelected(Event):
    entered: Stage
    minutes_number: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed(Event):
    """*base_fen*: the eligible costs it was reckoned by. *of_total_fen*: the uncut sum of all, where the budget was short.
    *floor_waiver*: why it may lie below the floor."""

    entered: Stage
    amount_fen: int
    minutes_number: str
    proposer: str
    base_fen: int = 0
    of_total_fen: int = 0
    floor_waiver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePublished(Event):
    """Public notice from *opens* to the end of *closes*, both Beijing dates; *until* is the last instant."""

    entered: Stage
    opens: date
    closes: date
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionReceived(Event):
    """Who objects is personal and lies apart; the unit learns only what is objected to."""

    entered: Stage
    objection: int
    kind: str
    objector: Personal
    contact: Personal
    grounds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionDismissed(Event):
    entered: Stage
    objection: int
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionUpheld(Event):
    """Either the end, or back to the proposal where amount or members change and a new notice follows."""

    entered: Stage
    objection: int
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved(Event):
    entered: Stage
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardSigned(Event):
    """The first of the two signatures of an award: the province lead's."""

    signer: str
    document_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Awarded(Event):
    entered: Stage
    amount_fen: int
    amount_words: str
    document_number: str
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardWaived(Event):
    entered: Stage
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrancheInstructed(Event):
    """*shares*: what of it is whose, by unit, of a consortium; empty where the lead applies alone."""

    entered: Stage
    tranche: int
    amount_fen: int
    payee: str
    account: Personal
    shares: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class TranchePaid(Event):
    entered: Stage
    tranche: int
    amount_fen: int
    bank_reference: str
    paid_on: date
    shares: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfEvaluationFiled(Event):
    summary: str
    goals_met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Event):
    entered: Stage
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardCancelled(Event):
    entered: Stage
    reason_code: str
    decision_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryDemanded(Event):
    """*before* is the stage to return to when only part is to come back. *shares*: by unit what each is to give back.
    *false_lines*: the cost lines for whose sake it was reckoned anew."""

    entered: Stage
    before: Stage
    amount_fen: int
    reason: str
    shares: Mapping[str, int] = field(default_factory=dict[str, int])
    signers: tuple[str, ...] = ()
    false_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentRecorded(Event):
    """*unit* paid it; before there were consortia that was the lead, and is where none is named."""

    entered: Stage
    amount_fen: int
    bank_reference: str
    unit: str = ""
    received_on: date | None = None


OwnEvent = (
    Opened
    | SectionSaved
    | FileAttached
    | FileRemoved
    | CommitmentRecorded
    | PaperIssued
    | UnitSealed
    | Recalled
    | Withdrawn
    | Lapsed
    | Recommended
    | NotRecommended
    | StepNotApplicable
    | Received
    | ReturnedForCorrection
    | Resubmitted
    | DeadlineExtended
    | FormFailed
    | FormPassed
    | ReconsiderationAsked
    | ReconsiderationDecided
    | PanelDrawn
    | ExpertDeclared
    | Scored
    | ReviewClosed
    | SiteChecked
    | NotSelected
    | Proposed
    | NoticePublished
    | ObjectionReceived
    | ObjectionDismissed
    | ObjectionUpheld
    | Reserved
    | AwardSigned
    | Awarded
    | AwardWaived
    | TrancheInstructed
    | TranchePaid
    | SelfEvaluationFiled
    | Closed
    | AwardCancelled
    | RecoveryDemanded
    | RepaymentRecorded
    | MoneyEvent
    | CostEvent
)

STREAM = "application-"
"""How the stream of an application begins; its id follows."""

ApplicationEvent = OwnEvent | ConsortiumEvent
"""Everything that lies in an application's stream: what happened to it, and to the consortium that applies."""

TYPES = {**named("application", OwnEvent.__args__), **CONSORTIUM_TYPES}
