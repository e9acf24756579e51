"""What a parcel says of an event: which happened, to which application, at which version; no personal data, no free text.

Pure. Whoever wants more fetches it with a token, so that access is judged and seen. One table, total over the events of an
application: every type is published, or it is said why not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Any

from consortium import events as consortium
from eventstore.event import RecordedEvent
from workflow import events as e
from workflow import money_events as money
from workflow.events import TYPES, ApplicationEvent
from workflow.stages import Stage

TEST, VERIFY = "endpoint.test", "endpoint.verify"

TELLS: Mapping[type, tuple[str, ...]] = MappingProxyType(
    {
        e.Opened: (),
        e.UnitSealed: ("seal_version", "content_digest"),
        e.Recalled: (),
        e.Withdrawn: (),
        e.Lapsed: ("deadline",),
        e.Recommended: ("body", "level", "content_digest"),
        e.NotRecommended: ("body", "level"),
        e.Received: ("receipt_number",),
        e.ReturnedForCorrection: ("returned_from", "body", "deadline"),
        e.Resubmitted: ("seal_version", "content_digest", "renewed"),
        e.DeadlineExtended: ("deadline:name", "until", "body"),
        e.FormFailed: ("reason_code",),
        e.FormPassed: (),
        e.ReconsiderationAsked: ("about",),
        e.ReconsiderationDecided: ("granted", "body"),
        e.SiteChecked: ("passed",),
        e.NotSelected: (),
        e.NoticePublished: ("opens", "closes", "until"),
        e.ObjectionReceived: ("objection",),
        e.ObjectionDismissed: ("objection",),
        e.ObjectionUpheld: ("objection",),
        e.Reserved: (),
        e.Awarded: ("amount_fen", "document_number"),
        e.AwardWaived: (),
        e.TrancheInstructed: ("tranche", "amount_fen"),
        e.TranchePaid: ("tranche", "amount_fen", "paid_on"),
        money.TrancheReturned: ("tranche", "amount_fen", "returned_on"),
        money.HandedOn: ("tranche",),
        money.HandOnConfirmed: ("tranche", "unit", "amount_fen"),
        money.HandOnDisputed: ("tranche", "unit", "amount_fen"),
        money.BookingCorrected: ("kind", "tranche", "effective_on"),
        e.SelfEvaluationFiled: ("goals_met",),
        e.Closed: (),
        e.AwardCancelled: ("reason_code", "decision_number"),
        e.RecoveryDemanded: ("amount_fen",),
        e.RepaymentRecorded: ("amount_fen",),
        consortium.MemberInvited: ("invitation", "unit", "expires_at"),
        consortium.InvitationAccepted: ("invitation",),
        consortium.InvitationDeclined: ("invitation",),
        consortium.InvitationExpired: ("invitation",),
        consortium.InvitationWithdrawn: ("invitation",),
        consortium.MemberLeft: ("unit",),
        consortium.MemberRemoved: ("unit",),
        consortium.MemberReplaced: ("unit", "invitation"),
        consortium.AgreementIssued: ("version:agreement_version", "digest"),
        consortium.AgreementSigned: ("document", "digest"),
        consortium.ConfirmationAsked: ("unit", "digest", "expires_at"),
        consortium.AgreementConfirmed: ("unit", "digest", "confirmed_on"),
        consortium.AgreementEffective: ("version:agreement_version", "digest", "effective_from"),
    }
)
"""Event to the fields of its own that are told, `field:name` where the name would mean something else beside the others."""

SILENT: Mapping[type, str] = MappingProxyType(
    {
        e.SectionSaved: "a draft is the unit's own business",
        e.FileAttached: "a draft is the unit's own business",
        e.FileRemoved: "a draft is the unit's own business",
        e.CommitmentRecorded: "a draft is the unit's own business",
        e.PaperIssued: "printing is the unit's own business",
        e.StepNotApplicable: "a step left out is told with the receipt",
        e.PanelDrawn: "who reviews is told to the panel alone",
        e.ExpertDeclared: "who reviews is told to the panel alone",
        e.Scored: "marks stay in the panel until the decision",
        e.ReviewClosed: "marks stay in the panel until the decision",
        e.AuditEntered: "what an auditor confirmed is told with the decision",
        e.AuditChecked: "what an auditor confirmed is told with the decision",
        e.Proposed: "a proposal is made known by its public notice",
        e.AwardSigned: "an award is told when both have signed",
        money.TranchesPlanned: "a plan is the finance office's own until it is instructed",
        money.AccountChangeFiled: "an account is told to nobody by machine",
        money.AccountVerified: "an account is told to nobody by machine",
        money.AccountChangeRejected: "an account is told to nobody by machine",
        money.RecoverySigned: "a demand is told when both have signed",
        money.CorrectionFiled: "a correction is told when both have signed",
        money.CorrectionRejected: "a correction is told when both have signed",
        consortium.RatiosSet: "the agreement is still being written",
        consortium.TermsSet: "the agreement is still being written",
    }
)
"""Event to why no parcel tells it."""

UNITS_OWN = frozenset({"application.opened", *consortium.TYPES})
"""Types that only the units that apply are told: a draft, and how a consortium comes about, are their own business."""

PUBLISHED: Mapping[str, type] = MappingProxyType({name: cls for name, cls in TYPES.items() if cls in TELLS})
"""Name of a published type to its event, in the order of the process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a parcel repeats of the application: its names, never its contents."""

    id: str
    number: str
    call: str
    programme: str
    direction: str
    lead_unit: str
    region: str


def is_told(event: ApplicationEvent) -> bool:
    """Whether *event* is told at all. A site check that was passed is not: marks and checks stay inside until the decision."""
    if isinstance(event, e.SiteChecked):
        return event.entered is Stage.NOT_SELECTED
    return type(event) in TELLS


def payload(recorded: RecordedEvent, event: ApplicationEvent, about: About, checkpoint: str = "") -> dict[str, Any]:
    """The envelope of Standard Webhooks: type, timestamp, data. *stage* is the one entered, None where none was; *checkpoint* the
    newest signed head when the parcel was planned, so that whoever keeps a parcel is a witness of the log."""
    entered: Stage | None = getattr(event, "entered", None)
    return {
        "type": recorded.type,
        "timestamp": recorded.instant.isoformat(),
        "data": {
            "application_id": about.id,
            "number": about.number,
            "call": about.call,
            "programme": about.programme,
            "direction": about.direction,
            "lead_unit": about.lead_unit,
            "region": about.region,
            "stage": entered.value if entered else None,
            "version": recorded.version,
            "position": recorded.position,
            "checkpoint": checkpoint or None,
            **own_fields(event),
        },
    }


def own_fields(event: ApplicationEvent) -> dict[str, Any]:
    """The event's own part of the data."""
    return {name: _said(getattr(event, field)) for field, name in named_fields(type(event))}


def named_fields(event: type) -> list[tuple[str, str]]:
    """(field of the event, its name in the data)."""
    pairs = (entry.partition(":") for entry in TELLS[event])
    return [(field, name or field) for field, _, name in pairs]


def _said(value: object) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case bool() | int() | str() | None:
            return value
        case _:
            raise TypeError(f"a payload does not carry {type(value).__name__}")  # Personal among them


def outside(kind: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """A test or a verification, which tells of no application."""
    return {"type": kind, "timestamp": at.isoformat(), "data": dict(data)}
